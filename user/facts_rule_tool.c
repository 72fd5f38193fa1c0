// SPDX-License-Identifier: GPL-2.0-only
// Runs a system tool for its output, for a bounded time.
#define _GNU_SOURCE /* pipe2 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "facts_internal.h"
#include "facts_rule.h"

enum { OUTPUT_MAX = 8 << 20, OUTPUT_FIRST = 65536 };

/*
 * Signals are as this process found them, not as it has them blocked; nothing else is inherited.
 * The lock file keeps iptables from taking the real lock, which would make another one fail that
 * does not wait. Reading needs none: the kernel hands out a table in one piece.
 */
static int spawn(const char *const *argv, int out, pid_t *pid)
{
	static char locale[] = "LC_ALL=C", path[] = "PATH=/usr/sbin:/sbin:/usr/bin:/bin";
	static char lock[] = "XTABLES_LOCKFILE=/dev/null";
	char *const env[] = {locale, path, lock, NULL};
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attr;
	sigset_t none, usual;
	int err;

	sigemptyset(&none);
	sigemptyset(&usual);
	sigaddset(&usual, SIGPIPE);
	sigaddset(&usual, SIGXFSZ);
	posix_spawnattr_init(&attr);
	posix_spawnattr_setsigmask(&attr, &none);
	posix_spawnattr_setsigdefault(&attr, &usual);
	/* A terminal's Ctrl-C is for clbtrace. */
	posix_spawnattr_setpgroup(&attr, 0);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF |
						POSIX_SPAWN_SETPGROUP);
	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_addopen(&files, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
	posix_spawn_file_actions_adddup2(&files, out, STDOUT_FILENO);
	err = posix_spawn(pid, argv[0], &files, &attr, (char *const *)argv, env);
	posix_spawn_file_actions_destroy(&files);
	posix_spawnattr_destroy(&attr);
	return -err;
}

static int wait_until(int fd, uint64_t end_ns)
{
	struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
	uint64_t now = facts_clock_ns();
	int ret;

	if (now >= end_ns)
		return -ETIMEDOUT;
	ret = poll(&poll_fd, 1, (int)((end_ns - now) / NS_PER_MS) + 1);
	return ret < 0 && errno != EINTR ? -errno : 0;
}

static int read_all(int fd, uint64_t end_ns, char **out)
{
	size_t len = 0, cap = 0;
	ssize_t n;
	char *more;
	int err;

	for (;;) {
		if (len + 1 >= cap) {
			cap = cap ? 2 * cap : OUTPUT_FIRST;
			more = cap <= OUTPUT_MAX ? realloc(*out, cap) : NULL;
			if (!more)
				return -E2BIG;
			*out = more;
		}
		n = read(fd, *out + len, cap - len - 1);
		if (n > 0) {
			len += (size_t)n;
			continue;
		}
		(*out)[len] = '\0';
		if (!n)
			return 0;
		if (errno != EAGAIN && errno != EINTR)
			return -errno;
		err = wait_until(fd, end_ns);
		if (err)
			return err;
	}
}

char *tool_run(const char *const *argv, uint64_t end_ns)
{
	int pipes[2], status = -1, err;
	char *out = NULL;
	pid_t pid;

	if (pipe2(pipes, O_CLOEXEC))
		return NULL;
	err = spawn(argv, pipes[1], &pid);
	close(pipes[1]);
	if (err) {
		close(pipes[0]);
		return NULL;
	}
	fcntl(pipes[0], F_SETFL, O_NONBLOCK);
	err = read_all(pipes[0], end_ns, &out);
	close(pipes[0]);
	/* One that has closed its output but goes on is of no use either. */
	if (err)
		kill(pid, SIGKILL);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (!err && WIFEXITED(status) && !WEXITSTATUS(status))
		return out;
	free(out);
	return NULL;
}
