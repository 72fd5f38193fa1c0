// SPDX-License-Identifier: GPL-2.0-only
// Unit tests of the text form.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <time.h>

#include <cmocka.h>

#include "../user/sink.h"
#include "sample.h"

static struct verdict v;
static struct capture capture;
static struct options options;

static const char *print_verdict(void)
{
	capture_begin(&capture);
	assert_int_equal(sink_text.verdict(&v, &options), 0);
	return capture_end(&capture);
}

static const char *print_summary(const struct summary *s)
{
	capture_begin(&capture);
	assert_int_equal(sink_text.summary(s, &options), 0);
	return capture_end(&capture);
}

static int set_up(void **state)
{
	(void)state;
	memset(&options, 0, sizeof(options));
	setenv("TZ", "UTC-2", 1);
	unsetenv("NO_COLOR");
	tzset();
	return 0;
}

static void test_failed(void **state)
{
	(void)state;
	sample_firewall_drop(&v);
	assert_string_equal(
		print_verdict(),
		"09:41:12.118  100.64.1.10:53738 -> 172.16.32.15:80        failed    "
		"firewall-drop\n"
		"    dropped by rule 2 of chain CLOUDSEC\n"
		"    rule: nft ip table filter chain CLOUDSEC at INPUT rule 2 handle 12\n"
		"          ip saddr 100.64.0.0/10 drop\n"
		"    fix: iptables -I INPUT -s 100.64.0.0/10 -j ACCEPT\n");
}

static void test_healthy(void **state)
{
	(void)state;
	sample_verdict(&v, "100.64.1.10", "172.16.32.15", 80, OUTCOME_HEALTHY, "healthy");
	v.duration_us = 1412;
	snprintf(v.summary, sizeof(v.summary), "not shown");
	sample_step(&v, 0, "tc-ingress", "not shown");
	assert_string_equal(
		print_verdict(),
		"09:41:12.118  100.64.1.10:53738 -> 172.16.32.15:80        healthy   1.412 ms\n");
}

static void test_endpoints_too_long_for_their_column(void **state)
{
	(void)state;
	sample_verdict(&v, "2001:db8:1:2:3:4:5:6", "2001:db8:1:2:3:4:5:7", 65535, OUTCOME_HEALTHY,
		       "healthy");
	assert_string_equal(print_verdict(), "09:41:12.118  [2001:db8:1:2:3:4:5:6]:53738 -> "
					     "[2001:db8:1:2:3:4:5:7]:65535  healthy   0.031 ms\n");
}

static void test_what_is_added(void **state)
{
	(void)state;
	sample_firewall_drop(&v);
	v.confidence = CONFIDENCE_LIKELY;
	v.syns = 3;
	assert_non_null(
		strstr(print_verdict(), "  failed    firewall-drop (likely), after 3 SYNs\n"));
	v.revised = true;
	v.was = OUTCOME_INCOMPLETE;
	v.was_cause = "incomplete";
	assert_non_null(strstr(print_verdict(), "after 3 SYNs, revised: was incomplete\n"));
	sample_verdict(&v, "100.64.1.10", "172.16.32.15", 80, OUTCOME_HEALTHY, "healthy");
	v.syns = 2;
	v.revised = true;
	v.was = OUTCOME_FAILED;
	v.was_cause = "accept-queue-full";
	assert_non_null(
		strstr(print_verdict(),
		       "healthy   0.031 ms, after 2 SYNs, revised: was accept-queue-full\n"));
}

/* With no cause to name, what was seen is shown, also without -v. */
static void test_undetermined(void **state)
{
	(void)state;
	sample_verdict(&v, "100.64.1.10", "172.16.32.15", 80, OUTCOME_UNDETERMINED, "undetermined");
	snprintf(v.summary, sizeof(v.summary), "no cause fits");
	sample_step(&v, -12, "host", "before");
	sample_step(&v, 2000123, "tc-ingress", "SYN");
	assert_string_equal(
		print_verdict(),
		"09:41:12.118  100.64.1.10:53738 -> 172.16.32.15:80        undetermined\n"
		"    no cause fits\n"
		"    -    0.012 ms  host           before\n"
		"    + 2000.123 ms  tc-ingress     SYN\n");
}

static void test_verbose(void **state)
{
	(void)state;
	sample_firewall_drop(&v);
	options.verbose = true;
	assert_non_null(strstr(print_verdict(),
			       "    1 SYN on eth0, decided after 0.031 ms\n"
			       "    +    0.000 ms  tc-ingress     SYN seq 1829 tsval 88123\n"
			       "    +    0.031 ms  kfree_skb      NETFILTER_DROP in nft_do_chain\n"
			       "    fix: "));
}

/* Only what the exchange came to. */
static void test_timing(void **state)
{
	(void)state;
	sample_verdict(&v, "100.64.1.10", "172.16.32.15", 80, OUTCOME_HEALTHY, "healthy");
	options.verbose = true;
	v.timing = (struct verdict_timing){31, 210, 1800, 2000123};
	assert_string_equal(
		print_verdict(),
		"09:41:12.118  100.64.1.10:53738 -> 172.16.32.15:80        healthy   0.031 ms\n"
		"    1 SYN on eth0, decided after 0.031 ms\n"
		"    SYN to SYN-ACK 0.031 ms, SYN-ACK to ACK 0.210 ms, request to first byte 1.800 "
		"ms, first byte to close 2000.123 ms\n");
	v.timing = (struct verdict_timing){-1, -1, 7, -1};
	assert_non_null(strstr(print_verdict(), " ms\n    request to first byte 0.007 ms\n"));
	v.timing.request_to_first_byte = 0;
	assert_non_null(strstr(print_verdict(), "    request to first byte 0.000 ms\n"));
	v.timing.request_to_first_byte = -1;
	assert_string_equal(
		print_verdict(),
		"09:41:12.118  100.64.1.10:53738 -> 172.16.32.15:80        healthy   0.031 ms\n"
		"    1 SYN on eth0, decided after 0.031 ms\n");
	options.verbose = false;
	v.timing.syn_to_synack = 31;
	assert_null(strstr(print_verdict(), "SYN to"));
}

static void test_translated(void **state)
{
	(void)state;
	sample_verdict(&v, "100.64.1.10", "172.16.32.15", 80, OUTCOME_HEALTHY, "healthy");
	v.service = v.probe;
	sample_address(v.service.daddr, "172.17.0.2");
	v.service.dport = 8080;
	assert_non_null(
		strstr(print_verdict(),
		       "  100.64.1.10:53738 -> 172.16.32.15:80 (172.17.0.2:8080)  healthy   "));
}

static void test_datagrams(void **state)
{
	(void)state;
	sample_verdict(&v, "100.64.1.10", "172.16.32.15", 53, OUTCOME_FAILED, "udp-no-listener");
	v.probe.proto = 17;
	v.syns = 2;
	options.verbose = true;
	assert_non_null(strstr(print_verdict(),
			       "  udp 100.64.1.10:53738 -> 172.16.32.15:53    failed    "
			       "udp-no-listener, after 2 packets\n    2 packets on eth0, "));
	v.probe.proto = 1;
	v.probe.dport = 0;
	v.syns = 1;
	assert_non_null(strstr(print_verdict(),
			       "  ping 100.64.1.10 -> 172.16.32.15            failed    "));
	assert_non_null(strstr(capture.text, "    1 packet on eth0, "));
	sample_verdict(&v, "2001:db8::1", "2001:db8::f", 0, OUTCOME_HEALTHY, "healthy");
	v.probe.proto = 58;
	assert_non_null(strstr(print_verdict(), "  ping 2001:db8::1 -> 2001:db8::f "));
}

static void test_datagram_targets(void **state)
{
	struct summary *s;

	(void)state;
	assert_int_equal(summary_new(&s), 0);
	sample_verdict(&v, "100.64.1.10", "172.16.32.15", 53, OUTCOME_HEALTHY, "healthy");
	v.probe.proto = 17;
	summary_add(s, &v);
	v.probe.proto = 1;
	v.probe.dport = 0;
	summary_add(s, &v);
	summary_finish(s);
	assert_non_null(strstr(print_summary(s), "\n  udp 172.16.32.15:53     "));
	assert_non_null(strstr(capture.text, "\n  ping 172.16.32.15       "));
	summary_free(s);
}

static void test_color(void **state)
{
	(void)state;
	sample_firewall_drop(&v);
	assert_null(strchr(print_verdict(), '\033'));
	options.color = COLOR_ALWAYS;
	assert_non_null(strstr(print_verdict(), "\033[1;31mfailed  \033[0m  firewall-drop\n"));
	setenv("NO_COLOR", "1", 1);
	assert_non_null(strchr(print_verdict(), '\033'));
	options.color = COLOR_NEVER;
	assert_null(strchr(print_verdict(), '\033'));
}

/* An interface's name may hold anything but a slash and white space. */
static void test_hostile_interface(void **state)
{
	(void)state;
	sample_firewall_drop(&v);
	snprintf(v.interface, sizeof(v.interface), "\033[2Jeth");
	options.verbose = true;
	assert_non_null(strstr(print_verdict(), " on \\x1b[2Jeth,"));
}

static void test_summary(void **state)
{
	struct summary *s;

	(void)state;
	assert_int_equal(summary_new(&s), 0);
	sample_firewall_drop(&v);
	summary_add(s, &v);
	sample_verdict(&v, "100.64.1.11", "172.16.32.15", 80, OUTCOME_HEALTHY, "healthy");
	v.wall_ns += 61000000000;
	summary_add(s, &v);
	v.probe.dport = 443;
	summary_add(s, &v);
	s->lost_events = 2;
	summary_finish(s);
	assert_string_equal(
		print_summary(s),
		"\n3 probes: 2 healthy, 1 failed\n"
		"2 events lost: the probes of that time are incomplete\n"
		"\n"
		"  target                 probes  healthy  failed unclear  first-last         "
		"leading cause\n"
		"  172.16.32.15:80             2        1       1       0  09:41:12-09:42:13  "
		"firewall-drop\n"
		"    100.64.1.10               1        0       1       0  09:41:12-09:41:12  "
		"firewall-drop\n"
		"    100.64.1.11               1        1       0       0  09:42:13-09:42:13\n"
		"  172.16.32.15:443            1        1       0       0  09:42:13-09:42:13\n");
	summary_free(s);
}

static void test_many_sources(void **state)
{
	struct summary *s;

	(void)state;
	assert_int_equal(summary_new(&s), 0);
	sample_firewall_drop(&v);
	for (uint8_t i = 1; i <= 200; i++) {
		v.probe.saddr[15] = i;
		summary_add(s, &v);
	}
	summary_finish(s);
	assert_non_null(
		strstr(print_summary(s), "    190 more sources: -v or --json lists them\n"));
	options.verbose = true;
	assert_null(strstr(print_summary(s), "more sources"));
	assert_non_null(strstr(capture.text, "    100.64.1.200 "));
	summary_free(s);
}

static void test_no_probe(void **state)
{
	struct summary *s;

	(void)state;
	assert_int_equal(summary_new(&s), 0);
	s->cause = "not-arriving";
	snprintf(s->text, sizeof(s->text), "no probe reached this host in 60 s");
	s->n_checks = 2;
	snprintf(s->checks[0], sizeof(s->checks[0]), "one");
	snprintf(s->checks[1], sizeof(s->checks[1]), "two");
	summary_finish(s);
	assert_string_equal(print_summary(s), "not-arriving\n"
					      "    no probe reached this host in 60 s\n"
					      "    check: one\n"
					      "    check: two\n");
	summary_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_failed, set_up),
		cmocka_unit_test_setup(test_healthy, set_up),
		cmocka_unit_test_setup(test_endpoints_too_long_for_their_column, set_up),
		cmocka_unit_test_setup(test_what_is_added, set_up),
		cmocka_unit_test_setup(test_undetermined, set_up),
		cmocka_unit_test_setup(test_verbose, set_up),
		cmocka_unit_test_setup(test_timing, set_up),
		cmocka_unit_test_setup(test_translated, set_up),
		cmocka_unit_test_setup(test_datagrams, set_up),
		cmocka_unit_test_setup(test_datagram_targets, set_up),
		cmocka_unit_test_setup(test_color, set_up),
		cmocka_unit_test_setup(test_hostile_interface, set_up),
		cmocka_unit_test_setup(test_summary, set_up),
		cmocka_unit_test_setup(test_many_sources, set_up),
		cmocka_unit_test_setup(test_no_probe, set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
