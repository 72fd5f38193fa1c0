// SPDX-License-Identifier: GPL-2.0-only
// Packets that the kernel drops (kfree_skb).
#define OBJECT skb /* see RDONLY_CAST */

#include "kernel.h"

#include "maps.bpf.h"
#include "redirect.bpf.h"
#include "rule.bpf.h"
#include "skb.bpf.h"
#include "stranger.bpf.h"

/* The kernel gives none (before 5.17). */
#define REASON_NONE (~0U)

/* Whether a SYN that is in no connection is to be reported; one from elsewhere is counted. */
static __always_inline bool drop_is_probe(const struct sk_buff *skb, const struct packet *p)
{
	if (!is_syn(p) || !is_wanted_port(p->flow.dport))
		return false;
	if (is_source(p->flow.saddr))
		return true;
	if (KERNEL_READ(skb, skb_iif))
		stranger_count(&p->flow);
	return false;
}

/*
 * Where the kernel gives no reason, the function that freed the packet has to do. A return address
 * may be that of the next function: the call can be a function's last instruction. Without
 * bpf_snprintf() (5.13) the loader does it.
 */
static __always_inline void drop_symbol(struct ev_drop *ev, __u32 reason)
{
	static const char function[] = "%ps";
	__u64 inside = ev->location - 1;

	if (!bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_snprintf))
		return;
	if (reason == REASON_NONE ||
	    reason == bpf_core_enum_value(enum skb_drop_reason, SKB_DROP_REASON_NOT_SPECIFIED))
		bpf_snprintf(ev->symbol, sizeof(ev->symbol), function, &inside, sizeof(inside));
}

static __noinline int drop_report(__u64 address, __u64 location, __u32 reason)
{
	const struct sk_buff *skb = KERNEL_CAST(sk_buff, address);
	struct packet p = {.skb = address};
	struct ev_drop *ev;
	struct match match;
	struct conn *conn;
	__u32 netns;

	if (skb_parse(&p) <= KIND_OTHER)
		return 0;
	conn = conn_of(&p, &match);
	if (!conn && begins(&p) && skb_netns(skb) == own_netns)
		conn = conn_checked(conn_translated(&p, &match));
	if (!skb_is_followed(skb, conn, &match, &netns))
		return 0;
	conn_forget_packet(&p);
	if (names_rules && conn && reason != REASON_NONE &&
	    reason == bpf_core_enum_value(enum skb_drop_reason, SKB_DROP_REASON_NETFILTER_DROP))
		rule_note_freed(&p, &match, netns, location);
	if (conn ? !conn_spend(&conn->drops, CONN_DROPS_MAX) : !drop_is_probe(skb, &p))
		return 0;
	skb_parse_options(skb, &p);
	ev = EVENT_BEGIN(ev_drop, EV_DROP, address);
	if (!ev)
		return 0;
	ev->flow = p.flow;
	ev->tcp = p.tcp;
	ev->location = location;
	ev->reason = reason == REASON_NONE ? 0 : reason;
	ev->ifindex = KERNEL_READ(skb, dev, ifindex);
	ev->netns = netns;
	drop_symbol(ev, reason);
	bpf_ringbuf_submit(ev, 0);
	return 0;
}

/* Runs for every packet that any part of the network stack drops. */
static __always_inline int dropped(const void *ctx, const struct sk_buff *skb, void *location,
				   __u32 reason)
{
	struct header_copy copy;
	const struct ipv6hdr *header = header_at(skb->head + skb->network_header, &copy);

	if (skb_maybe(header, skb->protocol) || skb_maybe_syn(skb, header))
		drop_report(first_argument(ctx, skb), (__u64)location, reason);
	return 0;
}

/* 5.17: with a reason. */
SEC("?tp_btf/kfree_skb")
int BPF_PROG(on_kfree_skb_reason, const struct sk_buff *skb, void *location, __u32 reason)
{
	return dropped(ctx, skb, location, reason);
}

SEC("?tp_btf/kfree_skb")
int BPF_PROG(on_kfree_skb, const struct sk_buff *skb, void *location)
{
	return dropped(ctx, skb, location, REASON_NONE);
}
