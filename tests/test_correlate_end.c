// SPDX-License-Identifier: GPL-2.0-only
// Unit tests of how a probe's story ends: timeouts, lost events, facts that never come.
#include <string.h>

#include "fixture.h"

enum { SYN = 2, ACK = 16 };

static void drop(struct fixture *f)
{
	fx_arrive(f);
	fx_drop(f, true, SYN, "NETFILTER_DROP");
}

/* Nothing before the timeout, one verdict at it, nothing after. */
static void test_timeout(void **state)
{
	struct fixture *f = *state;

	fx_deliver(f);
	fx_play(f);
	fx_until(f, 2000000);
	assert_int_equal(f->n_verdicts, 0);
	fx_until(f, 2000301);
	assert_int_equal(f->n_verdicts, 1);
	assert_int_equal(fx_verdict(f, 0, "undetermined")->duration_us, 2000000);
	fx_until(f, 60000000);
	assert_int_equal(f->n_verdicts, 1);
	assert_int_equal(f->asked, 1);
	assert_int_equal(f->forgotten, 1);
}

/* Short ones are kept too. */
static void test_short_timeout(void **state)
{
	struct fixture *f = fx_new_timeout(50);

	(void)state;
	fx_deliver(f);
	fx_play(f);
	fx_until(f, 51000);
	assert_int_equal(fx_verdict(f, 0, "undetermined")->duration_us, 50000);
	fx_free(f);
}

/* A decisive event is not waited out, but what comes with it is. */
static void test_at_once(void **state)
{
	struct fixture *f = *state;

	drop(f);
	fx_play(f);
	fx_until(f, 400);
	assert_int_equal(f->n_verdicts, 0);
	fx_until(f, 600);
	assert_int_equal(f->n_verdicts, 1);
	assert_int_equal(f->verdicts->duration_us, 4);
}

static const struct verdict *with_loss(struct fixture *f, uint64_t since_us, uint64_t until_us)
{
	fx_at(f, 100000);
	drop(f);
	fx_at(f, until_us);
	fx_lost(f, since_us, 17);
	for (unsigned int i = 0; i < f->n_events; i++)
		assert_int_equal(corr_push(f->corr, f->events[i]), 0);
	fx_until(f, 5000000);
	assert_int_equal(f->n_verdicts, 1);
	return f->verdicts;
}

static void test_lost_within(void **state)
{
	const struct verdict *v = with_loss(*state, 99000, 100002);
	struct corr_stats stats;

	assert_string_equal(v->cause, "incomplete");
	assert_int_equal(v->outcome, OUTCOME_INCOMPLETE);
	assert_int_equal(v->lost_events, 17);
	fx_says(v, "events were lost");
	corr_stats(((struct fixture *)*state)->corr, &stats);
	assert_int_equal(stats.lost_events, 17);
}

static void test_lost_before(void **state)
{
	const struct verdict *v = with_loss(*state, 50000, 99999);

	assert_string_equal(v->cause, "firewall-drop");
	assert_int_equal(v->lost_events, 0);
}

static void test_lost_after(void **state)
{
	const struct verdict *v = with_loss(*state, 101000, 200000);

	assert_string_equal(v->cause, "firewall-drop");
	assert_int_equal(v->lost_events, 0);
}

/* While it is waited for an answer any loss may have been the answer. */
static void test_lost_while_waiting(void **state)
{
	struct fixture *f = *state;

	fx_deliver(f);
	fx_at(f, 1500000);
	fx_lost(f, 1400000, 1);
	assert_int_equal(fx_expect(f, "incomplete", CONFIDENCE_POSSIBLE)->lost_events, 1);
}

/* Connections that the kernel could not follow are counted, and are no loss of the others. */
static void test_evicted_only(void **state)
{
	struct fixture *f = *state;
	struct corr_stats stats;

	drop(f);
	fx_lost(f, 0, 0)->evicted = 3;
	fx_expect_now(f, "firewall-drop", CONFIDENCE_CERTAIN);
	corr_stats(f->corr, &stats);
	assert_int_equal(stats.evicted, 3);
	assert_int_equal(stats.lost_events, 0);
}

/* Losses are remembered in few places: old ones together, and none is forgotten. */
static void test_many_losses(void **state)
{
	struct fixture *f = *state;
	struct corr_stats stats;

	fx_deliver(f);
	for (unsigned int i = 0; i < 200; i++) {
		fx_at(f, 10 + i * 10);
		fx_lost(f, i * 10, 1);
	}
	assert_int_equal(fx_expect(f, "incomplete", CONFIDENCE_POSSIBLE)->lost_events, 200);
	corr_stats(f->corr, &stats);
	assert_int_equal(stats.lost_events, 200);
}

/* A verdict without facts, after a second: poorer, but there, and never empty. */
static void test_no_facts(void **state)
{
	struct fixture *f = *state;

	f->silent = true;
	drop(f);
	fx_play(f);
	fx_until(f, 1000400);
	assert_int_equal(f->n_verdicts, 0);
	assert_int_equal(f->asked, 1);
	fx_until(f, 1000600);
	fx_verdict(f, 0, "firewall-drop");
	fx_until(f, 60000000);
	assert_int_equal(f->n_verdicts, 1);
	assert_int_equal(f->asked, 1);
}

/* Facts that come late, but before that. */
static void test_late_facts(void **state)
{
	struct fact_done done = {.hdr = {.type = EV_FACT_DONE, .size = sizeof(done)}};
	struct fixture *f = *state;
	struct fact_hook *h = fx_hook(f, 1, 0, HOOK_NFT, "filter", "INPUT");

	f->silent = true;
	drop(f);
	fx_play(f);
	fx_until(f, 700000);
	h->flow = done.flow = f->flow;
	assert_int_equal(corr_push(f->corr, &h->hdr), 0);
	assert_int_equal(f->n_verdicts, 0);
	assert_int_equal(corr_push(f->corr, &done.hdr), 0);
	assert_string_equal(fx_verdict(f, 0, "firewall-drop")->rule.table, "filter");
	fx_until(f, 60000000);
	assert_int_equal(f->n_verdicts, 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fx_setup, fx_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_timeout),
		cmocka_unit_test(test_short_timeout),
		TEST(test_at_once),
		TEST(test_lost_within),
		TEST(test_lost_before),
		TEST(test_lost_after),
		TEST(test_lost_while_waiting),
		TEST(test_evicted_only),
		TEST(test_many_losses),
		TEST(test_no_facts),
		TEST(test_late_facts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
