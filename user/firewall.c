// SPDX-License-Identifier: GPL-2.0-only
// Where in netfilter a packet vanished: between which waypoints, so in which hook and base chain.
#include "firewall.h"

#include <stdio.h>
#include <string.h>

#include "escape.h"
#include "flow.h"

enum { PF_INET4 = 2, PF_NETDEV = 5, PF_INET6_ = 10 };

static const char *const hook_names[] = {"PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"};
enum { PREROUTING, INPUT, FORWARD, OUTPUT, POSTROUTING, N_HOOKS };

/* A stretch of one hook: entries with a priority after `after`, up to and including `to`. */
struct stretch {
	int hook; /* -1: netdev ingress; -2: not known */
	uint8_t pf;
	int64_t after;
	int64_t to;
};

static bool dst_is_local(const struct probe *probe)
{
	const struct fact_addr *addr = NULL;

	while ((addr = probe_fact(probe, EV_FACT_ADDR, addr)))
		if (!addr->is_source)
			return addr->is_local;
	return true;
}

/* The next waypoint of ours behind `after` in that hook: the packet did not reach it. */
static int64_t next_waypoint(const struct corr_host *host, const struct stretch *s)
{
	int64_t next = INT64_MAX;

	for (size_t i = 0; i < host->n_waypoints; i++) {
		const struct fact_hook *w = &host->waypoints[i];

		if (w->hook == s->hook && w->pf == s->pf && w->priority > s->after &&
		    w->priority < next)
			next = w->priority;
	}
	return next;
}

static void find_stretch(const struct probe *probe, const struct corr_host *host, bool reply,
			 struct stretch *s)
{
	const struct nf_position *at = &probe->attempt.drop_at;
	const struct ev_drop *drop = reply ? &probe->attempt.reply_drop : &probe->attempt.drop;

	*s = (struct stretch){.pf = probe->flow.family == 4 ? PF_INET4 : PF_INET6_,
			      .after = INT64_MIN};
	/* Netfilter waypoints look at short packets only; a recording can name any hook. */
	if ((!at->skb && drop->tcp.payload_len) || at->hook >= N_HOOKS) {
		s->hook = -2;
		return;
	}
	if (!at->skb) {
		s->hook = reply ? OUTPUT : -1;
		if (!reply)
			s->pf = PF_NETDEV;
	} else if (at->priority < NF_LAST_PRIORITY) {
		s->hook = at->hook;
		s->after = at->priority;
	} else if (at->hook == PREROUTING) {
		s->hook = dst_is_local(probe) ? INPUT : FORWARD;
	} else if (at->hook == OUTPUT || at->hook == FORWARD) {
		s->hook = POSTROUTING;
	} else {
		s->hook = -2;
	}
	s->to = next_waypoint(host, s);
}

/* How likely an entry is to have dropped a packet: 0 not at all, 1 if nothing better is there. */
static int suspicion(const struct fact_hook *h)
{
	switch (h->backend) {
	case HOOK_NFT:
		return h->drop_rules || h->policy_drop ? 2 : 0;
	case HOOK_IPTABLES_LEGACY:
		return 2;
	case HOOK_OTHER: /* a module's, another BPF program, a security module's */
		return 1;
	default:
		return 0;
	}
}

static bool within(const struct stretch *s, const struct fact_hook *h)
{
	bool hook = s->hook == -1 ? h->pf == PF_NETDEV && h->hook == 0
				  : h->pf == s->pf && h->hook == s->hook;

	return hook && h->priority > s->after && h->priority <= s->to;
}

/* Among the more suspicious ones that come first in the hook. */
static void consider(struct firewall_place *out, const struct fact_hook *h)
{
	int this = suspicion(h), best = out->entry ? suspicion(out->entry) : 0;

	if (!this || this < best)
		return;
	if (this > best) {
		out->candidates = 0;
		out->entry = NULL;
	}
	if (!out->candidates++ || h->priority < out->entry->priority)
		out->entry = h;
}

void firewall_place(const struct probe *probe, const struct corr_host *host, bool reply,
		    struct firewall_place *out)
{
	const struct fact_hook *h = NULL, *only = NULL;
	unsigned int chains = 0;
	struct stretch s;

	*out = (struct firewall_place){.hook = ""};
	find_stretch(probe, host, reply, &s);
	if (s.hook == -2)
		return;
	out->hook = s.hook == -1 ? "INGRESS" : hook_names[s.hook];
	while ((h = probe_fact(probe, EV_FACT_HOOK, h))) {
		if (!within(&s, h))
			continue;
		out->conntrack |= h->backend == HOOK_CONNTRACK;
		if (h->backend == HOOK_NFT) {
			chains++;
			only = h;
		}
		consider(out, h);
	}
	/* A lone chain did it, even if no rule in it looks as if it could. */
	if ((!out->entry || suspicion(out->entry) < 2) && chains == 1) {
		out->entry = only;
		out->candidates = 1;
	}
}

static const char *backend_name(const struct fact_hook *h)
{
	switch (h->backend) {
	case HOOK_NFT:
		return "nft";
	case HOOK_IPTABLES_LEGACY:
		return "iptables-legacy";
	default:
		return "module";
	}
}

void firewall_rule(const struct firewall_place *place, struct verdict_rule *rule)
{
	const struct fact_hook *h = place->entry;

	*rule = (struct verdict_rule){.known = place->hook[0] || h, .handle = -1, .number = -1};
	snprintf(rule->hook, sizeof(rule->hook), "%s", place->hook);
	if (!h)
		return;
	snprintf(rule->backend, sizeof(rule->backend), "%s", backend_name(h));
	escape_text(h->family, strnlen(h->family, sizeof(h->family)), rule->family,
		    sizeof(rule->family));
	escape_text(h->table, strnlen(h->table, sizeof(h->table)), rule->table,
		    sizeof(rule->table));
	escape_text(h->chain, strnlen(h->chain, sizeof(h->chain)), rule->chain,
		    sizeof(rule->chain));
}

bool firewall_chain_words(const struct firewall_place *place, char *out, size_t out_len)
{
	const struct fact_hook *h = place->entry;
	struct verdict_rule r;

	if (!h)
		return false;
	firewall_rule(place, &r);
	if (h->backend == HOOK_OTHER)
		snprintf(out, out_len, "hook function %.47s[%.31s] at priority %d", h->function,
			 h->module, h->priority);
	else
		snprintf(out, out_len, "%stable %s %s, base chain %s%s%s",
			 h->backend == HOOK_IPTABLES_LEGACY ? "iptables-legacy " : "", r.family,
			 r.table, r.chain[0] ? r.chain : place->hook,
			 h->policy_drop ? " (policy drop)" : "",
			 place->candidates > 1 ? " (or another at this hook)" : "");
	return true;
}

/* A table that iptables-nft keeps: these names, in the families of its own, with upper-case base
 * chains. */
static bool is_iptables_nft(const struct verdict_rule *r)
{
	static const char *const tables[] = {"filter", "raw", "mangle", "nat", "security"};
	bool known = false;

	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
		known = known || !strcmp(r->table, tables[i]);
	return known && (!strcmp(r->family, "ip") || !strcmp(r->family, "ip6")) &&
	       !strcmp(r->chain, r->hook);
}

bool firewall_fix(const struct probe *probe, const struct firewall_place *place, bool reply,
		  char *out, size_t out_len)
{
	bool v4 = probe->flow.family == 4;
	char addr[FLOW_ADDR_LEN];
	struct verdict_rule r;

	if (!place->entry || place->entry->backend == HOOK_OTHER)
		return false;
	firewall_rule(place, &r);
	addr_text(probe->flow.saddr, addr);
	if (place->entry->backend == HOOK_IPTABLES_LEGACY || is_iptables_nft(&r))
		snprintf(out, out_len, "%s%s%s%s -I %s %s %s -p tcp %s %u -j ACCEPT",
			 v4 ? "iptables" : "ip6tables",
			 place->entry->backend == HOOK_IPTABLES_LEGACY ? "-legacy" : "",
			 strcmp(r.table, "filter") ? " -t " : "",
			 strcmp(r.table, "filter") ? r.table : "", r.hook, reply ? "-d" : "-s",
			 addr, reply ? "--sport" : "--dport", probe->flow.dport);
	else
		snprintf(out, out_len, "nft insert rule %s %s %s %s %s %s tcp %s %u accept",
			 r.family, r.table, r.chain, v4 ? "ip" : "ip6", reply ? "daddr" : "saddr",
			 addr, reply ? "sport" : "dport", probe->flow.dport);
	return true;
}

bool firewall_show(const struct firewall_place *place, char *out, size_t out_len)
{
	struct verdict_rule r;

	if (!place->entry || place->entry->backend == HOOK_OTHER) {
		snprintf(out, out_len,
			 "nft list ruleset; iptables-save; ip6tables-save  # all rules");
		return true;
	}
	firewall_rule(place, &r);
	if (place->entry->backend == HOOK_IPTABLES_LEGACY)
		snprintf(out, out_len, "%s-legacy -t %s -nvL --line-numbers  # the rules there",
			 strcmp(r.family, "ip6") ? "iptables" : "ip6tables", r.table);
	else if (is_iptables_nft(&r))
		snprintf(out, out_len, "%s -t %s -nvL --line-numbers  # the rules there",
			 strcmp(r.family, "ip6") ? "iptables" : "ip6tables", r.table);
	else
		snprintf(out, out_len, "nft -a list table %s %s  # the rules there", r.family,
			 r.table);
	return true;
}
