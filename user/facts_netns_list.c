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
/* Events wait meanwhile: the rest is listed the next time. */
#define BUDGET_NS (15 * NS_PER_MS)

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

struct netns_place *netns_list_find(const struct netns_list *list, uint32_t inode)
{
	struct netns_place *place = list->places.data;

	for (size_t i = 0; i < list->places.n; i++)
		if (place[i].inode == inode)
			return &place[i];
	return NULL;
}

static void free_place(struct netns_place *place)
{
	vec_free(&place->addrs);
	vec_free(&place->listeners);
}

void netns_list_remove(struct netns_list *list, size_t i)
{
	struct netns_place *place = list->places.data;

	free_place(&place[i]);
	place[i] = place[--list->places.n];
}

/* The first file of each pass is the newest to be seen: another one's process may be gone. */
static int add_place(struct netns_list *list, uint32_t inode, const char *dir, const char *name,
		     const char *file)
{
	struct netns_place *place = netns_list_find(list, inode);
	char path[NETNS_PATH_LEN];

	if (place && place->pass == list->pass)
		return 0;
	if (snprintf(path, sizeof(path), "%s/%s%s", dir, name, file) >= (int)sizeof(path))
		return 0;
	if (!place && list->places.n < NETNS_MAX) {
		place = vec_push(&list->places);
		if (!place)
			return -ENOMEM;
		place->inode = inode;
		place->addrs.size = 16;
		place->listeners.size = sizeof(struct fact_listener);
	}
	if (!place)
		return 0;
	place->pass = list->pass;
	memcpy(place->path, path, sizeof(path));
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

/* The position in /proc is the process's number, so that it stays good when /proc is closed. */
static int add_processes(struct netns_list *list, uint32_t home, uint64_t deadline_ns)
{
	struct dirent *entry;
	unsigned int n = 0;
	int err = 0;
	DIR *proc;

	proc = opendir("/proc");
	if (!proc)
		return -errno;
	if (list->resume)
		seekdir(proc, list->resume);
	list->resume = 0;
	while (!err && (entry = readdir(proc))) {
		if (entry->d_name[0] < '0' || entry->d_name[0] > '9')
			continue;
		err = add_process(list, dirfd(proc), entry->d_name, home);
		if (++n % 64 == 0 && facts_clock_ns() > deadline_ns) {
			list->resume = telldir(proc);
			break;
		}
	}
	closedir(proc);
	return err;
}

/* A file there that nothing is mounted on, left behind, is of another file system. */
static int add_named(struct netns_list *list, const struct netns_view *home)
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
	for (int i = 0; i < NETNS_MAX && !err && (entry = readdir(dir)); i++)
		if (!fstatat(dirfd(dir), entry->d_name, &st, 0) && st.st_dev == own.st_dev &&
		    st.st_ino != home->inode)
			err = add_place(list, st.st_ino, NAMED_DIR, entry->d_name, "");
	closedir(dir);
	return err;
}

static void begin_pass(struct netns_list *list)
{
	list->places.size = sizeof(struct netns_place);
	list->pids.size = sizeof(struct netns_pid);
	list->pids.n = 0;
	list->pass++;
}

static void end_pass(struct netns_list *list)
{
	const struct netns_place *place = list->places.data;

	for (size_t i = list->places.n; i > 0; i--)
		if (place[i - 1].pass != list->pass)
			netns_list_remove(list, i - 1);
	list->complete = list->places.n < NETNS_MAX;
}

int netns_list_read(struct netns_list *list, const struct netns_view *home)
{
	uint64_t start = facts_clock_ns();
	int err;

	if (home->fd < 0)
		return -EPERM;
	if (start < list->not_before_ns)
		return 0;
	if (!list->resume)
		begin_pass(list);
	err = add_processes(list, home->inode, start + BUDGET_NS);
	if (!err && !list->resume) {
		err = add_named(list, home);
		end_pass(list);
	}
	list->not_before_ns = start + 10 * (facts_clock_ns() - start);
	return err;
}

void netns_list_free(struct netns_list *list)
{
	struct netns_place *place = list->places.data;

	for (size_t i = 0; i < list->places.n; i++)
		free_place(&place[i]);
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
