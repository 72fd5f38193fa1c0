// SPDX-License-Identifier: GPL-2.0-only
// Unit tests of where a recording was made: what a section header says, whole, cut off and untrue.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../user/pcapng.h"
#include "../user/record_about.h"

static struct byte_buffer out;

static int set_up(void **state)
{
	const struct pcapng_section section = {
		.hardware = "x86_64",
		.os = "Linux 6.1.0-18-amd64 #1 SMP",
		.application = "clbtrace 0.1.0",
		.comment = "clbtrace recording, format 1, part 1; host web-7; started as: clbtrace "
			   "-w x",
	};

	(void)state;
	pcapng_put_section(&out, &section);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	free(out.data);
	memset(&out, 0, sizeof(out));
	return 0;
}

static void test_whole(void **state)
{
	struct record_about about;

	(void)state;
	record_about(out.data, out.len, &about);
	assert_string_equal(about.host, "web-7");
	assert_string_equal(about.kernel, "6.1.0-18-amd64");
	assert_string_equal(about.version, "0.1.0");
}

/* Any part of it, and any byte of it changed: in a copy of just that size, for the sanitizers. */
static void test_broken(void **state)
{
	struct record_about about;

	(void)state;
	for (size_t len = 0; len <= out.len; len++) {
		uint8_t *copy = malloc(len + 1);

		memcpy(copy, out.data, len);
		record_about(copy, len, &about);
		assert_true(len == out.len || len > 24 || !*about.kernel);
		for (size_t i = 0; i < len; i++) {
			copy[i] ^= 0xff;
			record_about(copy, len, &about);
			copy[i] ^= 0xff;
		}
		free(copy);
	}
	out.data[0] ^= 1;
	record_about(out.data, out.len, &about);
	assert_string_equal(about.host, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_whole, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_broken, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
