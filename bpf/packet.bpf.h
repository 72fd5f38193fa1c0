/* SPDX-License-Identifier: GPL-2.0-only */
/* Parsing of IPv4, IPv6 and TCP headers, wherever a packet's bytes are. */
#ifndef CLBTRACE_PACKET_BPF_H
#define CLBTRACE_PACKET_BPF_H

#include "kernel.h"

enum {
	TCP_FIN = 1,
	TCP_SYN = 2,
	TCP_RST = 4,
	TCP_ACK = 16,
	IP4_OFFSET_MASK = 0x1fff,
	IP6_OFFSET_MASK = 0xfff8,
	IP6_EXTENSIONS_MAX = 4,
	TCPOPT_END = 0,
	TCPOPT_NOP = 1,
	TCPOPT_TIMESTAMP = 8,
	TCPOPT_MD5 = 19,
	TCPOPT_AO = 29,
	TCPOPT_SPACE = 40,
	TCPOPT_COUNT_MAX = 12, /* no stack sends as many */
};

struct ip4_wire {
	__u8 version_ihl;
	__u8 tos;
	__be16 tot_len;
	__be16 id;
	__be16 frag_off;
	__u8 ttl;
	__u8 protocol;
	__sum16 check;
	__be32 saddr;
	__be32 daddr;
};

struct ip6_wire {
	__be32 version_class_flow;
	__be16 payload_len;
	__u8 nexthdr;
	__u8 hop_limit;
	__u8 saddr[16];
	__u8 daddr[16];
};

struct tcp_wire {
	__be16 source;
	__be16 dest;
	__be32 seq;
	__be32 ack;
	__u8 doff; /* upper half: header length in words */
	__u8 flags;
	__be16 window;
	__sum16 check;
	__be16 urgent;
};

/* Where bytes are read from. The kind is a constant at every use, so that one reader remains. */
enum bytes_kind { BYTES_SKB, BYTES_XDP, BYTES_KERNEL };

struct bytes {
	const void *base; /* context, or kernel address */
	__u32 kind;
	__u32 limit; /* BYTES_KERNEL: bytes that may be read at base */
};

struct packet {
	struct ev_flow flow;
	struct ev_tcp tcp;
	__u32 l4;	 /* offset of the header after IP */
	__u32 l4_len;	 /* of that header and what follows it, as IP says */
	__u32 tcp_len;	 /* of the TCP header, at least 20 */
	__u32 pad;
};

static __always_inline long bytes_load(const struct bytes *from, __u32 at, void *to, __u32 len)
{
	if (from->kind == BYTES_SKB)
		return bpf_skb_load_bytes(from->base, at, to, len);
	if (from->kind == BYTES_XDP)
		return bpf_xdp_load_bytes((struct xdp_md *)from->base, at, to, len);
	if (at + len > from->limit)
		return -1;
	return bpf_probe_read_kernel(to, len, from->base + at);
}

static __always_inline void v4_mapped(__u8 to[16], __be32 addr)
{
	__u32 *words = (__u32 *)to;

	words[0] = 0;
	words[1] = 0;
	words[2] = bpf_htonl(0xffff);
	words[3] = addr;
}

static __always_inline int parse_ip4(const struct bytes *from, __u32 at, struct packet *p)
{
	struct ip4_wire ip;
	__u32 ihl;

	if (bytes_load(from, at, &ip, sizeof(ip)))
		return -1;
	ihl = (ip.version_ihl & 15) * 4;
	if (ip.version_ihl >> 4 != 4 || ihl < sizeof(ip) ||
	    ip.frag_off & bpf_htons(IP4_OFFSET_MASK))
		return -1;
	v4_mapped(p->flow.saddr, ip.saddr);
	v4_mapped(p->flow.daddr, ip.daddr);
	p->flow.family = 4;
	p->flow.proto = ip.protocol;
	p->l4 = at + ihl;
	p->l4_len = bpf_ntohs(ip.tot_len) > ihl ? bpf_ntohs(ip.tot_len) - ihl : 0;
	return 0;
}

/* Steps over one extension header. Returns 1 if *next is now to be looked at again, 0 at the end. */
static __always_inline int skip_extension(const struct bytes *from, struct packet *p, __u8 *next)
{
	__u8 ext[4];
	__u32 len;

	if (*next != IPPROTO_HOPOPTS && *next != IPPROTO_ROUTING && *next != IPPROTO_DSTOPTS &&
	    *next != IPPROTO_FRAGMENT)
		return 0;
	if (bytes_load(from, p->l4, ext, sizeof(ext)))
		return -1;
	if (*next == IPPROTO_FRAGMENT) {
		if ((ext[2] << 8 | ext[3]) & IP6_OFFSET_MASK)
			return -1;
		len = 8;
	} else {
		len = (ext[1] + 1) * 8;
	}
	*next = ext[0];
	p->l4 += len;
	p->l4_len = p->l4_len > len ? p->l4_len - len : 0;
	return 1;
}

static __always_inline int parse_ip6(const struct bytes *from, __u32 at, struct packet *p)
{
	struct ip6_wire ip;
	__u8 next;
	int more;

	if (bytes_load(from, at, &ip, sizeof(ip)))
		return -1;
	if (*(__u8 *)&ip.version_class_flow >> 4 != 6)
		return -1;
	__builtin_memcpy(p->flow.saddr, ip.saddr, 16);
	__builtin_memcpy(p->flow.daddr, ip.daddr, 16);
	p->flow.family = 6;
	p->l4 = at + sizeof(ip);
	p->l4_len = bpf_ntohs(ip.payload_len);
	next = ip.nexthdr;
#pragma unroll
	for (int i = 0; i < IP6_EXTENSIONS_MAX; i++) {
		more = skip_extension(from, p, &next);
		if (more < 0)
			return -1;
		if (!more)
			break;
	}
	p->flow.proto = next;
	return 0;
}

/* protocol: Ethertype in network order. at: offset of the IP header. Returns 0, or -1: leave it alone. */
static __always_inline int parse_ip(const struct bytes *from, __be16 protocol, __u32 at,
				    struct packet *p)
{
	if (protocol == bpf_htons(ETH_P_IP))
		return parse_ip4(from, at, p);
	if (protocol == bpf_htons(ETH_P_IPV6))
		return parse_ip6(from, at, p);
	return -1;
}

/* The fixed TCP header. Call after parse_ip(). */
static __always_inline int parse_tcp(const struct bytes *from, struct packet *p)
{
	struct tcp_wire tcp;
	__u32 len;

	if (p->flow.proto != IPPROTO_TCP || bytes_load(from, p->l4, &tcp, sizeof(tcp)))
		return -1;
	len = (tcp.doff >> 4) * 4;
	p->tcp_len = len < sizeof(tcp) ? sizeof(tcp) : len;
	len = p->l4_len > p->tcp_len ? p->l4_len - p->tcp_len : 0;
	p->flow.sport = bpf_ntohs(tcp.source);
	p->flow.dport = bpf_ntohs(tcp.dest);
	p->tcp.seq = bpf_ntohl(tcp.seq);
	p->tcp.ack = bpf_ntohl(tcp.ack);
	p->tcp.window = bpf_ntohs(tcp.window);
	p->tcp.flags = tcp.flags;
	p->tcp.payload_len = len > 0xffff ? 0xffff : len;
	return 0;
}

static __always_inline __u32 option_word(const __u8 *opt, __u32 at)
{
	return opt[at] << 24 | opt[at + 1] << 16 | opt[at + 2] << 8 | opt[at + 3];
}

/* The TCP option at offset at. Returns the offset of the next, or TCPOPT_SPACE at the end. */
static __always_inline __u32 parse_option(const __u8 *opt, __u32 len, __u32 at, struct ev_tcp *tcp)
{
	__u32 next;

	if (opt[at] == TCPOPT_NOP)
		return at + 1;
	if (opt[at] == TCPOPT_END || opt[at + 1] < 2)
		return TCPOPT_SPACE;
	next = at + opt[at + 1];
	if (next > len)
		return TCPOPT_SPACE;
	if (opt[at] == TCPOPT_TIMESTAMP && opt[at + 1] == 10) {
		tcp->options |= TCPOPT_SEEN_TS;
		tcp->tsval = option_word(opt, at + 2);
		tcp->tsecr = option_word(opt, at + 6);
	}
	if (opt[at] == TCPOPT_MD5)
		tcp->options |= TCPOPT_SEEN_MD5;
	if (opt[at] == TCPOPT_AO)
		tcp->options |= TCPOPT_SEEN_AO;
	return next;
}

/* The TCP options, as far as they can be read. Call after parse_tcp(), for packets that are reported. */
static __always_inline void parse_options(const struct bytes *from, struct packet *p)
{
	__u8 opt[TCPOPT_SPACE + 10] = {}; /* an option may claim to go on behind the last byte */
	__u32 len = p->tcp_len - sizeof(struct tcp_wire);
	__u32 at = len;

	/* The compiler knows the range from the header, the verifier forgets it on the stack. */
	asm volatile("" : "+r"(len));
	if (len < 1 || len > TCPOPT_SPACE ||
	    bytes_load(from, p->l4 + sizeof(struct tcp_wire), opt, len))
		return;
	/* A zero that the verifier takes for any number: it then follows one loop, not one per layout. */
	asm volatile("%0 -= %1" : "+r"(at) : "r"(len));
	p->tcp.options = at;
	p->tcp.tsval = at;
	p->tcp.tsecr = at;
	for (int i = 0; i < TCPOPT_COUNT_MAX; i++) {
		if (at >= len || at >= TCPOPT_SPACE)
			break;
		at = parse_option(opt, len, at, &p->tcp);
	}
}

#endif
