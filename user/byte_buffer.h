/* SPDX-License-Identifier: GPL-2.0-only */
/* Bytes that are appended to. */
#ifndef CLBTRACE_BYTE_BUFFER_H
#define CLBTRACE_BYTE_BUFFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* All zero: empty. */
struct byte_buffer {
	uint8_t *data;
	size_t len;
	size_t room;
	bool failed; /* there was no memory for something: it is not complete any more */
};

/* Appends len bytes, all zero. Returns where, for the caller to fill them in, or NULL. */
void *bytes_add(struct byte_buffer *bytes, size_t len);
void bytes_put(struct byte_buffer *bytes, const void *data, size_t len);
/* Appends zeros up to a multiple of align, counted from start. */
void bytes_align(struct byte_buffer *bytes, size_t start, size_t align);
void bytes_free(struct byte_buffer *bytes);

#endif
