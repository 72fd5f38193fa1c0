// SPDX-License-Identifier: GPL-2.0-only
// Finds the process that listens to a queue of NFQUEUE.
#include <linux/netlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "facts_internal.h"
#include "facts_rule.h"

/* seq_show() in nfnetlink_queue.c: number and netlink port first. */
uint32_t queue_parse_port(const char *text, uint32_t number)
{
	unsigned long queue, port;
	char *end;

	for (const char *line = text; *line; line += *line == '\n') {
		queue = strtoul(line, &end, 10);
		port = strtoul(end, NULL, 10);
		if (end != line && queue == number)
			return (uint32_t)port;
		line += strcspn(line, "\n");
	}
	return 0;
}

/* netlink_native_seq_show() in af_netlink.c: sk Eth Pid Groups Rmem Wmem Dump Locks Drops Inode */
uint32_t queue_parse_inode(const char *text, uint32_t port)
{
	unsigned int bus, pid, inode;

	for (const char *line = text; *line; line += *line == '\n') {
		if (sscanf(line, "%*s %u %u %*s %*s %*s %*s %*s %*s %u", &bus, &pid, &inode) == 3 &&
		    bus == NETLINK_NETFILTER && pid == port)
			return inode;
		line += strcspn(line, "\n");
	}
	return 0;
}

/*
 * A port is often the number of its process, but any after its first is not: the process is the one
 * that has the socket.
 */
void queue_owner(struct gather *g, struct fact_rule *fact)
{
	struct process_want want = {0};
	struct process_info process;
	char *text;
	uint32_t port = 0;

	fact->queue_pid = 0;
	text = malloc(FILE_TEXT_LEN);
	if (!text)
		return;
	if (file_text("/proc/self/net/netfilter/nfnetlink_queue", text, FILE_TEXT_LEN) > 0)
		port = queue_parse_port(text, fact->queue);
	if (port && file_text("/proc/self/net/netlink", text, FILE_TEXT_LEN) > 0)
		want.inode = queue_parse_inode(text, port);
	free(text);
	if (want.inode)
		process_find(&g->facts->processes, g->loaded, &want, 1);
	/* Someone listens: better a number that may be wrong than the word that nobody does. */
	fact->queue_pid = want.pid ? want.pid : port;
	if (!want.pid)
		return;
	process_describe(want.pid, &process);
	memcpy(fact->queue_comm, process.comm, sizeof(fact->queue_comm));
}
