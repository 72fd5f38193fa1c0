// SPDX-License-Identifier: GPL-2.0-only
// Unit tests of the search for the process that holds a socket, on this process itself.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "facts_internal.h"

static uint32_t inode_of(int fd)
{
	struct stat st;

	assert_int_equal(fstat(fd, &st), 0);
	return st.st_ino;
}

static int make_socket(void)
{
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	assert_true(fd >= 0);
	return fd;
}

static void test_state(void **state)
{
	(void)state;
	assert_int_equal(process_parse_state("812 (nginx) S 1 812 812"), 'S');
	assert_int_equal(process_parse_state("812 (a) D (b)) T 1 2"), 'T');
	assert_int_equal(process_parse_state(""), 0);
	assert_int_equal(process_parse_state("812 (cut"), 0);
	assert_int_equal(process_parse_state("812 (cut)"), 0);
}

static void test_find(void **state)
{
	struct process_cache *cache = calloc(1, sizeof(*cache));
	int a = make_socket(), b = make_socket();
	struct process_want want[3] = {{.inode = inode_of(a)}, {0}, {.inode = inode_of(b)}};

	(void)state;
	process_find(cache, false, want, 3);
	assert_int_equal(want[0].pid, getpid());
	assert_int_equal(want[1].pid, 0);
	assert_int_equal(want[2].pid, getpid());
	close(a);
	close(b);
	free(cache);
}

/* The descriptor that the socket was known by is another file now. */
static void test_cache_is_verified(void **state)
{
	struct process_cache *cache = calloc(1, sizeof(*cache));
	int fd = make_socket(), moved;
	struct process_want want = {.inode = inode_of(fd)};

	(void)state;
	process_find(cache, false, &want, 1);
	assert_int_equal(want.pid, getpid());
	moved = dup(fd);
	assert_int_equal(dup2(STDERR_FILENO, fd), fd);
	want.pid = 0;
	process_find(cache, false, &want, 1);
	assert_int_equal(want.pid, getpid());
	close(moved);
	process_find(cache, false, &want, 1);
	assert_int_equal(want.pid, 0);
	close(fd);
	free(cache);
}

/* Beyond the descriptors that are looked at first. */
static void test_high_descriptor(void **state)
{
	struct process_cache *cache = calloc(1, sizeof(*cache));
	int low = make_socket(), high = dup2(low, 200);
	struct process_want want = {.inode = inode_of(low)};

	(void)state;
	close(low);
	assert_int_equal(high, 200);
	process_find(cache, false, &want, 1);
	assert_int_equal(want.pid, getpid());
	close(high);
	free(cache);
}

static void test_describe(void **state)
{
	char comm[EV_COMM_LEN], pstate;

	(void)state;
	process_describe(getpid(), comm, &pstate);
	assert_int_equal(strncmp(comm, "test_facts_process", EV_COMM_LEN - 1), 0);
	assert_int_equal(comm[EV_COMM_LEN - 1], '\0');
	assert_int_equal(pstate, 'R');
	process_describe(0, comm, &pstate);
	assert_string_equal(comm, "");
	assert_int_equal(pstate, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_state),
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_cache_is_verified),
		cmocka_unit_test(test_high_descriptor),
		cmocka_unit_test(test_describe),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
