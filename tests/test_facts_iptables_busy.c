// SPDX-License-Identifier: GPL-2.0-only
// Tests of legacy iptables' rules on real tables: queues, other traffic, changes, many rules.
#define _GNU_SOURCE /* unshare */
#include "legacy_live.h"

static void test_queue(void **state)
{
	NEEDS_TABLES();
	if (run("iptables-legacy -w -A INPUT -p tcp --dport 80 -j NFQUEUE --queue-num 5 "
		"2>/dev/null"))
		skip();
	probe(false, false);
	expect("filter", "INPUT", "INPUT", 1, RULE_QUEUE,
	       "-A INPUT -p tcp -m tcp --dport 80 -j NFQUEUE --queue-num 5");
	assert_int_equal(bench.rules[0].queue, 5);
	assert_int_equal(bench.rules[0].queue_pid, 0);
}

/* Binds a queue to a new socket of this process. Returns 0 or -errno. */
static int bind_queue(struct netlink *netlink, uint16_t queue)
{
	const struct nfqnl_msg_config_cmd command = {.command = NFQNL_CFG_CMD_BIND};
	struct netlink_request request;
	struct nfgenmsg *msg;

	netlink->bus = NETLINK_NETFILTER;
	netlink_prepare(&request, NFNL_SUBSYS_QUEUE << 8 | NFQNL_MSG_CONFIG, NLM_F_ACK,
			sizeof(*msg));
	msg = request.extra;
	msg->version = NFNETLINK_V0;
	msg->res_id = htons(queue);
	mnl_attr_put(request.nlh, NFQA_CFG_CMD, sizeof(command), &command);
	return netlink_ask(netlink, &request, NULL, NULL);
}

static void test_queue_reader(void **state)
{
	static struct netlink other, reader;

	NEEDS_TABLES();
	/* The first socket of a process has its number as port, so the second one is bound. */
	if (bind_queue(&other, 7) || bind_queue(&reader, 8))
		skip();
	ipt("-A INPUT -p tcp --dport 80 -j NFQUEUE --queue-balance 8:9");
	probe(false, false);
	expect("filter", "INPUT", "INPUT", 1, RULE_QUEUE,
	       "-A INPUT -p tcp -m tcp --dport 80 -j NFQUEUE --queue-balance 8:9");
	assert_int_equal(bench.rules[0].queue, 8);
	assert_int_equal(bench.rules[0].queue_pid, getpid());
	assert_memory_equal(bench.rules[0].queue_comm, "test_facts_ipt", 14);
	netlink_close(&reader);
	netlink_close(&other);
}

/* Behind NAT's PREROUTING the packet has the service's port. */
static void test_redirect(void **state)
{
	const struct event_sink sink = {.push = push};
	struct fact_request request;

	NEEDS_TABLES();
	if (run("iptables-legacy -w -t nat -A PREROUTING -p tcp --dport 80 -j REDIRECT --to-ports "
		"8080"))
		skip();
	ipt("-t mangle -A PREROUTING -p tcp --dport 8080 -j DROP");
	ipt("-A INPUT -p tcp --dport 80 -j DROP");
	ipt("-A INPUT -m addrtype --dst-type LOCAL -p tcp --dport 8080 -m conntrack --ctstate DNAT "
	    "-j DROP");
	facts_snapshot(bench.facts, facts_clock_ns());
	bench.n = 0;
	bench.sport++;
	request = request_of(false, false, facts_clock_ns());
	request.service.dport = 8080;
	send_order((struct order){.sport = bench.sport, .dport = PORT});
	assert_int_equal(facts_gather(bench.facts, &request, facts_clock_ns(), &sink), 0);
	expect("filter", "INPUT", "INPUT", 2, RULE_DROP,
	       "-A INPUT -p tcp -m addrtype --dst-type LOCAL -m tcp --dport 8080 -m conntrack "
	       "--ctstate DNAT -j DROP");
}

/* Others' packets through the same chains, and a rule that appears between snapshot and probe. */
static void test_busy(void **state)
{
	NEEDS_TABLES();
	ipt("-N counted");
	ipt("-A INPUT -m limit --limit 100/s -j counted");
	ipt("-A INPUT -j counted");
	ipt("-A counted -p udp --sport 1:100 -j DROP");
	ipt("-A counted -p udp --dport 9 -j DROP");
	ipt("-A counted -p tcp --dport 80 -j DROP");
	ipt("-A counted -j DROP");
	send_order((struct order){.dport = 9, .flood = 1});
	nap_ms(100);
	for (int i = 0; i < 10; i++) {
		probe(false, false);
		expect("filter", "INPUT", "counted", 3, RULE_DROP,
		       "-A counted -p tcp -m tcp --dport 80 -j DROP");
		ipt("-I INPUT -s 192.0.2.1 -j DROP");
	}
	/* It was busy. */
	assert_int_equal(run("iptables-legacy -w -nvxL counted 2 | awk '{exit $1 < 1000}'"), 0);
	send_order((struct order){0});
}

/* First seen on a device that is not the one that rules see: that one is not known then. */
static void test_lower_device(void **state)
{
	const struct event_sink sink = {.push = push};
	struct fact_request request;

	NEEDS_TABLES();
	ipt("-A INPUT -i legacy0 -p tcp --dport 80 -j DROP");
	ipt("-A INPUT -j DROP");
	send_order((struct order){.dport = 9, .flood = 1});
	nap_ms(50);
	facts_snapshot(bench.facts, facts_clock_ns());
	bench.n = 0;
	bench.sport++;
	request = request_of(false, false, facts_clock_ns());
	request.ifindex = if_nametoindex("lo");
	send_order((struct order){.sport = bench.sport, .dport = PORT});
	assert_int_equal(facts_gather(bench.facts, &request, facts_clock_ns(), &sink), 0);
	send_order((struct order){0});
	assert_int_equal(bench.n, 2);
	expect_at(0, "filter", "INPUT", 1, RULE_DROP,
		  "-A INPUT -i legacy0 -p tcp -m tcp --dport 80 -j DROP");
	expect_at(1, "filter", "INPUT", 2, RULE_DROP, "-A INPUT -j DROP");
}

/* Rules added, and one taken out, between the snapshot and the probe. */
static void test_changed(void **state)
{
	NEEDS_TABLES();
	ipt("-N other");
	ipt("-A other -j RETURN");
	ipt("-A INPUT -s 192.0.2.1 -j DROP");
	ipt("-A INPUT -p tcp --dport 80 -j DROP");
	probe(false, false);
	ipt("-I INPUT -p tcp -j DROP");
	facts_snapshot(bench.facts, facts_clock_ns());
	bench.facts->legacy.not_before_ns = UINT64_MAX;
	ipt("-D INPUT -s 192.0.2.1 -j DROP");
	ipt("-D INPUT -p tcp -j DROP");
	ipt("-I INPUT -j other");
	probe(false, false);
	expect("filter", "INPUT", "INPUT", 2, RULE_DROP,
	       "-A INPUT -p tcp -m tcp --dport 80 -j DROP");
	assert_string_equal(bench.rules[0].via, "other");
}

/* Without a snapshot from before the probe it is only possible. */
static void test_no_baseline(void **state)
{
	const struct event_sink sink = {.push = push};
	struct fact_request request;

	NEEDS_TABLES();
	ipt("-A INPUT -p tcp --dport 80 -j DROP");
	bench.n = 0;
	request = request_of(false, false, facts_clock_ns());
	send_order((struct order){.sport = ++bench.sport, .dport = PORT});
	assert_int_equal(facts_gather(bench.facts, &request, facts_clock_ns(), &sink), 0);
	assert_int_equal(bench.n, 1);
	assert_int_equal(bench.rules[0].how, RULE_POSSIBLE);
}

/* A table that is not there is not made to be by asking. */
static int read_in_new_namespace(void)
{
	struct legacy_ruleset tables[LEGACY_TABLES] = {0};
	char names[256] = "";
	int n;

	if (unshare(CLONE_NEWNET) || run("iptables-legacy -w -t mangle -L -n >/dev/null"))
		return 2;
	n = legacy_read(NFPROTO_IPV4, tables);
	if (n != 1 || strcmp(tables[0].name, "mangle") != 0)
		return 3;
	legacy_tables_free(tables, n);
	if (file_text("/proc/self/net/ip_tables_names", names, sizeof(names)) < 0)
		return 4;
	return strcmp(names, "mangle\n") ? 5 : 0;
}

static void test_loads_nothing(void **state)
{
	int status = 0;
	pid_t pid;

	NEEDS_TABLES();
	pid = fork();
	if (!pid)
		_exit(read_in_new_namespace());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

/* How long 5,000 rules take; and that the one is found among them. */
static void test_many(void **state)
{
	const struct legacy_state *legacy;
	uint64_t begin;

	NEEDS_TABLES();
	assert_int_equal(run("{ echo '*filter'; i=0; while [ $i -lt 5000 ]; do "
			     "echo \"-A INPUT -s 10.$((i / 250)).$((i %% 250)).0/24 -p tcp -m tcp "
			     "--dport 80 "
			     "-m comment --comment c$i -j DROP\"; i=$((i + 1)); done; "
			     "echo '-A INPUT -p tcp --dport 80 -j DROP'; echo COMMIT; } | "
			     "iptables-legacy-restore -w --noflush"),
			 0);
	legacy = &bench.facts->legacy;
	for (int i = 0; i < 3; i++) {
		begin = facts_clock_ns();
		bench.facts->legacy.not_before_ns = 0;
		legacy_snapshot(bench.facts);
		print_message("snapshot of 5000 rules: %llu us\n",
			      (unsigned long long)(facts_clock_ns() - begin) / 1000);
	}
	assert_int_equal(legacy->n, 3);
	bench.facts->legacy.not_before_ns = 0;
	probe(false, false);
	expect("filter", "INPUT", "INPUT", 5001, RULE_DROP,
	       "-A INPUT -p tcp -m tcp --dport 80 -j DROP");
	begin = facts_clock_ns();
	probe(false, false);
	print_message("second answer: %llu us, the probe's own 50 ms in it\n",
		      (unsigned long long)(facts_clock_ns() - begin) / 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_queue, setup, teardown),
		cmocka_unit_test_setup_teardown(test_queue_reader, setup, teardown),
		cmocka_unit_test_setup_teardown(test_redirect, setup, teardown),
		cmocka_unit_test_setup_teardown(test_busy, setup, teardown),
		cmocka_unit_test_setup_teardown(test_lower_device, setup, teardown),
		cmocka_unit_test_setup_teardown(test_changed, setup, teardown),
		cmocka_unit_test_setup_teardown(test_no_baseline, setup, teardown),
		cmocka_unit_test_setup_teardown(test_loads_nothing, setup, teardown),
		cmocka_unit_test_setup_teardown(test_many, setup, teardown),
	};

	return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
