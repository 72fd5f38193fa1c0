// SPDX-License-Identifier: GPL-2.0-only
// Unit tests of what nftables messages are taken for, on messages put together here.
#include <arpa/inet.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nf_tables_compat.h>
#include <linux/netfilter/nfnetlink.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "facts_internal.h"

static struct nlmsghdr *message(char *buf, uint8_t family)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	struct nfgenmsg *msg = mnl_nlmsg_put_extra_header(nlh, sizeof(*msg));

	msg->nfgen_family = family;
	return nlh;
}

struct open_rule {
	struct nlmsghdr *nlh;
	struct nlattr *exprs, *elem, *data;
};

static void open_expr(struct open_rule *rule, char *buf, const char *name)
{
	rule->nlh = message(buf, NFPROTO_IPV4);
	rule->exprs = mnl_attr_nest_start(rule->nlh, NFTA_RULE_EXPRESSIONS);
	/* One before it that drops nothing. */
	rule->elem = mnl_attr_nest_start(rule->nlh, NFTA_LIST_ELEM);
	mnl_attr_put_strz(rule->nlh, NFTA_EXPR_NAME, "counter");
	mnl_attr_nest_end(rule->nlh, rule->elem);
	rule->elem = mnl_attr_nest_start(rule->nlh, NFTA_LIST_ELEM);
	mnl_attr_put_strz(rule->nlh, NFTA_EXPR_NAME, name);
	rule->data = mnl_attr_nest_start(rule->nlh, NFTA_EXPR_DATA);
}

static bool drops(struct open_rule *rule)
{
	mnl_attr_nest_end(rule->nlh, rule->data);
	mnl_attr_nest_end(rule->nlh, rule->elem);
	mnl_attr_nest_end(rule->nlh, rule->exprs);
	return nft_rule_drops(rule->nlh);
}

static bool immediate(int32_t code)
{
	struct nlattr *data, *verdict;
	struct open_rule rule;
	char buf[512];

	open_expr(&rule, buf, "immediate");
	mnl_attr_put_u32(rule.nlh, NFTA_IMMEDIATE_DREG, htonl(NFT_REG_VERDICT));
	data = mnl_attr_nest_start(rule.nlh, NFTA_IMMEDIATE_DATA);
	verdict = mnl_attr_nest_start(rule.nlh, NFTA_DATA_VERDICT);
	mnl_attr_put_u32(rule.nlh, NFTA_VERDICT_CODE, htonl(code));
	mnl_attr_nest_end(rule.nlh, verdict);
	mnl_attr_nest_end(rule.nlh, data);
	return drops(&rule);
}

static bool lookup(uint32_t dreg)
{
	struct open_rule rule;
	char buf[512];

	open_expr(&rule, buf, "lookup");
	if (dreg != UINT32_MAX)
		mnl_attr_put_u32(rule.nlh, NFTA_LOOKUP_DREG, htonl(dreg));
	return drops(&rule);
}

static bool target(const char *name)
{
	struct open_rule rule;
	char buf[512];

	open_expr(&rule, buf, "target");
	mnl_attr_put_strz(rule.nlh, NFTA_TARGET_NAME, name);
	return drops(&rule);
}

static bool plain(const char *name)
{
	struct open_rule rule;
	char buf[512];

	open_expr(&rule, buf, name);
	return drops(&rule);
}

static void test_rule_drops(void **state)
{
	(void)state;
	assert_true(immediate(NF_DROP));
	assert_false(immediate(NF_ACCEPT));
	assert_false(immediate(NFT_JUMP));
	assert_true(lookup(NFT_REG_VERDICT));
	assert_false(lookup(NFT_REG32_00));
	assert_false(lookup(UINT32_MAX));
	assert_true(target("DROP"));
	assert_true(target("REJECT"));
	assert_false(target("LOG"));
	assert_true(plain("reject"));
	assert_true(plain("queue"));
	assert_false(plain("masq"));
}

static void test_rule_empty(void **state)
{
	char buf[512];

	(void)state;
	assert_false(nft_rule_drops(message(buf, NFPROTO_INET)));
}

static void put_chain(struct nlmsghdr *nlh, const char *table, const char *name)
{
	mnl_attr_put_strz(nlh, NFTA_CHAIN_TABLE, table);
	mnl_attr_put_strz(nlh, NFTA_CHAIN_NAME, name);
}

static void test_base_chain(void **state)
{
	struct vec chains = {.size = sizeof(struct nft_chain)};
	const struct nft_chain *chain;
	struct nlattr *hook;
	struct nlmsghdr *nlh;
	char buf[512];

	(void)state;
	nlh = message(buf, NFPROTO_INET);
	put_chain(nlh, "filter", "INPUT");
	hook = mnl_attr_nest_start(nlh, NFTA_CHAIN_HOOK);
	mnl_attr_put_u32(nlh, NFTA_HOOK_HOOKNUM, htonl(NF_INET_LOCAL_IN));
	mnl_attr_put_u32(nlh, NFTA_HOOK_PRIORITY, htonl(-10));
	mnl_attr_nest_end(nlh, hook);
	mnl_attr_put_u32(nlh, NFTA_CHAIN_POLICY, htonl(NF_DROP));
	mnl_attr_put_strz(nlh, NFTA_CHAIN_TYPE, "nat");
	assert_int_equal(nft_on_chain(nlh, &chains), MNL_CB_OK);
	assert_int_equal(chains.n, 1);
	chain = chains.data;
	assert_string_equal(chain->table, "filter");
	assert_string_equal(chain->name, "INPUT");
	assert_int_equal(chain->family, NFPROTO_INET);
	assert_int_equal(chain->hook, NF_INET_LOCAL_IN);
	assert_int_equal(chain->priority, -10);
	assert_true(chain->policy_drop);
	assert_true(chain->nat);
	assert_null(chain->devices);
	assert_false(nft_chain_on(chain, "eth0"));
	vec_free(&chains);
}

/* Chains that no hook calls, and families that no probe meets. */
static void test_other_chains(void **state)
{
	struct vec chains = {.size = sizeof(struct nft_chain)};
	struct nlmsghdr *nlh;
	char buf[512];

	(void)state;
	nlh = message(buf, NFPROTO_IPV4);
	put_chain(nlh, "filter", "user");
	assert_int_equal(nft_on_chain(nlh, &chains), MNL_CB_OK);
	nlh = message(buf, NFPROTO_ARP);
	put_chain(nlh, "filter", "INPUT");
	mnl_attr_nest_end(nlh, mnl_attr_nest_start(nlh, NFTA_CHAIN_HOOK));
	assert_int_equal(nft_on_chain(nlh, &chains), MNL_CB_OK);
	assert_int_equal(chains.n, 0);
	vec_free(&chains);
}

static void test_devices(void **state)
{
	struct vec chains = {.size = sizeof(struct nft_chain)};
	struct nlattr *hook, *devices;
	struct nft_chain *chain;
	struct nlmsghdr *nlh;
	char buf[512];

	(void)state;
	nlh = message(buf, NFPROTO_NETDEV);
	put_chain(nlh, "edge", "ingress");
	hook = mnl_attr_nest_start(nlh, NFTA_CHAIN_HOOK);
	devices = mnl_attr_nest_start(nlh, NFTA_HOOK_DEVS);
	mnl_attr_put_strz(nlh, NFTA_DEVICE_NAME, "eth0");
	mnl_attr_put_strz(nlh, NFTA_DEVICE_NAME, "a_name_of_15_chr");
	mnl_attr_put_strz(nlh, 2 /* NFTA_DEVICE_PREFIX */, "wlan");
	mnl_attr_nest_end(nlh, devices);
	mnl_attr_nest_end(nlh, hook);
	assert_int_equal(nft_on_chain(nlh, &chains), MNL_CB_OK);
	chain = chains.data;
	assert_true(nft_chain_on(chain, "eth0"));
	assert_false(nft_chain_on(chain, "eth"));
	assert_false(nft_chain_on(chain, "eth01"));
	assert_true(nft_chain_on(chain, "wlan7"));
	assert_false(nft_chain_on(chain, "wla"));
	free(chain->devices);
	vec_free(&chains);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rule_drops), cmocka_unit_test(test_rule_empty),
		cmocka_unit_test(test_base_chain), cmocka_unit_test(test_other_chains),
		cmocka_unit_test(test_devices),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
