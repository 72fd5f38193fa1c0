// SPDX-License-Identifier: GPL-2.0-only
// Unit tests of the causes in netfilter: which hook and chain, and how sure.
#include <string.h>

#include "fixture.h"

enum { SYN = 2, ACK = 16 };
enum { PREROUTING, INPUT, FORWARD, OUTPUT, POSTROUTING };

/* The usual hooks of a host with iptables-nft. */
static void usual_hooks(struct fixture *f)
{
	fx_hook(f, PREROUTING, -300, HOOK_NFT, "raw", "PREROUTING")->drop_rules = 0;
	fx_hook(f, PREROUTING, -200, HOOK_CONNTRACK, "", "");
	fx_hook(f, INPUT, 0, HOOK_NFT, "filter", "INPUT");
	fx_hook(f, INPUT, 100, HOOK_CONNTRACK, "", "");
	fx_hook(f, OUTPUT, 0, HOOK_NFT, "filter", "OUTPUT")->drop_rules = 0;
	fx_addr(f, false, "eth0");
}

/* iptables-nft DROP in INPUT: after PREROUTING no INPUT. */
static void drop_in_input(struct fixture *f)
{
	fx_arrive(f);
	strcpy(fx_drop(f, true, SYN, "NETFILTER_DROP")->symbol, "nft_do_chain");
}

static void test_input(void **state)
{
	struct fixture *f = *state;
	const struct verdict *v;

	usual_hooks(f);
	drop_in_input(f);
	v = fx_expect_now(f, "firewall-drop", CONFIDENCE_CERTAIN);
	fx_says(v, "dropped by the firewall in INPUT, table ip filter, base chain INPUT");
	fx_fixes(v, "iptables -I INPUT -s 100.64.1.10 -p tcp --dport 80 -j ACCEPT");
	fx_fixes(v, "iptables -t filter -nvL --line-numbers");
	fx_steps(v, "SYN seq 1829 tsval 88123 dropped: NETFILTER_DROP in nft_do_chain");
	assert_true(v->rule.known);
	assert_string_equal(v->rule.backend, "nft");
	assert_string_equal(v->rule.family, "ip");
	assert_string_equal(v->rule.table, "filter");
	assert_string_equal(v->rule.chain, "INPUT");
	assert_string_equal(v->rule.hook, "INPUT");
	assert_int_equal(v->rule.handle, -1);
	assert_int_equal(v->duration_us, 4);
	assert_string_equal(v->interface, "eth0");
	assert_true(f->request.needs & NEED_HOOKS);
	assert_int_equal(f->request.since_ns, FX_START_NS);
}

static void test_input_v6(void **state)
{
	struct fixture *f = *state;
	const struct verdict *v;

	fx_v6(f);
	usual_hooks(f);
	drop_in_input(f);
	v = fx_expect_now(f, "firewall-drop", CONFIDENCE_CERTAIN);
	fx_fixes(v, "ip6tables -I INPUT -s fd64::10 -p tcp --dport 80 -j ACCEPT");
	assert_string_equal(v->rule.family, "ip6");
}

/* Two base chains could have dropped it: no longer certain. */
static void test_two_candidates(void **state)
{
	struct fixture *f = *state;
	const struct verdict *v;

	usual_hooks(f);
	strcpy(fx_hook(f, INPUT, 10, HOOK_NFT, "firewalld", "filter_INPUT")->family, "inet");
	drop_in_input(f);
	v = fx_expect_now(f, "firewall-drop", CONFIDENCE_LIKELY);
	fx_says(v, "or another at this hook");
}

/* The same, but the waypoint between them was passed. */
static void test_between(void **state)
{
	struct fixture *f = *state;
	const struct verdict *v;

	usual_hooks(f);
	strcpy(fx_hook(f, INPUT, 10, HOOK_NFT, "firewalld", "filter_INPUT")->family, "inet");
	fx_arrive(f);
	fx_syn_passed(f, INPUT, 0);
	fx_drop(f, true, SYN, "NETFILTER_DROP");
	v = fx_expect_now(f, "firewall-drop", CONFIDENCE_CERTAIN);
	assert_string_equal(v->rule.table, "firewalld");
	assert_string_equal(v->rule.family, "inet");
	fx_steps(v, "passed priority 0");
	fx_fixes(v, "nft insert rule inet firewalld filter_INPUT ip saddr 100.64.1.10 tcp dport 80 "
		    "accept");
}

static void test_legacy(void **state)
{
	struct fixture *f = *state;
	const struct verdict *v;

	fx_hook(f, INPUT, 0, HOOK_IPTABLES_LEGACY, "filter", "");
	drop_in_input(f);
	v = fx_expect_now(f, "firewall-drop", CONFIDENCE_CERTAIN);
	assert_string_equal(v->rule.backend, "iptables-legacy");
	fx_says(v, "iptables-legacy table ip filter, base chain INPUT");
	fx_fixes(v, "iptables-legacy -I INPUT");
}

static void test_policy(void **state)
{
	struct fixture *f = *state;
	struct fact_hook *h = fx_hook(f, INPUT, 0, HOOK_NFT, "filter", "INPUT");
	const struct verdict *v;

	h->policy_drop = 1;
	h->drop_rules = 0;
	drop_in_input(f);
	v = fx_expect_now(f, "firewall-drop", CONFIDENCE_CERTAIN);
	fx_says(v, "base chain INPUT (policy drop)");
}

/* No facts at all: the hook is known all the same. */
static void test_no_facts(void **state)
{
	struct fixture *f = *state;
	const struct verdict *v;

	drop_in_input(f);
	v = fx_expect_now(f, "firewall-drop", CONFIDENCE_CERTAIN);
	assert_true(v->rule.known);
	assert_string_equal(v->rule.hook, "INPUT");
	assert_string_equal(v->rule.table, "");
}

/* Not even PREROUTING was entered: an nft chain at the device's ingress. */
static void test_netdev(void **state)
{
	struct fixture *f = *state;
	struct fact_hook *h;
	const struct verdict *v;

	usual_hooks(f);
	h = fx_hook(f, 0, -500, HOOK_NFT, "shield", "eth0_in");
	h->pf = 5;
	strcpy(h->family, "netdev");
	fx_syn(f, FX_ENTRY);
	fx_listen(f, 0, FX_BACKLOG);
	fx_drop(f, true, SYN, "NETFILTER_DROP");
	v = fx_expect_now(f, "firewall-drop", CONFIDENCE_CERTAIN);
	assert_string_equal(v->rule.hook, "INGRESS");
	assert_string_equal(v->rule.table, "shield");
}

/* An established connection's request is dropped: a rule that looks at the payload. */
static void test_request_dropped(void **state)
{
	struct fixture *f = *state;
	const struct verdict *v;

	usual_hooks(f);
	fx_connect(f);
	fx_request(f, "GET / HTTP/1.0\r\n\r\n");
	fx_drop(f, true, ACK, "NETFILTER_DROP")->tcp.payload_len = 18;
	/* Which hook is inferred: long packets pass no waypoints. */
	v = fx_expect_now(f, "firewall-drop", CONFIDENCE_LIKELY);
	assert_string_equal(v->rule.hook, "INPUT");
	fx_says(v, "the prober's request, after the handshake");
}

static void test_reject_icmp(void **state)
{
	struct fixture *f = *state;
	const struct verdict *v;

	usual_hooks(f);
	fx_arrive(f);
	fx_icmp(f, 3, 3);
	fx_drop(f, true, SYN, "NETFILTER_DROP");
	v = fx_expect_now(f, "firewall-reject", CONFIDENCE_CERTAIN);
	fx_says(v, "rejected by the firewall in INPUT");
	fx_says(v, "an ICMP error (type 3 code 3)");
	assert_string_equal(v->rule.table, "filter");
}

/* The ICMP error may be told of after the drop: it still belongs to it. */
static void test_reject_icmp_late(void **state)
{
	struct fixture *f = *state;

	usual_hooks(f);
	drop_in_input(f);
	fx_at(f, 60);
	fx_icmp(f, 3, 13);
	fx_expect_now(f, "firewall-reject", CONFIDENCE_CERTAIN);
}

static void test_reject_reset(void **state)
{
	struct fixture *f = *state;
	const struct verdict *v;

	usual_hooks(f);
	fx_arrive(f);
	fx_rst(f, false, FX_OUT_FIRST);
	fx_rst(f, false, FX_EXIT);
	fx_drop(f, true, SYN, "NETFILTER_DROP");
	v = fx_expect_now(f, "firewall-reject", CONFIDENCE_CERTAIN);
	fx_says(v, "answered with a TCP reset");
}

/* The kernel's conntrack has no reason of its own. Alone in its stretch, a full table is enough. */
static void test_conntrack_full(void **state)
{
	struct fixture *f = *state;
	const struct verdict *v;

	fx_hook(f, PREROUTING, -200, HOOK_CONNTRACK, "", "");
	fx_hook(f, INPUT, 0, HOOK_NFT, "filter", "INPUT");
	fx_conntrack(f, 65536, 65536, 0);
	fx_syn(f, FX_ENTRY);
	fx_syn(f, FX_PRE_FIRST);
	fx_drop(f, true, SYN, "NETFILTER_DROP");
	v = fx_expect_now(f, "conntrack-full", CONFIDENCE_CERTAIN);
	fx_says(v, "65536 of 65536 entries");
	fx_fixes(v, "nf_conntrack_max=262144");
	assert_false(v->rule.known);
}

static void drop_beside_raw(struct fixture *f, uint64_t dropped)
{
	fx_hook(f, PREROUTING, -300, HOOK_NFT, "raw", "PREROUTING");
	fx_hook(f, PREROUTING, -200, HOOK_CONNTRACK, "", "");
	fx_conntrack(f, 65536, 65536, dropped);
	fx_syn(f, FX_ENTRY);
	fx_syn(f, FX_PRE_FIRST);
	fx_drop(f, true, SYN, "NETFILTER_DROP");
}

/* Beside a chain that can drop, conntrack's own counter decides. */
static void test_conntrack_counter(void **state)
{
	struct fixture *f = *state;

	drop_beside_raw(f, 3);
	fx_expect_now(f, "conntrack-full", CONFIDENCE_CERTAIN);
}

static void test_conntrack_did_not(void **state)
{
	struct fixture *f = *state;
	const struct verdict *v;

	drop_beside_raw(f, 0);
	v = fx_expect_now(f, "firewall-drop", CONFIDENCE_CERTAIN);
	assert_string_equal(v->rule.table, "raw");
	assert_string_equal(v->rule.hook, "PREROUTING");
}

/* A full table is not the cause where conntrack does not come into it. */
static void test_conntrack_elsewhere(void **state)
{
	struct fixture *f = *state;

	fx_hook(f, PREROUTING, -200, HOOK_CONNTRACK, "", "");
	fx_hook(f, INPUT, 0, HOOK_NFT, "filter", "INPUT");
	fx_conntrack(f, 65536, 65536, 3);
	fx_addr(f, false, "eth0");
	drop_in_input(f);
	fx_expect_now(f, "firewall-drop", CONFIDENCE_CERTAIN);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fx_setup, fx_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_input),
		TEST(test_input_v6),
		TEST(test_two_candidates),
		TEST(test_between),
		TEST(test_legacy),
		TEST(test_policy),
		TEST(test_no_facts),
		TEST(test_netdev),
		TEST(test_request_dropped),
		TEST(test_reject_icmp),
		TEST(test_reject_icmp_late),
		TEST(test_reject_reset),
		TEST(test_conntrack_full),
		TEST(test_conntrack_counter),
		TEST(test_conntrack_did_not),
		TEST(test_conntrack_elsewhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
