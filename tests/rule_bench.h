/* SPDX-License-Identifier: GPL-2.0-only */
/* A network namespace with rules, and packets that meet them: what the tests of rules share. */
#ifndef CLBTRACE_TESTS_RULE_BENCH_H
#define CLBTRACE_TESTS_RULE_BENCH_H

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

static inline int push(void *ctx, const struct ev_hdr *ev)
{
	struct bench *bench = ctx;

	if (ev->type != EV_FACT_RULE)
		return 0;
	memcpy(&bench->rule, ev, sizeof(bench->rule));
	bench->n++;
	return 0;
}

static inline void shell(const char *script)
{
	int status = system(script);

	if (status)
		print_error("failed: %s\n", script);
	assert_int_equal(status, 0);
}

static inline void set_up(struct bench *bench, const char *script)
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

static inline struct ev_flow flow_of(const struct wanted *want)
{
	struct ev_flow flow = {.proto = IPPROTO_TCP, .family = want->v6 ? 6 : 4};

	sample_address(flow.saddr, want->v6 ? "2001:db8::1" : "100.64.0.1");
	sample_address(flow.daddr, want->v6 ? "2001:db8::2" : "100.64.0.2");
	flow.sport = SPORT;
	flow.dport = want->port ? want->port : 80;
	return flow;
}

/* Without a checksum: nothing of what it meets here looks at it. */
static inline void send_syn(const struct ev_flow *flow, uint32_t seq)
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

static inline void ask(struct bench *bench, const struct ev_flow *flow, uint32_t seq, bool reply)
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

#define NFT(ruleset) "nft -f - <<'END'\n" ruleset "\nEND\n"

static inline int enter(void **state)
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

#endif
