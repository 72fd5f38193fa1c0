// SPDX-License-Identifier: GPL-2.0-only
// Unit tests of how a probe's story ends: timeouts, lost events, facts that never come, the end of
// tracing.
#include <string.h>

#include "fixture.h"

enum { SYN = 2, ACK = 16 };

static void drop(struct fixture *f)
{
	fx_arrive(f);
	fx_drop(f, true, SYN, "NETFILTER_DROP");
}

static void finish_at(struct fixture *f, uint64_t us)
{
	fx_play(f);
	corr_finish(f->corr, FX_START_NS + us * FX_US);
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

/* Tracing ends right after the SYN: nothing can be said. */
static void test_finish_young(void **state)
{
	struct fixture *f = *state;
	const struct verdict *v;

	fx_deliver(f);
	finish_at(f, 50000);
	v = fx_verdict(f, 0, "undetermined");
	fx_says(v, "tracing ended 51 ms after the SYN");
	assert_int_equal(f->n_verdicts, 1);
	corr_finish(f->corr, FX_START_NS + 60000 * FX_MS);
	assert_int_equal(f->n_verdicts, 1);
}

/* Long enough for the kernel to have answered: what is known then, but not for certain. */
static void test_finish_later(void **state)
{
	struct fixture *f = *state;
	const struct verdict *v;

	fx_deliver(f);
	fx_answer(f);
	finish_at(f, 700000);
	v = fx_verdict(f, 0, "synack-unanswered");
	assert_int_equal(v->confidence, CONFIDENCE_LIKELY);
	fx_says(v, "within 701 ms");
	assert_int_equal(v->duration_us, 701000);
}

/* But an application may still have answered. */
static void test_finish_request(void **state)
{
	struct fixture *f = *state;

	fx_connect(f);
	fx_request(f, "GET / HTTP/1.0\r\n\r\n");
	finish_at(f, 700000);
	fx_verdict(f, 0, "undetermined");
}

/* A decisive event in the last moment is as decisive as ever. */
static void test_finish_settling(void **state)
{
	struct fixture *f = *state;
	const struct verdict *v;

	fx_deliver(f);
	fx_at(f, 700000);
	drop(f);
	finish_at(f, 700050);
	v = fx_verdict(f, 0, "firewall-drop");
	assert_int_equal(v->confidence, CONFIDENCE_CERTAIN);
	assert_int_equal(v->duration_us, 700004);
	assert_int_equal(f->n_verdicts, 1);
}

/* As decisive while it waits for facts. */
static void test_finish_asked(void **state)
{
	struct fixture *f = *state;
	const struct verdict *v;

	f->silent = true;
	drop(f);
	fx_play(f);
	fx_until(f, 500000);
	assert_int_equal(f->n_verdicts, 0);
	corr_finish(f->corr, FX_START_NS + 500000 * FX_US);
	v = fx_verdict(f, 0, "firewall-drop");
	assert_int_equal(v->confidence, CONFIDENCE_CERTAIN);
	assert_int_equal(f->n_verdicts, 1);
}

static void test_finish_late(void **state)
{
	struct fixture *f = *state;

	fx_deliver(f);
	fx_answer(f);
	finish_at(f, 9000000);
	assert_int_equal(fx_verdict(f, 0, "synack-unanswered")->confidence, CONFIDENCE_CERTAIN);
	assert_int_equal(f->verdicts->duration_us, 2000000);
}

/* A retransmission in the last moment does not undo the verdict. */
static void test_finish_after_retransmission(void **state)
{
	struct fixture *f = *state;

	drop(f);
	fx_at(f, 3000000);
	fx_syn(f, FX_ENTRY);
	finish_at(f, 3000500);
	assert_int_equal(f->n_verdicts, 1);
	fx_verdict(f, 0, "firewall-drop");
}

/* Many open ones: each gets one. */
static void test_finish_many(void **state)
{
	struct fixture *f = *state;

	for (uint16_t i = 0; i < 60; i++) {
		fx_port(f, 40000 + i, 1000);
		fx_syn(f, FX_ENTRY);
		fx_syn(f, FX_IN);
	}
	finish_at(f, 300000);
	assert_int_equal(f->n_verdicts, 60);
	for (uint16_t i = 0; i < 60; i++)
		assert_int_equal(f->verdicts[i].probe.sport, 40000 + i);
	corr_finish(f->corr, FX_START_NS + 400 * FX_MS);
	assert_int_equal(f->n_verdicts, 60);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fx_setup, fx_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_timeout),
		TEST(test_at_once),
		TEST(test_lost_within),
		TEST(test_lost_before),
		TEST(test_lost_after),
		TEST(test_lost_while_waiting),
		TEST(test_evicted_only),
		TEST(test_many_losses),
		TEST(test_no_facts),
		TEST(test_late_facts),
		TEST(test_finish_young),
		TEST(test_finish_later),
		TEST(test_finish_request),
		TEST(test_finish_settling),
		TEST(test_finish_asked),
		TEST(test_finish_late),
		TEST(test_finish_after_retransmission),
		TEST(test_finish_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
