/* SPDX-License-Identifier: GPL-2.0-only */
/* Packets to test with, put together byte by byte. */
#ifndef CLBTRACE_TEST_FRAME_SAMPLE_H
#define CLBTRACE_TEST_FRAME_SAMPLE_H

#include "sample.h"

enum { SYN = 2, ACK = 16 };

struct bytes {
	uint8_t data[512];
	size_t len;
};

static inline void put(struct bytes *b, const void *data, size_t len)
{
	if (b->len + len > sizeof(b->data))
		abort();
	if (len)
		memcpy(b->data + b->len, data, len);
	b->len += len;
}

static inline void put16(struct bytes *b, uint32_t value)
{
	const uint8_t bytes[] = {(uint8_t)(value >> 8), (uint8_t)value};

	put(b, bytes, 2);
}

static inline void put32(struct bytes *b, uint32_t value)
{
	put16(b, value >> 16);
	put16(b, value);
}

static inline void put_address(struct bytes *b, const char *text)
{
	uint8_t addr[16];

	sample_address(addr, text);
	put(b, strchr(text, ':') ? addr : addr + 12, strchr(text, ':') ? 16 : 4);
}

static inline void put_ip4(struct bytes *b, const char *from, const char *to, uint8_t proto,
			   size_t payload, unsigned int options_len)
{
	const uint8_t noop[40] = {1, 1, 1, 1};

	put16(b, 0x4500U + (options_len / 4 << 8));
	put16(b, (uint32_t)(20 + options_len + payload));
	put32(b, 77U << 16 | 0x4000); /* id, DF */
	put16(b, 64U << 8 | proto);
	put16(b, 0);
	put_address(b, from);
	put_address(b, to);
	put(b, noop, options_len);
}

static inline void put_ip6(struct bytes *b, const char *from, const char *to, uint8_t next,
			   size_t payload)
{
	put32(b, 6U << 28);
	put16(b, (uint32_t)payload);
	put16(b, (uint32_t)next << 8 | 64);
	put_address(b, from);
	put_address(b, to);
}

static inline void put_tcp(struct bytes *b, uint16_t sport, uint16_t dport, uint8_t flags,
			   const char *data)
{
	put16(b, sport);
	put16(b, dport);
	put32(b, 1829);
	put32(b, flags & ACK ? 700001 : 0);
	put16(b, 8U << 12 | flags);
	put32(b, 64240U << 16);
	put16(b, 0);
	put32(b, 0x0101080aU);
	put32(b, 88123);
	put32(b, 5000);
	put(b, data, strlen(data));
}

enum { TCP_HEADERS = 32 };

static inline struct bytes syn4(void)
{
	struct bytes b = {.len = 0};

	put_ip4(&b, "100.64.1.10", "172.16.32.15", 6, TCP_HEADERS, 0);
	put_tcp(&b, 53738, 80, SYN, "");
	return b;
}

static inline struct bytes syn6(void)
{
	struct bytes b = {.len = 0};

	put_ip6(&b, "fd64::10", "fd00::15", 6, TCP_HEADERS);
	put_tcp(&b, 53738, 80, SYN, "");
	return b;
}

#endif
