// SPDX-License-Identifier: GPL-2.0-only
// Unit tests of probers that close before the answer, and of answers to a repeated SYN.
#include "fixture.h"

enum { FIN = 1, SYN = 2, RST = 4, ACK = 16 };
enum { STATE_CLOSE_WAIT = 8 };

static const char get[] = "GET /health HTTP/1.1\r\nHost: x\r\n\r\n";
static const char ok[] = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";

/* The request at once, the prober's FIN after 500 ms. */
static void half_close(struct fixture *f)
{
	fx_connect(f);
	fx_request(f, get);
	fx_listener(f, "0.0.0.0", 80, "java");
	fx_at(f, 500000);
	fx_fin(f, true, FX_ENTRY);
}

/* It had given up: the answer meets no one. */
static void test_given_up(void **state)
{
	struct fixture *f = *state;
	const struct verdict *v;

	half_close(f);
	fx_at(f, 800000);
	fx_respond(f, ok);
	fx_rst(f, true, FX_ENTRY);
	v = fx_expect_now(f, "slow-response", CONFIDENCE_CERTAIN);
	fx_says(v, "java (pid 812) answered 800.0 ms after the probe's SYN");
	fx_says(v, "the prober had given up after 500.0 ms");
}

/* The same with the server's FIN before the reset. */
static void test_given_up_closed(void **state)
{
	struct fixture *f = *state;

	half_close(f);
	fx_at(f, 800000);
	fx_respond(f, ok);
	fx_send(f, FIN | ACK);
	fx_rst(f, true, FX_ENTRY);
	fx_says(fx_expect_now(f, "slow-response", CONFIDENCE_CERTAIN), "given up after 500.0 ms");
}

/* The end of the request only: it takes the answer, and the timeout shows it. */
static void test_half_closed(void **state)
{
	struct fixture *f = *state;

	half_close(f);
	fx_at(f, 800000);
	fx_respond(f, ok);
	fx_send(f, FIN | ACK);
	fx_ack(f, FX_ENTRY);
	fx_play(f);
	fx_until(f, 1999000);
	assert_int_equal(f->n_verdicts, 0);
	fx_says(fx_expect(f, "healthy", CONFIDENCE_CERTAIN), "answered after");
}

/* A wrong status needs no waiting. */
static void test_half_closed_status(void **state)
{
	struct fixture *f = *state;

	half_close(f);
	fx_respond(f, "HTTP/1.1 503 Service Unavailable\r\n\r\n");
	fx_expect_now(f, "http-status", CONFIDENCE_CERTAIN);
}

/* After the answer a FIN is just the end of the probe. */
static void test_closed_after(void **state)
{
	struct fixture *f = *state;

	fx_connect(f);
	fx_request(f, get);
	fx_respond(f, ok);
	fx_fin(f, true, FX_ENTRY);
	fx_rst(f, true, FX_ENTRY);
	fx_expect_now(f, "healthy", CONFIDENCE_CERTAIN);
}

/* No answer at all, and none that takes the connection. */
static void test_no_answer(void **state)
{
	struct fixture *f = *state;

	half_close(f);
	fx_says(fx_expect(f, "app-no-response", CONFIDENCE_CERTAIN), "java (pid 812)");
}

static void test_not_accepted(void **state)
{
	struct fixture *f = *state;

	half_close(f);
	fx_conn(f, NULL, 35)->state = STATE_CLOSE_WAIT;
	fx_expect(f, "app-not-accepting", CONFIDENCE_CERTAIN);
}

/* The first SYN is not answered for want of room; the one at 3 s is, and asks at once. */
static void ask_again(struct fixture *f)
{
	fx_syn(f, FX_ENTRY);
	fx_listen(f, 512, 511);
	fx_syn(f, FX_PRE_FIRST);
	fx_syn(f, FX_PRE);
	fx_syn(f, FX_IN);
	fx_listener(f, "0.0.0.0", 80, "java");
	fx_sysctl(f, "net.core.somaxconn", 4096);
	fx_play(f);
	fx_until(f, 2900000);
	fx_verdict(f, 0, "accept-queue-full");
	fx_at(f, 3000000);
	fx_connect(f);
	fx_request(f, get);
	fx_play(f);
}

/* The repeated SYN's answer is as late as it is after that SYN. */
static void test_repeated_late(void **state)
{
	struct fixture *f = *state;
	const struct verdict *v;

	ask_again(f);
	fx_until(f, 5400000);
	fx_verdict(f, 1, "app-no-response");
	fx_at(f, 5500000);
	fx_respond(f, ok);
	fx_play(f);
	fx_until(f, 30000000);
	v = fx_verdict(f, 2, "slow-response");
	assert_int_equal(f->n_verdicts, 3);
	fx_says(v, "java (pid 812) answered 2500.0 ms after the probe's SYN");
	fx_says(v, "the balancer waits 2000 ms");
}

/* 4.9 s after the first SYN, 1.9 s after its own: in time. */
static void test_repeated_in_time(void **state)
{
	struct fixture *f = *state;

	ask_again(f);
	fx_at(f, 4900000);
	fx_respond(f, ok);
	fx_send(f, FIN | ACK);
	fx_play(f);
	fx_until(f, 30000000);
	assert_true(fx_verdict(f, 1, "healthy")->revised);
	assert_int_equal(f->n_verdicts, 2);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fx_setup, fx_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_given_up),	     TEST(test_given_up_closed),
		TEST(test_half_closed),	     TEST(test_half_closed_status),
		TEST(test_closed_after),     TEST(test_no_answer),
		TEST(test_not_accepted),     TEST(test_repeated_late),
		TEST(test_repeated_in_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
