// SPDX-License-Identifier: GPL-2.0-only
// Unit tests of the templates that the cause table's texts are written in.
#include <stdio.h>
#include <string.h>

#include "../user/template.h"
#include "fixture.h"

/* {a} is "one", {empty} is "", {braces} "{a}[x]", {long} 511 bytes; there is no other. */
static bool value(void *ctx, const char *name, size_t name_len, char *out, size_t out_len)
{
	static const char *const values[][2] = {
		{"a", "one"}, {"empty", ""}, {"braces", "{a}[x]\\"}};

	assert_null(ctx);
	assert_in_range(out_len, 512, 4096);
	if (name_len == 4 && !memcmp(name, "long", 4)) {
		memset(out, 'x', 511);
		out[511] = 0;
		return true;
	}
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		if (strlen(values[i][0]) == name_len && !memcmp(values[i][0], name, name_len)) {
			snprintf(out, out_len, "%s", values[i][1]);
			return true;
		}
	}
	return false;
}

/* expected NULL: left out. */
static void check(const char *text, const char *expected)
{
	const struct template_values values = {value, NULL};
	char out[64] = "rubbish";

	assert_int_equal(template_expand(text, &values, out, sizeof(out)), expected != NULL);
	assert_string_equal(out, expected ? expected : "");
}

static void test_values(void **state)
{
	(void)state;
	check("plain", "plain");
	check("{a}", "one");
	check("<{a}{a}>", "<oneone>");
	check("{empty}.", ".");
	check("a {b}", NULL);
	check("{b}", NULL);
	check("", NULL);
	check("{empty}", NULL);
	check("{}", NULL);
}

static void test_optional(void **state)
{
	(void)state;
	check("x[ and {a}]", "x and one");
	check("x[ and {b}]", "x");
	check("x[ {a} {b}][ {a}]", "x one");
	check("[{b}]", NULL);
	check("[always]", "always");
	check("[{b}]{a}", "one");
	check("[{a}]{b}", NULL);
	check("[{empty}y]", "y");
}

/* What a value holds is no template. */
static void test_literal(void **state)
{
	(void)state;
	check("{braces}", "{a}[x]\\");
	check("[{braces}]", "{a}[x]\\");
	check("\\[{a}\\]", "[one]");
	check("\\{a\\}", "{a}");
	check("[\\{{a}\\}]", "{one}");
	check("back\\\\slash", "back\\slash");
	check("at the end\\", "at the end\\");
}

/* Unbalanced ones do no harm. */
static void test_unbalanced(void **state)
{
	(void)state;
	check("{a", "one");
	check("x[ {a}", "x one");
	check("x[ {b}", "x");
	check("x]", "x]");
	check("x}", "x}");
}

static void test_cut(void **state)
{
	const struct template_values values = {value, NULL};
	char out[8];

	(void)state;
	memset(out, '#', sizeof(out));
	assert_true(template_expand("0123456789", &values, out, sizeof(out)));
	assert_string_equal(out, "0123456");
	assert_true(template_expand("012[345{a}6]789", &values, out, sizeof(out)));
	assert_string_equal(out, "012345o");
	assert_true(template_expand("{long}{long}", &values, out, sizeof(out)));
	assert_string_equal(out, "xxxxxxx");
	/* Cut, then rolled back. */
	assert_true(template_expand("01[{long}{b}]2", &values, out, sizeof(out)));
	assert_string_equal(out, "012");
	assert_false(template_expand("x", &values, out, 1));
	assert_string_equal(out, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values),	cmocka_unit_test(test_optional),
		cmocka_unit_test(test_literal), cmocka_unit_test(test_unbalanced),
		cmocka_unit_test(test_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
