// SPDX-License-Identifier: GPL-2.0-only
// Describes a process: name, state, open files, container.
#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "facts_internal.h"

/* Counting goes on for longer only where every file that may be open seems to be. */
#define COUNT_NS (5 * NS_PER_MS)

enum { COUNT_MAX = 100000 };

char process_parse_state(const char *stat)
{
	/* The name before it may itself hold parentheses. */
	const char *end = strrchr(stat, ')');

	return end && end[1] == ' ' ? end[2] : 0;
}

uint32_t process_parse_parent(const char *stat)
{
	const char *end = strrchr(stat, ')');

	return end && end[1] == ' ' && end[2] && end[3] == ' ' ? strtoul(end + 4, NULL, 10) : 0;
}

uint32_t process_parse_fds_limit(const char *limits)
{
	static const char name[] = "Max open files ";
	const char *line = strstr(limits, name);
	unsigned long value;
	char *end;

	if (!line)
		return 0;
	value = strtoul(line + sizeof(name) - 1, &end, 10);
	/* "unlimited" is no number. */
	if (*end != ' ' || value > UINT32_MAX)
		return 0;
	return value;
}

/* Whether it does not run before someone else acts: stopped, traced, uninterruptible. */
static bool is_halted(char state)
{
	return state == 'T' || state == 't' || state == 'D';
}

static ssize_t read_file(uint32_t pid, const char *name, char *text, size_t len)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%u/%s", pid, name);
	return file_text(path, text, len);
}

/* 0 if it is gone. */
static char read_state(uint32_t pid)
{
	char text[512];

	return read_file(pid, "stat", text, sizeof(text)) > 0 ? process_parse_state(text) : 0;
}

uint32_t process_parent(uint32_t pid)
{
	char text[512];

	return read_file(pid, "stat", text, sizeof(text)) > 0 ? process_parse_parent(text) : 0;
}

static uint32_t read_fds_limit(uint32_t pid)
{
	char text[2048];

	return read_file(pid, "limits", text, sizeof(text)) > 0 ? process_parse_fds_limit(text) : 0;
}

/* A new descriptor is the lowest free one: without the highest that may be, some are free. */
static bool may_be_exhausted(const char *dir, uint32_t limit)
{
	char path[80];

	snprintf(path, sizeof(path), "%s/%u", dir, limit - 1);
	return limit && !faccessat(AT_FDCWD, path, F_OK, AT_SYMLINK_NOFOLLOW);
}

/* 0 where it takes too long. */
static uint32_t count_entries(const char *path, uint32_t limit)
{
	uint64_t deadline_ns = facts_clock_ns() + COUNT_NS;
	struct dirent *entry;
	uint32_t n = 0;
	DIR *dir;

	dir = opendir(path);
	if (!dir)
		return 0;
	while ((entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		if (++n % 1024 == 0 && facts_clock_ns() > deadline_ns &&
		    (n >= COUNT_MAX || !may_be_exhausted(path, limit)))
			break;
	}
	closedir(dir);
	return entry ? 0 : n;
}

/*
 * The directory's size is the number of descriptors in use (proc_fd_getattr, 6.2+): one that
 * accept() holds while it waits is among them, and is not in the directory. Before, it is 0.
 */
static uint32_t count_fds(uint32_t pid, uint32_t limit)
{
	struct stat st;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%u/fd", pid);
	if (stat(path, &st))
		return 0;
	return st.st_size > 0 ? (uint32_t)st.st_size : count_entries(path, limit);
}

bool process_is_stuck(uint32_t pid)
{
	uint32_t limit;

	if (is_halted(read_state(pid)))
		return true;
	limit = read_fds_limit(pid);
	return limit && count_fds(pid, limit) >= limit;
}

static void read_comm(uint32_t pid, char comm[EV_COMM_LEN])
{
	char text[64];

	if (read_file(pid, "comm", text, sizeof(text)) <= 0)
		return;
	memcpy(comm, text, strnlen(text, EV_COMM_LEN - 1));
	/* Behind the name there is a newline; one in it belongs to it. */
	if (strlen(comm) && comm[strlen(comm) - 1] == '\n')
		comm[strlen(comm) - 1] = '\0';
}

void process_describe(uint32_t pid, struct process_info *out)
{
	char text[8192];

	memset(out, 0, sizeof(*out));
	if (!pid)
		return;
	read_comm(pid, out->comm);
	out->state = read_state(pid);
	out->fds_limit = read_fds_limit(pid);
	out->fds_open = count_fds(pid, out->fds_limit);
	if (read_file(pid, "cgroup", text, sizeof(text)) > 0)
		container_parse(text, out->container);
}
