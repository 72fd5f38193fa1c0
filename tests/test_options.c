// SPDX-License-Identifier: GPL-2.0-only
// Unit tests of the command line.
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "../user/options.h"
#include "../user/parse.h"
#include "sample.h"

enum { WORDS_MAX = 24 };

static struct options options;
static enum options_action action;
static char err[512];

/* Parses a line of words separated by single spaces; "_" stands for an empty word. */
static int parse(const char *line)
{
	static char copy[4096], empty[] = "", name[] = "clbtrace";
	char *argv[WORDS_MAX + 2] = {name};
	char *rest = copy, *word;
	int argc = 1;

	options_free(&options);
	snprintf(copy, sizeof(copy), "%s", line);
	err[0] = 0;
	while ((word = strsep(&rest, " ")) && argc <= WORDS_MAX)
		if (*word)
			argv[argc++] = strcmp(word, "_") ? word : empty;
	return options_parse(&options, MODE_LIVE, argc, argv, &action, err, sizeof(err));
}

/* It is refused, in one line that names this argument. */
static void refused(const char *line, const char *named, const char *reason)
{
	int ret = parse(line);

	if (ret != -EINVAL || !strstr(err, named) || !strstr(err, reason) || strchr(err, '\n'))
		fail_msg("'%s': %d '%s', expected '%s' and '%s'", line, ret, err, named, reason);
}

static bool port_set(unsigned int port)
{
	return options.ports[port / 64] >> port % 64 & 1;
}

static bool code_set(unsigned int code)
{
	return options.expect_status[code / 8] >> code % 8 & 1;
}

static const char *source(size_t i)
{
	static char text[PREFIX_TEXT_LEN];

	return i < options.n_sources ? prefix_text(&options.sources[i], text) : "none";
}

static void test_defaults(void **state)
{
	(void)state;
	assert_int_equal(parse(""), 0);
	assert_int_equal(action, OPTIONS_RUN);
	assert_int_equal(options.n_sources, 1);
	assert_string_equal(source(0), "100.64.0.0/10");
	assert_true(options.all_ports && port_set(1) && port_set(65535));
	assert_int_equal(options.timeout_ms, 2000);
	assert_int_equal(options.max_probes, 65536);
	assert_int_equal(options.count, 0);
	assert_int_equal(options.duration_ms, 0);
	assert_null(options.write);
	assert_true(code_set(100) && code_set(499) && !code_set(99) && !code_set(500));
	assert_false(options.json || options.verbose || options.xdp);
	assert_int_equal(options.color, COLOR_AUTO);
}

static void test_every_option(void **state)
{
	(void)state;
	assert_int_equal(parse("-s 10.0.0.0/8 --vip=192.0.2.1 -p 80 -i eth0 -n 5 -d 60 -t 500 -w "
			       "a.pcap -j -v "
			       "--xdp --no-rule-trace --color never --max-probes 16"),
			 0);
	assert_int_equal(options.n_sources, 3);
	assert_string_equal(source(0), "100.64.0.0/10");
	assert_string_equal(source(1), "10.0.0.0/8");
	assert_string_equal(source(2), "192.0.2.1/32");
	assert_string_equal(options.interfaces[0], "eth0");
	assert_int_equal(options.count, 5);
	assert_int_equal(options.duration_ms, 60000);
	assert_int_equal(options.timeout_ms, 500);
	assert_string_equal(options.write, "a.pcap");
	assert_true(options.json && options.verbose && options.xdp);
	assert_int_equal(options.color, COLOR_NEVER);
	assert_int_equal(options.max_probes, 16);
}

static void test_actions(void **state)
{
	(void)state;
	assert_int_equal(parse("--help"), 0);
	assert_int_equal(action, OPTIONS_HELP);
	assert_int_equal(parse("-j -h --nonsense"), 0);
	assert_int_equal(action, OPTIONS_HELP);
	assert_int_equal(parse("--version"), 0);
	assert_int_equal(action, OPTIONS_VERSION);
	refused("--nonsense --help", "--nonsense", "unknown option");
}

static void test_sources(void **state)
{
	(void)state;
	assert_int_equal(parse("--no-default-source -s 2001:db8::/32 -s ::1"), 0);
	assert_int_equal(options.n_sources, 2);
	assert_string_equal(source(0), "2001:db8::/32");
	assert_string_equal(source(1), "::1/128");
	assert_int_equal(options.sources[0].len, 32);
	assert_int_equal(parse("-s 0.0.0.0/0"), 0);
	assert_int_equal(options.sources[1].len, 96);
	assert_int_equal(parse("-s 10.0.0.0/8 -s 100.64.0.0/10 -s 10.0.0.0/8"), 0);
	assert_int_equal(options.n_sources, 2);
	assert_int_equal(parse("--no-default-source -s 100.64.0.0/10"), 0);
	assert_int_equal(options.n_sources, 1);
	refused("--no-default-source", "--no-default-source", "no --source");
	refused("-s 100.64.1.1/10", "--source: '100.64.1.1/10'", "did you mean 100.64.0.0/10?");
	refused("-s 2001:db8::1/32", "--source", "did you mean 2001:db8::/32?");
	refused("--vip 10.0.0.1/31", "--vip: '10.0.0.1/31'", "did you mean 10.0.0.0/31?");
	refused("-s _", "--source: ''", "not an address");
	refused("-s 10.0.0", "--source", "not an address");
	refused("-s 10.0.0.256", "--source", "not an address");
	refused("-s 10.0.0.0/", "--source", "prefix length");
	refused("-s 10.0.0.0/33", "--source", "0 to 32");
	refused("-s 10.0.0.0/-1", "--source", "prefix length");
	refused("-s 10.0.0.0/8/8", "--source", "prefix length");
	refused("-s ::/129", "--source", "0 to 128");
	refused("-s example.com", "--source", "not an address");
	refused("-s 10.0.0.0/18446744073709551624", "--source", "prefix length");
}

static void test_ports(void **state)
{
	(void)state;
	assert_int_equal(parse("-p 80,443,8000-8100 --port 1,65535"), 0);
	assert_false(options.all_ports);
	assert_true(port_set(80) && port_set(443) && port_set(8000) && port_set(8064) &&
		    port_set(8100));
	assert_true(port_set(1) && port_set(65535));
	assert_false(port_set(81) || port_set(7999) || port_set(8101) || port_set(0));
	refused("-p 80,abc", "--port: '80,abc'", "not a port, 80,443,8000-8100 expected");
	refused("-p 0", "--port", "1 to 65535");
	refused("-p 65536", "--port", "1 to 65535");
	refused("-p 18446744073709551696", "--port", "1 to 65535");
	refused("-p 100-80", "--port", "did you mean 80-100?");
	refused("-p 80,", "--port", "not a port");
	refused("-p ,80", "--port", "not a port");
	refused("-p _", "--port: ''", "not a port");
	refused("-p 80-", "--port", "not a port");
	refused("-p -80", "--port", "not a port");
	refused("-p 1-2-3", "--port", "not a port");
	refused("-p +80", "--port", "not a port");
}

static void test_numbers(void **state)
{
	(void)state;
	assert_int_equal(parse("-n 1000000000000 -d 31536000 -t 600000 --max-probes 1048576"), 0);
	assert_int_equal(options.count, 1000000000000);
	assert_int_equal(options.duration_ms, 31536000000);
	refused("-n 0", "--count: '0'", "1 to 1000000000000");
	refused("-n 1000000000001", "--count", "out of range");
	refused("-n 99999999999999999999999999", "--count", "out of range");
	refused("-n -1", "--count", "not a number");
	refused("-n 1x", "--count", "not a number");
	refused("-n 0x10", "--count", "not a number");
	refused("-n _", "--count", "not a number");
	refused("-d 0", "--duration", "1 to 31536000");
	refused("-d 31536001", "--duration", "1 to 31536000");
	refused("-d 1.5", "--duration", "not a number");
	refused("-t 0", "--timeout", "1 to 600000");
	refused("-t 600001", "--timeout", "1 to 600000");
	refused("--max-probes 15", "--max-probes", "16 to 1048576");
	refused("--max-probes 1048577", "--max-probes", "16 to 1048576");
}

static void test_status_list(void **state)
{
	(void)state;
	assert_int_equal(parse("--expect-status 200,301-302"), 0);
	assert_true(code_set(200) && code_set(301) && code_set(302));
	assert_false(code_set(201) || code_set(303) || code_set(404));
	assert_int_equal(parse("--expect-status 1xx-4xx"), 0);
	assert_true(code_set(100) && code_set(499) && !code_set(500));
	assert_int_equal(parse("--expect-status 2XX --expect-status 599"), 0);
	assert_true(code_set(200) && code_set(299) && code_set(599) && !code_set(300) &&
		    !code_set(598));
	refused("--expect-status 99", "--expect-status: '99'", "not a status code");
	refused("--expect-status 099", "--expect-status", "100 to 599");
	refused("--expect-status 600", "--expect-status", "not a status code");
	refused("--expect-status 0xx", "--expect-status", "100 to 599");
	refused("--expect-status 6xx", "--expect-status", "100 to 599");
	refused("--expect-status 20x", "--expect-status", "not a status code");
	refused("--expect-status 4xx-2xx", "--expect-status", "reversed");
	refused("--expect-status 200,", "--expect-status", "not a status code");
	refused("--expect-status _", "--expect-status", "not a status code");
}

static void test_interfaces(void **state)
{
	(void)state;
	assert_int_equal(parse("-i eth0 -i eth1 -i eth0"), 0);
	assert_int_equal(options.n_interfaces, 2);
	assert_string_equal(options.interfaces[1], "eth1");
	refused("-i _", "--interface: ''", "1 to 15");
	refused("-i sixteencharacter", "--interface", "1 to 15");
	refused("-i ../eth0", "--interface", "not an interface name");
}

static void test_write(void **state)
{
	(void)state;
	refused("-w a.txt", "--write: 'a.txt'", ".pcapng or .pcap");
	refused("--rotate 10M", "--rotate", "recording");
	refused("--rotate 10M -w a.pcap", "--rotate", "recording");
	refused("--rotate 10 -w a.pcapng", "--rotate: '10'", "64K");
	refused("--rotate 10M,1 -w a.pcapng", "--rotate: '10M,1'", "number of files");
	refused("-w .pcap", "--write", ".pcap expected");
	refused("-w _", "--write", ".pcap expected");
}

static void test_bad_words(void **state)
{
	(void)state;
	refused("foo", "'foo'", "unexpected argument");
	refused("-j foo -v", "'foo'", "unexpected argument");
	refused("-- foo", "'foo'", "unexpected argument");
	refused("-x", "'-x'", "unknown option");
	refused("-jx", "'-x'", "unknown option");
	refused("--json=1", "--json", "takes no value");
	refused("-p", "--port", "LIST expected");
	refused("--port", "--port", "LIST expected");
	refused("--color red", "--color: 'red'", "auto, always or never");
	refused("-\n", "\\n", "unknown option");
	refused("--a\nb", "\\n", "unknown option");
	refused("foo\nbar", "'foo\\nbar'", "unexpected argument");
	refused("-p 80\n", "'80\\n'", "not a port");
}

/* Every option has its line, and none is too wide for a terminal of 80 columns. */
static void test_help(void **state)
{
	static struct capture capture;
	const char *line;

	(void)state;
	capture_begin(&capture);
	options_help(MODE_LIVE);
	line = capture_end(&capture);
	assert_non_null(strstr(line, "-s, --source CIDR"));
	assert_non_null(strstr(line, "    --expect-status LIST"));
	assert_non_null(strstr(line, "-V, --version"));
	while (*line) {
		size_t len = strcspn(line, "\n");

		if (len > 78)
			fail_msg("%zu columns: %.*s", len, (int)len, line);
		line += len + 1;
	}
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
		cmocka_unit_test(test_defaults),    cmocka_unit_test(test_every_option),
		cmocka_unit_test(test_actions),	    cmocka_unit_test(test_sources),
		cmocka_unit_test(test_ports),	    cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_status_list), cmocka_unit_test(test_interfaces),
		cmocka_unit_test(test_write),	    cmocka_unit_test(test_bad_words),
		cmocka_unit_test(test_help),
	};

	return cmocka_run_group_tests(tests, NULL, tear_down);
}
