// SPDX-License-Identifier: GPL-2.0-only
// Unit tests of the causes at the listener: none, a wrong one, one that is filtered.
#include <string.h>

#include "fixture.h"

enum { SYN = 2, ACK = 16 };

/* No socket takes the SYN: a reset, then the SYN is freed. */
static void refuse(struct fixture *f)
{
	fx_syn(f, FX_ENTRY);
	fx_no_socket(f);
	fx_syn(f, FX_PRE_FIRST);
	fx_syn(f, FX_PRE);
	fx_syn(f, FX_IN);
	fx_reset(f, SYN, "NO_SOCKET", 0);
	fx_send(f, 4 | ACK);
	fx_drop(f, true, SYN, "NO_SOCKET");
}

static void test_none(void **state)
{
	struct fixture *f = *state;
	const struct verdict *v;

	refuse(f);
	v = fx_expect_now(f, "no-listener", CONFIDENCE_CERTAIN);
	fx_says(v, "nothing listens on port 80: the probe was answered with a reset");
	fx_steps(v, "no socket would take it");
	fx_steps(v, "reset sent: NO_SOCKET");
	assert_true(f->request.needs & NEED_LISTENERS);
}

/* 5.10 to 6.9: tcp_send_reset gives no reason. */
static void test_none_no_reason(void **state)
{
	struct fixture *f = *state;

	fx_syn(f, FX_ENTRY);
	fx_no_socket(f);
	fx_syn(f, FX_IN);
	fx_reset(f, SYN, NULL, 0);
	fx_send(f, 4 | ACK);
	fx_drop(f, true, SYN, "NOT_SPECIFIED");
	fx_expect_now(f, "no-listener", CONFIDENCE_CERTAIN);
}

/* Before 5.17, and the reset waits for the address of the next hop: it leaves after the drop. */
static void refuse_late(struct fixture *f, const char *symbol)
{
	fx_syn(f, FX_ENTRY);
	fx_syn(f, FX_IN);
	strcpy(fx_drop(f, true, SYN, "NOT_SPECIFIED")->symbol, symbol);
	fx_send(f, 4 | ACK);
}

static void test_none_late_reset(void **state)
{
	struct fixture *f = *state;

	refuse_late(f, "tcp_v4_rcv");
	fx_expect_now(f, "no-listener", CONFIDENCE_CERTAIN);
}

static void test_none_late_reset_v6(void **state)
{
	struct fixture *f = *state;

	fx_v6(f);
	refuse_late(f, "tcp_v6_rcv");
	fx_expect_now(f, "no-listener", CONFIDENCE_CERTAIN);
}

/* Dropped elsewhere: the reset does not say that there is no socket. */
static void test_elsewhere_late_reset(void **state)
{
	struct fixture *f = *state;

	refuse_late(f, "ip_rcv_core");
	fx_expect(f, "undetermined", CONFIDENCE_POSSIBLE);
}

/* The same drop, and no reset: nothing is claimed. */
static void test_dropped_no_reset(void **state)
{
	struct fixture *f = *state;

	fx_syn(f, FX_ENTRY);
	fx_syn(f, FX_IN);
	strcpy(fx_drop(f, true, SYN, "NOT_SPECIFIED")->symbol, "tcp_v4_rcv");
	fx_expect(f, "undetermined", CONFIDENCE_POSSIBLE);
}

static void test_none_v6(void **state)
{
	struct fixture *f = *state;
	const struct verdict *v;

	fx_v6(f);
	refuse(f);
	v = fx_expect_now(f, "no-listener", CONFIDENCE_CERTAIN);
	assert_int_equal(v->probe.family, 6);
}

/* A service that starts a moment after the probe does not make it another cause. */
static void test_started_since(void **state)
{
	struct fixture *f = *state;
	const struct verdict *v;

	refuse(f);
	fx_listener(f, "0.0.0.0", 80, "nginx");
	v = fx_expect_now(f, "no-listener", CONFIDENCE_CERTAIN);
	fx_says(v, "(nginx (pid 812) listens by now)");
}

static void test_address(void **state)
{
	struct fixture *f = *state;
	const struct verdict *v;

	refuse(f);
	fx_listener(f, "127.0.0.1", 80, "nginx");
	v = fx_expect_now(f, "listener-wrong-address", CONFIDENCE_CERTAIN);
	fx_says(v,
		"nginx (pid 812) listens on 127.0.0.1:80 only; the probe went to 172.16.32.15:80");
	fx_fixes(v, "make nginx listen on 172.16.32.15:80 or on 0.0.0.0:80");
	fx_steps(v, "nginx (pid 812) listens on 127.0.0.1:80");
}

static void test_address_v6(void **state)
{
	struct fixture *f = *state;
	const struct verdict *v;

	fx_v6(f);
	refuse(f);
	fx_listener(f, "::1", 80, "nginx");
	v = fx_expect_now(f, "listener-wrong-address", CONFIDENCE_CERTAIN);
	fx_says(v, "listens on [::1]:80 only; the probe went to fd00::15:80");
	fx_fixes(v, "[fd00::15]:80 or on [::]:80");
}

static void test_family(void **state)
{
	struct fixture *f = *state;
	const struct verdict *v;

	refuse(f);
	fx_listener(f, "::", 80, "nginx")->v6only = 1;
	v = fx_expect_now(f, "listener-wrong-family", CONFIDENCE_CERTAIN);
	fx_says(v, "nginx (pid 812) listens on [::]:80 (IPv6 only); the probe came over IPv4");
}

static void test_family_v4(void **state)
{
	struct fixture *f = *state;
	const struct verdict *v;

	fx_v6(f);
	refuse(f);
	fx_listener(f, "0.0.0.0", 80, "nginx");
	v = fx_expect_now(f, "listener-wrong-family", CONFIDENCE_CERTAIN);
	fx_says(v, "(IPv4 only); the probe came over IPv6");
	fx_fixes(v, "listen on [::]:80 too");
}

static void test_device(void **state)
{
	struct fixture *f = *state;
	struct fact_listener *l;
	const struct verdict *v;

	refuse(f);
	fx_listener(f, "127.0.0.1", 80, "other"); /* a farther miss */
	l = fx_listener(f, "0.0.0.0", 80, "nginx");
	l->bound_ifindex = FX_ETH1;
	strcpy(l->bound_ifname, "eth1");
	v = fx_expect_now(f, "listener-wrong-device", CONFIDENCE_CERTAIN);
	fx_says(v, "nginx (pid 812) listens on 0.0.0.0:80 bound to device eth1; the probe came in "
		   "on eth0");
}

static void test_lsm(void **state)
{
	struct fixture *f = *state;
	const struct verdict *v;

	fx_deliver(f);
	fx_drop(f, true, SYN, "SECURITY_HOOK");
	fx_listener(f, "0.0.0.0", 80, "nginx");
	v = fx_expect_now(f, "lsm-drop", CONFIDENCE_CERTAIN);
	fx_says(v, "refused by a security module (SECURITY_HOOK); the listener is nginx (pid 812)");
}

static void test_socket_filter(void **state)
{
	struct fixture *f = *state;
	const struct verdict *v;

	fx_syn(f, FX_ENTRY);
	fx_listen(f, 0, FX_BACKLOG)->has_filter = 1;
	fx_syn(f, FX_IN);
	fx_drop(f, true, SYN, "SOCKET_FILTER");
	fx_listener(f, "0.0.0.0", 80, "nginx");
	v = fx_expect_now(f, "socket-filter", CONFIDENCE_CERTAIN);
	fx_says(v, "dropped by the socket filter of nginx (pid 812)");
	fx_fixes(v, "nginx filters its own socket");
	fx_steps(v, "has a socket filter");
}

static void test_cgroup_filter(void **state)
{
	struct fixture *f = *state;
	const struct verdict *v;

	fx_deliver(f);
	fx_drop(f, true, SYN, "SOCKET_FILTER");
	fx_program(f, PROG_CGROUP_INGRESS, "sd_fw_ingress", 77);
	v = fx_expect_now(f, "socket-filter", CONFIDENCE_CERTAIN);
	fx_says(v, "a cgroup ingress program sd_fw_ingress (id 77)");
	fx_fixes(v, "bpftool prog show id 77");
}

static void test_either_filter(void **state)
{
	struct fixture *f = *state;
	const struct verdict *v;

	fx_syn(f, FX_ENTRY);
	fx_listen(f, 0, FX_BACKLOG)->has_filter = 1;
	fx_syn(f, FX_IN);
	fx_drop(f, true, SYN, "SOCKET_FILTER");
	fx_program(f, PROG_CGROUP_INGRESS, "sd_fw_ingress", 77);
	v = fx_expect_now(f, "socket-filter", CONFIDENCE_LIKELY);
	fx_says(v, "the socket filter or a cgroup ingress program");
}

/* To 6.12 a security module's drop has the same reason: none was found, so one of several. */
static void test_no_filter_found(void **state)
{
	struct fixture *f = *state;
	const struct verdict *v;

	fx_deliver(f);
	fx_drop(f, true, SYN, "SOCKET_FILTER");
	v = fx_expect_now(f, "socket-filter", CONFIDENCE_POSSIBLE);
	fx_says(v, "a socket filter, a cgroup program or a security module (none was found)");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fx_setup, fx_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_none),
		TEST(test_none_no_reason),
		TEST(test_none_v6),
		TEST(test_none_late_reset),
		TEST(test_none_late_reset_v6),
		TEST(test_elsewhere_late_reset),
		TEST(test_dropped_no_reset),
		TEST(test_started_since),
		TEST(test_address),
		TEST(test_address_v6),
		TEST(test_family),
		TEST(test_family_v4),
		TEST(test_device),
		TEST(test_lsm),
		TEST(test_socket_filter),
		TEST(test_cgroup_filter),
		TEST(test_either_filter),
		TEST(test_no_filter_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
