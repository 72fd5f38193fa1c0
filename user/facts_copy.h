/* SPDX-License-Identifier: GPL-2.0-only */
/* Facts from the text files of /proc, this host's own or a copy of another's. */
#ifndef CLBTRACE_FACTS_COPY_H
#define CLBTRACE_FACTS_COPY_H

#include <stdint.h>
#include <sys/types.h>

#include "facts_netlink.h"

struct ev_flow;
struct facts;
struct fact_conn;
struct gather;

enum { PROC_PATH_LEN = 4096 };

/* Which /proc it is. */
struct proc_root {
	char path[PROC_PATH_LEN];
	bool is_copy;	  /* nothing is asked of this host */
	bool is_finished; /* it has a state before and one after: it grows no more */
};

/*
 * As file_text() and file_number(), of the file name in root: "net/snmp", "sys/net/core/somaxconn".
 */
ssize_t proc_text(const struct proc_root *root, const char *name, char *buf, size_t len);
int proc_number(const struct proc_root *root, const char *name, int64_t *value);

/*
 * What net/tcp, tcp6, udp and udp6 say. Their lines are those of get_tcp4_sock(), get_openreq4(),
 * get_timewait4_sock() (net/ipv4/tcp_ipv4.c), udp4_format_sock() (net/ipv4/udp.c) and of their IPv6
 * kin, the same from Linux 2.6 on.
 */
struct proc_socket {
	uint8_t laddr[16]; /* v4-mapped for IPv4 */
	uint8_t raddr[16];
	uint16_t lport;
	uint16_t rport;
	uint32_t state; /* TCP_* */
	uint32_t tx_queue;
	uint32_t rx_queue; /* of a listener: connections waiting for accept() */
	uint32_t uid;
	uint32_t inode;
	uint8_t family; /* 4 or 6 */
};

/* Returns false if the line is of another form: the first one has the columns' names. */
bool proc_parse_socket(const char *line, uint8_t family, struct proc_socket *out);

/* The sockets listening on port: struct fact_listener in out, without processes. */
int proc_listeners(const struct proc_root *root, uint8_t proto, uint16_t port, struct vec *out);
/* The connection flow (prober -> this host). Returns 0, -ENOENT or another -errno. */
int proc_conn(const struct proc_root *root, const struct ev_flow *flow, struct proc_socket *out);

#endif
