// SPDX-License-Identifier: GPL-2.0-only
// Enters the network namespace that --netns names.
#define _GNU_SOURCE /* setns */
#include "netns.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "escape.h"
#include "parse.h"

enum { NAME_TEXT_LEN = 4 * NAME_MAX + 1 };

static int open_file(const char *path)
{
	/* Not blocking: anybody's FIFO may lie there. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	return fd < 0 ? -errno : fd;
}

static int open_namespace(const char *name)
{
	char path[NAME_MAX + 32], ignored[80];
	uint64_t pid;
	int fd;

	snprintf(path, sizeof(path), "/run/netns/%s", name);
	fd = open_file(path);
	if (fd != -ENOENT || parse_number(name, 1, INT_MAX, &pid, ignored, sizeof(ignored)))
		return fd;
	snprintf(path, sizeof(path), "/proc/%d/ns/net", (int)pid);
	return open_file(path);
}

static int refuse(int err, const char *name, const char *reason, char *why, size_t why_len)
{
	char text[NAME_TEXT_LEN];

	snprintf(why, why_len, "--netns: '%s': %s",
		 escape_text(name, strlen(name), text, sizeof(text)), reason);
	return err;
}

int netns_enter(const char *name, char *err, size_t err_len)
{
	int fd = open_namespace(name), ret = 0;

	if (fd == -ENOENT || fd == -ESRCH)
		return refuse(-EINVAL, name, "no such namespace (ip netns lists them) or process",
			      err, err_len);
	/* It refuses what is no network namespace; before Linux 4.11 nothing else could tell. */
	if (fd >= 0 && setns(fd, CLONE_NEWNET))
		ret = -errno;
	if (fd >= 0)
		close(fd);
	else
		ret = fd;
	if (ret == -EINVAL)
		return refuse(ret, name, "is not a network namespace", err, err_len);
	if (ret == -EPERM || ret == -EACCES)
		return refuse(-EPERM, name,
			      "not permitted to enter it: that needs CAP_SYS_ADMIN here and there",
			      err, err_len);
	return ret ? refuse(ret, name, strerror(-ret), err, err_len) : 0;
}
