// SPDX-License-Identifier: GPL-2.0-only
// Packets entering and leaving the host, at tc ingress and egress of each interface.
#include "kernel.h"

#include "conn.bpf.h"
#include "icmp_exit.bpf.h"
#include "maps.bpf.h"
#include "packet.bpf.h"
#include "socket.bpf.h"

/* Frames with a payload up to this length take less room in the ring. */
enum { CAPTURE_SHORT = 512 };

enum tc_way { TC_IN, TC_OUT };

struct tc_place {
	__u32 way;
	__u32 l2_len;
	__u8 untracked;
};

/*
 * The cost of clbtrace on a host is this function: it runs for every packet. Only the first byte of an
 * address is looked at. A header that is not in the linear part goes to the slow path.
 */
static __always_inline bool tc_maybe(const struct __sk_buff *skb, __u32 l2_len, enum tc_way way)
{
	const void *data = (void *)(long)skb->data;
	const void *end = (void *)(long)skb->data_end;

	if (skb->protocol == bpf_htons(ETH_P_IP)) {
		const struct ip4_wire *ip = data + l2_len;

		if ((const void *)(ip + 1) > end)
			return true;
		return maybe_source_byte(first_v4, *(const __u8 *)&ip->saddr) ||
		       (way == TC_OUT && maybe_source_byte(first_v4, *(const __u8 *)&ip->daddr));
	}
	if (skb->protocol == bpf_htons(ETH_P_IPV6)) {
		const struct ip6_wire *ip = data + l2_len;

		if ((const void *)(ip + 1) > end)
			return true;
		return maybe_source_byte(first_v6, ip->saddr[0]) ||
		       (way == TC_OUT && maybe_source_byte(first_v6, ip->daddr[0]));
	}
	return false;
}

static __always_inline __u32 tc_capture(struct __sk_buff *skb, __u8 *to, __u32 limit)
{
	__u32 len = skb->len;

	if (len > limit)
		len = limit;
	/* The compiler must not drop the test below: the verifier wants it. */
	asm volatile("" : "+r"(len));
	if (len < 1 || len > limit || bpf_skb_load_bytes(skb, 0, to, len))
		return 0;
	return len;
}

/* room: for captured bytes, a constant. */
static __always_inline void tc_report_sized(struct __sk_buff *skb, const struct packet *p,
					    const struct tc_place *place, __u32 room)
{
	struct ev_packet *ev;

	ev = event_begin(EV_PACKET, sizeof(*ev), sizeof(*ev) + room, (__u64)skb);
	if (!ev)
		return;
	ev->flow = p->flow;
	ev->tcp = p->tcp;
	ev->ifindex = skb->ifindex;
	ev->frame_len = skb->len;
	ev->waypoint = place->way == TC_IN ? WP_TC_INGRESS : WP_TC_EGRESS;
	ev->pkt_type = skb->pkt_type;
	ev->l2_len = place->l2_len;
	ev->untracked = place->untracked;
	ev->cap_len = tc_capture(skb, ev->data, room);
	ev->hdr.size += ev->cap_len;
	bpf_ringbuf_submit(ev, 0);
}

static __always_inline void tc_report(struct __sk_buff *skb, const struct packet *p,
				      const struct tc_place *place)
{
	if (!p->tcp.payload_len)
		tc_report_sized(skb, p, place, EV_CAPTURE_HEADERS);
	else if (skb->len <= CAPTURE_SHORT)
		tc_report_sized(skb, p, place, CAPTURE_SHORT);
	else
		tc_report_sized(skb, p, place, EV_CAPTURE_PAYLOAD);
}

static __noinline int tc_in(struct __sk_buff *skb, __u32 l2_len)
{
	struct bytes from = {.base = skb, .kind = BYTES_SKB};
	struct tc_place place = {.way = TC_IN, .l2_len = l2_len};
	struct packet p = {};
	struct conn *conn;

	if (parse_ip(&from, skb->protocol, l2_len, &p) || parse_tcp(&from, &p))
		return 0;
	if (is_syn(&p))
		conn = conn_enter(&p, &place.untracked);
	else
		conn = conn_from_prober(&p.flow);
	if (conn ? !conn_wants(conn, &p, FROM_PROBER) : !place.untracked)
		return 0;
	parse_options(&from, &p);
	tc_report(skb, &p, &place);
	if (is_syn(&p))
		socket_report(skb, &p);
	return 0;
}

static __noinline int tc_out(struct __sk_buff *skb, __u32 l2_len)
{
	struct bytes from = {.base = skb, .kind = BYTES_SKB};
	struct tc_place place = {.way = TC_OUT, .l2_len = l2_len};
	struct packet p = {};
	struct conn *conn;
	enum conn_way way;

	if (parse_ip(&from, skb->protocol, l2_len, &p))
		return 0;
	if (p.flow.proto == IPPROTO_ICMP || p.flow.proto == IPPROTO_ICMPV6) {
		icmp_exit_report(skb, &from, &p);
		return 0;
	}
	if (parse_tcp(&from, &p))
		return 0;
	conn = conn_of(&p, &way);
	if (!conn || !conn_wants(conn, &p, way))
		return 0;
	parse_options(&from, &p);
	tc_report(skb, &p, &place);
	return 0;
}

/* Interfaces with an Ethernet header. */
SEC("tcx/ingress")
int tc_in_ether(struct __sk_buff *skb)
{
	if (tc_maybe(skb, ETH_HLEN, TC_IN))
		tc_in(skb, ETH_HLEN);
	return TCX_NEXT;
}

SEC("tcx/egress")
int tc_out_ether(struct __sk_buff *skb)
{
	if (tc_maybe(skb, ETH_HLEN, TC_OUT))
		tc_out(skb, ETH_HLEN);
	return TCX_NEXT;
}

/* Interfaces whose packets begin with the IP header: tun, WireGuard, ipip, ... */
SEC("tcx/ingress")
int tc_in_ip(struct __sk_buff *skb)
{
	if (tc_maybe(skb, 0, TC_IN))
		tc_in(skb, 0);
	return TCX_NEXT;
}

SEC("tcx/egress")
int tc_out_ip(struct __sk_buff *skb)
{
	if (tc_maybe(skb, 0, TC_OUT))
		tc_out(skb, 0);
	return TCX_NEXT;
}
