// SPDX-License-Identifier: GPL-2.0-only
// Unit tests of the report's page: what it says, that nothing gets out of its text, and its limits.
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../user/json_form.h"
#include "../user/report.h"
#include "sample.h"

#define NS_PER_MS 1000000ULL

static struct report *report;
static struct verdict v;
static char *page;

static int set_up(void **state)
{
	(void)state;
	return report_new(&report);
}

static int tear_down(void **state)
{
	(void)state;
	report_free(report);
	free(page);
	page = NULL;
	return 0;
}

static void add(json_t *object)
{
	assert_non_null(object);
	assert_int_equal(report_add(report, object), 0);
	json_decref(object);
}

static void add_verdict(void)
{
	add(json_of_verdict(&v));
}

static size_t print(void)
{
	size_t len;
	FILE *out;

	free(page);
	out = open_memstream(&page, &len);
	assert_non_null(out);
	assert_int_equal(report_print(report, out), 0);
	fclose(out);
	return len;
}

static unsigned int count(const char *text)
{
	unsigned int n = 0;

	for (const char *at = page; (at = strstr(at, text)); at += strlen(text))
		n++;
	return n;
}

/* The time of the bar that stands for a probe that failed alone. */
static const char *time_of_failure(void)
{
	const char *bar = strstr(page, " healthy, 1 failed, 0 unclear</title>");

	assert_non_null(bar);
	while (*bar != '>')
		bar--;
	return bar + 1;
}

static void healthy(const char *src, uint64_t after_ms)
{
	sample_verdict(&v, src, "172.16.32.15", 80, OUTCOME_HEALTHY, "healthy");
	v.wall_ns += after_ms * NS_PER_MS;
	add_verdict();
}

static void dropped(const char *src, uint64_t after_ms)
{
	sample_firewall_drop(&v);
	sample_address(v.probe.saddr, src);
	v.wall_ns += after_ms * NS_PER_MS;
	add_verdict();
}

static void expect(const char *text)
{
	if (!strstr(page, text))
		fail_msg("the page does not say: %s", text);
}

static void test_incident(void **state)
{
	(void)state;
	healthy("100.64.1.10", 0);
	dropped("100.64.1.10", 1000);
	dropped("100.64.1.11", 2000);
	print();
	expect("<h1>2 of 3 health checks failed</h1>");
	expect("2026-11-22 07:41:12 to 07:41:14 UTC");
	expect("<b>1</b> healthy");
	expect("<b>2</b> failed");
	expect("<a href=\"#c-firewall-drop\">firewall-drop</a>");
	expect("<section id=\"c-firewall-drop\">");
	expect("a firewall rule dropped it");
	expect("dropped by rule 2 of chain CLOUDSEC");
	expect("<b>certain</b> &middot; 2 probes from 100.64.1.10, 100.64.1.11");
	expect("table filter chain CLOUDSEC at INPUT rule 2 handle 12");
	expect("<pre><code>ip saddr 100.64.0.0/10 drop</code></pre>");
	expect("<pre class=\"do\"><code>iptables -I INPUT -s 100.64.0.0/10 -j ACCEPT</code>");
	expect("failed: firewall-drop");
	expect("The first of them: 2026-11-22T07:41:13.118123Z");
	expect("aria-label=\"1 healthy, 1 failed, 0 unclear, over time\"");
	expect("aria-label=\"0 healthy, 1 failed, 0 unclear, over time\"");
	assert_int_equal(count("class=\"failure\""), 1);
	assert_int_equal(count("<rect class=\"f\""), 3); /* with the legend's */
	assert_int_equal(count("<rect class=\"h\""), 2);
}

/* One file, and nothing in it that asks for another or runs. */
static void test_self_contained(void **state)
{
	(void)state;
	dropped("100.64.1.10", 0);
	print();
	expect("default-src 'none'; style-src 'unsafe-inline'");
	expect("<meta charset=\"utf-8\">");
	for (size_t i = 0; i < 8; i++) {
		static const char *const not_there[] = {"<script", "src=", "http:",   "https:",
							"@import", "url(", "<iframe", "<link"};

		assert_null(strstr(page, not_there[i]));
	}
	assert_int_equal(count("<section"), count("</section>"));
	assert_int_equal(count("<div"), count("</div>"));
	assert_int_equal(count("<svg"), count("</svg>"));
	assert_int_equal(count("<li"), count("</li>"));
	assert_int_equal(count("<span"), count("</span>"));
	assert_int_equal(count("<p>") + count("<p "), count("</p>"));
	assert_non_null(strstr(page, "</body></html>\n"));
}

static void test_headlines(void **state)
{
	(void)state;
	healthy("100.64.1.10", 0);
	print();
	expect("<h1>The one health check was healthy</h1>");
	assert_null(strstr(page, "<section id=\"causes\">"));
	healthy("100.64.1.10", 1);
	print();
	expect("<h1>All 2 health checks were healthy</h1>");
	sample_verdict(&v, "100.64.1.10", "172.16.32.15", 80, OUTCOME_UNDETERMINED, "undetermined");
	add_verdict();
	print();
	expect("<h1>1 of 3 health checks stayed unclear</h1>");
	assert_int_equal(count("<rect class=\"u\""), 2);
}

static void test_nothing_arrived(void **state)
{
	struct summary *s;

	(void)state;
	assert_int_equal(summary_new(&s), 0);
	s->cause = "not-arriving";
	snprintf(s->text, sizeof(s->text), "no probe reached this host");
	s->n_checks = 1;
	snprintf(s->checks[0], sizeof(s->checks[0]), "the security group of this server");
	s->lost_events = 4;
	summary_finish(s);
	add(json_of_summary(s));
	summary_free(s);
	print();
	expect("<h1>No health check arrived</h1>");
	expect("no probe reached this host");
	expect("<li>the security group of this server</li>");
	expect("4 events were lost");
	assert_null(strstr(page, "id=\"strips\""));
}

/* The words of an attacker in every text that there is. */
static void test_hostile(void **state)
{
	static const char evil[] = "</code></pre></style><script>alert('x\"')</script> seq 5\033[2J"
				   "\xe2\x80\xae & <img src=x onerror=alert(1)>";
	static const char *const keys[] = {"summary", "stage", "confidence"};
	json_t *object, *rule, *step;

	(void)state;
	sample_firewall_drop(&v);
	object = json_of_verdict(&v);
	rule = json_object_get(object, "rule");
	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++)
		json_object_set_new(object, keys[i], json_string(evil));
	json_object_set_new(object, "cause", json_string("\"><q>"));
	json_object_set_new(object, "source", json_string(evil));
	json_object_set_new(rule, "text", json_string(evil));
	json_object_set_new(rule, "chain", json_string(evil));
	json_object_set_new(rule, "owner", json_string(evil));
	json_array_append_new(json_object_get(object, "fix"), json_string(evil));
	for (int i = 0; i < 3; i++) {
		static const char *const places[] = {"tc-ingress", "host", evil};

		step = json_object();
		json_object_set_new(step, "t_us", json_integer(5));
		json_object_set_new(step, "at", json_string(places[i]));
		json_object_set_new(step, "what", json_string(evil));
		json_array_append_new(json_object_get(object, "evidence"), step);
	}
	json_object_set_new(json_object_get(object, "probe"), "src", json_string("<i>"));
	json_object_set_new(json_object_get(object, "probe"), "dst", json_string("<u>"));
	json_object_set_new(json_object_get(object, "probe"), "interface", json_string(evil));
	add(object);
	add(json_of_notice("<script>notice", SAMPLE_TIME_NS));
	report_about_host(report, "<script>host", "<script>kernel", "'\"<script>");
	print();
	assert_null(strstr(page, "<script"));
	assert_null(strstr(page, "<img"));
	assert_null(strstr(page, "<i>"));
	assert_null(strstr(page, "<u>"));
	assert_null(strstr(page, "<q>"));
	assert_null(strchr(page, '\033'));
	assert_null(strstr(page, "\xe2\x80\xae"));
	assert_int_equal(count("</style>"), 1);
	expect("&lt;script&gt;alert(&#39;x&quot;&#39;)&lt;/script&gt;");
	expect("\\u{1b}[2J\\u{202e} &amp; ");
	expect("host &lt;script&gt;host");
}

/* A later verdict on the same probe replaces the earlier one everywhere. */
static void test_revised(void **state)
{
	(void)state;
	dropped("100.64.1.10", 0);
	v.outcome = OUTCOME_HEALTHY;
	v.revised = true;
	v.was = OUTCOME_FAILED;
	v.was_cause = "firewall-drop";
	v.cause = "healthy";
	add_verdict();
	print();
	expect("<h1>The one health check was healthy</h1>");
	expect("aria-label=\"1 healthy, 0 failed, 0 unclear, over time\"");
	assert_null(strstr(page, "firewall-drop"));
	assert_int_equal(count("<rect class=\"f\""), 1);
}

/* The same failure with other numbers is the same; another status code is another. */
static void test_alike(void **state)
{
	(void)state;
	for (int i = 0; i < 30; i++) {
		sample_verdict(&v, "100.64.1.10", "172.16.32.15", 80, OUTCOME_FAILED,
			       "http-status");
		snprintf(v.summary, sizeof(v.summary),
			 "nginx (pid %d) answered \"HTTP/1.1 %d\" in %d ms", i * 97,
			 i % 2 ? 503 : 404, i);
		add_verdict();
	}
	print();
	assert_int_equal(count("class=\"failure\""), 2);
	assert_int_equal(count("15 probes from 100.64.1.10"), 2);
}

/* Words that are different each time do not take all the room. */
static void test_variants(void **state)
{
	(void)state;
	for (int i = 0; i < 1000; i++) {
		sample_verdict(&v, "100.64.1.10", "172.16.32.15", 80, OUTCOME_FAILED,
			       "http-status");
		snprintf(v.summary, sizeof(v.summary), "answered \"%d\"", i);
		add_verdict();
	}
	dropped("100.64.1.10", 0);
	print();
	assert_int_equal(count("class=\"failure\""), 7);
	expect("994 more probes failed in further ways");
	expect("<section id=\"c-firewall-drop\">");
}

static void test_many_failures(void **state)
{
	(void)state;
	for (uint16_t port = 1; port <= 3000; port++) {
		sample_verdict(&v, "100.64.1.10", "172.16.32.15", port, OUTCOME_FAILED,
			       "no-listener");
		add_verdict();
	}
	assert_in_range(print(), 1, 2 << 20);
	assert_int_equal(count("class=\"failure\""), 48);
	expect("2952 more probes failed in further ways");
	expect("<b>3000</b> failed");
	assert_int_equal(count("<div class=\"strip first\">"), 64);
	expect("960 more pairs of target and source are not drawn");
	expect("1976 probes are of further targets or sources");
}

/* Whatever the length of the run, the strips have as many buckets, and every probe is in one. */
static void test_long_run(void **state)
{
	unsigned int bars, minutes;
	const char *bar;

	(void)state;
	for (uint64_t i = 0; i < 200000; i++)
		healthy("100.64.1.10", i * 500);
	dropped("100.64.1.10", 50000000); /* at 21:34:32, before others that were told of */
	print();
	expect("<h1>1 of 200001 health checks failed</h1>");
	expect("to 2026-11-23 11:27:51 UTC"); /* 27.8 hours later, another day */
	bars = count("<rect class=\"h\"") - 1;
	assert_in_range(bars, 60, 120);
	bar = time_of_failure();
	assert_memory_equal(bar, "21:", 3);
	minutes = (unsigned int)atoi(bar + 3);
	assert_in_range(minutes, 12, 34); /* a bar is 22 minutes */
	expect("a bar is 1310.720 s, the tallest 2622 probes");
}

/* A probe that failed is told of after those that came later. */
static void test_out_of_order(void **state)
{
	(void)state;
	healthy("100.64.1.10", 60000);
	dropped("100.64.1.10", 0);
	healthy("100.64.1.10", 120000);
	print();
	expect("aria-label=\"2 healthy, 1 failed");
	assert_memory_equal(time_of_failure(), "07:41:1", 7);
	expect("07:41:12 to 07:43:12 UTC");
	assert_int_equal(count("<rect class=\"h\""), 3);
	assert_int_equal(count("<rect class=\"f\""), 2);
	v.wall_ns = 0; /* the clock was not set */
	add_verdict();
	print();
	expect("aria-label=\"3 healthy, 1 failed");
}

static void test_notices(void **state)
{
	char text[64];

	(void)state;
	for (int i = 0; i < 3; i++)
		add(json_of_notice("events were lost", SAMPLE_TIME_NS));
	for (int i = 0; i < 100; i++) {
		snprintf(text, sizeof(text), "notice %d", i);
		add(json_of_notice(text, SAMPLE_TIME_NS));
	}
	print();
	expect("events were lost <span class=\"muted\">(3 times)</span>");
	expect("notice 48</td>");
	assert_null(strstr(page, "notice 49</td>"));
	expect("and 51 more");
}

/* A part of the results, or several runs in one file: said, not hidden. */
static void test_other_summary(void **state)
{
	struct summary *s;

	(void)state;
	assert_int_equal(summary_new(&s), 0);
	for (int i = 0; i < 5; i++) {
		sample_firewall_drop(&v);
		summary_add(s, &v);
	}
	summary_finish(s);
	add_verdict();
	add(json_of_summary(s));
	summary_free(s);
	print();
	expect("speak of 5 probes in their summary, and have the verdicts of 1");
}

static void test_refused(void **state)
{
	static const char *const bad[] = {
		"{}",
		"[]",
		"{\"type\":\"verdict\"}",
		"{\"type\":\"verdict\",\"time\":\"2026-11-22T07:41:12.118123Z\",\"verdict\":5}",
		"{\"type\":\"notice\",\"text\":\"x\"}",
		"{\"type\":\"other\"}",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		json_t *object = json_loads(bad[i], 0, NULL);

		assert_int_equal(report_add(report, object), -EINVAL);
		json_decref(object);
	}
	print();
	expect("<h1>No health check arrived</h1>");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_incident),	    TEST(test_self_contained), TEST(test_headlines),
		TEST(test_nothing_arrived), TEST(test_hostile),	       TEST(test_revised),
		TEST(test_alike),	    TEST(test_variants),       TEST(test_many_failures),
		TEST(test_long_run),	    TEST(test_out_of_order),   TEST(test_notices),
		TEST(test_other_summary),   TEST(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
