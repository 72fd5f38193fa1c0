// SPDX-License-Identifier: GPL-2.0-only
// What requests and responses of HTTP have in common (RFC 9112, sections 2.3 and 5).
#include "http_message.h"

#include <string.h>
#include <strings.h>

static bool is_digit(uint8_t byte)
{
	return byte >= '0' && byte <= '9';
}

bool http_is_token(uint8_t byte)
{
	return is_digit(byte) || (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z') ||
	       (byte && strchr("!#$%&'*+-.^_`|~", byte));
}

enum http_kind http_version(const uint8_t *data, size_t len, size_t *end)
{
	static const char name[] = "HTTP/";
	const size_t name_len = sizeof(name) - 1;

	*end = len;
	if (len < name_len)
		return len && memcmp(data, name, len) ? HTTP_NONE : HTTP_PART;
	if (memcmp(data, name, name_len))
		return HTTP_NONE;
	data += name_len;
	len -= name_len;
	if (!len)
		return HTTP_PART;
	if (!is_digit(data[0]))
		return HTTP_NONE;
	if (len > 1 && data[1] != '.') {
		*end = name_len + 1;
		return HTTP_WHOLE;
	}
	if (len < 3)
		return HTTP_PART;
	*end = name_len + 3;
	return is_digit(data[2]) ? HTTP_WHOLE : HTTP_NONE;
}

size_t http_first_line(const uint8_t *data, size_t len)
{
	size_t line = 0;

	while (line < len && data[line] != '\r' && data[line] != '\n')
		line++;
	return line;
}

static bool is_blank(uint8_t byte)
{
	return byte == ' ' || byte == '\t';
}

/* The value, if the line is of that field and it was not found before. */
static void take_field(const uint8_t *line, size_t len, const char *name, struct http_text *value)
{
	size_t name_len = strlen(name);

	if (value->data || len <= name_len || line[name_len] != ':' ||
	    strncasecmp((const char *)line, name, name_len) != 0)
		return;
	line += name_len + 1;
	len -= name_len + 1;
	while (len && is_blank(line[0])) {
		line++;
		len--;
	}
	while (len && is_blank(line[len - 1]))
		len--;
	*value = (struct http_text){line, len};
}

size_t http_header_section(const uint8_t *data, size_t len, struct http_fields *fields)
{
	const uint8_t *line = data, *newline;
	size_t line_len;

	while (len && (newline = memchr(line, '\n', len - (size_t)(line - data)))) {
		line_len = (size_t)(newline - line);
		if (line_len && line[line_len - 1] == '\r')
			line_len--;
		if (!line_len && line != data)
			return (size_t)(newline - data) + 1;
		if (fields && line != data) {
			take_field(line, line_len, "Host", &fields->host);
			take_field(line, line_len, "User-Agent", &fields->user_agent);
		}
		line = newline + 1;
	}
	return 0;
}
