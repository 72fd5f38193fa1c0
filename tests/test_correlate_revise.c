// SPDX-License-Identifier: GPL-2.0-only
// Unit tests of retransmitted SYNs, revised verdicts, reused ports and evicted probes.
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

/* The same port, another initial sequence number: another probe. The old one is closed. */
static void test_port_reuse(void **state)
{
	struct fixture *f = *state;

	fx_deliver(f);
	fx_answer(f);
	fx_port(f, 53738, 99999);
	half_open_at(f, 500000);
	fx_play(f);
	fx_until(f, 501000);
	assert_int_equal(f->n_verdicts, 2);
	fx_verdict(f, 0, "synack-unanswered");
	fx_verdict(f, 1, "healthy");
	for (unsigned int i = 0; i < 2; i++) {
		assert_false(f->verdicts[i].revised);
		assert_int_equal(f->verdicts[i].syns, 1);
	}
	assert_int_equal(f->verdicts[1].first_ns, FX_START_NS + 500000 * FX_US);
	fx_until(f, 60000000);
	assert_int_equal(f->n_verdicts, 2);
}

static void test_port_reuse_settled(void **state)
{
	struct fixture *f = *state;

	drop_at(f, 0);
	fx_port(f, 53738, 99999);
	drop_at(f, 500000);
	fx_play(f);
	fx_until(f, 60000000);
	assert_int_equal(f->n_verdicts, 2);
	assert_false(f->verdicts[1].revised);
	assert_int_equal(f->verdicts[1].syns, 1);
}

/* As seen before the entry (XDP), where a drop is all there is. */
static void test_port_reuse_dropped(void **state)
{
	struct fixture *f = *state;

	fx_drop(f, true, SYN, "XDP");
	fx_port(f, 53738, 99999);
	fx_at(f, 500000);
	fx_drop(f, true, SYN, "XDP");
	fx_play(f);
	fx_until(f, 60000000);
	assert_int_equal(f->n_verdicts, 2);
	fx_verdict(f, 1, "xdp-drop");
	assert_false(f->verdicts[1].revised);
	assert_int_equal(f->verdicts[1].first_ns, FX_START_NS + 500000 * FX_US);
}

/* A port that is used again after long has a probe of its own, whatever its sequence number. */
static void test_much_later(void **state)
{
	struct fixture *f = *state;

	half_open_at(f, 0);
	half_open_at(f, 5000000);
	fx_play(f);
	fx_until(f, 60000000);
	assert_int_equal(f->n_verdicts, 2);
	assert_false(f->verdicts[1].revised);
}

/* More open probes than may be followed: the oldest makes room, and says why it has no cause. */
static void test_eviction(void **state)
{
	struct fixture *f = fx_new(4);
	struct corr_stats stats;

	(void)state;
	for (uint16_t i = 0; i < 6; i++) {
		fx_port(f, 40000 + i, 1000 + i);
		fx_deliver(f);
	}
	fx_play(f);
	fx_until(f, 10000);
	assert_int_equal(f->n_verdicts, 2);
	for (unsigned int i = 0; i < 2; i++) {
		const struct verdict *v = fx_verdict(f, i, "incomplete");

		assert_int_equal(v->probe.sport, 40000 + i);
		assert_int_equal(v->outcome, OUTCOME_INCOMPLETE);
		fx_says(v, "more connections at once than are followed");
	}
	corr_stats(f->corr, &stats);
	assert_int_equal(stats.evicted, 2);
	assert_int_equal(stats.lost_events, 0);
	fx_until(f, 60000000);
	assert_int_equal(f->n_verdicts, 6);
	for (unsigned int i = 2; i < 6; i++)
		fx_verdict(f, i, "undetermined");
	assert_int_equal(f->forgotten, 6);
	fx_free(f);
}

/* Settled probes make room first, and no one notices. */
static void test_eviction_of_settled(void **state)
{
	struct fixture *f = fx_new(4);
	struct corr_stats stats;

	(void)state;
	for (uint16_t i = 0; i < 20; i++) {
		fx_port(f, 40000 + i, 1000 + i);
		drop_at(f, 10000 + i * 1000ULL);
	}
	fx_play(f);
	fx_until(f, 60000000);
	assert_int_equal(f->n_verdicts, 20);
	for (unsigned int i = 0; i < 20; i++)
		fx_verdict(f, i, "firewall-drop");
	corr_stats(f->corr, &stats);
	assert_int_equal(stats.evicted, 0);
	assert_int_equal(f->forgotten, 20);
	fx_free(f);
}

/* The kernel's connection table was full: what follows the SYN will not be seen. */
static void test_untracked(void **state)
{
	struct fixture *f = *state;
	const struct verdict *v;

	fx_syn(f, FX_ENTRY)->untracked = 1;
	v = fx_expect_now(f, "incomplete", CONFIDENCE_POSSIBLE);
	fx_says(v, "more connections at once than are followed");
	fx_steps(v, "not followed: connection table full");
	assert_int_equal(f->asked, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fx_setup, fx_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_revised),
		TEST(test_other_cause),
		TEST(test_revised_at_timeout),
		TEST(test_retransmissions),
		TEST(test_young_attempt),
		TEST(test_synack_again),
		TEST(test_port_reuse),
		TEST(test_port_reuse_settled),
		TEST(test_port_reuse_dropped),
		TEST(test_much_later),
		cmocka_unit_test(test_eviction),
		cmocka_unit_test(test_eviction_of_settled),
		TEST(test_untracked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
