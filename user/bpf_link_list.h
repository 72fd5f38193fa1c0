/* SPDX-License-Identifier: GPL-2.0-only */
/* The list of network interfaces and word of its changes, by rtnetlink. */
#ifndef CLBTRACE_BPF_LINK_LIST_H
#define CLBTRACE_BPF_LINK_LIST_H

#include <stddef.h>
#include <stdint.h>

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

int link_changes_open(struct mnl_socket **out);
void link_changes_close(struct mnl_socket *changes);
int link_changes_fd(const struct mnl_socket *changes);
/* Reads and forgets whatever is waiting. */
void link_changes_drain(struct mnl_socket *changes);

#endif
