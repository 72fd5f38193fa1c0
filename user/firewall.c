// SPDX-License-Identifier: GPL-2.0-only
// Where in netfilter a packet vanished: between which waypoints, so in which hook and base chain.
#include "firewall.h"

#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "escape.h"
#include "flow.h"

enum { PF_INET4 = 2, PF_NETDEV = 5, PF_INET6_ = 10 };

static const char *const hook_names[] = {"PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"};
enum { PREROUTING, INPUT, FORWARD, OUTPUT, POSTROUTING, N_HOOKS };

enum { NETDEV_INGRESS, NETDEV_EGRESS };

/* NF_IP_PRI_NAT_DST, NF_IP_PRI_NAT_SRC: between them a redirected packet has its new addresses. */
enum { PRIORITY_DNAT = -100, PRIORITY_SNAT = 100 };

/* A stretch of a hook: entries with a priority after `after`, up to and including `to`. */
struct stretch {
	const char *name; /* as in a verdict; "": not known which of the hooks */
	uint8_t pf;
	uint32_t hooks; /* a bit per hook number of pf */
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

		if (w->hook < N_HOOKS && s->hooks == 1U << w->hook && w->pf == s->pf &&
		    w->priority > s->after && w->priority < next)
			next = w->priority;
	}
	return next;
}

static void in_hook(struct stretch *s, unsigned int hook)
{
	s->name = hook_names[hook];
	s->hooks = 1U << hook;
}

static void at_device(struct stretch *s, unsigned int hook)
{
	s->name = hook == NETDEV_INGRESS ? "INGRESS" : "EGRESS";
	s->pf = PF_NETDEV;
	s->hooks = 1U << hook;
}

/* Behind the last waypoint of that hook. */
static void behind(const struct probe *probe, struct stretch *s, unsigned int hook)
{
	if (hook == PREROUTING)
		in_hook(s, dst_is_local(probe) ? INPUT : FORWARD);
	else if (hook == OUTPUT || hook == FORWARD)
		in_hook(s, POSTROUTING);
	else if (hook == POSTROUTING)
		at_device(s, NETDEV_EGRESS);
}

/* Where the packet was on its way when it was dropped. */
static struct stretch find_stretch(const struct probe *probe, const struct corr_host *host,
				   bool reply)
{
	const struct nf_position *at = &probe->attempt.drop_at;
	const struct ev_drop *drop = reply ? &probe->attempt.reply_drop : &probe->attempt.drop;
	struct stretch s = {
		.name = "",
		.pf = probe->flow.family == 4 ? PF_INET4 : PF_INET6_,
		.after = INT64_MIN,
	};

	if (at->hook >= N_HOOKS) /* a recording can name any */
		return s;
	/* In there are no waypoints; nor do they look at long packets. */
	if (drop->netns) {
		s.hooks = reply ? 1U << OUTPUT | 1U << POSTROUTING : 1U << PREROUTING | 1U << INPUT;
		s.to = INT64_MAX;
		return s;
	}
	if (!at->skb && drop->tcp.payload_len) { /* waypoints look at short packets only */
		s.hooks = reply ? 1U << OUTPUT | 1U << POSTROUTING
				: 1U << PREROUTING | 1U << (dst_is_local(probe) ? INPUT : FORWARD);
	} else if (!at->skb && reply) {
		in_hook(&s, OUTPUT);
	} else if (!at->skb) {
		at_device(&s, NETDEV_INGRESS);
	} else if (at->priority < NF_LAST_PRIORITY) {
		in_hook(&s, at->hook);
		s.after = at->priority;
	} else {
		behind(probe, &s, at->hook);
	}
	s.to = next_waypoint(host, &s);
	return s;
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
	return h->pf == s->pf && h->hook < N_HOOKS && s->hooks >> h->hook & 1 &&
	       h->priority > s->after && h->priority <= s->to;
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

/*
 * Came in by a bridge's port, and was not seen at the bridge: bridge-family rules may have it.
 * br_netfilter shows PREROUTING with the bridge as its first device; in a VRF the member itself is
 * the first.
 */
static bool in_bridge(const struct probe *probe, const struct corr_host *host)
{
	const struct attempt *a = &probe->attempt;

	for (size_t i = 0; i < host->n_links; i++) {
		uint32_t master = host->links[i].master;

		if (host->links[i].ifindex == probe->ifindex && master)
			return !if_set_has(&a->tc_ifs, master) && (!a->l3_if || a->l3_if == master);
	}
	return false;
}

static void search(const struct probe *probe, const struct stretch *s, struct firewall_place *out)
{
	const struct fact_hook *h = NULL;

	*out = (struct firewall_place){.hook = s->name};
	while (s->hooks && (h = probe_fact(probe, EV_FACT_HOOK, h))) {
		if (!within(s, h))
			continue;
		out->conntrack |= h->backend == HOOK_CONNTRACK;
		consider(out, h);
	}
}

static bool accounted_for(const struct firewall_place *place)
{
	return place->entry && suspicion(place->entry) == 2;
}

void firewall_place(const struct probe *probe, const struct corr_host *host, bool reply,
		    struct firewall_place *out)
{
	const struct ev_drop *drop = reply ? &probe->attempt.reply_drop : &probe->attempt.drop;
	struct stretch s = find_stretch(probe, host, reply);

	if (!reply && probe->attempt.drop_at.reentered) {
		struct stretch device = {.after = INT64_MIN, .to = INT64_MAX};

		at_device(&device, NETDEV_INGRESS);
		search(probe, &device, out);
		if (accounted_for(out))
			return;
	}
	search(probe, &s, out);
	if (!reply && in_bridge(probe, host) && !accounted_for(out))
		*out = (struct firewall_place){.hook = "", .bridge = true};
	out->elsewhere = drop->netns;
	/* Which hook it was follows from the chains that could have done it. */
	if (!*s.name && out->entry) {
		out->hook = hook_names[out->entry->hook];
		out->inferred = true;
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

static const char *policy_words(const struct fact_hook *h)
{
	if (!h->policy_drop)
		return "";
	return h->drop_rules ? " (a rule, or its policy drop)" : " (policy drop)";
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
			 r.table, r.chain[0] ? r.chain : place->hook, policy_words(h),
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

/* The service's port as rules at that place see it: between nat PREROUTING and POSTROUTING, a
 * redirected one. */
static unsigned int port_there(const struct probe *probe, const struct firewall_place *place)
{
	const struct ev_flow *to = &probe->attempt.nat;
	const struct fact_hook *h = place->entry;

	if (!to->family || probe->attempt.drop.netns) /* in a container all is translated */
		return probe_service(probe)->dport;
	if (h->pf == PF_NETDEV || (h->hook == PREROUTING && h->priority <= PRIORITY_DNAT) ||
	    (h->hook == POSTROUTING && h->priority > PRIORITY_SNAT))
		return probe->flow.dport;
	return to->dport;
}

/* The rule with its names as words for a shell. */
static void pasteable_rule(const struct firewall_place *place, struct verdict_rule *r)
{
	char plain[FACT_TABLE_LEN];

	firewall_rule(place, r);
	memcpy(plain, r->table, sizeof(plain));
	shell_word(plain, r->table, sizeof(r->table));
	memcpy(plain, r->chain, sizeof(plain));
	shell_word(plain, r->chain, sizeof(r->chain));
}

void firewall_match(const struct probe *probe, unsigned int port, bool reply, bool iptables,
		    char *out, size_t out_len)
{
	bool v4 = probe->flow.family == 4;
	const char *proto = probe->flow.proto == IPPROTO_UDP ? "udp" : "tcp";

	if (probe->flow.proto != IPPROTO_TCP && probe->flow.proto != IPPROTO_UDP)
		snprintf(out, out_len, "%s",
			 iptables ? (v4 ? "-p icmp" : "-p icmpv6")
				  : (v4 ? "ip protocol icmp" : "meta l4proto ipv6-icmp"));
	else if (iptables)
		snprintf(out, out_len, "-p %s --%s %u", proto, reply ? "sport" : "dport", port);
	else
		snprintf(out, out_len, "%s %s %u", proto, reply ? "sport" : "dport", port);
}

/* The command that goes before one for the network namespace in which the service listens. */
static void enter_words(const struct probe *probe, char *out, size_t out_len)
{
	const struct fact_listener *l = NULL;

	while ((l = probe_fact(probe, EV_FACT_LISTENER, l)))
		if (!l->netns && l->pid)
			break;
	if (l)
		snprintf(out, out_len, "nsenter -t %u -n ", l->pid);
	else
		snprintf(out, out_len, "nsenter -t PID -n ");
}

bool firewall_fix(const struct probe *probe, const struct firewall_place *place, bool reply,
		  char *out, size_t out_len)
{
	const struct ev_drop *drop = reply ? &probe->attempt.reply_drop : &probe->attempt.drop;
	bool v4 = probe->flow.family == 4, iptables;
	char addr[FLOW_ADDR_LEN], match[64], where[32] = "";
	struct verdict_rule r;

	if (!place->entry || place->entry->backend == HOOK_OTHER)
		return false;
	pasteable_rule(place, &r);
	iptables = place->entry->backend == HOOK_IPTABLES_LEGACY || is_iptables_nft(&r);
	addr_text(drop->netns ? probe_service(probe)->saddr : probe->flow.saddr, addr);
	firewall_match(probe, port_there(probe, place), reply, iptables, match, sizeof(match));
	if (drop->netns)
		enter_words(probe, where, sizeof(where));
	if (iptables)
		snprintf(out, out_len, "%s%s%s%s%s -I %s %s %s %s -j ACCEPT", where,
			 v4 ? "iptables" : "ip6tables",
			 place->entry->backend == HOOK_IPTABLES_LEGACY ? "-legacy" : "",
			 strcmp(r.table, "filter") ? " -t " : "",
			 strcmp(r.table, "filter") ? r.table : "", r.hook, reply ? "-d" : "-s",
			 addr, match);
	else
		snprintf(out, out_len, "%snft insert rule %s %s %s %s %s %s %s accept", where,
			 r.family, r.table, r.chain, v4 ? "ip" : "ip6", reply ? "daddr" : "saddr",
			 addr, match);
	return true;
}

/* The command that lists the rules of the place. */
static void list_words(const struct firewall_place *place, char *out, size_t out_len)
{
	struct verdict_rule r;

	pasteable_rule(place, &r);
	if (place->entry->backend == HOOK_IPTABLES_LEGACY)
		snprintf(out, out_len, "%s-legacy -t %s -nvL --line-numbers",
			 strcmp(r.family, "ip6") ? "iptables" : "ip6tables", r.table);
	else if (is_iptables_nft(&r))
		snprintf(out, out_len, "%s -t %s -nvL --line-numbers",
			 strcmp(r.family, "ip6") ? "iptables" : "ip6tables", r.table);
	else
		snprintf(out, out_len, "nft -a list table %s %s", r.family, r.table);
}

bool firewall_show(const struct probe *probe, const struct firewall_place *place, char *out,
		   size_t out_len)
{
	char where[32] = "", list[200];

	if (place->elsewhere)
		enter_words(probe, where, sizeof(where));
	if (place->bridge) {
		snprintf(out, out_len,
			 "nft list ruleset bridge; ebtables-save  # the bridge's own rules");
		return true;
	}
	if (!place->entry || place->entry->backend == HOOK_OTHER) {
		snprintf(out, out_len,
			 "%snft list ruleset; %siptables-save; %sip6tables-save  # all "
			 "rules",
			 where, where, where);
		return true;
	}
	list_words(place, list, sizeof(list));
	snprintf(out, out_len, "%s%s  # the rules there", where, list);
	return true;
}
