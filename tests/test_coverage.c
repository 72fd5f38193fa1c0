// SPDX-License-Identifier: GPL-2.0-only
// Unit tests of what can be told with what can be seen: causes against sets of waypoints.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "../user/coverage.h"
#include "../user/drop_evidence.h"

#define BPF_WAYS                                                                                   \
	(W(ENTRY) | W(EXIT) | W(NETFILTER) | W(RESET) | W(DROP) | W(STATE) | W(SYNACK) | W(ICMP) | \
	 W(LOOKUP) | W(HOOKS) | W(RULE) | W(HOST))

/* Kernels, by the names that they give. */
static const char *const newest[] = {"NOT_SPECIFIED",
				     "NO_SOCKET",
				     "XDP",
				     "TC_INGRESS",
				     "IP_CSUM",
				     "TCP_CSUM",
				     "IP_RPFILTER",
				     "IP_LOCAL_SOURCE",
				     "OTHERHOST",
				     "IP_INNOROUTES",
				     "NETFILTER_DROP",
				     "SOCKET_FILTER",
				     "SECURITY_HOOK",
				     "SOCKET_RCVBUFF",
				     "TCP_MD5NOTFOUND",
				     "TCP_LISTEN_OVERFLOW",
				     "NEIGH_QUEUEFULL",
				     "TCP_RFC7323_TW_PAWS",
				     NULL};
static const char *const debian_12[] = {"NOT_SPECIFIED",   "NO_SOCKET",	      "XDP",
					"TC_INGRESS",	   "IP_CSUM",	      "TCP_CSUM",
					"IP_RPFILTER",	   "OTHERHOST",	      "IP_INNOROUTES",
					"NETFILTER_DROP",  "SOCKET_FILTER",   "SOCKET_RCVBUFF",
					"TCP_MD5NOTFOUND", "NEIGH_QUEUEFULL", NULL};

static struct sight sight_with(uint32_t waypoints, const char *const *reasons)
{
	struct sight sight = {
		.waypoints = waypoints,
		.named = drop_symbol_evidence() | E(RESET_UNREAD),
		.always = E(STAMPS_TAKEN),
	};

	if (!reasons)
		sight.named_tcp = E(NO_SOCKET);
	for (; reasons && *reasons; reasons++)
		sight.named |= drop_reason_evidence(*reasons);
	return sight;
}

static struct sight packets_alone(void)
{
	return (struct sight){
		.waypoints = W(CAPTURE) | W(HOST) | W(RULE),
		.always = E(CAPTURE) | E(ARRIVED) | E(STAMPS_TAKEN),
	};
}

static const char *word(const struct sight *sight, const char *id)
{
	const struct cause *cause = cause_find(id);
	struct coverage coverage;

	assert_non_null(cause);
	coverage = coverage_of(cause, sight);
	return coverage.tellable ? confidence_name(coverage.confidence) : "not tellable";
}

static void expect(const struct sight *sight, const char *id, const char *confidence)
{
	const char *said = word(sight, id);

	if (strcmp(said, confidence) != 0)
		fail_msg("%s: %s, expected %s", id, said, confidence);
}

static void expect_by(const struct sight *sight, const char *id, uint32_t by, uint32_t missing)
{
	struct coverage coverage = coverage_of(cause_find(id), sight);

	if (coverage.by != by || coverage.missing != missing)
		fail_msg("%s: by %#x, missing %#x, expected %#x and %#x", id, coverage.by,
			 coverage.missing, by, missing);
}

static const char *evidence_name(int index)
{
	static const char *const names[] = {
#define EVIDENCE_NAME(name, text) #name,
		EVIDENCE(EVIDENCE_NAME)
#undef EVIDENCE_NAME
	};

	return names[index];
}

/* A new bit without a source would count as always shown. */
static void test_every_evidence_has_a_source(void **state)
{
	(void)state;
	for (int i = 0; i < EVI_COUNT; i++)
		if (!evidence_waypoints((enum evidence_index)i) && i != EVI_TIMEOUT)
			fail_msg("%s: where is it from? user/coverage.c", evidence_name(i));
}

/* What has to be named can be, by some reason, symbol or setting. */
static void test_every_named_can_be_named(void **state)
{
	const struct sight all = sight_with(BPF_WAYS, newest);
	const evidence_t named = all.named | E(RECYCLE_ON) | E(GREW_PAWS_PASSIVE);

	(void)state;
	for (int i = 0; i < EVI_COUNT; i++)
		if (evidence_is_named((enum evidence_index)i) && !(named >> i & 1))
			fail_msg("%s: no name leads to it", evidence_name(i));
}

/* With everything there is, each cause is as sure as its surest rule, but for those of captures. */
static void test_everything(void **state)
{
	const struct sight sight = sight_with(BPF_WAYS, newest);
	const struct cause *cause = NULL;

	(void)state;
	while ((cause = cause_next(cause))) {
		if (!strcmp(cause->id, "tw-recycle"))
			expect(&sight, cause->id, "not tellable");
		else if (!strcmp(cause->id, "module-drop") ||
			 !strcmp(cause->id, "listener-elsewhere"))
			expect(&sight, cause->id, "likely");
		else
			expect(&sight, cause->id, "certain");
	}
	expect_by(&sight, "no-listener", W(RESET), 0);
	expect_by(&sight, "listener-wrong-address", W(RESET) | W(HOST), 0);
	expect_by(&sight, "firewall-drop", W(DROP), 0);
	expect_by(&sight, "not-arriving", W(ENTRY), 0);
	/* No reset is sent for a datagram. */
	expect_by(&sight, "udp-no-listener", W(ENTRY) | W(DROP), 0);
}

/* 6.1: some reasons came later. */
static void test_fewer_reasons(void **state)
{
	const struct sight sight = sight_with(BPF_WAYS, debian_12);

	(void)state;
	expect(&sight, "rp-filter", "certain");
	expect(&sight, "lsm-drop", "not tellable");
	expect_by(&sight, "lsm-drop", 0, W(DROP));
	expect(&sight, "timestamp-reject", "certain");
	expect_by(&sight, "timestamp-reject", W(EXIT) | W(LOOKUP), 0);
	expect(&sight, "accept-queue-full", "certain");
	expect(&sight, "source-is-local", "certain");
}

/* Before 6.10 resets have none, and not every one is told of. */
static void test_resets_without_reason(void **state)
{
	struct sight sight = sight_with(BPF_WAYS, debian_12);

	(void)state;
	sight.nameless = W(RESET);
	expect(&sight, "no-listener", "certain");
	expect_by(&sight, "no-listener", W(DROP), 0);
	expect_by(&sight, "reset-by-app", W(ENTRY) | W(RESET), 0);
	sight.waypoints &= ~W(DROP);
	expect(&sight, "no-listener", "not tellable");
}

/* 5.10: no reason at all; the functions that freed the packet tell some. */
static void test_no_reasons(void **state)
{
	const struct sight sight = sight_with(BPF_WAYS, NULL);

	(void)state;
	expect(&sight, "rp-filter", "not tellable");
	expect(&sight, "bad-checksum", "not tellable");
	expect(&sight, "not-for-us", "certain");
	expect(&sight, "socket-filter", "not tellable");
	expect(&sight, "xdp-drop", "certain");
	expect(&sight, "no-listener", "certain");
	expect_by(&sight, "no-listener", W(RESET), 0);
	expect(&sight, "accept-queue-full", "certain");
	expect(&sight, "udp-no-listener", "certain");
	expect_by(&sight, "udp-no-listener", W(ENTRY) | W(EXIT), 0);
}

/* Without the netfilter waypoints nobody knows that the SYN was delivered. */
static void test_no_netfilter(void **state)
{
	const struct sight sight = sight_with(BPF_WAYS & ~W(NETFILTER), newest);

	(void)state;
	expect(&sight, "no-return-route", "not tellable");
	expect_by(&sight, "no-return-route", 0, W(NETFILTER));
	expect(&sight, "syn-queue-full", "not tellable");
	expect(&sight, "no-listener", "certain");
	expect(&sight, "firewall-drop", "certain");
}

static void test_no_states(void **state)
{
	const struct sight sight = sight_with(BPF_WAYS & ~W(STATE), newest);

	(void)state;
	/* A service that is cut off in its answer is certain all the same. */
	expect(&sight, "app-no-response", "certain");
	expect(&sight, "healthy", "certain");
}

static void test_packets_alone(void **state)
{
	const struct sight sight = packets_alone();

	(void)state;
	expect(&sight, "no-listener", "likely");
	expect_by(&sight, "no-listener", W(CAPTURE) | W(HOST), W(RESET));
	expect(&sight, "firewall-drop", "likely");
	expect(&sight, "xdp-drop", "not tellable");
	expect(&sight, "http-status", "certain");
	expect(&sight, "synack-unanswered", "likely");
	expect(&sight, "module-drop", "not tellable");
	expect(&sight, "tw-recycle", "not tellable");
}

/* The kernels that it is about. */
static void test_recycling(void **state)
{
	struct sight sight = packets_alone();

	(void)state;
	sight.named = E(RECYCLE_ON) | E(GREW_PAWS_PASSIVE);
	sight.always = E(CAPTURE) | E(ARRIVED);
	expect(&sight, "tw-recycle", "certain");
}

static void test_nothing(void **state)
{
	const struct sight sight = {0};
	const struct cause *cause = NULL;

	(void)state;
	while ((cause = cause_next(cause)))
		if (cause->outcome == OUTCOME_FAILED || cause->outcome == OUTCOME_HEALTHY)
			expect(&sight, cause->id, "not tellable");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_evidence_has_a_source),
		cmocka_unit_test(test_every_named_can_be_named),
		cmocka_unit_test(test_everything),
		cmocka_unit_test(test_fewer_reasons),
		cmocka_unit_test(test_resets_without_reason),
		cmocka_unit_test(test_no_reasons),
		cmocka_unit_test(test_no_netfilter),
		cmocka_unit_test(test_no_states),
		cmocka_unit_test(test_packets_alone),
		cmocka_unit_test(test_recycling),
		cmocka_unit_test(test_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
