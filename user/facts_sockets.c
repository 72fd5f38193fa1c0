// SPDX-License-Identifier: GPL-2.0-only
// Looks up listening sockets, then the probe's own, by sock_diag.
#include <arpa/inet.h>
#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/sock_diag.h>
#include <net/if.h>
#include <netinet/tcp.h>
#include <string.h>

#include "facts_internal.h"
#include "flow.h"

static void put_addr(__be32 to[4], const uint8_t addr[16])
{
	if (addr_is_v4(addr))
		memcpy(to, addr + 12, 4);
	else
		memcpy(to, addr, 16);
}

static void get_addr(uint8_t addr[16], const __be32 from[4], int family)
{
	if (family == AF_INET) {
		memset(addr, 0, 10);
		memset(addr + 10, 0xff, 2);
		memcpy(addr + 12, from, 4);
	} else {
		memcpy(addr, from, 16);
	}
}

static int on_listener(const struct nlmsghdr *nlh, void *data)
{
	const struct inet_diag_msg *msg = mnl_nlmsg_get_payload(nlh);
	const struct nlattr *attrs[INET_DIAG_SKV6ONLY + 1];
	struct fact_listener *listener;
	struct vec *out = data;

	listener = vec_push(out);
	if (!listener)
		return MNL_CB_ERROR;
	netlink_attrs(nlh, sizeof(*msg), attrs, INET_DIAG_SKV6ONLY);
	get_addr(listener->laddr, msg->id.idiag_src, msg->idiag_family);
	listener->port = ntohs(msg->id.idiag_sport);
	listener->backlog = msg->idiag_rqueue;
	listener->limit = msg->idiag_wqueue;
	listener->inode = msg->idiag_inode;
	listener->uid = msg->idiag_uid;
	listener->bound_ifindex = msg->id.idiag_if;
	listener->family = msg->idiag_family == AF_INET ? 4 : 6;
	if (attrs[INET_DIAG_SKV6ONLY])
		listener->v6only = mnl_attr_get_u8(attrs[INET_DIAG_SKV6ONLY]);
	return MNL_CB_OK;
}

/* The kernel itself compares idiag_sport in a dump (inet_diag_dump_icsk, udp_dump). */
static int dump_family(struct netlink *diag, int family, uint8_t proto, uint16_t port,
		       struct vec *out)
{
	struct netlink_request request;
	struct inet_diag_req_v2 *req;

	netlink_prepare(&request, SOCK_DIAG_BY_FAMILY, 0, sizeof(*req));
	req = request.extra;
	req->sdiag_family = family;
	req->sdiag_protocol = proto;
	/* An unconnected UDP socket, the one that receives, is in state TCP_CLOSE. */
	req->idiag_states = 1 << (proto == IPPROTO_TCP ? TCP_LISTEN : TCP_CLOSE);
	req->id.idiag_sport = htons(port); /* 0: any */
	return netlink_dump(diag, &request, on_listener, out, &out->n);
}

int listeners_dump(struct netlink *diag, uint8_t proto, uint16_t port, struct vec *out)
{
	int err;

	err = dump_family(diag, AF_INET, proto, port, out);
	if (err)
		return err;
	return dump_family(diag, AF_INET6, proto, port, out);
}

static int collect_wants(const struct vec *listeners, struct vec *wants)
{
	const struct fact_listener *listener = listeners->data;
	struct process_want *want;

	for (size_t i = 0; i < listeners->n; i++) {
		want = vec_push(wants);
		if (!want)
			return -ENOMEM;
		want->inode = listener[i].inode;
		want->netns = listener[i].netns;
	}
	return 0;
}

static void describe_owners(struct vec *listeners, const struct vec *wants)
{
	struct fact_listener *listener = listeners->data;
	const struct process_want *want = wants->data;
	struct process_info info;

	for (size_t i = 0; i < listeners->n; i++) {
		listener[i].pid = want[i].pid;
		process_describe(want[i].pid, &info);
		memcpy(listener[i].comm, info.comm, sizeof(info.comm));
		listener[i].pstate = info.state;
		listener[i].fds_open = info.fds_open;
		listener[i].fds_limit = info.fds_limit;
		memcpy(listener[i].container, info.container, sizeof(info.container));
	}
}

void listeners_owners_in(struct facts *facts, bool loaded, struct vec *listeners)
{
	struct vec wants = {.size = sizeof(struct process_want)};

	if (!collect_wants(listeners, &wants)) {
		process_find_among(&facts->processes, loaded, &facts->netns.pids, wants.data,
				   wants.n);
		describe_owners(listeners, &wants);
	}
	vec_free(&wants);
}

/* In a container's namespace its few processes first: all of /proc are many more. */
static void find_owners(struct facts *facts, bool loaded, struct process_want *want, size_t n)
{
	for (size_t i = 0; i < n; i++)
		want[i].netns = facts->at->inode;
	if (facts->at != &facts->home)
		process_find_among(&facts->processes, loaded, &facts->netns.pids, want, n);
	process_find(&facts->processes, loaded, want, n);
}

void listeners_owners(struct facts *facts, bool loaded, struct vec *listeners)
{
	struct vec wants = {.size = sizeof(struct process_want)};

	if (!collect_wants(listeners, &wants)) {
		find_owners(facts, loaded, wants.data, wants.n);
		describe_owners(listeners, &wants);
	}
	vec_free(&wants);
}

/* Before Linux 3.3, and where inet_diag is not there, /proc has them. */
static int find_listeners(struct gather *g, struct vec *listeners)
{
	const struct proc_root *proc = &g->facts->proc;
	int err = -EOPNOTSUPP;

	if (!proc->is_copy)
		err = listeners_dump(&g->facts->at->diag, g->flow->proto, g->flow->dport,
				     listeners);
	if (err) {
		listeners->n = 0;
		err = proc_listeners(proc, g->flow->proto, g->flow->dport, listeners);
	}
	if (!err && !proc->is_copy)
		listeners_owners(g->facts, g->loaded, listeners);
	return err;
}

int gather_listeners(struct gather *g)
{
	struct vec listeners = {.size = sizeof(struct fact_listener)};
	struct fact_listener *listener;
	int err;

	/* Asked about another protocol, the kernel would look for a module. */
	if (g->flow->proto != IPPROTO_TCP && g->flow->proto != IPPROTO_UDP)
		return 0;
	err = find_listeners(g, &listeners);
	if (err)
		goto out;
	listener = listeners.data;
	for (size_t i = 0; i < listeners.n && !err; i++) {
		if (listener[i].bound_ifindex)
			if_indextoname(listener[i].bound_ifindex, listener[i].bound_ifname);
		err = gather_add(g, EV_FACT_LISTENER, &listener[i], sizeof(listener[i]));
	}
out:
	vec_free(&listeners);
	return err;
}

static int on_conn(const struct nlmsghdr *nlh, void *data)
{
	memcpy(data, mnl_nlmsg_get_payload(nlh), sizeof(struct inet_diag_msg));
	return MNL_CB_OK;
}

/*
 * A socket bound to a device, or to a VRF, is only found with that device's index; one that is not
 * bound is found with any (inet_match). Returns 0, -ENOENT, or another -errno.
 */
static int find_conn(struct gather *g, uint32_t ifindex, struct inet_diag_msg *out)
{
	struct netlink_request request;
	struct inet_diag_req_v2 *req;
	int err;

	netlink_prepare(&request, SOCK_DIAG_BY_FAMILY, 0, sizeof(*req));
	req = request.extra;
	req->sdiag_family = g->flow->family == 4 ? AF_INET : AF_INET6;
	req->sdiag_protocol = g->flow->proto;
	req->idiag_states = ~0U;
	req->id.idiag_sport = htons(g->flow->dport);
	req->id.idiag_dport = htons(g->flow->sport);
	put_addr(req->id.idiag_src, g->flow->daddr);
	put_addr(req->id.idiag_dst, g->flow->saddr);
	req->id.idiag_if = ifindex;
	req->id.idiag_cookie[0] = INET_DIAG_NOCOOKIE;
	req->id.idiag_cookie[1] = INET_DIAG_NOCOOKIE;
	err = netlink_ask(&g->facts->at->diag, &request, on_conn, out);
	if (err)
		return err;
	/* Where there is no connection, inet_lookup() goes on to the listener. */
	return ntohs(out->id.idiag_dport) == g->flow->sport ? 0 : -ENOENT;
}

static int find_conn_on_links(struct gather *g, struct inet_diag_msg *out)
{
	struct link_info links[LINK_PATH_MAX];
	int err, n;

	err = find_conn(g, g->ifindex, out);
	if (err != -ENOENT)
		return err;
	n = link_path(&g->facts->at->route, g->ifindex, links);
	for (int i = 1; i < n && err == -ENOENT; i++)
		err = find_conn(g, links[i].ifindex, out);
	return err;
}

/* Before Linux 3.3, as for listeners. */
static int find_conn_somewhere(struct gather *g, struct fact_conn *conn)
{
	struct inet_diag_msg msg = {0};
	struct proc_socket socket;
	int err = find_conn_on_links(g, &msg);

	if (!err) {
		conn->state = msg.idiag_state;
		conn->inode = msg.idiag_inode;
		conn->rqueue = msg.idiag_rqueue;
		conn->wqueue = msg.idiag_wqueue;
	}
	if (!err || err == -ENOENT)
		return err;
	err = proc_conn(&g->facts->proc, g->flow, &socket);
	if (err)
		return err;
	conn->state = socket.state;
	conn->inode = socket.inode;
	conn->rqueue = socket.rx_queue;
	conn->wqueue = socket.tx_queue;
	return 0;
}

static void describe_owner(struct gather *g, struct fact_conn *conn)
{
	struct process_want want = {.inode = conn->inode};
	struct process_info info;

	find_owners(g->facts, g->loaded, &want, 1);
	process_describe(want.pid, &info);
	conn->pid = want.pid;
	memcpy(conn->comm, info.comm, sizeof(info.comm));
	conn->pstate = info.state;
	conn->fds_open = info.fds_open;
	conn->fds_limit = info.fds_limit;
	memcpy(conn->container, info.container, sizeof(info.container));
}

int gather_conn(struct gather *g)
{
	struct fact_conn conn = {0};
	int err;

	if (g->flow->proto != IPPROTO_TCP)
		return 0;
	err = find_conn_somewhere(g, &conn);
	if (err)
		return err == -ENOENT ? 0 : err;
	describe_owner(g, &conn);
	return gather_add(g, EV_FACT_CONN, &conn, sizeof(conn));
}
