// SPDX-License-Identifier: GPL-2.0-only
// Text in HTML: what came from outside cannot be anything but text there.
#include "html.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* Decodes one character (RFC 3629 section 4). Returns its length, 0 for what is no UTF-8. */
static size_t decode(const unsigned char *s, uint32_t *c)
{
	static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
	size_t len = *s < 0x80	 ? 1
		     : *s < 0xc0 ? 0
		     : *s < 0xe0 ? 2
		     : *s < 0xf0 ? 3
		     : *s < 0xf8 ? 4
				 : 0;

	*c = len == 1 ? *s : *s & (0x7fU >> len);
	for (size_t i = 1; i < len; i++) {
		if ((s[i] & 0xc0) != 0x80) /* the end of the text too */
			return 0;
		*c = *c << 6 | (s[i] & 0x3f);
	}
	if (*c < smallest[len] || *c > 0x10ffff || (*c >= 0xd800 && *c <= 0xdfff))
		return 0;
	return len;
}

/* Not to be seen as what it is: controls, direction and joining, separators, noncharacters. */
static bool is_hidden(uint32_t c)
{
	static const struct {
		uint32_t first, last;
	} ranges[] = {
		{0, 0x1f},	    {0x7f, 0x9f},     {0xad, 0xad},	{0x61c, 0x61c},
		{0x180e, 0x180e},   {0x200b, 0x200f}, {0x2028, 0x202e}, {0x2060, 0x206f},
		{0xfdd0, 0xfdef},   {0xfe00, 0xfe0f}, {0xfeff, 0xfeff}, {0xfff0, 0xfffb},
		{0xe0000, 0xe0fff},
	};

	for (size_t i = 0; i < sizeof(ranges) / sizeof(*ranges); i++)
		if (c >= ranges[i].first && c <= ranges[i].last)
			return true;
	return (c & 0xfffe) == 0xfffe;
}

void html_text(FILE *out, const char *text)
{
	html_words(out, text, strlen(text));
}

void html_words(FILE *out, const char *text, size_t n)
{
	const unsigned char *s = (const unsigned char *)text, *end = s + n;

	while (s < end) {
		uint32_t c;
		size_t len = decode(s, &c);

		if (!len)
			fprintf(out, "\\x%02x", *s);
		else if (c == '<')
			fputs("&lt;", out);
		else if (c == '>')
			fputs("&gt;", out);
		else if (c == '&')
			fputs("&amp;", out);
		else if (c == '"')
			fputs("&quot;", out);
		else if (c == '\'')
			fputs("&#39;", out);
		else if (is_hidden(c))
			fprintf(out, "\\u{%x}", (unsigned int)c);
		else
			fwrite(s, 1, len, out);
		s += len ? len : 1;
	}
}
