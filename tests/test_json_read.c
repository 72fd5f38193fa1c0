// SPDX-License-Identifier: GPL-2.0-only
// Unit tests of reading results back: what was written comes back the same, and nothing else is
// taken.
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "../user/json_form.h"
#include "../user/json_read.h"
#include "sample.h"

static struct verdict v, back;
static const char *why;

static void expect_same(void)
{
	json_t *object = json_of_verdict(&v), *again;

	assert_int_equal(json_read_verdict(object, &back, &why), 0);
	again = json_of_verdict(&back);
	assert_true(json_equal(object, again));
	json_decref(again);
	json_decref(object);
}

static void test_round_trip(void **state)
{
	(void)state;
	sample_firewall_drop(&v);
	snprintf(v.rule.set, sizeof(v.rule.set), "blocked");
	snprintf(v.rule.element, sizeof(v.rule.element), "100.64.1.10");
	v.rule.owner = "firewalld";
	v.lost_events = 3;
	expect_same();
	sample_verdict(&v, "2001:db8::1", "2001:db8::f", 0, OUTCOME_HEALTHY, "healthy");
	v.probe.proto = 58;
	v.syns = 2;
	expect_same();
	assert_int_equal(back.probe.proto, 58);
	sample_verdict(&v, "100.64.1.10", "172.16.32.15", 53, OUTCOME_INCOMPLETE, "incomplete");
	v.probe.proto = 17;
	v.service = v.probe;
	v.service.dport = 5353;
	v.timing = (struct verdict_timing){1, 0, 3, -1};
	v.source = "capture";
	expect_same();
	sample_verdict(&v, "100.64.1.10", "172.16.32.15", 80, OUTCOME_HEALTHY, "healthy");
	v.revised = true;
	v.was = OUTCOME_UNDETERMINED;
	v.was_cause = "undetermined";
	expect_same();
	assert_int_equal(back.was, OUTCOME_UNDETERMINED);
	assert_string_equal(back.was_cause, "undetermined");
}

/* Each change of a good verdict is refused, by the name of its key. */
static void test_refused(void **state)
{
	static const struct {
		const char *change, *key;
	} bad[] = {
		{"{\"time\":\"2026-11-22\"}", "time"},
		{"{\"verdict\":\"ill\"}", "verdict"},
		{"{\"cause\":\"no such cause\"}", "cause"},
		{"{\"cause\":5}", "cause"},
		{"{\"confidence\":\"sure\"}", "confidence"},
		{"{\"probe\":{\"proto\":\"tcp\",\"src\":\"x\",\"dst\":\"::1\"}}", "src"},
		{"{\"probe\":{\"proto\":\"tcp\",\"src\":\"::1\",\"dst\":\"::1\",\"dport\":65536}}",
		 "dport"},
		{"{\"probe\":{\"proto\":\"igmp\",\"src\":\"::1\",\"dst\":\"::1\"}}", "proto"},
		{"{\"probe\":5}", "proto"},
		{"{\"summary\":\"\\u001b[2J\"}", "summary"},
		{"{\"summary\":\"\\u009b2J\"}", "summary"},
		{"{\"stage\":\"a\\nb\"}", "stage"},
		{"{\"evidence\":{}}", "evidence"},
		{"{\"evidence\":[5]}", "evidence"},
		{"{\"evidence\":[{\"t_us\":1,\"at\":\"host\",\"what\":\"\\r\"}]}", "what"},
		{"{\"fix\":\"rm\"}", "fix"},
		{"{\"fix\":[\"a\",\"b\",\"c\",\"d\",\"e\",\"f\",\"g\"]}", "fix"},
		{"{\"fix\":[\"\\u0007\"]}", "fix"},
		{"{\"duration_us\":-1}", "duration_us"},
		{"{\"duration_us\":1.5}", "duration_us"},
		{"{\"rule\":{\"handle\":-2}}", "handle"},
		{"{\"revised\":true,\"was\":{\"verdict\":\"x\"}}", "was"},
	};

	(void)state;
	sample_firewall_drop(&v);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		json_t *object = json_of_verdict(&v);
		json_t *change = json_loads(bad[i].change, 0, NULL);

		assert_non_null(change);
		json_object_update(object, change);
		assert_int_equal(json_read_verdict(object, &back, &why), -EINVAL);
		assert_string_equal(why, bad[i].key);
		json_decref(change);
		json_decref(object);
	}
}

static void test_too_many_steps(void **state)
{
	json_t *object, *steps;

	(void)state;
	sample_firewall_drop(&v);
	object = json_of_verdict(&v);
	steps = json_object_get(object, "evidence");
	while (json_array_size(steps) <= VERDICT_STEPS_MAX)
		json_array_append(steps, json_array_get(steps, 0));
	assert_int_equal(json_read_verdict(object, &back, &why), -EINVAL);
	json_decref(object);
}

static int read_time(const char *text, uint64_t *ns)
{
	json_t *string = json_string(text);
	int err = json_read_time(string, ns);

	json_decref(string);
	return err;
}

static void test_times(void **state)
{
	static const char *const bad[] = {
		"",
		"2026-11-22T07:41:12.118123",
		"2026-11-22T07:41:12.118123Z ",
		"2026-13-22T07:41:12.118123Z",
		"2026-11-22T24:41:12.118123Z",
		"2026-11-22T07:41:12.1181Z",
		"1969-12-31T23:59:59.000000Z",
		"9999-01-01T00:00:00.000000Z",
		"-026-11-22T07:41:12.118123Z",
	};
	uint64_t ns = 0;

	(void)state;
	assert_int_equal(read_time("2026-11-22T07:41:12.118123Z", &ns), 0);
	assert_true(ns == SAMPLE_TIME_NS);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_int_equal(read_time(bad[i], &ns), -EINVAL);
	assert_int_equal(json_read_time(NULL, &ns), -EINVAL);
}

static void test_summary(void **state)
{
	struct summary *s, *again;
	json_t *object;

	(void)state;
	assert_int_equal(summary_new(&s), 0);
	assert_int_equal(summary_new(&again), 0);
	s->lost_events = 7;
	s->evicted = 2;
	s->cause = "not-arriving";
	s->stage = "arrival";
	snprintf(s->text, sizeof(s->text), "no probe reached this host");
	s->n_checks = 1;
	snprintf(s->checks[0], sizeof(s->checks[0]), "the security group");
	summary_finish(s);
	object = json_of_summary(s);
	assert_int_equal(json_read_summary(object, again, &why), 0);
	assert_true(again->lost_events == 7 && again->evicted == 2 && again->n_checks == 1);
	assert_string_equal(again->cause, "not-arriving");
	assert_string_equal(again->stage, "arrival");
	assert_string_equal(again->text, s->text);
	assert_string_equal(again->checks[0], "the security group");
	json_object_set_new(object, "summary", json_string("\033]0;"));
	assert_int_equal(json_read_summary(object, again, &why), -EINVAL);
	json_decref(object);
	summary_free(again);
	summary_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),     cmocka_unit_test(test_refused),
		cmocka_unit_test(test_too_many_steps), cmocka_unit_test(test_times),
		cmocka_unit_test(test_summary),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
