// SPDX-License-Identifier: GPL-2.0-only
// Two verdicts compared field by field.
#include <string.h>

#include "../user/flow.h"
#include "fixture.h"

static void same_rule(const struct verdict_rule *a, const struct verdict_rule *b)
{
	assert_int_equal(a->known, b->known);
	assert_string_equal(a->backend, b->backend);
	assert_string_equal(a->family, b->family);
	assert_string_equal(a->table, b->table);
	assert_string_equal(a->chain, b->chain);
	assert_string_equal(a->hook, b->hook);
	assert_int_equal(a->handle, b->handle);
	assert_int_equal(a->number, b->number);
	assert_string_equal(a->text, b->text);
}

static void same_texts(const struct verdict *a, const struct verdict *b)
{
	assert_string_equal(a->summary, b->summary);
	assert_int_equal(a->n_steps, b->n_steps);
	for (unsigned int i = 0; i < a->n_steps; i++) {
		/* A fact's time is the caller's: it is the time of asking. */
		if (strcmp(a->steps[i].at, "host"))
			assert_int_equal(a->steps[i].t_us, b->steps[i].t_us);
		assert_string_equal(a->steps[i].at, b->steps[i].at);
		assert_string_equal(a->steps[i].what, b->steps[i].what);
	}
	assert_int_equal(a->n_fix, b->n_fix);
	for (unsigned int i = 0; i < a->n_fix; i++)
		assert_string_equal(a->fix[i], b->fix[i]);
}

void fx_same_verdict(const struct verdict *a, const struct verdict *b)
{
	assert_int_equal(a->wall_ns, b->wall_ns);
	assert_int_equal(a->first_ns, b->first_ns);
	assert_int_equal(a->duration_us, b->duration_us);
	assert_true(flow_equal(&a->probe, &b->probe));
	assert_true(flow_equal(&a->service, &b->service));
	assert_memory_equal(&a->timing, &b->timing, sizeof(a->timing));
	assert_string_equal(a->interface, b->interface);
	assert_int_equal(a->syns, b->syns);
	assert_int_equal(a->outcome, b->outcome);
	assert_string_equal(a->cause, b->cause);
	assert_ptr_equal(a->stage, b->stage);
	assert_int_equal(a->confidence, b->confidence);
	assert_int_equal(a->revised, b->revised);
	assert_int_equal(a->was, b->was);
	assert_ptr_equal(a->was_cause, b->was_cause);
	assert_int_equal(a->lost_events, b->lost_events);
	same_rule(&a->rule, &b->rule);
	same_texts(a, b);
}

/* xorshift64*, Vigna 2016 */
uint32_t fx_random(uint64_t *seed, uint32_t n)
{
	if (!*seed)
		*seed = 0x9e3779b97f4a7c15ULL;
	*seed ^= *seed >> 12;
	*seed ^= *seed << 25;
	*seed ^= *seed >> 27;
	return (uint32_t)((*seed * 2685821657736338717ULL) >> 32) % n;
}
