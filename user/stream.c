// SPDX-License-Identifier: GPL-2.0-only
// Puts the segments of a stream's beginning together.
#include "stream.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

/* Behind the bytes: a bit for each that is there. */
enum { STREAM_BITMAP = (STREAM_KEPT + 7) / 8 };

static bool is_there(const struct stream *stream, size_t at)
{
	return stream->data[STREAM_KEPT + at / 8] >> at % 8 & 1;
}

int stream_add(struct stream *stream, int32_t offset, const uint8_t *data, size_t len)
{
	size_t before = offset < 0 ? (size_t)(-(int64_t)offset) : 0; /* of data, to leave out */
	size_t at = offset < 0 ? 0 : (size_t)offset;

	if (len <= before || at >= STREAM_KEPT)
		return 0;
	data += before;
	len -= before;
	if (len > STREAM_KEPT - at)
		len = STREAM_KEPT - at;
	if (!stream->data) {
		stream->data = calloc(1, STREAM_KEPT + STREAM_BITMAP);
		if (!stream->data)
			return -ENOMEM;
	}
	for (size_t i = 0; i < len; i++, at++) {
		if (is_there(stream, at))
			continue;
		stream->data[at] = data[i];
		stream->data[STREAM_KEPT + at / 8] |= (uint8_t)(1U << at % 8);
	}
	while (stream->len < STREAM_KEPT && is_there(stream, stream->len))
		stream->len++;
	return 0;
}

void stream_free(struct stream *stream)
{
	free(stream->data);
	*stream = (struct stream){0};
}
