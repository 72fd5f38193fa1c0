// SPDX-License-Identifier: GPL-2.0-only
// Tells whether a rule of nf_tables matches a packet, as far as its flow shows.
#include <arpa/inet.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nf_tables_compat.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/xt_tcpudp.h>
#include <string.h>

#include "facts_internal.h"
#include "facts_rule.h"

static enum rule_match compare(uint32_t op, int order)
{
	switch (op) {
	case NFT_CMP_EQ:
		return order ? MATCH_NO : MATCH_YES;
	case NFT_CMP_NEQ:
		return order ? MATCH_YES : MATCH_NO;
	case NFT_CMP_LT:
		return order < 0 ? MATCH_YES : MATCH_NO;
	case NFT_CMP_LTE:
		return order <= 0 ? MATCH_YES : MATCH_NO;
	case NFT_CMP_GT:
		return order > 0 ? MATCH_YES : MATCH_NO;
	case NFT_CMP_GTE:
		return order >= 0 ? MATCH_YES : MATCH_NO;
	default:
		return MATCH_MAYBE;
	}
}

static enum rule_match match_compare(const struct rule_registers *registers,
				     const struct nlattr *data, const struct ev_flow *flow)
{
	const struct nlattr *attrs[NFTA_CMP_MAX + 1], *wanted[NFTA_DATA_MAX + 1];
	const struct rule_key *key;
	uint8_t value[16] = {0};
	size_t len;

	netlink_nested(data, attrs, NFTA_CMP_MAX);
	netlink_nested(attrs[NFTA_CMP_DATA], wanted, NFTA_DATA_MAX);
	key = rule_register(registers, attrs[NFTA_CMP_SREG]);
	len = rule_key_value(key, flow, value);
	if (!len || !wanted[NFTA_DATA_VALUE] ||
	    mnl_attr_get_payload_len(wanted[NFTA_DATA_VALUE]) != len)
		return MATCH_MAYBE;
	for (size_t i = 0; i < len && key->masked; i++)
		value[i] &= key->mask[i];
	return compare(netlink_get_be32(attrs[NFTA_CMP_OP]),
		       memcmp(value, mnl_attr_get_payload(wanted[NFTA_DATA_VALUE]), len));
}

static bool in_range(const uint16_t range[2], uint16_t port, bool inverted)
{
	return (port >= range[0] && port <= range[1]) != inverted;
}

/* xt_tcp and xt_udp begin with the two ranges of ports; their inversion bits are the same. */
static enum rule_match match_ports(const struct nlattr *info, const struct ev_flow *flow, bool tcp)
{
	struct xt_tcp ports = {0};
	struct xt_udp udp;

	if (mnl_attr_get_payload_len(info) < (tcp ? sizeof(ports) : sizeof(udp)))
		return MATCH_MAYBE;
	if (tcp) {
		memcpy(&ports, mnl_attr_get_payload(info), sizeof(ports));
	} else {
		memcpy(&udp, mnl_attr_get_payload(info), sizeof(udp));
		memcpy(ports.spts, udp.spts, sizeof(ports.spts));
		memcpy(ports.dpts, udp.dpts, sizeof(ports.dpts));
		ports.invflags = udp.invflags;
	}
	if (!in_range(ports.spts, flow->sport, ports.invflags & XT_TCP_INV_SRCPT) ||
	    !in_range(ports.dpts, flow->dport, ports.invflags & XT_TCP_INV_DSTPT))
		return MATCH_NO;
	return ports.flg_mask || ports.option ? MATCH_MAYBE : MATCH_YES;
}

static enum rule_match match_compat(const struct nlattr *data, const struct ev_flow *flow)
{
	const struct nlattr *attrs[NFTA_MATCH_MAX + 1];
	char name[32];

	netlink_nested(data, attrs, NFTA_MATCH_MAX);
	if (!attrs[NFTA_MATCH_NAME] || !attrs[NFTA_MATCH_INFO])
		return MATCH_MAYBE;
	netlink_get_text(attrs[NFTA_MATCH_NAME], name, sizeof(name));
	if (!strcmp(name, "comment"))
		return MATCH_YES;
	if (!strcmp(name, "tcp") && flow->proto == IPPROTO_TCP)
		return match_ports(attrs[NFTA_MATCH_INFO], flow, true);
	if (!strcmp(name, "udp") && flow->proto == IPPROTO_UDP)
		return match_ports(attrs[NFTA_MATCH_INFO], flow, false);
	return !strcmp(name, "tcp") || !strcmp(name, "udp") ? MATCH_NO : MATCH_MAYBE;
}

/* What only looks, counts or sets does not decide whether a rule matches. */
static bool is_neutral(const struct rule_expr *expr)
{
	static const char *const names[] = {"payload", "meta",	    "ct",    "bitwise",
					    "counter", "log",	    "last",  "reject",
					    "queue",   "immediate", "target"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (rule_expr_is(expr, names[i]))
			return true;
	return false;
}

enum rule_match rule_matches(const struct nlmsghdr *nlh, const struct ev_flow *flow)
{
	const struct nlattr *attrs[NFTA_RULE_EXPRESSIONS + 1], *element;
	enum rule_match all = MATCH_YES, one;
	struct rule_registers registers = {0};
	struct rule_expr expr;

	netlink_attrs(nlh, sizeof(struct nfgenmsg), attrs, NFTA_RULE_EXPRESSIONS);
	if (!attrs[NFTA_RULE_EXPRESSIONS])
		return MATCH_YES;
	mnl_attr_for_each_nested(element, attrs[NFTA_RULE_EXPRESSIONS])
	{
		if (!rule_expr_read(element, &expr))
			continue;
		rule_registers_take(&registers, &expr);
		if (rule_expr_is(&expr, "cmp"))
			one = match_compare(&registers, expr.data, flow);
		else if (rule_expr_is(&expr, "match"))
			one = match_compat(expr.data, flow);
		else
			one = is_neutral(&expr) ? MATCH_YES : MATCH_MAYBE;
		if (one < all)
			all = one;
	}
	return all;
}
