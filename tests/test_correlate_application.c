// SPDX-License-Identifier: GPL-2.0-only
// Unit tests of what follows the handshake: healthy probes of every kind, and the application's
// faults.
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

static void test_reset_by_prober(void **state)
{
	struct fixture *f = *state;

	fx_connect(f);
	fx_rst(f, true, FX_ENTRY);
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
	assert_true(f->needs & NEED_CONN); /* it had to be sure that it was accepted */
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

static void test_not_accepted(void **state)
{
	struct fixture *f = *state;
	const struct verdict *v;

	fx_connect(f);
	fx_request(f, get);
	fx_conn(f, NULL, sizeof(get) - 1);
	fx_listener(f, "0.0.0.0", 80, "java")->backlog = 3;
	v = fx_expect(f, "app-not-accepting", CONFIDENCE_CERTAIN);
	fx_says(v, "not accepted within 2000 ms: java (pid 812) does not call accept()");
	fx_fixes(v, "/proc/812/wchan");
	fx_steps(v, "not accepted yet");
}

static void test_no_response(void **state)
{
	struct fixture *f = *state;
	const struct verdict *v;

	fx_connect(f);
	fx_request(f, get);
	fx_conn(f, "gunicorn", 34);
	fx_listener(f, "0.0.0.0", 80, "master");
	v = fx_expect(f, "app-no-response", CONFIDENCE_CERTAIN);
	fx_says(v, "no answer within 2000 ms: gunicorn (pid 813) has not answered, 34 bytes");
	fx_steps(v, "accepted by gunicorn (pid 813), 34 bytes unread");
}

static void test_slow(void **state)
{
	struct fixture *f = *state;
	const struct verdict *v;

	fx_connect(f);
	fx_request(f, get);
	fx_conn(f, "gunicorn", 0);
	fx_play(f);
	fx_until(f, 2100000);
	fx_verdict(f, 0, "app-no-response");
	fx_at(f, 3250000);
	fx_respond(f, ok);
	fx_play(f);
	fx_until(f, 20000000);
	v = fx_verdict(f, 1, "slow-response");
	assert_int_equal(f->n_verdicts, 2);
	assert_true(v->revised);
	assert_int_equal(v->was, OUTCOME_FAILED);
	assert_string_equal(v->was_cause, "app-no-response");
	fx_says(v, "3250.0 ms");
}

static void test_reset_by_app(void **state)
{
	struct fixture *f = *state;
	struct ev_reset *r;
	const struct verdict *v;

	fx_connect(f);
	r = fx_reset(f, 0, "TCP_ABORT_ON_LINGER", STATE_ESTABLISHED);
	r->active = 1;
	fx_send(f, RST | ACK);
	fx_listener(f, "0.0.0.0", 80, "haproxy");
	v = fx_expect_now(f, "reset-by-app", CONFIDENCE_CERTAIN);
	fx_says(v, "haproxy (pid 812) reset the connection right after the handshake");
	fx_says(v, "SO_LINGER 0");
}

/* The prober's request was there, and close() with it unread makes a reset. */
static void test_closed_unread(void **state)
{
	struct fixture *f = *state;
	const struct verdict *v;

	fx_connect(f);
	fx_request(f, get);
	fx_reset(f, 0, "TCP_ABORT_ON_CLOSE", STATE_ESTABLISHED)->active = 1;
	fx_send(f, RST | ACK);
	fx_listener(f, "0.0.0.0", 80, "app");
	v = fx_expect_now(f, "closed-without-response", CONFIDENCE_CERTAIN);
	fx_says(v, "app (pid 812) closed the connection without answering the request (it was not "
		   "even read)");
}

static void test_closed_without_response(void **state)
{
	struct fixture *f = *state;

	fx_connect(f);
	fx_request(f, get);
	fx_send(f, FIN | ACK);
	fx_expect_now(f, "closed-without-response", CONFIDENCE_CERTAIN);
}

/* Closed right after the handshake; the request then meets a dead connection and is reset. */
static void test_closed_before_request(void **state)
{
	struct fixture *f = *state;

	fx_connect(f);
	fx_send(f, FIN | ACK);
	fx_request(f, get);
	fx_reset(f, ACK, "TCP_CLOSE", STATE_FIN_WAIT2);
	fx_send(f, RST);
	fx_expect_now(f, "closed-without-response", CONFIDENCE_CERTAIN);
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
	fx_expect_now(f, "healthy", CONFIDENCE_CERTAIN);
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

static void all_printable(const char *text)
{
	for (; *text; text++)
		assert_true(isprint((unsigned char)*text));
}

/* A payload that would take over the terminal, and one that is no text at all. */
static void test_hostile_payload(void **state)
{
	static const char evil[] = "\033]0;owned\007\033[2J\" {if} [x] \xff\x80\0\177\r\nmore";
	struct fixture *f = *state;
	const struct verdict *v;

	fx_connect(f);
	fx_payload(f, true, evil, sizeof(evil), FX_ENTRY);
	fx_payload(f, false, evil, sizeof(evil), FX_EXIT);
	fx_fin(f, true, FX_ENTRY);
	fx_play(f);
	fx_until(f, 10000);
	assert_int_equal(f->n_verdicts, 1);
	v = f->verdicts;
	assert_string_equal(v->cause, "healthy");
	fx_says(v, "\\x1b]0;owned\\x07\\x1b[2J");
	all_printable(v->summary);
	for (unsigned int i = 0; i < v->n_steps; i++)
		all_printable(v->steps[i].what);
	fx_steps(v, "\\x1b]0;owned");
}

/* Names from a recording may be anything too. */
static void test_hostile_names(void **state)
{
	struct fixture *f = *state;
	const struct verdict *v;
	struct ev_drop *d;

	fx_link(f, FX_ETH0, "\033[2Jeth", 0);
	fx_deliver(f);
	d = fx_drop(f, true, SYN, "");
	memset(d->reason_name, '\033', sizeof(d->reason_name)); /* not terminated either */
	memset(d->symbol, '\007', sizeof(d->symbol));
	fx_listener(f, "0.0.0.0", 80, "\033[2Japp");
	fx_counter(f, "\033[2J", 1);
	fx_route(f, 0, FX_ETH0, NULL);
	v = fx_expect_now(f, "undetermined", CONFIDENCE_POSSIBLE);
	all_printable(v->summary);
	for (unsigned int i = 0; i < v->n_steps; i++)
		all_printable(v->steps[i].what);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fx_setup, fx_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_half_open),
		TEST(test_half_open_v6),
		TEST(test_closed_by_prober),
		TEST(test_reset_by_prober),
		TEST(test_closed_by_server),
		TEST(test_answered),
		TEST(test_banner),
		TEST(test_idle),
		TEST(test_keep_alive),
		TEST(test_not_accepted),
		TEST(test_no_response),
		TEST(test_slow),
		TEST(test_reset_by_app),
		TEST(test_closed_unread),
		TEST(test_closed_without_response),
		TEST(test_closed_before_request),
		TEST(test_reset_after_answer),
		TEST(test_foreign_ack),
		TEST(test_hostile_payload),
		TEST(test_hostile_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
