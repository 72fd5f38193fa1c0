/* SPDX-License-Identifier: GPL-2.0-only */
/* Reading a struct sk_buff and its packet outside of tc, where only kernel memory can be read. */
#ifndef CLBTRACE_SKB_BPF_H
#define CLBTRACE_SKB_BPF_H

#include "conn.bpf.h"
#include "tcp_options.bpf.h"

/*
 * The first argument of a tracepoint or a function as a number. Kernels that cannot cast follow
 * pointers into what they are stored in, and let nothing be computed with them.
 */
static __always_inline __u64 first_argument(const void *ctx, const void *argument)
{
	__u64 number = (__u64)argument;

	if (!has_casts)
		bpf_probe_read_kernel(&number, sizeof(number), ctx);
	return number;
}

/* For bytes of a packet where they cannot be read in their place. */
struct header_copy {
	word words[10];
};

/* 40 bytes of a packet, at their address; struct ipv6hdr serves as a window. */
static __always_inline const struct ipv6hdr *header_at(const void *address,
						       struct header_copy *copy)
{
	if (has_casts)
		return KERNEL_CAST(ipv6hdr, address);
	bpf_probe_read_kernel(copy, sizeof(*copy), address);
	return (const struct ipv6hdr *)copy;
}

/* The byte at an offset, 8 to 23, of that window. */
#define HEADER_BYTE(header, offset) ((header)->saddr.in6_u.u6_addr8[(offset)-8])

enum {
	IP4_PROTOCOL = 9,
	IP4_SADDR = 12,
	IP4_DADDR = 16,
	IP4_TCP_FLAGS = 33 - 24, /* without IP options, from where IPv6 has its destination */
	IP6_TCP_FLAGS = 13,	 /* behind the IPv6 header */
};

static __always_inline bool skb_maybe_v4(const struct ipv6hdr *header)
{
	__u8 source = HEADER_BYTE(header, IP4_SADDR);
	__u8 dest = HEADER_BYTE(header, IP4_DADDR);

	if (!known_v4[source] && !known_v4[dest])
		return false;
	return maybe_followed_v4(HEADER_BYTE(header, IP4_PROTOCOL)) &&
	       (maybe_known(first_v4, source, HEADER_BYTE(header, IP4_SADDR + 3)) ||
		maybe_known(first_v4, dest, HEADER_BYTE(header, IP4_DADDR + 3)));
}

static __always_inline bool skb_maybe_v6(const struct ipv6hdr *header)
{
	__u8 source = header->saddr.in6_u.u6_addr8[0];
	__u8 dest = header->daddr.in6_u.u6_addr8[0];

	if (!known_v6[source] && !known_v6[dest])
		return false;
	return maybe_followed_v6(header->nexthdr) &&
	       (maybe_known(first_v6, source, header->saddr.in6_u.u6_addr8[15]) ||
		maybe_known(first_v6, dest, header->daddr.in6_u.u6_addr8[15]));
}

/* First look at a packet: whether its source or its destination may be a prober. */
static __always_inline bool skb_maybe(const struct ipv6hdr *header, __be16 protocol)
{
	if (protocol == bpf_htons(ETH_P_IP))
		return skb_maybe_v4(header);
	if (protocol == bpf_htons(ETH_P_IPV6))
		return skb_maybe_v6(header);
	return false;
}

/* Whether this is a SYN from outside, at a glance: IP options and extension headers escape it. */
static __always_inline bool skb_maybe_syn(const struct sk_buff *skb, const struct ipv6hdr *header)
{
	struct header_copy copy;
	__u8 flags = 0;

	if (!skb->skb_iif)
		return false;
	if (skb->protocol == bpf_htons(ETH_P_IP)) {
		if (HEADER_BYTE(header, IP4_PROTOCOL) != IPPROTO_TCP)
			return false;
		flags = header->daddr.in6_u.u6_addr8[IP4_TCP_FLAGS];
	} else if (skb->protocol == bpf_htons(ETH_P_IPV6)) {
		if (header->nexthdr != IPPROTO_TCP)
			return false;
		header = header_at(skb->head + skb->network_header + 40, &copy);
		flags = HEADER_BYTE(header, IP6_TCP_FLAGS);
	}
	return (flags & (TCP_SYN | TCP_ACK)) == TCP_SYN;
}

/* The same with datagrams, if they are followed. */
static __always_inline bool skb_maybe_begins(const struct sk_buff *skb,
					     const struct ipv6hdr *header)
{
	__u8 proto;

	if (skb_maybe_syn(skb, header))
		return true;
	if (!has_udp)
		return false;
	proto = skb->protocol == bpf_htons(ETH_P_IP) ? HEADER_BYTE(header, IP4_PROTOCOL)
						     : header->nexthdr;
	return proto == IPPROTO_UDP || proto == IPPROTO_ICMP || proto == IPPROTO_ICMPV6;
}

/*
 * Here and below skb is the result of a KERNEL_CAST(). Loads through a tracepoint's own pointer,
 * and through some of what it points to, are not guarded: a union member that is no pointer
 * (dev_scratch in the place of dev, ip_defrag_offset in that of sk) would crash the kernel. They
 * also cost a search of the kernel's types each, at load.
 */
static __always_inline struct bytes skb_bytes(const struct sk_buff *skb)
{
	__u16 network = KERNEL_READ(skb, network_header);
	__u32 tail = KERNEL_READ(skb, tail);

	return (struct bytes){.base = KERNEL_READ(skb, head) + network,
			      .kind = BYTES_KERNEL,
			      .limit = tail > network ? tail - network : 0};
}

/*
 * As packet_parse(), from the network header of the struct sk_buff at p->skb. It is handed over in
 * memory, because a global function accepts no other pointer as a number.
 */
__weak __noinline int skb_parse(struct packet *p)
{
	const struct sk_buff *skb;
	struct bytes from;

	if (!p)
		return -1;
	skb = KERNEL_CAST(sk_buff, p->skb);
	from = skb_bytes(skb);
	return packet_parse(&from, KERNEL_READ(skb, protocol), 0, p);
}

static __always_inline void skb_parse_options(const struct sk_buff *skb, struct packet *p)
{
	struct bytes from = skb_bytes(skb);

	parse_options(&from, p);
}

/* The inode of a packet's namespace, 0 if it cannot be told: without a device yet or still, its
 * socket tells. */
static __always_inline __u32 skb_netns(const struct sk_buff *skb)
{
	const struct net *net = KERNEL_READ(skb, dev, nd_net.net);
	const struct dst_entry *dst;

	if (!net)
		net = KERNEL_READ(skb, sk, __sk_common.skc_net.net);
	if (!net) {
		dst = KERNEL_CAST(dst_entry,
				  KERNEL_READ(skb, _skb_refdst) & ~1UL); /* SKB_DST_PTRMASK */
		net = KERNEL_READ(dst, dev, nd_net.net);
	}
	return KERNEL_READ(net, ns.inum);
}

/*
 * Whether a packet of a probe is where clbtrace follows it: in this network namespace, or in one
 * that the connection was led into. netns gets that one's inode, or 0. conn may be NULL.
 *
 * A prober may be in a namespace of this host, with the same flow: what came in from a prober, and
 * what did not come in but goes to one, is on the receiving side. That is taken for this namespace
 * where it cannot be told: TCP takes the device off what it has received.
 */
static __always_inline bool skb_is_followed(const struct sk_buff *skb, struct conn *conn,
					    const struct match *match, __u32 *netns)
{
	bool receiving = (match->way == FROM_PROBER) == (KERNEL_READ(skb, skb_iif) != 0);
	__u32 inode = skb_netns(skb);

	*netns = 0;
	if (inode == own_netns)
		return true;
	if (!inode) {
		*netns = conn ? conn->netns : 0;
		return receiving;
	}
	if (!conn || !(match->by_alias || (conn->forwarded && receiving)))
		return false;
	conn->netns = inode;
	*netns = inode;
	return true;
}

#endif
