// SPDX-License-Identifier: GPL-2.0-only
// Unit tests of facts from a copy of an old kernel's /proc.
#define _GNU_SOURCE /* nftw */
#include <arpa/inet.h>
#include <errno.h>
#include <ftw.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "facts_internal.h"
#include "old_proc.h"

enum { LISTENERS = 4, SYSCTLS = 16, COUNTERS = 16, ALL_NEEDS = NEED_RULE * 2 - 1 };

struct bench {
	char dir[32];
	struct facts *facts;
	char why[256];
	unsigned int listeners, sysctls, counters, others;
	struct fact_listener listener[LISTENERS];
	struct fact_sysctl sysctl[SYSCTLS];
	struct fact_counter counter[COUNTERS];
	struct fact_conntrack conntrack;
	uint32_t done;
};

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static int set_up(void **state)
{
	struct bench *b = calloc(1, sizeof(*b));

	*state = b;
	assert_non_null(b);
	snprintf(b->dir, sizeof(b->dir), "/tmp/clbtrace-proc.XXXXXX");
	assert_non_null(mkdtemp(b->dir));
	return 0;
}

static int tear_down(void **state)
{
	struct bench *b = *state;

	facts_close(b->facts);
	nftw(b->dir, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
	free(b);
	return 0;
}

/* Makes the directories of name, too. */
static void put_file(const struct bench *b, const char *name, const char *text)
{
	char path[256];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", b->dir, name);
	for (char *slash = path + strlen(b->dir) + 1; (slash = strchr(slash, '/')); slash++) {
		*slash = '\0';
		if (mkdir(path, 0755))
			assert_int_equal(errno, EEXIST);
		*slash = '/';
	}
	file = fopen(path, "we");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static void put_old_kernel(const struct bench *b)
{
	put_file(b, "net/netstat", OLD_NETSTAT("5", "2"));
	put_file(b, "net/snmp", OLD_SNMP);
	put_file(b, "net/tcp", OLD_TCP);
	put_file(b, "net/tcp6", OLD_TCP6);
	put_file(b, "sys/net/ipv4/tcp_tw_recycle", "1\n");
	put_file(b, "sys/net/ipv4/conf/all/rp_filter", "0\n");
	put_file(b, "sys/net/ipv4/conf/default/rp_filter", "2\n");
	put_file(b, "sys/net/ipv4/conf/eth7.100/rp_filter", "1\n");
}

static int push(void *ctx, const struct ev_hdr *ev)
{
	struct bench *b = ctx;

	if (ev->type == EV_FACT_LISTENER && b->listeners < LISTENERS)
		memcpy(&b->listener[b->listeners++], ev, sizeof(b->listener[0]));
	else if (ev->type == EV_FACT_SYSCTL && b->sysctls < SYSCTLS)
		memcpy(&b->sysctl[b->sysctls++], ev, sizeof(b->sysctl[0]));
	else if (ev->type == EV_FACT_COUNTER && b->counters < COUNTERS)
		memcpy(&b->counter[b->counters++], ev, sizeof(b->counter[0]));
	else if (ev->type == EV_FACT_CONNTRACK)
		memcpy(&b->conntrack, ev, sizeof(b->conntrack));
	else if (ev->type == EV_FACT_DONE)
		b->done = ((const struct fact_done *)ev)->needs;
	else
		b->others++;
	return 0;
}

static void gather(struct bench *b, uint16_t port, uint64_t since_ns)
{
	const struct event_sink to = {push, b};
	struct fact_request request = {
		.probe = {.family = 4, .proto = IPPROTO_TCP, .sport = 53738, .dport = port},
		.needs = ALL_NEEDS,
		.since_ns = since_ns,
	};

	inet_pton(AF_INET6, "::ffff:100.64.1.10", request.probe.saddr);
	inet_pton(AF_INET6, "::ffff:172.16.32.15", request.probe.daddr);
	request.service = request.probe;
	b->listeners = b->sysctls = b->counters = b->others = 0;
	assert_int_equal(facts_gather(b->facts, &request, since_ns + NS_PER_SEC, &to), 0);
}

static void open_copy(struct bench *b)
{
	assert_int_equal(facts_open_proc(&b->facts, b->dir, b->why, sizeof(b->why)), 0);
}

static uint64_t grew(const struct bench *b, const char *name)
{
	for (unsigned int i = 0; i < b->counters; i++)
		if (!strcmp(b->counter[i].name, name))
			return b->counter[i].delta;
	return 0;
}

static const struct fact_sysctl *sysctl_of(const struct bench *b, const char *name)
{
	for (unsigned int i = 0; i < b->sysctls; i++)
		if (!strcmp(b->sysctl[i].name, name))
			return &b->sysctl[i];
	return NULL;
}

static bool has_addr(const struct fact_listener *l, const char *text)
{
	uint8_t addr[16];

	assert_int_equal(inet_pton(AF_INET6, text, addr), 1);
	return !memcmp(l->laddr, addr, 16);
}

/* Only what the copy has; nothing of this host. */
static void test_old_kernel(void **state)
{
	struct bench *b = *state;

	put_old_kernel(b);
	open_copy(b);
	facts_snapshot(b->facts, 1 * NS_PER_SEC);
	put_file(b, "net/netstat", OLD_NETSTAT("8", "2"));
	gather(b, 80, 2 * NS_PER_SEC);
	assert_int_equal(b->done, NEED_LISTENERS | NEED_SYSCTLS | NEED_COUNTERS | NEED_CONNTRACK);
	assert_int_equal(b->others, 0);
	assert_int_equal(b->counters, 1);
	assert_int_equal(grew(b, "TcpExtPAWSPassive"), 3);
	assert_int_equal(b->sysctls, 3);
	assert_int_equal(sysctl_of(b, "net.ipv4.tcp_tw_recycle")->value, 1);
	assert_int_equal(sysctl_of(b, "net.ipv4.conf.all.rp_filter")->value, 0);
	assert_int_equal(sysctl_of(b, "net.ipv4.conf.eth7/100.rp_filter")->value, 1);
	assert_int_equal(b->conntrack.max, 0);
	assert_int_equal(b->listeners, 2);
	assert_true(has_addr(&b->listener[0], "::ffff:0.0.0.0"));
	assert_int_equal(b->listener[0].family, 4);
	assert_int_equal(b->listener[0].backlog, 3);
	assert_true(b->listener[0].limit == FACT_LIMIT_UNKNOWN);
	assert_int_equal(b->listener[0].inode, 11820);
	assert_int_equal(b->listener[0].pid, 0);
	assert_true(has_addr(&b->listener[1], "::1"));
	assert_int_equal(b->listener[1].family, 6);
	gather(b, 8080, 3 * NS_PER_SEC);
	assert_int_equal(b->listeners, 1);
	assert_true(has_addr(&b->listener[0], "::ffff:127.0.0.1"));
	assert_int_equal(b->listener[0].uid, 500);
	gather(b, 81, 4 * NS_PER_SEC);
	assert_int_equal(b->listeners, 0);
	assert_true(b->done & NEED_LISTENERS);
}

/* Two copies: growth is what lies between them, for every probe, and only that. */
static void test_before_after(void **state)
{
	struct bench *b = *state;

	put_file(b, "before/net/netstat", OLD_NETSTAT("5", "2"));
	put_file(b, "before/net/snmp", OLD_SNMP);
	put_file(b, "after/net/netstat", OLD_NETSTAT("5", "9"));
	put_file(b, "after/net/snmp", OLD_SNMP);
	put_file(b, "after/net/tcp", OLD_TCP);
	put_file(b, "after/sys/net/netfilter/nf_conntrack_count", "65536\n");
	put_file(b, "after/sys/net/netfilter/nf_conntrack_max", "65536\n");
	put_file(b, "after/net/stat/nf_conntrack",
		 "entries  searched found new invalid ignore delete delete_list insert "
		 "insert_failed drop early_drop icmp_error  expect_new expect_create "
		 "expect_delete search_restart\n"
		 "00010000  00000000 00000000 00000000 00000000 00000000 00000000 00000000 "
		 "00000000 00000000 0000000c 00000002 00000000  00000000 00000000 00000000 "
		 "00000000\n");
	open_copy(b);
	facts_snapshot(b->facts, NS_PER_SEC);
	gather(b, 80, 2 * NS_PER_SEC);
	assert_int_equal(grew(b, "TcpExtListenOverflows"), 7);
	assert_int_equal(grew(b, "TcpExtListenDrops"), 7);
	assert_int_equal(b->counters, 2);
	assert_int_equal(b->conntrack.count, 65536);
	assert_int_equal(b->conntrack.max, 65536);
	assert_int_equal(b->conntrack.dropped, 14);
	gather(b, 80, 20 * NS_PER_SEC);
	assert_int_equal(grew(b, "TcpExtListenOverflows"), 7);
}

/* One copy, not renewed: whether a counter grew is not known, which is not that none did. */
static void test_single(void **state)
{
	struct bench *b = *state;

	put_old_kernel(b);
	open_copy(b);
	gather(b, 80, NS_PER_SEC);
	assert_int_equal(b->done, NEED_LISTENERS | NEED_SYSCTLS | NEED_CONNTRACK);
	assert_int_equal(b->counters, 0);
}

/* What is not in a copy is not known. */
static void test_incomplete(void **state)
{
	struct bench *b = *state;

	put_file(b, "net/other", "");
	open_copy(b);
	facts_snapshot(b->facts, NS_PER_SEC);
	gather(b, 80, 2 * NS_PER_SEC);
	assert_int_equal(b->done & (NEED_LISTENERS | NEED_COUNTERS), 0);
	assert_int_equal(b->listeners + b->sysctls + b->counters + b->others, 0);
}

static void refused(struct bench *b, const char *dir, const char *reason)
{
	assert_int_equal(facts_open_proc(&b->facts, dir, b->why, sizeof(b->why)), -EINVAL);
	assert_null(b->facts);
	if (!strstr(b->why, reason) || strchr(b->why, '\n'))
		fail_msg("'%s', expected: %s", b->why, reason);
}

static void test_refused(void **state)
{
	struct bench *b = *state;
	char path[64];

	refused(b, b->dir, "neither net nor sys");
	snprintf(path, sizeof(path), "%s/none", b->dir);
	refused(b, path, "No such file");
	put_file(b, "net", "");
	snprintf(path, sizeof(path), "%s/net", b->dir);
	refused(b, path, "Not a directory");
	put_file(b, "before/x", "");
	put_file(b, "after/x", "");
	refused(b, b->dir, "before/net/netstat");
}

static void test_connection(void **state)
{
	struct bench *b = *state;
	struct proc_root root = {.is_copy = true};
	struct ev_flow flow = {.family = 4, .sport = 0xd1ea, .dport = 80};
	struct proc_socket socket;

	put_old_kernel(b);
	snprintf(root.path, sizeof(root.path), "%s", b->dir);
	inet_pton(AF_INET6, "::ffff:100.64.1.10", flow.saddr);
	inet_pton(AF_INET6, "::ffff:172.16.32.15", flow.daddr);
	assert_int_equal(proc_conn(&root, &flow, &socket), 0);
	assert_int_equal(socket.state, TCP_ESTABLISHED);
	assert_int_equal(socket.tx_queue, 5);
	assert_int_equal(socket.rx_queue, 0x12);
	assert_int_equal(socket.uid, 48);
	assert_int_equal(socket.inode, 12577);
	flow.sport++;
	assert_int_equal(proc_conn(&root, &flow, &socket), 0);
	assert_int_equal(socket.state, TCP_TIME_WAIT);
	flow.sport++;
	assert_int_equal(proc_conn(&root, &flow, &socket), -ENOENT);
}

static void test_lines_broken(void **state)
{
	static const char line[] = "   0: 00000000:0050 00000000:0000 0A 00000000:00000003 "
				   "00:00000000 00000000     0        0 11820";
	struct proc_socket socket;
	char cut[sizeof(line)];

	(void)state;
	assert_true(proc_parse_socket(line, 4, &socket));
	assert_false(proc_parse_socket(line, 6, &socket));
	for (size_t len = 0; len < sizeof(line) - 6; len++) {
		snprintf(cut, sizeof(cut), "%.*s", (int)len, line);
		assert_false(proc_parse_socket(cut, 4, &socket));
	}
	assert_false(proc_parse_socket(TCP_COLUMNS, 4, &socket));
	assert_false(proc_parse_socket("0: 0000000000:0050 00000000:0000 0A 0:0 0:0 0 0 0 1", 4,
				       &socket));
	assert_false(
		proc_parse_socket("0: 0000000:0050 00000000:0000 0A 0:0 0:0 0 0 0 1", 4, &socket));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_old_kernel, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_before_after, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_single, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_incomplete, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_refused, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_connection, set_up, tear_down),
		cmocka_unit_test(test_lines_broken),
	};

	return cmocka_run_group_tests_name("facts_copy", tests, NULL, NULL);
}
