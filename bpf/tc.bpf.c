// SPDX-License-Identifier: GPL-2.0-only
// Packets entering and leaving the host, at tc ingress and egress of each interface.
#define OBJECT tc /* see RDONLY_CAST */

#include "kernel.h"

#include "conn.bpf.h"
#include "icmp_exit.bpf.h"
#include "maps.bpf.h"
#include "packet.bpf.h"
#include "redirect.bpf.h"
#include "socket.bpf.h"
#include "tcp_options.bpf.h"

/* Frames with a payload up to this length take less room in the ring. */
enum { CAPTURE_SHORT = 512 };

enum tc_way { TC_IN, TC_OUT };

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} tc_addresses SEC(".maps");

/* As first_argument(): what comes back from a map is a number. Here no other packet intervenes. */
static __always_inline __u64 tc_address(const struct __sk_buff *skb)
{
	volatile __u64 *place;
	__u32 zero = 0;

	if (has_casts)
		return (__u64)skb;
	place = bpf_map_lookup_elem(&tc_addresses, &zero);
	if (!place)
		return 0;
	*place = (__u64)skb;
	return *place;
}

struct tc_place {
	__u32 way;
	__u32 l2_len;
	__u8 untracked;
	__u8 headers_only;
	__u8 pad[2];
	struct ev_flow nat;
};

/* Of what leaves, the source may be a prober's or an alias's, or the destination a prober's. */
static __always_inline bool tc_maybe_v4(const struct ip4_wire *ip, enum tc_way way)
{
	const __u8 *source = (const __u8 *)&ip->saddr, *dest = (const __u8 *)&ip->daddr;

	if (way == TC_IN)
		return has_byte(first_v4, source[0]) && maybe_followed_v4(ip->protocol);
	if (!has_byte(first_v4, dest[0]) &&
	    !(known_v4[source[0]] && maybe_known(first_v4, source[0], source[3])))
		return false;
	return maybe_followed_v4(ip->protocol) || ip->protocol == IPPROTO_ICMP;
}

static __always_inline bool tc_maybe_v6(const struct ip6_wire *ip, enum tc_way way)
{
	const __u8 *source = ip->saddr;

	if (way == TC_IN)
		return has_byte(first_v6, source[0]) && maybe_followed_v6(ip->nexthdr);
	if (!has_byte(first_v6, ip->daddr[0]) &&
	    !(known_v6[source[0]] && maybe_known(first_v6, source[0], source[15])))
		return false;
	return maybe_followed_v6(ip->nexthdr) || ip->nexthdr == IPPROTO_ICMPV6;
}

/*
 * The cost of clbtrace on a host is this function: it runs for every packet. For most of them only
 * the first byte of an address is looked at. A header that is not in the linear part goes to the
 * slow path.
 */
static __always_inline bool tc_maybe(const struct __sk_buff *skb, __u32 l2_len, enum tc_way way)
{
	const void *data = (void *)(long)skb->data;
	const void *end = (void *)(long)skb->data_end;
	const struct ip4_wire *ip4 = data + l2_len;
	const struct ip6_wire *ip6 = data + l2_len;

	if (skb->protocol == bpf_htons(ETH_P_IP))
		return (const void *)(ip4 + 1) > end || tc_maybe_v4(ip4, way);
	if (skb->protocol == bpf_htons(ETH_P_IPV6))
		return (const void *)(ip6 + 1) > end || tc_maybe_v6(ip6, way);
	return false;
}

/* As nf_maybe_masqueraded(), for what is translated after netfilter. */
static __always_inline bool tc_maybe_masqueraded(const struct __sk_buff *skb, __u32 l2_len)
{
	return skb->ingress_ifindex && skb->len <= l2_len + SYN_LEN_MAX_V6 &&
	       is_in_flight(tc_address(skb));
}

static __always_inline __u32 tc_capture(struct __sk_buff *skb, __u8 *to, __u32 room)
{
	__u32 len = capture_len(skb->len, room);

	return bpf_skb_load_bytes(skb, 0, to, len) ? 0 : len;
}

/* room: for captured bytes, a constant. */
static __always_inline int tc_report_sized(struct __sk_buff *skb, const struct packet *p,
					   const struct tc_place *place, __u32 room)
{
	struct ev_packet *ev;

	ev = event_begin(EV_PACKET, sizeof(*ev), sizeof(*ev) + room, (__u64)skb);
	if (!ev)
		return -1;
	ev->flow = p->flow;
	ev->tcp = p->tcp;
	ev->ifindex = skb->ifindex;
	ev->frame_len = skb->len;
	ev->waypoint = place->way == TC_IN ? WP_TC_INGRESS : WP_TC_EGRESS;
	ev->pkt_type = skb->pkt_type;
	ev->l2_len = place->l2_len;
	ev->untracked = place->untracked;
	ev->nat = place->nat;
	ev->cap_len = tc_capture(skb, ev->data, room);
	ev->hdr.size += ev->cap_len;
	bpf_ringbuf_submit(ev, 0);
	return 0;
}

/* Global functions, here and below: see packet_parse(). */
__noinline int tc_parse(struct __sk_buff *skb, __u32 l2_len, struct packet *p)
{
	struct bytes from = {.base = skb, .kind = BYTES_SKB};

	return p ? packet_parse(&from, skb->protocol, l2_len, p) : -1;
}

__noinline int tc_report(struct __sk_buff *skb, struct packet *p, const struct tc_place *place)
{
	struct bytes from = {.base = skb, .kind = BYTES_SKB};

	if (!p || !place)
		return 0;
	parse_options(&from, p);
	if (!p->tcp.payload_len || place->headers_only)
		return tc_report_sized(skb, p, place, EV_CAPTURE_HEADERS);
	if (skb->len <= CAPTURE_SHORT)
		return tc_report_sized(skb, p, place, CAPTURE_SHORT);
	return tc_report_sized(skb, p, place, EV_CAPTURE_PAYLOAD);
}

/* A datagram that belongs to what this host has asked: no probe. */
static __always_inline bool tc_is_answer(struct __sk_buff *skb, const struct packet *p)
{
	return has_udp && p->kind == KIND_DATAGRAM &&
	       !bpf_map_lookup_elem(&connections, &p->flow) && is_source(p->flow.saddr) &&
	       udp_is_client(skb, &p->flow);
}

static __noinline int tc_in(struct __sk_buff *skb, __u32 l2_len)
{
	struct tc_place place = {.way = TC_IN, .l2_len = l2_len};
	struct packet p = {.skb = tc_address(skb)};
	struct match match;
	struct conn *conn;

	if (tc_parse(skb, l2_len, &p) <= KIND_OTHER || tc_is_answer(skb, &p))
		return 0;
	if (begins(&p))
		conn = conn_enter(&p, &place.untracked);
	else
		conn = conn_from_prober(&p.flow, &match);
	if (conn ? !conn_wants(conn, &p, FROM_PROBER) : !place.untracked)
		return 0;
	if (!begins(&p)) {
		tc_report(skb, &p, &place);
		return 0;
	}
	if (tc_report(skb, &p, &place)) {
		/* Nobody will know of it, so nobody would have it forgotten. */
		if (conn)
			conn_remove_aliases(conn);
		bpf_map_delete_elem(&connections, &p.flow);
		return 0;
	}
	if (is_syn(&p))
		socket_report(skb, &p.flow);
	conn_remember_packet(&p);
	return 0;
}

static __noinline int tc_out(struct __sk_buff *skb, __u32 l2_len)
{
	struct tc_place place = {.way = TC_OUT, .l2_len = l2_len};
	struct packet p = {.skb = tc_address(skb)};
	struct match match;
	struct conn *conn;
	int kind;

	kind = tc_parse(skb, l2_len, &p);
	if (kind == KIND_OTHER && is_icmp(&p))
		icmp_exit_report(skb, p.l4, p.flow.proto);
	if (kind <= KIND_OTHER)
		return 0;
	conn = conn_on_its_way(&p, &match);
	if (!conn)
		return 0;
	conn_leaves(conn, &p, &match, skb->ingress_ifindex);
	conn_forget_packet(&p);
	/* Its payload was reported when it came in. */
	place.headers_only = match.way == FROM_PROBER;
	if (place.headers_only ? !conn_wants_forwarded(conn, &p) : !conn_wants(conn, &p, TO_PROBER))
		return 0;
	conn_nat(conn, &place.nat);
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
	if (tc_maybe(skb, ETH_HLEN, TC_OUT) || tc_maybe_masqueraded(skb, ETH_HLEN))
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
	if (tc_maybe(skb, 0, TC_OUT) || tc_maybe_masqueraded(skb, 0))
		tc_out(skb, 0);
	return TCX_NEXT;
}
