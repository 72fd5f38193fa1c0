// SPDX-License-Identifier: GPL-2.0-only
// Unit tests of the application's faults, and of what hostile peers put in.
#include <ctype.h>
#include <string.h>

#include "fixture.h"

enum { FIN = 1, SYN = 2, RST = 4, ACK = 16 };
enum { STATE_ESTABLISHED = 1, STATE_FIN_WAIT2 = 5 };

static const char get[] = "GET /health HTTP/1.1\r\nHost: x\r\n\r\n";
static const char ok[] = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";

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
	fx_says(v, "no answer within 2000 ms: gunicorn (pid 813) has not answered and is sleeping, "
		   "34 bytes");
	fx_steps(v, "accepted by gunicorn (pid 813), sleeping, 34 bytes unread");
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
	assert_int_equal(v->confidence, CONFIDENCE_CERTAIN);
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

/* Kernels whose tracepoint does not tell: the reset itself is all there is. */
static void test_reset_seen(void **state)
{
	struct fixture *f = *state;

	fx_connect(f);
	fx_send(f, RST | ACK);
	fx_expect_now(f, "reset-by-app", CONFIDENCE_LIKELY);
}

static void answer_with(struct fixture *f, const char *response)
{
	fx_connect(f);
	fx_request(f, get);
	fx_respond(f, response);
	fx_send(f, FIN | ACK);
	fx_listener(f, "0.0.0.0", 80, "nginx");
}

static void test_http_status(void **state)
{
	struct fixture *f = *state;
	const struct verdict *v;

	answer_with(f, "HTTP/1.1 503 Service Unavailable\r\n\r\n");
	v = fx_expect_now(f, "http-status", CONFIDENCE_CERTAIN);
	fx_says(v, "nginx (pid 812) answered \"HTTP/1.1 503 Service Unavailable\"");
	fx_says(v, "\"GET /health HTTP/1.1\"");
}

/* What the caller expects counts. */
static void test_http_expected(void **state)
{
	struct fixture *f = *state;

	answer_with(f, "HTTP/1.1 404 Not Found\r\n\r\n");
	fx_expect_now(f, "healthy", CONFIDENCE_CERTAIN);
}

/* A version without a code is no HTTP. */
static void test_no_http(void **state)
{
	struct fixture *f = *state;
	const struct verdict *v;

	answer_with(f, "HTTP/1.1 5xx\r\n\r\n");
	v = fx_expect_now(f, "http-status", CONFIDENCE_CERTAIN);
	fx_says(v, "answered \"HTTP/1.1 5xx\", which is no HTTP response, to");
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
	fx_says(v, "app (pid 812) closed the connection without answering the request (with");
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
	v = fx_expect(f, "undetermined", CONFIDENCE_POSSIBLE);
	all_printable(v->summary);
	for (unsigned int i = 0; i < v->n_steps; i++)
		all_printable(v->steps[i].what);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fx_setup, fx_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_not_accepted),
		TEST(test_no_response),
		TEST(test_slow),
		TEST(test_reset_by_app),
		TEST(test_reset_seen),
		TEST(test_http_status),
		TEST(test_http_expected),
		TEST(test_no_http),
		TEST(test_closed_unread),
		TEST(test_closed_without_response),
		TEST(test_closed_before_request),
		TEST(test_hostile_payload),
		TEST(test_hostile_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
