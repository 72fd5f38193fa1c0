// SPDX-License-Identifier: GPL-2.0-only
// Unit tests of ports that are used again, and of more probes than there is room for.
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
	assert_int_equal(f->asked, 1); /* for the old one's facts */
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

/* A SYN of another attempt that was not seen to come in does not end what is followed. */
static void test_other_isn_inside(void **state)
{
	struct fixture *f = *state;

	fx_deliver(f);
	fx_syn(f, FX_IN)->tcp.seq = 99999;
	fx_answer(f);
	fx_rst(f, true, FX_ENTRY);
	fx_expect_now(f, "healthy", CONFIDENCE_CERTAIN);
}

/* Those that have their verdict stay for a while, but not more of them than a part of the room. */
static void test_settled_are_few(void **state)
{
	struct fixture *f = fx_new(16);

	(void)state;
	for (uint16_t i = 0; i < 12; i++) {
		fx_port(f, 40000 + i, 1000 + i);
		drop_at(f, i * 1000ULL);
	}
	fx_play(f);
	fx_until(f, 13000);
	assert_int_equal(f->n_verdicts, 12);
	assert_in_range(f->forgotten, 5, 11);
	fx_free(f);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fx_setup, fx_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_port_reuse),
		TEST(test_port_reuse_settled),
		TEST(test_port_reuse_dropped),
		TEST(test_much_later),
		cmocka_unit_test(test_eviction),
		cmocka_unit_test(test_eviction_of_settled),
		TEST(test_untracked),
		TEST(test_other_isn_inside),
		cmocka_unit_test(test_settled_are_few),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
