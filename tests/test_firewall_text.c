// SPDX-License-Identifier: GPL-2.0-only
// Unit tests of what is said of a place in netfilter: its chain, a fix, how to see the rules there.
#include <string.h>

#include "../user/firewall.h"
#include "fixture.h"

enum { PREROUTING, INPUT, FORWARD, OUTPUT };

static const struct corr_host host;

static void commands(struct fixture *f, bool reply, const char *words, const char *fix,
		     const char *show)
{
	struct probe *probe = fx_with_facts(f);
	struct firewall_place place;
	char out[512];

	probe->attempt.drop_at = (struct nf_position){.skb = 1,
						      .priority = reply ? INT32_MIN : INT32_MAX - 1,
						      .hook = reply ? OUTPUT : PREROUTING};
	firewall_place(probe, &host, reply, &place);
	assert_int_equal(firewall_chain_words(&place, out, sizeof(out)), words != NULL);
	if (words)
		assert_string_equal(out, words);
	assert_int_equal(firewall_fix(probe, &place, reply, out, sizeof(out)), fix != NULL);
	if (fix)
		assert_string_equal(out, fix);
	assert_true(firewall_show(probe, &place, out, sizeof(out)));
	assert_non_null(strstr(out, show));
	probe_free(probe);
}

static void test_iptables_nft(void **state)
{
	struct fixture *f = *state;
	struct fact_hook *h = fx_hook(f, INPUT, 0, HOOK_NFT, "filter", "INPUT");

	h->policy_drop = 1;
	h->drop_rules = 0;
	fx_hook(f, OUTPUT, 0, HOOK_NFT, "filter", "OUTPUT");
	commands(f, false, "table ip filter, base chain INPUT (policy drop)",
		 "iptables -I INPUT -s 100.64.1.10 -p tcp --dport 80 -j ACCEPT",
		 "iptables -t filter -nvL --line-numbers");
	commands(f, true, "table ip filter, base chain OUTPUT",
		 "iptables -I OUTPUT -d 100.64.1.10 -p tcp --sport 80 -j ACCEPT",
		 "iptables -t filter");
}

static void test_nft(void **state)
{
	struct fixture *f = *state;

	strcpy(fx_hook(f, INPUT, 0, HOOK_NFT, "firewalld", "filter_INPUT")->family, "inet");
	commands(f, false, "table inet firewalld, base chain filter_INPUT",
		 "nft insert rule inet firewalld filter_INPUT ip saddr 100.64.1.10 tcp dport 80 "
		 "accept",
		 "nft -a list table inet firewalld");
}

static void test_nft_v6(void **state)
{
	struct fixture *f = *state;

	fx_v6(f);
	fx_hook(f, INPUT, 0, HOOK_NFT, "mine", "in");
	commands(f, false, "table ip6 mine, base chain in",
		 "nft insert rule ip6 mine in ip6 saddr fd64::10 tcp dport 80 accept",
		 "nft -a list table ip6 mine");
}

static void test_legacy(void **state)
{
	struct fixture *f = *state;

	fx_hook(f, INPUT, 0, HOOK_IPTABLES_LEGACY, "mangle", "");
	commands(f, false, "iptables-legacy table ip mangle, base chain INPUT",
		 "iptables-legacy -t mangle -I INPUT -s 100.64.1.10 -p tcp --dport 80 -j ACCEPT",
		 "iptables-legacy -t mangle -nvL");
}

static void test_module(void **state)
{
	struct fixture *f = *state;
	struct fact_hook *h = fx_hook(f, INPUT, -150, HOOK_OTHER, "", "");

	strcpy(h->function, "agent_hook_in");
	strcpy(h->module, "agent");
	commands(f, false, "hook function agent_hook_in of module agent at priority -150", NULL,
		 "nft list ruleset");
	h->function[0] = h->module[0] = '\0';
	commands(f, false, "hook function without a name at priority -150", NULL,
		 "nft list ruleset");
	strcpy(h->function, "agent_in");
	h->prog_id = 12;
	commands(f, false, "BPF program agent_in (id 12) at priority -150", NULL,
		 "nft list ruleset");
}

static void test_nothing_known(void **state)
{
	commands(*state, false, NULL, NULL, "nft list ruleset");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fx_setup, fx_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_iptables_nft), TEST(test_nft),    TEST(test_nft_v6),
		TEST(test_legacy),	 TEST(test_module), TEST(test_nothing_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
