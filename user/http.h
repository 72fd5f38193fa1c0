/* SPDX-License-Identifier: GPL-2.0-only */
/* The first lines of HTTP messages (RFC 9112). */
#ifndef CLBTRACE_HTTP_H
#define CLBTRACE_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { HTTP_STATUS_BYTES = 75 }; /* a bit per status code 0..599 */

/* Bytes of a message: not terminated, may hold anything. */
struct http_text {
	const uint8_t *data;
	size_t len;
};

enum http_kind {
	HTTP_NONE,  /* these bytes cannot begin such a message */
	HTTP_PART,  /* they can, but the first line is not complete */
	HTTP_WHOLE, /* the first line is complete */
	HTTP_2, /* requests: the preface of HTTP/2 (RFC 9113, section 3.4); responses: a SETTINGS
		   frame */
};

/* A request. Texts that are not there have length 0; of a first line that is not complete, line is
 * what is there of it. A header field is there once its line is complete. */
struct http_request {
	enum http_kind kind;
	struct http_text line; /* without its end */
	struct http_text method;
	struct http_text target;
	struct http_text version; /* HTTP/1.1 */
	struct http_text host;	  /* values of header fields, surrounding blanks left out */
	struct http_text user_agent;
	bool host_known; /* the header section is complete, or Host was found */
};

/* A PROXY protocol header (version 1 or 2) in front of it is stepped over. */
void http_request_parse(const uint8_t *data, size_t len, struct http_request *out);

/* The length of a PROXY protocol header at the beginning, 0 if there is none, or not all of it. */
size_t http_proxy_header(const uint8_t *data, size_t len);

struct http_response {
	enum http_kind kind;
	struct http_text line;
	unsigned int status; /* 100..599, of the final response where interim ones (100, 102, 103)
				and it are there; 0: none */
	bool headed;	     /* its header section is complete */
};

/* A first line without a status code (HTTP/1.0 alone) is no HTTP. */
void http_response_parse(const uint8_t *data, size_t len, struct http_response *out);

/* Whether a 400 response says, in the words of a well-known server (nginx, Apache, Go, Tomcat,
 * ...), that the request should have been TLS. */
bool http_wants_tls(const uint8_t *data, size_t len);

/* The status code of a response that begins with these bytes, 0 if they are no status line. */
unsigned int http_status(const uint8_t *data, size_t len);

/* The length of the first line, without its end; all of len if there is no end in it. */
size_t http_first_line(const uint8_t *data, size_t len);

#endif
