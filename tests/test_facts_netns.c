// SPDX-License-Identifier: GPL-2.0-only
// Unit tests of facts from other network namespaces, in namespaces of children. The tests that need
// them are skipped where making one is not permitted.
#define _GNU_SOURCE /* unshare */
#include <arpa/inet.h>
#include <dirent.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
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
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "facts_internal.h"

enum { PORT = 31999, TAKEN_MAX = 16 };

/* A process in a namespace of its own. */
struct child {
	pid_t pid;
	uint32_t inode;
	int go, ready; /* pipes */
};

struct taken {
	struct fact_listener listeners[TAKEN_MAX];
	int n, sysctls, others;
	bool has_inner_sysctl;
	uint32_t needs;
};

struct bench {
	struct facts *facts;
	struct taken taken;
	struct fact_request request;
};

static bool permitted;

static int push(void *ctx, const struct ev_hdr *ev)
{
	const struct fact_sysctl *sysctl = (const struct fact_sysctl *)ev;
	struct taken *taken = ctx;

	if (ev->type == EV_FACT_LISTENER && taken->n < TAKEN_MAX)
		memcpy(&taken->listeners[taken->n++], ev, sizeof(taken->listeners[0]));
	else if (ev->type == EV_FACT_DONE)
		taken->needs = ((const struct fact_done *)ev)->needs;
	else if (ev->type != EV_FACT_SYSCTL)
		taken->others++;
	else if (strstr(sysctl->name, "inner0"))
		taken->has_inner_sysctl = true;
	return 0;
}

static void set_addr(uint8_t addr[16], const char *text)
{
	memset(addr, 0, 10);
	memset(addr + 10, 0xff, 2);
	assert_int_equal(inet_pton(AF_INET, text, addr + 12), 1);
}

static uint32_t netns_of(pid_t pid)
{
	char path[64];
	struct stat st;

	snprintf(path, sizeof(path), "/proc/%d/ns/net", pid);
	assert_int_equal(stat(path, &st), 0);
	return st.st_ino;
}

static int open_listener(void)
{
	struct sockaddr_in addr = {.sin_family = AF_INET, .sin_port = htons(PORT)};
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (bind(fd, (struct sockaddr *)&addr, sizeof(addr)) || listen(fd, 5))
		return -1;
	return fd;
}

static int set_up(struct netlink *route, const char *name)
{
	struct netlink_request request;
	struct ifinfomsg *msg;

	netlink_prepare(&request, RTM_NEWLINK, 0, sizeof(*msg));
	msg = request.extra;
	msg->ifi_index = if_nametoindex(name);
	msg->ifi_flags = msg->ifi_change = IFF_UP;
	return netlink_ask(route, &request, NULL, NULL);
}

static int give_addr(struct netlink *route, const char *name, const char *text)
{
	struct netlink_request request;
	struct ifaddrmsg *msg;

	netlink_prepare(&request, RTM_NEWADDR, NLM_F_CREATE, sizeof(*msg));
	msg = request.extra;
	msg->ifa_family = AF_INET;
	msg->ifa_prefixlen = 24;
	msg->ifa_index = if_nametoindex(name);
	mnl_attr_put_u32(request.nlh, IFA_LOCAL, inet_addr(text));
	return netlink_ask(route, &request, NULL, NULL);
}

/* A pair of outer, in the namespace of outer_pid (0: here), and inner, in that of pid. */
static int make_pair(struct netlink *route, const char *outer, pid_t outer_pid, const char *inner,
		     pid_t pid)
{
	struct netlink_request request;
	struct nlattr *info, *data, *peer;

	netlink_prepare(&request, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, sizeof(struct ifinfomsg));
	mnl_attr_put_strz(request.nlh, IFLA_IFNAME, outer);
	if (outer_pid)
		mnl_attr_put_u32(request.nlh, IFLA_NET_NS_PID, outer_pid);
	info = mnl_attr_nest_start(request.nlh, IFLA_LINKINFO);
	mnl_attr_put_strz(request.nlh, IFLA_INFO_KIND, "veth");
	data = mnl_attr_nest_start(request.nlh, IFLA_INFO_DATA);
	peer = mnl_attr_nest_start(request.nlh, VETH_INFO_PEER);
	mnl_nlmsg_put_extra_header(request.nlh, sizeof(struct ifinfomsg));
	mnl_attr_put_strz(request.nlh, IFLA_IFNAME, inner);
	mnl_attr_put_u32(request.nlh, IFLA_NET_NS_PID, pid);
	mnl_attr_nest_end(request.nlh, peer);
	mnl_attr_nest_end(request.nlh, data);
	mnl_attr_nest_end(request.nlh, info);
	return netlink_ask(route, &request, NULL, NULL);
}

/* Goes through its steps with the parent: namespace made, linked or not, set up and listening. */
static void run_child(int go, int ready, const char *addr)
{
	static struct netlink route = {.bus = NETLINK_ROUTE};
	char byte = 0;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (unshare(CLONE_NEWNET) || write(ready, &byte, 1) != 1 || read(go, &byte, 1) != 1)
		_exit(1);
	if (addr && (give_addr(&route, "inner0", addr) || set_up(&route, "inner0")))
		_exit(1);
	if (open_listener() < 0 || write(ready, &byte, 1) != 1)
		_exit(1);
	for (;;)
		pause();
}

static void start(struct child *child, const char *addr)
{
	int go[2], ready[2];
	char byte;

	assert_int_equal(pipe(go), 0);
	assert_int_equal(pipe(ready), 0);
	child->pid = fork();
	assert_true(child->pid >= 0);
	if (!child->pid)
		run_child(go[0], ready[1], addr);
	close(go[0]);
	close(ready[1]);
	child->go = go[1];
	child->ready = ready[0];
	assert_int_equal(read(child->ready, &byte, 1), 1);
	child->inode = netns_of(child->pid);
}

static void finish(struct child *child)
{
	char byte = 0;

	assert_int_equal(write(child->go, &byte, 1), 1);
	assert_int_equal(read(child->ready, &byte, 1), 1);
}

static void end(struct child *child)
{
	kill(child->pid, SIGKILL);
	waitpid(child->pid, NULL, 0);
	close(child->go);
	close(child->ready);
}

static void start_isolated(struct child *child)
{
	start(child, NULL);
	finish(child);
}

/* The interface of a namespace that ended may still be there for a while: each has its name. */
static void start_linked(struct child *child, struct bench *bench, const char *addr)
{
	static int n;
	char outer[16];

	snprintf(outer, sizeof(outer), "outer%d", n++);
	start(child, addr);
	assert_int_equal(make_pair(&bench->facts->home.route, outer, 0, "inner0", child->pid), 0);
	finish(child);
}

static void setup(struct bench *bench)
{
	if (!permitted)
		skip();
	memset(bench, 0, sizeof(*bench));
	assert_int_equal(facts_open(&bench->facts, NULL, NULL), 0);
	set_addr(bench->request.probe.saddr, "192.0.2.1");
	set_addr(bench->request.probe.daddr, "127.0.0.1");
	bench->request.probe.sport = 40000;
	bench->request.probe.dport = PORT;
	bench->request.probe.proto = IPPROTO_TCP;
	bench->request.probe.family = 4;
	bench->request.service = bench->request.probe;
}

static void gather(struct bench *bench, uint32_t needs)
{
	const struct event_sink sink = {.push = push, .ctx = &bench->taken};
	uint32_t before = netns_of(getpid());

	memset(&bench->taken, 0, sizeof(bench->taken));
	bench->request.needs = needs;
	/* What was just found out is not taken for an answer about what was changed since. */
	bench->facts->survey.not_before_ns = 0;
	bench->facts->netns.not_before_ns = 0;
	assert_int_equal(facts_gather(bench->facts, &bench->request, NS_PER_SEC, &sink), 0);
	assert_int_equal(netns_of(getpid()), before);
}

/* There may be others in namespaces of this machine that are none of the test's. */
static const struct fact_listener *find(const struct bench *bench, const struct child *child)
{
	for (int i = 0; i < bench->taken.n; i++)
		if (bench->taken.listeners[i].netns == child->inode)
			return &bench->taken.listeners[i];
	return NULL;
}

static void test_parse_link(void **state)
{
	(void)state;
	assert_int_equal(netns_parse_link("net:[4026531840]"), 4026531840);
	assert_int_equal(netns_parse_link("net:[]"), 0);
	assert_int_equal(netns_parse_link("net:[12"), 0);
	assert_int_equal(netns_parse_link("net:[12]3"), 0);
	assert_int_equal(netns_parse_link("net:[-1]"), 0);
	assert_int_equal(netns_parse_link("net:[4294967296]"), 0);
	assert_int_equal(netns_parse_link("mnt:[4026531840]"), 0);
	assert_int_equal(netns_parse_link(""), 0);
}

static void test_isolated(void **state)
{
	const struct fact_listener *listener;
	struct child child;
	struct bench bench;

	(void)state;
	setup(&bench);
	start_isolated(&child);
	gather(&bench, NEED_ELSEWHERE);
	listener = find(&bench, &child);
	assert_non_null(listener);
	assert_int_equal(bench.taken.needs, NEED_ELSEWHERE);
	assert_int_equal(listener->pid, child.pid);
	assert_true(listener->pstate == 'S' || listener->pstate == 'R');
	assert_int_equal(listener->port, PORT);
	assert_memory_equal(&listener->flow, &bench.request.probe, sizeof(listener->flow));
	/* Of the listeners where the service is, it is none. */
	gather(&bench, NEED_LISTENERS);
	assert_int_equal(bench.taken.n, 0);
	bench.request.service.dport++;
	gather(&bench, NEED_ELSEWHERE);
	assert_null(find(&bench, &child));
	end(&child);
	facts_close(bench.facts);
}

static void test_linked_first(void **state)
{
	struct child isolated, linked;
	struct bench bench;

	(void)state;
	setup(&bench);
	start_isolated(&isolated);
	start_linked(&linked, &bench, "198.51.100.2");
	gather(&bench, NEED_ELSEWHERE);
	assert_non_null(find(&bench, &isolated));
	assert_int_equal(bench.taken.listeners[0].netns, linked.inode);
	assert_int_equal(bench.taken.listeners[0].pid, linked.pid);
	end(&isolated);
	end(&linked);
	facts_close(bench.facts);
}

/* One that has the prober's address, and one that has a network of its own. */
static void test_left_out(void **state)
{
	struct netlink *route;
	struct child prober, foreign;
	struct bench bench;

	(void)state;
	setup(&bench);
	route = &bench.facts->home.route;
	start_linked(&prober, &bench, "198.51.100.2");
	set_addr(bench.request.probe.saddr, "198.51.100.2");
	start(&foreign, "203.0.113.2");
	assert_int_equal(make_pair(route, "outer0", prober.pid, "inner0", foreign.pid), 0);
	finish(&foreign);
	gather(&bench, NEED_ELSEWHERE);
	assert_int_equal(bench.taken.needs, NEED_ELSEWHERE);
	assert_null(find(&bench, &prober));
	assert_null(find(&bench, &foreign));
	/* From somebody else, the first is one like others. */
	set_addr(bench.request.probe.saddr, "198.51.100.9");
	gather(&bench, NEED_ELSEWHERE);
	assert_non_null(find(&bench, &prober));
	assert_null(find(&bench, &foreign));
	/* Nor is the foreign one where a probe goes, though it has the address. */
	set_addr(bench.request.service.daddr, "203.0.113.2");
	gather(&bench, NEED_LISTENERS);
	assert_int_equal(bench.taken.needs, 0);
	end(&prober);
	end(&foreign);
	facts_close(bench.facts);
}

static void test_service(void **state)
{
	struct child child;
	struct bench bench;

	(void)state;
	setup(&bench);
	start_linked(&child, &bench, "198.51.100.2");
	set_addr(bench.request.service.daddr, "198.51.100.2");
	/* The second time from what is remembered. */
	for (int i = 0; i < 2; i++) {
		gather(&bench, NEED_LISTENERS);
		assert_int_equal(bench.taken.needs, NEED_LISTENERS);
		assert_int_equal(bench.taken.n, 1);
		assert_int_equal(bench.taken.listeners[0].pid, child.pid);
		assert_int_equal(bench.taken.listeners[0].netns, 0);
		assert_memory_equal(&bench.taken.listeners[0].flow, &bench.request.probe,
				    sizeof(struct ev_flow));
	}
	/* Looked for there already, it is not elsewhere. */
	gather(&bench, NEED_ELSEWHERE);
	assert_null(find(&bench, &child));
	set_addr(bench.request.service.daddr, "198.51.100.3");
	gather(&bench, NEED_LISTENERS | NEED_ELSEWHERE);
	assert_int_equal(bench.taken.needs & NEED_LISTENERS, 0);
	assert_non_null(find(&bench, &child));
	end(&child);
	facts_close(bench.facts);
}

static void test_stopped_inside(void **state)
{
	const uint32_t needs = NEED_SYSCTLS | NEED_COUNTERS;
	struct child child;
	struct bench bench;

	(void)state;
	setup(&bench);
	facts_snapshot(bench.facts, NS_PER_SEC);
	start_linked(&child, &bench, "198.51.100.2");
	set_addr(bench.request.service.daddr, "198.51.100.2");
	gather(&bench, needs);
	assert_int_equal(bench.taken.needs, needs);
	assert_false(bench.taken.has_inner_sysctl);
	bench.request.netns = child.inode;
	gather(&bench, needs);
	assert_int_equal(bench.taken.needs, NEED_SYSCTLS);
	assert_true(bench.taken.has_inner_sysctl);
	/* The traced one by its own number. */
	bench.request.netns = netns_of(getpid());
	gather(&bench, needs);
	assert_int_equal(bench.taken.needs, needs);
	assert_false(bench.taken.has_inner_sysctl);
	end(&child);
	facts_close(bench.facts);
}

/* When its last process ends, nothing of this process keeps it. */
static void test_end(void **state)
{
	struct child child;
	struct bench bench;

	(void)state;
	setup(&bench);
	start_isolated(&child);
	bench.request.netns = child.inode;
	gather(&bench, NEED_SYSCTLS);
	assert_int_equal(bench.taken.needs, NEED_SYSCTLS);
	facts_snapshot(bench.facts, NS_PER_SEC);
	assert_non_null(bench.facts->views[0]);
	end(&child);
	facts_snapshot(bench.facts, NS_PER_SEC);
	assert_null(bench.facts->views[0]);
	gather(&bench, NEED_SYSCTLS);
	assert_int_equal(bench.taken.needs, 0);
	facts_close(bench.facts);
}

static long position_after(pid_t pid)
{
	DIR *proc = opendir("/proc");
	struct dirent *entry;
	long position;

	assert_non_null(proc);
	do {
		entry = readdir(proc);
		assert_non_null(entry);
	} while (strtol(entry->d_name, NULL, 10) != pid);
	position = telldir(proc);
	closedir(proc);
	return position;
}

/* Goes on to the end of /proc, however often the time for one reading is over. */
static void read_to_end(struct netns_list *list, const struct bench *bench)
{
	int readings = 0;

	do {
		list->not_before_ns = 0;
		assert_int_equal(netns_list_read(list, &bench->facts->home), 0);
	} while (list->resume && ++readings < 1000);
	assert_int_equal(list->resume, 0);
}

/* Where /proc was left, the next reading goes on: what is found is what comes after that. */
static void test_list_resumed(void **state)
{
	struct netns_list list = {0};
	struct child children[3];
	struct bench bench;

	(void)state;
	setup(&bench);
	for (int i = 0; i < 3; i++)
		start_isolated(&children[i]);
	read_to_end(&list, &bench);
	/* As if the time had been over after the first. */
	list.pass++;
	list.resume = position_after(children[0].pid);
	read_to_end(&list, &bench);
	assert_null(netns_list_find(&list, children[0].inode));
	assert_non_null(netns_list_find(&list, children[1].inode));
	assert_non_null(netns_list_find(&list, children[2].inode));
	read_to_end(&list, &bench);
	assert_non_null(netns_list_find(&list, children[0].inode));
	netns_list_free(&list);
	for (int i = 0; i < 3; i++)
		end(&children[i]);
	facts_close(bench.facts);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse_link),   cmocka_unit_test(test_isolated),
		cmocka_unit_test(test_linked_first), cmocka_unit_test(test_left_out),
		cmocka_unit_test(test_service),	     cmocka_unit_test(test_stopped_inside),
		cmocka_unit_test(test_list_resumed), cmocka_unit_test(test_end),
	};

	/* The traced namespace is the test's own: nothing on the machine is touched. */
	permitted = !unshare(CLONE_NEWNET);
	if (!permitted)
		print_message("no network namespace can be made: what needs one is skipped\n");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
