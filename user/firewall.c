// SPDX-License-Identifier: GPL-2.0-only
// Where in netfilter a packet vanished: between which waypoints, so in which hook and base chain.
#include "firewall.h"

#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

enum { PF_INET4 = 2, PF_NETDEV = 5, PF_INET6_ = 10 };

static const char *const hook_names[] = {"PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"};
enum { PREROUTING, INPUT, FORWARD, OUTPUT, POSTROUTING, N_HOOKS };

enum { NETDEV_INGRESS, NETDEV_EGRESS };

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
	if (!drop->hdr.type && probe->attempt.bits & E(CAPTURE)) /* the rule's counter is all */
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

/* Whether the rule is where the packet vanished; one that the kernel named is. */
static bool rule_fits(const struct stretch *s, const struct fact_rule *r)
{
	if (r->how == RULE_TRACED || !s->hooks)
		return true;
	return r->pf == s->pf && r->hook < N_HOOKS && s->hooks >> r->hook & 1 &&
	       r->priority > s->after && r->priority <= s->to;
}

/* The surest rule that a fact names, and how many are as sure. */
static void find_rule(const struct probe *probe, const struct stretch *s, bool reply,
		      struct firewall_place *out)
{
	const struct fact_rule *r = NULL;

	while ((r = probe_fact(probe, EV_FACT_RULE, r))) {
		if (r->is_reply != reply || !rule_fits(s, r))
			continue;
		if (!out->rule || r->how < out->rule->how) {
			out->rule = r;
			out->rules = 0;
		}
		out->rules += r->how == out->rule->how;
	}
}

/* The rule's base chain, in the place of what the waypoints tell. */
static void take_rule(struct firewall_place *out)
{
	const struct fact_rule *r = out->rule;

	out->base = (struct fact_hook){.priority = r->priority,
				       .pf = r->pf,
				       .hook = r->hook,
				       .backend = r->backend,
				       .policy_drop = r->verdict == RULE_POLICY};
	memcpy(out->base.family, r->family, sizeof(r->family));
	memcpy(out->base.table, r->table, sizeof(r->table));
	memcpy(out->base.chain, r->base, sizeof(r->base));
	out->entry = &out->base;
	/* The only rule that could have is as sure as the place is. */
	if (r->how != RULE_POSSIBLE || out->rules > 1) {
		out->candidates = out->rules;
		out->inferred = false;
	}
	out->bridge = false;
	if (r->pf == PF_NETDEV)
		out->hook = r->hook == NETDEV_INGRESS ? "INGRESS" : "EGRESS";
	else if (r->hook < N_HOOKS)
		out->hook = hook_names[r->hook];
}

static void place_by_waypoints(const struct probe *probe, const struct corr_host *host, bool reply,
			       const struct stretch *s, struct firewall_place *out)
{
	if (!reply && probe->attempt.drop_at.reentered) {
		struct stretch device = {.after = INT64_MIN, .to = INT64_MAX};

		at_device(&device, NETDEV_INGRESS);
		search(probe, &device, out);
		if (accounted_for(out))
			return;
	}
	search(probe, s, out);
	if (!reply && in_bridge(probe, host) && !accounted_for(out))
		*out = (struct firewall_place){.hook = "", .bridge = true};
	/* Which hook it was follows from the chains that could have done it. */
	if (!*s->name && out->entry) {
		out->hook = hook_names[out->entry->hook];
		out->inferred = true;
	}
}

void firewall_place(const struct probe *probe, const struct corr_host *host, bool reply,
		    struct firewall_place *out)
{
	const struct ev_drop *drop = reply ? &probe->attempt.reply_drop : &probe->attempt.drop;
	struct stretch s = find_stretch(probe, host, reply);

	place_by_waypoints(probe, host, reply, &s, out);
	find_rule(probe, &s, reply, out);
	if (out->rule)
		take_rule(out);
	out->elsewhere = drop->netns;
}
