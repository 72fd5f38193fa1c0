// SPDX-License-Identifier: GPL-2.0-only
// Packets passing the netfilter hooks, seen between the priorities of the hook functions in place.
#define OBJECT nf /* see RDONLY_CAST */

#include "kernel.h"

#include "maps.bpf.h"
#include "redirect.bpf.h"
#include "skb.bpf.h"

static __always_inline __s32 nf_priority(__u32 slot, const struct nf_hook_state *state)
{
	__u32 index = NF_PRIORITY_INDEX(slot, state->pf == NFPROTO_IPV6, state->hook);
	__s32 *priority = bpf_map_lookup_elem(&nf_priorities, &index);

	return priority ? *priority : 0;
}

static __always_inline __u32 nf_ifindex(const struct nf_hook_state *state)
{
	if (state->hook == NF_INET_LOCAL_OUT || state->hook == NF_INET_POST_ROUTING)
		return state->out->ifindex;
	return state->in->ifindex;
}

/*
 * Whether nothing more can be learned from where the packet is in memory. Of a SYN that leaves
 * there can, at tc egress; a datagram has no sequence number that would tell it from the next one
 * there.
 */
static __always_inline bool nf_is_end(__u8 hook, __u32 slot, const struct packet *p)
{
	return slot == NF_SLOT_LAST &&
	       (hook == NF_INET_LOCAL_IN || (hook == NF_INET_POST_ROUTING && p->kind != KIND_TCP));
}

static __noinline int nf_report(__u64 skb_address, __u64 state_address, __u32 slot)
{
	const struct nf_hook_state *state = KERNEL_CAST(nf_hook_state, state_address);
	const struct sk_buff *skb = KERNEL_CAST(sk_buff, skb_address);
	struct packet p = {.skb = skb_address};
	struct ev_packet *ev;
	struct match match;
	struct conn *conn;

	if (skb_parse(&p) <= KIND_OTHER)
		return 0;
	/* Which function of a hook took a packet is worth asking where a connection begins or is
	 * refused. */
	if (slot >= NF_SLOT_BETWEEN && p.kind == KIND_TCP && !(p.tcp.flags & (TCP_SYN | TCP_RST)))
		return 0;
	conn = conn_on_its_way(&p, &match);
	if (!conn)
		return 0;
	if (nf_is_end(state->hook, slot, &p))
		conn_forget_packet(&p);
	if (state->hook == NF_INET_FORWARD || state->hook == NF_INET_POST_ROUTING)
		conn_leaves(conn, &p, &match, skb->skb_iif);
	if (!conn_spend(&conn->netfilter, CONN_NETFILTER_MAX))
		return 0;
	ev = EVENT_BEGIN(ev_packet, EV_PACKET, skb_address);
	if (!ev)
		return 0;
	ev->flow = p.flow;
	ev->tcp = p.tcp;
	ev->frame_len = skb->len;
	ev->waypoint = WP_NETFILTER;
	ev->hook = state->hook;
	ev->pf = state->pf;
	ev->priority = nf_priority(slot, state);
	ev->ifindex = nf_ifindex(state);
	conn_nat(conn, &ev->nat);
	bpf_ringbuf_submit(ev, 0);
	return 0;
}

/*
 * Whether this may be a prober's SYN whose source was translated: after that only its place in
 * memory tells. Only what came in and leaves again is looked at any closer.
 */
static __always_inline bool nf_maybe_masqueraded(const struct bpf_nf_ctx *ctx,
						 const struct ipv6hdr *header)
{
	const struct sk_buff *skb = ctx->skb;

	return skb->skb_iif && ctx->state->hook == NF_INET_POST_ROUTING &&
	       skb_maybe_begins(skb, header) && is_in_flight((__u64)skb);
}

static __always_inline int nf_waypoint(struct bpf_nf_ctx *ctx, __u32 slot)
{
	struct sk_buff *skb = ctx->skb;
	const struct ipv6hdr *header;
	__be16 protocol;

	if (skb->len > SYN_LEN_MAX_V6)
		return NF_ACCEPT;
	protocol = skb->protocol;
	if (protocol == bpf_htons(ETH_P_IP) && skb->len > SYN_LEN_MAX_V4)
		return NF_ACCEPT;
	header = HEADER_AT(skb, 0);
	if (skb_maybe(header, protocol) || nf_maybe_masqueraded(ctx, header))
		nf_report((__u64)skb, (__u64)ctx->state, slot);
	return NF_ACCEPT;
}

/*
 * The context does not tell at which priority a program was called (net/netfilter/nf_bpf_link.c),
 * so there is a program for each place in the order; one program serves all hooks and both
 * families.
 */
#define NF_PROGRAM(slot)                                                                           \
	SEC("netfilter") int nf_slot_##slot(struct bpf_nf_ctx *ctx)                                \
	{                                                                                          \
		return nf_waypoint(ctx, slot);                                                     \
	}

NF_PROGRAM(0)
NF_PROGRAM(1)
NF_PROGRAM(2)
NF_PROGRAM(3)
NF_PROGRAM(4)
NF_PROGRAM(5)
NF_PROGRAM(6)
NF_PROGRAM(7)
NF_PROGRAM(8)
