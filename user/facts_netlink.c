// SPDX-License-Identifier: GPL-2.0-only
// Asks the kernel over netlink.
#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "facts_internal.h"
#include "flow.h"

struct exchange {
	mnl_cb_t cb;
	void *data;
	bool answered; /* the kernel ended it: nothing more will come */
};

void netlink_close(struct netlink *netlink)
{
	if (netlink->socket)
		mnl_socket_close(netlink->socket);
	netlink->socket = NULL;
}

static int open_socket(struct netlink *netlink)
{
	const struct timeval timeout = {.tv_sec = 1};
	int err;

	if (netlink->socket)
		return 0;
	netlink->socket = mnl_socket_open2(netlink->bus, SOCK_CLOEXEC);
	if (!netlink->socket)
		return -errno;
	if (mnl_socket_bind(netlink->socket, 0, MNL_SOCKET_AUTOPID) ||
	    setsockopt(mnl_socket_get_fd(netlink->socket), SOL_SOCKET, SO_RCVTIMEO, &timeout,
		       sizeof(timeout))) {
		err = -errno;
		netlink_close(netlink);
		return err;
	}
	return 0;
}

void netlink_prepare(struct netlink_request *request, uint16_t type, uint16_t flags, size_t extra)
{
	memset(request, 0, sizeof(*request));
	request->nlh = mnl_nlmsg_put_header(request->buf);
	request->nlh->nlmsg_type = type;
	request->nlh->nlmsg_flags = NLM_F_REQUEST | flags;
	request->extra = mnl_nlmsg_put_extra_header(request->nlh, extra);
}

void netlink_put_addr(struct nlmsghdr *nlh, uint16_t type, const uint8_t addr[16])
{
	if (addr_is_v4(addr))
		mnl_attr_put(nlh, type, 4, addr + 12);
	else
		mnl_attr_put(nlh, type, 16, addr);
}

int netlink_get_addr(const struct nlattr *attr, uint8_t addr[16])
{
	const void *payload = mnl_attr_get_payload(attr);

	if (mnl_attr_get_payload_len(attr) == 16) {
		memcpy(addr, payload, 16);
		return 0;
	}
	if (mnl_attr_get_payload_len(attr) != 4)
		return -EINVAL;
	memset(addr, 0, 10);
	memset(addr + 10, 0xff, 2);
	memcpy(addr + 12, payload, 4);
	return 0;
}

void netlink_get_text(const struct nlattr *attr, char *out, size_t len)
{
	size_t n = strnlen(mnl_attr_get_payload(attr), mnl_attr_get_payload_len(attr));

	if (n >= len)
		n = len - 1;
	memcpy(out, mnl_attr_get_payload(attr), n);
	out[n] = '\0';
}

uint32_t netlink_get_be32(const struct nlattr *attr)
{
	return attr ? ntohl(mnl_attr_get_u32(attr)) : 0;
}

static void keep_attr(const struct nlattr *attr, const struct nlattr **attrs, int max)
{
	if (mnl_attr_get_type(attr) <= max)
		attrs[mnl_attr_get_type(attr)] = attr;
}

void netlink_attrs(const struct nlmsghdr *nlh, size_t offset, const struct nlattr **attrs, int max)
{
	const struct nlattr *attr;

	memset(attrs, 0, (max + 1) * sizeof(*attrs));
	mnl_attr_for_each(attr, nlh, offset) keep_attr(attr, attrs, max);
}

void netlink_nested(const struct nlattr *nest, const struct nlattr **attrs, int max)
{
	const struct nlattr *attr;

	memset(attrs, 0, (max + 1) * sizeof(*attrs));
	if (!nest)
		return;
	mnl_attr_for_each_nested(attr, nest) keep_attr(attr, attrs, max);
}

static int on_message(const struct nlmsghdr *nlh, void *data)
{
	struct exchange *exchange = data;

	return exchange->cb ? exchange->cb(nlh, exchange->data) : MNL_CB_OK;
}

/* Both an NLMSG_ERROR and, from 4.14, an NLMSG_DONE begin with the error. */
static int on_end(const struct nlmsghdr *nlh, void *data)
{
	struct exchange *exchange = data;
	int err = 0;

	exchange->answered = true;
	if (mnl_nlmsg_get_payload_len(nlh) >= sizeof(err))
		memcpy(&err, mnl_nlmsg_get_payload(nlh), sizeof(err));
	if (!err)
		return MNL_CB_STOP;
	errno = err < 0 ? -err : err;
	return MNL_CB_ERROR;
}

static int receive(struct netlink *netlink, struct exchange *exchange)
{
	mnl_cb_t control[NLMSG_MIN_TYPE] = {
		[NLMSG_ERROR] = on_end,
		[NLMSG_DONE] = on_end,
	};
	unsigned int portid = mnl_socket_get_portid(netlink->socket);
	ssize_t len;
	int ret;

	do {
		len = mnl_socket_recvfrom(netlink->socket, netlink->buf, sizeof(netlink->buf));
		if (len < 0)
			return errno == EAGAIN ? -ETIMEDOUT : -errno;
		ret = mnl_cb_run2(netlink->buf, len, netlink->seq, portid, on_message, exchange,
				  control, NLMSG_MIN_TYPE);
		if (ret < 0)
			return -errno;
	} while (ret > MNL_CB_STOP);
	return 0;
}

/* An exchange broken off leaves messages in the socket: then the next one has a new socket. */
static int exchange_once(struct netlink *netlink, struct netlink_request *request, mnl_cb_t cb,
			 void *data)
{
	struct exchange exchange = {.cb = cb, .data = data};
	int err;

	err = open_socket(netlink);
	if (err)
		return err;
	request->nlh->nlmsg_seq = ++netlink->seq;
	if (mnl_socket_sendto(netlink->socket, request->nlh, request->nlh->nlmsg_len) < 0)
		err = -errno;
	else
		err = receive(netlink, &exchange);
	if (err && !exchange.answered)
		netlink_close(netlink);
	return err;
}

int netlink_ask(struct netlink *netlink, struct netlink_request *request, mnl_cb_t cb, void *data)
{
	request->nlh->nlmsg_flags |= NLM_F_ACK;
	return exchange_once(netlink, request, cb, data);
}

int netlink_dump(struct netlink *netlink, struct netlink_request *request, mnl_cb_t cb, void *data,
		 size_t *collected)
{
	const size_t start = collected ? *collected : 0;
	int err = -EINTR;

	request->nlh->nlmsg_flags |= NLM_F_DUMP;
	for (int i = 0; i < 5 && err == -EINTR; i++) {
		if (collected)
			*collected = start;
		err = exchange_once(netlink, request, cb, data);
		if (!collected)
			break;
	}
	return err;
}
