/* SPDX-License-Identifier: GPL-2.0-only */
/* The list of network interfaces and word of its changes, by rtnetlink. */
#ifndef CLBTRACE_BPF_LINK_LIST_H
#define CLBTRACE_BPF_LINK_LIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "event_sink.h"
#include "options.h"

struct mnl_socket;

struct link_entry {
	int ifindex;
	uint32_t master;
	unsigned int flags; /* IFF_* */
	unsigned int arphrd;
	uint8_t mac[6]; /* all zero: it has none */
	char name[16];
};

struct link_list {
	struct link_entry *entries;
	size_t count;
};

/* Returns 0 or -errno. */
int link_list_read(struct link_list *list);
void link_list_free(struct link_list *list);

/* Whether --interface names it. */
bool link_is_named(const struct link_entry *link, const struct options *options);
/* The first name of --interface that no interface has; NULL: each has one. */
const char *link_missing(const struct options *options);

/* Pushes its EV_FACT_LINK. Returns 0 or the -errno of push. */
int link_push(const struct link_entry *link, uint64_t now_ns, const struct event_sink *to);
/* Whether what EV_FACT_LINK says of it has changed. */
bool link_differs(const struct link_entry *a, const struct link_entry *b);

int link_changes_open(struct mnl_socket **out);
void link_changes_close(struct mnl_socket *changes);
int link_changes_fd(const struct mnl_socket *changes);
/* Reads and forgets whatever is waiting. */
void link_changes_drain(struct mnl_socket *changes);

#endif
