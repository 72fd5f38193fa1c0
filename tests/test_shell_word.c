// SPDX-License-Identifier: GPL-2.0-only
// Unit tests of the quoting of names in commands that are to be pasted.
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../user/escape.h"

static const char *word(const char *text)
{
	static char out[256];

	assert_ptr_equal(shell_word(text, out, sizeof(out)), out);
	return out;
}

static void test_harmless(void **state)
{
	(void)state;
	assert_string_equal(word("INPUT"), "INPUT");
	assert_string_equal(word("filter_INPUT-2"), "filter_INPUT-2");
	assert_string_equal(word("fd00::15/64"), "fd00::15/64");
	assert_string_equal(word("a.b@c%d+e=f,g"), "a.b@c%d+e=f,g");
}

static void test_quoted(void **state)
{
	(void)state;
	assert_string_equal(word(""), "''");
	assert_string_equal(word("two words"), "'two words'");
	assert_string_equal(word("$(reboot)"), "'$(reboot)'");
	assert_string_equal(word("a;b"), "'a;b'");
	assert_string_equal(word("`a`&|<>*?[]{}~#!\"\\\n"), "'`a`&|<>*?[]{}~#!\"\\\n'");
	assert_string_equal(word("\xc3\xa4"), "'\xc3\xa4'");
}

/* A quote ends the word, comes escaped, and begins it again. */
static void test_quote(void **state)
{
	(void)state;
	assert_string_equal(word("'"), "''\\'''");
	assert_string_equal(word("it's"), "'it'\\''s'");
	assert_string_equal(word("''"), "''\\'''\\'''");
}

/* Every byte but the harmless ones is quoted. */
static void test_every_byte(void **state)
{
	static const char harmless[] = "_.:/@%+=,-";

	(void)state;
	for (int c = 1; c < 256; c++) {
		char text[2] = {(char)c, 0};
		bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
			     (c >= 'A' && c <= 'Z') || strchr(harmless, c);

		assert_int_equal(word(text)[0] != '\'', plain);
	}
}

/* A quoted word is closed, whatever its content, and nothing in it is left open. */
static void check_closed(const char *out)
{
	bool quoted = false;

	for (; *out; out++) {
		if (*out == '\'') {
			quoted = !quoted;
		} else if (!quoted) {
			assert_int_equal(*out, '\\');
			assert_int_equal(*++out, '\'');
		}
	}
	assert_false(quoted);
}

/* At every size: terminated, within bounds (the sanitizer looks), the quotes in pairs. */
static void test_cut_quoted(void **state)
{
	static const char text[] = "a 'b' '' $c;d'";
	const char *whole = word(text);

	(void)state;
	for (size_t size = 3; size < 64; size++) {
		char *out = malloc(size);

		assert_non_null(out);
		assert_ptr_equal(shell_word(text, out, size), out);
		assert_true(strlen(out) < size);
		check_closed(out);
		assert_memory_equal(out, whole, strlen(out) - 1);
		if (size >= strlen(whole) + 4)
			assert_string_equal(out, whole);
		free(out);
	}
}

static void test_cut_harmless(void **state)
{
	char out[6];

	(void)state;
	assert_string_equal(shell_word("12345", out, sizeof(out)), "12345");
	assert_string_equal(shell_word("123456", out, sizeof(out)), "12345");
	assert_string_equal(shell_word("123456", out, 1), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_harmless),   cmocka_unit_test(test_quoted),
		cmocka_unit_test(test_quote),	   cmocka_unit_test(test_every_byte),
		cmocka_unit_test(test_cut_quoted), cmocka_unit_test(test_cut_harmless),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
