/* SPDX-License-Identifier: GPL-2.0-only */
/* A frame made of what an event tells of a packet's headers, where no frame of it was seen. */
#ifndef CLBTRACE_PACKET_REBUILD_H
#define CLBTRACE_PACKET_REBUILD_H

#include <stdint.h>

#include "../bpf/event.h"

enum { PACKET_REBUILT_MAX = 96 };

/*
 * Ethernet (addresses zero), IP, and TCP, UDP or ICMP echo up to the payload. What is not known is
 * zero, but for the IPv4 header's checksum. Returns the bytes written, 0 for another protocol;
 * *frame_len gets the length with the payload.
 */
uint32_t packet_rebuild(const struct ev_flow *flow, const struct ev_tcp *tcp,
			uint8_t frame[PACKET_REBUILT_MAX], uint32_t *frame_len);

#endif
