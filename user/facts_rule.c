// SPDX-License-Identifier: GPL-2.0-only
// Names the packet-filter rule that stopped a packet.
#include "facts_rule.h"

#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <stdlib.h>
#include <string.h>

#include "facts_internal.h"
#include "facts_iptables.h"
#include "facts_trace.h"
#include "flow.h"

static void set_base(struct gather *g, struct fact_rule *fact, uint8_t family)
{
	const struct nft_chain *chain;

	fact->pf = family;
	if (family == NFPROTO_INET)
		fact->pf = g->flow->family == 4 ? NFPROTO_IPV4 : NFPROTO_IPV6;
	if (nft_load(&g->facts->at->netfilter, &g->facts->at->nft))
		return;
	chain = g->facts->at->nft.chains.data;
	for (size_t i = 0; i < g->facts->at->nft.chains.n; i++, chain++) {
		if (chain->family != family || strcmp(chain->table, fact->table) != 0 ||
		    strcmp(chain->name, fact->base) != 0)
			continue;
		fact->priority = chain->priority;
		fact->hook = (uint8_t)chain->hook;
		if (family != NFPROTO_INET || chain->hook != NF_INET_INGRESS)
			return;
		fact->pf = NFPROTO_NETDEV;
		fact->hook = NF_NETDEV_INGRESS;
		return;
	}
}

void rule_fill(struct fact_rule *fact, const struct rule_entry *entry)
{
	fact->verdict = (uint8_t)entry->view.verdict;
	fact->queue = entry->view.verdict == RULE_QUEUE ? (uint16_t)entry->view.queue : 0;
	fact->number = entry->number;
	memcpy(fact->text, entry->text, sizeof(fact->text));
	memcpy(fact->set, entry->view.set, sizeof(fact->set));
}

static void set_rule(struct gather *g, struct fact_rule *fact, const struct traced_packet *packet)
{
	const struct trace_message *last = &packet->last;
	struct rule_place place = {.family = last->family, .handle = last->handle};
	struct netlink *netfilter = &g->facts->at->netfilter;
	const struct rule_entry *entry;

	fact->verdict = RULE_DROP;
	fact->handle = last->handle;
	memcpy(place.table, last->table, sizeof(place.table));
	memcpy(place.chain, last->chain, sizeof(place.chain));
	entry = rule_find(&g->facts->rules, netfilter, &place);
	if (entry) {
		rule_fill(fact, entry);
		if (*fact->set)
			rule_element(netfilter, entry, &packet->now, fact->element);
		else
			ipset_element(fact, &packet->now);
	}
	/* What the kernel did decides, not what the rule looks like. */
	if ((last->code & NF_VERDICT_MASK) == NF_QUEUE) {
		fact->verdict = RULE_QUEUE;
		fact->queue = (uint16_t)(last->code >> NF_VERDICT_QBITS);
		queue_owner(g, fact);
	} else if (fact->verdict == RULE_QUEUE) {
		fact->verdict = RULE_DROP;
		fact->queue = 0;
	}
}

static int add_traced(struct gather *g, const struct traced_packet *packet)
{
	const struct trace_message *last = &packet->last;
	struct fact_rule fact = {
		.backend = HOOK_NFT,
		.how = RULE_TRACED,
		.is_reply = g->request->is_reply,
	};

	snprintf(fact.family, sizeof(fact.family), "%s", nft_family_name(last->family));
	memcpy(fact.table, last->table, sizeof(fact.table));
	memcpy(fact.chain, last->chain, sizeof(fact.chain));
	memcpy(fact.base, packet->base, sizeof(fact.base));
	memcpy(fact.via, packet->via, sizeof(fact.via));
	set_base(g, &fact, last->family);
	if (last->type == NFT_TRACETYPE_POLICY)
		fact.verdict = RULE_POLICY;
	else
		set_rule(g, &fact, packet);
	return gather_add(g, EV_FACT_RULE, &fact, sizeof(fact));
}

static const struct traced_packet *find_packet(const struct gather *g)
{
	const struct fact_request *request = g->request;
	struct rule_trace *trace = g->facts->trace;
	struct ev_flow flow = request->probe, service = request->service;
	/* That of an answer which nobody saw is not known. */
	const bool unseen = request->either_way && request->is_reply;
	const bool with_seq = flow.proto != IPPROTO_UDP && !unseen;
	const struct traced_packet *packet;

	if (!trace || !trace->reports)
		return NULL;
	trace_drain(trace, g->now_ns);
	if (request->is_reply) {
		flow = flow_reverse(&flow);
		service = flow_reverse(&service);
	}
	packet = trace_find(trace->table, &flow, with_seq, request->tcp.seq);
	/* An answer has the service's own addresses when it meets the first chain. */
	if (!packet)
		packet = trace_find(trace->table, &service, with_seq, request->tcp.seq);
	/* What was lost may be what would have been the last. */
	if (packet && unseen && packet->time_ns < request->since_ns)
		return NULL;
	if (packet && trace->lost_ns >= packet->time_ns && trace->lost_ns)
		return NULL;
	return packet;
}

int gather_rules(struct gather *g)
{
	const struct traced_packet *packet = gather_is_elsewhere(g) ? NULL : find_packet(g);
	int err = 0;

	if (packet && trace_is_end(&packet->last))
		return add_traced(g, packet);
	/* One that passed every chain was stopped by something else. */
	if (!packet)
		err = gather_rules_possible(g);
	if (!err)
		err = gather_rules_legacy(g);
	return err;
}
