/* SPDX-License-Identifier: GPL-2.0-only */
/* The forms that option values come in: numbers, prefixes, port lists, status lists. */
#ifndef CLBTRACE_PARSE_H
#define CLBTRACE_PARSE_H

#include <stddef.h>
#include <stdint.h>

#include "options.h"

/* Each returns 0, or -EINVAL with why (why_len bytes) saying in a phrase what is wrong. */

/* Decimal digits only, min..max. */
int parse_number(const char *text, uint64_t min, uint64_t max, uint64_t *out, char *why,
		 size_t why_len);

/* ADDRESS or ADDRESS/LEN without host bits, IPv4 or IPv6. */
int parse_prefix(const char *text, struct prefix *out, char *why, size_t why_len);

/* 80,443,8000-8100: sets the bits of these ports. */
int parse_ports(const char *text, uint64_t ports[1024], char *why, size_t why_len);

/* 200,301-302,4xx,1xx-3xx: sets the bits of these status codes. */
int parse_status_list(const char *text, uint8_t codes[75], char *why, size_t why_len);

/*
 * SIZE[,FILES]: SIZE in bytes, or with K, M or G for 2^10, 2^20, 2^30, at least 64K; FILES at least
 * 2, or 0 if it is not there.
 */
int parse_rotation(const char *text, uint64_t *bytes, uint64_t *files, char *why, size_t why_len);

enum { PREFIX_TEXT_LEN = 50 };

/* As parse_prefix() takes it. Returns buf. */
const char *prefix_text(const struct prefix *prefix, char buf[PREFIX_TEXT_LEN]);

#endif
