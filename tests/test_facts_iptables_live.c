// SPDX-License-Identifier: GPL-2.0-only
// Tests of legacy iptables' rules on real tables: what a rule can be, and where.
#define _GNU_SOURCE /* unshare */
#include "legacy_live.h"

static void test_input(void **state)
{
	NEEDS_TABLES();
	ipt("-A INPUT -p tcp --dport 81 -j DROP");
	ipt("-A INPUT -s 100.64.9.10 -p tcp --dport 80 -j DROP");
	ipt("-A INPUT -p tcp -j DROP");
	probe(false, false);
	expect("filter", "INPUT", "INPUT", 2, RULE_DROP,
	       "-A INPUT -s 100.64.9.10/32 -p tcp -m tcp --dport 80 -j DROP");
	assert_int_equal(bench.rules[0].priority, 0);
	assert_string_equal(bench.rules[0].family, "ip");
}

static void test_deep(void **state)
{
	NEEDS_TABLES();
	ipt("-N cloudsec");
	ipt("-N blocked");
	ipt("-A INPUT -i lo -j ACCEPT");
	ipt("-A INPUT -i legacy+ -j cloudsec");
	ipt("-A cloudsec -p udp -j RETURN");
	ipt("-A cloudsec -m multiport -p tcp --dports 79,80:82 -j blocked");
	ipt("-A blocked -p tcp ! --syn -j RETURN");
	ipt("-A blocked -m comment --comment 'no entry' -j DROP");
	probe(false, false);
	expect("filter", "INPUT", "blocked", 2, RULE_DROP,
	       "-A blocked -m comment --comment \"no entry\" -j DROP");
	assert_string_equal(bench.rules[0].via, "cloudsec");
}

static void test_early(void **state)
{
	NEEDS_TABLES();
	ipt("-t raw -A PREROUTING -p tcp --dport 80 -j DROP");
	ipt("-A INPUT -p tcp --dport 80 -j DROP");
	probe(false, false);
	expect("raw", "PREROUTING", "PREROUTING", 1, RULE_DROP,
	       "-A PREROUTING -p tcp -m tcp --dport 80 -j DROP");
	assert_int_equal(bench.rules[0].priority, -300);
	ipt("-t raw -F");
	ipt("-t mangle -A PREROUTING -j MARK --set-mark 7");
	ipt("-t mangle -A PREROUTING -m mark ! --mark 7 -j DROP");
	ipt("-t mangle -A PREROUTING -m mark --mark 7 -p tcp -j DROP");
	probe(false, false);
	expect("mangle", "PREROUTING", "PREROUTING", 3, RULE_DROP,
	       "-A PREROUTING -p tcp -m mark --mark 0x7 -j DROP");
}

static void test_policy(void **state)
{
	NEEDS_TABLES();
	ipt("-P INPUT DROP");
	ipt("-A INPUT -p tcp --dport 22 -j ACCEPT");
	probe(false, false);
	expect("filter", "INPUT", "INPUT", 0, RULE_POLICY, "-P INPUT DROP");
}

static void test_reject(void **state)
{
	NEEDS_TABLES();
	ipt("-A INPUT -p tcp --dport 80 -j REJECT --reject-with tcp-reset");
	probe(false, false);
	expect("filter", "INPUT", "INPUT", 1, RULE_REJECT,
	       "-A INPUT -p tcp -m tcp --dport 80 -j REJECT --reject-with tcp-reset");
	ipt("-F INPUT");
	ipt("-A INPUT -j REJECT");
	probe(false, false);
	expect("filter", "INPUT", "INPUT", 1, RULE_REJECT,
	       "-A INPUT -j REJECT --reject-with icmp-port-unreachable");
}

/* A limit does not tell which packets it means: the counters do. */
static void test_limit(void **state)
{
	NEEDS_TABLES();
	ipt("-A INPUT -p tcp -m limit --limit 1/hour --limit-burst 1 -j ACCEPT");
	ipt("-A INPUT -p tcp --dport 80 -j DROP");
	probe(false, false); /* uses the limit up */
	probe(false, false);
	expect("filter", "INPUT", "INPUT", 2, RULE_DROP,
	       "-A INPUT -p tcp -m tcp --dport 80 -j DROP");
	ipt("-F INPUT");
	ipt("-A INPUT -p tcp -m limit --limit 1/hour --limit-burst 1 -j DROP");
	probe(false, false);
	assert_int_equal(bench.n, 1);
	assert_int_equal(bench.rules[0].number, 1);
}

/* Two that others' packets meet too: both are named. */
static void test_tie(void **state)
{
	NEEDS_TABLES();
	ipt("-A INPUT -m statistic --mode random --probability 0.5 -j DROP");
	ipt("-A INPUT -j DROP");
	send_order((struct order){.dport = 9, .flood = 1});
	nap_ms(50);
	probe(false, false);
	send_order((struct order){0});
	assert_int_equal(bench.n, 2);
	expect_at(1, "filter", "INPUT", 2, RULE_DROP, "-A INPUT -j DROP");
}

static void test_invalid(void **state)
{
	NEEDS_TABLES();
	if (run("iptables-legacy -w -A INPUT -m conntrack --ctstate INVALID -j DROP"))
		skip();
	/* The answer to what was not tracked on its way in. */
	ipt("-t raw -A PREROUTING -p tcp --dport 80 -j CT --notrack");
	ipt("-A INPUT -m conntrack --ctstate UNTRACKED -j ACCEPT");
	ipt("-A OUTPUT -p tcp --sport 80 -m conntrack --ctstate INVALID -j DROP");
	ipt("-A OUTPUT -m conntrack --ctstate ESTABLISHED -j ACCEPT");
	probe(false, true);
	expect("filter", "OUTPUT", "OUTPUT", 1, RULE_DROP,
	       "-A OUTPUT -p tcp -m tcp --sport 80 -m conntrack --ctstate INVALID -j DROP");
	assert_int_equal(bench.rules[0].is_reply, 1);
}

static void test_new(void **state)
{
	NEEDS_TABLES();
	if (run("iptables-legacy -w -A INPUT -m state --state ESTABLISHED,RELATED -j ACCEPT"))
		skip();
	ipt("-A INPUT -m conntrack ! --ctstate ESTABLISHED -p tcp --dport 80 -j DROP");
	probe(false, false);
	expect("filter", "INPUT", "INPUT", 2, RULE_DROP,
	       "-A INPUT -p tcp -m conntrack ! --ctstate ESTABLISHED -m tcp --dport 80 -j DROP");
}

/* It leaves by lo, or is dropped on its way there. */
static void send_to_self(void)
{
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	struct sockaddr_in6 to;

	set_addr(&to, false, "127.0.0.1", "", 9);
	sendto(fd, "x", 1, 0, (struct sockaddr *)&to, sizeof(struct sockaddr_in));
	close(fd);
}

static void test_output(void **state)
{
	NEEDS_TABLES();
	ipt("-A OUTPUT ! -o legacy0 -j DROP");
	ipt("-A OUTPUT -o legacy0 -d 100.64.0.0/10 -p tcp --tcp-flags SYN,ACK SYN,ACK -j DROP");
	/* Others' packets move the first one's counter after the snapshot. */
	facts_snapshot(bench.facts, facts_clock_ns());
	bench.facts->legacy.not_before_ns = UINT64_MAX;
	send_to_self();
	probe(false, true);
	expect("filter", "OUTPUT", "OUTPUT", 2, RULE_DROP,
	       "-A OUTPUT -d 100.64.0.0/10 -o legacy0 -p tcp -m tcp --tcp-flags SYN,ACK SYN,ACK -j "
	       "DROP");
}

static void test_v6(void **state)
{
	NEEDS_TABLES();
	assert_int_equal(run("ip6tables-legacy -w -A INPUT -p ipv6-icmp -j ACCEPT"), 0);
	assert_int_equal(run("ip6tables-legacy -w -A INPUT -s fd09::/64 -p tcp -m tcp --dport 80 "
			     "-j REJECT --reject-with icmp6-adm-prohibited"),
			 0);
	ipt("-A INPUT -j DROP");
	probe(true, false);
	expect("filter", "INPUT", "INPUT", 2, RULE_REJECT,
	       "-A INPUT -s fd09::/64 -p tcp -m tcp --dport 80 -j REJECT --reject-with "
	       "icmp6-adm-prohibited");
	assert_string_equal(bench.rules[0].family, "ip6");
	assert_int_equal(bench.rules[0].pf, 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_input, setup, teardown),
		cmocka_unit_test_setup_teardown(test_deep, setup, teardown),
		cmocka_unit_test_setup_teardown(test_early, setup, teardown),
		cmocka_unit_test_setup_teardown(test_policy, setup, teardown),
		cmocka_unit_test_setup_teardown(test_reject, setup, teardown),
		cmocka_unit_test_setup_teardown(test_limit, setup, teardown),
		cmocka_unit_test_setup_teardown(test_tie, setup, teardown),
		cmocka_unit_test_setup_teardown(test_invalid, setup, teardown),
		cmocka_unit_test_setup_teardown(test_new, setup, teardown),
		cmocka_unit_test_setup_teardown(test_output, setup, teardown),
		cmocka_unit_test_setup_teardown(test_v6, setup, teardown),
	};

	return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
