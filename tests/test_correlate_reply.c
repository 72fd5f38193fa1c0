// SPDX-License-Identifier: GPL-2.0-only
// Unit tests of the causes on the reply's way back.
#include <linux/neighbour.h>
#include <string.h>

#include "fixture.h"

enum { SYN = 2, ACK = 16 };
enum { OUTPUT = 3, POSTROUTING = 4 };

/* OUTPUT drop of the SYN-ACK: seen at the start of OUTPUT only. */
static void test_output(void **state)
{
	struct fixture *f = *state;
	const struct verdict *v;

	fx_hook(f, OUTPUT, 0, HOOK_NFT, "filter", "OUTPUT");
	fx_deliver(f);
	fx_synack(f, FX_OUT_FIRST);
	fx_drop(f, false, SYN | ACK, "NETFILTER_DROP");
	v = fx_expect_now(f, "reply-dropped", CONFIDENCE_CERTAIN);
	fx_says(v, "the SYN-ACK was dropped on its way out: by the firewall in OUTPUT");
	fx_fixes(v, "iptables -I OUTPUT -d 100.64.1.10 -p tcp --sport 80 -j ACCEPT");
	assert_true(v->rule.known);
	assert_string_equal(v->rule.hook, "OUTPUT");
	assert_string_equal(v->rule.table, "filter");
}

static void test_postrouting(void **state)
{
	struct fixture *f = *state;
	const struct verdict *v;

	fx_hook(f, OUTPUT, 0, HOOK_NFT, "filter", "OUTPUT");
	fx_hook(f, POSTROUTING, 0, HOOK_NFT, "out", "post");
	fx_deliver(f);
	fx_synack(f, FX_OUT_FIRST);
	fx_synack(f, FX_OUT);
	fx_drop(f, false, SYN | ACK, "NETFILTER_DROP");
	v = fx_expect_now(f, "reply-dropped", CONFIDENCE_CERTAIN);
	assert_string_equal(v->rule.hook, "POSTROUTING");
	assert_string_equal(v->rule.chain, "post");
	fx_fixes(v, "nft insert rule ip out post ip daddr 100.64.1.10 tcp sport 80 accept");
}

static void test_qdisc(void **state)
{
	struct fixture *f = *state;
	const struct verdict *v;

	strcpy(fx_program(f, PROG_QDISC, "", 0)->kind, "tbf");
	fx_deliver(f);
	fx_answer(f);
	fx_drop(f, false, SYN | ACK, "QDISC_DROP");
	v = fx_expect_now(f, "reply-dropped", CONFIDENCE_CERTAIN);
	fx_says(v, "by the queueing discipline of eth0: queueing discipline tbf (QDISC_DROP)");
	fx_fixes(v, "tc -s qdisc show dev eth0");
	assert_false(v->rule.known);
}

static void test_tc_egress(void **state)
{
	struct fixture *f = *state;
	const struct verdict *v;

	fx_program(f, PROG_TCX_EGRESS, "limit", 9);
	fx_deliver(f);
	fx_synack(f, FX_OUT_FIRST);
	fx_synack(f, FX_POST);
	fx_drop(f, false, SYN | ACK, "TC_EGRESS");
	v = fx_expect_now(f, "reply-dropped", CONFIDENCE_CERTAIN);
	fx_says(v, "by a tc filter at egress of eth0: tcx egress program limit (id 9)");
}

/* The response is dropped, after a good handshake. */
static void test_response(void **state)
{
	struct fixture *f = *state;
	const struct verdict *v;

	fx_connect(f);
	fx_request(f, "GET / HTTP/1.0\r\n\r\n");
	fx_payload(f, false, "HTTP/1.0 200 OK\r\n\r\n", 19, FX_OUT_FIRST);
	fx_drop(f, false, ACK, "NETFILTER_DROP")->tcp.payload_len = 19;
	v = fx_expect_now(f, "reply-dropped", CONFIDENCE_CERTAIN);
	fx_says(v, "the response was dropped on its way out");
}

/* Some drivers free what they have sent as if dropped: that is no drop. */
static void test_freed_by_driver(void **state)
{
	struct fixture *f = *state;

	fx_deliver(f);
	fx_answer(f);
	fx_drop(f, false, SYN | ACK, "NOT_SPECIFIED");
	fx_rst(f, true, FX_ENTRY);
	fx_expect_now(f, "healthy", CONFIDENCE_CERTAIN);
}

static void test_no_route(void **state)
{
	struct fixture *f = *state;
	const struct verdict *v;

	fx_deliver(f);
	fx_route(f, 101, 0, NULL); /* ENETUNREACH */
	fx_counter(f, "IpOutNoRoutes", 1);
	v = fx_expect(f, "no-return-route", CONFIDENCE_CERTAIN);
	fx_says(v, "no route back to 100.64.1.10: network is unreachable");
	fx_fixes(v, "ip route add 100.64.1.10/32 via GATEWAY dev eth0");
}

static void test_no_route_likely(void **state)
{
	struct fixture *f = *state;

	fx_deliver(f);
	fx_route(f, 101, 0, NULL);
	fx_expect(f, "no-return-route", CONFIDENCE_LIKELY);
}

/* With a full accept queue too, the kernel never gets to the route. */
static void test_no_route_but_full(void **state)
{
	struct fixture *f = *state;

	fx_syn(f, FX_ENTRY);
	fx_listen(f, 2, 1);
	fx_syn(f, FX_IN);
	fx_listener(f, "0.0.0.0", 80, "app");
	fx_route(f, 101, 0, NULL);
	fx_expect(f, "accept-queue-full", CONFIDENCE_LIKELY);
}

static void misroute(struct fixture *f)
{
	fx_deliver(f);
	f->ifindex = FX_ETH1;
	fx_answer(f);
	fx_route(f, 0, FX_ETH1, "10.9.0.1");
}

static void test_misrouted(void **state)
{
	struct fixture *f = *state;
	const struct verdict *v;

	misroute(f);
	v = fx_expect(f, "reply-misrouted", CONFIDENCE_CERTAIN);
	fx_says(v, "came in on eth0, the SYN-ACK left by eth1 via 10.9.0.1");
	fx_fixes(v, "ip rule add from 172.16.32.15 lookup 100");
}

/* Another way back is no fault by itself. */
static void test_misrouted_healthy(void **state)
{
	struct fixture *f = *state;

	misroute(f);
	f->ifindex = FX_ETH0;
	fx_rst(f, true, FX_ENTRY);
	fx_expect_now(f, "healthy", CONFIDENCE_CERTAIN);
}

/* In by eth0 under br0, out by br0 and eth0: the same way. */
static void test_stacked_is_not_misrouted(void **state)
{
	struct fixture *f = *state;

	fx_syn(f, FX_ENTRY);
	f->ifindex = 10; /* br0 */
	fx_syn(f, FX_PRE_FIRST);
	fx_syn(f, FX_IN);
	fx_synack(f, FX_OUT_FIRST);
	fx_synack(f, FX_POST);
	fx_synack(f, FX_EXIT);
	fx_route(f, 0, 10, NULL);
	fx_expect(f, "synack-unanswered", CONFIDENCE_CERTAIN);
}

static void test_neighbour(void **state)
{
	struct fixture *f = *state;
	const struct verdict *v;

	fx_deliver(f);
	fx_synack(f, FX_OUT_FIRST);
	fx_synack(f, FX_POST);
	fx_at(f, 1500000); /* three ARP requests later */
	fx_drop(f, false, SYN | ACK, "NEIGH_FAILED");
	fx_route(f, 0, FX_ETH0, "172.16.32.1");
	fx_neigh(f, "172.16.32.1", NUD_FAILED);
	v = fx_expect_now(f, "neighbour-failed", CONFIDENCE_CERTAIN);
	fx_says(v, "next hop 172.16.32.1 on eth0 does not answer ARP");
	fx_steps(v, "next hop 172.16.32.1 on eth0: FAILED");
}

/* Nothing was freed yet at the timeout: it still waits for the neighbour. */
/* The other way out does not resolve: misrouted all the same, but by what was dropped, at once. */
static void test_misrouted_neighbour(void **state)
{
	struct fixture *f = *state;

	misroute(f);
	fx_at(f, 1500000);
	fx_drop(f, false, SYN | ACK, "NEIGH_FAILED");
	fx_expect_now(f, "reply-misrouted", CONFIDENCE_CERTAIN);
}

static void test_neighbour_waits(void **state)
{
	struct fixture *f = *state;

	fx_deliver(f);
	fx_synack(f, FX_OUT_FIRST);
	fx_synack(f, FX_POST);
	fx_neigh(f, "172.16.32.1", NUD_INCOMPLETE);
	fx_expect(f, "neighbour-failed", CONFIDENCE_LIKELY);
}

static void test_neighbour_v6(void **state)
{
	struct fixture *f = *state;
	const struct verdict *v;

	fx_v6(f);
	fx_deliver(f);
	fx_synack(f, FX_OUT_FIRST);
	fx_drop(f, false, SYN | ACK, "NEIGH_QUEUEFULL");
	fx_neigh(f, "fe80::1", NUD_INCOMPLETE);
	v = fx_expect_now(f, "neighbour-failed", CONFIDENCE_CERTAIN);
	fx_says(v, "fe80::1 on eth0 does not answer neighbour discovery");
}

static void test_unanswered(void **state)
{
	struct fixture *f = *state;
	const struct verdict *v;

	fx_deliver(f);
	fx_answer(f);
	fx_at(f, 1000000);
	fx_answer(f);
	fx_route(f, 0, FX_ETH0, "172.16.32.1");
	fx_neigh(f, "172.16.32.1", NUD_REACHABLE);
	v = fx_expect(f, "synack-unanswered", CONFIDENCE_CERTAIN);
	fx_says(v, "left by eth0 via 172.16.32.1 (sent 2 times), and nothing came back within 2000 "
		   "ms");
	assert_int_equal(v->duration_us, 2000000);
}

/* Made, but not seen leaving, and nothing was dropped: no cause can be named. */
static void test_never_left(void **state)
{
	struct fixture *f = *state;
	const struct verdict *v;

	fx_deliver(f);
	fx_synack(f, FX_OUT_FIRST);
	v = fx_expect(f, "undetermined", CONFIDENCE_POSSIBLE);
	fx_says(v, "not seen leaving");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fx_setup, fx_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_output),
		TEST(test_postrouting),
		TEST(test_qdisc),
		TEST(test_tc_egress),
		TEST(test_response),
		TEST(test_freed_by_driver),
		TEST(test_no_route),
		TEST(test_no_route_likely),
		TEST(test_no_route_but_full),
		TEST(test_misrouted),
		TEST(test_misrouted_healthy),
		TEST(test_stacked_is_not_misrouted),
		TEST(test_misrouted_neighbour),
		TEST(test_neighbour),
		TEST(test_neighbour_waits),
		TEST(test_neighbour_v6),
		TEST(test_unanswered),
		TEST(test_never_left),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
