// SPDX-License-Identifier: GPL-2.0-only
// Unit tests of what the host's facts add to a probe's evidence, and of what a probe keeps.
#include <linux/neighbour.h>
#include <stdlib.h>
#include <string.h>

#include "../user/probe.h"
#include "fixture.h"

enum { SYN = 2, ACK = 16 };

static const struct corr_host host = {.timeout_ns = FX_TIMEOUT_MS * FX_MS};

/* With those bits from events, what the fixture's facts add. They are then gone. */
static evidence_t given(struct fixture *f, evidence_t bits, const struct ev_socket *socket)
{
	struct probe *probe = probe_new(&f->flow, f->isn);
	evidence_t added;

	assert_non_null(probe);
	probe->ifindex = FX_ETH0;
	probe->attempt.bits = bits;
	if (socket)
		probe->attempt.socket = *socket;
	for (unsigned int i = 0; i < f->n_facts; i++) {
		assert_int_equal(probe_add_fact(probe, f->facts[i]), 0);
		free(f->facts[i]);
	}
	f->n_facts = 0;
	added = evidence_of(probe, &host) & ~bits;
	probe_free(probe);
	return added;
}

static void test_neighbours(void **state)
{
	static const struct {
		uint32_t nud;
		evidence_t bits;
	} states[] = {
		{0, 0},
		{NUD_REACHABLE, 0},
		{NUD_STALE, 0},
		{NUD_NOARP, 0},
		{NUD_INCOMPLETE, E(NEIGH_BAD)},
		{NUD_FAILED, E(NEIGH_BAD)},
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
		fx_neigh(f, "10.0.0.1", states[i].nud);
		assert_bits(given(f, 0, NULL), states[i].bits);
	}
}

static void test_addresses(void **state)
{
	struct fixture *f = *state;

	fx_addr(f, true, NULL);
	fx_addr(f, false, "eth0");
	assert_bits(given(f, 0, NULL), 0); /* as it should be */
	fx_addr(f, true, "lo");
	assert_bits(given(f, 0, NULL), E(SRC_LOCAL));
	fx_addr(f, false, NULL);
	assert_bits(given(f, 0, NULL), E(DST_NOT_LOCAL));
}

static void test_routes(void **state)
{
	struct fixture *f = *state;

	fx_route(f, 0, FX_ETH0, NULL);
	assert_bits(given(f, 0, NULL), 0);
	fx_route(f, 113, 0, NULL);
	assert_bits(given(f, 0, NULL), E(ROUTE_ERROR));
}

static void test_counters(void **state)
{
	static const struct {
		const char *name;
		evidence_t bits;
	} counters[] = {
		{"TcpExtListenOverflows", E(GREW_OVERFLOWS)},
		{"TcpExtTCPReqQFullDrop", E(GREW_REQQFULL)},
		{"IpOutNoRoutes", E(GREW_NOROUTES)},
		{"Ip6OutNoRoutes", E(GREW_NOROUTES)},
		{"TcpExtListenDrops", 0},
		{"TcpExtListenOverflowsX", 0},
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(counters) / sizeof(counters[0]); i++) {
		fx_counter(f, "TcpExtOther", 9);
		fx_counter(f, counters[i].name, 1);
		assert_bits(given(f, 0, NULL), counters[i].bits);
		fx_counter(f, counters[i].name, 0);
		assert_bits(given(f, 0, NULL), 0);
	}
}

static void test_programs(void **state)
{
	struct fixture *f = *state;

	for (uint32_t place = PROG_XDP_NATIVE; place <= PROG_QDISC; place++) {
		fx_program(f, place, "x", 1);
		assert_bits(given(f, 0, NULL), place == PROG_CGROUP_INGRESS ? E(CGROUP_FILTER) : 0);
	}
}

static void test_connections(void **state)
{
	struct fixture *f = *state;

	fx_conn(f, "app", 0);
	assert_bits(given(f, 0, NULL), 0);
	fx_conn(f, NULL, 0);
	assert_bits(given(f, 0, NULL), E(NOT_ACCEPTED));
}

/* net/ipv4/tcp_input.c, tcp_conn_request(): the listen backlog, and three quarters of the sysctl.
 */
static evidence_t syn_queue(struct fixture *f, uint32_t half_open, uint32_t limit, int64_t cookies)
{
	const struct ev_socket s = {.state = 10, .syn_queue = half_open, .max_backlog = limit};

	fx_sysctl(f, "net.ipv4.tcp_syncookies", cookies);
	fx_sysctl(f, "net.ipv4.tcp_max_syn_backlog", 128);
	return given(f, E(LISTEN_FOUND), &s);
}

static void test_syn_queue(void **state)
{
	struct fixture *f = *state;
	const struct ev_socket s = {.state = 10, .syn_queue = 1000, .max_backlog = 1};

	assert_bits(syn_queue(f, 11, 10, 0), E(SYN_QUEUE_FULL));
	assert_bits(syn_queue(f, 10, 10, 0), 0);
	assert_bits(syn_queue(f, 11, 10, 1), 0);
	assert_bits(syn_queue(f, 11, 10, 2), 0);
	assert_bits(syn_queue(f, 97, 4096, 0), E(SYN_QUEUE_FULL));
	assert_bits(syn_queue(f, 96, 4096, 0), 0);
	fx_sysctl(f, "net.ipv4.tcp_syncookies", 0); /* the other is not known */
	assert_bits(given(f, E(LISTEN_FOUND), &s), 0);
	fx_sysctl(f, "net.ipv4.tcp_max_syn_backlog", 128);
	assert_bits(given(f, E(LISTEN_FOUND), &s), 0);
	assert_bits(given(f, 0, &s), 0); /* no listener was found */
}

/* A count that is read without its limit is no full table. */
static void test_conntrack(void **state)
{
	const evidence_t dropped = E(DROP_NETFILTER);
	struct fixture *f = *state;

	fx_conntrack(f, 5, 5, 1);
	assert_bits(given(f, dropped, NULL), 0); /* conntrack is not hooked in there */
	fx_hook(f, 0, -200, HOOK_CONNTRACK, "", "")->pf = 5;
	fx_conntrack(f, 5, 5, 0);
	assert_bits(given(f, dropped, NULL), E(CONNTRACK_FULL));
	fx_hook(f, 0, -200, HOOK_CONNTRACK, "", "")->pf = 5;
	fx_conntrack(f, 4, 5, 0);
	assert_bits(given(f, dropped, NULL), 0);
	fx_hook(f, 0, -200, HOOK_CONNTRACK, "", "")->pf = 5;
	fx_conntrack(f, 0, 0, 7);
	assert_bits(given(f, dropped, NULL), 0);
	fx_hook(f, 0, -200, HOOK_CONNTRACK, "", "")->pf = 5;
	fx_conntrack(f, 5, 5, 1);
	assert_bits(given(f, 0, NULL), 0); /* nothing was dropped */
}

/* However much comes, a bounded part is kept. */
static void test_bounds(void **state)
{
	struct fixture *f = *state;
	struct ev_packet *p = fx_payload(f, true, (const char[1400]){0}, 1400, FX_ENTRY);
	struct probe *probe = probe_new(&f->flow, f->isn);
	const struct ev_packet *kept;
	const uint8_t *data;

	fx_counter(f, "x", 1);
	for (unsigned int i = 0; i < 1000; i++) {
		assert_int_equal(probe_add_event(probe, &p->hdr), 0);
		assert_int_equal(probe_add_fact(probe, f->facts[0]), 0);
	}
	assert_int_equal(probe->n_events, PROBE_EVENTS_MAX);
	assert_int_equal(probe->more_events, 1000 - PROBE_EVENTS_MAX);
	assert_int_equal(probe->n_facts, PROBE_FACTS_MAX);
	kept = (const void *)probe->events[0];
	assert_int_equal(packet_payload(kept, &data), PROBE_PAYLOAD_KEPT);
	assert_int_equal(kept->hdr.size, sizeof(*kept) + kept->cap_len);
	probe_free(probe);
}

/* Lengths that do not fit together. */
static void test_payload(void **state)
{
	struct fixture *f = *state;
	struct ev_packet *p = fx_payload(f, true, "hello", 5, FX_ENTRY);
	const uint8_t *data;

	assert_int_equal(packet_payload(p, &data), 5);
	assert_memory_equal(data, "hello", 5);
	p->cap_len -= 2; /* cut */
	assert_int_equal(packet_payload(p, &data), 3);
	p->cap_len -= 3;
	assert_int_equal(packet_payload(p, &data), 0);
	p->tcp.payload_len = UINT16_MAX; /* more than the frame */
	assert_int_equal(packet_payload(p, &data), 0);
	p->tcp.payload_len = 0; /* padding of a short frame */
	p->cap_len += 5;
	assert_int_equal(packet_payload(p, &data), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fx_setup, fx_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_neighbours), TEST(test_addresses), TEST(test_routes),
		TEST(test_counters),   TEST(test_programs),  TEST(test_connections),
		TEST(test_syn_queue),  TEST(test_conntrack), TEST(test_bounds),
		TEST(test_payload),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
