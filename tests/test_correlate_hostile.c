// SPDX-License-Identifier: GPL-2.0-only
// Unit tests of 64 KiB of hostile payload: what is shown of it is harmless, and valid JSON.
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "../user/sink.h"
#include "fixture.h"
#include "sample.h"

enum { FIN = 1, ACK = 16 };
enum { ALL = 64 << 10, SEGMENT = 1448, AT_ONCE = 60000 };

static const char get[] = "GET /\xff\xc3\x28 HTTP/1.1\r\nHost: \033[2J\xff\r\n\r\n";
static uint8_t evil[ALL];

/* Terminal escapes, NULs, what is no UTF-8, what JSON and templates give a meaning to. */
static void fill(size_t from)
{
	static const char piece[] =
		"\033[2J\033]0;owned\007\0\xff\xfe\xc3\x28\x80\177\r\n\"\\{if}[x]\b";

	for (size_t at = from; at < sizeof(evil); at++)
		evil[at] = (uint8_t)piece[(at - from) % sizeof(piece)];
}

static void say(struct fixture *f, bool incoming, size_t piece)
{
	for (size_t at = 0; at < sizeof(evil); at += piece) {
		size_t len = sizeof(evil) - at < piece ? sizeof(evil) - at : piece;

		fx_say(f, incoming, evil + at, len);
	}
}

static const char *printed(const struct sink_ops *sink, const struct verdict *v)
{
	static struct capture capture;
	const struct options options = {.verbose = true, .color = COLOR_NEVER};

	capture_begin(&capture);
	assert_int_equal(sink->verdict(v, &options), 0);
	return capture_end(&capture);
}

static void harmless(const struct verdict *v)
{
	json_error_t error;
	json_t *read;

	for (const char *c = printed(&sink_text, v); *c; c++)
		assert_true((*c >= ' ' && *c <= '~') || *c == '\n');
	for (const char *c = printed(&sink_json, v); *c; c++)
		assert_true((*c >= ' ' && *c <= '~') || (*c == '\n' && !c[1]));
	read = json_loads(printed(&sink_json, v), 0, &error);
	assert_non_null(read);
	assert_string_equal(json_string_value(json_object_get(read, "summary")), v->summary);
	json_decref(read);
}

static void test_answer(void **state)
{
	struct fixture *f = *state;
	const struct verdict *v;

	fill(0);
	fx_connect(f);
	fx_say(f, true, get, sizeof(get) - 1);
	say(f, false, SEGMENT);
	fx_send(f, FIN | ACK);
	v = fx_expect_now(f, "http-status", CONFIDENCE_CERTAIN);
	fx_says(v, "answered \"\\x1b[2J\\x1b]0;owned\\x07\\x00\\xff\\xfe");
	fx_says(v, "to \"GET /\\xff\\xc3( HTTP/1.1\" (Host: \\x1b[2J\\xff)");
	harmless(v);
}

static void test_status_line(void **state)
{
	struct fixture *f = *state;
	const struct verdict *v;

	memcpy(evil, "HTTP/1.1 500 ", 13);
	fill(13);
	fx_connect(f);
	fx_request(f, "GET / HTTP/1.0\r\n\r\n");
	say(f, false, AT_ONCE);
	v = fx_expect_now(f, "http-status", CONFIDENCE_CERTAIN);
	fx_says(v, "answered \"HTTP/1.1 500 \\x1b[2J\\x1b]0;owned\\x07");
	harmless(v);
}

static void test_request(void **state)
{
	struct fixture *f = *state;
	const struct verdict *v;

	fill(0);
	fx_connect(f);
	say(f, true, AT_ONCE);
	v = fx_expect(f, "app-no-response", CONFIDENCE_CERTAIN);
	fx_steps(v, "\\x1b[2J");
	harmless(v);
}

static void test_both(void **state)
{
	struct fixture *f = *state;
	const struct verdict *v;

	fill(0);
	fx_connect(f);
	say(f, true, AT_ONCE);
	say(f, false, AT_ONCE);
	fx_send(f, FIN | ACK);
	v = fx_expect_now(f, "healthy", CONFIDENCE_CERTAIN);
	fx_says(v, ": \"\\x1b[2J\\x1b]0;owned\\x07");
	harmless(v);
}

/* Names in a ClientHello, of a record that says more than there is. */
static void test_sni(void **state)
{
	static const uint8_t hello[] = {22, 3, 1, 0x3f, 0xff, 1, 0, 0x3f, 0xfb, 3, 3};
	struct fixture *f = *state;

	memcpy(evil, hello, sizeof(hello));
	fill(sizeof(hello));
	fx_connect(f);
	say(f, true, AT_ONCE);
	fx_respond(f, "\033[2J\r\n");
	harmless(fx_expect_now(f, "tls-mismatch", CONFIDENCE_CERTAIN));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fx_setup, fx_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_answer), TEST(test_status_line), TEST(test_request),
		TEST(test_both),   TEST(test_sni),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
