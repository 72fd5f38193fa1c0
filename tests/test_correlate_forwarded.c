// SPDX-License-Identifier: GPL-2.0-only
// Unit tests of datagrams that are handed on to containers of this host, or away.
#include "../user/flow.h"
#include "fixture.h"

enum { UNREACHABLE = 3, PORT_UNREACHABLE = 3 };

static int set_up_udp(void **state)
{
	fx_setup(state);
	fx_udp(*state);
	return 0;
}

/* In a container nobody takes it; or nothing is known of it there. */
static void ask_container(struct fixture *f)
{
	fx_translate(f, "172.17.0.2", 8080);
	fx_ask(f);
	fx_payload(f, true, "x", 1, FX_FWD);
	fx_payload(f, true, "x", 1, FX_POST)->ifindex = FX_BRIDGE;
	fx_payload(f, true, "x", 1, FX_EXIT)->ifindex = FX_BRIDGE;
}

static void test_container(void **state)
{
	struct fixture *f = *state;
	const struct verdict *v;

	ask_container(f);
	f->netns = FX_NETNS;
	fx_icmp(f, UNREACHABLE, PORT_UNREACHABLE);
	fx_drop(f, true, 0, "NO_SOCKET");
	v = fx_expect_now(f, "udp-no-listener", CONFIDENCE_CERTAIN);
	fx_says(v, "no UDP socket on 172.17.0.2:8080 (in another network namespace), to which "
		   "netfilter redirects port 80: answered with ICMP port unreachable");
	assert_true(flow_equal(&v->service, &f->nat));
	assert_int_equal(f->request.netns, FX_NETNS);
}

static void test_container_silent(void **state)
{
	struct fixture *f = *state;

	ask_container(f);
	fx_says(fx_expect(f, "healthy", CONFIDENCE_LIKELY), "handed on, no answer and no ICMP");
}

static void test_container_gone(void **state)
{
	struct fixture *f = *state;

	ask_container(f);
	fx_drop(f, true, 0, "NEIGH_FAILED")->ifindex = FX_BRIDGE;
	fx_expect(f, "neighbour-failed", CONFIDENCE_CERTAIN);
}

static void test_forwarded_away(void **state)
{
	struct fixture *f = *state;

	ask_container(f);
	for (unsigned int i = 0; i < f->n_events; i++)
		((struct ev_packet *)f->events[i])->nat.family = 0;
	fx_addr(f, false, NULL);
	fx_expect(f, "healthy", CONFIDENCE_LIKELY); /* nobody has said otherwise */
}

#define UDP(name) cmocka_unit_test_setup_teardown(name, set_up_udp, fx_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		UDP(test_container),
		UDP(test_container_silent),
		UDP(test_container_gone),
		UDP(test_forwarded_away),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
