// SPDX-License-Identifier: GPL-2.0-only
// Makes the tables that mark probes for rule tracing.
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "facts_nft_batch.h"
#include "facts_trace.h"
#include "flow.h"
#include "options.h"

/*
 * Only expressions of nf_tables itself (nf_tables_core.c) and no sets are used: making these
 * tables loads no module.
 */
enum {
	RANGES_MAX = 64, /* of ports; more are not worth a rule each: any port is marked then */
	TCP_FLAGS = 13,	 /* offsets in headers */
	SOURCE_PORT = 0,
	DESTINATION_PORT = 2,
};

struct range {
	uint16_t low, high;
};

struct arming {
	struct nft_batch batch;
	const struct options *options;
	struct range ranges[RANGES_MAX];
	size_t n_ranges; /* 0: any port */
	uint8_t family;
	uint8_t marked; /* TRACE_V4 | TRACE_V6 */
	uint32_t flags; /* of tables */
};

static void find_ranges(struct arming *arming)
{
	const struct options *options = arming->options;
	struct range *range = NULL;

	arming->n_ranges = 0;
	for (unsigned int port = 0; port <= UINT16_MAX && !options->all_ports; port++) {
		if (!options_have_port(options, port)) {
			range = NULL;
		} else if (range) {
			range->high = (uint16_t)port;
		} else if (arming->n_ranges == RANGES_MAX) {
			arming->n_ranges = 0;
			return;
		} else {
			range = &arming->ranges[arming->n_ranges++];
			range->low = range->high = (uint16_t)port;
		}
	}
}

/* The rule's end: to the rules about ports, or the mark at once. */
static void finish(struct arming *arming, struct nft_rule_draft *rule, const char *ports)
{
	if (ports && arming->n_ranges)
		rule_goto(rule, ports);
	else
		rule_mark_traced(rule);
	batch_close_rule(&arming->batch, rule);
}

static void add_prefix(struct arming *arming, const char *chain, const struct prefix *prefix,
		       bool reply, const char *ports)
{
	const bool v4 = addr_is_v4(prefix->addr) && prefix->len >= 96;
	const uint16_t protocol = htons(v4 ? ETH_P_IP : ETH_P_IPV6);
	const uint32_t len = v4 ? 4 : 16, bits = v4 ? prefix->len - 96 : prefix->len;
	uint8_t mask[16] = {0}, value[16];
	struct nft_rule_draft rule;
	uint32_t offset;

	if (!(arming->marked & (v4 ? TRACE_V4 : TRACE_V6)))
		return;
	rule = batch_open_rule(&arming->batch, arming->family, chain);
	rule_match_meta(&rule, NFT_META_PROTOCOL, sizeof(protocol), &protocol);
	for (uint32_t i = 0; i < bits; i++)
		mask[i / 8] |= 0x80 >> i % 8;
	for (uint32_t i = 0; i < len; i++)
		value[i] = prefix->addr[16 - len + i] & mask[i];
	offset = v4 ? 12 : 8;
	if (bits)
		rule_match(&rule, NFT_PAYLOAD_NETWORK_HEADER, reply ? offset + len : offset, len,
			   bits < 8 * len ? mask : NULL, value);
	finish(arming, &rule, ports);
}

/* A chain that marks what comes from, or goes to, the sources, and one about its port. */
static void add_marking(struct arming *arming, const char *chain, const char *ports, bool reply)
{
	const struct options *options = arming->options;
	struct nft_batch *batch = &arming->batch;
	struct nft_rule_draft rule;

	if (ports && arming->n_ranges)
		batch_add_chain(batch, arming->family, ports, NULL);
	batch_add_chain(batch, arming->family, chain, NULL);
	for (size_t i = 0; ports && i < arming->n_ranges; i++) {
		rule = batch_open_rule(batch, arming->family, ports);
		rule_match_range(&rule, reply ? SOURCE_PORT : DESTINATION_PORT,
				 arming->ranges[i].low, arming->ranges[i].high);
		finish(arming, &rule, NULL);
	}
	for (size_t i = 0; i < options->n_sources; i++)
		add_prefix(arming, chain, &options->sources[i], reply, ports);
}

static void add_branch(struct arming *arming, const char *base, uint8_t proto, const uint8_t *value,
		       const uint8_t *mask, const char *chain)
{
	struct nft_rule_draft rule = batch_open_rule(&arming->batch, arming->family, base);

	rule_match_meta(&rule, NFT_META_L4PROTO, sizeof(proto), &proto);
	if (value)
		rule_match(&rule, NFT_PAYLOAD_TRANSPORT_HEADER, mask ? TCP_FLAGS : 0, 1, mask,
			   value);
	rule_goto(&rule, chain);
	batch_close_rule(&arming->batch, &rule);
}

/*
 * What is no probe leaves the base chain by a few comparisons. An answer of a container comes in
 * by its bridge: hence both directions at arrival. Datagrams that come in are held for probes, and
 * those that leave for answers.
 */
static void add_base(struct arming *arming, const char *base, const struct nft_hook_at *at,
		     bool leaving)
{
	static const uint8_t mask = 0x12, syn = 0x02, syn_ack = 0x12;
	static const uint8_t request[] = {8, 128}, reply[] = {0, 129};
	const uint8_t *echo = leaving ? reply : request;

	batch_add_chain(&arming->batch, arming->family, base, at);
	if (!leaving)
		add_branch(arming, base, IPPROTO_TCP, &syn, &mask, "probes");
	add_branch(arming, base, IPPROTO_TCP, &syn_ack, &mask, "answers");
	if (!arming->options->udp)
		return;
	add_branch(arming, base, IPPROTO_UDP, NULL, NULL, leaving ? "answers" : "probes");
	add_branch(arming, base, IPPROTO_ICMP, &echo[0], NULL,
		   leaving ? "echo-answers" : "echo-probes");
	add_branch(arming, base, IPPROTO_ICMPV6, &echo[1], NULL,
		   leaving ? "echo-answers" : "echo-probes");
}

static void add_table(struct arming *arming, uint8_t family)
{
	arming->family = family;
	batch_add_table(&arming->batch, family, arming->flags);
	add_marking(arming, "probes", "probe-ports", false);
	add_marking(arming, "answers", "answer-ports", true);
	if (!arming->options->udp)
		return;
	add_marking(arming, "echo-probes", NULL, false);
	add_marking(arming, "echo-answers", NULL, true);
}

static void add_inet(struct arming *arming, const struct trace_plan *plan)
{
	struct nft_hook_at at = {.hook = NF_INET_PRE_ROUTING, .priority = plan->inet_priority};

	add_table(arming, NFPROTO_INET);
	add_base(arming, "arriving", &at, false);
	at.hook = NF_INET_LOCAL_OUT;
	add_base(arming, "leaving", &at, true);
}

static void add_bridge(struct arming *arming, const struct trace_plan *plan)
{
	const struct nft_hook_at at = {.hook = NF_INET_PRE_ROUTING,
				       .priority = plan->bridge_priority};

	add_table(arming, NFPROTO_BRIDGE);
	add_base(arming, "arriving", &at, false);
}

static void add_devices(struct arming *arming, const struct trace_plan *plan)
{
	const char(*device)[FACT_IFNAME_LEN] = plan->devices.data;
	struct nft_hook_at at = {.hook = NF_NETDEV_INGRESS, .priority = plan->device_priority};
	char *names = calloc(plan->devices.n + 1, FACT_IFNAME_LEN), *end = names;

	if (!names) {
		arming->batch.err = -ENOMEM;
		return;
	}
	for (size_t i = 0; i < plan->devices.n; i++)
		end = stpcpy(end, device[i]) + 1;
	at.devices = names;
	add_table(arming, NFPROTO_NETDEV);
	add_base(arming, "arriving", &at, false);
	free(names);
}

static void remove_old(struct arming *arming, const struct trace_plan *old)
{
	if (old->inet)
		batch_delete_table(&arming->batch, NFPROTO_INET);
	if (old->bridge)
		batch_delete_table(&arming->batch, NFPROTO_BRIDGE);
	if (old->devices.n)
		batch_delete_table(&arming->batch, NFPROTO_NETDEV);
}

int trace_arm(struct rule_trace *trace, const struct trace_plan *plan, const struct trace_plan *old)
{
	struct arming arming = {
		.options = trace->options,
		.marked = trace->families,
		.flags = trace->plain ? 0 : TRACE_TABLE_OWNER,
	};

	find_ranges(&arming);
	batch_begin(&arming.batch, trace->name);
	remove_old(&arming, old);
	if (plan->inet)
		add_inet(&arming, plan);
	if (plan->bridge)
		add_bridge(&arming, plan);
	if (plan->devices.n)
		add_devices(&arming, plan);
	return batch_commit(&arming.batch, trace->owner);
}

void trace_disarm(struct rule_trace *trace)
{
	struct arming arming = {0};

	if (!trace->plain || !trace->owner || trace_plan_is_empty(&trace->plan))
		return;
	batch_begin(&arming.batch, trace->name);
	remove_old(&arming, &trace->plan);
	batch_commit(&arming.batch, trace->owner);
}
