// SPDX-License-Identifier: GPL-2.0-only
// Unit tests of retransmitted SYNs and the verdicts that they revise.
#include <string.h>

#include "fixture.h"

enum { SYN = 2, RST = 4, ACK = 16 };

static void drop_at(struct fixture *f, uint64_t us)
{
	fx_at(f, us);
	fx_arrive(f);
	fx_drop(f, true, SYN, "NETFILTER_DROP");
}

static void half_open_at(struct fixture *f, uint64_t us)
{
	fx_at(f, us);
	fx_deliver(f);
	fx_answer(f);
	fx_rst(f, true, FX_ENTRY);
}

/* Dropped, sent again, healthy: the second verdict says what the first one was. */
static void test_revised(void **state)
{
	struct fixture *f = *state;
	const struct verdict *v;

	drop_at(f, 0);
	half_open_at(f, 1000000);
	fx_play(f);
	fx_until(f, 30000000);
	assert_int_equal(f->n_verdicts, 2);
	v = fx_verdict(f, 0, "firewall-drop");
	assert_int_equal(v->syns, 1);
	assert_false(v->revised);
	v = fx_verdict(f, 1, "healthy");
	assert_int_equal(v->syns, 2);
	assert_true(v->revised);
	assert_int_equal(v->was, OUTCOME_FAILED);
	assert_string_equal(v->was_cause, "firewall-drop");
	assert_int_equal(v->first_ns, FX_START_NS);
	fx_says(v, "SYN-ACK after 8 us"); /* of the SYN that it answers */
	assert_int_equal(f->forgotten, 1);
}

/* The same cause again is no news; another is. */
static void test_other_cause(void **state)
{
	struct fixture *f = *state;
	const struct verdict *v;

	drop_at(f, 0);
	drop_at(f, 1000000);
	drop_at(f, 3000000);
	fx_at(f, 7000000);
	fx_deliver(f);
	fx_drop(f, true, SYN, "TCP_CSUM");
	fx_play(f);
	fx_until(f, 40000000);
	assert_int_equal(f->n_verdicts, 2);
	fx_verdict(f, 0, "firewall-drop");
	v = fx_verdict(f, 1, "bad-checksum");
	assert_int_equal(v->syns, 4);
	assert_string_equal(v->was_cause, "firewall-drop");
}

/* A retransmission that vanishes without trace, after a verdict, has its own timeout. */
static void test_revised_at_timeout(void **state)
{
	struct fixture *f = *state;
	const struct verdict *v;

	drop_at(f, 0);
	fx_at(f, 1000000);
	fx_deliver(f);
	fx_answer(f);
	fx_play(f);
	fx_until(f, 2999000);
	assert_int_equal(f->n_verdicts, 1);
	fx_until(f, 3002000);
	assert_int_equal(f->n_verdicts, 2);
	v = fx_verdict(f, 1, "synack-unanswered");
	assert_true(v->revised);
}

/* Unanswered SYNs count, and the timeout is the first one's. */
static void test_retransmissions(void **state)
{
	struct fixture *f = *state;
	const struct verdict *v;

	fx_deliver(f);
	fx_at(f, 1000000);
	fx_deliver(f);
	fx_play(f);
	fx_until(f, 1999900);
	assert_int_equal(f->n_verdicts, 0);
	fx_until(f, 2001000);
	v = fx_verdict(f, 0, "undetermined");
	assert_int_equal(v->syns, 2);
	fx_until(f, 60000000);
	assert_int_equal(f->n_verdicts, 1);
}

/* One that comes right before the timeout gets the time to show what becomes of it. */
static void test_young_attempt(void **state)
{
	struct fixture *f = *state;

	fx_deliver(f);
	fx_at(f, 1999950);
	fx_deliver(f);
	fx_answer(f);
	fx_at(f, 2050000);
	fx_rst(f, true, FX_ENTRY);
	assert_int_equal(fx_expect(f, "healthy", CONFIDENCE_CERTAIN)->syns, 2);
}

/* The kernel repeats the SYN-ACK of a half-open connection; the SYN that asks is then freed. */
static void test_synack_again(void **state)
{
	struct fixture *f = *state;
	const struct verdict *v;

	fx_deliver(f);
	fx_answer(f);
	fx_at(f, 1000000);
	fx_syn(f, FX_ENTRY);
	fx_no_socket(f)->state = 12; /* TCP_NEW_SYN_RECV */
	fx_syn(f, FX_IN);
	fx_answer(f);
	fx_drop(f, true, SYN, "NOT_SPECIFIED");
	fx_route(f, 0, FX_ETH0, NULL);
	v = fx_expect(f, "synack-unanswered", CONFIDENCE_CERTAIN);
	fx_says(v, "(sent 2 times)");
	assert_int_equal(v->syns, 2);
}

/* Timed out, then sent again: the answer that comes then is not the old silence. */
static void test_after_timeout(void **state)
{
	struct fixture *f = *state;

	fx_deliver(f);
	fx_play(f);
	fx_until(f, 2500000);
	fx_verdict(f, 0, "undetermined");
	fx_at(f, 3000000);
	fx_deliver(f);
	fx_answer(f);
	fx_at(f, 3050000);
	fx_rst(f, true, FX_ENTRY);
	fx_play(f);
	fx_until(f, 30000000);
	assert_int_equal(f->n_verdicts, 2);
	fx_verdict(f, 1, "healthy");
}

/* That the last SYN left less to see takes nothing back. */
static void test_no_news(void **state)
{
	struct fixture *f = *state;

	drop_at(f, 0);
	fx_at(f, 1000000);
	fx_deliver(f);
	fx_expect(f, "firewall-drop", CONFIDENCE_CERTAIN);
}

/* Nor does a reset that comes after all, when the probe has failed. */
static void test_late_reset(void **state)
{
	struct fixture *f = *state;

	fx_deliver(f);
	fx_answer(f);
	fx_at(f, 3000000);
	fx_rst(f, true, FX_ENTRY);
	fx_expect(f, "synack-unanswered", CONFIDENCE_CERTAIN);
}

/* That the prober gives up on a failed probe does not make it a good one. */
static void test_gives_up(void **state)
{
	struct fixture *f = *state;

	fx_deliver(f);
	fx_answer(f);
	fx_ack(f, FX_ENTRY);
	fx_drop(f, true, ACK, "NOT_SPECIFIED");
	fx_counter(f, "TcpExtListenOverflows", 1);
	fx_at(f, 3000000);
	fx_fin(f, true, FX_ENTRY);
	fx_expect(f, "accept-queue-full", CONFIDENCE_LIKELY);
}

static void refuse(struct fixture *f)
{
	fx_syn(f, FX_ENTRY);
	fx_syn(f, FX_IN);
	fx_reset(f, SYN, "NO_SOCKET", 0);
	fx_send(f, RST | ACK);
	fx_drop(f, true, SYN, "NO_SOCKET");
}

/* Each verdict stands on facts of its own time. */
static void test_fresh_facts(void **state)
{
	struct fixture *f = *state;
	struct fact_listener *l = fx_listener(f, "127.0.0.1", 80, "app");
	const struct verdict *v;

	refuse(f);
	fx_play(f);
	fx_until(f, 500000);
	fx_verdict(f, 0, "listener-wrong-address");
	l->family = 6; /* it has moved */
	memset(l->laddr, 0, sizeof(l->laddr));
	l->v6only = 1;
	fx_at(f, 1000000);
	refuse(f);
	fx_icmp(f, 3, 3); /* else it is as before, and nothing is asked */
	fx_play(f);
	fx_until(f, 30000000);
	assert_int_equal(f->n_verdicts, 2);
	v = fx_verdict(f, 1, "listener-wrong-family");
	for (unsigned int i = 0; i < v->n_steps; i++)
		assert_null(strstr(v->steps[i].what, "127.0.0.1"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fx_setup, fx_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_revised),	    TEST(test_other_cause),   TEST(test_revised_at_timeout),
		TEST(test_retransmissions), TEST(test_young_attempt), TEST(test_synack_again),
		TEST(test_after_timeout),   TEST(test_no_news),	      TEST(test_late_reset),
		TEST(test_gives_up),	    TEST(test_fresh_facts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
