// SPDX-License-Identifier: GPL-2.0-only
// Tests, in a network namespace of their own, of which rule is named for packets that rules drop.
#define _GNU_SOURCE /* unshare */
#include "rule_bench.h"

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
	assert_non_null(strstr(bench.rule.text, "tcp dport 80 drop"));
	assert_int_equal(bench.rule.priority, -600);
	assert_int_equal(bench.rule.pf, 5);
	assert_int_equal(bench.rule.hook, 0);
	assert_int_equal(bench.rule.number, 1);
	facts_close(bench.facts);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_deep),	 cmocka_unit_test(test_policy),
		cmocka_unit_test(test_map),	 cmocka_unit_test(test_set),
		cmocka_unit_test(test_range),	 cmocka_unit_test(test_reject),
		cmocka_unit_test(test_iptables), cmocka_unit_test(test_answer),
		cmocka_unit_test(test_device),
	};

	return cmocka_run_group_tests(tests, enter, NULL);
}
