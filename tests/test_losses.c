// SPDX-License-Identifier: GPL-2.0-only
// Unit tests of when events were lost.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../user/losses.h"

static void add(struct losses *losses, uint64_t since, uint64_t until, uint64_t events)
{
	const struct ev_lost lost = {.hdr = {.type = EV_LOST, .time_ns = until},
				     .since_ns = since,
				     .events = events,
				     .evicted = 2};

	losses_add(losses, &lost);
}

static void test_none(void **state)
{
	struct losses losses = {0};

	(void)state;
	assert_int_equal(losses_between(&losses, 0, UINT64_MAX), 0);
	assert_int_equal(losses.all_events, 0);
}

/* Both ends belong to a stretch, and to what is asked. */
static void test_windows(void **state)
{
	struct losses losses = {0};

	(void)state;
	add(&losses, 100, 200, 3);
	assert_int_equal(losses_between(&losses, 0, 99), 0);
	assert_int_equal(losses_between(&losses, 0, 100), 3);
	assert_int_equal(losses_between(&losses, 120, 130), 3);
	assert_int_equal(losses_between(&losses, 50, 300), 3);
	assert_int_equal(losses_between(&losses, 200, 300), 3);
	assert_int_equal(losses_between(&losses, 201, 300), 0);
	add(&losses, 200, 400, 4);
	assert_int_equal(losses_between(&losses, 0, 199), 3);
	assert_int_equal(losses_between(&losses, 200, 200), 7);
	assert_int_equal(losses_between(&losses, 201, 500), 4);
	add(&losses, 600, 700, 5);
	assert_int_equal(losses_between(&losses, 401, 599), 0);
	assert_int_equal(losses_between(&losses, 0, UINT64_MAX), 12);
	assert_int_equal(losses.all_events, 12);
	assert_int_equal(losses.all_evicted, 6);
}

/* Connections that found no room are counted, and are no loss of events. */
static void test_evicted_only(void **state)
{
	struct losses losses = {0};

	(void)state;
	add(&losses, 100, 200, 0);
	assert_int_equal(losses.n, 0);
	assert_int_equal(losses_between(&losses, 0, UINT64_MAX), 0);
	assert_int_equal(losses.all_events, 0);
	assert_int_equal(losses.all_evicted, 2);
}

/* Loss i, from 0: one event from 100 * i to 100 * i + 10. */
static void add_many(struct losses *losses, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		add(losses, 100 * i, 100 * i + 10, 1);
}

static void test_full(void **state)
{
	struct losses losses = {0};

	(void)state;
	add_many(&losses, LOSSES_MAX);
	assert_int_equal(losses.n, LOSSES_MAX);
	for (unsigned int i = 0; i < LOSSES_MAX; i++) {
		assert_int_equal(losses_between(&losses, 100 * i, 100 * i), 1);
		assert_int_equal(losses_between(&losses, 100 * i + 11, 100 * i + 99), 0);
	}
}

/* One more: the two oldest are one, with the time between them; the others are as they were. */
static void test_merge(void **state)
{
	struct losses losses = {0};

	(void)state;
	add_many(&losses, LOSSES_MAX + 1);
	assert_int_equal(losses.n, LOSSES_MAX);
	assert_int_equal(losses_between(&losses, 0, 0), 2);
	assert_int_equal(losses_between(&losses, 50, 60), 2);
	assert_int_equal(losses_between(&losses, 110, 110), 2);
	assert_int_equal(losses_between(&losses, 111, 199), 0);
	for (unsigned int i = 2; i <= LOSSES_MAX; i++)
		assert_int_equal(losses_between(&losses, 100 * i, 100 * i), 1);
	assert_int_equal(losses_between(&losses, 0, UINT64_MAX), LOSSES_MAX + 1);
}

/* However many: none is forgotten. */
static void test_many(void **state)
{
	enum { MANY = 10 * LOSSES_MAX, OLD = MANY - LOSSES_MAX + 1 };
	struct losses losses = {0};

	(void)state;
	add_many(&losses, MANY);
	assert_int_equal(losses.n, LOSSES_MAX);
	assert_int_equal(losses.all_events, MANY);
	assert_int_equal(losses_between(&losses, 0, UINT64_MAX), MANY);
	assert_int_equal(losses_between(&losses, 0, 5), OLD);
	assert_int_equal(losses_between(&losses, 100 * (OLD - 1) + 10, 100 * OLD - 1), OLD);
	assert_int_equal(losses_between(&losses, 100 * (OLD - 1) + 11, 100 * OLD - 1), 0);
	assert_int_equal(losses_between(&losses, 100 * OLD, 100 * OLD), 1);
	assert_int_equal(losses_between(&losses, 100 * (MANY - 1), UINT64_MAX), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_none),	     cmocka_unit_test(test_windows),
		cmocka_unit_test(test_evicted_only), cmocka_unit_test(test_full),
		cmocka_unit_test(test_merge),	     cmocka_unit_test(test_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
