// SPDX-License-Identifier: GPL-2.0-only
// Unit tests of ladders: which steps are one packet, how far it went, and where the probe ended.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "../user/json_form.h"
#include "../user/ladder.h"
#include "sample.h"

static struct verdict v;
static struct rung rungs[LADDER_MAX];
static json_t *object;

static size_t make_ladder(void)
{
	json_decref(object);
	object = json_of_verdict(&v);
	assert_non_null(object);
	return ladder_of(object, rungs);
}

static int tear_down(void **state)
{
	(void)state;
	json_decref(object);
	object = NULL;
	return 0;
}

static void expect_rung(size_t i, enum rung_kind kind, enum lane from, enum lane to)
{
	assert_int_equal(rungs[i].kind, kind);
	assert_int_equal(rungs[i].from, from);
	assert_int_equal(rungs[i].to, to);
}

static void begin(const char *cause, const char *stage)
{
	sample_verdict(&v, "100.64.1.10", "172.16.32.15", 80, OUTCOME_FAILED, cause);
	v.stage = stage;
}

/* One SYN, seen at four places, is one arrow to where it was dropped. */
static void test_dropped(void **state)
{
	(void)state;
	begin("firewall-drop", "netfilter");
	v.duration_us = 71;
	sample_step(&v, 0, "tc-ingress", "SYN seq 1829 tsval 88123 on eth0");
	sample_step(&v, 27, "socket-lookup", "listener on 0.0.0.0:80: accept queue 0 of 128");
	sample_step(&v, 33, "PREROUTING", "SYN seq 1829 enters the hook");
	sample_step(&v, 56, "PREROUTING", "SYN seq 1829 passed the hook");
	sample_step(&v, 71, "kfree_skb", "SYN seq 1829 dropped: NETFILTER_DROP");
	sample_step(&v, 956, "host", "service (pid 699) listens on 0.0.0.0:80");
	assert_int_equal(make_ladder(), 4);
	expect_rung(0, RUNG_PACKET, LANE_PROBER, LANE_FILTER);
	assert_true(rungs[0].dropped);
	assert_string_equal(rungs[0].dropped_as, "NETFILTER_DROP");
	assert_int_equal(rungs[0].last_us, 71);
	assert_int_equal(rungs[0].n_way, 2);
	assert_string_equal(rungs[0].way[1], "PREROUTING");
	expect_rung(1, RUNG_EVENT, LANE_TCP, LANE_TCP);
	expect_rung(2, RUNG_END, LANE_FILTER, LANE_FILTER);
	assert_int_equal(rungs[2].t_us, 71);
	assert_int_equal(rungs[3].kind, RUNG_NOTE);
}

/* A handshake, a request and an answer, whose segment has the numbers of the ACK before it. */
static void test_exchange(void **state)
{
	(void)state;
	begin("http-status", "application");
	v.duration_us = 467;
	sample_step(&v, 0, "tc-ingress", "SYN seq 1 on eth0");
	sample_step(&v, 5, "INPUT", "SYN seq 1 passed the hook");
	sample_step(&v, 6, "OUTPUT", "SYN-ACK seq 9 ack 2 enters the hook");
	sample_step(&v, 7, "POSTROUTING", "SYN-ACK seq 9 ack 2 passed the hook");
	sample_step(&v, 8, "tc-egress", "SYN-ACK seq 9 ack 2 tsval 5 on eth0");
	sample_step(&v, 260, "tc-ingress",
		    "ACK seq 2 ack 10, 43 bytes on eth0: \"GET / 12 bytes\"");
	sample_step(&v, 280, "INPUT", "ACK seq 2 ack 10, 43 bytes passed the hook");
	sample_step(&v, 296, "OUTPUT", "ACK seq 10 ack 45 passed the hook");
	sample_step(&v, 298, "tc-egress", "ACK seq 10 ack 45 on eth0");
	sample_step(&v, 437, "OUTPUT", "ACK seq 10 ack 45, 45 bytes enters the hook");
	sample_step(&v, 467, "tc-egress", "ACK seq 10 ack 45, 45 bytes on eth0: \"HTTP/1.1 404\"");
	sample_step(&v, 260, "request", "\"GET /\", no Host");
	assert_int_equal(make_ladder(), 7);
	expect_rung(0, RUNG_PACKET, LANE_PROBER, LANE_TCP);
	expect_rung(1, RUNG_PACKET, LANE_TCP, LANE_PROBER);
	expect_rung(2, RUNG_PACKET, LANE_PROBER, LANE_TCP);
	assert_int_equal(rungs[2].bytes, 43);
	assert_string_equal(rungs[2].payload, "\"GET / 12 bytes\"");
	assert_string_equal(rungs[3].at, "request");
	expect_rung(4, RUNG_PACKET, LANE_TCP, LANE_PROBER);
	assert_int_equal(rungs[4].bytes, 0);
	expect_rung(5, RUNG_PACKET, LANE_APP, LANE_PROBER);
	assert_int_equal(rungs[5].bytes, 45);
	expect_rung(6, RUNG_END, LANE_APP, LANE_APP);
}

/* The same SYN again is another packet, and so is what comes much later. */
static void test_retransmission(void **state)
{
	(void)state;
	begin("accept-queue-full", "handshake");
	v.duration_us = 1000060;
	sample_step(&v, 0, "tc-ingress", "SYN seq 1 on eth0");
	sample_step(&v, 5, "INPUT", "SYN seq 1 passed the hook");
	sample_step(&v, 1000000, "tc-ingress", "SYN seq 1 on eth0");
	sample_step(&v, 1000005, "INPUT", "SYN seq 1 passed the hook");
	assert_int_equal(make_ladder(), 3);
	assert_int_equal(rungs[1].t_us, 1000000);
	assert_int_equal(rungs[1].last_us, 1000005);
}

/* Through a container and back: to the prober is out. */
static void test_container(void **state)
{
	(void)state;
	begin("no-listener", "listener");
	v.duration_us = 155;
	sample_step(&v, 0, "tc-ingress", "SYN seq 1 on eth0");
	sample_step(&v, 93, "POSTROUTING",
		    "SYN seq 1 passed the hook, as 10.0.0.1:2 -> 10.0.0.2:80");
	sample_step(&v, 98, "tc-egress", "SYN seq 1 on docker0");
	sample_step(&v, 101, "tc-egress", "SYN seq 1 on veth0");
	sample_step(&v, 140, "PREROUTING", "RST ACK seq 0 ack 2 enters the hook");
	sample_step(&v, 155, "tc-egress", "RST ACK seq 0 ack 2 on eth0");
	assert_int_equal(make_ladder(), 3);
	expect_rung(0, RUNG_PACKET, LANE_PROBER, LANE_TCP);
	assert_int_equal(rungs[0].n_way, 3);
	expect_rung(1, RUNG_PACKET, LANE_TCP, LANE_PROBER);
}

/* A long segment that is seen at the entry only has not ended there; a socket's purge is no end. */
static void test_no_end(void **state)
{
	(void)state;
	begin("tls-mismatch", "application");
	v.duration_us = 90;
	sample_step(&v, 10, "tc-ingress", "ACK seq 1 ack 2, 517 bytes on eth0");
	sample_step(&v, 20, "tc-ingress", "FIN ACK seq 518 ack 2 on eth0");
	sample_step(&v, 30, "INPUT", "FIN ACK seq 518 ack 2 passed the hook");
	sample_step(&v, 80, "kfree_skb", "FIN ACK seq 518 ack 2 dropped: QUEUE_PURGE");
	assert_int_equal(make_ladder(), 3);
	assert_true(rungs[0].lost_sight);
	assert_false(rungs[1].lost_sight);
	assert_false(rungs[1].dropped);
}

static void test_datagrams(void **state)
{
	(void)state;
	begin("udp-no-listener", "udp");
	sample_step(&v, 0, "tc-ingress", "datagram, 12 bytes on eth0: \"ping\"");
	sample_step(&v, 5, "INPUT", "datagram, 12 bytes passed the hook");
	sample_step(&v, 20, "icmp_send", "ICMP error type 3 code 3 about it");
	assert_int_equal(make_ladder(), 3);
	expect_rung(0, RUNG_PACKET, LANE_PROBER, LANE_TCP);
	assert_string_equal(rungs[0].payload, "\"ping\"");
	expect_rung(1, RUNG_EVENT, LANE_TCP, LANE_TCP);
}

/* A capture: which way a packet went is told by its numbers, also when they wrap. */
static void test_capture(void **state)
{
	(void)state;
	begin("undetermined", NULL);
	v.outcome = OUTCOME_UNDETERMINED;
	v.duration_us = 600000;
	sample_step(&v, 0, "capture", "SYN seq 4294967290 on if0");
	sample_step(&v, 1, "capture", "SYN-ACK seq 254367046 ack 4294967291 on if0");
	sample_step(&v, 2, "capture", "ACK seq 4294967291 ack 254367047, 45 bytes on if0: \"GET\"");
	sample_step(&v, 3, "capture", "ACK seq 254367047 ack 40 on if0");
	sample_step(&v, 4, "capture", "RST ACK seq 0 ack 40 on if0");
	sample_step(&v, 5, "capture", "RST seq 40 on if0");
	assert_int_equal(make_ladder(), 7);
	expect_rung(0, RUNG_PACKET, LANE_PROBER, LANE_NIC);
	expect_rung(1, RUNG_PACKET, LANE_NIC, LANE_PROBER);
	expect_rung(2, RUNG_PACKET, LANE_PROBER, LANE_NIC);
	assert_string_equal(rungs[2].payload, "\"GET\"");
	assert_false(rungs[2].lost_sight);
	expect_rung(3, RUNG_PACKET, LANE_NIC, LANE_PROBER);
	expect_rung(5, RUNG_PACKET, LANE_PROBER, LANE_NIC);
	expect_rung(6, RUNG_END, LANE_NIC, LANE_NIC);
}

/* As many steps as there can be, none a packet's, and words that are none. */
static void test_full(void **state)
{
	(void)state;
	begin("undetermined", "x");
	v.outcome = OUTCOME_UNDETERMINED;
	for (int i = 0; i < VERDICT_STEPS_MAX; i++)
		sample_step(&v, -5 + i, i % 2 ? "tc-ingress" : "kfree_skb",
			    i % 3 ? "\": seq 5" : "");
	assert_int_equal(make_ladder(), VERDICT_STEPS_MAX + 1);
	v.n_steps = 0;
	assert_int_equal(make_ladder(), 1);
	expect_rung(0, RUNG_END, LANE_TCP, LANE_TCP);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_dropped, tear_down),
		cmocka_unit_test_teardown(test_exchange, tear_down),
		cmocka_unit_test_teardown(test_retransmission, tear_down),
		cmocka_unit_test_teardown(test_container, tear_down),
		cmocka_unit_test_teardown(test_no_end, tear_down),
		cmocka_unit_test_teardown(test_datagrams, tear_down),
		cmocka_unit_test_teardown(test_capture, tear_down),
		cmocka_unit_test_teardown(test_full, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
