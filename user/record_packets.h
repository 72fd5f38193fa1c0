/* SPDX-License-Identifier: GPL-2.0-only */
/* The packets of a recording that are remembered: held, or written already. */
#ifndef CLBTRACE_RECORD_PACKETS_H
#define CLBTRACE_RECORD_PACKETS_H

#include "packet_sight.h"
#include "record_internal.h"

enum {
	PACKET_ENTRIES = 1 << 16, /* packets remembered, for what is decided about them later */
	PACKET_BUCKETS = 1 << 14,
	PACKETS_HELD_MAX = 4096, /* packets held; then the oldest is written with what is known */
	PACKET_WAY_LEN = 1000,
	VERDICT_LINE_LEN = 512,
	VERDICT_RESERVE = 4 + VERDICT_LINE_LEN,
};

struct packet_held {
	uint8_t *frame;	  /* NULL: it was not seen where frames are, so far */
	uint64_t time_ns; /* of the frame */
	uint32_t ifindex;
	uint32_t cap_len;
	uint32_t frame_len;
	bool outbound;
	bool rebuilt; /* the frame is made of what is known of the headers */
	size_t way_len;
	char first[VERDICT_STEP_LEN]; /* its first step */
	char way[PACKET_WAY_LEN];
	char verdict[VERDICT_LINE_LEN];
};

struct packet_entry {
	struct packet_sight sight;
	struct packet_held *held; /* NULL: written, or there was nothing to write */
	uint64_t reserve_at;	  /* where in its file a verdict can be put; 0: nowhere */
	uint32_t part;		  /* that file */
	uint32_t next;		  /* the next older one in its bucket: its number + 1 */
	bool judged;		  /* its probe has had its verdict */
};

struct record_packets {
	uint64_t added; /* entries, ever: number added % PACKET_ENTRIES comes next */
	uint64_t released;
	uint32_t buckets[PACKET_BUCKETS]; /* the newest entry's number + 1 */
	struct packet_entry entries[PACKET_ENTRIES];
};

/* Where both directions of a connection are found, the newest first. */
uint32_t *record_bucket(struct record_packets *packets, const struct ev_flow *flow);
/* NULL for 0. */
struct packet_entry *record_entry(struct record_packets *packets, uint32_t number_and_1);

#endif
