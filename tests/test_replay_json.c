// SPDX-License-Identifier: GPL-2.0-only
// Unit tests of replaying results of --json: the same is said again, and what is wrong is named.
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "../user/commands.h"
#include "../user/replay.h"
#include "../user/sink.h"
#include "sample.h"

static char dir[] = "/tmp/clbtrace-test-XXXXXX";
static char path[64], page[64];
static struct capture capture;
static struct verdict v;
static struct options options;
static char written[1 << 16];
static size_t n_written;

static int set_up(void **state)
{
	(void)state;
	if (!mkdtemp(dir))
		return -1;
	snprintf(path, sizeof(path), "%s/a.json", dir);
	snprintf(page, sizeof(page), "%s/a.html", dir);
	return 0;
}

static int begin(void **state)
{
	(void)state;
	options = (struct options){.mode = MODE_REPLAY, .file = path, .json = true};
	n_written = 0;
	return 0;
}

static int clean(void **state)
{
	(void)state;
	unlink(path);
	unlink(page);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	return rmdir(dir);
}

static void append(const char *text)
{
	n_written += (size_t)snprintf(written + n_written, sizeof(written) - n_written, "%s", text);
	assert_true(n_written < sizeof(written));
}

static void append_results(const struct summary *s)
{
	capture_begin(&capture);
	assert_int_equal(s ? sink_json.summary(s, &options) : sink_json.verdict(&v, &options), 0);
	append(capture_end(&capture));
}

/* Writes what was appended to the file, and replays it; what it prints is in capture.text. */
static int replay(void)
{
	struct replay replay = {.options = &options, .name = path};
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600), saved = dup(STDERR_FILENO), ret;

	assert_int_equal(write(fd, written, n_written), (ssize_t)n_written);
	close(fd);
	assert_int_equal(input_open(&replay.input, path), 0);
	fd = open("/dev/null", O_WRONLY);
	dup2(fd, STDERR_FILENO);
	close(fd);
	capture_begin(&capture);
	ret = replay_json(&replay);
	capture_end(&capture);
	dup2(saved, STDERR_FILENO);
	close(saved);
	input_close(replay.input);
	return ret;
}

static void append_run(void)
{
	struct summary *s;

	assert_int_equal(summary_new(&s), 0);
	sample_firewall_drop(&v);
	summary_add(s, &v);
	append_results(NULL);
	append("{\"type\":\"notice\",\"time\":\"2026-11-22T07:41:12.118123Z\",\"text\":\"x\"}\n");
	v.probe.sport++;
	summary_add(s, &v);
	append_results(NULL);
	v.revised = true;
	v.was = v.outcome;
	v.was_cause = v.cause;
	v.outcome = OUTCOME_HEALTHY;
	v.cause = "healthy";
	summary_add(s, &v);
	append_results(NULL);
	s->lost_events = 2;
	s->evicted = 1;
	summary_finish(s);
	append_results(s);
	summary_free(s);
}

static void test_same(void **state)
{
	(void)state;
	append_run();
	assert_int_equal(replay(), STATUS_FAILED);
	assert_string_equal(capture.text, written);
	assert_int_equal(access(page, F_OK), -1);
	options.report = page;
	assert_int_equal(replay(), STATUS_FAILED);
	assert_string_equal(capture.text, written);
	assert_int_equal(access(page, F_OK), 0);
}

static void test_text(void **state)
{
	(void)state;
	append_run();
	options.json = false;
	assert_int_equal(replay(), STATUS_FAILED);
	assert_non_null(strstr(capture.text, "failed    firewall-drop\n"));
	assert_non_null(strstr(capture.text, "revised: was firewall-drop\n"));
	assert_non_null(strstr(capture.text, "2 probes: 1 healthy, 1 failed\n"));
}

static void test_count(void **state)
{
	(void)state;
	append_run();
	options.count = 1;
	assert_int_equal(replay(), STATUS_FAILED);
	assert_non_null(strstr(capture.text, "\"summary\",\"probes\":1,"));
}

/* What says nothing: only notices, or the summary of a run without probes. */
static void test_no_probe(void **state)
{
	(void)state;
	append("\n{\"type\":\"notice\",\"time\":\"2026-11-22T07:41:12.118123Z\",\"text\":\"x\"}");
	assert_int_equal(replay(), STATUS_NO_PROBE);
	begin(NULL);
	append("{\"type\":\"summary\",\"probes\":0,\"healthy\":0,\"failed\":0,\"undetermined\":0,"
	       "\"incomplete\":0,\"lost_events\":0,\"evicted\":0,\"cause\":\"not-arriving\","
	       "\"stage\":\"arrival\",\"summary\":\"no probe\",\"fix\":[\"look\"],\"targets\":[]}"
	       "\n");
	assert_int_equal(replay(), STATUS_NO_PROBE);
	assert_string_equal(capture.text, written);
}

/* Exit status 2 for what is wrong, once what came before it has been said. */
static void test_broken(void **state)
{
	static const char *const bad[] = {
		"{\"type\":\"verdict\"",
		"{\"type\":\"verdict\"}\n",
		"{\"type\":\"unheard-of\"}\n",
		"{\"type\":\"notice\",\"time\":\"2026-11-22T07:41:12.118123Z\",\"text\":"
		"\"\\u001b\"}\n",
		"[]\n",
		"{}",
		"x",
		"{\"type\":\"summary\",\"probes\":-1}\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		begin(NULL);
		sample_firewall_drop(&v);
		append_results(NULL);
		append(bad[i]);
		options.report = page;
		assert_int_equal(replay(), -EINVAL);
		assert_non_null(strstr(capture.text, "\"cause\":\"firewall-drop\""));
		assert_non_null(strstr(capture.text, "\"type\":\"summary\",\"probes\":1,"));
		assert_int_equal(access(page, F_OK), 0);
		unlink(page);
	}
}

/* Lines that are longer than what is read at once. */
static void test_long_line(void **state)
{
	static char pad[200000];
	char line[64];
	FILE *file = fopen(path, "w");

	(void)state;
	assert_non_null(file);
	memset(pad, ' ', sizeof(pad) - 1);
	for (int i = 0; i < 200; i++) {
		snprintf(line, sizeof(line), "\"text\":\"number %d\"}\n", i);
		fprintf(file,
			"{\"type\":\"notice\",\"time\":\"2026-11-22T07:41:12.118123Z\",%.*s%s",
			i % 3 ? i : (int)sizeof(pad) - 1 - i, pad, line);
	}
	fclose(file);
	{
		struct replay replay = {.options = &options, .name = path};

		assert_int_equal(input_open(&replay.input, path), 0);
		capture_begin(&capture);
		assert_int_equal(replay_json(&replay), STATUS_NO_PROBE);
		capture_end(&capture);
		input_close(replay.input);
	}
	assert_non_null(strstr(capture.text, "number 0\""));
	assert_non_null(strstr(capture.text, "number 199\""));
}

/* That there is no page changes the status only where all else is well. */
static void test_no_page(void **state)
{
	(void)state;
	append_run();
	options.report = "/proc/no-such-directory/a.html";
	assert_int_equal(replay(), -EINVAL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, clean)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_same),   TEST(test_text),	 TEST(test_count),   TEST(test_no_probe),
		TEST(test_broken), TEST(test_long_line), TEST(test_no_page),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
