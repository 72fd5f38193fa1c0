// SPDX-License-Identifier: GPL-2.0-only
// Unit tests of containers in the text of /proc/PID/cgroup.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "facts_internal.h"

#define ID    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define OTHER "fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210"
#define SHORT "0123456789ab"

static void expect(const char *text, const char *container)
{
	char out[FACT_CONTAINER_LEN];

	memset(out, 'x', sizeof(out));
	container_parse(text, out);
	assert_string_equal(out, container);
}

static void test_unified(void **state)
{
	(void)state;
	expect("0::/system.slice/docker-" ID ".scope\n", SHORT);
	expect("0::/docker/" ID "\n", SHORT);
	expect("0::/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod1_2.slice/"
	       "cri-containerd-" ID ".scope\n",
	       SHORT);
	expect("0::/kubepods.slice/kubepods-pod1.slice/crio-" ID ".scope/container\n", SHORT);
	expect("0::/kubepods/burstable/pod0f3d5a/" ID "\n", SHORT);
	expect("0::/machine.slice/libpod-" ID ".scope/container\n", SHORT);
	expect("0::/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-" ID ".scope\n",
	       SHORT);
	expect("0::/system.slice/containerd.service/kubepods-pod1.slice:cri-containerd:" ID "\n",
	       SHORT);
	expect("0::/../../docker-" ID ".scope\n", SHORT);
	expect("0::/docker/" ID, SHORT);
}

static void test_v1(void **state)
{
	(void)state;
	expect("12:pids:/docker/" ID "\n11:cpu,cpuacct:/docker/" ID "\n1:name=systemd:/docker/" ID
	       "\n0::/system.slice/containerd.service\n",
	       SHORT);
	expect("9:name=systemd:/kubepods/besteffort/pod77-a/" ID "\n8:pids:/\n0::/\n", SHORT);
	expect("1:name=systemd:/\n0::/docker/" ID "\n", SHORT);
}

static void test_names(void **state)
{
	(void)state;
	expect("0::/lxc/web1\n", "web1");
	expect("4:memory:/lxc/web1/init.scope\n0::/\n", "web1");
	expect("0::/lxc.payload.web1/system.slice/nginx.service\n", "web1");
	expect("0::/lxc.payload/web1\n", "web1");
	expect("0::/machine.slice/machine-web.scope\n", "web");
	expect("0::/machine.slice/machine-qemu\\x2d1\\x2dvm.scope\n", "qemu-1-vm");
	expect("0::/machine.slice/systemd-nspawn@web.service/payload\n", "web");
	/* Inside of the other, and surer. */
	expect("0::/lxc/web1/docker/" ID "\n", SHORT);
	expect("2:cpu:/docker/" ID "\n0::/lxc/web1\n", SHORT);
	expect("0::/docker/" OTHER "/docker/" ID "\n", SHORT);
}

static void test_none(void **state)
{
	(void)state;
	expect("", "");
	expect("\n\n", "");
	expect("0::/\n", "");
	expect("0::/system.slice/nginx.service\n", "");
	expect("0::/user.slice/user-0.slice/session-3.scope\n", "");
	expect("0::/system.slice/docker.service\n", "");
	expect("0::/machine.slice/libvirtd.service\n", "");
	expect("0::/machine-a.scope\n", "");
	expect("0::/machine.slices/machine-a.scope\n", "");
	expect("0::/lxcfs/web1\n", "");
	expect("0::/machine.slice/libpod-conmon-" ID ".scope\n", "");
	expect("0::/lxc.monitor.web1\n", "");
	expect("0::/lxc\n", "");
	expect("0::/lxc/\n", "");
	/* Too short, not alone, not hexadecimal. */
	expect("0::/docker/0123456789abcdef0123456789abcdef\n", "");
	expect("0::/docker/x" ID "\n", "");
	expect("0::/docker/g123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\n", "");
	expect("no path at all", "");
}

static void test_long_name(void **state)
{
	char text[256], name[FACT_CONTAINER_LEN];

	(void)state;
	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	snprintf(text, sizeof(text), "0::/lxc/%s", name);
	expect(text, name);
	snprintf(text, sizeof(text), "0::/lxc/%smore\n", name);
	expect(text, name);
	expect("0::/lxc/a\\x2\n", "a\\x2");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_unified),	  cmocka_unit_test(test_v1),
		cmocka_unit_test(test_names),	  cmocka_unit_test(test_none),
		cmocka_unit_test(test_long_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
