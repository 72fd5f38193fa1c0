// SPDX-License-Identifier: GPL-2.0-only
// Unit tests of the escaping of outside bytes.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../user/escape.h"

static const char *escaped(const void *data, size_t len)
{
	static char out[2048];

	return escape_text(data, len, out, sizeof(out));
}

static void test_plain(void **state)
{
	(void)state;
	assert_string_equal(escaped("", 0), "");
	assert_string_equal(escaped("GET / HTTP/1.0", 14), "GET / HTTP/1.0");
	assert_string_equal(escaped(" ~", 2), " ~");
}

static void test_named(void **state)
{
	(void)state;
	assert_string_equal(escaped("\r\n\t\\", 4), "\\r\\n\\t\\\\");
}

static void test_every_byte(void **state)
{
	uint8_t all[256];
	const char *text;

	(void)state;
	for (int i = 0; i < 256; i++)
		all[i] = (uint8_t)i;
	text = escaped(all, sizeof(all));
	for (const char *c = text; *c; c++)
		assert_true(*c >= 0x20 && *c < 0x7f);
	assert_non_null(strstr(text, "\\x00\\x01"));
	assert_non_null(strstr(text, "\\x1b"));
	assert_non_null(strstr(text, "~\\x7f\\x80"));
	assert_non_null(strstr(text, "\\xff"));
}

/* At every size: terminated, within bounds (the sanitizer looks), cut between escapes, marked as
 * cut. */
static void test_cut(void **state)
{
	static const char data[] = "ab\x01\x02 cd\n\n\xff end";
	const size_t len = sizeof(data) - 1;
	const char *whole = escaped(data, len);

	(void)state;
	for (size_t size = 4; size < 64; size++) {
		char *out = malloc(size);
		size_t kept;

		assert_non_null(out);
		assert_ptr_equal(escape_text(data, len, out, size), out);
		kept = strlen(out);
		assert_true(kept < size);
		if (size > strlen(whole)) {
			assert_string_equal(out, whole);
		} else {
			assert_string_equal(out + kept - 3, "...");
			assert_memory_equal(out, whole, kept - 3);
			/* No half escape before the dots. */
			assert_true(kept < 4 || out[kept - 4] != '\\');
			assert_true(kept < 5 || memcmp(out + kept - 5, "\\x", 2));
		}
		free(out);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain),
		cmocka_unit_test(test_named),
		cmocka_unit_test(test_every_byte),
		cmocka_unit_test(test_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
