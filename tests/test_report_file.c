// SPDX-License-Identifier: GPL-2.0-only
// Unit tests of the report's file: which files it replaces, and what is left when it cannot.
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "../user/report.h"

static char dir[] = "/tmp/clbtrace-test-XXXXXX";
static char path[64], other[64], part[80];
static struct report *report;

static int set_up(void **state)
{
	(void)state;
	if (!mkdtemp(dir))
		return -1;
	snprintf(path, sizeof(path), "%s/a.html", dir);
	snprintf(other, sizeof(other), "%s/b.html", dir);
	snprintf(part, sizeof(part), "%s.part", path);
	return report_new(&report);
}

static int tear_down(void **state)
{
	(void)state;
	report_free(report);
	return rmdir(dir); /* nothing may be left in it */
}

static int clean(void **state)
{
	(void)state;
	unlink(path);
	unlink(other);
	rmdir(path);
	return 0;
}

static void write_file(const char *name, const char *text)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0644);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
}

static void expect_content(const char *name, const char *begin)
{
	char text[64] = "";
	int fd = open(name, O_RDONLY);

	assert_true(fd >= 0);
	assert_true(read(fd, text, sizeof(text) - 1) >= 0);
	close(fd);
	assert_memory_equal(text, begin, strlen(begin));
}

static void test_new(void **state)
{
	struct stat st;

	(void)state;
	assert_int_equal(report_check(path), 0);
	assert_int_equal(access(path, F_OK), -1); /* checking makes nothing */
	assert_int_equal(report_write(report, path), 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	expect_content(path, "<!DOCTYPE html>");
}

static void test_replaced(void **state)
{
	struct stat st;

	(void)state;
	write_file(path, "an earlier page");
	assert_int_equal(report_check(path), 0);
	expect_content(path, "an earlier page");
	assert_int_equal(report_write(report, path), 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	expect_content(path, "<!DOCTYPE html>");
}

static void test_refused(void **state)
{
	(void)state;
	write_file(other, "kept");
	assert_int_equal(symlink(other, path), 0);
	assert_int_equal(report_check(path), -ELOOP);
	assert_int_equal(report_write(report, path), -ELOOP);
	unlink(path);
	assert_int_equal(link(other, path), 0);
	assert_int_equal(report_check(path), -EEXIST);
	assert_int_equal(report_write(report, path), -EEXIST);
	expect_content(other, "kept");
	unlink(path);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(report_check(path), -EEXIST);
	assert_int_equal(report_check("/tmp/clbtrace-no-such-directory/a.html"), -ENOENT);
}

/* What is planted under the name that the page has while it is written. */
static void test_planted(void **state)
{
	(void)state;
	write_file(other, "kept");
	assert_int_equal(symlink(other, part), 0);
	assert_int_equal(report_write(report, path), -ELOOP);
	expect_content(other, "kept");
	unlink(part);
}

/* As on a full disk: the earlier page stays, and nothing beside it. */
static void test_no_room(void **state)
{
	struct rlimit was, small;

	(void)state;
	write_file(path, "an earlier page");
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &was), 0);
	small = was;
	small.rlim_cur = 100;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	assert_int_equal(report_write(report, path), -EFBIG);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &was), 0);
	expect_content(path, "an earlier page");
	assert_int_equal(access(part, F_OK), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_new, clean),
		cmocka_unit_test_teardown(test_replaced, clean),
		cmocka_unit_test_teardown(test_refused, clean),
		cmocka_unit_test_teardown(test_planted, clean),
		cmocka_unit_test_teardown(test_no_room, clean),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
