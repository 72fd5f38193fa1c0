// SPDX-License-Identifier: GPL-2.0-only
// Unit tests of the causes in the handshake: full queues, TCP authentication.
#include <string.h>

#include "fixture.h"

enum { SYN = 2, RST = 4, ACK = 16 };
enum { STATE_NEW_SYN_RECV = 12 };

/* The SYN vanishes in TCP: no drop, no answer. */
static void vanish(struct fixture *f, uint32_t backlog, uint32_t max, uint32_t syn_queue)
{
	fx_syn(f, FX_ENTRY);
	fx_listen(f, backlog, max)->syn_queue = syn_queue;
	fx_syn(f, FX_PRE_FIRST);
	fx_syn(f, FX_PRE);
	fx_syn(f, FX_IN);
	fx_listener(f, "0.0.0.0", 80, "app")->limit = max;
	fx_sysctl(f, "net.core.somaxconn", 4096);
	fx_route(f, 0, FX_ETH0, "172.16.32.1");
}

static void test_accept_queue(void **state)
{
	struct fixture *f = *state;
	const struct verdict *v;

	vanish(f, 1, 0, 0); /* as of listen(0) */
	fx_counter(f, "TcpExtListenOverflows", 1);
	v = fx_expect(f, "accept-queue-full", CONFIDENCE_CERTAIN);
	fx_says(v, "accept queue of app (pid 812) full: backlog 1, limit 0 (somaxconn 4096)");
	fx_says(v, "(ListenOverflows +1)");
	assert_int_equal(v->duration_us, 2000000);
}

static void test_accept_queue_v6(void **state)
{
	struct fixture *f = *state;

	fx_v6(f);
	vanish(f, 6, 5, 0);
	fx_counter(f, "TcpExtListenOverflows", 1);
	fx_expect(f, "accept-queue-full", CONFIDENCE_CERTAIN);
}

/* Without the counter it is by elimination. */
static void test_accept_queue_likely(void **state)
{
	struct fixture *f = *state;

	vanish(f, 6, 5, 0);
	fx_expect(f, "accept-queue-full", CONFIDENCE_LIKELY);
}

/* backlog == limit is not full (include/net/sock.h, sk_acceptq_is_full()). */
static void test_accept_queue_has_room(void **state)
{
	struct fixture *f = *state;
	const struct verdict *v;

	vanish(f, 5, 5, 0);
	v = fx_expect(f, "undetermined", CONFIDENCE_POSSIBLE);
	fx_says(v, "no answer and no drop was seen within 2000 ms: it passed INPUT to TCP");
}

/* Only somaxconn limits it: then raising it is part of the fix. */
static void test_somaxconn(void **state)
{
	struct fixture *f = *state;
	const struct verdict *v;

	vanish(f, 4097, 4096, 0);
	v = fx_expect(f, "accept-queue-full", CONFIDENCE_LIKELY);
	fx_fixes(v, "(now 4096), and sysctl -w net.core.somaxconn=8192");
}

/* The other form: the final ACK is refused. From 6.15 with a reason. */
static void test_final_ack(void **state)
{
	struct fixture *f = *state;
	const struct verdict *v;

	fx_deliver(f);
	fx_answer(f);
	fx_ack(f, FX_ENTRY);
	fx_drop(f, true, ACK, "TCP_LISTEN_OVERFLOW");
	fx_listener(f, "0.0.0.0", 80, "app")->backlog = 512;
	fx_sysctl(f, "net.core.somaxconn", 4096);
	fx_counter(f, "TcpExtListenOverflows", 1);
	v = fx_expect_now(f, "accept-queue-full", CONFIDENCE_CERTAIN);
	fx_says(v, "backlog 512, limit 511");

	fx_says(v, "the prober's final ACK was refused");
}

/* Before 6.15: refused without a reason; the counter is all there is. */
static void test_final_ack_old(void **state)
{
	struct fixture *f = *state;

	fx_deliver(f);
	fx_answer(f);
	fx_ack(f, FX_ENTRY);
	fx_drop(f, true, ACK, "NOT_SPECIFIED");
	fx_counter(f, "TcpExtListenOverflows", 1);
	fx_expect(f, "accept-queue-full", CONFIDENCE_LIKELY);
}

/* tcp_abort_on_overflow=1 */
static void test_final_ack_reset(void **state)
{
	struct fixture *f = *state;
	const struct verdict *v;

	fx_deliver(f);
	fx_answer(f);
	fx_ack(f, FX_ENTRY);
	fx_reset(f, ACK, "INVALID_SYN", STATE_NEW_SYN_RECV);
	fx_send(f, RST | ACK);
	fx_listener(f, "0.0.0.0", 80, "app")->backlog = 512;
	fx_sysctl(f, "net.core.somaxconn", 4096);
	fx_counter(f, "TcpExtListenOverflows", 1);
	v = fx_expect_now(f, "accept-queue-full", CONFIDENCE_CERTAIN);
	fx_says(v, "answered with a reset (tcp_abort_on_overflow)");
}

static void syn_queue(struct fixture *f, uint32_t half_open, int64_t cookies)
{
	vanish(f, 0, 128, half_open);
	fx_sysctl(f, "net.ipv4.tcp_syncookies", cookies);
	fx_sysctl(f, "net.ipv4.tcp_max_syn_backlog", 512);
}

static void test_syn_queue(void **state)
{
	struct fixture *f = *state;
	const struct verdict *v;

	syn_queue(f, 129, 0);
	fx_counter(f, "TcpExtTCPReqQFullDrop", 2);
	v = fx_expect(f, "syn-queue-full", CONFIDENCE_CERTAIN);
	fx_says(v, "129 half-open connections (tcp_max_syn_backlog 512, listen backlog 128)");
	fx_fixes(v, "tcp_syncookies=1");
	fx_fixes(v, "tcp_max_syn_backlog=4096");
}

static void test_syn_queue_likely(void **state)
{
	struct fixture *f = *state;

	syn_queue(f, 129, 0);
	fx_expect(f, "syn-queue-full", CONFIDENCE_LIKELY);
}

static void test_syn_cookies(void **state)
{
	struct fixture *f = *state;

	syn_queue(f, 129, 1);
	fx_expect(f, "undetermined", CONFIDENCE_POSSIBLE);
}

static void test_syn_queue_has_room(void **state)
{
	struct fixture *f = *state;

	syn_queue(f, 128, 0);
	fx_expect(f, "undetermined", CONFIDENCE_POSSIBLE);
}

static void drop_for(struct fixture *f, const char *reason, const char *says)
{
	fx_deliver(f);
	fx_drop(f, true, SYN, reason);
	fx_listener(f, "0.0.0.0", 80, "bgpd");
	fx_says(fx_expect_now(f, "tcp-auth", CONFIDENCE_CERTAIN), says);
}

static void test_auth_missing(void **state)
{
	drop_for(*state, "TCP_MD5NOTFOUND", "the probe has no signature");
}

static void test_auth_unexpected(void **state)
{
	drop_for(*state, "TCP_MD5UNEXPECTED", "the probe is signed, and the listener has no key");
}

static void test_auth_wrong(void **state)
{
	drop_for(*state, "TCP_AOFAILURE", "does not fit the listener's key");
}

/* net/ipv4/tcp_ao.c: the segment is signed, with a key id that the listener does not have. */
static void test_auth_key(void **state)
{
	drop_for(*state, "TCP_AOKEYNOTFOUND", "does not fit the listener's key");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fx_setup, fx_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_accept_queue),	TEST(test_accept_queue_v6),
		TEST(test_accept_queue_likely), TEST(test_accept_queue_has_room),
		TEST(test_somaxconn),		TEST(test_final_ack),
		TEST(test_final_ack_old),	TEST(test_final_ack_reset),
		TEST(test_syn_queue),		TEST(test_syn_queue_likely),
		TEST(test_syn_cookies),		TEST(test_syn_queue_has_room),
		TEST(test_auth_missing),	TEST(test_auth_unexpected),
		TEST(test_auth_wrong),		TEST(test_auth_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
