/* SPDX-License-Identifier: GPL-2.0-only */
/* The network namespaces of this host, and how to look things up inside one. */
#ifndef CLBTRACE_FACTS_NETNS_H
#define CLBTRACE_FACTS_NETNS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "facts_netfilter.h"
#include "facts_netlink.h"

struct facts;
struct gather;

enum {
	NETNS_MAX = 1024,      /* namespaces that are told apart */
	NETNS_PIDS_MAX = 8192, /* processes outside the traced one that are kept */
	NETNS_VIEWS = 8,
	NETNS_PATH_LEN = 64,
};

enum netns_kind {
	NETNS_FOREIGN,	/* it has a network of its own, not linked with the traced one */
	NETNS_LINKED,	/* one of its interfaces has its peer or lower device in the traced one */
	NETNS_ISOLATED, /* no interface but loopback is up */
};

/* A namespace, by a file that stands for it: /proc/PID/ns/net or a name in /run/netns. */
struct netns_place {
	uint32_t inode;
	uint32_t pass; /* the last reading of the list that it was in */
	char path[NETNS_PATH_LEN];
	uint64_t addrs_ns; /* when kind and addrs were looked up, 0: never */
	uint64_t listeners_ns;
	uint32_t kind;	      /* enum netns_kind */
	uint32_t proto;	      /* of the listeners */
	struct vec addrs;     /* uint8_t[16]: loopback and link-local ones left out */
	struct vec listeners; /* struct fact_listener, netns set: of linked and isolated ones */
};

struct netns_pid {
	uint32_t inode;
	uint32_t pid;
};

/* The distinct namespaces but the traced one. */
struct netns_list {
	struct vec places; /* struct netns_place */
	struct vec pids;   /* struct netns_pid: processes in them */
	uint32_t pass;
	long resume;		/* where in /proc the reading was broken off, 0: it was not */
	uint64_t not_before_ns; /* when it may be read again */
	bool complete;		/* all of it was read, at least once */
};

/*
 * What asks in one namespace. fd and the sockets keep the namespace alive: as long as they are
 * open its inode number is not given to another one.
 */
struct netns_view {
	struct netlink diag;
	struct netlink route;
	struct netlink netfilter;
	struct netlink generic;
	struct nft_ruleset nft;
	int fd; /* of the namespace; -1: it cannot be entered */
	uint32_t inode;
	char path[NETNS_PATH_LEN]; /* that fd was opened by */
	uint64_t used_ns;
	uint8_t addr[16]; /* one of its addresses that was looked for, all zero: none */
};

/* The number in "net:[NUMBER]", 0 if the text is not that. */
uint32_t netns_parse_link(const char *text);
/*
 * Reads the list, the namespace of home left out, or goes on where the time did not suffice. Takes
 * a tenth of the time at most: before not_before_ns it stays as it is. Returns 0 or -errno.
 */
int netns_list_read(struct netns_list *list, const struct netns_view *home);
void netns_list_free(struct netns_list *list);
struct netns_place *netns_list_find(const struct netns_list *list, uint32_t inode);
/* Takes out the place at index i; the last one is then there. */
void netns_list_remove(struct netns_list *list, size_t i);
/*
 * Opens the namespace. Returns the descriptor, -ESTALE if the file stands for another one by now,
 * or -errno.
 */
int netns_open(const struct netns_place *place, const struct netns_view *home);

/* Makes a zeroed view ready; it then owns fd. */
void netns_view_init(struct netns_view *view, int fd, uint32_t inode);
/* The same for the namespace that this process is in, the traced one. */
void netns_view_home(struct netns_view *view);
void netns_view_close(struct netns_view *view);
/* Whether this process could come back to the traced namespace: 0 or -errno. */
int netns_may_return(const struct facts *facts);
/*
 * Takes this process into the view's namespace; look-ups then ask there (facts->at). Returns 0, or
 * -errno (-EPERM: without CAP_SYS_ADMIN), having stayed where it was.
 */
int netns_switch(struct facts *facts, struct netns_view *view);
/* The same by inode number; 0 is the traced one. -ENOENT: there is no such namespace. */
int facts_netns_enter(struct facts *facts, uint32_t inode);
/* Back to the traced namespace. Ends the process if the kernel does not let it: see the function.
 */
void facts_netns_leave(struct facts *facts);
/*
 * Gives up what was not used for a while, and what nothing but this process keeps alive: a
 * container's end must not wait for it. Call about once a second.
 */
void netns_expire(struct facts *facts);
void netns_close_all(struct facts *facts);

/* The going through of the places. */
struct survey {
	uint64_t not_before_ns;
	size_t next; /* the place to look at */
	int error;
	uint8_t proto;
};

/*
 * Brings what is known of the places of facts->netns up to date, with the listeners of proto (0: of
 * any protocol, or none). It is held to a tenth of the time: until then what is known stands.
 * *complete: it is known of all of them. Returns 0 or -errno.
 */
int survey_take(struct facts *facts, uint8_t proto, bool loaded, bool *complete);
/* Whether what is known of the place is recent: addresses, and listeners of proto if it is not 0.
 */
bool netns_is_known(const struct netns_place *place, uint8_t proto);
bool netns_has_addr(const struct netns_place *place, const uint8_t addr[16]);

/*
 * Finds the namespace that the service's address is in; 0: the traced one. Returns -EHOSTUNREACH
 * if the probe is translated to an address that neither it nor one linked with it has, or another
 * -errno.
 */
int service_locate(struct gather *g, uint32_t *inode);
/* Enters that one; g's flow and ifindex are then as seen there. */
int service_enter(struct gather *g);
/* Enters the namespace in which the probe was stopped, likewise. */
int stop_enter(struct gather *g);
/* Back to the traced namespace, and to the flow as it arrived. */
void gather_return(struct gather *g);

#endif
