// SPDX-License-Identifier: GPL-2.0-only
// Unit tests of the reading of HTTP's first lines.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../user/http.h"

/* In memory of just that size: the sanitizer sees what is read beyond it. */
static uint8_t *copy_of(const char *text, size_t len)
{
	uint8_t *copy = malloc(len);

	assert_true(copy || !len);
	if (len)
		memcpy(copy, text, len);
	return copy;
}

static void test_status(void **state)
{
	static const struct {
		const char *text;
		unsigned int status;
	} lines[] = {
		{"HTTP/1.1 200 OK\r\n", 200},
		{"HTTP/1.0 404 Not Found\r\n", 404},
		{"HTTP/1.1 503", 503}, /* without a reason, or cut there */
		{"HTTP/1.1 204\r\n", 204},
		{"HTTP/1.1 204\n", 204},
		{"HTTP/1.1 200 ", 200},
		{"HTTP/1.1 100 Continue\r\n", 100},
		{"HTTP/1.1 599 x", 599},
		{"HTTP/1.1 600 x", 0}, /* has no bit */
		{"HTTP/1.1 999 x", 0},
		{"HTTP/1.1 000 x", 0},
		{"HTTP/1.1 2000 x", 0},
		{"HTTP/1.1 200x", 0},
		{"HTTP/1.1 200\t", 0},
		{"HTTP/1.1 20", 0},
		{"HTTP/1.1 20 OK", 0},
		{"HTTP/1.1 2a0 OK", 0},
		{"HTTP/1.1 -20 OK", 0},
		{"HTTP/1.1  200 OK", 0},
		{"HTTP/1.1\t200 OK", 0},
		{"HTTP/2 200 OK", 0},
		{"http/1.1 200 OK", 0},
		{" HTTP/1.1 200 OK", 0},
		{"GET / HTTP/1.1\r\n", 0},
		{"\r\nHTTP/1.1 200 OK", 0},
		{"", 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		size_t len = strlen(lines[i].text);
		uint8_t *data = copy_of(lines[i].text, len);

		if (http_status(data, len) != lines[i].status)
			fail_msg("\"%s\": %u", lines[i].text, http_status(data, len));
		free(data);
	}
}

/* Cut anywhere: all of the code must be there. */
static void test_status_cut(void **state)
{
	static const char text[] = "HTTP/1.1 301 Moved Permanently\r\n";

	(void)state;
	for (size_t len = 0; len < sizeof(text); len++) {
		uint8_t *data = copy_of(text, len);

		assert_int_equal(http_status(data, len), len < 12 ? 0 : 301);
		free(data);
	}
}

/* Every code that is told has a bit in the set of expected ones. */
static void test_status_bits(void **state)
{
	(void)state;
	for (unsigned int code = 0; code < 1000; code++) {
		uint8_t data[12] = "HTTP/1.1 xxx";

		data[9] = (uint8_t)('0' + code / 100);
		data[10] = (uint8_t)('0' + code / 10 % 10);
		data[11] = (uint8_t)('0' + code % 10);
		assert_int_equal(http_status(data, sizeof(data)), code < 600 ? code : 0);
		assert_true(http_status(data, sizeof(data)) / 8 < HTTP_STATUS_BYTES);
	}
}

static size_t first_line(const char *text, size_t len)
{
	uint8_t *data = copy_of(text, len);
	size_t line = http_first_line(data, len);

	free(data);
	return line;
}

static void test_first_line(void **state)
{
	(void)state;
	assert_int_equal(first_line("GET / HTTP/1.1\r\nHost: x", 23), 14);
	assert_int_equal(first_line("GET /\nmore", 10), 5);
	assert_int_equal(first_line("GET /\rmore", 10), 5);
	assert_int_equal(first_line("no end", 6), 6);
	assert_int_equal(first_line("end\r\n", 3), 3); /* the end is not in it */
	assert_int_equal(first_line("end\r\n", 4), 3);
	assert_int_equal(first_line("\r\nx", 3), 0);
	assert_int_equal(first_line("\n", 1), 0);
	assert_int_equal(first_line("", 0), 0);
	assert_int_equal(first_line("a\0b\r\n", 5), 3); /* a zero byte is no end */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_status),
		cmocka_unit_test(test_status_cut),
		cmocka_unit_test(test_status_bits),
		cmocka_unit_test(test_first_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
