// SPDX-License-Identifier: GPL-2.0-only
// Unit tests of ping checks.
#include <string.h>

#include "fixture.h"

enum { PREROUTING, INPUT };

static int set_up_echo(void **state)
{
	fx_setup(state);
	fx_echo(*state);
	return 0;
}

static void test_echo(void **state)
{
	struct fixture *f = *state;
	const struct verdict *v;

	fx_ask_in(f);
	fx_at(f, 90);
	fx_reply(f);
	v = fx_expect_now(f, "healthy", CONFIDENCE_CERTAIN);
	fx_says(v, "echo reply after 93 us");
	fx_steps(v, "echo request seq 1");
	fx_steps(v, "echo reply seq 1");
}

static void test_echo_v6(void **state)
{
	struct fixture *f = fx_new(16);

	(void)state;
	fx_v6(f);
	fx_echo(f);
	fx_ask_in(f);
	fx_sysctl(f, "net.ipv6.icmp.echo_ignore_all", 1);
	fx_sysctl(f, "net.ipv4.icmp_echo_ignore_all", 0);
	fx_fixes(fx_expect(f, "icmp-ignored", CONFIDENCE_CERTAIN),
		 "sysctl -w net.ipv6.icmp.echo_ignore_all=0");
	fx_free(f);
}

static void test_echo_ignored(void **state)
{
	struct fixture *f = *state;
	const struct verdict *v;

	fx_ask_in(f);
	fx_sysctl(f, "net.ipv4.icmp_echo_ignore_all", 1);
	fx_play(f);
	fx_until(f, 1999000);
	assert_int_equal(f->n_verdicts, 0);
	v = fx_expect(f, "icmp-ignored", CONFIDENCE_CERTAIN);
	fx_says(v, "the echo request is not answered: net.ipv4.icmp_echo_ignore_all is 1");
	fx_fixes(v, "sysctl -w net.ipv4.icmp_echo_ignore_all=0");
	assert_int_equal(v->n_fix, 1);
	assert_false(v->rule.known);
}

static void test_echo_rate_limit(void **state)
{
	struct fixture *f = *state;
	const struct verdict *v;

	fx_ask_in(f);
	fx_sysctl(f, "net.ipv4.icmp_echo_ignore_all", 0);
	fx_counter(f, "IcmpOutRateLimitHost", 3);
	v = fx_expect(f, "icmp-ignored", CONFIDENCE_LIKELY);
	fx_says(v, "the ICMP rate limit held the reply back");
	fx_fixes(v, "sysctl -w net.ipv4.icmp_ratemask=6168");
}

static void test_echo_unexplained(void **state)
{
	struct fixture *f = *state;

	fx_ask_in(f);
	fx_sysctl(f, "net.ipv4.icmp_echo_ignore_all", 0);
	fx_expect(f, "undetermined", CONFIDENCE_POSSIBLE);
}

static void test_echo_firewall(void **state)
{
	struct fixture *f = *state;
	const struct verdict *v;

	fx_ask(f);
	fx_drop(f, true, 0, "NETFILTER_DROP")->tcp.payload_len = 16;
	fx_hook(f, INPUT, 0, HOOK_NFT, "filter", "INPUT");
	fx_addr(f, false, "eth0");
	v = fx_expect_now(f, "icmp-ignored", CONFIDENCE_CERTAIN);
	fx_says(v, "not answered: dropped by the firewall in INPUT, table ip filter, base chain "
		   "INPUT");
	assert_true(v->rule.known);
	assert_string_equal(v->rule.table, "filter");
	assert_string_equal(v->rule.chain, "INPUT");
	fx_fixes(v, "iptables -I INPUT -s 100.64.1.10 -p icmp -j ACCEPT");
	fx_fixes_not(v, "sysctl");
}

/* One ping's requests have one identifier. */
static void test_two_numbers(void **state)
{
	struct fixture *f = *state;

	fx_ask_in(f);
	fx_reply(f);
	f->echo_seq = 2;
	fx_at(f, 1000000);
	fx_ask_in(f);
	fx_sysctl(f, "net.ipv4.icmp_echo_ignore_all", 1);
	fx_play(f);
	fx_until(f, 20000000);
	assert_int_equal(f->n_verdicts, 2);
	fx_verdict(f, 0, "healthy");
	fx_verdict(f, 1, "icmp-ignored");
	assert_int_equal(f->verdicts[0].syns, 1);
	assert_int_equal(f->verdicts[1].syns, 1);
	assert_false(f->verdicts[1].revised);
}

/* The answer to the first comes while the second is on its way: it is not the second's. */
static void test_numbers_at_once(void **state)
{
	struct fixture *f = *state;

	fx_ask_in(f);
	f->echo_seq = 2;
	fx_ask_in(f);
	fx_sysctl(f, "net.ipv4.icmp_echo_ignore_all", 1);
	fx_play(f);
	fx_until(f, 20000000);
	assert_int_equal(f->n_verdicts, 2);
	fx_verdict(f, 0, "icmp-ignored");
	fx_verdict(f, 1, "icmp-ignored");
}

/* The reply to an earlier request is not this one's. */
static void test_reply_to_another(void **state)
{
	struct fixture *f = *state;

	fx_ask_in(f);
	f->echo_seq = 2;
	fx_at(f, 1000000);
	fx_ask_in(f);
	f->echo_seq = 1;
	fx_reply(f);
	fx_play(f);
	fx_until(f, 20000000);
	assert_int_equal(f->n_verdicts, 2);
	fx_verdict(f, 1, "undetermined");
}

/* Of a ping nothing is said that only TCP has. */
static void test_unexplained_words(void **state)
{
	struct fixture *f = *state;
	const struct verdict *v;

	fx_ask_in(f);
	v = fx_expect(f, "undetermined", CONFIDENCE_POSSIBLE);
	fx_says_not(v, "TCP");
	fx_fixes_not(v, "-p 0");
}

static void test_neighbour_words(void **state)
{
	struct fixture *f = *state;

	fx_ask_in(f);
	fx_payload(f, false, "x", 1, FX_OUT_FIRST);
	fx_drop(f, false, 0, "NEIGH_FAILED");
	fx_says_not(fx_expect_now(f, "neighbour-failed", CONFIDENCE_CERTAIN), "SYN-ACK");
}

#define ECHO(name) cmocka_unit_test_setup_teardown(name, set_up_echo, fx_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		ECHO(test_unexplained_words),	ECHO(test_neighbour_words),
		ECHO(test_reply_to_another),	ECHO(test_echo),
		cmocka_unit_test(test_echo_v6), ECHO(test_echo_ignored),
		ECHO(test_echo_rate_limit),	ECHO(test_echo_unexplained),
		ECHO(test_echo_firewall),	ECHO(test_two_numbers),
		ECHO(test_numbers_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
