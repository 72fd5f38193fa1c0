/* SPDX-License-Identifier: GPL-2.0-only */
/* ICMP errors that leave the host for a prober, about a packet of its connection. */
#ifndef CLBTRACE_ICMP_EXIT_BPF_H
#define CLBTRACE_ICMP_EXIT_BPF_H

#include "conn.bpf.h"

enum {
	ICMP_HEADER_LEN = 8,
	ICMP_DEST_UNREACH = 3,
	ICMP_TIME_EXCEEDED = 11,
	ICMP_PARAMETERPROB = 12,
	ICMPV6_DEST_UNREACH = 1,
	ICMPV6_PARAMPROB = 4,
};

/* What follows the embedded IP header: RFC 792 promises no more than 8 bytes. */
union embedded_wire {
	struct {
		__be16 source;
		__be16 dest;
		__be32 seq; /* TCP */
	} ports;
	struct icmp_wire icmp;
};

static __always_inline bool is_icmp_error(__u8 proto, __u8 type)
{
	if (proto == IPPROTO_ICMP)
		return type == ICMP_DEST_UNREACH || type == ICMP_TIME_EXCEEDED ||
		       type == ICMP_PARAMETERPROB;
	return type >= ICMPV6_DEST_UNREACH && type <= ICMPV6_PARAMPROB;
}

/* Parses the packet that an ICMP error is about. Returns 0, or -1 if it is none that is followed.
 */
static __always_inline int parse_embedded(const struct bytes *from, __u32 at, __be16 protocol,
					  struct packet *p)
{
	union embedded_wire wire;

	if (parse_ip(from, protocol, at, p) || bytes_load(from, p->l4, &wire, sizeof(wire) / 4))
		return -1;
	if (p->flow.proto == IPPROTO_TCP || (has_udp && p->flow.proto == IPPROTO_UDP)) {
		p->flow.sport = bpf_ntohs(wire.ports.source);
		p->flow.dport = bpf_ntohs(wire.ports.dest);
		if (p->flow.proto == IPPROTO_TCP)
			p->tcp.seq = bpf_ntohl(wire.ports.seq);
		return 0;
	}
	if (!has_udp || !is_icmp(p))
		return -1;
	p->flow.sport = bpf_ntohs(wire.icmp.id);
	p->tcp.seq = bpf_ntohs(wire.icmp.sequence);
	return 0;
}

/* l4: offset of the ICMP header; proto: IPPROTO_ICMP or IPPROTO_ICMPV6. */
__noinline int icmp_exit_report(struct __sk_buff *skb, __u32 l4, __u32 proto)
{
	struct bytes from = {.base = skb, .kind = BYTES_SKB};
	struct packet p = {};
	struct icmp_wire icmp;
	struct match match;
	struct ev_icmp *ev;
	struct conn *conn;

	if (bytes_load(&from, l4, &icmp, sizeof(icmp) / 4) || !is_icmp_error(proto, icmp.type) ||
	    parse_embedded(&from, l4 + ICMP_HEADER_LEN, skb->protocol, &p))
		return 0;
	conn = conn_from_prober(&p.flow, &match);
	if (!conn || !conn_spend(&conn->drops, CONN_DROPS_MAX))
		return 0;
	ev = EVENT_BEGIN(ev_icmp, EV_ICMP, (__u64)skb);
	if (!ev)
		return 0;
	ev->flow = p.flow;
	ev->tcp = p.tcp;
	ev->ifindex = skb->ifindex;
	ev->type = icmp.type;
	ev->code = icmp.code;
	ev->at_exit = 1;
	bpf_ringbuf_submit(ev, 0);
	return 0;
}

#endif
