// SPDX-License-Identifier: GPL-2.0-only
// Escaping of bytes that came off the wire or from another process, before they reach any output.
#include "escape.h"

#include <stdio.h>
#include <string.h>

static size_t escape_byte(unsigned char c, char piece[5])
{
	static const char named[] = "\rr\nn\tt\\\\";

	for (size_t i = 0; i < sizeof(named) - 1; i += 2)
		if ((unsigned char)named[i] == c)
			return (size_t)snprintf(piece, 5, "\\%c", named[i + 1]);
	if (c >= 0x20 && c < 0x7f)
		return (size_t)snprintf(piece, 5, "%c", c);
	return (size_t)snprintf(piece, 5, "\\x%02x", c);
}

const char *escape_text(const void *data, size_t len, char *out, size_t out_len)
{
	const unsigned char *bytes = data;
	size_t at = 0, fits = 0; /* fits: where "..." can still be put */

	for (size_t i = 0; i < len; i++) {
		char piece[5];
		size_t n = escape_byte(bytes[i], piece);

		if (at + n + 1 > out_len) {
			memcpy(out + fits, "...", 4);
			return out;
		}
		memcpy(out + at, piece, n);
		at += n;
		if (at + 4 <= out_len)
			fits = at;
	}
	out[at] = 0;
	return out;
}

void escape_tame(char *text)
{
	for (; *text; text++)
		if (*text < 0x20 || *text > 0x7e)
			*text = '?';
}

const char *shell_word(const char *text, char *out, size_t out_len)
{
	static const char harmless[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.:/@%+=,-";
	size_t at = 0;

	if (*text && !text[strspn(text, harmless)]) {
		snprintf(out, out_len, "%s", text);
		return out;
	}
	at += (size_t)snprintf(out, out_len, "'");
	for (; *text && at + 6 < out_len; text++)
		at += (size_t)snprintf(out + at, out_len - at, *text == '\'' ? "'\\''" : "%c",
				       *text);
	snprintf(out + at, out_len - at, "'");
	return out;
}
