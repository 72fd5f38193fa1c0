/* SPDX-License-Identifier: GPL-2.0-only */
/* Enters the network namespace that --netns names. */
#ifndef CLBTRACE_NETNS_H
#define CLBTRACE_NETNS_H

#include <stddef.h>

/*
 * Moves this thread, and so a program that has no other, into a network namespace; mounts, process
 * ids and users stay its own. name: one in /run/netns, as ip-netns(8) makes them, or a process id
 * if there is none of that name. What is opened afterwards is that namespace's: sockets, /proc/net
 * and /proc/sys/net; not /sys/class/net, which belongs to the mount.
 * Returns 0, -EINVAL if there is no such namespace or it is none, -EPERM, or another -errno; err
 * then has one line.
 */
int netns_enter(const char *name, char *err, size_t err_len);

#endif
