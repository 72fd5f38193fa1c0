// SPDX-License-Identifier: GPL-2.0-only
// Lists the distinct network namespaces of this host.
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "facts_internal.h"

#define NAMED_DIR "/run/netns"
/* What is not listed by then is left out: events wait meanwhile. */
#define BUDGET_NS (20 * NS_PER_MS)

uint32_t netns_parse_link(const char *text)
{
	static const char prefix[] = "net:[";
	unsigned long inode;
	char *end;

	if (strncmp(text, prefix, sizeof(prefix) - 1) || text[sizeof(prefix) - 1] == '-')
		return 0;
	errno = 0;
	inode = strtoul(text + sizeof(prefix) - 1, &end, 10);
	return strcmp(end, "]") || errno || inode > UINT32_MAX ? 0 : inode;
}

const struct netns_place *netns_list_find(const struct netns_list *list, uint32_t inode)
{
	const struct netns_place *place = list->places.data;

	/* Neighbours in /proc are mostly of one namespace. */
	for (size_t i = list->places.n; i > 0; i--)
		if (place[i - 1].inode == inode)
			return &place[i - 1];
	return NULL;
}

static int add_place(struct netns_list *list, uint32_t inode, const char *dir, const char *name,
		     const char *file)
{
	struct netns_place *place;
	int len;

	if (netns_list_find(list, inode) || list->places.n >= NETNS_MAX)
		return 0;
	place = vec_push(&list->places);
	if (!place)
		return -ENOMEM;
	place->inode = inode;
	len = snprintf(place->path, sizeof(place->path), "%s/%s%s", dir, name, file);
	if (len >= (int)sizeof(place->path))
		list->places.n--;
	return 0;
}

/* Reading the link is much cheaper than opening it: no inode is made for the namespace. */
static int add_process(struct netns_list *list, int proc, const char *name, uint32_t home)
{
	char path[32], text[64];
	struct netns_pid *process;
	uint32_t inode;
	ssize_t len;

	if ((size_t)snprintf(path, sizeof(path), "%s/ns/net", name) >= sizeof(path))
		return 0;
	len = readlinkat(proc, path, text, sizeof(text) - 1);
	if (len < 0)
		return 0;
	text[len] = '\0';
	inode = netns_parse_link(text);
	if (!inode || inode == home)
		return 0;
	if (list->pids.n < NETNS_PIDS_MAX) {
		process = vec_push(&list->pids);
		if (!process)
			return -ENOMEM;
		process->inode = inode;
		process->pid = strtoul(name, NULL, 10);
	}
	return add_place(list, inode, "/proc", name, "/ns/net");
}

static int add_processes(struct netns_list *list, uint32_t home, uint64_t deadline_ns)
{
	struct dirent *entry;
	unsigned int n = 0;
	int err = 0;
	DIR *proc;

	proc = opendir("/proc");
	if (!proc)
		return -errno;
	while (!err && (entry = readdir(proc))) {
		if (entry->d_name[0] < '0' || entry->d_name[0] > '9')
			continue;
		if (++n % 64 == 0 && facts_clock_ns() > deadline_ns) {
			list->complete = false;
			break;
		}
		err = add_process(list, dirfd(proc), entry->d_name, home);
	}
	closedir(proc);
	return err;
}

/* A file there that nothing is mounted on, left behind, is of another file system. */
static int add_named(struct netns_list *list, const struct netns_view *home, uint64_t deadline_ns)
{
	struct dirent *entry;
	struct stat own, st;
	int err = 0;
	DIR *dir;

	if (fstat(home->fd, &own))
		return -errno;
	dir = opendir(NAMED_DIR);
	if (!dir)
		return 0;
	while (!err && (entry = readdir(dir))) {
		if (facts_clock_ns() > deadline_ns) {
			list->complete = false;
			break;
		}
		if (fstatat(dirfd(dir), entry->d_name, &st, 0) || st.st_dev != own.st_dev ||
		    st.st_ino == home->inode)
			continue;
		err = add_place(list, st.st_ino, NAMED_DIR, entry->d_name, "");
	}
	closedir(dir);
	return err;
}

int netns_list_read(struct netns_list *list, const struct netns_view *home)
{
	uint64_t start = facts_clock_ns();
	int err;

	if (home->fd < 0)
		return -EPERM;
	list->places.size = sizeof(struct netns_place);
	list->pids.size = sizeof(struct netns_pid);
	list->places.n = 0;
	list->pids.n = 0;
	list->complete = true;
	err = add_processes(list, home->inode, start + BUDGET_NS);
	if (!err)
		err = add_named(list, home, start + BUDGET_NS);
	list->not_before_ns = start + 10 * (facts_clock_ns() - start);
	return err;
}

void netns_list_free(struct netns_list *list)
{
	vec_free(&list->places);
	vec_free(&list->pids);
}

int netns_open(const struct netns_place *place, const struct netns_view *home)
{
	struct stat own, st;
	int err = 0, fd;

	fd = open(place->path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) || fstat(home->fd, &own))
		err = -errno;
	else if (st.st_ino != place->inode || st.st_dev != own.st_dev)
		err = -ESTALE;
	if (!err)
		return fd;
	close(fd);
	return err;
}
