/* SPDX-License-Identifier: GPL-2.0-only */
/* One packet at its several waypoints: whether two events are of the same one, and its frame. */
#ifndef CLBTRACE_PACKET_SIGHT_H
#define CLBTRACE_PACKET_SIGHT_H

#include <stdbool.h>
#include <stdint.h>

#include "../bpf/event.h"

/* How long a packet takes from its first to its last waypoint at most; its address is reused
 * afterwards. */
#define PACKET_WAY_NS 5000000ULL

enum { PACKET_ETHERNET_LEN = 14, PACKET_FRAME_MAX = PACKET_ETHERNET_LEN + UINT16_MAX };

/* What an event shows of a packet. */
struct packet_sight {
	uint64_t skb; /* 0: an XDP program sees a packet that has no skb yet */
	uint64_t time_ns;
	struct ev_flow flow;
	struct ev_tcp tcp;
};

struct packet_sight packet_sight(const struct ev_packet *packet);

/* Whether both are of the same packet: its contents have to do where one has no skb. */
bool packet_is_same(const struct packet_sight *a, const struct packet_sight *b);

/* Whether the event has the packet's frame, or the beginning of it. */
bool packet_has_frame(const struct ev_hdr *ev);

/*
 * The frame of such an event, with an Ethernet header in front: that of a device which has none is
 * all zero but for its type. Returns the bytes written; *frame_len gets the length on the wire.
 */
uint32_t packet_frame(const struct ev_packet *packet, uint8_t frame[PACKET_FRAME_MAX],
		      uint32_t *frame_len);

#endif
