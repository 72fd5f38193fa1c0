// SPDX-License-Identifier: GPL-2.0-only
// Has the system's own iptables print a rule.
#define _GNU_SOURCE /* pipe2 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/netfilter.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "facts_internal.h"
#include "facts_iptables.h"

#define TOOL_NS NS_PER_SEC
enum { LINE_LEN = 4096, OUTPUT_MAX = 64 << 20 };

/*
 * Which generation /usr/sbin/iptables is, its file's name says: asking it with --version would make
 * the other one open netfilter's netlink, and so load modules.
 */
static bool is_legacy_tool(const char *path)
{
	char real[PATH_MAX];

	return realpath(path, real) && !access(real, X_OK) && !strstr(real, "nft");
}

const char *legacy_tool_path(uint8_t pf)
{
	static const char *const paths[2][3] = {
		{"/usr/sbin/iptables-legacy", "/usr/sbin/iptables", "/sbin/iptables"},
		{"/usr/sbin/ip6tables-legacy", "/usr/sbin/ip6tables", "/sbin/ip6tables"},
	};
	const char *const *path = paths[pf == NFPROTO_IPV6];

	for (int i = 0; i < 3; i++)
		if (is_legacy_tool(path[i]))
			return path[i];
	return NULL;
}

/*
 * The lock file keeps the tool from taking the real lock, which would make another one fail that
 * does not wait. Reading needs none: the kernel hands out a table in one piece.
 */
static int start_tool(char *const argv[], pid_t *pid)
{
	static char *const environment[] = {"LC_ALL=C", "XTABLES_LOCKFILE=/dev/null", NULL};
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attr;
	sigset_t none, all;
	int pipes[2], err;

	if (pipe2(pipes, O_CLOEXEC))
		return -errno;
	sigemptyset(&none);
	sigfillset(&all);
	posix_spawn_file_actions_init(&files);
	posix_spawnattr_init(&attr);
	posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&files, pipes[1], STDOUT_FILENO);
	posix_spawn_file_actions_addopen(&files, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
	posix_spawnattr_setsigmask(&attr, &none);
	posix_spawnattr_setsigdefault(&attr, &all);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	err = posix_spawn(pid, argv[0], &files, &attr, argv, environment);
	posix_spawnattr_destroy(&attr);
	posix_spawn_file_actions_destroy(&files);
	close(pipes[1]);
	if (!err)
		return pipes[0];
	close(pipes[0]);
	return -err;
}

struct lines {
	char line[LINE_LEN];
	size_t len;
	uint32_t rules; /* seen so far */
};

/* Takes what was read. Returns whether the line of the rule is complete in lines->line. */
static bool take_bytes(struct lines *lines, uint32_t number, const char *buf, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (buf[i] != '\n') {
			if (lines->len < LINE_LEN - 1)
				lines->line[lines->len++] = buf[i];
			continue;
		}
		lines->line[lines->len] = '\0';
		lines->len = 0;
		if (!strncmp(lines->line, "-A ", 3) && ++lines->rules == number)
			return true;
	}
	return false;
}

static int read_rule(int fd, uint32_t number, struct lines *lines)
{
	const uint64_t until = facts_clock_ns() + TOOL_NS;
	struct pollfd wait = {.fd = fd, .events = POLLIN};
	size_t total = 0;
	char buf[16384];
	uint64_t now;
	ssize_t got;

	while (total < OUTPUT_MAX) {
		now = facts_clock_ns();
		if (now >= until || poll(&wait, 1, (int)((until - now) / NS_PER_MS) + 1) == 0)
			return -ETIMEDOUT;
		got = read(fd, buf, sizeof(buf));
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return got ? -errno : -ENOENT;
		if (take_bytes(lines, number, buf, got))
			return 0;
		total += got;
	}
	return -E2BIG;
}

static void stop_tool(pid_t pid)
{
	kill(pid, SIGKILL);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
}

static bool is_plain(const char *name)
{
	return *name && *name != '-' && *name != '!';
}

int legacy_tool_rule(const char *path, const char *table, const char *chain, uint32_t number,
		     char *out, size_t len)
{
	char *const argv[] = {(char *)path, "-t", (char *)table, "-S", (char *)chain, NULL};
	struct lines lines = {.len = 0};
	int err, fd;
	pid_t pid = 0;

	if (!is_plain(chain))
		return -EINVAL;
	fd = start_tool(argv, &pid);
	if (fd < 0)
		return fd;
	err = read_rule(fd, number, &lines);
	close(fd);
	if (pid > 0)
		stop_tool(pid);
	if (err)
		return err;
	snprintf(out, len, "%s", lines.line);
	return 0;
}
