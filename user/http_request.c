// SPDX-License-Identifier: GPL-2.0-only
// What HTTP requests begin with (RFC 9112, section 3), behind a PROXY protocol header or not.
#include "http.h"

#include <string.h>

#include "http_message.h"

enum { METHOD_MAX = 32 };

/* The PROXY protocol's text, doc/proxy-protocol.txt of HAProxy, sections 2.1 and 2.2. */
enum {
	PROXY_V1_MAX = 107, /* its line end included */
	PROXY_V2_SIGNATURE = 12,
	PROXY_V2_HEADER = 16, /* the length of what follows is its last two bytes */
	PROXY_V2_VERSION = 2, /* upper half of the byte behind the signature */
};

/* Whether data begins with all of the text, is the beginning of it (HTTP_PART), or neither. */
static enum http_kind begins(const uint8_t *data, size_t len, const char *text, size_t text_len)
{
	if (len && memcmp(data, text, len < text_len ? len : text_len))
		return HTTP_NONE;
	return len < text_len ? HTTP_PART : HTTP_WHOLE;
}

/* HTTP_NONE: there is no such header. HTTP_WHOLE: *end is its length. */
static enum http_kind proxy_v1(const uint8_t *data, size_t len, size_t *end)
{
	static const char *const begin[] = {"PROXY TCP4 ", "PROXY TCP6 ", "PROXY UNKNOWN"};
	enum http_kind kind = HTTP_NONE;
	const uint8_t *newline;

	for (size_t i = 0; i < sizeof(begin) / sizeof(begin[0]) && kind == HTTP_NONE; i++)
		kind = begins(data, len, begin[i], strlen(begin[i]));
	if (kind != HTTP_WHOLE)
		return kind;
	newline = memchr(data, '\n', len < PROXY_V1_MAX ? len : PROXY_V1_MAX);
	if (!newline)
		return len < PROXY_V1_MAX ? HTTP_PART : HTTP_NONE;
	*end = (size_t)(newline - data) + 1;
	return newline[-1] == '\r' ? HTTP_WHOLE : HTTP_NONE;
}

static enum http_kind proxy_v2(const uint8_t *data, size_t len, size_t *end)
{
	static const char signature[PROXY_V2_SIGNATURE + 1] = "\r\n\r\n\0\r\nQUIT\n";
	enum http_kind kind = begins(data, len, signature, PROXY_V2_SIGNATURE);

	if (kind != HTTP_WHOLE)
		return kind;
	if (len > PROXY_V2_SIGNATURE && data[PROXY_V2_SIGNATURE] >> 4 != PROXY_V2_VERSION)
		return HTTP_NONE;
	if (len < PROXY_V2_HEADER)
		return HTTP_PART;
	*end = PROXY_V2_HEADER + ((size_t)data[PROXY_V2_HEADER - 2] << 8) +
	       data[PROXY_V2_HEADER - 1];
	return len < *end ? HTTP_PART : HTTP_WHOLE;
}

/* The end of the request line at data: CRLF or LF (RFC 9112, section 2.2). */
static enum http_kind line_end(const uint8_t *data, size_t len)
{
	if (len && data[0] == '\n')
		return HTTP_WHOLE;
	return begins(data, len, "\r\n", 2);
}

/* The rest of a request line, from its target on. */
static enum http_kind target_and_version(const uint8_t *data, size_t len, struct http_request *out)
{
	size_t target = 0, version;
	enum http_kind kind;

	/* Bytes beyond ASCII are not allowed there either, but servers take them. */
	while (target < len && data[target] > ' ' && data[target] != 0x7f)
		target++;
	if (target == len)
		return HTTP_PART;
	if (!target || data[target] != ' ')
		return HTTP_NONE;
	out->target = (struct http_text){data, target};
	data += target + 1;
	len -= target + 1;
	kind = http_version(data, len, &version);
	if (kind != HTTP_WHOLE)
		return kind;
	out->version = (struct http_text){data, version};
	return line_end(data + version, len - version);
}

static enum http_kind request_line(const uint8_t *data, size_t len, struct http_request *out)
{
	size_t method = 0;

	while (method < len && http_is_token(data[method]))
		method++;
	if (method > METHOD_MAX)
		return HTTP_NONE;
	if (method == len)
		return HTTP_PART;
	if (!method || data[method] != ' ')
		return HTTP_NONE;
	out->method = (struct http_text){data, method};
	return target_and_version(data + method + 1, len - method - 1, out);
}

static void header_fields(const uint8_t *data, size_t len, struct http_request *out)
{
	struct http_fields fields = {0};
	size_t section = http_header_section(data, len, &fields);

	out->host = fields.host;
	out->user_agent = fields.user_agent;
	out->host_known = section || fields.host.data;
}

/* A request without anything before it; out is empty before. */
static void request(const uint8_t *data, size_t len, struct http_request *out)
{
	static const char preface[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
	enum http_kind two = begins(data, len, preface, sizeof(preface) - 1);

	out->kind = request_line(data, len, out);
	if (out->kind == HTTP_NONE) {
		*out = (struct http_request){0};
		return;
	}
	out->line = (struct http_text){data, http_first_line(data, len)};
	if (two == HTTP_PART)
		out->kind = HTTP_PART;
	else if (two == HTTP_WHOLE)
		out->kind = HTTP_2;
	else if (out->kind == HTTP_WHOLE)
		header_fields(data, len, out);
}

static enum http_kind proxy_header(const uint8_t *data, size_t len, size_t *end)
{
	enum http_kind kind = proxy_v1(data, len, end);

	return kind == HTTP_NONE ? proxy_v2(data, len, end) : kind;
}

size_t http_proxy_header(const uint8_t *data, size_t len)
{
	size_t end = 0;

	return len && proxy_header(data, len, &end) == HTTP_WHOLE && end <= len ? end : 0;
}

void http_request_parse(const uint8_t *data, size_t len, struct http_request *out)
{
	size_t proxy = 0;
	enum http_kind kind = proxy_header(data, len, &proxy);

	memset(out, 0, sizeof(*out));
	if (kind == HTTP_PART)
		out->kind = HTTP_PART;
	else if (kind == HTTP_WHOLE)
		request(data + proxy, len - proxy, out);
	else
		request(data, len, out);
}
