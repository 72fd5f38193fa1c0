// SPDX-License-Identifier: GPL-2.0-only
// SYNs as they arrive, before everything else on the host (--xdp).
#define OBJECT xdp /* see RDONLY_CAST */

#include "kernel.h"

#include "conn.bpf.h"
#include "maps.bpf.h"
#include "packet.bpf.h"
#include "tcp_options.bpf.h"

struct ether_wire {
	__u8 daddr[6];
	__u8 saddr[6];
	__be16 protocol;
};

static __always_inline __u32 xdp_capture(struct xdp_md *ctx, __u32 frame_len, __u8 *to)
{
	__u32 len = capture_len(frame_len, EV_CAPTURE_HEADERS);

	return bpf_xdp_load_bytes(ctx, 0, to, len) ? 0 : len;
}

/* Global functions: see packet_parse(). */
__noinline int xdp_parse(struct xdp_md *ctx, __u32 protocol, struct packet *p)
{
	struct bytes from = {.base = ctx, .kind = BYTES_XDP};

	return p ? packet_parse(&from, protocol, ETH_HLEN, p) : -1;
}

__noinline int xdp_report(struct xdp_md *ctx, struct packet *p, __u32 untracked)
{
	struct bytes from = {.base = ctx, .kind = BYTES_XDP};
	__u32 frame_len = bpf_xdp_get_buff_len(ctx);
	struct ev_packet *ev;

	if (!p)
		return 0;
	parse_options(&from, p);
	ev = event_begin(EV_PACKET, sizeof(*ev), sizeof(*ev) + EV_CAPTURE_HEADERS, 0);
	if (!ev)
		return 0;
	ev->flow = p->flow;
	ev->tcp = p->tcp;
	ev->ifindex = ctx->ingress_ifindex;
	ev->frame_len = frame_len;
	ev->waypoint = WP_XDP;
	ev->l2_len = ETH_HLEN;
	ev->untracked = untracked;
	ev->cap_len = xdp_capture(ctx, frame_len, ev->data);
	ev->hdr.size += ev->cap_len;
	bpf_ringbuf_submit(ev, 0);
	return 0;
}

static __noinline int xdp_syn(struct xdp_md *ctx, __be16 protocol)
{
	struct packet p = {};
	__u8 untracked = 0;
	struct conn *conn;

	if (xdp_parse(ctx, protocol, &p) != KIND_TCP || !is_syn(&p))
		return 0;
	conn = conn_enter(&p, &untracked);
	if (conn ? conn_wants(conn, &p, FROM_PROBER) : untracked)
		xdp_report(ctx, &p, untracked);
	return 0;
}

/* With fragments: a device with jumbo frames refuses a program that does not say it takes them. */
SEC("xdp.frags")
int xdp_in(struct xdp_md *ctx)
{
	const void *data = (void *)(long)ctx->data;
	const void *end = (void *)(long)ctx->data_end;
	const struct ether_wire *ether = data;
	const struct ip4_wire *ip4 = data + sizeof(*ether);
	const struct ip6_wire *ip6 = data + sizeof(*ether);

	if ((const void *)(ip4 + 1) > end)
		return XDP_PASS;
	if (ether->protocol == bpf_htons(ETH_P_IP)) {
		if (ip4->protocol == IPPROTO_TCP && has_byte(first_v4, *(const __u8 *)&ip4->saddr))
			xdp_syn(ctx, ether->protocol);
	} else if (ether->protocol == bpf_htons(ETH_P_IPV6)) {
		if ((const void *)(ip6 + 1) <= end && maybe_followed_v6(ip6->nexthdr) &&
		    has_byte(first_v6, ip6->saddr[0]))
			xdp_syn(ctx, ether->protocol);
	}
	return XDP_PASS;
}
