/* SPDX-License-Identifier: GPL-2.0-only */
/* What is kept of a packet of a probe that nf_tables drops, from the rule to the end of its chains.
 */
#ifndef CLBTRACE_RULE_BPF_H
#define CLBTRACE_RULE_BPF_H

#include "maps.bpf.h"
#include "redirect.bpf.h"
#include "skb.bpf.h"

/* Set before load: 0 where the programs on nf_tables are not loaded. */
const volatile __u32 names_rules __weak = 0;

/* By the address of the packet. */
struct rule_note {
	__u64 expr;	/* the expression that dropped it; 0: not known, or the policy did */
	__u64 location; /* without expr: from where it was freed */
	struct ev_flow flow;
	struct ev_tcp tcp;
	__u32 netns;
	__u8 is_reply;
	__u8 rejects;
	__u8 pad[2];
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1024);
	__type(key, __u64);
	__type(value, struct rule_note);
} rule_notes __weak SEC(".maps");

/*
 * nf_tables frees what it drops itself (nft_do_chain(), kernel 6.7): what packet it was can only be
 * told before that. What a rule dropped is noted by then, and more is known of that.
 */
static __always_inline void rule_note_freed(const struct packet *p, const struct match *match,
					    __u32 netns, __u64 location)
{
	struct rule_note note = {
		.location = location,
		.flow = p->flow,
		.tcp = p->tcp,
		.netns = netns,
		.is_reply = match->way == TO_PROBER,
	};
	const struct rule_note *known;
	__u64 key = p->skb;

	known = bpf_map_lookup_elem(&rule_notes, &key);
	if (!known || !known->expr)
		bpf_map_update_elem(&rule_notes, &key, &note, BPF_ANY);
}

#endif
