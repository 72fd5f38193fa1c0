// SPDX-License-Identifier: GPL-2.0-only
// The rules that the programs on nf_tables have named of late, by the packet that each stopped.
#include "rule_records.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "flow.h"

/* include/uapi/linux/netfilter.h */
enum {
	VERDICT_MASK = 0xff,
	VERDICT_QUEUE = 3,
	QUEUE_SHIFT = 16,
	PF_NETDEV = 5,
	NETDEV_INGRESS = 0,
	INET_INGRESS = 5,
};

void rule_records_add(struct rule_records *records, const struct rule_record *record)
{
	records->kept[records->taken++ % RULE_RECORDS] = *record;
}

static bool is_about(const struct rule_record *record, const struct fact_request *request)
{
	const struct ev_flow probe = record->is_reply ? flow_reverse(&record->flow) : record->flow;

	return record->is_reply == request->is_reply && record->tcp.seq == request->tcp.seq &&
	       flow_equal(&probe, &request->probe);
}

const struct rule_record *rule_records_find(const struct rule_records *records,
					    const struct fact_request *request)
{
	uint64_t kept = records->taken < RULE_RECORDS ? records->taken : RULE_RECORDS;

	for (uint64_t back = 1; back <= kept; back++) {
		const struct rule_record *record =
			&records->kept[(records->taken - back) % RULE_RECORDS];

		if (is_about(record, request))
			return record;
	}
	return NULL;
}

/* As nft prints it; NFPROTO_* of include/uapi/linux/netfilter.h. */
static const char *family_name(uint8_t family)
{
	static const char *const names[] = {
		[1] = "inet", [2] = "ip", [3] = "arp", [5] = "netdev", [7] = "bridge", [10] = "ip6",
	};
	const char *name = family < sizeof(names) / sizeof(*names) ? names[family] : NULL;

	return name ? name : "";
}

static uint8_t verdict_of(const struct rule_record *record)
{
	if ((record->code & VERDICT_MASK) == VERDICT_QUEUE)
		return RULE_QUEUE;
	if (!record->handle)
		return RULE_POLICY;
	return record->rejects ? RULE_REJECT : RULE_DROP;
}

struct fact_rule rule_record_fact(const struct rule_record *record)
{
	struct fact_rule fact = {
		.priority = record->priority,
		.pf = record->pf,
		.hook = record->hook,
		.backend = HOOK_NFT,
		.how = RULE_TRACED,
		.verdict = verdict_of(record),
		.is_reply = record->is_reply,
		.number = record->number,
		.handle = record->handle,
	};

	/* An inet table's hook at a device (nft_do_chain_inet_ingress()). */
	if (fact.pf == PF_NETDEV && fact.hook == INET_INGRESS)
		fact.hook = NETDEV_INGRESS;
	if (fact.verdict == RULE_QUEUE)
		fact.queue = record->code >> QUEUE_SHIFT;
	snprintf(fact.family, sizeof(fact.family), "%s", family_name(record->family));
	memcpy(fact.table, record->table, sizeof(fact.table));
	memcpy(fact.chain, record->chain, sizeof(fact.chain));
	memcpy(fact.base, record->base, sizeof(fact.base));
	fact.table[sizeof(fact.table) - 1] = '\0';
	fact.chain[sizeof(fact.chain) - 1] = '\0';
	fact.base[sizeof(fact.base) - 1] = '\0';
	return fact;
}
