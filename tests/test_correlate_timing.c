// SPDX-License-Identifier: GPL-2.0-only
// Unit tests of how long each stretch of an exchange took, from events to JSON and text.
#include <string.h>

#include "../user/sink.h"
#include "fixture.h"
#include "sample.h"

enum { FIN = 1, SYN = 2, RST = 4, ACK = 16 };

static const char get[] = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
static const char ok[] = "HTTP/1.1 200 OK\r\n\r\n";

static void timing(const struct verdict *v, int64_t synack, int64_t ack, int64_t first,
		   int64_t close)
{
	assert_int_equal(v->timing.syn_to_synack, synack);
	assert_int_equal(v->timing.synack_to_ack, ack);
	assert_int_equal(v->timing.request_to_first_byte, first);
	assert_int_equal(v->timing.first_byte_to_close, close);
}

/* Each event is at the time that it is said to be. */
static void at_exit(struct fixture *f, uint64_t us, uint8_t flags)
{
	fx_at(f, us);
	fx_packet(f, false, flags, FX_EXIT);
}

static void handshake(struct fixture *f)
{
	fx_deliver(f);
	fx_at(f, 120);
	fx_synack(f, FX_OUT_FIRST);
	at_exit(f, 150, SYN | ACK);
	fx_at(f, 450);
	fx_ack(f, FX_ENTRY);
	fx_state(f, 3, 1);
}

static void exchange(struct fixture *f)
{
	handshake(f);
	fx_at(f, 1000);
	fx_say(f, true, get, strlen(get));
	fx_at(f, 26500);
	fx_payload(f, false, ok, strlen(ok), FX_EXIT);
	f->sent[0] += (uint32_t)strlen(ok);
}

static void test_all(void **state)
{
	struct fixture *f = *state;

	exchange(f);
	fx_at(f, 30000);
	fx_payload(f, false, "more", 4, FX_EXIT); /* the first byte counts */
	at_exit(f, 46500, FIN | ACK);
	fx_at(f, 46600);
	fx_fin(f, true, FX_ENTRY); /* and the first close */
	timing(fx_expect(f, "healthy", CONFIDENCE_CERTAIN), 150, 300, 25500, 20000);
}

static void test_closed_by_prober(void **state)
{
	struct fixture *f = *state;

	exchange(f);
	fx_at(f, 27000);
	fx_rst(f, true, FX_ENTRY);
	timing(fx_expect(f, "healthy", CONFIDENCE_CERTAIN), 150, 300, 25500, 500);
}

static void test_not_closed(void **state)
{
	struct fixture *f = *state;

	exchange(f);
	timing(fx_expect(f, "healthy", CONFIDENCE_CERTAIN), 150, 300, 25500, -1);
	fx_says(fx_verdict(f, 0, "healthy"), "answered after 25.5 ms: \"HTTP/1.1 200 OK\"");
}

static void test_half_open(void **state)
{
	struct fixture *f = *state;

	fx_deliver(f);
	at_exit(f, 150, SYN | ACK);
	fx_at(f, 400);
	fx_rst(f, true, FX_ENTRY);
	timing(fx_expect_now(f, "healthy", CONFIDENCE_CERTAIN), 150, -1, -1, -1);
}

static void test_nothing_asked(void **state)
{
	struct fixture *f = *state;

	handshake(f);
	fx_fin(f, true, FX_ENTRY);
	timing(fx_expect_now(f, "healthy", CONFIDENCE_CERTAIN), 150, 300, -1, -1);
}

static void test_no_response(void **state)
{
	struct fixture *f = *state;

	handshake(f);
	fx_request(f, get);
	timing(fx_expect(f, "app-no-response", CONFIDENCE_CERTAIN), 150, 300, -1, -1);
}

static void test_refused(void **state)
{
	struct fixture *f = *state;

	fx_deliver(f);
	fx_reset(f, SYN, "NO_SOCKET", 0);
	fx_send(f, RST | ACK);
	timing(fx_expect_now(f, "no-listener", CONFIDENCE_CERTAIN), -1, -1, -1, -1);
}

/* Who greets does not answer a request. */
static void test_greeting(void **state)
{
	struct fixture *f = *state;

	handshake(f);
	fx_at(f, 600);
	fx_say(f, false, "220 x\r\n", 7);
	fx_at(f, 2600);
	fx_fin(f, true, FX_ENTRY);
	/* fx_say() shows it at OUTPUT a microsecond before. */
	timing(fx_expect_now(f, "healthy", CONFIDENCE_CERTAIN), 150, 300, -1, 1999);
}

static void test_greeting_then_request(void **state)
{
	struct fixture *f = *state;

	handshake(f);
	fx_say(f, false, "220 x\r\n", 7);
	fx_at(f, 2000);
	fx_say(f, true, "QUIT\r\n", 6);
	fx_at(f, 2600);
	fx_fin(f, true, FX_ENTRY);
	assert_int_equal(
		fx_expect_now(f, "healthy", CONFIDENCE_CERTAIN)->timing.request_to_first_byte, -1);
}

/* Of the attempt that worked. */
static void test_second_syn(void **state)
{
	struct fixture *f = *state;

	fx_syn(f, FX_ENTRY);
	fx_at(f, 1000000);
	fx_deliver(f);
	at_exit(f, 1000070, SYN | ACK);
	at_exit(f, 1000080, SYN | ACK);
	fx_at(f, 1000170);
	fx_rst(f, true, FX_ENTRY);
	timing(fx_expect_now(f, "healthy", CONFIDENCE_CERTAIN), 70, -1, -1, -1);
}

static void test_datagram(void **state)
{
	struct fixture *f = *state;

	fx_udp(f);
	fx_ask_in(f);
	fx_at(f, 797);
	fx_reply(f);
	timing(fx_expect_now(f, "healthy", CONFIDENCE_CERTAIN), -1, -1, 800, -1);
}

static void test_echo(void **state)
{
	struct fixture *f = *state;

	fx_echo(f);
	fx_ask_in(f);
	fx_at(f, 47);
	fx_reply(f);
	timing(fx_expect_now(f, "healthy", CONFIDENCE_CERTAIN), -1, -1, 50, -1);
}

static void test_datagram_silent(void **state)
{
	struct fixture *f = *state;

	fx_udp(f);
	fx_ask_in(f);
	timing(fx_expect(f, "healthy", CONFIDENCE_CERTAIN), -1, -1, -1, -1);
}

static void test_two_answers(void **state)
{
	struct fixture *f = *state;

	fx_udp(f);
	fx_ask_in(f);
	fx_at(f, 797);
	fx_reply(f);
	fx_reply(f);
	timing(fx_expect_now(f, "healthy", CONFIDENCE_CERTAIN), -1, -1, 800, -1);
}

static const char *printed(const struct sink_ops *sink, const struct verdict *v)
{
	static struct capture capture;
	const struct options options = {.verbose = true, .color = COLOR_NEVER};

	capture_begin(&capture);
	assert_int_equal(sink->verdict(v, &options), 0);
	return capture_end(&capture);
}

static void test_printed(void **state)
{
	struct fixture *f = *state;
	const struct verdict *v;

	exchange(f);
	at_exit(f, 46500, FIN | ACK);
	v = fx_expect(f, "healthy", CONFIDENCE_CERTAIN);
	assert_non_null(strstr(printed(&sink_json, v),
			       "\"timing\":{\"syn_to_synack_us\":150,\"synack_to_ack_us\":300,"
			       "\"request_to_first_byte_us\":25500,\"first_byte_to_close_us\":"
			       "20000}"));
	assert_non_null(strstr(printed(&sink_text, v),
			       "\n    SYN to SYN-ACK 0.150 ms, SYN-ACK to ACK 0.300 ms, request to "
			       "first byte 25.500 ms, first byte to close 20.000 ms\n"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fx_setup, fx_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_two_answers),
		TEST(test_all),
		TEST(test_closed_by_prober),
		TEST(test_not_closed),
		TEST(test_half_open),
		TEST(test_nothing_asked),
		TEST(test_no_response),
		TEST(test_refused),
		TEST(test_greeting),
		TEST(test_greeting_then_request),
		TEST(test_second_syn),
		TEST(test_datagram),
		TEST(test_echo),
		TEST(test_datagram_silent),
		TEST(test_printed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
