// SPDX-License-Identifier: GPL-2.0-only
// Unit tests of the putting together of streams.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../user/stream.h"

static void add(struct stream *stream, int32_t offset, const char *text)
{
	assert_int_equal(stream_add(stream, offset, (const uint8_t *)text, strlen(text)), 0);
}

static void is(const struct stream *stream, const char *text)
{
	assert_int_equal(stream->len, strlen(text));
	if (stream->len)
		assert_memory_equal(stream->data, text, stream->len);
}

static void test_empty(void **state)
{
	struct stream stream = {0};

	(void)state;
	is(&stream, "");
	add(&stream, 0, "");
	assert_int_equal(stream_add(&stream, 5, NULL, 0), 0);
	assert_null(stream.data); /* nothing to keep: no memory */
	stream_free(&stream);
	assert_null(stream.data);
}

static void test_in_order(void **state)
{
	struct stream stream = {0};

	(void)state;
	add(&stream, 0, "GET /");
	is(&stream, "GET /");
	add(&stream, 5, " HTTP");
	is(&stream, "GET / HTTP");
	stream_free(&stream);
	assert_null(stream.data);
	assert_int_equal(stream.len, 0);
	add(&stream, 0, "x"); /* it can be used again */
	is(&stream, "x");
	stream_free(&stream);
}

static void test_out_of_order(void **state)
{
	struct stream stream = {0};

	(void)state;
	add(&stream, 6, "ghi");
	is(&stream, "");
	add(&stream, 3, "def");
	is(&stream, "");
	add(&stream, 0, "ab");
	is(&stream, "ab");
	add(&stream, 2, "c");
	is(&stream, "abcdefghi");
	stream_free(&stream);
}

/* Of a byte that is sent twice, the first copy stays. */
static void test_overlap(void **state)
{
	struct stream stream = {0};

	(void)state;
	add(&stream, 2, "CD");
	add(&stream, 0, "abcdef");
	is(&stream, "abCDef");
	add(&stream, 0, "xxxxxxx");
	is(&stream, "abCDefx");
	add(&stream, 0, "abCDefx"); /* repeated */
	is(&stream, "abCDefx");
	stream_free(&stream);
}

static void test_before(void **state)
{
	struct stream stream = {0};

	(void)state;
	add(&stream, -3, "abc");
	assert_null(stream.data);
	add(&stream, INT32_MIN, "abc");
	assert_null(stream.data);
	add(&stream, -3, "abcde");
	is(&stream, "de");
	add(&stream, -1, "xyzf");
	is(&stream, "def");
	stream_free(&stream);
}

static void test_beyond(void **state)
{
	static uint8_t fill[STREAM_KEPT + 10];
	struct stream stream = {0};

	(void)state;
	memset(fill, 'f', sizeof(fill));
	add(&stream, STREAM_KEPT, "x");
	add(&stream, INT32_MAX, "x");
	assert_null(stream.data);
	add(&stream, STREAM_KEPT - 1, "xyz");
	is(&stream, "");
	assert_int_equal(stream_add(&stream, 0, fill, STREAM_KEPT - 1), 0);
	assert_int_equal(stream.len, STREAM_KEPT);
	assert_int_equal(stream.data[STREAM_KEPT - 2], 'f');
	assert_int_equal(stream.data[STREAM_KEPT - 1], 'x');
	add(&stream, STREAM_KEPT, "more");
	assert_int_equal(stream.len, STREAM_KEPT);
	stream_free(&stream);

	assert_int_equal(stream_add(&stream, -5, fill, sizeof(fill)), 0);
	assert_int_equal(stream.len, STREAM_KEPT);
	stream_free(&stream);
	assert_int_equal(stream_add(&stream, 1, fill, sizeof(fill)), 0);
	assert_int_equal(stream.len, 0);
	add(&stream, 0, "g");
	assert_int_equal(stream.len, STREAM_KEPT);
	stream_free(&stream);
}

/* Every byte in a segment of its own, in an order that visits all: a prime does not divide
 * STREAM_KEPT. */
static void test_single_bytes(void **state)
{
	struct stream stream = {0};

	(void)state;
	for (int32_t i = 1; i <= STREAM_KEPT; i++) {
		int32_t at = i * 17 % STREAM_KEPT;
		uint8_t byte = (uint8_t)(at * 31);

		assert_int_equal(stream_add(&stream, at, &byte, 1), 0);
		assert_true(i == STREAM_KEPT || stream.len < STREAM_KEPT);
	}
	assert_int_equal(stream.len, STREAM_KEPT);
	for (int32_t at = 0; at < STREAM_KEPT; at++)
		assert_int_equal(stream.data[at], (uint8_t)(at * 31));
	stream_free(&stream);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_empty),	     cmocka_unit_test(test_in_order),
		cmocka_unit_test(test_out_of_order), cmocka_unit_test(test_overlap),
		cmocka_unit_test(test_before),	     cmocka_unit_test(test_beyond),
		cmocka_unit_test(test_single_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
