// SPDX-License-Identifier: GPL-2.0-only
// Tests, in a network namespace of their own, of when packets are traced, and what is said of
// others.
#define _GNU_SOURCE /* unshare */
#include "rule_bench.h"

/* What passes is not stopped by a rule, and what is no probe is not marked. */
static void test_others(void **state)
{
	struct ev_flow flow = flow_of(&(struct wanted){.port = 81});
	struct bench bench;

	(void)state;
	set_up(&bench, NFT("table inet f {\nchain in {\ntype filter hook input priority 0;\n"
			   "tcp dport 80 drop\n}\n}"));
	send_syn(&flow, 1);
	ask(&bench, &flow, 1, false);
	assert_int_equal(bench.n, 0);
	assert_non_null(trace_find(bench.facts->trace->table, &flow, true, 1));
	sample_address(flow.saddr, "127.0.0.1");
	flow.dport = 80;
	send_syn(&flow, 2);
	ask(&bench, &flow, 2, false);
	assert_null(trace_find(bench.facts->trace->table, &flow, true, 2));
	facts_close(bench.facts);
}

/* Without tracing: what could have dropped it, in order, and nothing behind what surely did. */
static void test_possible(void **state)
{
	struct ev_flow flow = flow_of(&(struct wanted){.port = 80});
	struct bench bench;

	(void)state;
	set_up(&bench, NFT("table inet f {\n"
			   "chain deep {\nct mark 5 drop\ntcp dport 81 drop\n}\n"
			   "chain other {\ndrop\n}\n"
			   "chain in {\ntype filter hook input priority 3; policy drop;\n"
			   "ip saddr 100.65.0.0/16 drop\ntcp dport 1-79 drop\n"
			   "jump deep\nudp dport 80 jump other\nip saddr 100.64.0.0/16 drop\n"
			   "tcp dport 80 reject\n}\n"
			   "chain out {\ntype filter hook output priority 0; policy drop;\n}\n}"));
	trace_close(bench.facts->trace);
	bench.facts->trace = NULL;
	ask(&bench, &flow, 1, false);
	assert_int_equal(bench.n, 2);
	assert_int_equal(bench.rule.how, RULE_POSSIBLE);
	/* On a busy machine nft takes too long, and the kernel's own form stands for its text. */
	assert_non_null(strstr(bench.rule.text, "ip saddr 100.64.0.0/16 drop"));
	assert_string_equal(bench.rule.chain, "in");
	assert_int_equal(bench.rule.number, 5);
	assert_int_equal(bench.rule.priority, 3);
	bench.facts->rules.possible_not_before_ns = 0; /* a busy machine may have been slow */
	ask(&bench, &flow, 1, true);
	assert_int_equal(bench.n, 1);
	assert_int_equal(bench.rule.verdict, RULE_POLICY);
	assert_string_equal(bench.rule.chain, "out");
	facts_close(bench.facts);
	set_up(&bench, "iptables-nft -A INPUT -p tcp --dport 81 -j DROP && "
		       "iptables-nft -A INPUT -p tcp --dport 79:90 -j REJECT");
	trace_close(bench.facts->trace);
	bench.facts->trace = NULL;
	ask(&bench, &flow, 1, false);
	assert_int_equal(bench.n, 1);
	assert_int_equal(bench.rule.number, 2);
	assert_int_equal(bench.rule.verdict, RULE_REJECT);
	facts_close(bench.facts);
}

static void test_ports(void **state)
{
	struct ev_flow flow = flow_of(&(struct wanted){.port = 80});
	struct bench bench;

	(void)state;
	set_up(&bench, "true");
	assert_string_equal(bench.note, "");
	assert_int_equal(facts_trace_fd(bench.facts), -1);
	/* Chains may come later. */
	bench.options.all_ports = false;
	bench.options.ports[80 / 64] |= 1ULL << 80 % 64;
	bench.options.ports[81 / 64] |= 1ULL << 81 % 64;
	shell("nft 'add table ip f; add chain ip f in { type filter hook input priority 0; policy "
	      "drop; }'");
	facts_trace_rules(bench.facts, facts_clock_ns() + NS_PER_SEC, bench.note,
			  sizeof(bench.note));
	assert_non_null(strstr(bench.note, "tracing rules"));
	send_syn(&flow, 3);
	flow.dport = 82;
	send_syn(&flow, 4);
	ask(&bench, &flow, 4, false);
	assert_int_equal(bench.rule.how, RULE_POSSIBLE);
	flow.dport = 80;
	ask(&bench, &flow, 3, false);
	assert_int_equal(bench.n, 1);
	/* One that comes before ours is a reason to be made anew, further ahead. */
	shell("nft 'add table ip g; add chain ip g pre { type filter hook prerouting priority "
	      "-1000; policy drop; }'");
	facts_trace_rules(bench.facts, facts_clock_ns() + 2 * NS_PER_SEC, bench.note,
			  sizeof(bench.note));
	assert_non_null(strstr(bench.note, "tracing rules"));
	send_syn(&flow, 5);
	ask(&bench, &flow, 5, false);
	assert_int_equal(bench.n, 1);
	assert_string_equal(bench.rule.table, "g");
	facts_close(bench.facts);
}

static void list(char *out, size_t len)
{
	FILE *pipe = popen("nft list ruleset", "r");
	size_t n;

	assert_non_null(pipe);
	n = fread(out, 1, len - 1, pipe);
	out[n] = '\0';
	pclose(pipe);
}

/* However often clbtrace is killed, nothing of it stays. */
static void test_killed(void **state)
{
	char before[4096], during[8192], after[4096], byte;
	int ready[2];
	struct bench bench;
	pid_t pid;

	(void)state;
	set_up(&bench, NFT("table inet f {\nchain in {\ntype filter hook input priority 0;\n"
			   "tcp dport 80 drop\n}\n}"));
	facts_close(bench.facts);
	list(before, sizeof(before));
	assert_null(strstr(before, "clbtrace"));
	for (int i = 0; i < 50; i++) {
		assert_int_equal(pipe(ready), 0);
		pid = fork();
		assert_true(pid >= 0);
		if (!pid) {
			bench.facts = NULL;
			if (facts_open(&bench.facts, NULL, NULL) ||
			    facts_trace_open(bench.facts, &bench.options))
				_exit(1);
			facts_trace_rules(bench.facts, facts_clock_ns(), bench.note,
					  sizeof(bench.note));
			byte = 1;
			if (write(ready[1], &byte, 1) != 1)
				_exit(1);
			for (;;)
				pause();
		}
		assert_int_equal(read(ready[0], &byte, 1), 1);
		if (!i) {
			list(during, sizeof(during));
			assert_non_null(strstr(during, "table inet clbtrace-"));
		}
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		close(ready[0]);
		close(ready[1]);
	}
	list(after, sizeof(after));
	assert_string_equal(before, after);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_others),
		cmocka_unit_test(test_possible),
		cmocka_unit_test(test_ports),
		cmocka_unit_test(test_killed),
	};

	return cmocka_run_group_tests(tests, enter, NULL);
}
