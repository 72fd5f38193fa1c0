// SPDX-License-Identifier: GPL-2.0-only
// Tests of legacy iptables' rules on real tables: probes from a child's network namespace into one
// of this process's own. Skipped where those or the tables are not to be had.
#define _GNU_SOURCE /* unshare */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_queue.h>
#include <net/if.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "facts_internal.h"

enum { PORT = 80, TAKEN_MAX = 24, SYN = 2, SYNACK = 0x12, FIRST_SPORT = 20000 };

/* The prober: a process in a namespace of its own, at the other end of a veth. */
struct prober {
	pid_t pid;
	int go, ready;
};

struct order {
	uint16_t sport, dport;
	uint8_t v6;
	uint8_t flood; /* datagrams to dport until an order with neither */
};

struct bench {
	struct facts *facts;
	struct prober prober;
	struct fact_rule rules[TAKEN_MAX];
	int n;
	uint32_t needs;
	uint16_t sport;
};

static struct bench bench;
static bool permitted;

static int push(void *ctx, const struct ev_hdr *ev)
{
	(void)ctx;
	if (ev->type == EV_FACT_RULE && bench.n < TAKEN_MAX)
		memcpy(&bench.rules[bench.n++], ev, sizeof(bench.rules[0]));
	else if (ev->type == EV_FACT_DONE)
		bench.needs = ((const struct fact_done *)ev)->needs;
	return 0;
}

static int run(const char *format, ...)
{
	char command[512];
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(command, sizeof(command), format, args);
	va_end(args);
	assert_true(n > 0 && (size_t)n < sizeof(command));
	return system(command); // NOLINT: fixed words
}

static void nap_ms(long ms)
{
	const struct timespec pause = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};

	nanosleep(&pause, NULL);
}

static void set_addr(struct sockaddr_in6 *out, bool v6, const char *v4_text, const char *v6_text,
		     uint16_t port)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)out;

	memset(out, 0, sizeof(*out));
	if (v6) {
		out->sin6_family = AF_INET6;
		out->sin6_port = htons(port);
		inet_pton(AF_INET6, v6_text, &out->sin6_addr);
	} else {
		v4->sin_family = AF_INET;
		v4->sin_port = htons(port);
		inet_pton(AF_INET, v4_text, &v4->sin_addr);
	}
}

static void probe_once(const struct order *order)
{
	const int family = order->v6 ? AF_INET6 : AF_INET, one = 1;
	int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK, 0);
	struct sockaddr_in6 from, to;

	set_addr(&from, order->v6, "100.64.9.10", "fd09::10", order->sport);
	set_addr(&to, order->v6, "100.64.9.1", "fd09::1", order->dport);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(fd, (struct sockaddr *)&from, sizeof(from)) ||
	    (connect(fd, (struct sockaddr *)&to, sizeof(to)) && errno != EINPROGRESS))
		_exit(3);
	nap_ms(50);
	close(fd);
}

/* Some thousand packets a second to the port, from a process of its own, until it is killed. */
static pid_t start_flood(const struct order *order)
{
	struct sockaddr_in6 to;
	pid_t pid = fork();
	int fd;

	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	set_addr(&to, false, "100.64.9.1", "", order->dport);
	for (;;) {
		for (int i = 0; i < 20; i++)
			sendto(fd, "x", 1, MSG_DONTWAIT, (struct sockaddr *)&to,
			       sizeof(struct sockaddr_in));
		nap_ms(2);
	}
}

static void stop_flood(pid_t *pid)
{
	if (*pid > 0) {
		kill(*pid, SIGKILL);
		waitpid(*pid, NULL, 0);
	}
	*pid = 0;
}

static void serve_orders(int go, int ready)
{
	struct order order;
	pid_t flood = 0;
	char byte = 0;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (unshare(CLONE_NEWNET) || write(ready, &byte, 1) != 1)
		_exit(1);
	while (read(go, &order, sizeof(order)) == sizeof(order)) {
		if (order.flood) {
			stop_flood(&flood);
			flood = start_flood(&order);
		} else if (order.dport) {
			probe_once(&order);
		} else {
			stop_flood(&flood);
		}
		if (write(ready, &byte, 1) != 1)
			break;
	}
	stop_flood(&flood);
	_exit(0);
}

static void wait_ready(void)
{
	char byte;

	assert_int_equal(read(bench.prober.ready, &byte, 1), 1);
}

static void send_order(struct order order)
{
	assert_int_equal(write(bench.prober.go, &order, sizeof(order)), sizeof(order));
	wait_ready();
}

static int start_prober(void)
{
	int go[2], ready[2];

	if (pipe(go) || pipe(ready))
		return -errno;
	bench.prober.pid = fork();
	if (!bench.prober.pid) {
		close(go[1]);
		serve_orders(go[0], ready[1]);
	}
	close(go[0]);
	close(ready[1]);
	bench.prober.go = go[1];
	bench.prober.ready = ready[0];
	wait_ready();
	return 0;
}

/* fe80 addresses aside, nothing but the two ends of the veth. */
static int lay_wire(void)
{
	const int pid = bench.prober.pid;

	return run("ip link set lo up && "
		   "ip link add legacy0 type veth peer name legacy1 netns %d && "
		   "ip addr add 100.64.9.1/24 dev legacy0 && "
		   "ip addr add fd09::1/64 dev legacy0 nodad && ip link set legacy0 up",
		   pid) ||
	       run("nsenter -t %d -n sh -c 'ip addr add 100.64.9.10/24 dev legacy1 && "
		   "ip addr add fd09::10/64 dev legacy1 nodad && ip link set legacy1 up'",
		   pid);
}

static int listen_on(int family)
{
	int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	const int one = 1;
	struct sockaddr_in6 addr;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof(one));
	set_addr(&addr, family == AF_INET6, "0.0.0.0", "::", PORT);
	return bind(fd, (struct sockaddr *)&addr, sizeof(addr)) || listen(fd, 64) ? -errno : fd;
}

static int group_setup(void **state)
{
	(void)state;
	bench.sport = FIRST_SPORT;
	if (geteuid() || unshare(CLONE_NEWNET) || run("iptables-legacy -w -L -n >/dev/null 2>&1")) {
		print_message("no namespaces or no legacy iptables: skipped\n");
		return 0;
	}
	run("ip6tables-legacy -w -L -n >/dev/null 2>&1");
	if (start_prober() || lay_wire() || listen_on(AF_INET) < 0 || listen_on(AF_INET6) < 0)
		return -1;
	permitted = true;
	return 0;
}

static int group_teardown(void **state)
{
	(void)state;
	if (!bench.prober.pid)
		return 0;
	close(bench.prober.go);
	waitpid(bench.prober.pid, NULL, 0);
	return 0;
}

static void flush(void)
{
	static const char *const tables[] = {"raw", "mangle", "nat", "filter"};
	static const char *const chains[] = {"INPUT", "FORWARD", "OUTPUT"};

	for (int v6 = 0; v6 < 2; v6++) {
		for (int i = 0; i < 4; i++)
			run("ip%stables-legacy -w -t %s -F 2>/dev/null; "
			    "ip%stables-legacy -w -t %s -X 2>/dev/null",
			    v6 ? "6" : "", tables[i], v6 ? "6" : "", tables[i]);
		for (int i = 0; i < 3; i++)
			run("ip%stables-legacy -w -P %s ACCEPT 2>/dev/null", v6 ? "6" : "",
			    chains[i]);
	}
}

static int setup(void **state)
{
	(void)state;
	if (!permitted)
		return 0;
	flush();
	return facts_open(&bench.facts, NULL, NULL);
}

static int teardown(void **state)
{
	(void)state;
	facts_close(bench.facts);
	bench.facts = NULL;
	return 0;
}

static struct fact_request request_of(bool v6, bool is_reply, uint64_t since_ns)
{
	struct fact_request request = {.ifindex = if_nametoindex("legacy0"),
				       .needs = NEED_RULE,
				       .is_reply = is_reply,
				       .since_ns = since_ns,
				       .tcp = {.flags = is_reply ? SYNACK : SYN}};
	struct ev_flow *flow = &request.probe;

	flow->proto = IPPROTO_TCP;
	flow->family = v6 ? 6 : 4;
	flow->sport = bench.sport;
	flow->dport = PORT;
	if (v6) {
		inet_pton(AF_INET6, "fd09::10", flow->saddr);
		inet_pton(AF_INET6, "fd09::1", flow->daddr);
	} else {
		flow->saddr[10] = flow->saddr[11] = flow->daddr[10] = flow->daddr[11] = 0xff;
		inet_pton(AF_INET, "100.64.9.10", flow->saddr + 12);
		inet_pton(AF_INET, "100.64.9.1", flow->daddr + 12);
	}
	request.service = *flow;
	return request;
}

/* One probe that is dropped, and what the facts say of it. */
static void probe(bool v6, bool is_reply)
{
	const struct event_sink sink = {.push = push};
	struct fact_request request;

	bench.n = 0;
	bench.sport++;
	facts_snapshot(bench.facts, facts_clock_ns());
	request = request_of(v6, is_reply, facts_clock_ns());
	send_order((struct order){.sport = bench.sport, .dport = PORT, .v6 = v6});
	assert_int_equal(facts_gather(bench.facts, &request, facts_clock_ns(), &sink), 0);
	assert_int_equal(bench.needs, NEED_RULE);
}

static void expect_at(int i, const char *table, const char *chain, uint32_t number, uint8_t verdict,
		      const char *text)
{
	const struct fact_rule *rule = &bench.rules[i];

	assert_true(bench.n > i);
	assert_string_equal(rule->text, text);
	assert_string_equal(rule->table, table);
	assert_string_equal(rule->chain, chain);
	assert_int_equal(rule->number, number);
	assert_int_equal(rule->verdict, verdict);
	assert_int_equal(rule->backend, HOOK_IPTABLES_LEGACY);
	assert_int_equal(rule->how, RULE_COUNTED);
}

static void expect(const char *table, const char *base, const char *chain, uint32_t number,
		   uint8_t verdict, const char *text)
{
	expect_at(0, table, chain, number, verdict, text);
	assert_string_equal(bench.rules[0].base, base);
	assert_int_equal(bench.n, 1);
}

#define NEEDS_TABLES()                                                                             \
	do {                                                                                       \
		(void)state;                                                                       \
		if (!permitted)                                                                    \
			skip();                                                                    \
	} while (0)

static void ipt(const char *words)
{
	assert_int_equal(run("iptables-legacy -w %s", words), 0);
}

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

#define test(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(test_input),	  test(test_deep),	   test(test_early),
		test(test_policy),	  test(test_reject),	   test(test_limit),
		test(test_tie),		  test(test_invalid),	   test(test_new),
		test(test_output),	  test(test_v6),	   test(test_queue),
		test(test_queue_reader),  test(test_redirect),	   test(test_busy),
		test(test_changed),	  test(test_lower_device), test(test_no_baseline),
		test(test_loads_nothing), test(test_many),
	};

	return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
