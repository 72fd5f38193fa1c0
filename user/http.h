/* SPDX-License-Identifier: GPL-2.0-only */
/* The first line of HTTP messages (RFC 9112, sections 3 and 4). */
#ifndef CLBTRACE_HTTP_H
#define CLBTRACE_HTTP_H

#include <stddef.h>
#include <stdint.h>

enum { HTTP_STATUS_BYTES = 75 }; /* a bit per status code 0..599 */

/* The status code of a response that begins with these bytes, 0 if they are no status line. */
unsigned int http_status(const uint8_t *data, size_t len);

/* The length of the first line, without its end; all of len if there is no end in it. */
size_t http_first_line(const uint8_t *data, size_t len);

#endif
