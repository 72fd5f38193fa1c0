// SPDX-License-Identifier: GPL-2.0-only
// Unit tests of healthy probes of every kind.
#include <ctype.h>
#include <string.h>

#include "fixture.h"

enum { FIN = 1, SYN = 2, RST = 4, ACK = 16 };
enum { STATE_ESTABLISHED = 1, STATE_FIN_WAIT2 = 5 };

static const char get[] = "GET /health HTTP/1.1\r\nHost: x\r\n\r\n";
static const char ok[] = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";

static void test_half_open(void **state)
{
	struct fixture *f = *state;
	const struct verdict *v;

	fx_deliver(f);
	fx_answer(f);
	fx_rst(f, true, FX_ENTRY);
	v = fx_expect_now(f, "healthy", CONFIDENCE_CERTAIN);
	fx_says(v, "then reset by the prober");
	fx_says(v, "SYN-ACK after 8 us");
	assert_int_equal(v->duration_us, 9);
	assert_int_equal(v->outcome, OUTCOME_HEALTHY);
	assert_int_equal(v->n_fix, 0);
	assert_int_equal(v->wall_ns, f->config.wall_offset_ns + FX_START_NS);
	assert_int_equal(f->forgotten, 1);
}

static void test_half_open_v6(void **state)
{
	struct fixture *f = *state;

	fx_v6(f);
	fx_deliver(f);
	fx_answer(f);
	fx_rst(f, true, FX_ENTRY);
	fx_expect_now(f, "healthy", CONFIDENCE_CERTAIN);
}

static void test_closed_by_prober(void **state)
{
	struct fixture *f = *state;
	const struct verdict *v;

	fx_connect(f);
	fx_fin(f, true, FX_ENTRY);
	fx_send(f, FIN | ACK);
	fx_ack(f, FX_ENTRY);
	v = fx_expect_now(f, "healthy", CONFIDENCE_CERTAIN);
	fx_says(v, "connected");
	fx_says(v, "then closed by the prober");
}

/* The final ACK was dropped, repeated with the FIN, and then got through. */
static void test_repeated_ack(void **state)
{
	struct fixture *f = *state;

	fx_deliver(f);
	fx_answer(f);
	fx_ack(f, FX_ENTRY);
	fx_drop(f, true, ACK, "NETFILTER_DROP");
	fx_fin(f, true, FX_ENTRY);
	fx_state(f, 3, 1);
	fx_expect_now(f, "healthy", CONFIDENCE_CERTAIN);
}

static void test_reset_by_prober(void **state)
{
	struct fixture *f = *state;

	fx_connect(f);
	fx_rst(f, true, FX_ENTRY);
	fx_expect_now(f, "healthy", CONFIDENCE_CERTAIN);
}

/* To a container or another host: this one has no socket that gets established. */
static void test_forwarded(void **state)
{
	struct fixture *f = *state;

	fx_syn(f, FX_ENTRY);
	fx_syn(f, FX_PRE);
	fx_syn(f, FX_POST);
	fx_synack(f, FX_EXIT);
	fx_ack(f, FX_ENTRY);
	fx_fin(f, true, FX_ENTRY);
	fx_addr(f, false, "eth0");
	fx_expect_now(f, "healthy", CONFIDENCE_CERTAIN);
}

/* The server closes first, and asks nothing of the prober: as good. */
static void test_closed_by_server(void **state)
{
	struct fixture *f = *state;

	fx_connect(f);
	fx_send(f, FIN | ACK);
	fx_fin(f, true, FX_ENTRY);
	fx_expect_now(f, "healthy", CONFIDENCE_CERTAIN);
}

static void test_answered(void **state)
{
	struct fixture *f = *state;
	const struct verdict *v;

	fx_connect(f);
	fx_at(f, 1000);
	fx_request(f, get);
	fx_at(f, 4500);
	fx_respond(f, ok);
	fx_send(f, FIN | ACK);
	fx_fin(f, true, FX_ENTRY);
	v = fx_expect_now(f, "healthy", CONFIDENCE_CERTAIN);
	fx_says(v, "answered after 3.5 ms: \"HTTP/1.1 200 OK\"");
}

/* After an answer it may end in any way, or not at all. */
static void check_end(int end, bool at_once)
{
	struct fixture *f = fx_new(64);

	fx_connect(f);
	fx_request(f, get);
	fx_respond(f, ok);
	switch (end) {
	case 0:
		fx_fin(f, true, FX_ENTRY);
		break;
	case 1:
		fx_rst(f, true, FX_ENTRY);
		break;
	case 2:
		fx_send(f, FIN | ACK);
		break;
	case 3:
		fx_send(f, RST);
		break;
	}
	if (at_once)
		fx_expect_now(f, "healthy", CONFIDENCE_CERTAIN);
	else
		fx_expect(f, "healthy", CONFIDENCE_CERTAIN);
	fx_free(f);
}

static void test_ends(void **state)
{
	(void)state;
	for (int end = 0; end < 4; end++)
		check_end(end, true);
	check_end(4, false);
}

/* A service that speaks first (SMTP, SSH), then the prober goes. */
static void test_banner(void **state)
{
	struct fixture *f = *state;

	fx_connect(f);
	fx_respond(f, "220 mail ESMTP\r\n");
	fx_fin(f, true, FX_ENTRY);
	fx_expect_now(f, "healthy", CONFIDENCE_CERTAIN);
}

/* Connected, and nothing is asked: a TCP check that keeps its connection. */
static void test_idle(void **state)
{
	struct fixture *f = *state;
	const struct verdict *v;

	fx_connect(f);
	v = fx_expect(f, "healthy", CONFIDENCE_CERTAIN);
	fx_says(v, "nothing was asked");
	assert_true(f->request.needs & NEED_CONN); /* it had to be sure that it was accepted */
}

/* Keep-alive: answered, the connection stays, and carries more checks. */
static void test_keep_alive(void **state)
{
	struct fixture *f = *state;

	fx_connect(f);
	fx_request(f, get);
	fx_respond(f, ok);
	fx_play(f);
	fx_until(f, 1999000);
	assert_int_equal(f->n_verdicts, 0);
	fx_until(f, 2001000);
	assert_int_equal(f->n_verdicts, 1);
	fx_at(f, 5000000);
	fx_request(f, get);
	fx_respond(f, ok);
	fx_expect(f, "healthy", CONFIDENCE_CERTAIN);
}

/* After an answer a reset is a way to close. */
static void test_reset_after_answer(void **state)
{
	struct fixture *f = *state;

	fx_connect(f);
	fx_request(f, get);
	fx_respond(f, ok);
	fx_reset(f, 0, "TCP_ABORT_ON_CLOSE", STATE_ESTABLISHED)->active = 1;
	fx_send(f, RST | ACK);
	fx_says(fx_expect_now(f, "healthy", CONFIDENCE_LIKELY),
		"then closed with unread data: the reset may destroy the answer");
}

/* An old connection's acknowledgement is not the handshake. */
static void test_foreign_ack(void **state)
{
	struct fixture *f = *state;

	fx_deliver(f);
	fx_answer(f);
	fx_ack(f, FX_ENTRY)->tcp.ack -= 1;
	fx_expect(f, "synack-unanswered", CONFIDENCE_CERTAIN);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fx_setup, fx_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_half_open),
		TEST(test_half_open_v6),
		TEST(test_closed_by_prober),
		TEST(test_forwarded),
		TEST(test_reset_by_prober),
		TEST(test_repeated_ack),
		TEST(test_closed_by_server),
		TEST(test_answered),
		TEST(test_ends),
		TEST(test_banner),
		TEST(test_idle),
		TEST(test_keep_alive),
		TEST(test_reset_after_answer),
		TEST(test_foreign_ack),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
