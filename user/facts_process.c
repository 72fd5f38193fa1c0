// SPDX-License-Identifier: GPL-2.0-only
// Finds the process that holds a socket.
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "facts_internal.h"

/* Searching stops after this long: events wait meanwhile. */
#define BUDGET_NS	 (250 * NS_PER_MS)
#define BUDGET_RECENT_NS (50 * NS_PER_MS)

#define BUDGET_AMONG_NS (10 * NS_PER_MS)

enum {
	FAMILY_MAX = 256, /* processes of one family that are looked at */
	LOW_FDS = 64,
	LOW_GAP = 8, /* descriptors are dense: no more are expected behind so many free ones */
};

struct search {
	struct process_cache *cache;
	struct process_want *want;
	size_t n;
	uint64_t deadline_ns;
	const struct netns_pid *among;
	size_t n_among;
};

/* The inode of a link to "socket:[INODE]", 0 of another one, -1 if there is none. */
static int64_t link_inode(int dir, const char *name)
{
	static const char prefix[] = "socket:[";
	char text[64];
	ssize_t len;

	len = readlinkat(dir, name, text, sizeof(text) - 1);
	if (len < 0)
		return -1;
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

/* Takes note if the descriptor is a wanted socket. Returns as link_inode(). */
static int64_t check_fd(const struct search *search, uint32_t pid, int dir, const char *name)
{
	int64_t inode = link_inode(dir, name);
	bool held = false;

	for (size_t i = 0; inode > 0 && i < search->n; i++) {
		struct process_want *want = &search->want[i];

		if (want->inode != inode)
			continue;
		held = true;
		if (want->pid == pid || (want->pid && !process_is_stuck(pid)))
			continue;
		want->pid = pid;
		*owner_slot(search->cache, inode) = (struct process_owner){
			.inode = inode,
			.pid = pid,
			.fd = strtoul(name, NULL, 10),
		};
	}
	if (held)
		remember_process(search->cache, pid);
	return inode;
}

/* Listening sockets are mostly among a process's first descriptors. */
static void search_low(const struct search *search, uint32_t pid, int dir)
{
	char name[16];
	int gap = 0;

	for (int fd = 0; fd < LOW_FDS && gap < LOW_GAP; fd++) {
		snprintf(name, sizeof(name), "%d", fd);
		gap = check_fd(search, pid, dir, name) < 0 ? gap + 1 : 0;
	}
}

static void search_every(const struct search *search, uint32_t pid, int dir)
{
	struct dirent *entry;
	unsigned int n = 0;
	DIR *fds;

	fds = fdopendir(dir);
	if (!fds) {
		close(dir);
		return;
	}
	while ((entry = readdir(fds))) {
		check_fd(search, pid, dir, entry->d_name);
		if (++n % 256 == 0 && facts_clock_ns() > search->deadline_ns)
			break;
	}
	closedir(fds);
}

static void search_process(const struct search *search, uint32_t pid, bool every)
{
	char path[64];
	int dir;

	snprintf(path, sizeof(path), "/proc/%u/fd", pid);
	dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return;
	if (every) {
		search_every(search, pid, dir);
	} else {
		search_low(search, pid, dir);
		close(dir);
	}
}

static bool is_missing(const struct search *search)
{
	for (size_t i = 0; i < search->n; i++)
		if (search->want[i].inode && !search->want[i].pid)
			return true;
	return false;
}

/*
 * Goes on after everything is found: the other holders of a listening socket are where its
 * connections will be looked for first.
 */
static void search_all(const struct search *search, bool every)
{
	struct dirent *entry;
	unsigned long pid;
	char *end;
	DIR *dir;

	dir = opendir("/proc");
	if (!dir)
		return;
	while ((entry = readdir(dir)) && facts_clock_ns() < search->deadline_ns) {
		pid = strtoul(entry->d_name, &end, 10);
		if (!*end && pid)
			search_process(search, pid, every);
	}
	closedir(dir);
}

static void search_recent(const struct search *search)
{
	const struct process_cache *cache = search->cache;
	unsigned int n =
		cache->n_recent < PROCESS_RECENT_LEN ? cache->n_recent : PROCESS_RECENT_LEN;

	for (unsigned int i = 0; i < n && is_missing(search); i++)
		if (facts_clock_ns() < search->deadline_ns)
			search_process(search, cache->recent[i], true);
}

static void search_everywhere(const struct search *search)
{
	search_all(search, false);
	if (is_missing(search))
		search_all(search, true);
}

static void search_sparingly(struct search *search, void (*method)(const struct search *),
			     uint64_t budget_ns, bool loaded, uint64_t *not_before_ns)
{
	uint64_t start = facts_clock_ns(), took;

	if (!is_missing(search) || start < *not_before_ns)
		return;
	search->deadline_ns = start + budget_ns;
	method(search);
	took = facts_clock_ns() - start;
	if (loaded || took > CHEAP_NS)
		*not_before_ns = start + 10 * took;
}

/* Returns whether the process has this socket as this descriptor, and is stuck. */
static bool is_stuck_holder(const struct process_owner *owner)
{
	return still_holds(owner) && process_is_stuck(owner->pid);
}

/* Of the children of parent, all of which inherited the descriptor; 0: none. */
static uint32_t find_stuck_child(const struct process_owner *parent)
{
	char path[64], text[4096], *at = text, *end;
	struct process_owner child = *parent;

	snprintf(path, sizeof(path), "/proc/%u/task/%u/children", parent->pid, parent->pid);
	if (file_text(path, text, sizeof(text)) <= 0)
		return 0;
	for (int i = 0; i < FAMILY_MAX; i++) {
		child.pid = strtoul(at, &end, 10);
		/* The last number may be cut, or is none. */
		if (*end != ' ')
			break;
		if (is_stuck_holder(&child))
			return child.pid;
		at = end;
	}
	return 0;
}

/*
 * A master and its workers hold one listening socket, as the same descriptor. A worker that is
 * stuck says more than the others, and that changes while the owner that is remembered does not: so
 * the family is looked at each time.
 */
static uint32_t prefer_stuck(const struct process_owner *owner)
{
	struct process_owner head = *owner;
	uint32_t found;

	if (process_is_stuck(owner->pid))
		return owner->pid;
	head.pid = process_parent(owner->pid);
	if (!still_holds(&head))
		head.pid = owner->pid;
	found = is_stuck_holder(&head) ? head.pid : find_stuck_child(&head);
	return found ? found : owner->pid;
}

static void look_in_cache(struct process_cache *cache, struct process_want *want, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct process_owner *owner = owner_slot(cache, want[i].inode);

		want[i].pid = 0;
		if (want[i].inode && owner->inode == want[i].inode && still_holds(owner))
			want[i].pid = prefer_stuck(owner);
	}
}

void process_find(struct process_cache *cache, bool loaded, struct process_want *want, size_t n)
{
	struct search search = {.cache = cache, .want = want, .n = n};

	look_in_cache(cache, want, n);
	search_sparingly(&search, search_recent, BUDGET_RECENT_NS, loaded,
			 &cache->recent_not_before_ns);
	search_sparingly(&search, search_everywhere, BUDGET_NS, loaded, &cache->all_not_before_ns);
}

/* Whether something is missing in the namespace of this process. */
static bool is_wanted_space(const struct search *search, size_t i)
{
	for (size_t k = 0; k < search->n; k++)
		if (search->want[k].inode && !search->want[k].pid &&
		    search->want[k].netns == search->among[i].inode)
			return true;
	return false;
}

static void search_among(const struct search *search)
{
	for (size_t i = 0; i < search->n_among && is_missing(search); i++)
		if (facts_clock_ns() < search->deadline_ns && is_wanted_space(search, i))
			search_process(search, search->among[i].pid, true);
}

void process_find_among(struct process_cache *cache, bool loaded, const struct vec *processes,
			struct process_want *want, size_t n)
{
	struct search search = {
		.cache = cache,
		.want = want,
		.n = n,
		.among = processes->data,
		.n_among = processes->n,
	};

	look_in_cache(cache, want, n);
	search_sparingly(&search, search_among, BUDGET_AMONG_NS, loaded,
			 &cache->among_not_before_ns);
}
