// SPDX-License-Identifier: GPL-2.0-only
// Unit tests of doctor's command line, and of options that exclude each other.
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "../user/options.h"

enum { WORDS_MAX = 12 };

static struct options options;
static enum options_action action;
static char err[512];

static int parse(enum options_mode mode, const char *line)
{
	static char copy[512], name[] = "clbtrace";
	char *argv[WORDS_MAX + 2] = {name};
	char *rest = copy, *word;
	int argc = 1;

	options_free(&options);
	strncpy(copy, line, sizeof(copy) - 1);
	err[0] = 0;
	while ((word = strsep(&rest, " ")) && argc <= WORDS_MAX)
		if (*word)
			argv[argc++] = word;
	return options_parse(&options, mode, argc, argv, &action, err, sizeof(err));
}

static void refused(enum options_mode mode, const char *line, const char *said)
{
	int ret = parse(mode, line);

	if (ret != -EINVAL || !strstr(err, said) || strchr(err, '\n'))
		fail_msg("'%s': %d '%s', expected '%s'", line, ret, err, said);
}

static void test_doctor(void **state)
{
	(void)state;
	assert_int_equal(parse(MODE_DOCTOR, "-j -i eth0 --netns web --xdp --btf file --backend bpf "
					    "--color never"),
			 0);
	assert_int_equal(action, OPTIONS_RUN);
	assert_int_equal(options.mode, MODE_DOCTOR);
	assert_true(options.json && options.xdp);
	assert_string_equal(options.interfaces[0], "eth0");
	assert_string_equal(options.netns, "web");
	assert_string_equal(options.btf, "file");
	assert_int_equal(options.backend, BACKEND_BPF);
	assert_int_equal(options.color, COLOR_NEVER);
	assert_int_equal(parse(MODE_DOCTOR, "-h"), 0);
	assert_int_equal(action, OPTIONS_HELP);
	assert_int_equal(parse(MODE_DOCTOR, "-V"), 0);
	assert_int_equal(action, OPTIONS_VERSION);
}

/* It follows no probe, and writes nothing. */
static void test_not_doctors(void **state)
{
	(void)state;
	refused(MODE_DOCTOR, "--source 10.0.0.0/8", "unknown option '--source'");
	refused(MODE_DOCTOR, "-p 80", "unknown option '-p'; see clbtrace doctor --help");
	refused(MODE_DOCTOR, "--write a.pcap", "unknown option '--write'");
	refused(MODE_DOCTOR, "--proc /proc", "unknown option '--proc'");
	refused(MODE_DOCTOR, "eth0", "unexpected argument 'eth0'; see clbtrace doctor --help");
	refused(MODE_REPLAY, "file --btf a", "unknown option '--btf'; see clbtrace replay --help");
	refused(MODE_LIVE, "eth0", "unexpected argument 'eth0'; see clbtrace --help");
}

static void test_packets_alone(void **state)
{
	(void)state;
	refused(MODE_DOCTOR, "--btf file --backend pcap", "--btf: ");
	refused(MODE_LIVE, "--btf file --proc /proc", "--btf: ");
	refused(MODE_LIVE, "--btf=", "--btf: ''");
	refused(MODE_DOCTOR, "--xdp --backend pcap", "--xdp: ");
	refused(MODE_LIVE, "--xdp --proc /proc", "--xdp: ");
	refused(MODE_LIVE, "--backend bpf --proc /proc", "--proc: ");
	assert_int_equal(parse(MODE_LIVE, "--btf file --backend bpf"), 0);
	assert_int_equal(parse(MODE_LIVE, "--proc /proc --backend pcap"), 0);
	assert_int_equal(parse(MODE_LIVE, "--xdp"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_doctor),
		cmocka_unit_test(test_not_doctors),
		cmocka_unit_test(test_packets_alone),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	options_free(&options);
	return failed;
}
