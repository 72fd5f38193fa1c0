// SPDX-License-Identifier: GPL-2.0-only
// Unit tests of where in netfilter a packet vanished: hook, candidates, words, commands.
#include <string.h>

#include "../user/firewall.h"
#include "fixture.h"

enum { PREROUTING, INPUT, FORWARD, OUTPUT, POSTROUTING };
enum { FIRST = INT32_MIN, LAST = INT32_MAX - 1 };

static struct corr_host host;

/* The place of a drop after that waypoint, with the fixture's facts. */
static struct firewall_place place_after(struct fixture *f, int hook, int32_t priority, bool reply,
					 struct probe **out)
{
	struct probe *probe = fx_with_facts(f);
	struct firewall_place place;

	if (hook >= 0)
		probe->attempt.drop_at =
			(struct nf_position){.skb = 1, .priority = priority, .hook = (uint8_t)hook};
	firewall_place(probe, &host, reply, &place);
	*out = probe;
	return place;
}

static void check(struct fixture *f, int hook, int32_t priority, const char *expected_hook,
		  unsigned int candidates, const char *table)
{
	bool reply = hook >= OUTPUT;
	struct verdict_rule rule;
	struct probe *probe;
	struct firewall_place place = place_after(f, hook, priority, reply, &probe);

	assert_string_equal(place.hook, expected_hook);
	assert_int_equal(place.candidates, candidates);
	firewall_rule(&place, &rule);
	assert_int_equal(rule.known, expected_hook[0] != 0);
	assert_string_equal(rule.table, table);
	assert_int_equal(rule.handle, -1);
	assert_int_equal(rule.number, -1);
	probe_free(probe);
}

/* One chain that can drop in each hook. */
static void chains(struct fixture *f)
{
	fx_hook(f, PREROUTING, -300, HOOK_NFT, "pre", "pre");
	fx_hook(f, INPUT, 0, HOOK_NFT, "in", "in");
	fx_hook(f, FORWARD, 0, HOOK_NFT, "fwd", "fwd");
	fx_hook(f, OUTPUT, 0, HOOK_NFT, "out", "out");
	fx_hook(f, POSTROUTING, 0, HOOK_NFT, "post", "post");
}

static void test_hooks(void **state)
{
	struct fixture *f = *state;

	chains(f);
	check(f, PREROUTING, FIRST, "PREROUTING", 1, "pre");
	check(f, PREROUTING, -301, "PREROUTING", 1, "pre");
	check(f, PREROUTING, -300, "PREROUTING", 0, ""); /* it was passed */
	check(f, PREROUTING, LAST, "INPUT", 1, "in");
	check(f, FORWARD, LAST, "POSTROUTING", 1, "post");
	check(f, OUTPUT, FIRST, "OUTPUT", 1, "out");
	check(f, OUTPUT, LAST, "POSTROUTING", 1, "post");
	/* Behind the last one of INPUT netfilter cannot have dropped it. */
	check(f, INPUT, LAST, "", 0, "");
	/* There is but the device. */
	check(f, POSTROUTING, LAST, "EGRESS", 0, "");
	fx_hook(f, 1, 0, HOOK_NFT, "dev", "out")->pf = 5;
	check(f, POSTROUTING, LAST, "EGRESS", 1, "dev");
}

/* Not for this host: after PREROUTING comes FORWARD. */
static void test_forward(void **state)
{
	struct fixture *f = *state;

	chains(f);
	fx_addr(f, true, NULL);
	fx_addr(f, false, NULL);
	check(f, PREROUTING, LAST, "FORWARD", 1, "fwd");
}

/* No waypoint was passed: before all of them, at the device; a reply: before OUTPUT's first. */
static void test_no_waypoint(void **state)
{
	struct fixture *f = *state;
	struct probe *probe;
	struct firewall_place place;
	struct fact_hook *h;

	chains(f);
	fx_hook(f, 0, 0, HOOK_NFT, "dev", "in")->pf = 5;
	h = fx_hook(f, 1, 0, HOOK_NFT, "devout", "out"); /* the device's egress */
	h->pf = 5;
	check(f, -1, 0, "INGRESS", 1, "dev");
	place = place_after(f, -1, 0, true, &probe);
	assert_string_equal(place.hook, "OUTPUT");
	probe_free(probe);
}

static struct firewall_place place_of_long(struct fixture *f)
{
	struct probe *probe = fx_with_facts(f);
	struct firewall_place place;

	probe->attempt.drop.tcp.payload_len = 10;
	firewall_place(probe, &host, false, &place);
	probe_free(probe);
	return place;
}

/* Packets with payload pass no waypoints: which hook it was can only be inferred. */
static void test_payload(void **state)
{
	struct fixture *f = *state;
	struct firewall_place place = place_of_long(f);

	assert_string_equal(place.hook, "");
	assert_null(place.entry);
	fx_hook(f, OUTPUT, 0, HOOK_NFT, "out", "out"); /* not on its way */
	fx_hook(f, INPUT, 0, HOOK_NFT, "in", "in");
	place = place_of_long(f);
	assert_string_equal(place.hook, "INPUT");
	assert_true(place.inferred);
	assert_int_equal(place.candidates, 1);
	fx_hook(f, PREROUTING, -300, HOOK_NFT, "pre", "pre");
	assert_int_equal(place_of_long(f).candidates, 2);
}

/* Between two waypoints of ours is only what lies between them. */
static void test_waypoints(void **state)
{
	struct fixture *f = *state;
	struct fact_hook waypoints[] = {
		{.pf = 2, .hook = INPUT, .priority = LAST},
		{.pf = 2, .hook = INPUT, .priority = 10},
		{.pf = 2, .hook = INPUT, .priority = 50},
		{.pf = 10, .hook = INPUT, .priority = 20},
		{.pf = 2, .hook = OUTPUT, .priority = 20},
	};

	fx_hook(f, INPUT, 0, HOOK_NFT, "a", "a");
	fx_hook(f, INPUT, 10, HOOK_NFT, "b", "b");
	fx_hook(f, INPUT, 40, HOOK_NFT, "c", "c");
	fx_hook(f, INPUT, 60, HOOK_NFT, "d", "d");
	check(f, INPUT, 0, "INPUT", 3, "b");
	host.waypoints = waypoints;
	host.n_waypoints = sizeof(waypoints) / sizeof(waypoints[0]);
	check(f, PREROUTING, LAST, "INPUT", 2, "a"); /* a and b, at 10 itself too */
	check(f, INPUT, 0, "INPUT", 1, "b");
	check(f, INPUT, 10, "INPUT", 1, "c");
	check(f, INPUT, 50, "INPUT", 1, "d");
	check(f, INPUT, 60, "INPUT", 0, "");
	host = (struct corr_host){0};
}

/* Who can drop, and who cannot. */
static void test_candidates(void **state)
{
	struct fixture *f = *state;
	struct probe *probe;
	struct firewall_place place;

	fx_hook(f, INPUT, -5, HOOK_NFT, "harmless", "in")->drop_rules = 0;
	fx_hook(f, INPUT, -4, HOOK_CONNTRACK, "", "");
	/* The other family's and the other hook's do not count. */
	fx_hook(f, INPUT, -3, HOOK_NFT, "v6", "in")->pf = 10;
	fx_hook(f, OUTPUT, -3, HOOK_NFT, "out", "out");
	place = place_after(f, PREROUTING, LAST, false, &probe);
	assert_true(place.conntrack);
	probe_free(probe);
	check(f, PREROUTING, LAST, "INPUT", 0, ""); /* no rule in it could have done it */
	fx_hook(f, INPUT, -2, HOOK_NFT, "harmless2", "in")->drop_rules = 0;
	check(f, PREROUTING, LAST, "INPUT", 0, "");
	fx_hook(f, INPUT, 9, HOOK_NFT, "uncounted", "in")->drop_rules = UINT32_MAX;
	check(f, PREROUTING, LAST, "INPUT", 1, "uncounted");
	fx_hook(f, INPUT, 8, HOOK_IPTABLES_LEGACY, "filter", "");
	check(f, PREROUTING, LAST, "INPUT", 2, "filter"); /* the first that it meets */
	/* A module's function is looked at only where nothing is known to drop. */
	fx_hook(f, INPUT, 7, HOOK_OTHER, "", "");
	check(f, PREROUTING, LAST, "INPUT", 2, "filter");
	check(f, INPUT, 9, "INPUT", 0, "");
	place = place_after(f, INPUT, -4, false, &probe);
	assert_false(place.conntrack);
	probe_free(probe);
}

/* A module's function did it if no chain could have. */
static void test_module_or_chain(void **state)
{
	struct fixture *f = *state;
	struct verdict_rule rule;
	struct probe *probe;
	struct firewall_place place;
	struct fact_hook *h;

	fx_hook(f, INPUT, 7, HOOK_OTHER, "", "");
	place = place_after(f, PREROUTING, LAST, false, &probe);
	assert_int_equal(place.candidates, 1);
	firewall_rule(&place, &rule);
	assert_string_equal(rule.backend, "module");
	probe_free(probe);
	fx_hook(f, INPUT, 9, HOOK_NFT, "harmless", "in")->drop_rules = 0;
	check(f, PREROUTING, LAST, "INPUT", 1, "");
	h = fx_hook(f, INPUT, 10, HOOK_NFT, "policy", "in");
	h->drop_rules = 0;
	h->policy_drop = 1;
	check(f, PREROUTING, LAST, "INPUT", 1, "policy");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fx_setup, fx_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_hooks),	    TEST(test_forward),	  TEST(test_no_waypoint),
		TEST(test_payload),	    TEST(test_waypoints), TEST(test_candidates),
		TEST(test_module_or_chain),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
