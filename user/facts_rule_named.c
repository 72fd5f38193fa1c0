// SPDX-License-Identifier: GPL-2.0-only
// The rule that the kernel itself named, where programs can be attached to nf_tables.
#include <linux/netfilter.h>
#include <netinet/tcp.h>
#include <string.h>

#include "facts_internal.h"
#include "facts_rule.h"
#include "flow.h"

void facts_rules_named(struct facts *facts, rule_find_fn find, void *ctx)
{
	facts->rule_find = find;
	facts->rule_find_ctx = ctx;
}

static uint8_t family_of(const char *name)
{
	static const uint8_t families[] = {NFPROTO_INET, NFPROTO_IPV4, NFPROTO_NETDEV,
					   NFPROTO_BRIDGE, NFPROTO_IPV6};

	for (size_t i = 0; i < sizeof(families); i++)
		if (!strcmp(nft_family_name(families[i]), name))
			return families[i];
	return NFPROTO_UNSPEC;
}

/* What the rule looks like; what the kernel did with it stays as it was told. */
static void describe(struct gather *g, struct fact_rule *fact)
{
	struct rule_place place = {.family = family_of(fact->family), .handle = fact->handle};
	struct netlink *netfilter = &g->facts->at->netfilter;
	const struct fact_rule told = *fact;
	struct ev_flow packet = g->request->service;
	const struct rule_entry *entry;

	memcpy(place.table, fact->table, sizeof(place.table));
	memcpy(place.chain, fact->chain, sizeof(place.chain));
	entry = fact->handle ? rule_find(&g->facts->rules, netfilter, &place) : NULL;
	if (entry) {
		rule_fill(fact, entry);
		fact->verdict = told.verdict;
		fact->queue = told.queue;
		fact->number = told.number;
	}
	if (fact->is_reply)
		packet = flow_reverse(&packet);
	if (entry && *fact->set)
		rule_element(netfilter, entry, &packet, fact->element);
	else if (entry)
		ipset_element(fact, &packet);
	if (fact->verdict == RULE_QUEUE)
		queue_owner(g, fact);
}

static int gather_one_way(struct gather *g)
{
	struct fact_rule fact;

	if (!g->facts->rule_find ||
	    !g->facts->rule_find(g->facts->rule_find_ctx, g->request, &fact))
		return gather_rules(g);
	describe(g, &fact);
	return gather_add(g, EV_FACT_RULE, &fact, sizeof(fact));
}

int gather_rule_named(struct gather *g)
{
	const struct fact_request *request = g->request;
	struct fact_request reply = *request;
	int err = gather_one_way(g);

	if (err || !request->either_way)
		return err;
	reply.is_reply = 1;
	reply.tcp = (struct ev_tcp){.flags = TH_SYN | TH_ACK};
	g->request = &reply;
	err = gather_one_way(g);
	g->request = request;
	return err;
}
