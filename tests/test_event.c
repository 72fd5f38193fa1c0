// SPDX-License-Identifier: GPL-2.0-only
// Unit tests of the check that an event is well-formed, and of what is kept of the host.
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../user/corr_host.h"
#include "fixture.h"

static const struct {
	uint16_t type;
	uint16_t size;
} kinds[] = {
	{EV_PACKET, sizeof(struct ev_packet)},
	{EV_SOCKET, sizeof(struct ev_socket)},
	{EV_DROP, sizeof(struct ev_drop)},
	{EV_RESET, sizeof(struct ev_reset)},
	{EV_ICMP, sizeof(struct ev_icmp)},
	{EV_STATE, sizeof(struct ev_state)},
	{EV_SYNACK_RETRANS, sizeof(struct ev_synack_retrans)},
	{EV_LOST, sizeof(struct ev_lost)},
	{EV_FACT_LISTENER, sizeof(struct fact_listener)},
	{EV_FACT_CONN, sizeof(struct fact_conn)},
	{EV_FACT_SYSCTL, sizeof(struct fact_sysctl)},
	{EV_FACT_COUNTER, sizeof(struct fact_counter)},
	{EV_FACT_ROUTE, sizeof(struct fact_route)},
	{EV_FACT_ADDR, sizeof(struct fact_addr)},
	{EV_FACT_NEIGH, sizeof(struct fact_neigh)},
	{EV_FACT_LINK, sizeof(struct fact_link)},
	{EV_FACT_PROGRAM, sizeof(struct fact_program)},
	{EV_FACT_HOOK, sizeof(struct fact_hook)},
	{EV_FACT_CONNTRACK, sizeof(struct fact_conntrack)},
	{EV_FACT_RULE, sizeof(struct fact_rule)},
	{EV_FACT_TCP_METRIC, sizeof(struct fact_tcp_metric)},
	{EV_FACT_DONE, sizeof(struct fact_done)},
};

enum { KINDS = sizeof(kinds) / sizeof(kinds[0]) };

/* On the heap, of just that size: what is read behind it is found by the sanitizer. */
static int check(uint16_t type, uint16_t size)
{
	struct ev_hdr *ev = calloc(1, size);
	int err;

	assert_non_null(ev);
	ev->type = type;
	ev->size = size;
	err = event_check(ev);
	free(ev);
	return err;
}

static void test_sizes(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < KINDS; i++) {
		assert_int_equal(check(kinds[i].type, kinds[i].size), 0);
		assert_int_equal(check(kinds[i].type, kinds[i].size - 1), -EBADMSG);
		assert_int_equal(check(kinds[i].type, sizeof(struct ev_hdr)), -EBADMSG);
		/* A later version may have added fields. */
		assert_int_equal(check(kinds[i].type, kinds[i].size + 8), 0);
	}
}

/* Every kind of event.h is known, and no other. */
static void test_types(void **state)
{
	static const uint16_t known[] = {
#define TYPE(id, number, name) id,
		EVENT_KINDS(TYPE)
#undef TYPE
	};
	unsigned int good = 0;

	(void)state;
	assert_int_equal(sizeof(known) / sizeof(known[0]), KINDS);
	for (unsigned int i = 0; i < KINDS; i++)
		assert_int_equal(check(known[i], 1024), 0);
	for (unsigned int type = 0; type <= UINT16_MAX; type++)
		good += !check((uint16_t)type, 1024);
	assert_int_equal(good, KINDS);
}

static void test_capture(void **state)
{
	struct ev_packet *p = calloc(1, sizeof(*p) + 64);

	(void)state;
	assert_non_null(p);
	p->hdr.type = EV_PACKET;
	p->hdr.size = sizeof(*p) + 64;
	p->cap_len = 64;
	assert_int_equal(event_check(&p->hdr), 0);
	p->cap_len = 65;
	assert_int_equal(event_check(&p->hdr), -EBADMSG);
	p->cap_len = UINT16_MAX;
	assert_int_equal(event_check(&p->hdr), -EBADMSG);
	p->cap_len = 1;
	p->hdr.size = sizeof(*p);
	assert_int_equal(event_check(&p->hdr), -EBADMSG);
	free(p);
}

static void test_links(void **state)
{
	struct fact_link link = {.hdr = {.type = EV_FACT_LINK, .size = sizeof(link)}};
	struct ev_state other = {.hdr = {.type = EV_STATE, .size = sizeof(other)}};
	struct corr_host host = {0};
	char name[FACT_IFNAME_LEN];

	(void)state;
	for (link.ifindex = 1; link.ifindex < 100; link.ifindex++) {
		link.ifname[0] = 'a' + link.ifindex % 26;
		assert_true(corr_host_take(&host, &link.hdr));
		assert_true(corr_host_take(&host, &link.hdr)); /* again: no new one */
	}
	assert_int_equal(host.n_links, 99);
	assert_string_equal(host_ifname(&host, 26, name), "a");
	assert_string_equal(host_ifname(&host, 27, name), "b");
	assert_string_equal(host_ifname(&host, 100, name), "if100");
	assert_string_equal(host_ifname(&host, UINT32_MAX, name), "if4294967295");
	memset(link.ifname, 'x', sizeof(link.ifname)); /* not terminated */
	link.ifindex = 26;
	assert_true(corr_host_take(&host, &link.hdr));
	assert_string_equal(host_ifname(&host, 26, name), "xxxxxxxxxxxxxxx");
	assert_false(corr_host_take(&host, &other.hdr));
	corr_host_free(&host);
}

static void test_waypoints(void **state)
{
	struct fact_hook hook = {.hdr = {.type = EV_FACT_HOOK, .size = sizeof(hook)}};
	struct corr_host host = {0};

	(void)state;
	hook.backend = HOOK_NFT; /* a probe's fact, not ours */
	assert_false(corr_host_take(&host, &hook.hdr));
	hook.backend = HOOK_WAYPOINT;
	for (int i = 0; i < 2000; i++)
		assert_true(corr_host_take(&host, &hook.hdr));
	assert_in_range(host.n_waypoints, 40, 1999); /* bounded */
	corr_host_free(&host);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sizes),	  cmocka_unit_test(test_types),
		cmocka_unit_test(test_capture),	  cmocka_unit_test(test_links),
		cmocka_unit_test(test_waypoints),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
