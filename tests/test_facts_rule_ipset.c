// SPDX-License-Identifier: GPL-2.0-only
// Unit tests of the ipset that a rule names, and of the element that an address is in.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../user/facts_internal.h"
#include "../user/facts_rule.h"
#include "sample.h"

static void test_name(void **state)
{
	char set[FACT_TABLE_LEN] = "";
	bool by_source = false;

	(void)state;
	assert_true(
		ipset_of_text("-A INPUT -m set --match-set banned src -j DROP", set, &by_source));
	assert_string_equal(set, "banned");
	assert_true(by_source);
	assert_true(
		ipset_of_text("-A INPUT -m set --match-set web dst,dst -j DROP", set, &by_source));
	assert_string_equal(set, "web");
	assert_false(by_source);
	assert_false(ipset_of_text("-A INPUT -j DROP", set, &by_source));
	assert_false(ipset_of_text("--match-set cut", set, &by_source));
	assert_false(ipset_of_text("--match-set ", set, &by_source));
}

static void find(const char *addr, const char *element)
{
	static const char list[] = "Name: banned\nType: hash:net\nMembers:\n10.0.0.0/8\n"
				   "100.64.0.0/10 timeout 30\n100.64.0.0/16\nfd64::/16\n"
				   "192.0.2.7,tcp:80\nnonsense\n";
	char out[FACT_TABLE_LEN] = "";
	uint8_t bytes[16];

	sample_address(bytes, addr);
	assert_int_equal(ipset_find(list, bytes, out), *element != 0);
	assert_string_equal(out, element);
}

static void test_element(void **state)
{
	char out[FACT_TABLE_LEN] = "";
	uint8_t bytes[16] = {0};

	(void)state;
	find("10.1.2.3", "10.0.0.0/8");
	find("100.64.1.10", "100.64.0.0/16"); /* the narrower one */
	find("100.65.1.10", "100.64.0.0/10");
	find("fd64::10", "fd64::/16");
	find("192.0.2.7", "192.0.2.7,tcp:80");
	find("192.0.2.8", "");
	assert_false(ipset_find("", bytes, out));
	assert_false(ipset_find("Members:\n", bytes, out));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_name),
		cmocka_unit_test(test_element),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
