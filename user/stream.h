/* SPDX-License-Identifier: GPL-2.0-only */
/* The first bytes that one side of a connection sent, put together from its segments. */
#ifndef CLBTRACE_STREAM_H
#define CLBTRACE_STREAM_H

#include <stddef.h>
#include <stdint.h>

enum { STREAM_KEPT = 2048 }; /* bytes of it that are kept, from the first */

/* All zero: nothing was sent yet. */
struct stream {
	uint8_t *data; /* NULL or STREAM_KEPT bytes, and which of them are there */
	size_t len;    /* how many there are from the first on without a gap */
};

/*
 * Takes a segment's bytes. offset: of its first byte in the stream, as the difference of sequence
 * numbers: segments may come in any order, repeat and overlap (the first copy of a byte stays, as
 * in net/ipv4/tcp_input.c, tcp_data_queue_ofo()); what lies before the beginning (a negative
 * offset) or beyond STREAM_KEPT is left out. Returns 0 or -ENOMEM (nothing was taken).
 */
int stream_add(struct stream *stream, int32_t offset, const uint8_t *data, size_t len);
void stream_free(struct stream *stream); /* leaves it empty */

#endif
