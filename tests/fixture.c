// SPDX-License-Identifier: GPL-2.0-only
// A correlator to test: it answers requests for facts, plays events and keeps the verdicts.
#include "fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../user/causes.h"
#include "../user/flow.h"
#include "sample.h"

/* What must be true of every verdict, whatever the test is about. */
static void check_verdict(const struct verdict *v)
{
	const struct cause *cause = cause_find(v->cause);

	assert_non_null(cause);
	assert_int_equal(v->outcome, cause->outcome);
	assert_ptr_equal(v->stage, cause->stage);
	assert_in_range(v->confidence, CONFIDENCE_CERTAIN, CONFIDENCE_POSSIBLE);
	assert_true(v->summary[0] && strlen(v->summary) < sizeof(v->summary));
	assert_true(v->syns > 0);
	assert_true(v->n_fix <= VERDICT_FIX_MAX && v->n_steps <= VERDICT_STEPS_MAX);
	assert_true(v->n_steps > 0);
	for (unsigned int i = 0; i < v->n_fix; i++)
		assert_true(v->fix[i][0]);
	for (unsigned int i = 0; i < v->n_steps; i++)
		assert_true(v->steps[i].at && v->steps[i].what[0]);
	assert_int_equal(v->revised, v->was_cause != NULL);
	if (v->revised)
		assert_string_not_equal(v->was_cause, v->cause);
}

static void take_verdict(void *ctx, const struct verdict *v)
{
	struct fixture *f = ctx;

	check_verdict(v);
	assert_true(f->n_verdicts < FX_VERDICTS_MAX);
	f->verdicts[f->n_verdicts++] = *v;
}

static void answer(void *ctx, const struct fact_request *request)
{
	struct fact_done done = {.hdr = {.type = EV_FACT_DONE, .size = sizeof(done)},
				 .flow = request->probe,
				 .needs = request->needs};
	struct fixture *f = ctx;

	done.needs &= ~f->lacking;
	f->asked++;
	f->request = *request;
	if (f->silent)
		return;
	for (unsigned int i = 0; i < f->n_facts; i++) {
		/* Every fact has the flow right behind its header. */
		*(struct ev_flow *)(f->facts[i] + 1) = request->probe;
		f->facts[i]->time_ns = f->now_ns;
		assert_int_equal(corr_push(f->corr, f->facts[i]), 0);
	}
	done.hdr.time_ns = f->now_ns;
	assert_int_equal(corr_push(f->corr, &done.hdr), 0);
}

static void forget(void *ctx, const struct ev_flow *probe)
{
	struct fixture *f = ctx;

	assert_true(probe->dport || probe->proto == 1 || probe->proto == 58);
	f->forgotten++;
}

/* A correlator of the fixture's configuration. */
static void new_corr(struct fixture *f)
{
	struct corr_ops ops = {f, take_verdict, answer, forget};

	assert_int_equal(corr_new(&f->corr, &f->config, &ops), 0);
	fx_link(f, FX_ETH0, "eth0", 0);
	fx_link(f, FX_ETH1, "eth1", 0);
	fx_link(f, FX_BRIDGE, "docker0", 0);
}

static struct fixture *new_fixture(unsigned int max_probes, unsigned int timeout_ms)
{
	struct fixture *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	f->config = (struct corr_config){.timeout_ns = timeout_ms * FX_MS,
					 .wall_offset_ns = SAMPLE_TIME_NS - FX_START_NS,
					 .max_probes = max_probes};
	for (unsigned int code = 100; code <= 499; code++)
		f->config.expect_status[code / 8] |= (uint8_t)(1 << code % 8);
	f->verdicts = calloc(FX_VERDICTS_MAX, sizeof(*f->verdicts));
	f->flow = (struct ev_flow){.sport = 53738, .dport = 80, .proto = 6, .family = 4};
	sample_address(f->flow.saddr, "100.64.1.10");
	sample_address(f->flow.daddr, "172.16.32.15");
	f->isn = 1829;
	f->tsval = 88123;
	f->ifindex = FX_ETH0;
	fx_at(f, 0);
	new_corr(f);
	return f;
}

void fx_expect_status(struct fixture *f, unsigned int first, unsigned int last)
{
	memset(f->config.expect_status, 0, sizeof(f->config.expect_status));
	for (unsigned int code = first; code <= last; code++)
		f->config.expect_status[code / 8] |= (uint8_t)(1 << code % 8);
	corr_free(f->corr);
	new_corr(f);
}

struct fixture *fx_new(unsigned int max_probes)
{
	return new_fixture(max_probes, FX_TIMEOUT_MS);
}

struct fixture *fx_new_timeout(unsigned int timeout_ms)
{
	return new_fixture(4096, timeout_ms);
}

void fx_free(struct fixture *f)
{
	corr_free(f->corr);
	for (unsigned int i = 0; i < f->n_events; i++)
		free(f->events[i]);
	for (unsigned int i = 0; i < f->n_facts; i++)
		free(f->facts[i]);
	free(f->verdicts);
	free(f);
}

int fx_setup(void **state)
{
	*state = fx_new(4096);
	return 0;
}

int fx_teardown(void **state)
{
	fx_free(*state);
	return 0;
}

void fx_play(struct fixture *f)
{
	for (; f->played < f->n_events; f->played++) {
		const struct ev_hdr *ev = f->events[f->played];

		assert_int_equal(corr_push(f->corr, ev), 0);
		corr_advance(f->corr, ev->time_ns);
	}
}

struct arrival {
	uint64_t at_ns;
	const struct ev_hdr *ev;
};

static int by_arrival(const void *a, const void *b)
{
	const struct arrival *x = a, *y = b;

	return x->at_ns < y->at_ns ? -1 : x->at_ns > y->at_ns;
}

void fx_play_shuffled(struct fixture *f, unsigned int seed)
{
	struct arrival order[FX_EVENTS_MAX];
	uint64_t state = seed;
	unsigned int n = 0;

	for (; f->played < f->n_events; f->played++, n++) {
		const struct ev_hdr *ev = f->events[f->played];

		order[n] = (struct arrival){ev->time_ns + fx_random(&state, CORR_REORDER_NS), ev};
	}
	qsort(order, n, sizeof(order[0]), by_arrival);
	for (unsigned int i = 0; i < n; i++) {
		assert_int_equal(corr_push(f->corr, order[i].ev), 0);
		corr_advance(f->corr, order[i].at_ns);
	}
}

void fx_until(struct fixture *f, uint64_t us)
{
	uint64_t end = FX_START_NS + us * FX_US, due;

	while ((due = corr_deadline(f->corr)) < end) {
		f->now_ns = due;
		corr_advance(f->corr, due);
		assert_true(corr_deadline(f->corr) > due); /* it did what was due */
	}
	f->now_ns = end;
	corr_advance(f->corr, end);
}

void fx_take_events(struct fixture *f, const struct fixture *from)
{
	for (unsigned int i = 0; i < from->n_events; i++) {
		struct ev_hdr *copy = malloc(from->events[i]->size);

		assert_non_null(copy);
		memcpy(copy, from->events[i], from->events[i]->size);
		f->events[f->n_events++] = copy;
	}
}

static uint64_t elapsed_us(const struct fixture *f)
{
	return (f->now_ns - FX_START_NS) / FX_US;
}

static const struct verdict *only_verdict(struct fixture *f, const char *cause,
					  enum confidence confidence)
{
	const struct verdict *v = fx_verdict(f, 0, cause);

	assert_int_equal(f->n_verdicts, 1);
	assert_string_equal(confidence_name(v->confidence), confidence_name(confidence));
	assert_false(v->revised);
	assert_true(flow_equal(&v->probe, &f->flow));
	return v;
}

const struct verdict *fx_expect(struct fixture *f, const char *cause, enum confidence confidence)
{
	fx_play(f);
	fx_until(f, elapsed_us(f) + 30000000);
	return only_verdict(f, cause, confidence);
}

const struct verdict *fx_expect_now(struct fixture *f, const char *cause,
				    enum confidence confidence)
{
	fx_play(f);
	fx_until(f, elapsed_us(f) + 1000);
	only_verdict(f, cause, confidence);
	return fx_expect(f, cause, confidence); /* and nothing later */
}

const struct verdict *fx_verdict(struct fixture *f, unsigned int n, const char *cause)
{
	if (n >= f->n_verdicts)
		fail_msg("no verdict %u, expected %s", n, cause);
	if (strcmp(f->verdicts[n].cause, cause))
		fail_msg("verdict %u is %s, not %s: %s", n, f->verdicts[n].cause, cause,
			 f->verdicts[n].summary);
	return &f->verdicts[n];
}

void fx_says(const struct verdict *v, const char *text)
{
	if (!strstr(v->summary, text))
		fail_msg("\"%s\" is not in \"%s\"", text, v->summary);
}

void fx_fixes(const struct verdict *v, const char *text)
{
	for (unsigned int i = 0; i < v->n_fix; i++)
		if (strstr(v->fix[i], text))
			return;
	fail_msg("no fix says \"%s\", the first: \"%s\"", text, v->n_fix ? v->fix[0] : "");
}

void fx_says_not(const struct verdict *v, const char *text)
{
	if (strstr(v->summary, text))
		fail_msg("\"%s\" is in \"%s\"", text, v->summary);
}

void fx_fixes_not(const struct verdict *v, const char *text)
{
	for (unsigned int i = 0; i < v->n_fix; i++)
		if (strstr(v->fix[i], text))
			fail_msg("\"%s\" is in \"%s\"", text, v->fix[i]);
}

void fx_steps(const struct verdict *v, const char *text)
{
	for (unsigned int i = 0; i < v->n_steps; i++)
		if (strstr(v->steps[i].what, text))
			return;
	for (unsigned int i = 0; i < v->n_steps; i++)
		print_message("%s: %s\n", v->steps[i].at, v->steps[i].what);
	fail_msg("no step says \"%s\"", text);
}
