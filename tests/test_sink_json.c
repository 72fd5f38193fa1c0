// SPDX-License-Identifier: GPL-2.0-only
// Unit tests of the JSON form: the contract's keys, their order, and what is left out.
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <jansson.h>

#include "../user/sink.h"
#include "sample.h"

static struct verdict v;
static struct capture capture;
static const struct options options;

static const char *print_verdict(void)
{
	capture_begin(&capture);
	assert_int_equal(sink_json.verdict(&v, &options), 0);
	return capture_end(&capture);
}

static const char *print_summary(const struct summary *s)
{
	capture_begin(&capture);
	assert_int_equal(sink_json.summary(s, &options), 0);
	return capture_end(&capture);
}

static void test_verdict(void **state)
{
	(void)state;
	sample_firewall_drop(&v);
	assert_string_equal(
		print_verdict(),
		"{\"type\":\"verdict\",\"time\":\"2026-11-22T07:41:12.118123Z\","
		"\"probe\":{\"proto\":\"tcp\",\"src\":\"100.64.1.10\",\"sport\":53738,"
		"\"dst\":\"172.16.32.15\",\"dport\":80,\"interface\":\"eth0\",\"syns\":1},"
		"\"verdict\":\"failed\",\"cause\":\"firewall-drop\",\"stage\":\"netfilter\","
		"\"confidence\":\"certain\",\"revised\":false,"
		"\"summary\":\"dropped by rule 2 of chain CLOUDSEC\",\"duration_us\":31,"
		"\"rule\":{\"backend\":\"nft\",\"family\":\"ip\",\"table\":\"filter\","
		"\"chain\":\"CLOUDSEC\",\"hook\":\"INPUT\",\"handle\":12,\"number\":2,"
		"\"text\":\"ip saddr 100.64.0.0/10 drop\"},"
		"\"evidence\":[{\"t_us\":0,\"at\":\"tc-ingress\",\"what\":\"SYN seq 1829 tsval "
		"88123\"},"
		"{\"t_us\":31,\"at\":\"kfree_skb\",\"what\":\"NETFILTER_DROP in nft_do_chain\"}],"
		"\"fix\":[\"iptables -I INPUT -s 100.64.0.0/10 -j ACCEPT\"],\"lost_events\":0}\n");
}

/* What the probe became is in it too, without a timing of nothing. */
static void test_translated(void **state)
{
	(void)state;
	sample_verdict(&v, "100.64.1.10", "172.16.32.15", 80, OUTCOME_HEALTHY, "healthy");
	v.service = v.probe;
	sample_address(v.service.saddr, "172.17.0.1");
	sample_address(v.service.daddr, "172.17.0.2");
	v.service.sport = 1024;
	v.service.dport = 8080;
	assert_non_null(strstr(print_verdict(),
			       "\"dport\":80,\"interface\":\"eth0\",\"syns\":1,\"translated\":"
			       "{\"src\":\"172.17.0.1\",\"sport\":1024,\"dst\":\"172.17.0.2\","
			       "\"dport\":8080}},\"verdict\""));
	v.service.family = 0;
	assert_null(strstr(print_verdict(), "translated"));
	assert_null(strstr(capture.text, "timing"));
}

/* Who counts verdicts must be able to take the earlier one back. */
static void test_revised(void **state)
{
	(void)state;
	sample_verdict(&v, "100.64.1.10", "172.16.32.15", 80, OUTCOME_HEALTHY, "healthy");
	v.revised = true;
	v.was = OUTCOME_FAILED;
	v.was_cause = "no-listener";
	assert_non_null(strstr(print_verdict(), "\"revised\":true,\"was\":{\"verdict\":\"failed\","
						"\"cause\":\"no-listener\"},\"summary\""));
}

static void test_timing(void **state)
{
	(void)state;
	sample_verdict(&v, "100.64.1.10", "172.16.32.15", 80, OUTCOME_HEALTHY, "healthy");
	v.timing = (struct verdict_timing){31, 210, 1800, 0};
	assert_non_null(strstr(print_verdict(),
			       "\"duration_us\":31,\"timing\":{\"syn_to_synack_us\":31,"
			       "\"synack_to_ack_us\":210,\"request_to_first_byte_us\":1800,"
			       "\"first_byte_to_close_us\":0},\"evidence\""));
	v.timing = (struct verdict_timing){-1, -1, 7, -1};
	assert_non_null(strstr(print_verdict(),
			       "\"timing\":{\"request_to_first_byte_us\":7},\"evidence\""));
}

/* Echo requests have no ports, and of either version one name. */
static void test_datagrams(void **state)
{
	(void)state;
	sample_verdict(&v, "100.64.1.10", "172.16.32.15", 53, OUTCOME_HEALTHY, "healthy");
	v.probe.proto = 17;
	v.syns = 2;
	assert_non_null(strstr(print_verdict(),
			       "{\"proto\":\"udp\",\"src\":\"100.64.1.10\",\"sport\":53738,"
			       "\"dst\":\"172.16.32.15\",\"dport\":53,\"interface\":\"eth0\","
			       "\"packets\":2}"));
	v.probe.proto = 1;
	assert_non_null(strstr(print_verdict(),
			       "{\"proto\":\"icmp\",\"src\":\"100.64.1.10\","
			       "\"dst\":\"172.16.32.15\",\"interface\":\"eth0\",\"packets\":2}"));
	v.probe.proto = 58;
	assert_non_null(strstr(print_verdict(), "{\"proto\":\"icmp\",\"src\""));
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
	assert_non_null(strstr(print_summary(s), "{\"proto\":\"udp\",\"dst\":\"172.16.32.15\","
						 "\"dport\":53,\"probes\":1"));
	assert_non_null(strstr(capture.text, "{\"proto\":\"icmp\",\"dst\":\"172.16.32.15\","
					     "\"probes\":1"));
	summary_free(s);
}

/* What does not apply is absent, not null. */
static void test_healthy_is_short(void **state)
{
	(void)state;
	sample_verdict(&v, "2001:db8::1", "2001:db8::f", 443, OUTCOME_HEALTHY, "healthy");
	v.interface[0] = 0;
	assert_string_equal(
		print_verdict(),
		"{\"type\":\"verdict\",\"time\":\"2026-11-22T07:41:12.118123Z\","
		"\"probe\":{\"proto\":\"tcp\",\"src\":\"2001:db8::1\",\"sport\":53738,"
		"\"dst\":\"2001:db8::f\",\"dport\":443,\"syns\":1},"
		"\"verdict\":\"healthy\",\"cause\":\"healthy\",\"confidence\":\"certain\","
		"\"revised\":false,\"summary\":\"\",\"duration_us\":31,\"evidence\":[],"
		"\"lost_events\":0}\n");
}

static void test_partial_rule(void **state)
{
	const char *line;

	(void)state;
	sample_firewall_drop(&v);
	memset(&v.rule, 0, sizeof(v.rule));
	v.rule.known = true;
	v.rule.handle = v.rule.number = -1;
	snprintf(v.rule.hook, sizeof(v.rule.hook), "OUTPUT");
	line = print_verdict();
	assert_non_null(strstr(line, "\"rule\":{\"hook\":\"OUTPUT\"}"));
	v.rule.known = false;
	assert_null(strstr(print_verdict(), "\"rule\""));
}

static void test_undecided(void **state)
{
	(void)state;
	sample_verdict(&v, "100.64.1.1", "172.16.32.15", 80, OUTCOME_UNDETERMINED, "undetermined");
	v.revised = true;
	v.lost_events = 7;
	assert_null(strstr(print_verdict(), "confidence"));
	assert_non_null(strstr(capture.text, "\"revised\":true"));
	assert_non_null(strstr(capture.text, "\"lost_events\":7}"));
}

/* Whatever a text holds, the line is one line of valid ASCII JSON that reads back as the same. */
static void test_hostile_text(void **state)
{
	json_error_t error;
	json_t *read;

	(void)state;
	sample_firewall_drop(&v);
	snprintf(v.summary, sizeof(v.summary), "\"quoted\" \\x1b[31m \\n\n\t\177 \xc3\xa9");
	snprintf(v.fix[0], sizeof(v.fix[0]), "echo '\"'");
	snprintf(v.interface, sizeof(v.interface), "et\xff\x1bh");
	print_verdict();
	for (const char *c = capture.text; *c; c++)
		assert_true((*c >= 0x20 && *c < 0x7f) || (*c == '\n' && !c[1]) || *c == 0x7f);
	read = json_loads(capture.text, 0, &error);
	assert_non_null(read);
	assert_string_equal(json_string_value(json_object_get(read, "summary")), v.summary);
	assert_string_equal(
		json_string_value(json_object_get(json_object_get(read, "probe"), "interface")),
		"et\\xff\\x1bh");
	json_decref(read);
}

static void test_summary(void **state)
{
	struct summary *s;

	(void)state;
	assert_int_equal(summary_new(&s), 0);
	sample_firewall_drop(&v);
	summary_add(s, &v);
	sample_verdict(&v, "100.64.1.11", "172.16.32.15", 80, OUTCOME_HEALTHY, "healthy");
	v.wall_ns += 1000000000;
	summary_add(s, &v);
	s->lost_events = 3;
	summary_finish(s);
	assert_string_equal(
		print_summary(s),
		"{\"type\":\"summary\",\"probes\":2,\"healthy\":1,\"failed\":1,\"undetermined\":0,"
		"\"incomplete\":0,\"lost_events\":3,\"evicted\":0,\"targets\":["
		"{\"proto\":\"tcp\",\"dst\":\"172.16.32.15\",\"dport\":80,\"probes\":2,\"healthy\":"
		"1,\"failed\":1,"
		"\"undetermined\":0,\"incomplete\":0,\"cause\":\"firewall-drop\","
		"\"first\":\"2026-11-22T07:41:12.118123Z\",\"last\":\"2026-11-22T07:41:13."
		"118123Z\","
		"\"sources\":["
		"{\"src\":\"100.64.1.10\",\"probes\":1,\"healthy\":0,\"failed\":1,\"undetermined\":"
		"0,"
		"\"incomplete\":0,\"cause\":\"firewall-drop\","
		"\"first\":\"2026-11-22T07:41:12.118123Z\",\"last\":\"2026-11-22T07:41:12."
		"118123Z\"},"
		"{\"src\":\"100.64.1.11\",\"probes\":1,\"healthy\":1,\"failed\":0,\"undetermined\":"
		"0,"
		"\"incomplete\":0,"
		"\"first\":\"2026-11-22T07:41:13.118123Z\",\"last\":\"2026-11-22T07:41:13."
		"118123Z\"}"
		"]}]}\n");
	summary_free(s);
}

static void test_no_probe(void **state)
{
	struct summary *s;

	(void)state;
	assert_int_equal(summary_new(&s), 0);
	s->cause = "not-arriving";
	s->stage = "arrival";
	snprintf(s->text, sizeof(s->text), "no probe");
	s->n_checks = 1;
	snprintf(s->checks[0], sizeof(s->checks[0]), "look upstream");
	summary_finish(s);
	assert_string_equal(
		print_summary(s),
		"{\"type\":\"summary\",\"probes\":0,\"healthy\":0,\"failed\":0,"
		"\"undetermined\":0,\"incomplete\":0,\"lost_events\":0,\"evicted\":0,"
		"\"cause\":\"not-arriving\",\"stage\":\"arrival\",\"summary\":\"no probe\","
		"\"fix\":[\"look upstream\"],\"targets\":[]}\n");
	summary_free(s);
}

/* Targets beyond what is kept are in one element that says so. */
static void test_many_targets(void **state)
{
	struct summary *s;
	json_t *read, *targets, *other;

	(void)state;
	assert_int_equal(summary_new(&s), 0);
	sample_verdict(&v, "100.64.1.1", "172.16.32.15", 80, OUTCOME_HEALTHY, "healthy");
	for (uint16_t port = 0; port < SUMMARY_LINES_MAX; port++) {
		v.probe.dport = port;
		summary_add(s, &v);
	}
	summary_finish(s);
	read = json_loads(print_summary(s), 0, NULL);
	targets = json_object_get(read, "targets");
	assert_int_equal(json_array_size(targets), SUMMARY_LINES_MAX / 2 + 1);
	other = json_array_get(targets, SUMMARY_LINES_MAX / 2);
	assert_true(json_is_true(json_object_get(other, "other")));
	assert_int_equal(json_integer_value(json_object_get(other, "probes")),
			 SUMMARY_LINES_MAX / 2);
	json_decref(read);
	summary_free(s);
}

static void test_notice(void **state)
{
	(void)state;
	capture_begin(&capture);
	assert_int_equal(sink_json.notice("eth1 has gone", SAMPLE_TIME_NS, &options), 0);
	assert_string_equal(capture_end(&capture),
			    "{\"type\":\"notice\",\"time\":\"2026-11-22T07:41:12.118123Z\","
			    "\"text\":\"eth1 has gone\"}\n");
}

/* A reader that has gone is told apart from every other failure. */
static void test_closed_pipe(void **state)
{
	int pipe_fds[2], saved = dup(STDOUT_FILENO), ret;

	(void)state;
	sample_firewall_drop(&v);
	signal(SIGPIPE, SIG_IGN);
	fflush(stdout);
	assert_int_equal(pipe(pipe_fds), 0);
	close(pipe_fds[0]);
	dup2(pipe_fds[1], STDOUT_FILENO);
	ret = sink_json.verdict(&v, &options);
	dup2(saved, STDOUT_FILENO);
	close(saved);
	close(pipe_fds[1]);
	clearerr(stdout);
	assert_int_equal(ret, -EPIPE);
}

static void test_full_device(void **state)
{
	int full = open("/dev/full", O_WRONLY), saved = dup(STDOUT_FILENO), ret;

	(void)state;
	if (full < 0)
		skip();
	fflush(stdout);
	dup2(full, STDOUT_FILENO);
	ret = sink_json.verdict(&v, &options);
	dup2(saved, STDOUT_FILENO);
	close(saved);
	close(full);
	clearerr(stdout);
	assert_int_equal(ret, -ENOSPC);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_translated),	 cmocka_unit_test(test_revised),
		cmocka_unit_test(test_timing),		 cmocka_unit_test(test_datagrams),
		cmocka_unit_test(test_datagram_targets), cmocka_unit_test(test_verdict),
		cmocka_unit_test(test_healthy_is_short), cmocka_unit_test(test_partial_rule),
		cmocka_unit_test(test_undecided),	 cmocka_unit_test(test_hostile_text),
		cmocka_unit_test(test_summary),		 cmocka_unit_test(test_no_probe),
		cmocka_unit_test(test_many_targets),	 cmocka_unit_test(test_notice),
		cmocka_unit_test(test_closed_pipe),	 cmocka_unit_test(test_full_device),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
