/* SPDX-License-Identifier: GPL-2.0-only */
/* Reading a struct sk_buff and its packet outside of tc, where only kernel memory can be read. */
#ifndef CLBTRACE_SKB_BPF_H
#define CLBTRACE_SKB_BPF_H

#include "conn.bpf.h"

/*
 * bpf_rdonly_cast() (kernel 6.2) makes any address a pointer that may be loaded through; a fault reads as 0. Such a
 * load costs about 1 ns where bpf_probe_read_kernel() costs ten. Each object declares a flavor of its own:
 * bpftool 7.1 cannot link two objects that declare the same kernel function.
 */
#define HEADER_CAST(flavor, skb)                                                                   \
	((const struct ipv6hdr *)bpf_rdonly_cast___##flavor((skb)->head + (skb)->network_header,   \
							    bpf_core_type_id_kernel(struct ipv6hdr)))

/* The byte at an offset of a header of either family: struct ipv6hdr serves as a window of 40 bytes. */
#define HEADER_BYTE(header, offset) ((header)->saddr.in6_u.u6_addr8[(offset) - 8])

enum {
	IP4_PROTOCOL = 9,
	IP4_SADDR = 12,
	IP4_DADDR = 16,
};

/* First look at a packet: whether its source or its destination may be a prober. */
static __always_inline bool skb_maybe(const struct ipv6hdr *header, __be16 protocol)
{
	if (protocol == bpf_htons(ETH_P_IP))
		return maybe_source_byte(first_v4, HEADER_BYTE(header, IP4_SADDR)) ||
		       maybe_source_byte(first_v4, HEADER_BYTE(header, IP4_DADDR));
	if (protocol == bpf_htons(ETH_P_IPV6))
		return maybe_source_byte(first_v6, header->saddr.in6_u.u6_addr8[0]) ||
		       maybe_source_byte(first_v6, header->daddr.in6_u.u6_addr8[0]);
	return false;
}

/* Parses the packet from its network header. Returns 0, or -1: not TCP, or not readable. */
static __always_inline int skb_parse(const struct sk_buff *skb, struct bytes *from, struct packet *p)
{
	__u16 network = BPF_CORE_READ(skb, network_header);
	__u32 tail = BPF_CORE_READ(skb, tail);

	from->base = BPF_CORE_READ(skb, head) + network;
	from->kind = BYTES_KERNEL;
	from->limit = tail > network ? tail - network : 0;
	if (parse_ip(from, BPF_CORE_READ(skb, protocol), 0, p))
		return -1;
	return parse_tcp(from, p);
}

static __always_inline bool is_own_netns(const struct net *net)
{
	return BPF_CORE_READ(net, ns.inum) == own_netns;
}

/*
 * Whether a packet is in this network namespace. Before a packet to be sent has a device its socket tells;
 * dev_scratch and the like share the device's place: then the address is no device and reads as 0.
 */
static __always_inline bool skb_is_own(const struct sk_buff *skb)
{
	const struct net *net = BPF_CORE_READ(skb, dev, nd_net.net);
	const struct dst_entry *dst;

	if (!net)
		net = BPF_CORE_READ(skb, sk, __sk_common.skc_net.net);
	if (!net) {
		dst = (const void *)(BPF_CORE_READ(skb, _skb_refdst) & ~1UL); /* SKB_DST_PTRMASK */
		net = BPF_CORE_READ(dst, dev, nd_net.net);
	}
	return !net || is_own_netns(net);
}

static __always_inline __u32 skb_ifindex(const struct sk_buff *skb)
{
	return BPF_CORE_READ(skb, dev, ifindex);
}

#endif
