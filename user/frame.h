/* SPDX-License-Identifier: GPL-2.0-only */
/* A captured frame as an event: finds the probes' packets among all the others. */
#ifndef CLBTRACE_FRAME_H
#define CLBTRACE_FRAME_H

#include <stdbool.h>
#include <stdint.h>

#include "fact.h"
#include "options.h"
#include "strangers.h"

struct frame {
	int link_type; /* DLT_*: EN10MB, LINUX_SLL, LINUX_SLL2, RAW, IPV4, IPV6, NULL, LOOP */
	const uint8_t *data;
	uint32_t cap_len;
	uint32_t frame_len; /* on the wire */
	uint64_t time_ns;   /* the event's time */
	uint32_t ifindex;
};

/* Room for the largest event: all that a captured frame of 65,535 bytes can become. */
enum { FRAME_EVENT_MAX = sizeof(struct ev_packet) + UINT16_MAX + 1 };

bool frame_knows(int link_type);

/*
 * Makes an event of a packet to or from a source and port of options, in out: an EV_PACKET at
 * WP_CAPTURE, or an EV_ICMP for an ICMP error about one. Nothing in the frame is trusted: lengths
 * are checked against cap_len, fragments but the first and packets cut off before the end of the
 * transport header (TCP's without options) are left out. Returns the event's size, or 0: nothing of
 * the kind.
 */
uint32_t frame_event(const struct frame *frame, const struct options *options, uint64_t *out);

/* Counts a packet that frame_event() has left out, if it is a SYN to a port of options. */
void frame_stranger(const struct frame *frame, const struct options *options,
		    struct strangers *strangers);

#endif
