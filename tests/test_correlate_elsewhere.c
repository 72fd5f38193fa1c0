// SPDX-License-Identifier: GPL-2.0-only
// Unit tests of probes whose listener is in another network namespace.
#include <stdio.h>
#include <string.h>

#include "../user/listener.h"
#include "fixture.h"

enum { SYN = 2, RST = 4, ACK = 16 };

static const char get[] = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
static const char id[] = "3f1c9d0a7b52";

static struct fact_listener *refuse(struct fixture *f)
{
	struct fact_listener *l;

	fx_deliver(f);
	fx_reset(f, SYN, "NO_SOCKET", 0);
	fx_send(f, RST | ACK);
	l = fx_listener(f, "::", 80, "nginx");
	l->netns = FX_NETNS;
	snprintf(l->container, sizeof(l->container), "%s", id);
	return l;
}

static void test_elsewhere(void **state)
{
	struct fixture *f = *state;
	const struct verdict *v;

	refuse(f);
	v = fx_expect_now(f, "listener-elsewhere", CONFIDENCE_LIKELY);
	fx_says(v, "nothing listens on port 80 in this network namespace, but nginx (pid 812, "
		   "container 3f1c9d0a7b52) on [::]:80 does in another: the probe was answered "
		   "with a reset");
	fx_fixes(v, "docker run -p 80:80");
	fx_fixes(v, "nsenter -t 812 -n ss -lntp");
	fx_steps(v, "listens on [::]:80, in another network namespace");
	assert_true(f->request.needs & NEED_ELSEWHERE);
	assert_int_equal(f->request.netns, 0);
}

/* It was only not there yet. */
static void test_elsewhere_and_started(void **state)
{
	struct fixture *f = *state;
	const struct verdict *v;

	refuse(f);
	fx_listener(f, "0.0.0.0", 80, "haproxy")->pid = 900;
	v = fx_expect_now(f, "no-listener", CONFIDENCE_CERTAIN);
	fx_says(v, "(haproxy (pid 900) listens by now)");
	fx_says_not(v, "nginx");
}

/* One of this namespace that misses is closer. */
static void test_elsewhere_and_loopback(void **state)
{
	struct fixture *f = *state;

	refuse(f);
	fx_listener(f, "127.0.0.1", 80, "haproxy");
	fx_says(fx_expect_now(f, "listener-wrong-address", CONFIDENCE_CERTAIN),
		"haproxy (pid 812) listens on 127.0.0.1:80 only");
}

/* It does not stand in for a service that does answer. */
static void test_elsewhere_and_failed(void **state)
{
	struct fixture *f = *state;
	struct fact_listener *l = fx_listener(f, "0.0.0.0", 80, "nginx");

	l->netns = FX_NETNS;
	fx_connect(f);
	fx_request(f, get);
	fx_respond(f, "HTTP/1.1 500 x\r\n\r\n");
	fx_says_not(fx_expect_now(f, "http-status", CONFIDENCE_CERTAIN), "nginx");
}

static void test_lookup(void **state)
{
	struct fixture *f = *state;
	struct probe *probe;

	fx_listener(f, "0.0.0.0", 80, "here");
	probe = fx_with_facts(f);
	assert_null(listener_elsewhere(probe));
	probe_free(probe);
	fx_listener(f, "0.0.0.0", 80, "there")->netns = FX_NETNS;
	probe = fx_with_facts(f);
	assert_string_equal(listener_elsewhere(probe)->comm, "there");
	probe_free(probe);
}

#define HERE(name) cmocka_unit_test_setup_teardown(name, fx_setup, fx_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		HERE(test_lookup),
		HERE(test_elsewhere),
		HERE(test_elsewhere_and_started),
		HERE(test_elsewhere_and_loopback),
		HERE(test_elsewhere_and_failed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
