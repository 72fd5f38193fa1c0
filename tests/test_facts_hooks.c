// SPDX-License-Identifier: GPL-2.0-only
// Unit tests of netfilter hooks: what entries are taken for, what is listed where entries are not
// to be had.
#include <errno.h>
#include <limits.h>
#include <linux/netfilter.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "facts_internal.h"

static struct fact_hook *add_entry(struct vec *entries, const char *function, int32_t priority)
{
	struct fact_hook *entry = vec_push(entries);

	assert_non_null(entry);
	entry->pf = NFPROTO_IPV4;
	entry->hook = NF_INET_LOCAL_IN;
	entry->priority = priority;
	snprintf(entry->function, sizeof(entry->function), "%s", function);
	return entry;
}

static struct nft_chain *add_chain(struct nft_ruleset *nft, uint8_t family, const char *table,
				   const char *name, int32_t priority)
{
	struct nft_chain *chain = vec_push(&nft->chains);

	assert_non_null(chain);
	chain->family = family;
	chain->hook = NF_INET_LOCAL_IN;
	chain->priority = priority;
	chain->active = true;
	snprintf(chain->table, sizeof(chain->table), "%s", table);
	snprintf(chain->name, sizeof(chain->name), "%s", name);
	return chain;
}

static void test_backends(void **state)
{
	static const struct {
		const char *function;
		int32_t priority;
		uint8_t backend;
		const char *table;
	} cases[] = {
		{"ipv4_conntrack_in", -200, HOOK_CONNTRACK, ""},
		{"nf_nat_ipv4_local_in", 100, HOOK_CONNTRACK, ""},
		{"nf_confirm", INT_MAX, HOOK_CONNTRACK, ""},
		{"ipt_do_table", 0, HOOK_IPTABLES_LEGACY, "filter"},
		{"iptable_mangle_hook", -150, HOOK_IPTABLES_LEGACY, "mangle"},
		{"ipt_do_table", -450, HOOK_IPTABLES_LEGACY, "raw"},
		{"nft_do_chain_ipv4", 7, HOOK_NFT, ""},
		{"sec_hook_in", 0, HOOK_OTHER, ""},
		{"selinux_ip_forward", 0, HOOK_OTHER, ""},
		/* Without /proc/kallsyms the priority is all there is. */
		{"", -200, HOOK_CONNTRACK, ""},
		{"", 50, HOOK_IPTABLES_LEGACY, "security"},
		{"", 1234, HOOK_OTHER, ""},
		{"", 0, HOOK_OTHER, ""}, /* legacy filter is not loaded */
	};
	struct nft_ruleset nft = {.chains.size = sizeof(struct nft_chain)};
	struct vec entries = {.size = sizeof(struct fact_hook)};
	const struct fact_hook *entry;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		add_entry(&entries, cases[i].function, cases[i].priority);
	hook_classify(&nft, "security\nraw\n", &entries);
	entry = entries.data;
	for (size_t i = 0; i < entries.n; i++) {
		assert_int_equal(entry[i].backend, cases[i].backend);
		assert_string_equal(entry[i].table, cases[i].table);
		assert_int_equal(entry[i].drop_rules, UINT_MAX);
	}
	assert_string_equal(entry[3].chain, "INPUT");
	assert_string_equal(entry[3].family, "ip");
	vec_free(&entries);
}

/* By priority, by the family in the function's name, and of equal ones the last made comes first.
 */
static void test_match_chains(void **state)
{
	struct nft_ruleset nft = {.chains.size = sizeof(struct nft_chain)};
	struct vec entries = {.size = sizeof(struct fact_hook)};
	const struct fact_hook *entry;

	(void)state;
	add_chain(&nft, NFPROTO_IPV4, "filter", "INPUT", 0)->drop_rules = 3;
	add_chain(&nft, NFPROTO_INET, "fw", "in", 0)->policy_drop = true;
	add_chain(&nft, NFPROTO_IPV4, "later", "in", 0);
	add_chain(&nft, NFPROTO_IPV4, "other", "in", 5);
	add_chain(&nft, NFPROTO_IPV6, "six", "in", 0);
	add_chain(&nft, NFPROTO_IPV4, "dormant", "in", 9)->active = false;
	add_entry(&entries, "nft_do_chain_ipv4", 0);
	add_entry(&entries, "nft_do_chain_inet", 0);
	add_entry(&entries, "nft_do_chain_ipv4", 0);
	add_entry(&entries, "", 5)->backend = HOOK_NFT;
	add_entry(&entries, "nft_do_chain_ipv4", 9);
	hook_classify(&nft, "security\nraw\n", &entries);
	entry = entries.data;
	assert_string_equal(entry[0].table, "later");
	assert_string_equal(entry[1].table, "fw");
	assert_string_equal(entry[1].family, "inet");
	assert_true(entry[1].policy_drop);
	assert_string_equal(entry[2].table, "filter");
	assert_string_equal(entry[2].chain, "INPUT");
	assert_int_equal(entry[2].drop_rules, 3);
	assert_string_equal(entry[3].table, "other");
	assert_string_equal(entry[4].table, "");
	assert_int_equal(entry[4].drop_rules, UINT_MAX);
	vec_free(&entries);
	nft_free(&nft);
}

/* As nfnetlink gives it: the chain is named, the rest comes from the ruleset. */
static void test_named_chain(void **state)
{
	struct nft_ruleset nft = {.chains.size = sizeof(struct nft_chain)};
	struct vec entries = {.size = sizeof(struct fact_hook)};
	struct fact_hook *entry;

	(void)state;
	add_chain(&nft, NFPROTO_IPV4, "a", "in", 0)->drop_rules = 1;
	add_chain(&nft, NFPROTO_IPV4, "b", "in", 0)->drop_rules = 2;
	entry = add_entry(&entries, "nft_do_chain_ipv4", 0);
	entry->backend = HOOK_NFT;
	strcpy(entry->family, "ip");
	strcpy(entry->table, "a");
	strcpy(entry->chain, "in");
	hook_classify(&nft, "security\nraw\n", &entries);
	assert_int_equal(entry->drop_rules, 1);
	assert_false(hook_is_own(entry));
	strcpy(entry->table, "clbtrace");
	assert_true(hook_is_own(entry));
	vec_free(&entries);
	nft_free(&nft);
}

static void expect_tables(const struct vec *out, const char *const *tables, size_t n)
{
	const struct fact_hook *entry = out->data;

	assert_int_equal(out->n, n);
	for (size_t i = 0; i < n; i++)
		assert_string_equal(entry[i].table, tables[i]);
}

static void test_expect(void **state)
{
	static const char *const all[] = {"mangle", "early", "fw", "filter", "snat", "nat"};
	static const char *const nat[] = {"snat", "nat"};
	struct nft_ruleset nft = {.chains.size = sizeof(struct nft_chain)};
	struct hook_place place = {
		.pf = NFPROTO_IPV4,
		.hook = NF_INET_LOCAL_IN,
		.legacy_tables = "nat\nfilter\nmangle\n",
	};
	struct vec out = {.size = sizeof(struct fact_hook)};

	(void)state;
	add_chain(&nft, NFPROTO_IPV4, "snat", "in", 100)->nat = true;
	add_chain(&nft, NFPROTO_INET, "fw", "in", 0);
	add_chain(&nft, NFPROTO_IPV4, "early", "in", -10);
	add_chain(&nft, NFPROTO_IPV6, "six", "in", 0);
	add_chain(&nft, NFPROTO_IPV4, "elsewhere", "out", 0)->hook = NF_INET_LOCAL_OUT;
	add_chain(&nft, NFPROTO_IPV4, "asleep", "in", 0)->active = false;
	assert_int_equal(hook_expect(&nft, &place, false, &out), 0);
	expect_tables(&out, all, 6);
	out.n = 0;
	assert_int_equal(hook_expect(&nft, &place, true, &out), 0);
	expect_tables(&out, nat, 2);
	vec_free(&out);
	nft_free(&nft);
}

/* A device's chains: family netdev, and family inet at its own ingress hook. */
static void test_expect_device(void **state)
{
	static const char *const tables[] = {"edge", "fw"};
	struct nft_ruleset nft = {.chains.size = sizeof(struct nft_chain)};
	struct hook_place place = {
		.pf = NFPROTO_NETDEV,
		.hook = NF_NETDEV_INGRESS,
		.device = "eth0",
		.legacy_tables = "filter\n",
	};
	struct vec out = {.size = sizeof(struct fact_hook)};
	struct nft_chain *chain;

	(void)state;
	chain = add_chain(&nft, NFPROTO_INET, "fw", "ingress", 5);
	chain->hook = NF_INET_INGRESS;
	chain->devices = calloc(1, 8);
	strcpy(chain->devices, "eth0");
	chain = add_chain(&nft, NFPROTO_NETDEV, "edge", "ingress", -500);
	chain->hook = NF_NETDEV_INGRESS;
	chain->devices = calloc(1, 8);
	strcpy(chain->devices, "eth0");
	chain = add_chain(&nft, NFPROTO_NETDEV, "else", "ingress", -500);
	chain->hook = NF_NETDEV_INGRESS;
	chain->devices = calloc(1, 8);
	strcpy(chain->devices, "eth1");
	assert_int_equal(hook_expect(&nft, &place, false, &out), 0);
	expect_tables(&out, tables, 2);
	vec_free(&out);
	nft_free(&nft);
}

static int walk(void *ctx, unsigned int pf, unsigned int hook, struct hook_entry *out, int max)
{
	int *calls = ctx;

	(void)pf;
	++*calls;
	if (hook != NF_INET_LOCAL_IN || max < 2)
		return hook == NF_INET_FORWARD ? -EPERM : 0;
	out[0] = (struct hook_entry){.function = 0x1000, .priority = -5, .type = 1};
	out[1] = (struct hook_entry){.function = 0x2000, .priority = 6};
	return 2;
}

static void test_walk(void **state)
{
	struct hook_place place = {.pf = NFPROTO_IPV4, .hook = NF_INET_LOCAL_IN};
	struct vec out = {.size = sizeof(struct fact_hook)};
	struct facts *facts = calloc(1, sizeof(*facts));
	const struct fact_hook *entry;
	struct symbol *symbol;
	int calls = 0;

	(void)state;
	assert_int_equal(hook_walk(facts, &place, &out), -EOPNOTSUPP);
	facts->walk = walk;
	facts->walk_ctx = &calls;
	facts->symbols.size = sizeof(struct symbol);
	symbol = vec_push(&facts->symbols);
	*symbol = (struct symbol){.address = 0x2000, .name = "sec_hook_in", .module = "sec"};
	symbol = vec_push(&facts->symbols);
	*symbol = (struct symbol){.address = 0x1000, .name = "nft_do_chain_ipv4"};
	assert_int_equal(hook_walk(facts, &place, &out), 0);
	assert_int_equal(calls, 1);
	assert_int_equal(out.n, 2);
	entry = out.data;
	assert_string_equal(entry[0].function, "nft_do_chain_ipv4");
	assert_int_equal(entry[0].backend, HOOK_NFT);
	assert_int_equal(entry[0].priority, -5);
	assert_string_equal(entry[1].function, "sec_hook_in");
	assert_string_equal(entry[1].module, "sec");
	place.hook = NF_INET_FORWARD;
	assert_int_equal(hook_walk(facts, &place, &out), -EPERM);
	vec_free(&out);
	vec_free(&facts->symbols);
	free(facts);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_backends),      cmocka_unit_test(test_match_chains),
		cmocka_unit_test(test_named_chain),   cmocka_unit_test(test_expect),
		cmocka_unit_test(test_expect_device), cmocka_unit_test(test_walk),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
