// SPDX-License-Identifier: GPL-2.0-only
// Unit tests of text in HTML: nothing gets out of it, and nothing is hidden in it.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../user/html.h"

static void expect(const char *text, const char *html)
{
	char *got = NULL;
	size_t len;
	FILE *out = open_memstream(&got, &len);

	html_text(out, text);
	fclose(out);
	assert_string_equal(got, html);
	free(got);
}

static void test_markup(void **state)
{
	(void)state;
	expect("</code><script>alert(1)</script>",
	       "&lt;/code&gt;&lt;script&gt;alert(1)&lt;/script&gt;");
	expect("\" onload='x' &lt;", "&quot; onload=&#39;x&#39; &amp;lt;");
	expect("GET /a?b=c HTTP/1.1\\r\\n", "GET /a?b=c HTTP/1.1\\r\\n");
	expect("", "");
}

static void test_controls(void **state)
{
	(void)state;
	expect("a\033[31m\n\tb\x7f", "a\\u{1b}[31m\\u{a}\\u{9}b\\u{7f}");
	expect("\xc2\x9b", "\\u{9b}"); /* CSI as one character */
}

/* What turns the direction of writing, joins, or is not seen. */
static void test_hidden(void **state)
{
	(void)state;
	expect("drop\xe2\x80\xae"
	       "tpecca",
	       "drop\\u{202e}tpecca");
	expect("a\xe2\x80\x8b"
	       "b\xe2\x80\xa8\xef\xbb\xbf",
	       "a\\u{200b}b\\u{2028}\\u{feff}");
	expect("\xef\xbf\xbf\xf3\xa0\x81\x81", "\\u{ffff}\\u{e0041}");
}

static void test_utf8(void **state)
{
	(void)state;
	expect("\xe5\x81\xa5\xe5\xba\xb7 \xc3\xa9 \xf0\x9f\x99\x82",
	       "\xe5\x81\xa5\xe5\xba\xb7 \xc3\xa9 \xf0\x9f\x99\x82");
	/* Overlong, half a pair of surrogates, too large, cut off, a byte of its own. */
	expect("\xc0\xbc", "\\xc0\\xbc");
	expect("\xe0\x80\xbc", "\\xe0\\x80\\xbc");
	expect("\xed\xa0\x80", "\\xed\\xa0\\x80");
	expect("\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80");
	expect("\xff\xfe\xbf", "\\xff\\xfe\\xbf");
	expect("\xe2\x80", "\\xe2\\x80");
	expect("\xe2<b>", "\\xe2&lt;b&gt;");
}

static void test_words(void **state)
{
	char *got = NULL;
	size_t len;
	FILE *out = open_memstream(&got, &len);

	(void)state;
	html_words(out, "<SYN> seq", 5);
	fclose(out);
	assert_string_equal(got, "&lt;SYN&gt;");
	free(got);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_markup), cmocka_unit_test(test_controls),
		cmocka_unit_test(test_hidden), cmocka_unit_test(test_utf8),
		cmocka_unit_test(test_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
