// SPDX-License-Identifier: GPL-2.0-only
// Finds the process that holds a socket.
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "facts_internal.h"

/* A search of /proc ends after this long: events wait meanwhile. */
#define SEARCH_BUDGET_NS (500 * NS_PER_MS)
/* Searches that take longer than this are held to a tenth of the time. */
#define SEARCH_CHEAP_NS (20 * NS_PER_MS)

static uint64_t clock_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * NS_PER_SEC + ts.tv_nsec;
}

/* The inode of a link to "socket:[INODE]", else 0. */
static uint32_t link_inode(int dir, const char *name)
{
	static const char prefix[] = "socket:[";
	char text[64];
	ssize_t len;

	len = readlinkat(dir, name, text, sizeof(text) - 1);
	if (len < 0)
		return 0;
	text[len] = '\0';
	if (strncmp(text, prefix, sizeof(prefix) - 1))
		return 0;
	return strtoul(text + sizeof(prefix) - 1, NULL, 10);
}

static bool still_holds(const struct process_owner *owner)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%u/fd/%u", owner->pid, owner->fd);
	return link_inode(AT_FDCWD, path) == owner->inode;
}

static struct process_owner *owner_slot(struct process_cache *cache, uint32_t inode)
{
	return &cache->owners[inode % PROCESS_CACHE_LEN];
}

static void remember_process(struct process_cache *cache, uint32_t pid)
{
	for (unsigned int i = 0; i < cache->n_recent && i < PROCESS_RECENT_LEN; i++)
		if (cache->recent[i] == pid)
			return;
	cache->recent[cache->n_recent++ % PROCESS_RECENT_LEN] = pid;
}

/* Takes note of each wanted socket that this descriptor is. */
static bool check_fd(struct process_cache *cache, uint32_t pid, int dir, const char *name,
		     struct process_want *want, size_t n)
{
	uint32_t inode = link_inode(dir, name);
	bool held = false;

	for (size_t i = 0; inode && i < n; i++) {
		if (want[i].inode != inode)
			continue;
		held = true;
		if (want[i].pid)
			continue;
		want[i].pid = pid;
		*owner_slot(cache, inode) = (struct process_owner){
			.inode = inode,
			.pid = pid,
			.fd = strtoul(name, NULL, 10),
		};
	}
	return held;
}

static void search_process(struct process_cache *cache, uint32_t pid, struct process_want *want,
			   size_t n)
{
	struct dirent *entry;
	bool held = false;
	char path[64];
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%u/fd", pid);
	dir = opendir(path);
	if (!dir)
		return;
	while ((entry = readdir(dir)))
		held |= check_fd(cache, pid, dirfd(dir), entry->d_name, want, n);
	closedir(dir);
	if (held)
		remember_process(cache, pid);
}

static size_t missing(const struct process_want *want, size_t n)
{
	size_t count = 0;

	for (size_t i = 0; i < n; i++)
		count += want[i].inode && !want[i].pid;
	return count;
}

/*
 * Goes on after everything is found: the other holders of a listening socket are where its connections
 * will be looked for first.
 */
static void search_all(struct process_cache *cache, bool loaded, struct process_want *want, size_t n)
{
	uint64_t start = clock_ns(), now = start;
	struct dirent *entry;
	unsigned long pid;
	char *end;
	DIR *dir;

	if (start < cache->not_before_ns)
		return;
	dir = opendir("/proc");
	if (!dir)
		return;
	while ((entry = readdir(dir)) && now - start < SEARCH_BUDGET_NS) {
		pid = strtoul(entry->d_name, &end, 10);
		if (*end || !pid)
			continue;
		search_process(cache, pid, want, n);
		now = clock_ns();
	}
	closedir(dir);
	cache->not_before_ns = now;
	if (loaded || now - start > SEARCH_CHEAP_NS)
		cache->not_before_ns += 10 * (now - start) + SEARCH_CHEAP_NS;
}

void process_find(struct process_cache *cache, bool loaded, struct process_want *want, size_t n)
{
	unsigned int recent = cache->n_recent;

	for (size_t i = 0; i < n; i++) {
		const struct process_owner *owner = owner_slot(cache, want[i].inode);

		want[i].pid = 0;
		if (want[i].inode && owner->inode == want[i].inode && still_holds(owner))
			want[i].pid = owner->pid;
	}
	for (unsigned int i = 0; i < recent && i < PROCESS_RECENT_LEN && missing(want, n); i++)
		search_process(cache, cache->recent[i], want, n);
	if (missing(want, n))
		search_all(cache, loaded, want, n);
}

char process_parse_state(const char *stat)
{
	/* The name before it may itself hold parentheses. */
	const char *end = strrchr(stat, ')');

	return end && end[1] == ' ' ? end[2] : 0;
}

void process_describe(uint32_t pid, char comm[EV_COMM_LEN], char *state)
{
	char path[64], text[512];
	ssize_t len;

	memset(comm, 0, EV_COMM_LEN);
	*state = 0;
	if (!pid)
		return;
	snprintf(path, sizeof(path), "/proc/%u/comm", pid);
	len = file_text(path, text, sizeof(text));
	if (len > 0)
		memcpy(comm, text, strnlen(text, EV_COMM_LEN - 1));
	comm[strcspn(comm, "\n")] = '\0';
	snprintf(path, sizeof(path), "/proc/%u/stat", pid);
	if (file_text(path, text, sizeof(text)) > 0)
		*state = process_parse_state(text);
}
