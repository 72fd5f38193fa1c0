// SPDX-License-Identifier: GPL-2.0-only
// Tests, in a network namespace of their own, of which rule is named for packets that rules drop.
#define _GNU_SOURCE /* unshare */
#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "facts_internal.h"
#include "facts_trace.h"
#include "options.h"
#include "sample.h"

enum { SPORT = 40000 };

static bool permitted;

struct wanted {
	const char *script; /* shell commands that make the ruleset */
	const char *family, *table, *chain, *base, *text, *set, *element;
	uint8_t verdict, hook, pf;
	uint32_t number;
	uint16_t port;
	bool v6, reply;
};

struct bench {
	struct facts *facts;
	struct options options;
	struct prefix sources[2];
	struct fact_rule rule;
	int n;
	char note[256];
};

static int push(void *ctx, const struct ev_hdr *ev)
{
	struct bench *bench = ctx;

	if (ev->type != EV_FACT_RULE)
		return 0;
	memcpy(&bench->rule, ev, sizeof(bench->rule));
	bench->n++;
	return 0;
}

static void shell(const char *script)
{
	int status = system(script);

	if (status)
		print_error("failed: %s\n", script);
	assert_int_equal(status, 0);
}

static void set_up(struct bench *bench, const char *script)
{
	if (!permitted)
		skip();
	memset(bench, 0, sizeof(*bench));
	shell("nft flush ruleset");
	shell(script);
	sample_address(bench->sources[0].addr, "100.64.0.0");
	bench->sources[0].len = 96 + 10;
	sample_address(bench->sources[1].addr, "2001:db8::");
	bench->sources[1].len = 64;
	bench->options =
		(struct options){.sources = bench->sources, .n_sources = 2, .all_ports = true};
	assert_int_equal(facts_open(&bench->facts, NULL, NULL), 0);
	assert_int_equal(facts_trace_open(bench->facts, &bench->options), 0);
	facts_trace_rules(bench->facts, facts_clock_ns(), bench->note, sizeof(bench->note));
}

static struct ev_flow flow_of(const struct wanted *want)
{
	struct ev_flow flow = {.proto = IPPROTO_TCP, .family = want->v6 ? 6 : 4};

	sample_address(flow.saddr, want->v6 ? "2001:db8::1" : "100.64.0.1");
	sample_address(flow.daddr, want->v6 ? "2001:db8::2" : "100.64.0.2");
	flow.sport = SPORT;
	flow.dport = want->port ? want->port : 80;
	return flow;
}

/* Without a checksum: nothing of what it meets here looks at it. */
static void send_syn(const struct ev_flow *flow, uint32_t seq)
{
	struct {
		struct ip ip;
		struct tcphdr tcp;
	} v4 = {0};
	struct {
		struct ip6_hdr ip;
		struct tcphdr tcp;
	} v6 = {0};
	struct sockaddr_in to4 = {.sin_family = AF_INET};
	struct sockaddr_in6 to6 = {.sin6_family = AF_INET6};
	const bool is_v6 = flow->family == 6;
	struct tcphdr *tcp = is_v6 ? &v6.tcp : &v4.tcp;
	int fd = socket(is_v6 ? AF_INET6 : AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW);

	assert_true(fd >= 0);
	tcp->source = htons(flow->sport);
	tcp->dest = htons(flow->dport);
	tcp->seq = htonl(seq);
	tcp->doff = 5;
	tcp->syn = 1;
	v4.ip.ip_v = 4;
	v4.ip.ip_hl = 5;
	v4.ip.ip_ttl = 64;
	v4.ip.ip_p = IPPROTO_TCP;
	memcpy(&v4.ip.ip_src, flow->saddr + 12, 4);
	memcpy(&v4.ip.ip_dst, flow->daddr + 12, 4);
	to4.sin_addr = v4.ip.ip_dst;
	v6.ip.ip6_flow = htonl(6u << 28);
	v6.ip.ip6_plen = htons(sizeof(v6.tcp));
	v6.ip.ip6_nxt = IPPROTO_TCP;
	v6.ip.ip6_hlim = 64;
	memcpy(&v6.ip.ip6_src, flow->saddr, 16);
	memcpy(&v6.ip.ip6_dst, flow->daddr, 16);
	to6.sin6_addr = v6.ip.ip6_dst;
	if (is_v6)
		assert_int_equal(sendto(fd, &v6, sizeof(v6), 0, (void *)&to6, sizeof(to6)),
				 sizeof(v6));
	else
		assert_int_equal(sendto(fd, &v4, sizeof(v4), 0, (void *)&to4, sizeof(to4)),
				 sizeof(v4));
	close(fd);
}

/* A connection to a listener here, so that there is a SYN-ACK. Returns its sequence number. */
static uint32_t connect_for_answer(struct bench *bench, const struct ev_flow *flow)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(flow->dport)};
	struct sockaddr_in from = {.sin_family = AF_INET, .sin_port = htons(flow->sport)};
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	const struct traced_packet *packet;
	struct ev_flow answer = {.proto = IPPROTO_TCP, .family = 4};
	int on = 1;

	memcpy(&to.sin_addr, flow->daddr + 12, 4);
	memcpy(&from.sin_addr, flow->saddr + 12, 4);
	setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	assert_int_equal(bind(listener, (void *)&to, sizeof(to)), 0);
	assert_int_equal(listen(listener, 4), 0);
	assert_int_equal(bind(fd, (void *)&from, sizeof(from)), 0);
	assert_int_equal(connect(fd, (void *)&to, sizeof(to)), -1);
	trace_drain(bench->facts->trace, facts_clock_ns());
	memcpy(answer.saddr, flow->daddr, 16);
	memcpy(answer.daddr, flow->saddr, 16);
	answer.sport = flow->dport;
	answer.dport = flow->sport;
	packet = trace_find(bench->facts->trace->table, &answer, false, 0);
	assert_non_null(packet);
	close(fd);
	close(listener);
	return packet->seq;
}

static void ask(struct bench *bench, const struct ev_flow *flow, uint32_t seq, bool reply)
{
	const struct fact_request request = {
		.probe = *flow,
		.service = *flow,
		.ifindex = if_nametoindex("lo"),
		.needs = NEED_RULE,
		.is_reply = reply,
		.tcp = {.seq = seq},
	};
	const struct event_sink sink = {.push = push, .ctx = bench};

	bench->n = 0;
	memset(&bench->rule, 0, sizeof(bench->rule));
	assert_int_equal(facts_gather(bench->facts, &request, facts_clock_ns(), &sink), 0);
}

/* The handle of the rule with this number, by what nft lists; the chain's head has one too. */
static uint64_t listed_handle(const struct wanted *want)
{
	char command[256], line[1024];
	uint64_t handle = 0;
	const char *mark;
	uint32_t n = 0;
	FILE *out;

	snprintf(command, sizeof(command), "nft -a list chain %s %s %s", want->family, want->table,
		 want->chain);
	out = popen(command, "r");
	assert_non_null(out);
	while (fgets(line, sizeof(line), out)) {
		mark = strstr(line, "# handle ");
		if (mark && n++ == want->number)
			handle = strtoull(mark + 9, NULL, 10);
	}
	pclose(out);
	return handle;
}

static void check(const struct wanted *want)
{
	const struct ev_flow flow = flow_of(want);
	struct bench bench;
	uint32_t seq = 0x12345678;

	set_up(&bench, want->script);
	assert_non_null(strstr(bench.note, "tracing rules: table inet clbtrace-"));
	if (want->reply)
		seq = connect_for_answer(&bench, &flow);
	else
		send_syn(&flow, seq);
	ask(&bench, &flow, seq, want->reply);
	assert_int_equal(bench.n, 1);
	assert_int_equal(bench.rule.how, RULE_TRACED);
	assert_int_equal(bench.rule.backend, HOOK_NFT);
	assert_string_equal(bench.rule.family, want->family);
	assert_string_equal(bench.rule.table, want->table);
	assert_string_equal(bench.rule.chain, want->chain);
	assert_string_equal(bench.rule.base, want->base);
	assert_string_equal(bench.rule.text, want->text ? want->text : "");
	assert_string_equal(bench.rule.set, want->set ? want->set : "");
	assert_string_equal(bench.rule.element, want->element ? want->element : "");
	assert_int_equal(bench.rule.verdict, want->verdict);
	assert_int_equal(bench.rule.hook, want->hook);
	assert_int_equal(bench.rule.pf, want->pf ? want->pf : want->v6 ? 10 : 2);
	assert_int_equal(bench.rule.number, want->number);
	assert_int_equal(bench.rule.is_reply, want->reply);
	if (want->number)
		assert_int_equal(bench.rule.handle, listed_handle(want));
	/* Of another packet of the same flow nothing was reported. */
	ask(&bench, &flow, seq + 1, want->reply);
	assert_int_not_equal(bench.rule.how, RULE_TRACED);
	facts_close(bench.facts);
}

#define NFT(ruleset) "nft -f - <<'END'\n" ruleset "\nEND\n"

static void test_deep(void **state)
{
	(void)state;
	check(&(struct wanted){
		.script = NFT("table inet f {\n"
			      "chain deep {\ntcp dport 9 accept\ntcp dport 80 counter drop\n}\n"
			      "chain mid {\njump deep\n}\n"
			      "chain in {\ntype filter hook input priority 5;\njump mid\n}\n}"),
		.family = "inet",
		.table = "f",
		.chain = "deep",
		.base = "in",
		.text = "tcp dport 80 counter drop",
		.verdict = RULE_DROP,
		.hook = 1,
		.number = 2});
}

static void test_policy(void **state)
{
	(void)state;
	check(&(struct wanted){
		.script = NFT("table ip6 f {\n"
			      "chain in {\ntype filter hook input priority 0; policy drop;\n"
			      "tcp dport 9 accept\n}\n}"),
		.family = "ip6",
		.table = "f",
		.chain = "in",
		.base = "in",
		.verdict = RULE_POLICY,
		.hook = 1,
		.v6 = true});
}

static void test_map(void **state)
{
	(void)state;
	check(&(struct wanted){
		.script = NFT("table ip f {\n"
			      "map ports {\ntype inet_service : verdict\n"
			      "elements = { 22 : accept, 80 : drop }\n}\n"
			      "chain pre {\ntype filter hook prerouting priority -150;\n"
			      "tcp dport vmap @ports\n}\n}"),
		.family = "ip",
		.table = "f",
		.chain = "pre",
		.base = "pre",
		.text = "tcp dport vmap @ports",
		.set = "ports",
		.element = "80",
		.verdict = RULE_DROP,
		.hook = 0,
		.number = 1});
}

static void test_set(void **state)
{
	(void)state;
	check(&(struct wanted){
		.script = NFT("table inet f {\n"
			      "set bad {\ntype ipv6_addr\nflags interval\n"
			      "elements = { 2001:db8::/48, 2001:db9::-2001:db9::5 }\n}\n"
			      "chain in {\ntype filter hook input priority 0;\n"
			      "ip6 saddr @bad drop\n}\n}"),
		.family = "inet",
		.table = "f",
		.chain = "in",
		.base = "in",
		.text = "ip6 saddr @bad drop",
		.set = "bad",
		.element = "2001:db8::/48",
		.verdict = RULE_DROP,
		.hook = 1,
		.number = 1,
		.v6 = true});
}

static void test_range(void **state)
{
	(void)state;
	check(&(struct wanted){
		.script = NFT("table inet f {\n"
			      "set bad {\ntype ipv4_addr\nflags interval\n"
			      "elements = { 100.64.0.1-100.64.0.9, 100.64.1.0/24 }\n}\n"
			      "chain in {\ntype filter hook input priority 0;\n"
			      "ip saddr @bad drop\n}\n}"),
		.family = "inet",
		.table = "f",
		.chain = "in",
		.base = "in",
		.text = "ip saddr @bad drop",
		.set = "bad",
		.element = "100.64.0.1-100.64.0.9",
		.verdict = RULE_DROP,
		.hook = 1,
		.number = 1});
}

static void test_reject(void **state)
{
	(void)state;
	check(&(struct wanted){.script = NFT("table inet f {\n"
					     "chain in {\ntype filter hook input priority 0;\n"
					     "tcp dport 80 reject with tcp reset\n}\n}"),
			       .family = "inet",
			       .table = "f",
			       .chain = "in",
			       .base = "in",
			       .text = "tcp dport 80 reject with tcp reset",
			       .verdict = RULE_REJECT,
			       .hook = 1,
			       .number = 1});
}

static void test_iptables(void **state)
{
	(void)state;
	check(&(struct wanted){
		.script = "iptables-nft -A INPUT -p tcp --dport 9 -j ACCEPT && "
			  "iptables-nft -A INPUT -s 100.64.0.0/24 -p tcp -m tcp --dport 80 -j DROP",
		.family = "ip",
		.table = "filter",
		.chain = "INPUT",
		.base = "INPUT",
		.text = "-A INPUT -s 100.64.0.0/24 -p tcp -m tcp --dport 80 -j DROP",
		.verdict = RULE_DROP,
		.hook = 1,
		.number = 2});
	check(&(struct wanted){.script = "iptables-nft -A INPUT -p tcp --dport 80 -j REJECT",
			       .family = "ip",
			       .table = "filter",
			       .chain = "INPUT",
			       .base = "INPUT",
			       .text = "-A INPUT -p tcp -m tcp --dport 80 -j REJECT --reject-with "
				       "icmp-port-unreachable",
			       .verdict = RULE_REJECT,
			       .hook = 1,
			       .number = 1});
	check(&(struct wanted){
		.script = "ip6tables-nft -t raw -A PREROUTING -p tcp --dport 80 -j DROP",
		.family = "ip6",
		.table = "raw",
		.chain = "PREROUTING",
		.base = "PREROUTING",
		.text = "-A PREROUTING -p tcp -m tcp --dport 80 -j DROP",
		.verdict = RULE_DROP,
		.hook = 0,
		.number = 1,
		.v6 = true});
}

static void test_answer(void **state)
{
	(void)state;
	check(&(struct wanted){
		.script = NFT("table ip f {\n"
			      "chain out {\ntype filter hook output priority 0;\n"
			      "tcp sport 80 tcp flags & (syn | ack) == syn | ack drop\n}\n}"),
		.family = "ip",
		.table = "f",
		.chain = "out",
		.base = "out",
		.text = "tcp sport 80 tcp flags syn,ack / syn,ack drop",
		.verdict = RULE_DROP,
		.hook = 3,
		.number = 1,
		.reply = true});
}

static void test_device(void **state)
{
	struct ev_flow flow = flow_of(&(struct wanted){.port = 80});
	struct bench bench;

	(void)state;
	set_up(&bench, NFT("table netdev edge {\n"
			   "chain in {\ntype filter hook ingress device lo priority -600;\n"
			   "tcp dport 80 drop\n}\n}"));
	assert_non_null(strstr(bench.note, "tracing rules: table netdev clbtrace-"));
	send_syn(&flow, 7);
	ask(&bench, &flow, 7, false);
	assert_int_equal(bench.n, 1);
	assert_string_equal(bench.rule.family, "netdev");
	assert_string_equal(bench.rule.table, "edge");
	assert_string_equal(bench.rule.chain, "in");
	assert_string_equal(bench.rule.text, "tcp dport 80 drop");
	assert_int_equal(bench.rule.priority, -600);
	assert_int_equal(bench.rule.pf, 5);
	assert_int_equal(bench.rule.hook, 0);
	assert_int_equal(bench.rule.number, 1);
	facts_close(bench.facts);
}

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
	assert_string_equal(bench.rule.text, "ip saddr 100.64.0.0/16 drop");
	assert_string_equal(bench.rule.chain, "in");
	assert_int_equal(bench.rule.number, 5);
	assert_int_equal(bench.rule.priority, 3);
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

static int enter(void **state)
{
	(void)state;
	if (geteuid() || access("/usr/sbin/nft", X_OK) || access("/usr/sbin/iptables-nft", X_OK))
		print_message("skipped: needs root, nft and iptables-nft\n");
	else if (unshare(CLONE_NEWNET))
		print_message("skipped: no new network namespace: %s\n", strerror(errno));
	else
		permitted = !system("ip link set lo up && ip addr add 100.64.0.1/24 dev lo && "
				    "ip addr add 100.64.0.2/24 dev lo && "
				    "ip -6 addr add 2001:db8::1/64 dev lo nodad && "
				    "ip -6 addr add 2001:db8::2/64 dev lo nodad");
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_deep),	 cmocka_unit_test(test_policy),
		cmocka_unit_test(test_map),	 cmocka_unit_test(test_set),
		cmocka_unit_test(test_range),	 cmocka_unit_test(test_reject),
		cmocka_unit_test(test_iptables), cmocka_unit_test(test_answer),
		cmocka_unit_test(test_device),	 cmocka_unit_test(test_others),
		cmocka_unit_test(test_ports),	 cmocka_unit_test(test_possible),
		cmocka_unit_test(test_killed),
	};

	return cmocka_run_group_tests(tests, enter, NULL);
}
