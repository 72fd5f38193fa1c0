// SPDX-License-Identifier: GPL-2.0-only
// What HTTP responses begin with (RFC 9112, section 4).
#include "http.h"

#include <string.h>

#include "http_message.h"

enum {
	STATUS_DIGITS = 3,
	SETTINGS_HEADER = 9,   /* a frame's header (RFC 9113, section 4.1) */
	SETTINGS_MAX = 0x4000, /* SETTINGS_MAX_FRAME_SIZE before it is changed (section 4.2) */
	SETTINGS_PARAMETER = 6,
	SETTINGS_TYPE = 4,
};

/* A status line; out is empty before. */
static void status_line(const uint8_t *data, size_t len, struct http_response *out)
{
	size_t digits = 0, at;
	unsigned int status = 0;

	out->kind = http_version(data, len, &at);
	if (out->kind == HTTP_WHOLE)
		out->kind = at == len ? HTTP_PART : data[at++] == ' ' ? HTTP_WHOLE : HTTP_NONE;
	if (out->kind == HTTP_NONE)
		return;
	for (; digits < STATUS_DIGITS && at < len; digits++, at++) {
		if (data[at] < (digits ? '0' : '1') || data[at] > (digits ? '9' : '5')) {
			out->kind = HTTP_NONE;
			return;
		}
		status = 10 * status + (data[at] - '0');
	}
	if (at == len) {
		out->kind = HTTP_PART;
	} else if (data[at] != ' ' && data[at] != '\r' && data[at] != '\n') {
		out->kind = HTTP_NONE;
		return;
	}
	out->line = (struct http_text){data, http_first_line(data, len)};
	if (digits == STATUS_DIGITS)
		out->status = status;
}

/* A server's connection preface under HTTP/2 is a SETTINGS frame (RFC 9113, section 3.4). */
static enum http_kind settings_frame(const uint8_t *data, size_t len)
{
	static const uint8_t rest[SETTINGS_HEADER - 3] = {SETTINGS_TYPE};
	size_t size = 0, i;

	for (i = 0; i < len && i < 3; i++)
		size = size << 8 | data[i];
	if (size << 8 * (3 - i) >= SETTINGS_MAX || (i == 3 && size % SETTINGS_PARAMETER))
		return HTTP_NONE;
	for (; i < len && i < SETTINGS_HEADER; i++) {
		if (data[i] != rest[i - 3])
			return HTTP_NONE;
	}
	return i == SETTINGS_HEADER ? HTTP_2 : HTTP_PART;
}

/* 101 is final for HTTP: what follows is another protocol (RFC 9110, section 15.2.2). */
static bool is_interim(const struct http_response *response)
{
	return response->kind == HTTP_WHOLE &&
	       (response->status == 100 || response->status == 102 || response->status == 103);
}

void http_response_parse(const uint8_t *data, size_t len, struct http_response *out)
{
	struct http_response next = {0};
	size_t section;

	memset(out, 0, sizeof(*out));
	if (!len || data[0] != 'H') {
		out->kind = settings_frame(data, len);
		return;
	}
	status_line(data, len, out);
	next = *out;
	out->headed = http_header_section(data, len, NULL);
	while (is_interim(&next)) {
		section = http_header_section(data, len, NULL);
		if (!section)
			return;
		data += section;
		len -= section;
		memset(&next, 0, sizeof(next));
		status_line(data, len, &next);
		if (next.kind != HTTP_WHOLE)
			continue;
		*out = next;
		out->headed = http_header_section(data, len, NULL);
	}
}

static bool holds(const uint8_t *data, size_t len, const char *text)
{
	size_t text_len = strlen(text);

	for (size_t at = 0; at + text_len <= len; at++) {
		if (!memcmp(data + at, text, text_len))
			return true;
	}
	return false;
}

/*
 * The texts are from these servers' sources. Others answer with an alert (Jetty) or a close
 * (HAProxy). A HEAD request's answer has no text: nginx then tells nothing but 400.
 */
bool http_wants_tls(const uint8_t *data, size_t len)
{
	static const char *const texts[] = {
		/* nginx: ngx_http_special_response.c, its status 497 sent as 400 */
		"The plain HTTP request was sent to HTTPS port",
		/* Apache: mod_ssl */
		"speaking plain HTTP to an SSL-enabled server port",
		/* Go: net/http, so Caddy and Kubernetes too */
		"Client sent an HTTP request to an HTTPS server",
		/* Tomcat: org/apache/tomcat/util/net/TLSClientHelloExtractor.java */
		"This combination of host and port requires TLS",
		/* CherryPy's Cheroot */
		"The client sent a plain HTTP request, but this server only speaks HTTPS",
	};
	struct http_response response;

	http_response_parse(data, len, &response);
	if (response.status != 400)
		return false;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		if (holds(data, len, texts[i]))
			return true;
	}
	return false;
}

unsigned int http_status(const uint8_t *data, size_t len)
{
	struct http_response response;

	http_response_parse(data, len, &response);
	return response.status;
}
