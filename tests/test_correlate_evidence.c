// SPDX-License-Identifier: GPL-2.0-only
// Unit tests of what packets, sockets and resets add to a probe's evidence.
#include <string.h>

#include "../user/probe.h"
#include "fixture.h"

enum { FIN = 1, SYN = 2, RST = 4, ACK = 16 };

static void test_syn(void **state)
{
	struct fixture *f = *state;
	struct ev_packet *p = fx_syn(f, FX_IN);

	struct probe *probe = fx_after(0, fx_syn(f, FX_ENTRY), true);

	assert_bits(probe->attempt.bits, E(ARRIVED));
	assert_true(if_set_has(&probe->attempt.in_ifs, FX_ETH0));
	probe_free(probe);
	assert_bits(fx_adds(0, fx_syn(f, FX_PRE), true), E(ARRIVED));
	assert_bits(fx_adds(0, p, true), E(ARRIVED) | E(DELIVERED));
	p->priority = 0; /* not at the end of INPUT yet */
	assert_bits(fx_adds(0, p, true), E(ARRIVED));
	assert_bits(fx_adds(0, fx_syn(f, FX_POST), true), E(ARRIVED) | E(FORWARDED));
	assert_bits(fx_adds(0, fx_syn(f, FX_EXIT), true), E(ARRIVED) | E(FORWARDED));
}

static void test_incoming(void **state)
{
	const evidence_t made = E(SYNACK_MADE);
	struct fixture *f = *state;
	struct ev_packet *p = fx_ack(f, FX_ENTRY);

	assert_bits(fx_adds(made, p, true), E(HANDSHAKE));
	assert_bits(fx_adds(0, p, true), 0);		       /* of a connection before this one */
	assert_bits(fx_adds(made, fx_ack(f, FX_IN), true), 0); /* entry counts */
	assert_bits(fx_adds(made, fx_fin(f, true, FX_ENTRY), true), E(HANDSHAKE) | E(PROBER_FIN));
	assert_bits(fx_adds(made, fx_rst(f, true, FX_ENTRY), true), E(PROBER_RST));
	assert_bits(fx_adds(made, fx_payload(f, true, "x", 1, FX_ENTRY), true),
		    E(HANDSHAKE) | E(REQUEST));
	p->tcp.ack = 700001;
	assert_bits(fx_adds(made, p, true), E(HANDSHAKE));
	p->tcp.ack = 700000;
	assert_bits(fx_adds(made, p, true), 0);
	p->tcp.ack = 700001 + (1U << 30); /* later data is acknowledged */
	assert_bits(fx_adds(made, p, true), E(HANDSHAKE));
}

static void test_replies(void **state)
{
	const evidence_t made = E(SYNACK_MADE);
	struct fixture *f = *state;

	assert_bits(fx_adds(0, fx_synack(f, FX_OUT_FIRST), false), made);
	assert_bits(fx_adds(0, fx_synack(f, FX_EXIT), false), made | E(SYNACK_LEFT));
	assert_bits(fx_adds(0, fx_rst(f, false, FX_OUT), false), E(RST_OUT));
	assert_bits(fx_adds(0, fx_packet(f, false, ACK, FX_OUT), false), E(ACK_ANSWER));
	assert_bits(fx_adds(made, fx_packet(f, false, ACK, FX_OUT), false), 0);
	assert_bits(fx_adds(made, fx_fin(f, false, FX_EXIT), false), E(SERVER_FIN));
	/* An answer has to leave. */
	assert_bits(fx_adds(made, fx_payload(f, false, "x", 1, FX_OUT), false), 0);
	assert_bits(fx_adds(made, fx_payload(f, false, "x", 1, FX_EXIT), false), E(RESPONSE));
}

static evidence_t bits_after(evidence_t bits, const void *event)
{
	struct probe *probe = fx_after(bits, event, true);

	bits = probe->attempt.bits;
	probe_free(probe);
	return bits;
}

static void test_sockets(void **state)
{
	struct fixture *f = *state;
	struct ev_socket *s = fx_listen(f, 4, 5);
	const evidence_t before = E(SYNACK_MADE) | E(SYNACK_LEFT);

	assert_bits(fx_adds(0, s, true), E(LISTEN_FOUND));
	s->backlog = 5; /* full is more than the limit: include/net/sock.h */
	assert_bits(fx_adds(0, s, true), E(LISTEN_FOUND));
	s->backlog = 6;
	s->has_filter = 1;
	assert_bits(fx_adds(0, s, true), E(LISTEN_FOUND) | E(LISTEN_FULL) | E(LISTEN_FILTER));
	/* The half-open connection is gone: its SYN-ACK is no answer any more. */
	assert_bits(bits_after(before, s) & before, 0);
	s->state = 12; /* TCP_NEW_SYN_RECV */
	assert_bits(bits_after(before, s), before);
	assert_bits(fx_adds(0, fx_no_socket(f), true), 0);
}

static void test_time_wait(void **state)
{
	struct fixture *f = *state;
	struct ev_socket *s = fx_time_wait(f, 88124, 3, 500);

	assert_bits(fx_adds(0, s, true), E(TW_FOUND) | E(TW_TS_NEWER));
	s->tw_ts_recent = 88123; /* equal is good */
	assert_bits(fx_adds(0, s, true), E(TW_FOUND));
	s->tw_ts_recent = 88123 + (1U << 31); /* half the circle: older */
	assert_bits(fx_adds(0, s, true), E(TW_FOUND));
	s->tw_ts_recent = 99000;
	s->tw_ts_recent_stamp = 0; /* the old connection had no timestamps */
	assert_bits(fx_adds(0, s, true), E(TW_FOUND));
	s->tw_rcv_nxt = 1828;
	assert_bits(fx_adds(0, s, true), E(TW_FOUND));
	s->tw_rcv_nxt = 1829;
	assert_bits(fx_adds(0, s, true), E(TW_FOUND) | E(TW_SEQ_NEWER));
}

static void test_resets(void **state)
{
	struct fixture *f = *state;
	struct ev_reset *r = fx_reset(f, SYN, "NO_SOCKET", 0);

	assert_bits(fx_adds(0, r, true), E(NO_SOCKET));
	r->sk_state = 10;
	assert_bits(fx_adds(0, r, true), E(NO_SOCKET)); /* the reason decides */
	strcpy(r->reason_name, "INVALID_SYN");
	r->sk_state = 0;
	assert_bits(fx_adds(0, r, true), 0);
	r->has_reason = 0;
	assert_bits(fx_adds(0, r, true), E(NO_SOCKET));
	r->active = 1;
	assert_bits(fx_adds(0, r, true), E(RESET_ACTIVE));
	r->active = 0;
	r->tcp.flags = ACK;
	r->sk_state = 12;
	assert_bits(fx_adds(0, r, true), E(RESET_HANDSHAKE));
	assert_bits(fx_adds(E(REQUEST), r, true), 0);
	assert_bits(fx_adds(E(SERVER_FIN), r, true), 0);
	r->sk_state = 1;
	assert_bits(fx_adds(0, r, true), E(RESET_ACTIVE));
	strcpy(r->reason_name, "TCP_ABORT_ON_CLOSE");
	assert_bits(fx_adds(0, r, true), E(RESET_ACTIVE) | E(RESET_UNREAD));
}

static void test_others(void **state)
{
	struct fixture *f = *state;
	struct ev_state *s = fx_state(f, 3, 1);
	struct probe *probe;

	assert_bits(fx_adds(0, fx_icmp(f, 3, 3), true), E(ICMP_SENT) | E(PORT_UNREACHABLE));
	assert_bits(fx_adds(0, fx_icmp(f, 3, 1), true), E(ICMP_SENT));
	assert_bits(fx_adds(0, fx_icmp(f, 1, 4), true), E(ICMP_SENT)); /* IPv4 has no such */
	assert_bits(fx_adds(0, fx_icmp(f, 3, 3), false), 0);	       /* about our own reply */
	assert_bits(fx_adds(0, s, true), E(ESTABLISHED));
	/* What was dropped has been repeated, and got through. */
	assert_false(bits_after(E(DROP_NETFILTER) | E(DROP_OVERFLOW), s) & E_DROP_SYN);
	probe = fx_after(0, fx_drop(f, true, ACK, "NETFILTER_DROP"), true);
	observe(probe, &s->hdr, true);
	assert_int_equal(probe->attempt.drop.hdr.type, 0);
	probe_free(probe);
	s->newstate = 7;
	assert_bits(bits_after(E(DROP_NETFILTER), s), E(DROP_NETFILTER));
	assert_bits(fx_adds(0, s, true), 0);
}

/* A repeated SYN begins anew, but for a SYN-ACK that was made. */
static void test_new_attempt(void **state)
{
	struct fixture *f = *state;
	const struct ev_tcp syn = {.seq = 1829, .tsval = 90000};
	struct probe *probe;

	probe = fx_after(E(LISTEN_FULL), fx_synack(f, FX_EXIT), false);
	probe_new_attempt(probe, 77, &syn);
	assert_bits(probe->attempt.bits, E(SYNACK_MADE) | E(SYNACK_LEFT));
	assert_int_equal(probe->attempt.synacks, 1);
	assert_int_equal(probe->attempt.synack_seq, 700000);
	assert_true(if_set_has(&probe->attempt.out_ifs, FX_ETH0));
	assert_int_equal(probe->attempt.start_ns, 77);
	assert_int_equal(probe->attempt.syn.tsval, 90000);
	assert_int_equal(probe->attempt.in_ifs.n, 0);
	probe_free(probe);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fx_setup, fx_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_syn),	    TEST(test_incoming),    TEST(test_replies),
		TEST(test_sockets), TEST(test_time_wait),   TEST(test_resets),
		TEST(test_others),  TEST(test_new_attempt),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
