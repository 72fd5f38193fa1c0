// SPDX-License-Identifier: GPL-2.0-only
// Unit tests of the tally, and of what is said when no probe was seen.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../user/flow.h"
#include "../user/not_arriving.h"
#include "../user/summary.h"
#include "sample.h"

static struct verdict v;

static int begin(void **state)
{
	return summary_new((struct summary **)state);
}

static int end(void **state)
{
	summary_free(*state);
	return 0;
}

static void add(struct summary *s, const char *src, uint16_t dport, enum outcome outcome,
		const char *cause)
{
	sample_verdict(&v, src, "172.16.32.15", dport, outcome, cause);
	summary_add(s, &v);
}

static void revise(struct summary *s, const char *src, uint16_t dport, enum outcome outcome,
		   const char *cause, enum outcome was, const char *was_cause)
{
	sample_verdict(&v, src, "172.16.32.15", dport, outcome, cause);
	v.revised = true;
	v.was = was;
	v.was_cause = was_cause;
	summary_add(s, &v);
}

static void test_empty(void **state)
{
	struct summary *s = *state;

	summary_finish(s);
	assert_int_equal(s->n_lines, 0);
	assert_int_equal(summary_probes(s->counts), 0);
}

static void test_counts(void **state)
{
	struct summary *s = *state;

	add(s, "100.64.1.1", 80, OUTCOME_HEALTHY, "healthy");
	add(s, "100.64.1.2", 80, OUTCOME_FAILED, "firewall-drop");
	add(s, "100.64.1.2", 80, OUTCOME_FAILED, "firewall-drop");
	add(s, "100.64.1.1", 81, OUTCOME_UNDETERMINED, "undetermined");
	add(s, "100.64.1.1", 80, OUTCOME_INCOMPLETE, "incomplete");
	summary_finish(s);
	assert_int_equal(summary_probes(s->counts), 5);
	assert_int_equal(s->counts[OUTCOME_HEALTHY], 1);
	assert_int_equal(s->counts[OUTCOME_FAILED], 2);
	assert_int_equal(s->counts[OUTCOME_UNDETERMINED], 1);
	assert_int_equal(s->counts[OUTCOME_INCOMPLETE], 1);
	/* The worst target first, its worst source first; a source in two targets is two lines. */
	assert_int_equal(s->n_lines, 5);
	assert_int_equal(s->lines[0].port, 80);
	assert_false(s->lines[0].is_source);
	assert_int_equal(summary_probes(s->lines[0].counts), 4);
	assert_string_equal(summary_leading(&s->lines[0]), "firewall-drop");
	assert_true(s->lines[1].is_source);
	assert_int_equal(s->lines[1].source[15], 2);
	assert_int_equal(s->lines[1].counts[OUTCOME_FAILED], 2);
	assert_int_equal(s->lines[2].source[15], 1);
	assert_int_equal(s->lines[3].port, 81);
	assert_false(s->lines[3].is_source);
	assert_true(s->lines[4].is_source);
	assert_int_equal(s->lines[4].source[15], 1);
}

static void test_families_apart(void **state)
{
	struct summary *s = *state;

	sample_verdict(&v, "2001:db8::1", "2001:db8::f", 80, OUTCOME_HEALTHY, "healthy");
	summary_add(s, &v);
	sample_verdict(&v, "::", "2001:db8::f", 80, OUTCOME_HEALTHY, "healthy");
	summary_add(s, &v);
	add(s, "100.64.1.1", 80, OUTCOME_HEALTHY, "healthy");
	summary_finish(s);
	assert_int_equal(s->n_lines, 5);
	assert_null(summary_leading(&s->lines[0]));
	/* A source of :: is not the target's own line. */
	assert_false(s->lines[2].is_source);
	assert_int_equal(summary_probes(s->lines[2].counts), 2);
	assert_true(s->lines[3].is_source);
	assert_true(addr_is_any(s->lines[3].source));
}

/* The same address and port, once for each protocol. */
static void test_protocols_apart(void **state)
{
	static const uint8_t protos[] = {6, 17, 17, 1};
	struct summary *s = *state;

	for (size_t i = 0; i < sizeof(protos); i++) {
		sample_verdict(&v, "100.64.1.1", "172.16.32.15", protos[i] == 1 ? 0 : 53,
			       protos[i] == 17 ? OUTCOME_FAILED : OUTCOME_HEALTHY,
			       protos[i] == 17 ? "udp-no-listener" : "healthy");
		v.probe.proto = protos[i];
		summary_add(s, &v);
	}
	summary_finish(s);
	assert_int_equal(s->n_lines, 6);
	assert_int_equal(s->lines[0].proto, 17);
	assert_int_equal(s->lines[0].counts[OUTCOME_FAILED], 2);
	assert_int_equal(s->lines[1].proto, 17);
	assert_true(s->lines[1].is_source);
	assert_int_equal(s->lines[1].counts[OUTCOME_FAILED], 2);
	assert_int_equal(s->lines[2].proto, 1);
	assert_int_equal(s->lines[2].port, 0);
	assert_int_equal(s->lines[4].proto, 6);
	assert_int_equal(s->lines[4].counts[OUTCOME_HEALTHY], 1);
	assert_null(summary_leading(&s->lines[4]));
}

static void test_revised(void **state)
{
	struct summary *s = *state;

	add(s, "100.64.1.1", 80, OUTCOME_FAILED, "accept-queue-full");
	add(s, "100.64.1.1", 80, OUTCOME_FAILED, "firewall-drop");
	revise(s, "100.64.1.1", 80, OUTCOME_HEALTHY, "healthy", OUTCOME_FAILED,
	       "accept-queue-full");
	assert_int_equal(summary_probes(s->counts), 2);
	assert_int_equal(s->counts[OUTCOME_HEALTHY], 1);
	assert_int_equal(s->counts[OUTCOME_FAILED], 1);
	assert_string_equal(summary_leading(&s->lines[0]), "firewall-drop");
	assert_string_equal(summary_leading(&s->lines[1]), "firewall-drop");
	/* The same outcome for another cause. */
	revise(s, "100.64.1.1", 80, OUTCOME_FAILED, "no-listener", OUTCOME_FAILED, "firewall-drop");
	assert_int_equal(summary_probes(s->counts), 2);
	assert_string_equal(summary_leading(&s->lines[0]), "no-listener");
	revise(s, "100.64.1.1", 80, OUTCOME_HEALTHY, "healthy", OUTCOME_FAILED, "no-listener");
	assert_int_equal(s->counts[OUTCOME_HEALTHY], 2);
	assert_null(summary_leading(&s->lines[0]));
	summary_finish(s);
	assert_int_equal(s->lines[1].counts[OUTCOME_HEALTHY], 2);
	assert_int_equal(s->lines[1].counts[OUTCOME_FAILED], 0);
}

/* Its first verdict was not counted: nothing goes below zero. */
static void test_revised_unseen(void **state)
{
	struct summary *s = *state;

	revise(s, "100.64.1.1", 80, OUTCOME_HEALTHY, "healthy", OUTCOME_FAILED, "no-listener");
	assert_int_equal(summary_probes(s->counts), 1);
	assert_int_equal(s->counts[OUTCOME_FAILED], 0);
}

static void test_leading_tie(void **state)
{
	struct summary *s = *state;

	add(s, "100.64.1.1", 80, OUTCOME_FAILED, "no-listener");
	add(s, "100.64.1.1", 80, OUTCOME_FAILED, "firewall-drop");
	assert_string_equal(summary_leading(&s->lines[0]), "no-listener");
	add(s, "100.64.1.1", 80, OUTCOME_FAILED, "firewall-drop");
	assert_string_equal(summary_leading(&s->lines[0]), "firewall-drop");
}

static void test_first_and_last(void **state)
{
	struct summary *s = *state;

	sample_verdict(&v, "100.64.1.1", "172.16.32.15", 80, OUTCOME_HEALTHY, "healthy");
	v.wall_ns = 2000;
	summary_add(s, &v);
	v.wall_ns = 5000;
	summary_add(s, &v);
	v.wall_ns = 1000;
	summary_add(s, &v);
	assert_int_equal(s->lines[0].first_ns, 1000);
	assert_int_equal(s->lines[0].last_ns, 5000);
}

static void test_bounded(void **state)
{
	struct summary *s = *state;
	uint64_t counted = 0;

	sample_verdict(&v, "100.64.1.1", "172.16.32.15", 80, OUTCOME_FAILED, "no-listener");
	for (uint32_t i = 0; i < 2 * SUMMARY_LINES_MAX; i++) {
		memcpy(v.probe.saddr + 12, &i, 4);
		v.probe.dport = (uint16_t)(i / 4);
		summary_add(s, &v);
	}
	assert_int_equal(s->n_lines, SUMMARY_LINES_MAX);
	assert_int_equal(summary_probes(s->counts), 2 * SUMMARY_LINES_MAX);
	/* A known target still counts when its source finds no room. */
	v.probe.dport = 0;
	summary_add(s, &v);
	summary_finish(s);
	for (size_t i = 0; i < s->n_lines; i++) {
		if (!s->lines[i].is_source)
			counted += summary_probes(s->lines[i].counts);
		assert_true(!s->lines[i].unlisted_sources || !s->lines[i].is_source);
	}
	assert_true(summary_probes(s->other.counts) > 0);
	assert_int_equal(counted + summary_probes(s->other.counts), 2 * SUMMARY_LINES_MAX + 1);
	assert_true(s->lines[0].port == 0 && s->lines[0].unlisted_sources);
	assert_string_equal(summary_leading(&s->other), "no-listener");
}

static struct options *parsed(char **argv, int argc)
{
	static struct options options;
	enum options_action action;
	char err[256];

	options_free(&options);
	assert_int_equal(options_parse(&options, MODE_LIVE, argc, argv, &action, err, sizeof(err)),
			 0);
	return &options;
}

static bool has_check(const struct summary *s, const char *part)
{
	for (unsigned int i = 0; i < s->n_checks; i++)
		if (strstr(s->checks[i], part))
			return true;
	return false;
}

static void test_not_arriving(void **state)
{
	char *argv[] = {"clbtrace", "-p", "80,443,8000-8100", "-i", "eth0", "-s", "10.1.0.0/16"};
	struct options *options = parsed(argv, 7);
	struct summary *s = *state;

	s->window_ns = 60000000000;
	not_arriving_explain(s, options);
	assert_string_equal(s->cause, "not-arriving");
	assert_string_equal(s->stage, "arrival");
	assert_non_null(strstr(
		s->text, " in 60 s; watched: connections from 100.64.0.0/10, 10.1.0.0/16 to port "
			 "80,443,8000-8100 on eth0"));
	assert_true(has_check(s, "security group"));
	assert_true(has_check(s, "--xdp"));
	assert_false(has_check(s, "watch for longer"));
	assert_false(has_check(s, "connection attempt"));
	options_free(options);
}

static void test_strangers(void **state)
{
	char *argv[] = {"clbtrace", "--xdp"};
	struct options *options = parsed(argv, 2);
	struct summary *s = *state;

	s->window_ns = 3000000000;
	s->strangers.syns = 7;
	s->strangers.example.family = 4;
	s->strangers.example.dport = 80;
	sample_address(s->strangers.example.saddr, "10.0.0.9");
	not_arriving_explain(s, options);
	assert_string_equal(s->checks[0],
			    "7 connection attempts from addresses that are not sources, e.g. "
			    "10.0.0.9 -> :80: if that is the load balancer's VIP, run again with "
			    "--source 10.0.0.9");
	assert_true(has_check(s, "watch for longer"));
	assert_false(has_check(s, "--xdp"));
	options_free(options);
}

/* No claim that nothing arrives when it may have been lost. */
static void test_lost(void **state)
{
	char *argv[] = {"clbtrace"};
	struct options *options = parsed(argv, 1);
	struct summary *s = *state;

	s->lost_events = 3;
	not_arriving_explain(s, options);
	assert_null(s->cause);
	assert_non_null(strstr(s->text, "3 events were lost"));
	options_free(options);
}

/* A capture that begins in the middle, or has one direction: probes arrive, so no check of the way
 * here. */
static void test_middle(void **state)
{
	char *argv[] = {"clbtrace"};
	struct options *options = parsed(argv, 1);
	struct summary *s = *state;

	s->of_capture = true;
	s->sources_packets = 5;
	not_arriving_explain(s, options);
	assert_null(s->cause);
	assert_non_null(strstr(s->text, "5 packets to or from the sources are in it"));
	assert_false(has_check(s, "security group"));
	options_free(options);
}

/* However much was asked for, the text stays within its bounds. */
static void test_many_ports(void **state)
{
	char *argv[] = {"clbtrace", "-p", "1"};
	struct options *options = parsed(argv, 3);
	struct summary *s = *state;

	for (int i = 0; i < 1024; i++)
		options->ports[i] = 0x5555555555555555;
	not_arriving_explain(s, options);
	assert_true(strlen(s->text) < sizeof(s->text) - 1);
	assert_non_null(strstr(s->text, ", ..."));
	options_free(options);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_empty, begin, end),
		cmocka_unit_test_setup_teardown(test_counts, begin, end),
		cmocka_unit_test_setup_teardown(test_families_apart, begin, end),
		cmocka_unit_test_setup_teardown(test_protocols_apart, begin, end),
		cmocka_unit_test_setup_teardown(test_revised, begin, end),
		cmocka_unit_test_setup_teardown(test_revised_unseen, begin, end),
		cmocka_unit_test_setup_teardown(test_leading_tie, begin, end),
		cmocka_unit_test_setup_teardown(test_first_and_last, begin, end),
		cmocka_unit_test_setup_teardown(test_bounded, begin, end),
		cmocka_unit_test_setup_teardown(test_not_arriving, begin, end),
		cmocka_unit_test_setup_teardown(test_strangers, begin, end),
		cmocka_unit_test_setup_teardown(test_lost, begin, end),
		cmocka_unit_test_setup_teardown(test_middle, begin, end),
		cmocka_unit_test_setup_teardown(test_many_ports, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
