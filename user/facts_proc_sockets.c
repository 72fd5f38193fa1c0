// SPDX-License-Identifier: GPL-2.0-only
// Reads the sockets listed in /proc/net: where there is no sock_diag, or no kernel to ask.
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "facts_copy.h"
#include "facts_internal.h"

/*
 * The kernel goes through all of its table for it, under locks: of a long list no more is read than
 * takes some milliseconds.
 */
enum { MAX_LINES = 16384 };

/* Each 32-bit word of an address is printed as a number of the host's byte order. */
static bool parse_addr(const char *hex, uint8_t family, uint8_t addr[16])
{
	const size_t words = family == 4 ? 1 : 4;
	uint32_t word;

	if (strlen(hex) != 8 * words)
		return false;
	memset(addr, 0, 10);
	memset(addr + 10, 0xff, 2);
	for (size_t i = 0; i < words; i++) {
		char part[9];

		memcpy(part, hex + 8 * i, 8);
		part[8] = '\0';
		word = (uint32_t)strtoul(part, NULL, 16);
		memcpy(family == 4 ? addr + 12 : addr + 4 * i, &word, 4);
	}
	return true;
}

bool proc_parse_socket(const char *line, uint8_t family, struct proc_socket *out)
{
	char local[33], remote[33];
	unsigned int lport, rport, state, tx, rx, uid, inode;

	/* sl local remote st tx:rx tr:when retrnsmt uid timeout inode */
	if (sscanf(line,
		   " %*d: %32[0-9A-Fa-f]:%4x %32[0-9A-Fa-f]:%4x %2x %8x:%8x %*x:%*x %*x %u %*u "
		   "%u",
		   local, &lport, remote, &rport, &state, &tx, &rx, &uid, &inode) != 9)
		return false;
	*out = (struct proc_socket){
		.lport = (uint16_t)lport,
		.rport = (uint16_t)rport,
		.state = state,
		.tx_queue = tx,
		.rx_queue = rx,
		.uid = uid,
		.inode = inode,
		.family = family,
	};
	return parse_addr(local, family, out->laddr) && parse_addr(remote, family, out->raddr);
}

/* take() returns whether to go on. Returns 0, -E2BIG or what fopen() left. */
static int each_socket(const struct proc_root *root, const char *name, uint8_t family,
		       bool (*take)(void *ctx, const struct proc_socket *socket), void *ctx)
{
	char path[PROC_PATH_LEN + 64], *line = NULL;
	struct proc_socket socket;
	unsigned int lines = 0;
	size_t room = 0;
	FILE *file;
	int err = 0;

	snprintf(path, sizeof(path), "%s/net/%s", root->path, name);
	file = fopen(path, "re");
	if (!file)
		return -errno;
	while (getline(&line, &room, file) > 0) {
		if (++lines > MAX_LINES) {
			err = -E2BIG;
			break;
		}
		if (proc_parse_socket(line, family, &socket) && !take(ctx, &socket))
			break;
	}
	free(line);
	fclose(file);
	return err;
}

/* Without IPv6 there is no list of its sockets. */
static int each_family(const struct proc_root *root, uint8_t proto,
		       bool (*take)(void *ctx, const struct proc_socket *socket), void *ctx)
{
	const bool tcp = proto == IPPROTO_TCP;
	int err = each_socket(root, tcp ? "tcp" : "udp", 4, take, ctx);

	if (err)
		return err;
	err = each_socket(root, tcp ? "tcp6" : "udp6", 6, take, ctx);
	return err == -ENOENT ? 0 : err;
}

struct listening {
	struct vec *out;
	uint8_t proto;
	uint16_t port;
	int err;
};

static bool take_listener(void *ctx, const struct proc_socket *socket)
{
	struct listening *want = ctx;
	const bool tcp = want->proto == IPPROTO_TCP;
	struct fact_listener *listener;

	if (socket->state != (tcp ? TCP_LISTEN : TCP_CLOSE))
		/* Listeners come first, before Linux 4.4 with their half-open connections. */
		return !tcp || socket->state == TCP_SYN_RECV;
	if (socket->lport != want->port)
		return true;
	listener = vec_push(want->out);
	if (!listener) {
		want->err = -ENOMEM;
		return false;
	}
	memcpy(listener->laddr, socket->laddr, 16);
	listener->port = socket->lport;
	listener->backlog = socket->rx_queue;
	listener->limit = FACT_LIMIT_UNKNOWN;
	listener->inode = socket->inode;
	listener->uid = socket->uid;
	listener->family = socket->family;
	return true;
}

int proc_listeners(const struct proc_root *root, uint8_t proto, uint16_t port, struct vec *out)
{
	struct listening want = {.out = out, .proto = proto, .port = port};
	int err = each_family(root, proto, take_listener, &want);

	return err ? err : want.err;
}

struct searching {
	const struct ev_flow *flow;
	struct proc_socket *out;
	bool found;
};

static bool take_conn(void *ctx, const struct proc_socket *socket)
{
	struct searching *want = ctx;

	if (socket->lport != want->flow->dport || socket->rport != want->flow->sport ||
	    memcmp(socket->laddr, want->flow->daddr, 16) != 0 ||
	    memcmp(socket->raddr, want->flow->saddr, 16) != 0)
		return true;
	*want->out = *socket;
	want->found = true;
	return false;
}

int proc_conn(const struct proc_root *root, const struct ev_flow *flow, struct proc_socket *out)
{
	struct searching want = {.flow = flow, .out = out};
	int err = each_family(root, IPPROTO_TCP, take_conn, &want);

	if (want.found)
		return 0;
	return err ? err : -ENOENT;
}
