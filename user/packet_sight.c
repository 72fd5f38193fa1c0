// SPDX-License-Identifier: GPL-2.0-only
// One packet at its several waypoints: whether two events are of the same one, and its frame.
#include "packet_sight.h"

#include <linux/if_ether.h>
#include <string.h>

#include "flow.h"

enum { VLAN_TAG_LEN = 4 };

struct packet_sight packet_sight(const struct ev_packet *packet)
{
	return (struct packet_sight){.skb = packet->hdr.skb,
				     .time_ns = packet->hdr.time_ns,
				     .flow = packet->flow,
				     .tcp = packet->tcp};
}

/* In netfilter no options are read. */
static bool same_tcp(const struct ev_tcp *a, const struct ev_tcp *b, bool same_skb)
{
	return same_skb ? a->seq == b->seq && a->flags == b->flags &&
				  a->payload_len == b->payload_len
			: !memcmp(a, b, sizeof(*a));
}

bool packet_is_same(const struct packet_sight *a, const struct packet_sight *b)
{
	uint64_t earlier = a->time_ns < b->time_ns ? a->time_ns : b->time_ns;
	uint64_t later = a->time_ns < b->time_ns ? b->time_ns : a->time_ns;

	return later - earlier < PACKET_WAY_NS && (a->skb == b->skb || !a->skb || !b->skb) &&
	       flow_equal(&a->flow, &b->flow) &&
	       same_tcp(&a->tcp, &b->tcp, a->skb && a->skb == b->skb);
}

bool packet_has_frame(const struct ev_hdr *ev)
{
	const struct ev_packet *packet = (const struct ev_packet *)ev;

	return ev->type == EV_PACKET && ev->size >= sizeof(*packet) &&
	       packet->cap_len <= ev->size - sizeof(*packet) && packet->cap_len > packet->l2_len &&
	       packet->waypoint != WP_NETFILTER;
}

/* Also with VLAN tags; a cooked header (16 or 20 bytes) is none. */
static bool has_ethernet(const struct ev_packet *packet)
{
	return packet->l2_len >= PACKET_ETHERNET_LEN &&
	       (packet->l2_len - PACKET_ETHERNET_LEN) % VLAN_TAG_LEN == 0;
}

uint32_t packet_frame(const struct ev_packet *packet, uint8_t frame[PACKET_FRAME_MAX],
		      uint32_t *frame_len)
{
	uint16_t type = packet->flow.family == 6 ? ETH_P_IPV6 : ETH_P_IP;
	uint32_t len = packet->cap_len;

	if (has_ethernet(packet)) {
		memcpy(frame, packet->data, len);
	} else {
		len -= packet->l2_len;
		memset(frame, 0, PACKET_ETHERNET_LEN);
		frame[12] = (uint8_t)(type >> 8);
		frame[13] = (uint8_t)type;
		memcpy(frame + PACKET_ETHERNET_LEN, packet->data + packet->l2_len, len);
		len += PACKET_ETHERNET_LEN;
	}
	*frame_len = packet->frame_len + len - packet->cap_len;
	if (*frame_len < len)
		*frame_len = len;
	return len;
}
