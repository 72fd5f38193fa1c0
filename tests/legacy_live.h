/* SPDX-License-Identifier: GPL-2.0-only */
/* Probes from a child's network namespace into one of this process's own with legacy iptables. */
#ifndef LEGACY_LIVE_H
#define LEGACY_LIVE_H

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

static inline int push(void *ctx, const struct ev_hdr *ev)
{
	(void)ctx;
	if (ev->type == EV_FACT_RULE && bench.n < TAKEN_MAX)
		memcpy(&bench.rules[bench.n++], ev, sizeof(bench.rules[0]));
	else if (ev->type == EV_FACT_DONE)
		bench.needs = ((const struct fact_done *)ev)->needs;
	return 0;
}

static inline int run(const char *format, ...)
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

static inline void nap_ms(long ms)
{
	const struct timespec pause = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};

	nanosleep(&pause, NULL);
}

static inline void set_addr(struct sockaddr_in6 *out, bool v6, const char *v4_text,
			    const char *v6_text, uint16_t port)
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

static inline void probe_once(const struct order *order)
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
static inline pid_t start_flood(const struct order *order)
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

static inline void stop_flood(pid_t *pid)
{
	if (*pid > 0) {
		kill(*pid, SIGKILL);
		waitpid(*pid, NULL, 0);
	}
	*pid = 0;
}

static inline void serve_orders(int go, int ready)
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

static inline void wait_ready(void)
{
	char byte;

	assert_int_equal(read(bench.prober.ready, &byte, 1), 1);
}

static inline void send_order(struct order order)
{
	assert_int_equal(write(bench.prober.go, &order, sizeof(order)), sizeof(order));
	wait_ready();
}

static inline int start_prober(void)
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
static inline int lay_wire(void)
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

static inline int listen_on(int family)
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

static inline int group_setup(void **state)
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

static inline int group_teardown(void **state)
{
	(void)state;
	if (!bench.prober.pid)
		return 0;
	close(bench.prober.go);
	waitpid(bench.prober.pid, NULL, 0);
	return 0;
}

static inline void flush(void)
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

static inline int setup(void **state)
{
	(void)state;
	if (!permitted)
		return 0;
	flush();
	return facts_open(&bench.facts, NULL, NULL);
}

static inline int teardown(void **state)
{
	(void)state;
	facts_close(bench.facts);
	bench.facts = NULL;
	return 0;
}

static inline struct fact_request request_of(bool v6, bool is_reply, uint64_t since_ns)
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
static inline void probe(bool v6, bool is_reply)
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

static inline void expect_at(int i, const char *table, const char *chain, uint32_t number,
			     uint8_t verdict, const char *text)
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

static inline void expect(const char *table, const char *base, const char *chain, uint32_t number,
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

static inline void ipt(const char *words)
{
	assert_int_equal(run("iptables-legacy -w %s", words), 0);
}

#endif
