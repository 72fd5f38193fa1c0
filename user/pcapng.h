/* SPDX-License-Identifier: GPL-2.0-only */
/* Blocks of the pcapng format, as far as recordings have them (draft-ietf-opsawg-pcapng). */
#ifndef CLBTRACE_PCAPNG_H
#define CLBTRACE_PCAPNG_H

#include "byte_buffer.h"

enum pcapng_block {
	PCAPNG_SECTION = 0x0a0d0d0a,
	PCAPNG_INTERFACE = 1,
	PCAPNG_STATISTICS = 5,
	PCAPNG_PACKET = 6,
};

#define PCAPNG_BYTE_ORDER 0x1a2b3c4dU

enum pcapng_option {
	PCAPNG_END_OF_OPTIONS = 0,
	PCAPNG_COMMENT = 1,
	PCAPNG_CUSTOM = 2989, /* binary, to be copied with the block */
	PCAPNG_SECTION_HARDWARE = 2,
	PCAPNG_SECTION_OS = 3,
	PCAPNG_SECTION_APPLICATION = 4,
	PCAPNG_IF_NAME = 2,
	PCAPNG_IF_DESCRIPTION = 3,
	PCAPNG_IF_TSRESOL = 9,
	PCAPNG_PACKET_FLAGS = 2, /* bits 0 and 1: 1 inbound, 2 outbound */
	PCAPNG_STAT_OSDROP = 7,
	PCAPNG_STAT_USRDELIV = 8,
};

enum {
	PCAPNG_HEAD = 8,	 /* type and length, before a block's body */
	PCAPNG_TAIL = 4,	 /* the length again, behind it */
	PCAPNG_SNAPLEN = 262144, /* libpcap wants the same for all interfaces */
	PCAPNG_PEN = 32473,	 /* for documentation (RFC 5612): nobody's own */
};

/* Appends the beginning of a block; what is appended next is its body. Returns where it begins. */
size_t pcapng_begin(struct byte_buffer *out, uint32_t type);
/* Ends the block that begins there. */
void pcapng_end(struct byte_buffer *out, size_t begin);

void pcapng_option(struct byte_buffer *out, uint16_t code, const void *value, size_t len);
void pcapng_text(struct byte_buffer *out, uint16_t code, const char *text);

/* Whole blocks. Texts may be NULL. */
struct pcapng_section {
	const char *hardware;
	const char *os;
	const char *application;
	const char *comment;
};
void pcapng_put_section(struct byte_buffer *out, const struct pcapng_section *section);
/* Of Ethernet frames, with times in nanoseconds. */
void pcapng_put_interface(struct byte_buffer *out, const char *name, const char *description);

struct pcapng_packet {
	uint32_t interface; /* its number in the section, from 0 */
	uint64_t wall_ns;
	const uint8_t *frame;
	uint32_t cap_len;
	uint32_t frame_len;
	bool outbound;
	const char *comments[3]; /* NULL: none */
	size_t reserve; /* bytes to keep for one more comment (pcapng_fill_reserve()); 0: none */
};
/* Returns where in out the reserve begins, 0 without one. */
size_t pcapng_put_packet(struct byte_buffer *out, const struct pcapng_packet *packet);

/*
 * What the reserve's bytes become: the comment, cut if it is too long, then the rest of the
 * reserve. reserve: as in struct pcapng_packet, at least 16.
 */
void pcapng_fill_reserve(uint8_t *bytes, size_t reserve, const char *comment);

struct pcapng_statistics {
	uint32_t interface;
	uint64_t wall_ns;
	uint64_t packets; /* of the interface that are in the file; UINT64_MAX: not told */
	uint64_t lost;	  /* UINT64_MAX: not told */
	const char *comment;
};
void pcapng_put_statistics(struct byte_buffer *out, const struct pcapng_statistics *stats);

#endif
