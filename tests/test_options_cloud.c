// SPDX-License-Identifier: GPL-2.0-only
// Unit tests of --cloud, --netns and --udp.
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "../user/clouds.h"
#include "../user/netns.h"
#include "../user/not_arriving.h"
#include "../user/options.h"
#include "../user/parse.h"
#include "sample.h"

enum { WORDS_MAX = 16 };

static struct options options;
static char err[512];

/* Parses a line of words separated by single spaces; "_" stands for an empty word. */
static int parse(const char *line)
{
	static char copy[4096], empty[] = "", name[] = "clbtrace";
	char *argv[WORDS_MAX + 2] = {name};
	char *rest = copy, *word;
	enum options_action action;
	int argc = 1;

	options_free(&options);
	snprintf(copy, sizeof(copy), "%s", line);
	err[0] = 0;
	while ((word = strsep(&rest, " ")) && argc <= WORDS_MAX)
		argv[argc++] = strcmp(word, "_") ? word : empty;
	return options_parse(&options, MODE_LIVE, argc, argv, &action, err, sizeof(err));
}

static void refused(const char *line, const char *named, const char *reason)
{
	int ret = parse(line);

	if (ret != -EINVAL || !strstr(err, named) || !strstr(err, reason) || strchr(err, '\n'))
		fail_msg("'%s': %d '%s', expected '%s' and '%s'", line, ret, err, named, reason);
}

/* The sources with spaces between them. */
static const char *sources(void)
{
	static char all[512];
	char text[PREFIX_TEXT_LEN];

	all[0] = 0;
	for (size_t i = 0; i < options.n_sources; i++)
		snprintf(all + strlen(all), sizeof(all) - strlen(all), "%s%s", i ? " " : "",
			 prefix_text(&options.sources[i], text));
	return all;
}

static unsigned int n_codes(void)
{
	unsigned int n = 0;

	for (unsigned int code = 0; code < 600; code++)
		n += options.expect_status[code / 8] >> code % 8 & 1;
	return n;
}

static bool code_set(unsigned int code)
{
	return options.expect_status[code / 8] >> code % 8 & 1;
}

static void test_every_cloud(void **state)
{
	static const struct {
		const char *line, *sources;
		unsigned int timeout_ms, first, last, n;
	} rows[] = {
		{"--cloud tencent", "100.64.0.0/10", 2000, 100, 599, 500},
		{"--cloud tencent-classic", "169.254.128.0/17", 2000, 100, 599, 500},
		{"--cloud alibaba", "100.64.0.0/10", 5000, 200, 399, 200},
		{"--cloud huawei", "100.125.0.0/16", 3000, 200, 401, 3},
		{"--cloud azure", "168.63.129.16/32", 5000, 200, 200, 1},
		{"--cloud gcp", "35.191.0.0/16 130.211.0.0/22", 5000, 200, 200, 1},
	};

	(void)state;
	assert_int_equal(sizeof(rows) / sizeof(*rows), N_CLOUDS);
	for (size_t i = 0; i < N_CLOUDS; i++) {
		if (parse(rows[i].line))
			fail_msg("%s: %s", rows[i].line, err);
		assert_string_equal(options.cloud->id, clouds[i].id);
		assert_string_equal(sources(), rows[i].sources);
		assert_int_equal(options.timeout_ms, rows[i].timeout_ms);
		assert_true(code_set(rows[i].first) && code_set(rows[i].last));
		assert_int_equal(n_codes(), rows[i].n);
	}
}

static void test_explicit_wins(void **state)
{
	static const char *const lines[] = {
		"--cloud azure -t 700 --expect-status 201 --expect-status 3xx -s 10.0.0.0/8",
		"-t 700 --expect-status 201 --expect-status 3xx -s 10.0.0.0/8 --cloud azure",
		"-t 700 --expect-status 201 --cloud azure --expect-status 3xx -s 10.0.0.0/8",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++) {
		assert_int_equal(parse(lines[i]), 0);
		assert_string_equal(sources(), "168.63.129.16/32 10.0.0.0/8");
		assert_int_equal(options.timeout_ms, 700);
		assert_true(code_set(201) && code_set(399) && !code_set(200));
		assert_int_equal(n_codes(), 101);
	}
	assert_int_equal(parse("--no-default-source --cloud gcp -s 10.0.0.0/8"), 0);
	assert_string_equal(sources(), "10.0.0.0/8");
	assert_int_equal(options.timeout_ms, 5000);
	assert_int_equal(parse("-s 130.211.0.0/22 -s 10.0.0.0/8 --cloud gcp"), 0);
	assert_string_equal(sources(), "35.191.0.0/16 130.211.0.0/22 10.0.0.0/8");
	refused("--cloud gcp --no-default-source", "--no-default-source", "no --source");
}

static void test_cloud_words(void **state)
{
	(void)state;
	assert_int_equal(parse("--cloud gcp --cloud huawei"), 0);
	assert_string_equal(options.cloud->id, "huawei");
	assert_string_equal(sources(), "100.125.0.0/16");
	assert_int_equal(parse("-j"), 0);
	assert_null(options.cloud);
	refused("--cloud aws", "--cloud: 'aws'",
		"tencent, tencent-classic, alibaba, huawei, azure, gcp");
	refused("--cloud gcp --cloud _", "--cloud: ''", "azure, gcp");
	refused("--cloud Azure", "--cloud: 'Azure'", "azure");
	refused("--cloud a\033[31m", "\\x1b[31m", "azure");
	refused("--cloud", "--cloud", "NAME expected");
}

/* Every cloud has its lines in the help. */
static void test_help(void **state)
{
	static struct capture capture;
	const char *help;
	char text[80];

	(void)state;
	capture_begin(&capture);
	options_help(MODE_LIVE);
	help = capture_end(&capture);
	for (size_t i = 0; i < N_CLOUDS; i++) {
		assert_non_null(strstr(help, clouds[i].id));
		assert_non_null(strstr(help, clouds[i].about));
		assert_non_null(strstr(help, cloud_sources(&clouds[i], text, sizeof(text))));
		assert_non_null(strstr(help, clouds[i].status));
	}
}

static void test_netns(void **state)
{
	char name[300] = "--netns ";

	(void)state;
	assert_int_equal(parse("--netns blue --netns 17 --udp"), 0);
	assert_string_equal(options.netns, "17");
	assert_true(options.udp);
	assert_int_equal(parse("--netns ..."), 0);
	assert_int_equal(parse("-j"), 0);
	assert_null(options.netns);
	assert_false(options.udp);
	refused("--netns _", "--netns: ''", "ip netns");
	refused("--netns /proc/1/ns/net", "--netns: '/proc/1/ns/net'", "ip netns");
	refused("--netns a/b", "--netns: 'a/b'", "ip netns");
	refused("--netns ..", "--netns: '..'", "ip netns");
	refused("--netns .", "--netns: '.'", "ip netns");
	refused("--netns", "--netns", "NAME|PID expected");
	refused("--udp=1", "--udp", "takes no value");
	memset(name + 8, 'a', 256);
	refused(name, "--netns", "ip netns");
}

static void test_netns_missing(void **state)
{
	char why[300];

	(void)state;
	assert_int_equal(netns_enter("no-such-\nnamespace", why, sizeof(why)), -EINVAL);
	assert_string_equal(why, "--netns: 'no-such-\\nnamespace': no such namespace (ip netns "
				 "lists them) or process");
	assert_int_equal(netns_enter("0", why, sizeof(why)), -EINVAL);
	assert_int_equal(netns_enter("2147483647", why, sizeof(why)), -EINVAL);
	assert_int_equal(netns_enter("99999999999999999999", why, sizeof(why)), -EINVAL);
	assert_int_equal(netns_enter("-1", why, sizeof(why)), -EINVAL);
}

static const char *checks(const char *line)
{
	static struct summary s;
	static char all[4096];

	memset(&s, 0, sizeof(s));
	s.window_ns = 60000000000;
	assert_int_equal(parse(line), 0);
	not_arriving_explain(&s, &options);
	snprintf(all, sizeof(all), "%s\n", s.text);
	for (unsigned int i = 0; i < s.n_checks; i++)
		snprintf(all + strlen(all), sizeof(all) - strlen(all), "%s\n", s.checks[i]);
	return all;
}

/* What to look at when nothing arrives is that cloud's: its sources, and nothing of Tencent's. */
static void test_not_arriving(void **state)
{
	char line[64], source[80];

	(void)state;
	assert_non_null(strstr(checks("-j"), "public bandwidth"));
	assert_non_null(strstr(checks("--cloud tencent"), "public bandwidth"));
	for (size_t i = 1; i < N_CLOUDS; i++) {
		snprintf(line, sizeof(line), "--cloud %s", clouds[i].id);
		snprintf(source, sizeof(source), "%s", clouds[i].sources[0]);
		assert_non_null(strstr(strchr(checks(line), '\n'), source));
		assert_null(strstr(checks(line), "public bandwidth"));
		if (strcmp(source, "100.64.0.0/10") != 0)
			assert_null(strstr(checks(line), "100.64.0.0"));
	}
	assert_non_null(strstr(checks("--udp --netns blue"),
			       "watched: connections, datagrams and echo requests from "
			       "100.64.0.0/10 in network namespace blue\n"));
}

static int tear_down(void **state)
{
	(void)state;
	options_free(&options);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_cloud),  cmocka_unit_test(test_explicit_wins),
		cmocka_unit_test(test_cloud_words),  cmocka_unit_test(test_help),
		cmocka_unit_test(test_netns),	     cmocka_unit_test(test_netns_missing),
		cmocka_unit_test(test_not_arriving),
	};

	return cmocka_run_group_tests(tests, NULL, tear_down);
}
