/* SPDX-License-Identifier: GPL-2.0-only */
/* Reads a recording, record by record; nothing in it is trusted. */
#ifndef CLBTRACE_RECORD_READ_H
#define CLBTRACE_RECORD_READ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "record_format.h"

struct input;
struct record_reader;

/* One record; data is aligned for any structure, has at least the bytes that its kind needs, and an
 * event in it is well-formed (event_check()). */
struct record_item {
	enum record_kind kind;
	const void *data;
	uint32_t len;
};

enum { RECORD_WHY_LEN = 160 };

/* Whether a pcapng file that begins with these bytes is a recording. */
bool record_is_one(const uint8_t *start, size_t len);

/* Returns 0 or -ENOMEM. The input is kept by reference. */
int record_reader_new(struct record_reader **out, struct input *input);
void record_reader_free(struct record_reader *reader);

/*
 * The next record, without taking it; it is valid until the one after it is looked at. Returns 1; 0
 * at the end of the file; -EBADMSG: the file is broken there, or of a version that is not known;
 * -EINTR: clbtrace has been asked to stop; or another -errno.
 */
int record_peek(struct record_reader *reader, struct record_item *item);
void record_take(struct record_reader *reader);

/* After an error: what is wrong, and where. */
const char *record_why(const struct record_reader *reader);

#endif
