// SPDX-License-Identifier: GPL-2.0-only
// Unit tests of the counters: parsing, the snapshot that growth is measured from.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "facts_internal.h"

static uint64_t value_of(const uint64_t *value, const char *name)
{
	for (size_t i = 0; i < counter_count; i++)
		if (!strcmp(counter_names[i], name))
			return value[i];
	fail_msg("no counter %s", name);
	return 0;
}

/* They are looked up by bisection. */
static void test_names_sorted(void **state)
{
	(void)state;
	for (size_t i = 1; i < counter_count; i++)
		assert_true(strcmp(counter_names[i - 1], counter_names[i]) < 0);
}

static void test_pairs(void **state)
{
	static const char text[] = "TcpExt: SyncookiesSent ListenOverflows ListenDrops Unknown\n"
				   "TcpExt: 1 18446744073709551615 3 4\n"
				   "IpExt: InNoRoutes InTruncatedPkts\n"
				   "IpExt: 5 6\n"
				   "Tcp: RtoAlgorithm MaxConn InErrs OutRsts\n"
				   "Tcp: 1 -1 7 8\n";
	uint64_t value[COUNTERS_MAX] = {0};

	(void)state;
	counters_parse_pairs(text, value);
	assert_int_equal(value_of(value, "TcpExtSyncookiesSent"), 1);
	assert_true(value_of(value, "TcpExtListenOverflows") == UINT64_MAX);
	assert_int_equal(value_of(value, "TcpExtListenDrops"), 3);
	assert_int_equal(value_of(value, "IpExtInNoRoutes"), 5);
	assert_int_equal(value_of(value, "IpExtInTruncatedPkts"), 6);
	assert_int_equal(value_of(value, "TcpInErrs"), 7);
	assert_int_equal(value_of(value, "TcpOutRsts"), 8);
}

/* Fewer values than names, a group whose values are missing, text that ends anywhere. */
static void test_pairs_broken(void **state)
{
	static const char text[] = "TcpExt: ListenOverflows ListenDrops\n"
				   "TcpExt: 1\n"
				   "IpExt: InNoRoutes\n"
				   "Tcp: InErrs\n";
	uint64_t value[COUNTERS_MAX] = {0};
	char cut[sizeof(text)];

	(void)state;
	counters_parse_pairs(text, value);
	assert_int_equal(value_of(value, "TcpExtListenOverflows"), 1);
	assert_int_equal(value_of(value, "TcpExtListenDrops"), 0);
	assert_int_equal(value_of(value, "IpExtInNoRoutes"), 0);
	assert_int_equal(value_of(value, "TcpInErrs"), 0);
	for (size_t len = 0; len < sizeof(text); len++) {
		memcpy(cut, text, len);
		cut[len] = '\0';
		counters_parse_pairs(cut, value);
		counters_parse_lines(cut, value);
	}
}

static void test_lines(void **state)
{
	static const char text[] = "Ip6InReceives                   \t12\n"
				   "Ip6InNoRoutes                   \t3\n"
				   "Ip6OutNoRoutes\n"
				   "Icmp6OutDestUnreachs            \t4\n";
	uint64_t value[COUNTERS_MAX] = {0};

	(void)state;
	counters_parse_lines(text, value);
	assert_int_equal(value_of(value, "Ip6InNoRoutes"), 3);
	assert_int_equal(value_of(value, "Ip6OutNoRoutes"), 0);
	assert_int_equal(value_of(value, "Icmp6OutDestUnreachs"), 4);
}

static void add_snapshot(struct counter_history *history, uint64_t time_ns)
{
	history->kept[history->n++ % SNAPSHOTS_KEPT].time_ns = time_ns;
}

static void test_baseline(void **state)
{
	struct counter_history history = {0};

	(void)state;
	assert_null(counters_baseline(&history, 100));
	add_snapshot(&history, 10);
	assert_int_equal(counters_baseline(&history, 5)->time_ns, 10);
	assert_int_equal(counters_baseline(&history, 15)->time_ns, 10);
	add_snapshot(&history, 20);
	assert_int_equal(counters_baseline(&history, 5)->time_ns, 10);
	assert_int_equal(counters_baseline(&history, 19)->time_ns, 10);
	assert_int_equal(counters_baseline(&history, 20)->time_ns, 20);
	assert_int_equal(counters_baseline(&history, 99)->time_ns, 20);
}

static void test_baseline_wrapped(void **state)
{
	struct counter_history history = {0};

	(void)state;
	for (int i = 1; i <= SNAPSHOTS_KEPT + 5; i++)
		add_snapshot(&history, i * 10);
	assert_int_equal(counters_baseline(&history, 0)->time_ns, 60);
	assert_int_equal(counters_baseline(&history, 75)->time_ns, 70);
	assert_int_equal(counters_baseline(&history, 1000)->time_ns, (SNAPSHOTS_KEPT + 5) * 10);
}

static void test_conntrack(void **state)
{
	static const char text[] =
		"entries  clashres found new invalid ignore delete insert_failed drop early_drop "
		"icmp_error  expect_new\n"
		"00000010  00000000 00000000 00000000 00000000 00000000 00000000 000000ff 0000000a "
		"00000001 00000005  00000000\n"
		"00000010  00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000010 "
		"00000000 00000000  00000000\n";

	(void)state;
	assert_int_equal(conntrack_parse_dropped(text), 0xa + 0x1 + 0x10);
	assert_int_equal(conntrack_parse_dropped(""), 0);
	assert_int_equal(conntrack_parse_dropped("drop\n"), 0);
	assert_int_equal(conntrack_parse_dropped("found drop\n00000001"), 0);
	assert_int_equal(conntrack_parse_dropped("found drop\n00000001 00000002"), 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names_sorted), cmocka_unit_test(test_pairs),
		cmocka_unit_test(test_pairs_broken), cmocka_unit_test(test_lines),
		cmocka_unit_test(test_baseline),     cmocka_unit_test(test_baseline_wrapped),
		cmocka_unit_test(test_conntrack),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
