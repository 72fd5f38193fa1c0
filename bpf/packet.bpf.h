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

/* Copies headers and addresses, whatever their type. */
typedef __u32 __attribute__((may_alias)) word;

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
	__u32 l4;      /* offset of the header after IP */
	__u32 l4_len;  /* of that header and what follows it, as IP says */
	__u32 tcp_len; /* of the TCP header, at least 20 */
	__u32 pad;
	__u64 skb; /* address of the struct sk_buff, for skb_parse() */
};

/*
 * bpf_rdonly_cast() (kernel 6.2) makes any address a pointer that may be loaded through; a fault
 * reads as 0. Such a load costs 1 ns, a helper call more than 30 where return thunks are in use.
 * Each object declares a flavor of its own: bpftool 7.1 cannot link two objects that declare the
 * same kernel function.
 */
#define FLAVORED(function, flavor) function##___##flavor
#define FLAVOR(function, flavor)   FLAVORED(function, flavor)
#define RDONLY_CAST		   FLAVOR(bpf_rdonly_cast, OBJECT)
#define KERNEL_CAST(type, address)                                                                 \
	((const struct type *)RDONLY_CAST((const void *)(address),                                 \
					  bpf_core_type_id_kernel(struct type)))

extern void *RDONLY_CAST(const void *obj, __u32 btf_id) __ksym __weak;

enum { AT_MAX = 0x3fff /* so that the verifier knows a bound */ };

/* len words to *to; the loop is unrolled. Only for packet pointers whose bounds were checked. */
static __always_inline void copy_words(word *to, const word *from, __u32 words)
{
#pragma unroll
	for (__u32 i = 0; i < words; i++)
		to[i] = from[i];
}

/* As copy_words(), from any kernel address. The addresses of struct ipv6hdr serve as a window of 8
 * words. */
static __always_inline void copy_kernel_words(word *to, const void *from, __u32 words)
{
	const struct ipv6hdr *window = NULL;

#pragma unroll
	for (__u32 i = 0; i < words; i++) {
		if (i % 8 == 0)
			window = KERNEL_CAST(ipv6hdr, from + i * 4 - 8);
		to[i] = i % 8 < 4 ? window->saddr.in6_u.u6_addr32[i % 4]
				  : window->daddr.in6_u.u6_addr32[i % 4];
	}
}

/* words 32-bit words of packet memory from an offset, if they are in its linear part. */
static __always_inline bool copy_linear(word *to, __u32 data, __u32 data_end, __u64 at, __u32 words)
{
	const void *from = (const void *)(long)data;

	/*
	 * The verifier wants the pointer whole, and the one that is tested to be the one that is
	 * used: the compiler would add the offset to its lower half, and twice.
	 */
	asm volatile("" : "+r"(from));
	if (at > AT_MAX)
		return false;
	from += at;
	asm volatile("" : "+r"(from));
	if (from + words * 4 > (const void *)(long)data_end)
		return false;
	copy_words(to, from, words);
	return true;
}

/* The fixed parts of headers: words is a constant. Without a helper call where that can be done. */
static __always_inline long bytes_load(const struct bytes *from, __u32 at, void *to, __u32 words)
{
	const struct __sk_buff *skb = from->base;
	const struct xdp_md *xdp = from->base;

	if (from->kind == BYTES_KERNEL) {
		if (at + words * 4 > from->limit)
			return -1;
		copy_kernel_words(to, from->base + at, words);
		return 0;
	}
	if (from->kind == BYTES_XDP)
		return copy_linear(to, xdp->data, xdp->data_end, at, words)
			       ? 0
			       : bpf_xdp_load_bytes((struct xdp_md *)xdp, at, to, words * 4);
	return copy_linear(to, skb->data, skb->data_end, at, words)
		       ? 0
		       : bpf_skb_load_bytes(skb, at, to, words * 4);
}

/* Any number of bytes; the verifier must know that len is at least 1 and no more than there is room
 * for. */
static __always_inline long bytes_load_some(const struct bytes *from, __u32 at, void *to, __u32 len)
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

/* Steps over one extension header. Returns 1 if *next is now to be looked at again, 0 at the end.
 */
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
	p->flow.sport = bpf_ntohs(tcp.source);
	p->flow.dport = bpf_ntohs(tcp.dest);
	p->tcp.seq = bpf_ntohl(tcp.seq);
	p->tcp.ack = bpf_ntohl(tcp.ack);
	p->tcp.window = bpf_ntohs(tcp.window);
	p->tcp.flags = tcp.flags;
	p->tcp.payload_len = len > 0xffff ? 0xffff : len;
	return 0;
}

/*
 * Parses a packet from its IP header on. Returns its protocol, IPPROTO_*: with IPPROTO_TCP the
 * fixed TCP header is parsed as well; or -1: leave it alone.
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
	return p->flow.proto;
}

/* The TCP options of a packet, and what was found among them. */
struct tcp_options {
	__u8 bytes[TCPOPT_SPACE + 10]; /* an option may claim to go on behind the last byte */
	__u16 len;
	__u32 next; /* offset of the option to look at */
	__u32 seen; /* TCPOPT_SEEN_* */
	__u32 tsval;
	__u32 tsecr;
};

static __always_inline __u32 option_word(const __u8 *at)
{
	return at[0] << 24 | at[1] << 16 | at[2] << 8 | at[3];
}

static __always_inline void option_step(struct tcp_options *o, __u32 at)
{
	__u8 kind = o->bytes[at];
	__u8 size = o->bytes[at + 1];

	o->next = TCPOPT_SPACE;
	if (kind == TCPOPT_NOP)
		size = 1;
	else if (kind == TCPOPT_END || size < 2 || at + size > o->len)
		return;
	o->next = at + size;
	if (kind == TCPOPT_TIMESTAMP && size == 10) {
		o->seen |= TCPOPT_SEEN_TS;
		o->tsval = option_word(&o->bytes[at + 2]);
		o->tsecr = option_word(&o->bytes[at + 6]);
	} else if (kind == TCPOPT_MD5) {
		o->seen |= TCPOPT_SEEN_MD5;
	} else if (kind == TCPOPT_AO) {
		o->seen |= TCPOPT_SEEN_AO;
	}
}

/*
 * A global function as well. The offset is kept in memory, which the verifier does not follow:
 * otherwise it tries each layout of the options.
 */
__weak __noinline int options_find(struct tcp_options *o)
{
	__u32 at;

	if (!o)
		return 0;
	for (int i = 0; i < TCPOPT_COUNT_MAX; i++) {
		at = o->next;
		if (at >= TCPOPT_SPACE || at >= o->len)
			break;
		option_step(o, at);
	}
	return 0;
}

/* The TCP options, as far as they can be read. For TCP packets that are reported. */
static __always_inline void parse_options(const struct bytes *from, struct packet *p)
{
	__u32 len = p->tcp_len - sizeof(struct tcp_wire);
	struct tcp_options o = {};

	/* The compiler knows the range from the header, the verifier forgets it on the stack. */
	asm volatile("" : "+r"(len));
	if (len < 1 || len > TCPOPT_SPACE ||
	    bytes_load_some(from, p->l4 + sizeof(struct tcp_wire), o.bytes, len))
		return;
	o.len = len;
	options_find(&o);
	p->tcp.options = o.seen;
	p->tcp.tsval = o.tsval;
	p->tcp.tsecr = o.tsecr;
}

#endif
