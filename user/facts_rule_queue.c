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

uint32_t queue_port_pid(struct facts *facts, bool loaded, uint32_t port)
{
	struct process_want want = {0};
	char *text = malloc(FILE_TEXT_LEN);

	if (text && file_text("/proc/self/net/netlink", text, FILE_TEXT_LEN) > 0)
		want.inode = queue_parse_inode(text, port);
	free(text);
	if (want.inode)
		process_find(&facts->processes, loaded, &want, 1);
	/* Someone listens: better a number that may be wrong than the word that nobody does. */
	return want.pid ? want.pid : port;
}

void queue_owner(struct gather *g, struct fact_rule *fact)
{
	struct process_info process;
	uint32_t port = 0;
	char *text;

	fact->queue_pid = 0;
	text = malloc(FILE_TEXT_LEN);
	if (text && file_text("/proc/self/net/netfilter/nfnetlink_queue", text, FILE_TEXT_LEN) > 0)
		port = queue_parse_port(text, fact->queue);
	free(text);
	if (!port)
		return;
	fact->queue_pid = queue_port_pid(g->facts, g->loaded, port);
	process_describe(fact->queue_pid, &process);
	memcpy(fact->queue_comm, process.comm, sizeof(fact->queue_comm));
}
