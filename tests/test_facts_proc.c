// SPDX-License-Identifier: GPL-2.0-only
// Unit tests of what is read from /proc by name: sysctls, cgroups, kernel symbols.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "facts_internal.h"

static void test_sysctl_name(void **state)
{
	char name[64], small[8];

	(void)state;
	sysctl_name("net/ipv4/tcp_syncookies", name, sizeof(name));
	assert_string_equal(name, "net.ipv4.tcp_syncookies");
	/* sysctl(8) takes and prints an interface's dot as a slash. */
	sysctl_name("net/ipv4/conf/eth0.100/rp_filter", name, sizeof(name));
	assert_string_equal(name, "net.ipv4.conf.eth0/100.rp_filter");
	sysctl_name("net/ipv4/ip_forward", small, sizeof(small));
	assert_string_equal(small, "net.ipv");
}

static void test_cgroup_path(void **state)
{
	static const char hybrid[] = "9:name=systemd:/a\n1:cpu:/b\n0::/system.slice/x.service\n";
	char path[64];

	(void)state;
	assert_true(cgroup_parse_path(hybrid, path, sizeof(path)));
	assert_string_equal(path, "/system.slice/x.service");
	assert_true(cgroup_parse_path("0::/", path, sizeof(path)));
	assert_string_equal(path, "/");
	assert_false(cgroup_parse_path("1:cpu:/b\n", path, sizeof(path)));
	assert_false(cgroup_parse_path("", path, sizeof(path)));
}

static void test_cgroup_mount(void **state)
{
	static const char text[] =
		"25 30 0:23 / /sys rw,nosuid - sysfs sysfs rw\n"
		"31 25 0:27 /docker/x /mnt/part rw - cgroup2 cgroup2 rw\n"
		"32 25 0:27 / /sys/fs/cgroup/unified rw,nosuid shared:9 - cgroup2 cgroup2 rw\n";
	char mount[64];

	(void)state;
	assert_true(cgroup_parse_mount(text, mount, sizeof(mount)));
	assert_string_equal(mount, "/sys/fs/cgroup/unified");
	assert_false(cgroup_parse_mount("25 30 0:23 / /sys rw - sysfs sysfs rw\n", mount,
					sizeof(mount)));
	assert_false(cgroup_parse_mount("", mount, sizeof(mount)));
}

static const char kallsyms[] = "ffffffff81000000 T _stext\n"
			       "ffffffff81f63240 T __pfx_nft_do_chain\n"
			       "ffffffff81f63250 T nft_do_chain\n"
			       "ffffffff81f63250 T alias_of_it\n"
			       "ffffffffc0123000 t sec_hook_in\t[vendor_sec]\n"
			       "broken\n";

static FILE *open_text(const char *text)
{
	FILE *file = fmemopen((void *)(uintptr_t)text, strlen(text), "r");

	assert_non_null(file);
	return file;
}

static void test_symbols(void **state)
{
	struct symbol symbols[] = {
		{.address = 0xffffffffc0123000},
		{.address = 0xffffffff81f63250},
		{.address = 0xffffffff81f63258},
	};
	FILE *file = open_text(kallsyms);

	(void)state;
	symbols_resolve(symbols, 3, file);
	fclose(file);
	assert_string_equal(symbols[0].name, "sec_hook_in");
	assert_string_equal(symbols[0].module, "vendor_sec");
	assert_string_equal(symbols[1].name, "nft_do_chain");
	assert_string_equal(symbols[1].module, "");
	assert_string_equal(symbols[2].name, "");
}

static void test_symbols_have(void **state)
{
	static const char *const present[] = {"nft_do_chain", "sec_hook_in", "_stext"};
	static const char *const absent[] = {"nft_do", "do_chain", "nft_do_chain_inet"};
	FILE *file;

	(void)state;
	for (int i = 0; i < 3; i++) {
		file = open_text(kallsyms);
		assert_true(symbols_have(present[i], file));
		fclose(file);
		file = open_text(kallsyms);
		assert_false(symbols_have(absent[i], file));
		fclose(file);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sysctl_name),  cmocka_unit_test(test_cgroup_path),
		cmocka_unit_test(test_cgroup_mount), cmocka_unit_test(test_symbols),
		cmocka_unit_test(test_symbols_have),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
