// SPDX-License-Identifier: GPL-2.0-only
// Tells whether an nftables rule can drop a packet.
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nf_tables_compat.h>
#include <linux/netfilter/nfnetlink.h>
#include <string.h>

#include "facts_internal.h"

static bool immediate_drops(const struct nlattr *data)
{
	const struct nlattr *expr[NFTA_IMMEDIATE_MAX + 1], *value[NFTA_DATA_MAX + 1];
	const struct nlattr *verdict[NFTA_VERDICT_MAX + 1];

	netlink_nested(data, expr, NFTA_IMMEDIATE_MAX);
	netlink_nested(expr[NFTA_IMMEDIATE_DATA], value, NFTA_DATA_MAX);
	netlink_nested(value[NFTA_DATA_VERDICT], verdict, NFTA_VERDICT_MAX);
	return verdict[NFTA_VERDICT_CODE] &&
	       netlink_get_be32(verdict[NFTA_VERDICT_CODE]) == NF_DROP;
}

/* A verdict map: its elements, which can change without the rule, may drop. */
static bool lookup_drops(const struct nlattr *data)
{
	const struct nlattr *expr[NFTA_LOOKUP_MAX + 1];

	netlink_nested(data, expr, NFTA_LOOKUP_MAX);
	return expr[NFTA_LOOKUP_DREG] &&
	       netlink_get_be32(expr[NFTA_LOOKUP_DREG]) == NFT_REG_VERDICT;
}

static bool target_drops(const struct nlattr *data)
{
	static const char *const targets[] = {"DROP",	  "REJECT", "TARPIT", "NFQUEUE",
					      "SYNPROXY", "DELUDE", "CHAOS",  "STEAL"};
	const struct nlattr *expr[NFTA_TARGET_MAX + 1];
	char name[32];

	netlink_nested(data, expr, NFTA_TARGET_MAX);
	if (!expr[NFTA_TARGET_NAME])
		return false;
	netlink_get_text(expr[NFTA_TARGET_NAME], name, sizeof(name));
	for (size_t i = 0; i < sizeof(targets) / sizeof(targets[0]); i++)
		if (!strcmp(name, targets[i]))
			return true;
	return false;
}

static bool expr_drops(const struct nlattr *elem)
{
	const struct nlattr *expr[NFTA_EXPR_MAX + 1];
	char name[32];

	netlink_nested(elem, expr, NFTA_EXPR_MAX);
	if (!expr[NFTA_EXPR_NAME])
		return false;
	netlink_get_text(expr[NFTA_EXPR_NAME], name, sizeof(name));
	if (!strcmp(name, "reject") || !strcmp(name, "queue") || !strcmp(name, "synproxy"))
		return true;
	if (!strcmp(name, "immediate"))
		return immediate_drops(expr[NFTA_EXPR_DATA]);
	if (!strcmp(name, "lookup"))
		return lookup_drops(expr[NFTA_EXPR_DATA]);
	return !strcmp(name, "target") && target_drops(expr[NFTA_EXPR_DATA]);
}

bool nft_rule_drops(const struct nlmsghdr *nlh)
{
	const struct nlattr *attrs[NFTA_RULE_EXPRESSIONS + 1], *elem;

	netlink_attrs(nlh, sizeof(struct nfgenmsg), attrs, NFTA_RULE_EXPRESSIONS);
	if (!attrs[NFTA_RULE_EXPRESSIONS])
		return false;
	mnl_attr_for_each_nested(elem,
				 attrs[NFTA_RULE_EXPRESSIONS]) if (expr_drops(elem)) return true;
	return false;
}
