// SPDX-License-Identifier: GPL-2.0-only
// Unit tests of the correlator's interface: configuration, bad events, deadlines, what is no probe.
#include <errno.h>
#include <string.h>

#include "fixture.h"

enum { SYN = 2, ACK = 16 };

static void no_verdict(void *ctx, const struct verdict *v)
{
	(void)ctx;
	(void)v;
}

static void test_config(void **state)
{
	const struct corr_config good = {.timeout_ns = FX_MS, .max_probes = 1};
	const struct corr_ops ops = {.verdict = no_verdict}, no_ops = {0};
	struct corr_config config = good;
	struct corr *corr = NULL;

	(void)state;
	config.timeout_ns = 0;
	assert_int_equal(corr_new(&corr, &config, &ops), -EINVAL);
	config = good;
	config.max_probes = 0;
	assert_int_equal(corr_new(&corr, &config, &ops), -EINVAL);
	assert_int_equal(corr_new(&corr, &good, &no_ops), -EINVAL);
	assert_null(corr);
	assert_int_equal(corr_new(&corr, &good, &ops), 0);
	corr_free(corr);
	corr_free(NULL);
}

/* No one answers requests, no one wants to know what is forgotten: a recording without facts. */
static void test_no_callbacks(void **state)
{
	const struct corr_config config = {.timeout_ns = FX_MS, .max_probes = 4};
	const struct corr_ops ops = {.verdict = no_verdict};
	struct fixture *f = *state;
	struct corr *corr;

	assert_int_equal(corr_new(&corr, &config, &ops), 0);
	fx_deliver(f);
	fx_drop(f, true, SYN, "NETFILTER_DROP");
	for (unsigned int i = 0; i < f->n_events; i++)
		assert_int_equal(corr_push(corr, f->events[i]), 0);
	corr_advance(corr, FX_START_NS + 60000 * FX_MS);
	assert_int_equal(corr_deadline(corr), UINT64_MAX);
	corr_finish(corr, FX_START_NS + 60000 * FX_MS);
	corr_free(corr);
}

static void test_bad_event(void **state)
{
	struct fixture *f = *state;
	struct ev_packet *p = fx_syn(f, FX_ENTRY);

	p->hdr.size = sizeof(*p) - 1;
	assert_int_equal(corr_push(f->corr, &p->hdr), -EBADMSG);
	p->hdr.size = sizeof(*p);
	assert_int_equal(corr_push(f->corr, &p->hdr), -EBADMSG); /* cap_len beyond it */
	p->cap_len = 0;
	p->hdr.type = 42;
	assert_int_equal(corr_push(f->corr, &p->hdr), -EBADMSG);
	corr_finish(f->corr, FX_START_NS + 10000 * FX_MS);
	assert_int_equal(f->n_verdicts, 0);
}

static void test_deadline(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(corr_deadline(f->corr), UINT64_MAX);
	fx_deliver(f);
	assert_int_equal(corr_push(f->corr, f->events[0]), 0);
	/* The event waits for those that may come before it. */
	assert_int_equal(corr_deadline(f->corr), FX_START_NS + CORR_REORDER_NS);
	corr_advance(f->corr, FX_START_NS + CORR_REORDER_NS);
	assert_int_equal(corr_deadline(f->corr),
			 FX_START_NS + FX_TIMEOUT_MS * FX_MS + CORR_REORDER_NS);
	/* Not a nanosecond before. */
	corr_advance(f->corr, corr_deadline(f->corr) - 1);
	assert_int_equal(f->n_verdicts, 0);
	corr_advance(f->corr, corr_deadline(f->corr));
	assert_int_equal(f->n_verdicts, 1);
	/* Time that runs backwards does no harm. */
	corr_advance(f->corr, FX_START_NS);
	corr_advance(f->corr, 0);
	fx_until(f, 60000000);
	assert_int_equal(f->n_verdicts, 1);
	assert_int_equal(f->forgotten, 1);
	assert_int_equal(corr_deadline(f->corr), UINT64_MAX);
}

/* Connections that were there before clbtrace, the host's own, other hosts' SYNs on their way out.
 */
static void test_no_probe(void **state)
{
	struct fixture *f = *state;

	fx_ack(f, FX_ENTRY);
	fx_request(f, "GET / HTTP/1.0\r\n\r\n");
	fx_respond(f, "HTTP/1.0 200 OK\r\n\r\n");
	fx_fin(f, true, FX_ENTRY);
	fx_rst(f, true, FX_ENTRY);
	fx_synack(f, FX_ENTRY);
	fx_listen(f, 0, 5);
	fx_drop(f, true, ACK, "NETFILTER_DROP");
	fx_drop(f, false, SYN | ACK, "NETFILTER_DROP");
	fx_reset(f, ACK, "NO_SOCKET", 0);
	fx_icmp(f, 3, 3);
	fx_state(f, 1, 7);
	fx_syn(f, FX_IN);
	fx_syn(f, FX_EXIT);
	fx_play(f);
	fx_until(f, 60000000);
	corr_finish(f->corr, f->now_ns);
	assert_int_equal(f->n_verdicts, 0);
	assert_int_equal(f->asked, 0);
}

/* Two probes at once, from the same address: each gets its own events. */
static void test_two_at_once(void **state)
{
	struct fixture *f = *state;

	fx_deliver(f);
	fx_port(f, 53739, 777);
	fx_arrive(f);
	fx_drop(f, true, SYN, "NETFILTER_DROP");
	fx_port(f, 53738, 1829);
	fx_answer(f);
	fx_rst(f, true, FX_ENTRY);
	fx_play(f);
	fx_until(f, 60000000);
	assert_int_equal(f->n_verdicts, 2);
	assert_int_equal(fx_verdict(f, 0, "firewall-drop")->probe.sport, 53739);
	assert_int_equal(fx_verdict(f, 1, "healthy")->probe.sport, 53738);
	assert_int_equal(f->verdicts[0].first_ns, FX_START_NS + 5 * FX_US);
	assert_int_equal(f->forgotten, 2);
}

/* An interface may be renamed; one that is not known is named by its number. */
static void test_names(void **state)
{
	struct fixture *f = *state;

	fx_link(f, FX_ETH0, "ens5", 0);
	fx_deliver(f);
	fx_answer(f);
	fx_rst(f, true, FX_ENTRY);
	fx_play(f);
	fx_until(f, 1000);
	assert_string_equal(fx_verdict(f, 0, "healthy")->interface, "ens5");
	fx_at(f, 2000);
	fx_port(f, 53739, 777);
	f->ifindex = 77;
	fx_deliver(f);
	fx_answer(f);
	fx_rst(f, true, FX_ENTRY);
	fx_play(f);
	fx_until(f, 3000);
	assert_string_equal(fx_verdict(f, 1, "healthy")->interface, "if77");
}

/* More events than are kept of one probe: the verdict stands, and says so. */
static void test_many_events(void **state)
{
	struct fixture *f = *state;
	const struct verdict *v;

	fx_connect(f);
	for (int i = 0; i < 60; i++)
		fx_state(f, 1, 1);
	fx_fin(f, true, FX_ENTRY);
	v = fx_expect_now(f, "healthy", CONFIDENCE_CERTAIN);
	fx_steps(v, "more events, not kept");
}

/* Facts that come for a probe that did not ask are no part of its verdict. */
static void test_unasked_facts(void **state)
{
	struct fact_route route = {.hdr = {.type = EV_FACT_ROUTE, .size = sizeof(route)},
				   .error = 101};
	struct fact_done done = {.hdr = {.type = EV_FACT_DONE, .size = sizeof(done)}};
	struct fixture *f = *state;

	route.flow = done.flow = f->flow;
	fx_deliver(f);
	fx_play(f);
	corr_advance(f->corr, FX_START_NS + FX_MS);
	assert_int_equal(corr_push(f->corr, &route.hdr), 0);
	assert_int_equal(corr_push(f->corr, &done.hdr), 0);
	fx_expect(f, "undetermined", CONFIDENCE_POSSIBLE);
}

/* Nor do they hurry one that is about to ask. */
static void test_done_unasked(void **state)
{
	struct fact_done done = {.hdr = {.type = EV_FACT_DONE, .size = sizeof(done)}};
	struct fixture *f = *state;

	fx_arrive(f);
	fx_drop(f, true, SYN, "NETFILTER_DROP");
	fx_play(f);
	corr_advance(f->corr, FX_START_NS + CORR_REORDER_NS + 100 * FX_US);
	done.flow = f->flow;
	assert_int_equal(corr_push(f->corr, &done.hdr), 0);
	assert_int_equal(f->n_verdicts, 0);
	fx_expect_now(f, "firewall-drop", CONFIDENCE_CERTAIN);
}

/* Events of the same nanosecond are taken in the order in which they came. */
static void test_same_time(void **state)
{
	struct fixture *f = *state;

	fx_connect(f);
	fx_request(f, "GET / HTTP/1.0\r\n\r\n");
	fx_respond(f, "HTTP/1.0 200 OK\r\n\r\n");
	fx_fin(f, true, FX_ENTRY);
	for (unsigned int i = 0; i < f->n_events; i++) {
		f->events[i]->time_ns = FX_START_NS;
		assert_int_equal(corr_push(f->corr, f->events[i]), 0);
	}
	f->played = f->n_events;
	fx_until(f, 1000);
	assert_int_equal(f->n_verdicts, 1);
	assert_int_equal(f->verdicts->n_steps, f->n_events + 1); /* the request, put together */
	assert_string_equal(f->verdicts->cause, "healthy");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fx_setup, fx_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_config),	 TEST(test_no_callbacks), TEST(test_bad_event),
		TEST(test_deadline),	 TEST(test_no_probe),	  TEST(test_two_at_once),
		TEST(test_names),	 TEST(test_many_events),  TEST(test_unasked_facts),
		TEST(test_done_unasked), TEST(test_same_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
