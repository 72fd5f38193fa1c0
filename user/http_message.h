/* SPDX-License-Identifier: GPL-2.0-only */
/* What requests and responses of HTTP have in common: their version and their header section. */
#ifndef CLBTRACE_HTTP_MESSAGE_H
#define CLBTRACE_HTTP_MESSAGE_H

#include "http.h"

/* Whether it is a tchar (RFC 9110, section 5.6.2), of which methods and field names consist. */
bool http_is_token(uint8_t byte);

/*
 * HTTP/d or HTTP/d.d at the beginning (the form without a minor version is not in RFC 9112, yet
 * some servers send it). HTTP_WHOLE: *end is its length; HTTP_PART: the bytes end before that is
 * sure, *end is len.
 */
enum http_kind http_version(const uint8_t *data, size_t len, size_t *end);

/* Values of header fields; their data is NULL where there is none. */
struct http_fields {
	struct http_text host;
	struct http_text user_agent;
};

/*
 * Reads the header section of a message that begins at data with its first line. Fills fields
 * (NULL: they do not matter) with the first of each name whose line is complete. Returns the length
 * up to and including the empty line, 0 if that is not there.
 */
size_t http_header_section(const uint8_t *data, size_t len, struct http_fields *fields);

#endif
