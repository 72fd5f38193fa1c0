// SPDX-License-Identifier: GPL-2.0-only
// Unit tests of whether a listener would take a probe, and why not.
#include <stdlib.h>
#include <string.h>

#include "../user/listener.h"
#include "fixture.h"

static struct fact_link links[] = {
	{.ifindex = FX_ETH0, .master = 20}, /* a member of VRF 20 */
	{.ifindex = FX_ETH1},
};
static const struct corr_host host = {.links = links, .n_links = 2};

static void check(struct fixture *f, const struct fact_listener *l, enum listener_fit expected)
{
	struct probe *probe = probe_new(&f->flow, f->isn);

	assert_non_null(probe);
	probe->ifindex = f->ifindex;
	assert_int_equal(listener_fit(probe, &host, l), expected);
	probe_free(probe);
}

static void test_v4_probe(void **state)
{
	struct fixture *f = *state;
	struct fact_listener *only_v6 = fx_listener(f, "::", 80, "a");

	only_v6->v6only = 1;
	check(f, fx_listener(f, "0.0.0.0", 80, "a"), FIT_ALL);
	check(f, fx_listener(f, "172.16.32.15", 80, "a"), FIT_ALL);
	check(f, fx_listener(f, "172.16.32.16", 80, "a"), FIT_NOT_ADDRESS);
	check(f, fx_listener(f, "127.0.0.1", 80, "a"), FIT_NOT_ADDRESS);
	check(f, fx_listener(f, "::", 80, "a"), FIT_ALL); /* not v6only: takes IPv4 too */
	check(f, only_v6, FIT_NOT_FAMILY);
	check(f, fx_listener(f, "fd00::15", 80, "a"), FIT_NOT_FAMILY);
	check(f, fx_listener(f, "::1", 80, "a"), FIT_NOT_ADDRESS);
}

static void test_v6_probe(void **state)
{
	struct fixture *f = *state;

	fx_v6(f);
	check(f, fx_listener(f, "::", 80, "a"), FIT_ALL);
	check(f, fx_listener(f, "fd00::15", 80, "a"), FIT_ALL);
	check(f, fx_listener(f, "fd00::16", 80, "a"), FIT_NOT_ADDRESS);
	check(f, fx_listener(f, "::1", 80, "a"), FIT_NOT_ADDRESS);
	check(f, fx_listener(f, "0.0.0.0", 80, "a"), FIT_NOT_FAMILY);
	check(f, fx_listener(f, "172.16.32.15", 80, "a"), FIT_NOT_FAMILY);
}

/* An IPv6 socket that is bound to a v4-mapped address. */
static void test_mapped(void **state)
{
	struct fixture *f = *state;
	struct fact_listener *l = fx_listener(f, "172.16.32.15", 80, "a");

	l->family = 6;
	check(f, l, FIT_ALL);
	l->laddr[15]++;
	check(f, l, FIT_NOT_ADDRESS);
}

static void test_device(void **state)
{
	struct fixture *f = *state;
	struct fact_listener *l = fx_listener(f, "0.0.0.0", 80, "a");

	l->bound_ifindex = FX_ETH0;
	check(f, l, FIT_ALL);
	l->bound_ifindex = FX_ETH1;
	check(f, l, FIT_NOT_DEVICE);
	l->bound_ifindex = 20; /* the VRF that eth0 belongs to */
	check(f, l, FIT_ALL);
	f->ifindex = FX_ETH1;
	check(f, l, FIT_NOT_DEVICE);
	/* The wrong address is the farther miss. */
	l->laddr[15] = 1;
	check(f, l, FIT_NOT_ADDRESS);
}

/* Seen on a lower device first: the one above it counts as well. */
static void test_stacked(void **state)
{
	struct fixture *f = *state;
	struct fact_listener *l = fx_listener(f, "0.0.0.0", 80, "a");
	struct probe *probe = probe_new(&f->flow, f->isn);

	probe->ifindex = FX_ETH1;
	probe->attempt.in_ifs = (struct if_set){.index = {FX_ETH1, 30}, .n = 2};
	l->bound_ifindex = 30; /* br0 above it */
	assert_int_equal(listener_fit(probe, &host, l), FIT_ALL);
	l->bound_ifindex = 31;
	assert_int_equal(listener_fit(probe, &host, l), FIT_NOT_DEVICE);
	probe_free(probe);
}

static const char *best_of(struct fixture *f)
{
	struct probe *probe = probe_new(&f->flow, f->isn);
	const struct fact_listener *best;
	static char comm[EV_COMM_LEN];

	probe->ifindex = f->ifindex;
	for (unsigned int i = 0; i < f->n_facts; i++)
		assert_int_equal(probe_add_fact(probe, f->facts[i]), 0);
	best = listener_best(probe, &host);
	if (best)
		memcpy(comm, best->comm, sizeof(comm));
	probe_free(probe);
	return best ? comm : NULL;
}

/* From the farthest miss to the fit: each is better than those before it. */
static void test_best(void **state)
{
	struct fixture *f = *state;

	assert_null(best_of(f));
	fx_listener(f, "::", 80, "family")->v6only = 1;
	assert_string_equal(best_of(f), "family");
	fx_listener(f, "127.0.0.1", 80, "address");
	assert_string_equal(best_of(f), "address");
	fx_listener(f, "10.1.1.1", 80, "address2"); /* as far: the first one stays */
	assert_string_equal(best_of(f), "address");
	fx_listener(f, "0.0.0.0", 80, "device")->bound_ifindex = FX_ETH1;
	assert_string_equal(best_of(f), "device");
	fx_listener(f, "0.0.0.0", 80, "fits");
	assert_string_equal(best_of(f), "fits");
	fx_listener(f, "127.0.0.2", 80, "after");
	assert_string_equal(best_of(f), "fits");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fx_setup, fx_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_v4_probe), TEST(test_v6_probe), TEST(test_mapped),
		TEST(test_device),   TEST(test_stacked),  TEST(test_best),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
