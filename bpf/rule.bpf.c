// SPDX-License-Identifier: GPL-2.0-only
// The nf_tables rule that dropped a packet of a probe, where programs can be attached to nf_tables.
#define OBJECT rule /* see RDONLY_CAST */

#include "kernel.h"

#include "maps.bpf.h"
#include "nft.bpf.h"
#include "rule.bpf.h"

enum {
	NF_VERDICT_MASK = 0xff,
	NF_DROP = 0,
	NF_STOLEN = 2,
	NF_QUEUE = 3,
	/* nft_do_chain() is 2 kB, or less. */
	DO_CHAIN_MAX = 4096,
};

/* Of its own, so that a record is there as soon as it is asked for. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 256 << 10);
} rule_records SEC(".maps");

/* First look. Not inlined, because there is little stack where all this comes together. */
static __noinline bool rule_maybe(__u64 address)
{
	const struct sk_buff *skb = KERNEL_CAST(sk_buff, address);
	const void *start = KERNEL_READ(skb, head) + KERNEL_READ(skb, network_header);
	struct header_copy copy;

	return skb_maybe(header_at(start, &copy), KERNEL_READ(skb, protocol)) ||
	       is_in_flight(address);
}

/* Whose packet it is. Returns false if it is of no probe that is followed. */
static __always_inline bool rule_identify(__u64 address, struct rule_note *note)
{
	const struct sk_buff *skb = KERNEL_CAST(sk_buff, address);
	struct packet p = {.skb = address};
	struct match match;
	struct conn *conn;

	if (!rule_maybe(address))
		return false;
	if (skb_parse(&p) <= KIND_OTHER)
		return false;
	conn = conn_on_its_way(&p, &match);
	if (!conn || !skb_is_followed(skb, conn, &match, &note->netns))
		return false;
	note->flow = p.flow;
	note->tcp = p.tcp;
	note->is_reply = match.way == TO_PROBER;
	return true;
}

/* Whether this is a target of iptables with this name, of 7 letters at most. */
static __always_inline bool is_target(const struct nft_expr *expr, const char name[8])
{
	const struct xt_target *target = BPF_CORE_READ(expr, ops, data);
	char is[8] = {};

	BPF_CORE_READ_INTO(&is, target, name);
	return *(const __u64 *)is == *(const __u64 *)name;
}

enum rule_action { RULE_TELLS, RULE_REJECTS, RULE_TARGETS };

static __noinline int rule_keep(__u64 skb, __u64 expr, enum rule_action action)
{
	static const char reject[8] = "REJECT";
	struct rule_note note = {.expr = expr, .rejects = action == RULE_REJECTS};

	if (!rule_identify(skb, &note))
		return 0;
	if (action == RULE_TARGETS)
		note.rejects = is_target((const struct nft_expr *)expr, reject);
	bpf_map_update_elem(&rule_notes, &skb, &note, BPF_ANY);
	return 0;
}

/*
 * What an expression left as the verdict: most leave another. Here the packet is still there, also
 * where nft_do_chain() frees it.
 */
static __always_inline int rule_evaluated(const struct nft_expr *expr, const struct nft_regs *regs,
					  const struct nft_pktinfo *pkt, enum rule_action action)
{
	__u32 verdict = regs->verdict.code & NF_VERDICT_MASK;

	if (verdict == NF_DROP || verdict == NF_QUEUE)
		rule_keep((__u64)pkt->skb, (__u64)expr, action);
	return 0;
}

#define RULE_PROGRAM(eval, action)                                                                 \
	SEC("?fexit/" #eval)                                                                       \
	int BPF_PROG(on_##eval, const struct nft_expr *expr, const struct nft_regs *regs,          \
		     const struct nft_pktinfo *pkt)                                                \
	{                                                                                          \
		return rule_evaluated(expr, regs, pkt, action);                                    \
	}

RULE_PROGRAM(nft_immediate_eval, RULE_TELLS)
RULE_PROGRAM(nft_lookup_eval, RULE_TELLS) /* verdict maps */
RULE_PROGRAM(nft_queue_eval, RULE_TELLS)
RULE_PROGRAM(nft_queue_sreg_eval, RULE_TELLS)
RULE_PROGRAM(nft_reject_inet_eval, RULE_REJECTS)
RULE_PROGRAM(nft_reject_ipv4_eval, RULE_REJECTS)
RULE_PROGRAM(nft_reject_ipv6_eval, RULE_REJECTS)
RULE_PROGRAM(nft_reject_netdev_eval, RULE_REJECTS)
RULE_PROGRAM(nft_reject_bridge_eval, RULE_REJECTS)
RULE_PROGRAM(nft_target_eval_xt, RULE_TARGETS) /* of iptables-nft */

static __always_inline void rule_names(struct rule_record *record, const struct nft_chain *chain,
				       const struct nft_chain *base)
{
	const struct nft_table *table = BPF_CORE_READ(chain, table);
	const struct nft_base_chain *base_chain = nft_base_of(base);

	record->family = BPF_CORE_READ_BITFIELD_PROBED(table, family);
	record->priority = BPF_CORE_READ(base_chain, ops.priority);
	bpf_probe_read_kernel_str(record->table, sizeof(record->table), BPF_CORE_READ(table, name));
	bpf_probe_read_kernel_str(record->chain, sizeof(record->chain), BPF_CORE_READ(chain, name));
	bpf_probe_read_kernel_str(record->base, sizeof(record->base), BPF_CORE_READ(base, name));
}

static __noinline int rule_report(const struct rule_note *note, __u64 base, __u64 state_address,
				  __u32 code)
{
	const struct nf_hook_state *state = KERNEL_CAST(nf_hook_state, state_address);
	const struct nft_chain *chain = (const struct nft_chain *)base;
	struct nft_walk walk = {};
	struct rule_record *record;

	if (!note)
		return 0;
	walk.expr = note->expr;
	if (walk.expr) {
		chain = nft_chain_of(walk.expr, chain);
		if (!chain || !nft_find_rule(chain, &walk))
			return 0;
	}
	record = bpf_ringbuf_reserve(&rule_records, sizeof(*record), 0);
	if (!record)
		return 0;
	__builtin_memset(record, 0, sizeof(*record));
	record->time_ns = bpf_ktime_get_ns();
	record->handle = walk.handle;
	record->number = walk.number;
	record->code = code;
	record->flow = note->flow;
	record->tcp = note->tcp;
	record->netns = note->netns;
	record->is_reply = note->is_reply;
	record->rejects = note->rejects;
	record->hook = KERNEL_READ(state, hook);
	record->pf = KERNEL_READ(state, pf);
	rule_names(record, chain, (const struct nft_chain *)base);
	bpf_ringbuf_submit(record, 0);
	return 0;
}

/* Whether the note is of this drop, by the policy; memory is used again. */
static __always_inline bool rule_is_policy(const struct rule_note *note, __u64 base, __u64 do_chain)
{
	const struct nft_base_chain *base_chain = nft_base_of((const struct nft_chain *)base);

	return note->location - do_chain < DO_CHAIN_MAX &&
	       BPF_CORE_READ(base_chain, policy) == NF_DROP;
}

/* do_chain: the address of nft_do_chain(). The packet is still there if the result is NF_DROP. */
static __noinline int rule_decided(__u64 pkt_address, __u64 base, __u32 code, __u64 do_chain)
{
	const struct nft_pktinfo *pkt = (const struct nft_pktinfo *)pkt_address;
	__u64 skb = (__u64)BPF_CORE_READ(pkt, skb);
	struct rule_note *note, fresh = {.location = do_chain};

	note = bpf_map_lookup_elem(&rule_notes, &skb);
	if (note && (note->expr || rule_is_policy(note, base, do_chain))) {
		rule_report(note, base, (__u64)BPF_CORE_READ(pkt, state), code);
		bpf_map_delete_elem(&rule_notes, &skb);
	} else if ((code & NF_VERDICT_MASK) == NF_DROP && rule_is_policy(&fresh, base, do_chain) &&
		   rule_identify(skb, &fresh)) {
		rule_report(&fresh, base, (__u64)BPF_CORE_READ(pkt, state), code);
	}
	return 0;
}

/* Runs for every packet and base chain. NF_STOLEN with an error above it is a drop (6.7). */
SEC("?fexit/nft_do_chain")
int BPF_PROG(on_nft_do_chain, const struct nft_pktinfo *pkt, void *base, __u32 code)
{
	__u32 verdict = code & NF_VERDICT_MASK;

	if (verdict == NF_ACCEPT || code == NF_STOLEN)
		return 0;
	return rule_decided((__u64)pkt, (__u64)base, code, bpf_get_func_ip(ctx));
}
