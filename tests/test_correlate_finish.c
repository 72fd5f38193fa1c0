// SPDX-License-Identifier: GPL-2.0-only
// Unit tests of the end of tracing: every open probe gets what can be said of it.
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

/* Connected and idle is as good then as at the timeout. */
static void test_finish_idle(void **state)
{
	struct fixture *f = *state;

	fx_connect(f);
	finish_at(f, 700000);
	assert_int_equal(fx_verdict(f, 0, "healthy")->confidence, CONFIDENCE_CERTAIN);
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
	fx_deliver(f);
	fx_answer(f);
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
		TEST(test_finish_young),    TEST(test_finish_later),
		TEST(test_finish_request),  TEST(test_finish_idle),
		TEST(test_finish_settling), TEST(test_finish_asked),
		TEST(test_finish_late),	    TEST(test_finish_after_retransmission),
		TEST(test_finish_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
