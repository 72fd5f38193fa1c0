// SPDX-License-Identifier: GPL-2.0-only
// The list of network interfaces and word of its changes, by rtnetlink.
#include "link_list.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum { NETLINK_BUFFER = 32768 /* what the kernel fills at most in a dump */ };

static int read_attr(const struct nlattr *attr, void *data)
{
	struct link_entry *entry = data;

	if (mnl_attr_get_type(attr) == IFLA_IFNAME && mnl_attr_validate(attr, MNL_TYPE_STRING) >= 0)
		snprintf(entry->name, sizeof(entry->name), "%s", mnl_attr_get_str(attr));
	if (mnl_attr_get_type(attr) == IFLA_MASTER && mnl_attr_validate(attr, MNL_TYPE_U32) >= 0)
		entry->master = mnl_attr_get_u32(attr);
	if (mnl_attr_get_type(attr) == IFLA_ADDRESS &&
	    mnl_attr_get_payload_len(attr) == sizeof(entry->mac))
		memcpy(entry->mac, mnl_attr_get_payload(attr), sizeof(entry->mac));
	return MNL_CB_OK;
}

static int read_link(const struct nlmsghdr *msg, void *data)
{
	struct link_list *list = data;
	struct link_entry *grown, *entry;
	const struct ifinfomsg *info;

	if (msg->nlmsg_type != RTM_NEWLINK || mnl_nlmsg_get_payload_len(msg) < sizeof(*info))
		return MNL_CB_OK;
	grown = realloc(list->entries, (list->count + 1) * sizeof(*grown));
	if (!grown) {
		errno = ENOMEM;
		return MNL_CB_ERROR;
	}
	list->entries = grown;
	entry = &grown[list->count++];
	info = mnl_nlmsg_get_payload(msg);
	*entry = (struct link_entry){
		.ifindex = info->ifi_index, .flags = info->ifi_flags, .arphrd = info->ifi_type};
	return mnl_attr_parse(msg, sizeof(*info), read_attr, entry);
}

static int request(struct mnl_socket *nl, void *buf)
{
	struct nlmsghdr *msg = mnl_nlmsg_put_header(buf);
	struct ifinfomsg *info;

	msg->nlmsg_type = RTM_GETLINK;
	msg->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	info = mnl_nlmsg_put_extra_header(msg, sizeof(*info));
	info->ifi_family = AF_UNSPEC;
	/* Without the counters and the list of virtual functions, which are most of the answer. */
	mnl_attr_put_u32(msg, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
	return mnl_socket_sendto(nl, msg, msg->nlmsg_len) < 0 ? -errno : 0;
}

int link_list_read(struct link_list *list)
{
	struct mnl_socket *nl = NULL;
	char *buf = NULL;
	ssize_t len;
	int err = -ENOMEM, more = MNL_CB_OK;

	*list = (struct link_list){};
	buf = malloc(NETLINK_BUFFER);
	if (!buf)
		goto out;
	nl = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
	if (!nl || mnl_socket_bind(nl, 0, MNL_SOCKET_AUTOPID) < 0) {
		err = -errno;
		goto out;
	}
	err = request(nl, buf);
	while (!err && more > MNL_CB_STOP) {
		len = mnl_socket_recvfrom(nl, buf, NETLINK_BUFFER);
		if (len > 0)
			more = mnl_cb_run(buf, len, 0, mnl_socket_get_portid(nl), read_link, list);
		if (len < 0 || more < 0)
			err = errno == EINTR ? 0 : -errno;
	}
out:
	if (err)
		link_list_free(list);
	if (nl)
		mnl_socket_close(nl);
	free(buf);
	return err;
}

void link_list_free(struct link_list *list)
{
	free(list->entries);
	*list = (struct link_list){};
}

bool link_is_named(const struct link_entry *link, const struct options *options)
{
	for (size_t i = 0; i < options->n_interfaces; i++)
		if (!strcmp(options->interfaces[i], link->name))
			return true;
	return false;
}

const char *link_missing(const struct options *options)
{
	for (size_t i = 0; i < options->n_interfaces; i++)
		if (!if_nametoindex(options->interfaces[i]))
			return options->interfaces[i];
	return NULL;
}

int link_push(const struct link_entry *link, uint64_t now_ns, const struct event_sink *to)
{
	struct fact_link fact = {
		.hdr = {.type = EV_FACT_LINK, .size = sizeof(fact), .time_ns = now_ns},
		.ifindex = link->ifindex,
		.master = link->master,
	};

	snprintf(fact.ifname, sizeof(fact.ifname), "%s", link->name);
	return to->push(to->ctx, &fact.hdr);
}

bool link_differs(const struct link_entry *a, const struct link_entry *b)
{
	return strcmp(a->name, b->name) != 0 || a->master != b->master;
}

int link_changes_open(struct mnl_socket **out)
{
	struct mnl_socket *nl;
	int err;

	*out = NULL;
	nl = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (!nl)
		return -errno;
	if (mnl_socket_bind(nl, RTMGRP_LINK, MNL_SOCKET_AUTOPID) < 0) {
		err = -errno;
		mnl_socket_close(nl);
		return err;
	}
	*out = nl;
	return 0;
}

void link_changes_close(struct mnl_socket *changes)
{
	if (changes)
		mnl_socket_close(changes);
}

int link_changes_fd(const struct mnl_socket *changes)
{
	return mnl_socket_get_fd(changes);
}

void link_changes_drain(struct mnl_socket *changes)
{
	char buf[8192];

	/* ENOBUFS says that messages were lost, which does not matter: go on to the end. */
	while (mnl_socket_recvfrom(changes, buf, sizeof(buf)) >= 0 || errno == EINTR ||
	       errno == ENOBUFS || errno == ENOSPC)
		;
}
