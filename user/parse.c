// SPDX-License-Identifier: GPL-2.0-only
// The forms that option values come in: numbers, prefixes, port lists, status lists.
#include "parse.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "flow.h"

#define PORTS_EXPECTED "80,443,8000-8100 expected"
#define CODES_EXPECTED "200,301-302 or 1xx-4xx expected"

/* Decimal digits up to end. Returns -EINVAL if there is none or another character, -ERANGE past
 * max. */
static int read_digits(const char *text, const char *end, uint64_t max, uint64_t *out)
{
	uint64_t n = 0;

	if (text == end)
		return -EINVAL;
	for (; text < end; text++) {
		if (*text < '0' || *text > '9')
			return -EINVAL;
		if (n <= max) /* max is below 2^60: no overflow */
			n = n * 10 + (uint64_t)(*text - '0');
	}
	*out = n;
	return n > max ? -ERANGE : 0;
}

int parse_number(const char *text, uint64_t min, uint64_t max, uint64_t *out, char *why,
		 size_t why_len)
{
	int err = read_digits(text, text + strlen(text), max, out);

	if (!err && *out >= min)
		return 0;
	if (err == -EINVAL)
		snprintf(why, why_len, "not a number, %" PRIu64 " to %" PRIu64 " expected", min,
			 max);
	else
		snprintf(why, why_len, "out of range, %" PRIu64 " to %" PRIu64 " expected", min,
			 max);
	return -EINVAL;
}

/* The power of two that a unit stands for; -1: no unit. */
static int unit_shift(char unit)
{
	switch (unit) {
	case 'k':
	case 'K':
		return 10;
	case 'm':
	case 'M':
		return 20;
	case 'g':
	case 'G':
		return 30;
	default:
		return -1;
	}
}

int parse_rotation(const char *text, uint64_t *bytes, uint64_t *files, char *why, size_t why_len)
{
	const uint64_t least = 65536, most = 1ULL << 40;
	const char *end = text + strcspn(text, ",");
	int shift = end > text ? unit_shift(end[-1]) : -1;
	const char *number_end = shift < 0 ? end : end - 1;

	*files = 0;
	if (read_digits(text, number_end, most, bytes) ||
	    *bytes > most >> (shift < 0 ? 0 : shift) ||
	    (*bytes <<= shift < 0 ? 0 : shift) < least) {
		snprintf(why, why_len, "a size from 64K to 1024G expected, as in 100M or 100M,10");
		return -EINVAL;
	}
	if (!*end || !read_digits(end + 1, end + strlen(end), 100000, files))
		if (!*end || *files >= 2)
			return 0;
	snprintf(why, why_len, "a number of files from 2 to 100000 expected after the comma");
	return -EINVAL;
}

static int parse_address(const char *text, size_t len, uint8_t addr[16], bool *v4)
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
	char copy[INET6_ADDRSTRLEN];

	if (len >= sizeof(copy))
		return -EINVAL;
	memcpy(copy, text, len);
	copy[len] = 0;
	*v4 = !strchr(copy, ':');
	if (!*v4)
		return inet_pton(AF_INET6, copy, addr) == 1 ? 0 : -EINVAL;
	memcpy(addr, mapped, sizeof(mapped));
	return inet_pton(AF_INET, copy, addr + 12) == 1 ? 0 : -EINVAL;
}

/* Returns whether a bit after the first len was set. */
static bool clear_host_bits(uint8_t addr[16], unsigned int len)
{
	bool had = false;

	for (unsigned int bit = len; bit < 128; bit++) {
		uint8_t mask = (uint8_t)(0x80 >> bit % 8);

		had |= addr[bit / 8] & mask;
		addr[bit / 8] &= (uint8_t)~mask;
	}
	return had;
}

const char *prefix_text(const struct prefix *prefix, char buf[PREFIX_TEXT_LEN])
{
	bool v4 = prefix->len >= 96 && addr_is_v4(prefix->addr);
	char addr[FLOW_ADDR_LEN];

	snprintf(buf, PREFIX_TEXT_LEN, "%s/%u", addr_text(prefix->addr, addr),
		 v4 ? prefix->len - 96u : prefix->len);
	return buf;
}

int parse_prefix(const char *text, struct prefix *out, char *why, size_t why_len)
{
	size_t addr_len = strcspn(text, "/");
	struct prefix prefix = {0};
	char meant[PREFIX_TEXT_LEN];
	uint64_t len, max;
	bool v4;

	if (parse_address(text, addr_len, prefix.addr, &v4)) {
		snprintf(why, why_len, "not an address or prefix, 100.64.0.0/10 expected");
		return -EINVAL;
	}
	max = len = v4 ? 32 : 128;
	if (text[addr_len] && read_digits(text + addr_len + 1, text + strlen(text), max, &len)) {
		snprintf(why, why_len, "not a prefix length, 0 to %" PRIu64 " expected after '/'",
			 max);
		return -EINVAL;
	}
	prefix.len = (uint8_t)(v4 ? len + 96 : len);
	if (clear_host_bits(prefix.addr, prefix.len)) {
		snprintf(why, why_len, "host bits set; did you mean %s?",
			 prefix_text(&prefix, meant));
		return -EINVAL;
	}
	*out = prefix;
	return 0;
}

/* One port, text to end. */
static int parse_port(const char *text, const char *end, uint64_t *out, char *why, size_t why_len)
{
	int err = read_digits(text, end, UINT16_MAX, out);

	if (!err && *out)
		return 0;
	if (err == -EINVAL)
		snprintf(why, why_len, "not a port, " PORTS_EXPECTED);
	else
		snprintf(why, why_len, "port out of range, 1 to 65535 expected");
	return -EINVAL;
}

static int refuse_reversed(uint64_t low, uint64_t high, char *why, size_t why_len)
{
	if (low <= high)
		return 0;
	snprintf(why, why_len, "reversed range; did you mean %" PRIu64 "-%" PRIu64 "?", high, low);
	return -EINVAL;
}

/* One element of a list, text to end: a value, or two with a dash between. */
static int parse_port_range(const char *text, const char *end, uint64_t ports[1024], char *why,
			    size_t why_len)
{
	const char *dash = memchr(text, '-', (size_t)(end - text));
	uint64_t low, high;
	int err;

	err = parse_port(text, dash ? dash : end, &low, why, why_len);
	high = low;
	if (!err && dash)
		err = parse_port(dash + 1, end, &high, why, why_len);
	if (!err)
		err = refuse_reversed(low, high, why, why_len);
	if (err)
		return err;
	for (uint64_t port = low; port <= high; port++)
		ports[port / 64] |= 1ULL << port % 64;
	return 0;
}

int parse_ports(const char *text, uint64_t ports[1024], char *why, size_t why_len)
{
	for (;;) {
		const char *end = text + strcspn(text, ",");
		int err = parse_port_range(text, end, ports, why, why_len);

		if (err || !*end)
			return err;
		text = end + 1;
	}
}

/* One status code or class, text to end: 204, or 2xx for 200 to 299. */
static int parse_code(const char *text, const char *end, uint64_t *low, uint64_t *high, char *why,
		      size_t why_len)
{
	bool class = end - text == 3 && (text[1] | 0x20) == 'x' && (text[2] | 0x20) == 'x';

	if (end - text != 3 || read_digits(text, class ? text + 1 : end, 599, low)) {
		snprintf(why, why_len, "not a status code, " CODES_EXPECTED);
		return -EINVAL;
	}
	if (class)
		*low *= 100;
	*high = class ? *low + 99 : *low;
	if (*low >= 100 && *high <= 599)
		return 0;
	snprintf(why, why_len, "status code out of range, 100 to 599 expected");
	return -EINVAL;
}

static int parse_code_range(const char *text, const char *end, uint8_t codes[75], char *why,
			    size_t why_len)
{
	const char *dash = memchr(text, '-', (size_t)(end - text));
	uint64_t low, high, ignored;
	int err;

	err = parse_code(text, dash ? dash : end, &low, &high, why, why_len);
	if (!err && dash)
		err = parse_code(dash + 1, end, &ignored, &high, why, why_len);
	if (!err)
		err = refuse_reversed(low, high, why, why_len);
	if (err)
		return err;
	for (uint64_t code = low; code <= high; code++)
		codes[code / 8] |= (uint8_t)(1u << code % 8);
	return 0;
}

int parse_status_list(const char *text, uint8_t codes[75], char *why, size_t why_len)
{
	for (;;) {
		const char *end = text + strcspn(text, ",");
		int err = parse_code_range(text, end, codes, why, why_len);

		if (err || !*end)
			return err;
		text = end + 1;
	}
}
