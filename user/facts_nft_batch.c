// SPDX-License-Identifier: GPL-2.0-only
// Writes batches of nf_tables requests.
#include "facts_nft_batch.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum {
	MESSAGE_ROOM = 4096, /* more than any one request takes, a chain's devices included */
	DEVICES_ROOM = 128 * 24,
	ANSWER_LEN = 8192,
};

/* Requests after an error, or without memory, go to waste. */
static struct nlmsghdr *open_message(struct nft_batch *batch, uint16_t type, uint16_t flags,
				     uint8_t family, uint16_t resource)
{
	struct nfgenmsg *msg;
	struct nlmsghdr *nlh;
	size_t cap;
	char *buf;

	if (batch->len + MESSAGE_ROOM > batch->cap) {
		cap = 2 * batch->cap + 2 * (size_t)MESSAGE_ROOM;
		buf = realloc(batch->buf, cap);
		if (!buf) {
			batch->err = -ENOMEM;
			batch->len = 0;
		} else {
			batch->buf = buf;
			batch->cap = cap;
		}
	}
	if (!batch->cap)
		return NULL;
	nlh = mnl_nlmsg_put_header(batch->buf + batch->len);
	nlh->nlmsg_type = type;
	nlh->nlmsg_flags = NLM_F_REQUEST | flags;
	nlh->nlmsg_seq = batch->seq++;
	msg = mnl_nlmsg_put_extra_header(nlh, sizeof(*msg));
	msg->nfgen_family = family;
	msg->version = NFNETLINK_V0;
	msg->res_id = htons(resource);
	return nlh;
}

static void close_message(struct nft_batch *batch, const struct nlmsghdr *nlh)
{
	batch->len += NLMSG_ALIGN(nlh->nlmsg_len);
}

static struct nlmsghdr *open_request(struct nft_batch *batch, uint8_t message, uint16_t flags,
				     uint8_t family)
{
	return open_message(batch, NFNL_SUBSYS_NFTABLES << 8 | message, flags, family, 0);
}

static void put_mark(struct nft_batch *batch, uint16_t type)
{
	struct nlmsghdr *nlh = open_message(batch, type, 0, NFPROTO_UNSPEC, NFNL_SUBSYS_NFTABLES);

	if (nlh)
		close_message(batch, nlh);
}

void batch_begin(struct nft_batch *batch, const char *table)
{
	*batch = (struct nft_batch){.table = table};
	put_mark(batch, NFNL_MSG_BATCH_BEGIN);
}

void batch_add_table(struct nft_batch *batch, uint8_t family, uint32_t flags)
{
	struct nlmsghdr *nlh =
		open_request(batch, NFT_MSG_NEWTABLE, NLM_F_CREATE | NLM_F_EXCL, family);

	if (!nlh)
		return;
	mnl_attr_put_strz(nlh, NFTA_TABLE_NAME, batch->table);
	mnl_attr_put_u32(nlh, NFTA_TABLE_FLAGS, htonl(flags));
	close_message(batch, nlh);
}

void batch_delete_table(struct nft_batch *batch, uint8_t family)
{
	struct nlmsghdr *nlh = open_request(batch, NFT_MSG_DELTABLE, 0, family);

	if (!nlh)
		return;
	mnl_attr_put_strz(nlh, NFTA_TABLE_NAME, batch->table);
	close_message(batch, nlh);
}

/* One device in the attribute that kernels before 5.5 know too. */
static void put_devices(struct nft_batch *batch, struct nlmsghdr *nlh, const char *devices)
{
	const char *second = devices + strlen(devices) + 1;
	struct nlattr *list;

	if (!*second) {
		mnl_attr_put_strz(nlh, NFTA_HOOK_DEV, devices);
		return;
	}
	list = mnl_attr_nest_start(nlh, NFTA_HOOK_DEVS);
	for (const char *name = devices; *name; name += strlen(name) + 1) {
		if (nlh->nlmsg_len > DEVICES_ROOM)
			batch->err = -E2BIG;
		else
			mnl_attr_put_strz(nlh, NFTA_DEVICE_NAME, name);
	}
	mnl_attr_nest_end(nlh, list);
}

void batch_add_chain(struct nft_batch *batch, uint8_t family, const char *chain,
		     const struct nft_hook_at *at)
{
	struct nlmsghdr *nlh = open_request(batch, NFT_MSG_NEWCHAIN, NLM_F_CREATE, family);
	struct nlattr *hook;

	if (!nlh)
		return;
	mnl_attr_put_strz(nlh, NFTA_CHAIN_TABLE, batch->table);
	mnl_attr_put_strz(nlh, NFTA_CHAIN_NAME, chain);
	if (at) {
		hook = mnl_attr_nest_start(nlh, NFTA_CHAIN_HOOK);
		mnl_attr_put_u32(nlh, NFTA_HOOK_HOOKNUM, htonl(at->hook));
		mnl_attr_put_u32(nlh, NFTA_HOOK_PRIORITY, htonl((uint32_t)at->priority));
		if (at->devices)
			put_devices(batch, nlh, at->devices);
		mnl_attr_nest_end(nlh, hook);
		mnl_attr_put_u32(nlh, NFTA_CHAIN_POLICY, htonl(NF_ACCEPT));
		mnl_attr_put_strz(nlh, NFTA_CHAIN_TYPE, "filter");
	}
	close_message(batch, nlh);
}

struct nft_rule_draft batch_open_rule(struct nft_batch *batch, uint8_t family, const char *chain)
{
	struct nft_rule_draft rule = {
		.nlh = open_request(batch, NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND, family)};

	if (!rule.nlh)
		return rule;
	mnl_attr_put_strz(rule.nlh, NFTA_RULE_TABLE, batch->table);
	mnl_attr_put_strz(rule.nlh, NFTA_RULE_CHAIN, chain);
	rule.expressions = mnl_attr_nest_start(rule.nlh, NFTA_RULE_EXPRESSIONS);
	return rule;
}

void batch_close_rule(struct nft_batch *batch, struct nft_rule_draft *rule)
{
	if (!rule->nlh)
		return;
	mnl_attr_nest_end(rule->nlh, rule->expressions);
	close_message(batch, rule->nlh);
}

struct open_expression {
	struct nlattr *element, *data;
};

static struct open_expression open_expression(struct nlmsghdr *nlh, const char *name)
{
	struct open_expression expr;

	expr.element = mnl_attr_nest_start(nlh, NFTA_LIST_ELEM);
	mnl_attr_put_strz(nlh, NFTA_EXPR_NAME, name);
	expr.data = mnl_attr_nest_start(nlh, NFTA_EXPR_DATA);
	return expr;
}

static void close_expression(struct nlmsghdr *nlh, struct open_expression *expr)
{
	mnl_attr_nest_end(nlh, expr->data);
	mnl_attr_nest_end(nlh, expr->element);
}

static void put_value(struct nlmsghdr *nlh, uint16_t type, const void *value, uint32_t len)
{
	struct nlattr *data = mnl_attr_nest_start(nlh, type);

	mnl_attr_put(nlh, NFTA_DATA_VALUE, len, value);
	mnl_attr_nest_end(nlh, data);
}

static void put_payload(struct nlmsghdr *nlh, uint32_t base, uint32_t offset, uint32_t len)
{
	struct open_expression expr = open_expression(nlh, "payload");

	mnl_attr_put_u32(nlh, NFTA_PAYLOAD_DREG, htonl(NFT_REG_1));
	mnl_attr_put_u32(nlh, NFTA_PAYLOAD_BASE, htonl(base));
	mnl_attr_put_u32(nlh, NFTA_PAYLOAD_OFFSET, htonl(offset));
	mnl_attr_put_u32(nlh, NFTA_PAYLOAD_LEN, htonl(len));
	close_expression(nlh, &expr);
}

static void put_mask(struct nlmsghdr *nlh, const void *mask, uint32_t len)
{
	static const uint8_t none[16];
	struct open_expression expr = open_expression(nlh, "bitwise");

	mnl_attr_put_u32(nlh, NFTA_BITWISE_SREG, htonl(NFT_REG_1));
	mnl_attr_put_u32(nlh, NFTA_BITWISE_DREG, htonl(NFT_REG_1));
	mnl_attr_put_u32(nlh, NFTA_BITWISE_LEN, htonl(len));
	put_value(nlh, NFTA_BITWISE_MASK, mask, len);
	put_value(nlh, NFTA_BITWISE_XOR, none, len);
	close_expression(nlh, &expr);
}

static void put_compare(struct nlmsghdr *nlh, uint32_t op, const void *value, uint32_t len)
{
	struct open_expression expr = open_expression(nlh, "cmp");

	mnl_attr_put_u32(nlh, NFTA_CMP_SREG, htonl(NFT_REG_1));
	mnl_attr_put_u32(nlh, NFTA_CMP_OP, htonl(op));
	put_value(nlh, NFTA_CMP_DATA, value, len);
	close_expression(nlh, &expr);
}

void rule_match(struct nft_rule_draft *rule, uint32_t base, uint32_t offset, uint32_t len,
		const void *mask, const void *value)
{
	if (!rule->nlh)
		return;
	put_payload(rule->nlh, base, offset, len);
	if (mask)
		put_mask(rule->nlh, mask, len);
	put_compare(rule->nlh, NFT_CMP_EQ, value, len);
}

void rule_match_range(struct nft_rule_draft *rule, uint32_t offset, uint16_t low, uint16_t high)
{
	const uint16_t from = htons(low), to = htons(high);

	if (!rule->nlh)
		return;
	put_payload(rule->nlh, NFT_PAYLOAD_TRANSPORT_HEADER, offset, sizeof(from));
	put_compare(rule->nlh, NFT_CMP_GTE, &from, sizeof(from));
	put_compare(rule->nlh, NFT_CMP_LTE, &to, sizeof(to));
}

void rule_match_meta(struct nft_rule_draft *rule, uint32_t key, uint32_t len, const void *value)
{
	struct open_expression expr;

	if (!rule->nlh)
		return;
	expr = open_expression(rule->nlh, "meta");
	mnl_attr_put_u32(rule->nlh, NFTA_META_DREG, htonl(NFT_REG_1));
	mnl_attr_put_u32(rule->nlh, NFTA_META_KEY, htonl(key));
	close_expression(rule->nlh, &expr);
	put_compare(rule->nlh, NFT_CMP_EQ, value, len);
}

void rule_mark_traced(struct nft_rule_draft *rule)
{
	const uint8_t on = 1;
	struct open_expression expr;

	if (!rule->nlh)
		return;
	expr = open_expression(rule->nlh, "immediate");
	mnl_attr_put_u32(rule->nlh, NFTA_IMMEDIATE_DREG, htonl(NFT_REG_1));
	put_value(rule->nlh, NFTA_IMMEDIATE_DATA, &on, sizeof(on));
	close_expression(rule->nlh, &expr);
	expr = open_expression(rule->nlh, "meta");
	mnl_attr_put_u32(rule->nlh, NFTA_META_KEY, htonl(NFT_META_NFTRACE));
	mnl_attr_put_u32(rule->nlh, NFTA_META_SREG, htonl(NFT_REG_1));
	close_expression(rule->nlh, &expr);
}

void rule_goto(struct nft_rule_draft *rule, const char *chain)
{
	struct open_expression expr;
	struct nlattr *data, *verdict;

	if (!rule->nlh)
		return;
	expr = open_expression(rule->nlh, "immediate");
	mnl_attr_put_u32(rule->nlh, NFTA_IMMEDIATE_DREG, htonl(NFT_REG_VERDICT));
	data = mnl_attr_nest_start(rule->nlh, NFTA_IMMEDIATE_DATA);
	verdict = mnl_attr_nest_start(rule->nlh, NFTA_DATA_VERDICT);
	mnl_attr_put_u32(rule->nlh, NFTA_VERDICT_CODE, htonl((uint32_t)NFT_GOTO));
	mnl_attr_put_strz(rule->nlh, NFTA_VERDICT_CHAIN, chain);
	mnl_attr_nest_end(rule->nlh, verdict);
	mnl_attr_nest_end(rule->nlh, data);
	close_expression(rule->nlh, &expr);
}

/* Every request that failed has an answer; without any, all was taken. */
static int read_errors(struct mnl_socket *socket)
{
	char buf[ANSWER_LEN] __attribute__((aligned(NLMSG_ALIGNTO)));
	const struct nlmsghdr *nlh;
	int err = 0, len, code;

	for (;;) {
		len = (int)mnl_socket_recvfrom(socket, buf, sizeof(buf));
		if (len < 0)
			return errno == EAGAIN ? err : -errno;
		for (nlh = (const struct nlmsghdr *)buf; mnl_nlmsg_ok(nlh, len);
		     nlh = mnl_nlmsg_next(nlh, &len)) {
			if (nlh->nlmsg_type != NLMSG_ERROR ||
			    mnl_nlmsg_get_payload_len(nlh) < sizeof(code))
				continue;
			memcpy(&code, mnl_nlmsg_get_payload(nlh), sizeof(code));
			if (code && !err)
				err = code;
		}
	}
}

int batch_commit(struct nft_batch *batch, struct mnl_socket *socket)
{
	int err, room;

	put_mark(batch, NFNL_MSG_BATCH_END);
	err = batch->err;
	room = (int)(2 * batch->len + MESSAGE_ROOM);
	if (!err) {
		/* The batch goes as one message. */
		setsockopt(mnl_socket_get_fd(socket), SOL_SOCKET, SO_SNDBUFFORCE, &room,
			   sizeof(room));
		if (mnl_socket_sendto(socket, batch->buf, batch->len) < 0)
			err = -errno;
	}
	if (!err)
		err = read_errors(socket);
	free(batch->buf);
	*batch = (struct nft_batch){.err = err};
	return err;
}
