/* SPDX-License-Identifier: GPL-2.0-only */
/* Netlink exchanges, with the arrays that collect their answers. */
#ifndef CLBTRACE_FACTS_NETLINK_H
#define CLBTRACE_FACTS_NETLINK_H

#include <libmnl/libmnl.h>
#include <stddef.h>
#include <stdint.h>

enum { NETLINK_BUF_LEN = 32768 }; /* the kernel fills at most this much in one part of a dump */

/* A growing array. Elements start zeroed. */
struct vec {
	void *data;
	size_t n;
	size_t cap;
	size_t size; /* of one element */
};

/* Returns the new last element, or NULL when out of memory. */
void *vec_push(struct vec *vec);
void vec_free(struct vec *vec);

/* A netlink socket, opened at its first use. */
struct netlink {
	struct mnl_socket *socket;
	int bus; /* NETLINK_ROUTE, ... */
	unsigned int seq;
	char buf[NETLINK_BUF_LEN];
};

/* A request, with room for the attributes that any of ours has. */
struct netlink_request {
	char buf[512];
	struct nlmsghdr *nlh;
	void *extra; /* the family's header after nlh, zeroed */
};

void netlink_close(struct netlink *netlink);
void netlink_prepare(struct netlink_request *request, uint16_t type, uint16_t flags, size_t extra);
void netlink_put_addr(struct nlmsghdr *nlh, uint16_t type, const uint8_t addr[16]);
/* IPv4 becomes v4-mapped. Returns 0, or -EINVAL if it has neither length. */
int netlink_get_addr(const struct nlattr *attr, uint8_t addr[16]);
uint32_t netlink_get_be32(const struct nlattr *attr); /* 0 if NULL */
/* Copies a string attribute, cut to len with its terminator. */
void netlink_get_text(const struct nlattr *attr, char *out, size_t len);
/* Fills attrs[type] for type <= max from the attributes after a header of offset bytes. */
void netlink_attrs(const struct nlmsghdr *nlh, size_t offset, const struct nlattr **attrs, int max);
void netlink_nested(const struct nlattr *nest, const struct nlattr **attrs, int max);
/*
 * Sends the request, gives every answer to cb (which may be NULL). Returns 0, the kernel's -errno,
 * or -ETIMEDOUT.
 */
int netlink_ask(struct netlink *netlink, struct netlink_request *request, mnl_cb_t cb, void *data);
/*
 * The same for a dump. One that the kernel marked inconsistent (NLM_F_DUMP_INTR) is repeated, with
 * *collected set back; without collected that is -EINTR.
 */
int netlink_dump(struct netlink *netlink, struct netlink_request *request, mnl_cb_t cb, void *data,
		 size_t *collected);

#endif
