// SPDX-License-Identifier: GPL-2.0-only
// Unit tests of the causes on the way from the wire to netfilter.
#include <linux/rtnetlink.h>
#include <string.h>

#include "fixture.h"

enum { SYN = 2 };

static void test_otherhost(void **state)
{
	struct fixture *f = *state;
	const struct verdict *v;

	fx_syn(f, FX_ENTRY)->pkt_type = 3;
	fx_no_socket(f);
	fx_drop(f, true, SYN, "OTHERHOST");
	v = fx_expect_now(f, "not-for-us", CONFIDENCE_CERTAIN);
	fx_says(v, "another host's Ethernet address");
	fx_steps(v, "to another host's MAC address");
}

static void test_no_route_in(void **state)
{
	struct fixture *f = *state;
	const struct verdict *v;

	fx_syn(f, FX_ENTRY);
	fx_syn(f, FX_PRE_FIRST);
	fx_syn(f, FX_PRE);
	fx_drop(f, true, SYN, "IP_INNOROUTES");
	fx_addr(f, false, NULL);
	v = fx_expect_now(f, "not-for-us", CONFIDENCE_CERTAIN);
	fx_says(v, "172.16.32.15 is no address of this host, and it does not forward");
	fx_fixes(v, "ip addr add 172.16.32.15/32 dev eth0");
}

static void test_forwarded(void **state)
{
	struct fixture *f = *state;
	const struct verdict *v;

	fx_syn(f, FX_ENTRY);
	fx_syn(f, FX_PRE);
	fx_syn(f, FX_FWD);
	fx_syn(f, FX_POST);
	fx_syn(f, FX_EXIT)->ifindex = FX_ETH1;
	fx_addr(f, false, NULL);
	v = fx_expect(f, "not-for-us", CONFIDENCE_CERTAIN);
	fx_says(v, "the probe was forwarded");
}

/* A published container port: forwarded too, but its address is this host's. */
static void test_forwarded_container(void **state)
{
	struct fixture *f = *state;

	fx_syn(f, FX_ENTRY);
	fx_syn(f, FX_PRE);
	fx_syn(f, FX_POST);
	fx_at(f, 500000);
	fx_state(f, 1, 8);
	fx_addr(f, false, "eth0");
	fx_play(f);
	fx_until(f, 1000000);
	assert_int_equal(f->n_verdicts, 0);
	assert_int_equal(f->asked, 0);
	fx_at(f, 1000001);
	fx_synack(f, FX_EXIT);
	fx_rst(f, true, FX_ENTRY);
	fx_expect_now(f, "healthy", CONFIDENCE_CERTAIN);
}

/* Before about 6.13 martian destinations have no reason. */
static void test_not_for_us_old(void **state)
{
	struct fixture *f = *state;

	fx_syn(f, FX_ENTRY);
	fx_syn(f, FX_PRE);
	fx_drop(f, true, SYN, "NOT_SPECIFIED");
	fx_addr(f, false, NULL);
	fx_addr(f, true, NULL);
	fx_expect_now(f, "not-for-us", CONFIDENCE_LIKELY);
}

/* Generic XDP runs before tc ingress: the drop is all that is seen. */
static void test_xdp(void **state)
{
	struct fixture *f = *state;
	const struct verdict *v;

	fx_drop(f, true, SYN, "XDP");
	fx_program(f, PROG_XDP_GENERIC, "shield", 34);
	v = fx_expect_now(f, "xdp-drop", CONFIDENCE_CERTAIN);
	fx_says(v, "dropped by an XDP program on eth0: generic XDP program shield (id 34)");
	fx_fixes(v, "bpftool prog show id 34");
	fx_fixes(v, "ip link set dev eth0 xdpgeneric off");
	assert_int_equal(v->syns, 1);
	assert_int_equal(v->first_ns, FX_START_NS);
	assert_int_equal(f->request.ifindex, FX_ETH0);
}

/* With --xdp the SYN is seen first by our own program. */
static void test_xdp_seen(void **state)
{
	struct fixture *f = *state;
	const struct verdict *v;

	fx_syn(f, FX_XDP);
	fx_drop(f, true, SYN, "XDP");
	fx_program(f, PROG_XDP_GENERIC, "shield", 34);
	v = fx_expect_now(f, "xdp-drop", CONFIDENCE_CERTAIN);
	fx_says(v, "on eth0");
	assert_int_equal(v->syns, 1);
	assert_string_equal(v->interface, "eth0");
}

static void test_tc(void **state)
{
	struct fixture *f = *state;
	struct fact_program *p;
	const struct verdict *v;

	fx_syn(f, FX_ENTRY);
	fx_no_socket(f);
	fx_drop(f, true, SYN, "TC_INGRESS");
	p = fx_program(f, PROG_TC_INGRESS, "", 0);
	p->prio = 49152;
	p->handle = 0x80000800;
	strcpy(p->kind, "u32");
	v = fx_expect_now(f, "tc-drop", CONFIDENCE_CERTAIN);
	fx_says(v, "tc ingress of eth0: tc ingress filter u32, pref 49152 handle 0x80000800");
	fx_fixes(v, "tc filter del dev eth0 ingress pref 49152");
}

static void test_tcx(void **state)
{
	struct fixture *f = *state;
	const struct verdict *v;

	fx_syn(f, FX_ENTRY);
	fx_drop(f, true, SYN, "TC_INGRESS");
	fx_program(f, PROG_TCX_INGRESS, "drop_all", 12);
	/* Those of another interface have no part in it. */
	fx_program(f, PROG_TCX_INGRESS, "other", 13)->ifindex = FX_ETH1;
	v = fx_expect_now(f, "tc-drop", CONFIDENCE_CERTAIN);
	fx_says(v, "tcx ingress program drop_all (id 12)");
	fx_fixes(v, "bpftool net detach tcx_ingress dev eth0");
}

static void test_tcp_checksum(void **state)
{
	struct fixture *f = *state;
	const struct verdict *v;

	fx_deliver(f);
	fx_drop(f, true, SYN, "TCP_CSUM");
	v = fx_expect_now(f, "bad-checksum", CONFIDENCE_CERTAIN);
	fx_says(v, "TCP checksum is wrong (TCP_CSUM)");
}

static void test_ip_checksum(void **state)
{
	struct fixture *f = *state;
	const struct verdict *v;

	fx_syn(f, FX_ENTRY);
	fx_drop(f, true, SYN, "IP_CSUM");
	v = fx_expect_now(f, "bad-checksum", CONFIDENCE_CERTAIN);
	fx_says(v, "IP checksum is wrong (IP_CSUM)");
}

static void drop_by_rp_filter(struct fixture *f)
{
	fx_syn(f, FX_ENTRY);
	fx_listen(f, 0, FX_BACKLOG);
	fx_syn(f, FX_PRE_FIRST);
	fx_syn(f, FX_PRE);
	fx_drop(f, true, SYN, "IP_RPFILTER");
	fx_sysctl(f, "net.ipv4.conf.all.rp_filter", 0);
	fx_sysctl(f, "net.ipv4.conf.eth0.rp_filter", 1);
}

static void test_rp_filter(void **state)
{
	struct fixture *f = *state;
	const struct verdict *v;

	drop_by_rp_filter(f);
	fx_route(f, 0, FX_ETH1, "10.9.0.1");
	v = fx_expect_now(f, "rp-filter", CONFIDENCE_CERTAIN);
	fx_says(v, "100.64.1.10 came in on eth0, but the route back to it is by eth1");
	fx_says(v, "(rp_filter: all=0, eth0=1)");
	fx_fixes(v, "net.ipv4.conf.eth0.rp_filter=2");
}

/* Loose mode wants a route too: without one only 0 helps. */
static void test_rp_filter_no_route(void **state)
{
	struct fixture *f = *state;
	const struct verdict *v;

	drop_by_rp_filter(f);
	fx_route(f, 101, 0, NULL);
	v = fx_expect_now(f, "rp-filter", CONFIDENCE_CERTAIN);
	fx_says(v, "there is no route back to it (network is unreachable)");
	fx_fixes(v, "net.ipv4.conf.eth0.rp_filter=0");
}

static void test_unknown_drop(void **state)
{
	struct fixture *f = *state;
	const struct verdict *v;

	fx_deliver(f);
	strcpy(fx_drop(f, true, SYN, "PKT_TOO_BIG")->symbol, "tcp_v4_rcv");
	fx_addr(f, false, "eth0");
	v = fx_expect(f, "undetermined", CONFIDENCE_POSSIBLE);
	fx_says(v, "the kernel dropped the SYN: PKT_TOO_BIG in tcp_v4_rcv");
}

/* The same addresses over IPv6: texts name them as such. */
static void test_v6(void **state)
{
	struct fixture *f = *state;
	const struct verdict *v;

	fx_v6(f);
	fx_syn(f, FX_ENTRY);
	fx_drop(f, true, SYN, "IP_INNOROUTES");
	v = fx_expect_now(f, "not-for-us", CONFIDENCE_CERTAIN);
	fx_says(v, "fd00::15 is no address");
	fx_fixes(v, "fd00::15/128");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fx_setup, fx_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_otherhost),
		TEST(test_no_route_in),
		TEST(test_forwarded),
		TEST(test_forwarded_container),
		TEST(test_not_for_us_old),
		TEST(test_xdp),
		TEST(test_xdp_seen),
		TEST(test_tc),
		TEST(test_tcx),
		TEST(test_tcp_checksum),
		TEST(test_ip_checksum),
		TEST(test_rp_filter),
		TEST(test_rp_filter_no_route),
		TEST(test_unknown_drop),
		TEST(test_v6),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
