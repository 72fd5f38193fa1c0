// SPDX-License-Identifier: GPL-2.0-only
// Tests, in a network namespace of their own, of rule tracing where there are no owner tables.
#define _GNU_SOURCE /* unshare */
#include <signal.h>
#include <sys/prctl.h>

#include "rule_bench.h"

#define DROP                                                                                       \
	NFT("table inet f {\nchain in {\ntype filter hook input priority 0;\ntcp dport 80 "        \
	    "drop\n}\n}")

static void list(char *out, size_t len)
{
	FILE *pipe = popen("nft list ruleset", "r");
	size_t n;

	assert_non_null(pipe);
	n = fread(out, 1, len - 1, pipe);
	out[n] = '\0';
	pclose(pipe);
}

/* As a kernel that refuses owner tables makes it. */
static void set_up_plain(struct bench *bench)
{
	set_up(bench, "true");
	bench->facts->trace->plain = true;
	shell(DROP);
	facts_trace_rules(bench->facts, facts_clock_ns() + NS_PER_SEC, bench->note,
			  sizeof(bench->note));
}

/* A process that has such a table, and waits. */
static pid_t hold(struct bench *bench)
{
	int ready[2];
	char byte = 0;
	pid_t pid;

	assert_int_equal(pipe(ready), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		set_up_plain(bench);
		if (write(ready[1], &byte, 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	assert_int_equal(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	close(ready[1]);
	return pid;
}

static void end(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static void test_removed(void **state)
{
	struct ev_flow flow = flow_of(&(struct wanted){.port = 80});
	char before[4096], during[8192], after[4096];
	struct bench bench;

	(void)state;
	set_up(&bench, DROP);
	facts_close(bench.facts);
	list(before, sizeof(before));
	set_up_plain(&bench);
	assert_non_null(strstr(bench.note, "removed at exit"));
	list(during, sizeof(during));
	assert_non_null(strstr(during, "table inet clbtrace-"));
	assert_null(strstr(during, "flags owner"));
	send_syn(&flow, 1);
	ask(&bench, &flow, 1, false);
	assert_int_equal(bench.n, 1);
	assert_non_null(strstr(bench.rule.text, "tcp dport 80 drop"));
	/* Gone with a ruleset that is loaded anew: then it is made anew too. */
	shell("nft flush ruleset");
	shell(DROP);
	facts_trace_rules(bench.facts, facts_clock_ns() + 2 * NS_PER_SEC, bench.note,
			  sizeof(bench.note));
	assert_non_null(strstr(bench.note, "removed at exit"));
	send_syn(&flow, 2);
	ask(&bench, &flow, 2, false);
	assert_int_equal(bench.rule.how, RULE_TRACED);
	facts_close(bench.facts);
	list(after, sizeof(after));
	assert_string_equal(before, after);
}

/* What a killed run has left goes at the next start, and nothing else does. */
static void test_leftover(void **state)
{
	char name[TRACE_NAME_LEN], text[8192];
	struct bench bench, next = {.facts = NULL};
	pid_t pid;

	(void)state;
	set_up(&bench, DROP);
	facts_close(bench.facts);
	pid = hold(&bench);
	shell("nft 'add table inet clbtrace-; add table inet clbtrace-1x; add table ip "
	      "clbtrace-01; "
	      "add table ip clbtrace-4194304; add table ip clbtrace; add table ip "
	      "clbtrace-4194303'");
	trace_name((uint32_t)pid, name);
	next.options = bench.options = (struct options){.all_ports = true};
	assert_int_equal(facts_open(&next.facts, NULL, NULL), 0);
	assert_int_equal(facts_trace_open(next.facts, &next.options), 0);
	facts_trace_rules(next.facts, facts_clock_ns(), next.note, sizeof(next.note));
	assert_non_null(strstr(next.note, "removed 1 table of a clbtrace that was killed"));
	facts_close(next.facts);
	list(text, sizeof(text));
	assert_non_null(strstr(text, name));
	assert_null(strstr(text, "clbtrace-4194303"));

	end(pid);
	list(text, sizeof(text));
	assert_non_null(strstr(text, name));
	assert_int_equal(facts_open(&next.facts, NULL, NULL), 0);
	assert_int_equal(facts_trace_open(next.facts, &next.options), 0);
	facts_trace_rules(next.facts, facts_clock_ns(), next.note, sizeof(next.note));
	facts_close(next.facts);
	list(text, sizeof(text));
	assert_null(strstr(text, name));
	assert_non_null(strstr(text, "table inet f {"));
	assert_non_null(strstr(text, "table inet clbtrace- {"));
	assert_non_null(strstr(text, "table inet clbtrace-1x {"));
	assert_non_null(strstr(text, "table ip clbtrace-01 {"));
	assert_non_null(strstr(text, "table ip clbtrace-4194304 {"));
	assert_non_null(strstr(text, "table ip clbtrace {"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_removed),
		cmocka_unit_test(test_leftover),
	};

	return cmocka_run_group_tests(tests, enter, NULL);
}
