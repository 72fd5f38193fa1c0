// SPDX-License-Identifier: GPL-2.0-only
// Tries what can only be known by attaching, in a network namespace made for it and thrown away.
#define _GNU_SOURCE /* unshare */
#include "bpf_trial.h"

#include <errno.h>
#include <linux/if_arp.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bpf_attach.h"
#include "bpf_netfilter.h"
#include "facts_trace.h"

enum { LOOPBACK = 1 }; /* every namespace's first interface (net/core/dev.c, LOOPBACK_IFINDEX) */

struct trying {
	struct trials *out;
	struct clbtrace_bpf *skel;
	const struct bpf_kernel *kernel;
	const struct options *options;
};

static void try_attach(const struct trying *t, bool xdp, const struct bpf_report *report, int *err)
{
	const struct link_entry link = {
		.ifindex = LOOPBACK, .arphrd = ARPHRD_LOOPBACK, .name = "lo"};
	struct bpf_clsact *clsact = NULL;
	struct bpf_attached attached;

	*err = 0;
	if (!bpf_kernel_has_function(t->kernel, "tcx_link_attach"))
		*err = bpf_clsact_open(&clsact, report);
	if (!*err)
		*err = bpf_attach(&attached, t->skel, clsact, &link, xdp, report);
	if (!*err)
		bpf_detach(&attached);
	bpf_clsact_close(clsact);
}

static void try_netfilter(const struct trying *t, const struct bpf_report *report, int *err)
{
	struct bpf_netfilter *netfilter;

	*err = bpf_netfilter_attach(&netfilter, t->skel, report);
	bpf_netfilter_detach(netfilter);
}

static void try_rule(const struct trying *t, const struct bpf_report *report, int *err)
{
	*err = facts_trace_try(t->options, &t->out->plain_tables);
	if (*err)
		bpf_fail(report, *err, "cannot add a table to nf_tables: %s", strerror(-*err));
}

static void try_packet(const struct bpf_report *report, int *err)
{
	/* Of no protocol: it gets no packet. */
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);

	*err = fd < 0 ? -errno : 0;
	if (fd >= 0)
		close(fd);
	else
		bpf_fail(report, *err, "packet socket: %s", strerror(-*err));
}

static void try_one(const struct trying *t, enum trial trial)
{
	struct trial_result *result = &t->out->of[trial];
	const struct bpf_report report = {.err = result->why, .err_len = sizeof(result->why)};

	switch (trial) {
	case TRIAL_TC:
		try_attach(t, false, &report, &result->err);
		break;
	case TRIAL_XDP:
		try_attach(t, true, &report, &result->err);
		break;
	case TRIAL_NETFILTER:
		try_netfilter(t, &report, &result->err);
		break;
	case TRIAL_RULE:
		try_rule(t, &report, &result->err);
		break;
	case TRIAL_PACKET:
		try_packet(&report, &result->err);
		break;
	case TRIAL_COUNT:
		break;
	}
	result->tried = true;
}

static void try_all(const struct trying *t, unsigned int wanted)
{
	if (unshare(CLONE_NEWNET)) {
		snprintf(t->out->refused, sizeof(t->out->refused),
			 "no network namespace can be made to try it in: %s", strerror(errno));
		return;
	}
	for (int trial = 0; trial < TRIAL_COUNT; trial++)
		if (wanted >> trial & 1)
			try_one(t, (enum trial)trial);
}

/* By another process: this one stays where it is, and all is gone with that one. */
void bpf_trials(struct trials *out, unsigned int wanted, struct clbtrace_bpf *skel,
		const struct bpf_kernel *kernel, const struct options *options)
{
	struct trying t = {.skel = skel, .kernel = kernel, .options = options};
	pid_t child = -1;

	*out = (struct trials){};
	t.out = mmap(NULL, sizeof(*out), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (t.out != MAP_FAILED)
		child = fork();
	if (!child) {
		try_all(&t, wanted);
		_exit(0);
	}
	if (child > 0) {
		while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
			;
		*out = *t.out;
	} else {
		snprintf(out->refused, sizeof(out->refused), "nothing can be tried: %s",
			 strerror(errno));
	}
	if (t.out != MAP_FAILED)
		munmap(t.out, sizeof(*out));
}
