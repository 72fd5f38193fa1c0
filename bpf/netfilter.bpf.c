// SPDX-License-Identifier: GPL-2.0-only
// Packets passing the netfilter hooks, seen between the priorities of the hook functions in place.
#define OBJECT nf /* see RDONLY_CAST */

#include "kernel.h"

#include "maps.bpf.h"
#include "redirect.bpf.h"
#include "skb.bpf.h"

/* At which hook a packet is, and between which of its functions. */
struct nf_place {
	__u32 slot;
	__u32 hook;
	__u32 pf;
	__u32 ifindex;
};

static __always_inline __s32 nf_priority(const struct nf_place *at)
{
	__u32 index = NF_PRIORITY_INDEX(at->slot, at->pf == NFPROTO_IPV6, at->hook);
	__s32 *priority = bpf_map_lookup_elem(&nf_priorities, &index);

	return priority ? *priority : 0;
}

static __always_inline struct nf_place nf_place(const struct nf_hook_state *state, __u32 slot)
{
	struct nf_place at = {.slot = slot, .hook = state->hook, .pf = state->pf};

	if (at.hook == NF_INET_LOCAL_OUT || at.hook == NF_INET_POST_ROUTING)
		at.ifindex = KERNEL_READ(state, out, ifindex);
	else
		at.ifindex = KERNEL_READ(state, in, ifindex);
	return at;
}

/*
 * Whether nothing more can be learned from where the packet is in memory. Of a SYN that leaves
 * there can, at tc egress; a datagram has no sequence number that would tell it from the next one
 * there.
 */
static __always_inline bool nf_is_end(const struct nf_place *at, const struct packet *p)
{
	return at->slot == NF_SLOT_LAST &&
	       (at->hook == NF_INET_LOCAL_IN ||
		(at->hook == NF_INET_POST_ROUTING && p->kind != KIND_TCP));
}

static __noinline int nf_report(__u64 skb_address, const struct nf_place *at)
{
	const struct sk_buff *skb = KERNEL_CAST(sk_buff, skb_address);
	struct packet p = {.skb = skb_address};
	struct ev_packet *ev;
	struct match match;
	struct conn *conn;

	if (skb_parse(&p) <= KIND_OTHER)
		return 0;
	/* Which function of a hook took a packet is worth asking where a connection begins or is
	 * refused. */
	if (at->slot >= NF_SLOT_BETWEEN && p.kind == KIND_TCP &&
	    !(p.tcp.flags & (TCP_SYN | TCP_RST)))
		return 0;
	conn = conn_on_its_way(&p, &match);
	if (!conn)
		return 0;
	if (nf_is_end(at, &p))
		conn_forget_packet(&p);
	if (at->hook == NF_INET_FORWARD || at->hook == NF_INET_POST_ROUTING)
		conn_leaves(conn, &p, &match, KERNEL_READ(skb, skb_iif));
	if (!conn_spend(&conn->netfilter, CONN_NETFILTER_MAX))
		return 0;
	ev = EVENT_BEGIN(ev_packet, EV_PACKET, skb_address);
	if (!ev)
		return 0;
	ev->flow = p.flow;
	ev->tcp = p.tcp;
	ev->frame_len = KERNEL_READ(skb, len);
	ev->waypoint = WP_NETFILTER;
	ev->hook = at->hook;
	ev->pf = at->pf;
	ev->priority = nf_priority(at);
	ev->ifindex = at->ifindex;
	conn_nat(conn, &ev->nat);
	bpf_ringbuf_submit(ev, 0);
	return 0;
}

/*
 * Whether this may be a prober's SYN whose source was translated: after that only its place in
 * memory tells. Only what came in and leaves again is looked at any closer.
 */
static __always_inline bool nf_maybe_masqueraded(const struct sk_buff *skb, __u32 hook,
						 const struct ipv6hdr *header, const void *ctx)
{
	return skb->skb_iif && hook == NF_INET_POST_ROUTING && skb_maybe_begins(skb, header) &&
	       is_in_flight(ctx ? first_argument(ctx, skb) : (__u64)skb);
}

/*
 * Runs for every packet and hook. Most are rejected by their length, the others by an address. ctx:
 * whose first argument the packet is, or NULL.
 */
static __always_inline bool nf_maybe(const struct sk_buff *skb, __u32 hook, const void *ctx)
{
	const struct ipv6hdr *header;
	struct header_copy copy;
	__be16 protocol;

	if (skb->len > SYN_LEN_MAX_V6)
		return false;
	protocol = skb->protocol;
	if (protocol == bpf_htons(ETH_P_IP) && skb->len > SYN_LEN_MAX_V4)
		return false;
	header = header_at(skb->head + skb->network_header, &copy);
	return skb_maybe(header, protocol) || nf_maybe_masqueraded(skb, hook, header, ctx);
}

static __always_inline int nf_waypoint(struct bpf_nf_ctx *ctx, __u32 slot)
{
	const struct sk_buff *skb = ctx->skb;
	struct nf_place at;

	if (nf_maybe(skb, ctx->state->hook, NULL)) {
		at = nf_place(ctx->state, slot);
		nf_report((__u64)skb, &at);
	}
	return NF_ACCEPT;
}

/*
 * The context does not tell at which priority a program was called (net/netfilter/nf_bpf_link.c),
 * so there is a program for each place in the order; one program serves all hooks and both
 * families.
 */
#define NF_PROGRAM(slot)                                                                           \
	SEC("?netfilter") int nf_slot_##slot(struct bpf_nf_ctx *ctx)                               \
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

/*
 * Without netfilter links: nf_hook_slow() calls the functions of a hook that has any, and goes on
 * with a packet that they all accept. It serves every network namespace.
 */
static __always_inline int hook_slow(const void *ctx, const struct sk_buff *skb,
				     const struct nf_hook_state *state, __u32 slot)
{
	struct nf_place at;

	if (!nf_maybe(skb, state->hook, ctx) || state->net->ns.inum != own_netns)
		return 0;
	at = nf_place(state, slot);
	/* Families and hooks of other kinds (bridge, ARP) have a place in no map. */
	if ((at.pf == NFPROTO_IPV4 || at.pf == NFPROTO_IPV6) && at.hook < NF_HOOKS)
		nf_report(first_argument(ctx, skb), &at);
	return 0;
}

SEC("?fentry/nf_hook_slow")
int BPF_PROG(on_hook_begin, const struct sk_buff *skb, const struct nf_hook_state *state)
{
	return hook_slow(ctx, skb, state, NF_SLOT_FIRST);
}

/* What was not accepted may be freed by now. Behind INPUT comes what is below. */
SEC("?fexit/nf_hook_slow")
int BPF_PROG(on_hook_end, const struct sk_buff *skb, const struct nf_hook_state *state,
	     const void *entries, unsigned int from, int ret)
{
	return ret == NF_ACCEPT && state->hook != NF_INET_LOCAL_IN
		       ? hook_slow(ctx, skb, state, NF_SLOT_LAST)
		       : 0;
}

/* A hook without functions is no call: that a packet got through INPUT, its protocol tells. */
static __always_inline int delivered(const void *ctx, const struct sk_buff *skb, __u32 pf)
{
	struct nf_place at = {.slot = NF_SLOT_LAST, .hook = NF_INET_LOCAL_IN, .pf = pf};

	if (!nf_maybe(skb, at.hook, ctx) || skb_netns(skb) != own_netns)
		return 0;
	at.ifindex = KERNEL_READ(skb, dev, ifindex);
	nf_report(first_argument(ctx, skb), &at);
	return 0;
}

#define DELIVERED_PROGRAM(function, pf)                                                            \
	SEC("?fentry/" #function) int BPF_PROG(on_##function, const struct sk_buff *skb)           \
	{                                                                                          \
		return delivered(ctx, skb, pf);                                                    \
	}

DELIVERED_PROGRAM(tcp_v4_rcv, NFPROTO_IPV4)
DELIVERED_PROGRAM(tcp_v6_rcv, NFPROTO_IPV6)
DELIVERED_PROGRAM(udp_rcv, NFPROTO_IPV4)
DELIVERED_PROGRAM(udpv6_rcv, NFPROTO_IPV6)
DELIVERED_PROGRAM(icmp_rcv, NFPROTO_IPV4)
DELIVERED_PROGRAM(icmpv6_rcv, NFPROTO_IPV6)
