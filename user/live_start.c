// SPDX-License-Identifier: GPL-2.0-only
// What has to be right before the host is looked at: root, namespace, interfaces, files.
#include "live_start.h"

#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bpf_kernel.h"
#include "bpf_load.h"
#include "escape.h"
#include "netns.h"

enum { ERR_LEN = 512 };

int start_check_root(void)
{
	if (!geteuid())
		return 0;
	fputs("clbtrace: must be root to trace: run it with sudo\n", stderr);
	return -EPERM;
}

int start_enter_netns(const struct options *options)
{
	char why[2 * ERR_LEN] = "";
	int err;

	if (!options->netns)
		return 0;
	err = netns_enter(options->netns, why, sizeof(why));
	if (err)
		fprintf(stderr, "clbtrace: %s\n", why);
	return err;
}

static int check_interfaces(const struct options *options)
{
	char text[4 * IF_NAMESIZE];

	for (size_t i = 0; i < options->n_interfaces; i++) {
		const char *name = options->interfaces[i];

		if (if_nametoindex(name))
			continue;
		fprintf(stderr, "clbtrace: --interface: '%s': no such interface%s\n",
			escape_text(name, strlen(name), text, sizeof(text)),
			options->netns ? " in that namespace" : "; ip link lists them");
		return -EINVAL;
	}
	return 0;
}

static int check_btf(const struct options *options)
{
	char why[ERR_LEN], text[ERR_LEN];

	bpf_load_quiet();
	if (!options->btf || !bpf_kernel_check_file(options->btf, why, sizeof(why)))
		return 0;
	fprintf(stderr, "clbtrace: --btf: '%s': %s\n",
		escape_text(options->btf, strlen(options->btf), text, sizeof(text)), why);
	return -EINVAL;
}

int start_check_files(const struct options *options)
{
	int err = check_interfaces(options);

	return err ? err : check_btf(options);
}
