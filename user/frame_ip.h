/* SPDX-License-Identifier: GPL-2.0-only */
/* The way through a frame's headers to what follows its IP header. */
#ifndef CLBTRACE_FRAME_IP_H
#define CLBTRACE_FRAME_IP_H

#include "frame.h"

/* Offsets are from the frame's first byte. */
struct frame_ip {
	uint8_t saddr[16]; /* IPv4 as ::ffff:a.b.c.d */
	uint8_t daddr[16];
	uint8_t family; /* 4 or 6 */
	uint8_t proto;	/* IPPROTO_* behind IPv6's extension headers */
	uint32_t id;	/* IPv4: what tells a repeated packet from a copy of it; else 0 */
	uint32_t ip;	/* the IP header */
	uint32_t l4;	/* what follows it */
	uint32_t end;	/* of the packet, as IP says: behind it is padding */
};

/* Finds the IP header of a frame. Returns false: there is none, or the link type is not known. */
bool frame_find_ip(const struct frame *frame, uint32_t *at);

/*
 * Reads the IP header at an offset. Returns false if it is none, or cut off, or of a fragment that
 * is not the first.
 */
bool frame_read_ip(const struct frame *frame, uint32_t at, struct frame_ip *out);

static inline uint16_t frame_u16(const uint8_t *at)
{
	return (uint16_t)(at[0] << 8 | at[1]);
}

static inline uint32_t frame_u32(const uint8_t *at)
{
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

/* Whether len bytes at an offset were captured. */
static inline bool frame_has(const struct frame *frame, uint32_t at, uint32_t len)
{
	return at <= frame->cap_len && len <= frame->cap_len - at;
}

#endif
