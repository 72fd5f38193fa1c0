// SPDX-License-Identifier: GPL-2.0-only
// Unit tests of the search for the process that holds a socket, on this process itself.
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
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
	struct process_info info;
	struct rlimit limit;

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	process_describe(getpid(), &info);
	assert_int_equal(strncmp(info.comm, "test_facts_process", EV_COMM_LEN - 1), 0);
	assert_int_equal(info.comm[EV_COMM_LEN - 1], '\0');
	assert_int_equal(info.state, 'R');
	assert_int_equal(info.fds_limit, limit.rlim_cur);
	process_describe(0, &info);
	assert_string_equal(info.comm, "");
	assert_int_equal(info.state, 0);
	assert_int_equal(info.fds_limit, 0);
}

/* Against what is known to be open: one socket more. */
static void test_open_files(void **state)
{
	struct process_info before, after;
	int fd;

	(void)state;
	process_describe(getpid(), &before);
	assert_true(before.fds_open >= 3);
	fd = make_socket();
	process_describe(getpid(), &after);
	assert_int_equal(after.fds_open, before.fds_open + 1);
	close(fd);
}

static void test_limits(void **state)
{
	static const char text[] =
		"Limit                     Soft Limit           Hard Limit           Units     \n"
		"Max processes             7823                 7823                 processes \n"
		"Max open files            1024                 4096                 files     \n";

	(void)state;
	assert_int_equal(process_parse_fds_limit(text), 1024);
	assert_int_equal(process_parse_fds_limit("Max open files            unlimited  4 files"),
			 0);
	assert_int_equal(process_parse_fds_limit("Max open files"), 0);
	assert_int_equal(process_parse_fds_limit("Max open files            10"), 0);
	assert_int_equal(process_parse_fds_limit("Max open files  99999999999 1 files"), 0);
	assert_int_equal(process_parse_fds_limit(""), 0);
}

static void test_parent(void **state)
{
	(void)state;
	assert_int_equal(process_parse_parent("812 (nginx) S 7 812 812"), 7);
	assert_int_equal(process_parse_parent("812 (a) S 3 (b)) T 21 2"), 21);
	assert_int_equal(process_parse_parent("812 (cut) S"), 0);
	assert_int_equal(process_parse_parent("812 (cut)"), 0);
	assert_int_equal(process_parse_parent(""), 0);
	assert_int_equal(process_parent(getpid()), getppid());
}

static pid_t fork_sleeper(void)
{
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (!pid)
		for (;;)
			pause();
	return pid;
}

static void end(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static void stop(pid_t pid)
{
	int status;

	assert_int_equal(kill(pid, SIGSTOP), 0);
	assert_int_equal(waitpid(pid, &status, WUNTRACED), pid);
	assert_true(WIFSTOPPED(status));
}

/* A master and two workers: the owner follows what is stopped, in the first search as from memory.
 */
static void test_halted_worker(void **state)
{
	struct process_cache *cache = calloc(1, sizeof(*cache));
	int fd = make_socket();
	struct process_want want = {.inode = inode_of(fd)};
	pid_t first = fork_sleeper(), second = fork_sleeper();

	(void)state;
	process_find(cache, false, &want, 1);
	assert_int_equal(want.pid, getpid());
	stop(second);
	process_find(cache, false, &want, 1);
	assert_int_equal(want.pid, second);
	memset(cache, 0, sizeof(*cache));
	process_find(cache, false, &want, 1);
	assert_int_equal(want.pid, second);
	kill(second, SIGCONT);
	assert_int_equal(waitpid(second, NULL, WCONTINUED), second);
	stop(first);
	process_find(cache, false, &want, 1);
	assert_int_equal(want.pid, first);
	end(first);
	end(second);
	process_find(cache, false, &want, 1);
	assert_int_equal(want.pid, getpid());
	close(fd);
	free(cache);
}

/* A stopped child that has the descriptor as another file is no holder. */
static void test_halted_stranger(void **state)
{
	struct process_cache *cache = calloc(1, sizeof(*cache));
	pid_t child = fork_sleeper();
	int fd = make_socket();
	struct process_want want = {.inode = inode_of(fd)};

	(void)state;
	stop(child);
	process_find(cache, false, &want, 1);
	process_find(cache, false, &want, 1);
	assert_int_equal(want.pid, getpid());
	end(child);
	close(fd);
	free(cache);
}

static void test_among(void **state)
{
	struct process_cache *cache = calloc(1, sizeof(*cache));
	int fd = make_socket();
	struct process_want want = {.inode = inode_of(fd), .netns = 7};
	struct netns_pid processes[] = {{.inode = 8, .pid = getpid()}, {.inode = 7, .pid = 1}};
	struct vec among = {.data = processes, .n = 2, .size = sizeof(processes[0])};

	(void)state;
	process_find_among(cache, false, &among, &want, 1);
	assert_int_equal(want.pid, 0);
	processes[1].pid = getpid();
	process_find_among(cache, false, &among, &want, 1);
	assert_int_equal(want.pid, getpid());
	close(fd);
	free(cache);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_state),
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_cache_is_verified),
		cmocka_unit_test(test_high_descriptor),
		cmocka_unit_test(test_describe),
		cmocka_unit_test(test_open_files),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_parent),
		cmocka_unit_test(test_halted_worker),
		cmocka_unit_test(test_halted_stranger),
		cmocka_unit_test(test_among),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
