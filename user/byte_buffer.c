// SPDX-License-Identifier: GPL-2.0-only
// Bytes that are appended to.
#include "byte_buffer.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST_ROOM = 4096 };

static bool make_room(struct byte_buffer *bytes, size_t len)
{
	size_t room = bytes->room ? bytes->room : FIRST_ROOM;
	uint8_t *grown;

	if (bytes->room - bytes->len >= len)
		return true;
	while (room - bytes->len < len)
		room *= 2;
	grown = realloc(bytes->data, room);
	if (!grown) {
		bytes->failed = true;
		return false;
	}
	bytes->data = grown;
	bytes->room = room;
	return true;
}

void *bytes_add(struct byte_buffer *bytes, size_t len)
{
	uint8_t *at;

	if (!make_room(bytes, len))
		return NULL;
	at = bytes->data + bytes->len;
	memset(at, 0, len);
	bytes->len += len;
	return at;
}

void bytes_put(struct byte_buffer *bytes, const void *data, size_t len)
{
	void *at = bytes_add(bytes, len);

	if (at && len)
		memcpy(at, data, len);
}

void bytes_align(struct byte_buffer *bytes, size_t start, size_t align)
{
	bytes_add(bytes, (align - (bytes->len - start) % align) % align);
}

void bytes_free(struct byte_buffer *bytes)
{
	free(bytes->data);
	*bytes = (struct byte_buffer){0};
}
