// SPDX-License-Identifier: GPL-2.0-only
// Asks which element of a set of nf_tables holds a packet's address or port.
#include <arpa/inet.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <string.h>

#include "facts_internal.h"
#include "facts_rule.h"

struct set_shape {
	uint32_t flags; /* NFT_SET_* */
	uint32_t key_len;
};

struct bounds {
	uint8_t first[16], end[16]; /* end: behind the last */
	bool has_first, has_end;
	uint32_t len;
};

static void prepare(struct netlink_request *request, uint8_t message,
		    const struct rule_entry *entry)
{
	struct nfgenmsg *msg;

	netlink_prepare(request, NFNL_SUBSYS_NFTABLES << 8 | message, 0, sizeof(*msg));
	msg = request->extra;
	msg->nfgen_family = entry->place.family;
	msg->version = NFNETLINK_V0;
	_Static_assert((int)NFTA_SET_TABLE == (int)NFTA_SET_ELEM_LIST_TABLE, "table");
	_Static_assert((int)NFTA_SET_NAME == (int)NFTA_SET_ELEM_LIST_SET, "set");
	mnl_attr_put_strz(request->nlh, NFTA_SET_TABLE, entry->place.table);
	mnl_attr_put_strz(request->nlh, NFTA_SET_NAME, entry->view.set);
}

static int on_set(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *attrs[NFTA_SET_KEY_LEN + 1];
	struct set_shape *shape = data;

	netlink_attrs(nlh, sizeof(struct nfgenmsg), attrs, NFTA_SET_KEY_LEN);
	shape->flags = netlink_get_be32(attrs[NFTA_SET_FLAGS]);
	shape->key_len = netlink_get_be32(attrs[NFTA_SET_KEY_LEN]);
	return MNL_CB_OK;
}

static void take_element(struct bounds *bounds, const struct nlattr *element)
{
	const struct nlattr *attrs[NFTA_SET_ELEM_MAX + 1], *value[NFTA_DATA_MAX + 1];
	uint32_t len;
	bool end;

	netlink_nested(element, attrs, NFTA_SET_ELEM_MAX);
	netlink_nested(attrs[NFTA_SET_ELEM_KEY], value, NFTA_DATA_MAX);
	if (!value[NFTA_DATA_VALUE])
		return;
	len = mnl_attr_get_payload_len(value[NFTA_DATA_VALUE]);
	if (len > sizeof(bounds->first))
		return;
	bounds->len = len;
	end = netlink_get_be32(attrs[NFTA_SET_ELEM_FLAGS]) & NFT_SET_ELEM_INTERVAL_END;
	memcpy(end ? bounds->end : bounds->first, mnl_attr_get_payload(value[NFTA_DATA_VALUE]),
	       len);
	*(end ? &bounds->has_end : &bounds->has_first) = true;
}

static int on_elements(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *attrs[NFTA_SET_ELEM_LIST_ELEMENTS + 1], *element;

	netlink_attrs(nlh, sizeof(struct nfgenmsg), attrs, NFTA_SET_ELEM_LIST_ELEMENTS);
	if (attrs[NFTA_SET_ELEM_LIST_ELEMENTS])
		mnl_attr_for_each_nested(element, attrs[NFTA_SET_ELEM_LIST_ELEMENTS])
			take_element(data, element);
	return MNL_CB_OK;
}

/* The element with, or around, this value: for an interval, one of its ends at a time. */
static int get_element(struct netlink *netfilter, const struct rule_entry *entry,
		       const uint8_t *value, size_t len, uint32_t flags, struct bounds *bounds)
{
	struct netlink_request request;
	struct nlattr *list, *element, *key;

	prepare(&request, NFT_MSG_GETSETELEM, entry);
	list = mnl_attr_nest_start(request.nlh, NFTA_SET_ELEM_LIST_ELEMENTS);
	element = mnl_attr_nest_start(request.nlh, NFTA_LIST_ELEM);
	if (flags)
		mnl_attr_put_u32(request.nlh, NFTA_SET_ELEM_FLAGS, htonl(flags));
	key = mnl_attr_nest_start(request.nlh, NFTA_SET_ELEM_KEY);
	mnl_attr_put(request.nlh, NFTA_DATA_VALUE, len, value);
	mnl_attr_nest_end(request.nlh, key);
	mnl_attr_nest_end(request.nlh, element);
	mnl_attr_nest_end(request.nlh, list);
	return netlink_ask(netfilter, &request, on_elements, bounds);
}

static void step_back(uint8_t *value, uint32_t len)
{
	while (len-- && !value[len]--)
		;
}

/* The length of the prefix that both are the ends of, or -1. */
static int prefix_len(const uint8_t *first, const uint8_t *last, uint32_t len)
{
	uint32_t bits = 0;
	bool low, high;

	while (bits < 8 * len && !((first[bits / 8] ^ last[bits / 8]) >> (7 - bits % 8) & 1))
		bits++;
	for (uint32_t i = bits; i < 8 * len; i++) {
		low = first[i / 8] >> (7 - i % 8) & 1;
		high = last[i / 8] >> (7 - i % 8) & 1;
		if (low || !high)
			return -1;
	}
	return (int)bits;
}

static void write_interval(const struct rule_key *key, struct bounds *bounds, char *out)
{
	char first[FACT_TABLE_LEN / 2 + 16], last[FACT_TABLE_LEN / 2 + 16];
	int bits;

	rule_value_text(key, bounds->first, bounds->len, first, sizeof(first));
	/* Up to the last value there is no end. */
	if (bounds->has_end)
		step_back(bounds->end, bounds->len);
	else
		memset(bounds->end, 0xff, sizeof(bounds->end));
	rule_value_text(key, bounds->end, bounds->len, last, sizeof(last));
	bits = prefix_len(bounds->first, bounds->end, bounds->len);
	if (!strcmp(first, last))
		snprintf(out, FACT_TABLE_LEN, "%.63s", first);
	else if (bits >= 0 && bounds->len >= 4)
		snprintf(out, FACT_TABLE_LEN, "%.58s/%d", first, bits);
	else
		snprintf(out, FACT_TABLE_LEN, "%.31s-%.31s", first, last);
}

void rule_element(struct netlink *netfilter, const struct rule_entry *entry,
		  const struct ev_flow *flow, char out[FACT_TABLE_LEN])
{
	struct netlink_request request;
	struct bounds bounds = {0};
	struct set_shape shape = {0};
	uint8_t value[16] = {0};
	size_t len = rule_key_value(&entry->view.key, flow, value);

	*out = '\0';
	prepare(&request, NFT_MSG_GETSET, entry);
	if (!len || netlink_ask(netfilter, &request, on_set, &shape) || shape.key_len != len)
		return;
	if (get_element(netfilter, entry, value, len, 0, &bounds) || !bounds.has_first)
		return;
	if (!(shape.flags & NFT_SET_INTERVAL)) {
		rule_value_text(&entry->view.key, value, len, out, FACT_TABLE_LEN);
		return;
	}
	get_element(netfilter, entry, value, len, NFT_SET_ELEM_INTERVAL_END, &bounds);
	write_interval(&entry->view.key, &bounds, out);
}
