// SPDX-License-Identifier: GPL-2.0-only
// Unit tests of flows and addresses.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../user/flow.h"
#include "sample.h"

static struct ev_flow flow_of(const char *src, uint16_t sport, const char *dst, uint16_t dport)
{
	struct ev_flow flow = {.sport = sport, .dport = dport, .proto = 6, .family = 4};

	sample_address(flow.saddr, src);
	sample_address(flow.daddr, dst);
	return flow;
}

static void test_equal(void **state)
{
	const struct ev_flow a = flow_of("10.0.0.1", 1, "10.0.0.2", 2);
	struct ev_flow b = a;

	(void)state;
	assert_true(flow_equal(&a, &b));
	assert_int_equal(flow_hash(&a), flow_hash(&b));
	b.pad[0] = 1; /* padding does not count */
	assert_true(flow_equal(&a, &b));
	assert_int_equal(flow_hash(&a), flow_hash(&b));
	b = flow_of("10.0.0.1", 1, "10.0.0.2", 3);
	assert_false(flow_equal(&a, &b));
	b = flow_of("10.0.0.1", 3, "10.0.0.2", 2);
	assert_false(flow_equal(&a, &b));
	b = flow_of("10.0.0.3", 1, "10.0.0.2", 2);
	assert_false(flow_equal(&a, &b));
	b = flow_of("10.0.0.1", 1, "10.0.0.3", 2);
	assert_false(flow_equal(&a, &b));
	b = a;
	b.proto = 17;
	assert_false(flow_equal(&a, &b));
}

static void test_reverse(void **state)
{
	const struct ev_flow a = flow_of("10.0.0.1", 1, "10.0.0.2", 2);
	const struct ev_flow expected = flow_of("10.0.0.2", 2, "10.0.0.1", 1);
	struct ev_flow b = flow_reverse(&a);

	(void)state;
	assert_true(flow_equal(&b, &expected));
	assert_int_equal(b.family, 4);
	b = flow_reverse(&b);
	assert_true(flow_equal(&a, &b));
}

/* Neighbouring flows, as probes are, spread over a small table. */
static void test_hash_spreads(void **state)
{
	unsigned int buckets[64] = {0}, most = 0;

	(void)state;
	for (uint16_t port = 40000; port < 44096; port++) {
		const struct ev_flow flow = flow_of("100.64.1.10", port, "172.16.32.15", 80);
		unsigned int n = ++buckets[flow_hash(&flow) % 64];

		most = n > most ? n : most;
	}
	assert_true(most < 128); /* 64 each on average */
}

static void test_kinds(void **state)
{
	uint8_t addr[16];

	(void)state;
	sample_address(addr, "127.8.9.1");
	assert_true(addr_is_v4(addr) && addr_is_loopback(addr) && !addr_is_any(addr));
	sample_address(addr, "::1");
	assert_true(!addr_is_v4(addr) && addr_is_loopback(addr) && !addr_is_any(addr));
	sample_address(addr, "::");
	assert_true(!addr_is_v4(addr) && !addr_is_loopback(addr) && addr_is_any(addr));
	sample_address(addr, "0.0.0.0");
	assert_true(addr_is_v4(addr) && !addr_is_loopback(addr) && addr_is_any(addr));
	sample_address(addr, "128.0.0.1");
	assert_false(addr_is_loopback(addr));
	sample_address(addr, "::127.0.0.1"); /* not the mapped form */
	assert_false(addr_is_v4(addr) || addr_is_loopback(addr));
}

static void check_text(const char *address, const char *endpoint)
{
	char text[FLOW_ADDR_LEN], with_port[FLOW_ENDPOINT_LEN];
	uint8_t addr[16];

	sample_address(addr, address);
	assert_string_equal(addr_text(addr, text), address);
	assert_string_equal(endpoint_text(addr, 65535, with_port), endpoint);
}

static void test_text(void **state)
{
	(void)state;
	check_text("100.64.1.10", "100.64.1.10:65535");
	check_text("255.255.255.255", "255.255.255.255:65535");
	check_text("::", "[::]:65535");
	check_text("2001:db8::1", "[2001:db8::1]:65535");
	check_text("1111:2222:3333:4444:5555:6666:7777:8888",
		   "[1111:2222:3333:4444:5555:6666:7777:8888]:65535");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_equal),	     cmocka_unit_test(test_reverse),
		cmocka_unit_test(test_hash_spreads), cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
