/* SPDX-License-Identifier: GPL-2.0-only */
/* Parsing of IP, TCP, UDP and ICMP echo headers, wherever a packet's bytes are. */
#ifndef CLBTRACE_PACKET_BPF_H
#define CLBTRACE_PACKET_BPF_H

#include "bytes.bpf.h"
#include "kernel.h"
#include "maps.bpf.h"

enum {
	TCP_FIN = 1,
	TCP_SYN = 2,
	TCP_RST = 4,
	TCP_ACK = 16,
	IP4_OFFSET_MASK = 0x1fff,
	IP6_OFFSET_MASK = 0xfff8,
	IP6_EXTENSIONS_MAX = 4,
	/* A SYN with all options is 120 and 100 bytes; 48 are left for extension headers. */
	SYN_LEN_MAX_V4 = 128,
	SYN_LEN_MAX_V6 = 148,
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

struct udp_wire {
	__be16 source;
	__be16 dest;
	__be16 len;
	__sum16 check;
};

struct icmp_wire {
	__u8 type;
	__u8 code;
	__sum16 check;
	__be16 id; /* of an echo, as the next */
	__be16 sequence;
};

enum {
	ICMP_ECHO_REPLY = 0,
	ICMP_ECHO_REQUEST = 8,
	ICMPV6_ECHO_REQUEST = 128,
	ICMPV6_ECHO_REPLY = 129,
};

/* What can be followed of a packet; the last three only with has_udp. */
enum packet_kind {
	KIND_OTHER = 0,
	KIND_TCP = 1,
	KIND_DATAGRAM = 2,
	KIND_ECHO_REQUEST = 3,
	KIND_ECHO_REPLY = 4,
};

struct packet {
	struct ev_flow flow;
	struct ev_tcp tcp;
	__u32 l4;      /* offset of the header after IP */
	__u32 l4_len;  /* of that header and what follows it, as IP says */
	__u32 tcp_len; /* of the TCP header, at least 20 */
	__u32 kind;    /* enum packet_kind */
	__u64 skb;     /* address of the struct sk_buff, for skb_parse() */
};

static __always_inline void v4_mapped(__u8 to[16], __be32 addr)
{
	word *words = (word *)to;

	words[0] = 0;
	words[1] = 0;
	words[2] = bpf_htonl(0xffff);
	words[3] = addr;
}

static __always_inline int parse_ip4(const struct bytes *from, __u32 at, struct packet *p)
{
	struct ip4_wire ip;
	__u32 ihl;

	if (bytes_load(from, at, &ip, sizeof(ip) / 4))
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

static __always_inline bool is_extension(__u8 next)
{
	return next == IPPROTO_HOPOPTS || next == IPPROTO_ROUTING || next == IPPROTO_DSTOPTS ||
	       next == IPPROTO_FRAGMENT;
}

/* Steps over an extension header. Returns 1 if *next is to be looked at again, 0 at the end. */
static __always_inline int skip_extension(const struct bytes *from, struct packet *p, __u8 *next)
{
	__u8 ext[4] __attribute__((aligned(4)));
	__u32 len;

	if (!is_extension(*next))
		return 0;
	if (bytes_load(from, p->l4, ext, sizeof(ext) / 4))
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

	if (bytes_load(from, at, &ip, sizeof(ip) / 4))
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

/* protocol: Ethertype in network order. at: offset of the IP header. Returns 0 or -1. */
static __always_inline int parse_ip(const struct bytes *from, __be16 protocol, __u32 at,
				    struct packet *p)
{
	if (protocol == bpf_htons(ETH_P_IP))
		return parse_ip4(from, at, p);
	if (protocol == bpf_htons(ETH_P_IPV6))
		return parse_ip6(from, at, p);
	return -1;
}

/* The fixed TCP header, after parse_ip(). */
static __always_inline int parse_tcp(const struct bytes *from, struct packet *p)
{
	struct tcp_wire tcp;
	__u32 len;

	if (bytes_load(from, p->l4, &tcp, sizeof(tcp) / 4))
		return -1;
	len = (tcp.doff >> 4) * 4;
	p->tcp_len = len < sizeof(tcp) ? sizeof(tcp) : len;
	len = p->l4_len > p->tcp_len ? p->l4_len - p->tcp_len : 0;
	p->kind = KIND_TCP;
	p->flow.sport = bpf_ntohs(tcp.source);
	p->flow.dport = bpf_ntohs(tcp.dest);
	p->tcp.seq = bpf_ntohl(tcp.seq);
	p->tcp.ack = bpf_ntohl(tcp.ack);
	p->tcp.window = bpf_ntohs(tcp.window);
	p->tcp.flags = tcp.flags;
	p->tcp.payload_len = len > 0xffff ? 0xffff : len;
	return 0;
}

static __always_inline int parse_udp(const struct bytes *from, struct packet *p)
{
	struct udp_wire udp;

	if (bytes_load(from, p->l4, &udp, sizeof(udp) / 4))
		return -1;
	p->kind = KIND_DATAGRAM;
	p->flow.sport = bpf_ntohs(udp.source);
	p->flow.dport = bpf_ntohs(udp.dest);
	p->tcp.payload_len = p->l4_len > sizeof(udp) ? p->l4_len - sizeof(udp) : 0;
	return 0;
}

/* Other ICMP messages remain KIND_OTHER. */
static __always_inline int parse_echo(const struct bytes *from, struct packet *p)
{
	struct icmp_wire icmp;
	bool is_v6 = p->flow.family == 6;

	if (bytes_load(from, p->l4, &icmp, sizeof(icmp) / 4))
		return -1;
	if (icmp.type == (is_v6 ? ICMPV6_ECHO_REQUEST : ICMP_ECHO_REQUEST)) {
		p->kind = KIND_ECHO_REQUEST;
		p->flow.sport = bpf_ntohs(icmp.id);
	} else if (icmp.type == (is_v6 ? ICMPV6_ECHO_REPLY : ICMP_ECHO_REPLY)) {
		p->kind = KIND_ECHO_REPLY;
		p->flow.dport = bpf_ntohs(icmp.id);
	} else {
		return 0;
	}
	p->tcp.seq = bpf_ntohs(icmp.sequence);
	p->tcp.payload_len = p->l4_len > sizeof(icmp) ? p->l4_len - sizeof(icmp) : 0;
	return 0;
}

static __always_inline bool is_icmp(const struct packet *p)
{
	return p->flow.proto == (p->flow.family == 4 ? IPPROTO_ICMP : IPPROTO_ICMPV6);
}

/* Whether what follows an IPv4 header with this protocol may be followed. */
static __always_inline bool maybe_followed_v4(__u8 protocol)
{
	return protocol == IPPROTO_TCP ||
	       (has_udp && (protocol == IPPROTO_UDP || protocol == IPPROTO_ICMP));
}

/* The same of an IPv6 header and its next header. */
static __always_inline bool maybe_followed_v6(__u8 next)
{
	return next == IPPROTO_TCP || is_extension(next) ||
	       (has_udp && (next == IPPROTO_UDP || next == IPPROTO_ICMPV6));
}

/*
 * Parses a packet from its IP header on: the flow, the fixed TCP header, a datagram's length, an
 * echo's sequence number. Returns p->kind, or -1: leave it alone.
 *
 * To be called from a global function: the verifier then follows the parser once, and not again
 * with all that comes after it for each way through it.
 */
static __always_inline int packet_parse(const struct bytes *from, __be16 protocol, __u32 at,
					struct packet *p)
{
	if (parse_ip(from, protocol, at, p))
		return -1;
	if (p->flow.proto == IPPROTO_TCP && parse_tcp(from, p))
		return -1;
	if (has_udp && p->flow.proto == IPPROTO_UDP && parse_udp(from, p))
		return -1;
	if (has_udp && is_icmp(p) && parse_echo(from, p))
		return -1;
	return p->kind;
}

#endif
