// SPDX-License-Identifier: GPL-2.0-only
// Takes this process into another network namespace and back.
#define _GNU_SOURCE /* setns */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "facts_internal.h"

/* A namespace that was not asked about for so long is let go. */
#define IDLE_NS (15 * NS_PER_SEC)

void netns_view_init(struct netns_view *view, int fd, uint32_t inode)
{
	view->diag.bus = NETLINK_SOCK_DIAG;
	view->route.bus = NETLINK_ROUTE;
	view->netfilter.bus = NETLINK_NETFILTER;
	view->generic.bus = NETLINK_GENERIC;
	view->nft.chains.size = sizeof(struct nft_chain);
	view->fd = fd;
	view->inode = inode;
}

void netns_view_home(struct netns_view *view)
{
	struct stat st = {0};
	int fd;

	fd = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	if (fd >= 0)
		fstat(fd, &st);
	netns_view_init(view, fd, st.st_ino);
}

void netns_view_close(struct netns_view *view)
{
	nft_free(&view->nft);
	netlink_close(&view->generic);
	netlink_close(&view->netfilter);
	netlink_close(&view->route);
	netlink_close(&view->diag);
	if (view->fd >= 0)
		close(view->fd);
	view->fd = -1;
}

int netns_may_return(const struct facts *facts)
{
	if (facts->home.fd < 0)
		return -EPERM;
	return setns(facts->home.fd, CLONE_NEWNET) ? -errno : 0;
}

/*
 * The way back is tried before the way there: with the capability over the other namespace's owner
 * only (a user namespace below ours), there would be none.
 */
int netns_switch(struct facts *facts, struct netns_view *view)
{
	int err = 0;

	if (facts->at == &facts->home)
		err = netns_may_return(facts);
	if (err)
		return err;
	if (setns(view->fd, CLONE_NEWNET))
		return -errno;
	facts->at = view;
	return 0;
}

/*
 * setns() to where it was allowed a moment ago can only fail for want of memory. A process that
 * stayed behind would report another namespace's routes and counters as this host's, and at its end
 * remove filters from interfaces that only happen to have the same index. It ends instead: the
 * kernel detaches what is linked, and the next start removes a filter left over.
 */
void facts_netns_leave(struct facts *facts)
{
	const struct timespec pause = {.tv_nsec = 10 * NS_PER_MS};

	if (facts->at == &facts->home)
		return;
	for (int i = 0; i < 100; i++) {
		if (!setns(facts->home.fd, CLONE_NEWNET)) {
			facts->at = &facts->home;
			return;
		}
		nanosleep(&pause, NULL);
	}
	fputs("clbtrace: cannot return to its own network namespace, and ends\n", stderr);
	fflush(NULL);
	abort();
}

static void drop_view(struct facts *facts, int i)
{
	if (!facts->views[i])
		return;
	netns_view_close(facts->views[i]);
	free(facts->views[i]);
	facts->views[i] = NULL;
}

/* A free place for a view, else that of the one not used for the longest time. */
static int view_slot(struct facts *facts)
{
	int oldest = 0;

	for (int i = 0; i < NETNS_VIEWS; i++) {
		if (!facts->views[i])
			return i;
		if (facts->views[i]->used_ns < facts->views[oldest]->used_ns)
			oldest = i;
	}
	drop_view(facts, oldest);
	return oldest;
}

static int open_listed(const struct facts *facts, uint32_t inode, char path[NETNS_PATH_LEN])
{
	const struct netns_place *place = netns_list_find(&facts->netns, inode);

	if (!place)
		return -ENOENT;
	memcpy(path, place->path, NETNS_PATH_LEN);
	return netns_open(place, &facts->home);
}

/* By the list as it is; if the namespace is not where that says, by a new one. */
static int open_view(struct facts *facts, uint32_t inode, struct netns_view **out)
{
	char path[NETNS_PATH_LEN];
	int err, fd, slot;

	fd = open_listed(facts, inode, path);
	if (fd < 0) {
		err = netns_list_read(&facts->netns, &facts->home);
		fd = err ? err : open_listed(facts, inode, path);
	}
	if (fd < 0)
		return fd;
	slot = view_slot(facts);
	*out = facts->views[slot] = calloc(1, sizeof(**out));
	if (!*out) {
		close(fd);
		return -ENOMEM;
	}
	netns_view_init(*out, fd, inode);
	memcpy((*out)->path, path, sizeof(path));
	return 0;
}

static struct netns_view *find_view(struct facts *facts, uint32_t inode)
{
	for (int i = 0; i < NETNS_VIEWS; i++)
		if (facts->views[i] && facts->views[i]->inode == inode)
			return facts->views[i];
	return NULL;
}

int facts_netns_enter(struct facts *facts, uint32_t inode)
{
	struct netns_view *view;
	int err;

	if (!inode || inode == facts->home.inode) {
		facts_netns_leave(facts);
		return 0;
	}
	if (inode == facts->at->inode)
		return 0;
	view = find_view(facts, inode);
	if (!view) {
		err = open_view(facts, inode, &view);
		if (err)
			return err;
	}
	view->used_ns = facts_clock_ns();
	return netns_switch(facts, view);
}

static bool is_held_by_others(const struct netns_view *view)
{
	struct stat st;

	return !stat(view->path, &st) && st.st_ino == view->inode;
}

void netns_expire(struct facts *facts)
{
	uint64_t now = facts_clock_ns();

	for (int i = 0; i < NETNS_VIEWS; i++) {
		const struct netns_view *view = facts->views[i];

		if (view && (now - view->used_ns > IDLE_NS || !is_held_by_others(view)))
			drop_view(facts, i);
	}
}

void netns_close_all(struct facts *facts)
{
	for (int i = 0; i < NETNS_VIEWS; i++)
		drop_view(facts, i);
	netns_view_close(&facts->home);
}
