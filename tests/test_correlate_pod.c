// SPDX-License-Identifier: GPL-2.0-only
// Unit tests of probes that this host only forwards: to pods with addresses of their own, or away.
#include <string.h>

#include "fixture.h"
#include "sample.h"

enum { FIN = 1, SYN = 2, RST = 4, ACK = 16 };

static const char get[] = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

/* A pod with an address of its own, to which this host is a router. */
static int set_up_pod(void **state)
{
	struct fixture *f;

	fx_setup(state);
	f = *state;
	sample_address(f->flow.daddr, "10.42.0.7");
	fx_addr(f, false, NULL);
	return 0;
}

static void test_pod(void **state)
{
	struct fixture *f = *state;
	const struct verdict *v;

	fx_connect_container(f);
	fx_request(f, get);
	fx_respond_container(f, "HTTP/1.1 200 OK\r\n\r\n");
	fx_hand_back(f, FIN | ACK);
	v = fx_expect_now(f, "healthy", CONFIDENCE_CERTAIN);
	assert_int_equal(v->service.family, 0);
}

/* Nothing of its end is seen where its namespace is not followed. */
static void test_pod_half_open(void **state)
{
	struct fixture *f = *state;

	fx_hand_on(f);
	fx_hand_back(f, SYN | ACK);
	fx_rst(f, true, FX_ENTRY);
	fx_expect_now(f, "healthy", CONFIDENCE_CERTAIN);
}

static void test_pod_closed_by_prober(void **state)
{
	struct fixture *f = *state;

	fx_hand_on(f);
	fx_hand_back(f, SYN | ACK);
	fx_ack(f, FX_ENTRY);
	fx_fin(f, true, FX_ENTRY);
	fx_expect_now(f, "healthy", CONFIDENCE_CERTAIN);
}

static void test_pod_no_listener(void **state)
{
	struct fixture *f = *state;
	const struct verdict *v;

	fx_hand_on(f);
	f->netns = FX_NETNS;
	fx_reset(f, SYN, "NO_SOCKET", 0);
	fx_hand_back(f, RST | ACK);
	v = fx_expect_now(f, "no-listener", CONFIDENCE_CERTAIN);
	assert_int_equal(v->service.family, 0);
	assert_int_equal(f->request.netns, FX_NETNS);
	fx_says_not(v, "redirects");
}

static void test_pod_no_response(void **state)
{
	struct fixture *f = *state;

	fx_connect_container(f);
	fx_request(f, get);
	fx_expect(f, "app-no-response", CONFIDENCE_CERTAIN);
}

/* A router's: the next hop may yet answer, until the timeout. */
static void test_forwarded_away(void **state)
{
	struct fixture *f = *state;
	const struct verdict *v;

	fx_hand_on(f);
	fx_play(f);
	fx_until(f, 1999000);
	assert_int_equal(f->n_verdicts, 0);
	v = fx_expect(f, "not-for-us", CONFIDENCE_CERTAIN);
	fx_says(v, "10.42.0.7 is no address of this host: the probe was forwarded");
}

/* It answered, so it is there. */
static void test_synack_unanswered(void **state)
{
	struct fixture *f = *state;

	fx_hand_on(f);
	fx_hand_back(f, SYN | ACK);
	fx_expect(f, "synack-unanswered", CONFIDENCE_CERTAIN);
}

/* It had come to the pod. */
static void test_dropped_in_pod(void **state)
{
	struct fixture *f = *state;

	fx_hand_on(f);
	f->netns = FX_NETNS;
	fx_drop(f, true, SYN, "TCP_OVERWINDOW");
	fx_expect_now(f, "undetermined", CONFIDENCE_POSSIBLE);
}

#define POD(name) cmocka_unit_test_setup_teardown(name, set_up_pod, fx_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		POD(test_dropped_in_pod),
		POD(test_synack_unanswered),
		POD(test_pod),
		POD(test_pod_half_open),
		POD(test_pod_closed_by_prober),
		POD(test_pod_no_listener),
		POD(test_pod_no_response),
		POD(test_forwarded_away),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
