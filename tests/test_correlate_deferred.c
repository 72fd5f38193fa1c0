// SPDX-License-Identifier: GPL-2.0-only
// Unit tests of handshakes that are not the plain one: TCP Fast Open, deferred accept, final ACKs
// that got through only later or never.
#include <string.h>

#include "../user/probe.h"
#include "fixture.h"

enum { FIN = 1, RST = 4, ACK = 16, SYN_RECV = 3 };

static const char get[] = "GET /health HTTP/1.1\r\nHost: x\r\n\r\n";
static const char ok[] = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";

/* TCP Fast Open: the request in the SYN; taken if the SYN-ACK acknowledges it. */
static void fast_open(struct fixture *f, bool taken)
{
	struct ev_packet *p = fx_payload(f, true, get, strlen(get), FX_ENTRY);

	p->tcp.flags = 2;
	p->tcp.seq = f->isn;
	p->tcp.ack = 0;
	fx_listen(f, 0, FX_BACKLOG); /* netfilter waypoints do not see long packets */
	f->sent[1] = taken ? (uint32_t)strlen(get) : 0;
	fx_answer(f);
	fx_ack(f, FX_ENTRY);
	fx_ack(f, FX_IN);
	fx_state(f, SYN_RECV, 1);
}

static void test_fast_open(void **state)
{
	struct fixture *f = *state;
	const struct verdict *v;

	fast_open(f, true);
	fx_listener(f, "0.0.0.0", 80, "nginx");
	fx_respond(f, "HTTP/1.1 503 Service Unavailable\r\n\r\n");
	v = fx_expect_now(f, "http-status", CONFIDENCE_CERTAIN);
	fx_says(v, "to \"GET /health HTTP/1.1\"");
}

static void test_fast_open_no_answer(void **state)
{
	struct fixture *f = *state;

	fast_open(f, true);
	fx_conn(f, "gunicorn", 0);
	fx_expect(f, "app-no-response", CONFIDENCE_CERTAIN);
}

static void test_fast_open_reset(void **state)
{
	struct fixture *f = *state;

	fast_open(f, true);
	fx_send(f, FIN | ACK);
	fx_expect_now(f, "closed-without-response", CONFIDENCE_CERTAIN);
}

/* Not taken, and not sent again: nothing was asked. */
static void test_fast_open_refused(void **state)
{
	struct fixture *f = *state;

	fast_open(f, false);
	fx_fin(f, true, FX_ENTRY);
	fx_says(fx_expect_now(f, "healthy", CONFIDENCE_CERTAIN), "then closed by the prober");
}

/* Not taken, and sent again. */
static void test_fast_open_again(void **state)
{
	struct fixture *f = *state;

	fast_open(f, false);
	fx_request(f, get);
	fx_respond(f, ok);
	fx_send(f, FIN | ACK);
	fx_says(fx_expect_now(f, "healthy", CONFIDENCE_CERTAIN), "200 OK");
}

/* TCP_DEFER_ACCEPT: the final ACK is dropped, the connection stays in SYN_RECV until data come. */
static void deferred(struct fixture *f)
{
	fx_deliver(f);
	fx_answer(f);
	fx_ack(f, FX_ENTRY);
	fx_ack(f, FX_IN);
	fx_drop(f, true, ACK, "NOT_SPECIFIED");
}

static void test_deferred(void **state)
{
	struct fixture *f = *state;

	deferred(f);
	fx_conn(f, NULL, 0)->state = SYN_RECV;
	fx_says(fx_expect(f, "healthy", CONFIDENCE_LIKELY), "nothing was asked");
}

/* The same in ESTABLISHED: there it is the application's to take. */
static void test_not_deferred(void **state)
{
	struct fixture *f = *state;

	deferred(f);
	fx_conn(f, NULL, 0);
	fx_expect(f, "app-not-accepting", CONFIDENCE_CERTAIN);
}

/* The final ACK was lost, or dropped, and the request that follows it too. */
static void refused_request(struct fixture *f)
{
	deferred(f);
	fx_request(f, get);
	fx_drop(f, true, ACK, "NOT_SPECIFIED");
	fx_listener(f, "0.0.0.0", 80, "app")->backlog = 512;
	fx_sysctl(f, "net.core.somaxconn", 4096);
}

static void test_overflow(void **state)
{
	struct fixture *f = *state;
	const struct verdict *v;

	refused_request(f);
	fx_counter(f, "TcpExtListenOverflows", 2);
	v = fx_expect(f, "accept-queue-full", CONFIDENCE_LIKELY);
	fx_says(v, "the prober's final ACK was refused (ListenOverflows +2)");
}

static void test_no_overflow(void **state)
{
	struct fixture *f = *state;

	refused_request(f);
	fx_expect(f, "app-no-response", CONFIDENCE_LIKELY);
}

/* Once established, growth is other connections'. */
static void test_overflow_of_others(void **state)
{
	struct fixture *f = *state;

	fx_connect(f);
	fx_request(f, get);
	fx_counter(f, "TcpExtListenOverflows", 2);
	fx_expect(f, "app-no-response", CONFIDENCE_CERTAIN);
}

/* A dropped ACK that is repeated, or made good by the request, was no failure. */
static void test_established_clears(void **state)
{
	static const char *const reasons[] = {"TCP_LISTEN_OVERFLOW", "NETFILTER_DROP", "TCP_CSUM"};

	for (unsigned int i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
		struct fixture *f = fx_new(16);

		fx_deliver(f);
		fx_answer(f);
		fx_ack(f, FX_ENTRY);
		fx_drop(f, true, ACK, reasons[i]);
		fx_request(f, get);
		fx_state(f, SYN_RECV, 1);
		fx_respond(f, ok);
		fx_fin(f, true, FX_ENTRY);
		fx_expect_now(f, "healthy", CONFIDENCE_CERTAIN);
		fx_free(f);
	}
	(void)state;
}

/* The verdict was out by then: it is taken back. */
static void test_established_revises(void **state)
{
	struct fixture *f = *state;

	fx_deliver(f);
	fx_answer(f);
	fx_ack(f, FX_ENTRY);
	fx_drop(f, true, ACK, "TCP_LISTEN_OVERFLOW");
	fx_play(f);
	fx_until(f, 100000);
	fx_verdict(f, 0, "accept-queue-full");
	fx_at(f, 200000);
	fx_request(f, get);
	fx_state(f, SYN_RECV, 1);
	fx_respond(f, ok);
	fx_fin(f, true, FX_ENTRY);
	fx_play(f);
	fx_until(f, 30000000);
	assert_true(fx_verdict(f, 1, "healthy")->revised);
	assert_int_equal(f->n_verdicts, 2);
}

/* Of the evidence only the drops go, and with them the packet that was dropped. */
static void test_established_bits(void **state)
{
	struct fixture *f = *state;
	uint64_t kept = E(ARRIVED) | E(SYNACK_MADE) | E(HANDSHAKE) | E(REQUEST);
	struct probe *probe;

	probe = fx_after(kept | E(DROP_NETFILTER) | E(DROP_OVERFLOW) | E(DROP_OTHER),
			 fx_state(f, SYN_RECV, 1), true);
	assert_true(probe->attempt.bits == (kept | E(ESTABLISHED)));
	assert_int_equal(probe->attempt.drop.hdr.type, 0);
	probe_free(probe);
	probe = fx_after(kept | E(DROP_NETFILTER), fx_state(f, 1, SYN_RECV), true);
	assert_true(probe->attempt.bits == (kept | E(DROP_NETFILTER)));
	probe_free(probe);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fx_setup, fx_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_fast_open),	       TEST(test_fast_open_no_answer),
		TEST(test_fast_open_reset),    TEST(test_fast_open_refused),
		TEST(test_fast_open_again),    TEST(test_deferred),
		TEST(test_not_deferred),       TEST(test_overflow),
		TEST(test_no_overflow),	       TEST(test_overflow_of_others),
		TEST(test_established_clears), TEST(test_established_revises),
		TEST(test_established_bits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
