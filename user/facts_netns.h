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

/* A namespace, by a file that stands for it: /proc/PID/ns/net or a name in /run/netns. */
struct netns_place {
	uint32_t inode;
	char path[NETNS_PATH_LEN];
};

struct netns_pid {
	uint32_t inode;
	uint32_t pid;
};

/* The distinct namespaces but the traced one. */
struct netns_list {
	struct vec places;	/* struct netns_place */
	struct vec pids;	/* struct netns_pid: processes in them */
	uint64_t not_before_ns; /* when it may be read again */
	bool complete;
};

/*
 * What asks in one namespace. fd and the sockets keep the namespace alive: as long as they are
 * open its inode number is not given to another one.
 */
struct netns_view {
	struct netlink diag;
	struct netlink route;
	struct netlink netfilter;
	struct nft_ruleset nft;
	int fd; /* of the namespace; -1: it cannot be entered */
	uint32_t inode;
	char path[NETNS_PATH_LEN]; /* that fd was opened by */
	uint64_t used_ns;
	uint8_t addr[16]; /* one of its addresses that was looked for, all zero: none */
};

/* The number in "net:[NUMBER]", 0 if the text is not that. */
uint32_t netns_parse_link(const char *text);
/* Reads the list anew, home (an inode) left out. Returns 0 or -errno. */
int netns_list_read(struct netns_list *list, const struct netns_view *home);
void netns_list_free(struct netns_list *list);
const struct netns_place *netns_list_find(const struct netns_list *list, uint32_t inode);
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

enum survey_kind {
	SURVEY_FOREIGN,	 /* it has a network of its own, not linked with the traced one */
	SURVEY_LINKED,	 /* one of its interfaces has its peer or lower device in the traced one */
	SURVEY_ISOLATED, /* no interface but loopback is up */
};

struct survey_space {
	uint32_t inode;
	uint32_t kind; /* enum survey_kind */
};

struct survey_addr {
	uint32_t inode;
	uint8_t addr[16];
};

/* What was found in the other namespaces of this host. */
struct survey {
	struct netns_list list;
	struct vec spaces;    /* struct survey_space */
	struct vec addrs;     /* struct survey_addr: loopback and link-local ones left out */
	struct vec listeners; /* struct fact_listener, netns set: of linked and isolated ones */
	uint64_t not_before_ns;
	int error;
	uint8_t proto; /* of the listeners */
	bool complete; /* there was time for all of them */
};

/*
 * Brings facts->survey up to date, with the listeners of proto (0: of any protocol, or none). It is
 * held to a tenth of the time: until then the last one stands. Returns 0 or -errno.
 */
int survey_take(struct facts *facts, uint8_t proto, bool loaded);
void survey_free(struct survey *survey);
bool survey_has_addr(const struct survey *survey, uint32_t inode, const uint8_t addr[16]);
/* A namespace that has this address, a linked one if there is; 0: none. */
uint32_t survey_find_addr(const struct survey *survey, const uint8_t addr[16]);

/*
 * Finds the namespace that the service's address is in; 0: the traced one. Returns -EHOSTUNREACH
 * if the probe is translated to an address that no namespace of this host has, or another -errno.
 */
int service_locate(struct gather *g, uint32_t *inode);
/* Enters that one; g's flow and ifindex are then as seen there. */
int service_enter(struct gather *g);
/* Enters the namespace in which the probe was stopped, likewise. */
int stop_enter(struct gather *g);
/* Back to the traced namespace, and to the flow as it arrived. */
void gather_return(struct gather *g);

#endif
