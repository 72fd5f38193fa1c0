// SPDX-License-Identifier: GPL-2.0-only
// Unit tests of probes whose source is an address of this host.
#include "fixture.h"

enum { SYN = 2, ACK = 16 };

static void test_local_source(void **state)
{
	struct fixture *f = *state;
	const struct verdict *v;

	fx_syn(f, FX_ENTRY);
	fx_syn(f, FX_PRE);
	fx_drop(f, true, SYN, "IP_LOCAL_SOURCE");
	fx_addr(f, true, "lo");
	fx_addr(f, false, "eth0");
	v = fx_expect_now(f, "source-is-local", CONFIDENCE_CERTAIN);
	fx_says(v, "100.64.1.10 is an address of this host (on lo)");
	fx_fixes(v, "ip addr del 100.64.1.10/32 dev lo");
}

static void test_local_source_old(void **state)
{
	struct fixture *f = *state;

	fx_syn(f, FX_ENTRY);
	fx_syn(f, FX_PRE);
	fx_drop(f, true, SYN, "NOT_SPECIFIED");
	fx_addr(f, true, "lo");
	fx_addr(f, false, "eth0");
	fx_expect_now(f, "source-is-local", CONFIDENCE_LIKELY);
}

/* IPv6 takes such a SYN, and answers to itself: there the SYN-ACK is refused. */
static void test_v6_refused(void **state)
{
	struct fixture *f = *state;

	fx_v6(f);
	fx_deliver(f);
	fx_synack(f, FX_OUT_FIRST);
	fx_synack(f, FX_POST);
	fx_drop(f, false, SYN | ACK, "NO_SOCKET");
	fx_addr(f, true, "lo");
	fx_says(fx_expect_now(f, "source-is-local", CONFIDENCE_CERTAIN), "fd64::10");
}

static void test_v6_unanswered(void **state)
{
	struct fixture *f = *state;

	fx_v6(f);
	fx_deliver(f);
	fx_synack(f, FX_OUT_FIRST);
	fx_addr(f, true, "lo");
	fx_expect(f, "source-is-local", CONFIDENCE_CERTAIN);
}

/* The same with a source that is not: it is the reply's fault then. */
static void test_v6_not_local(void **state)
{
	struct fixture *f = *state;

	fx_v6(f);
	fx_deliver(f);
	fx_synack(f, FX_OUT_FIRST);
	fx_drop(f, false, SYN | ACK, "QDISC_DROP");
	fx_addr(f, true, NULL);
	fx_expect_now(f, "reply-dropped", CONFIDENCE_CERTAIN);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fx_setup, fx_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_local_source),  TEST(test_local_source_old), TEST(test_v6_refused),
		TEST(test_v6_unanswered), TEST(test_v6_not_local),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
