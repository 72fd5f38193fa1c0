// SPDX-License-Identifier: GPL-2.0-only
// "clbtrace doctor": what can be seen and told on this host, without changing anything on it.
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "bpf_doctor.h"
#include "bpf_iface.h"
#include "bpf_kernel.h"
#include "bpf_trial.h"
#include "commands.h"
#include "escape.h"
#include "facts_doctor.h"
#include "live_start.h"
#include "text_form.h"

enum { WHY_LEN = 512 };

/* Packets by libpcap, in place of BPF or by wish. */
static void see_capture(struct doctor *d, const struct options *options)
{
	struct trials trials = {};
	bool tried = !access("/proc/self/net/packet", F_OK);

	if (tried)
		bpf_trials(&trials, 1U << TRIAL_PACKET, NULL, NULL, options);
	if (trials.of[TRIAL_PACKET].err)
		doctor_fails(d, WAY_CAPTURE, "%s", trials.of[TRIAL_PACKET].why);
	else if (tried || facts_doctor_has_module("af_packet"))
		doctor_works(d, WAY_CAPTURE, "libpcap%s",
			     tried ? "" : " (loads the module af_packet: not tried)");
	else
		doctor_fails(d, WAY_CAPTURE, "the kernel has no packet sockets (CONFIG_PACKET)");
}

/* What only kernels before 4.12 have. */
static void name_recycling(struct doctor *d)
{
	if (!access("/proc/sys/net/ipv4/tcp_tw_recycle", F_OK))
		d->sight.named |= E(RECYCLE_ON) | E(GREW_PAWS_PASSIVE);
	else
		d->sight.always |= E(STAMPS_TAKEN);
}

/* Without BPF, where that is not asked for. */
static void fall_back(struct doctor *d, const struct options *options)
{
	if (options->backend == BACKEND_BPF || options->xdp || d->settled)
		return;
	see_capture(d, options);
	d->backend = BACKEND_PCAP;
	d->sight.waypoints &= W(CAPTURE) | W(HOST);
	d->sight.named = 0;
	d->sight.always = E(CAPTURE) | E(ARRIVED);
	d->works = d->sight.waypoints & W(CAPTURE);
	d->waypoints[WAY_RULE] = (struct doctor_waypoint){};
	if (d->works)
		doctor_works(d, WAY_RULE, "counters of legacy iptables");
	else
		snprintf(d->why, sizeof(d->why), "%.160s; and no packets either: %.120s",
			 d->waypoints[WAY_ENTRY].why, d->waypoints[WAY_CAPTURE].why);
	name_recycling(d);
}

static void check_links(struct doctor *d, const struct options *options)
{
	struct link_list links;
	bool found = false;

	if (link_list_read(&links))
		return;
	for (size_t i = 0; i < links.count; i++)
		found |= bpf_iface_is_wanted(options, &links.entries[i]);
	link_list_free(&links);
	if (found || !d->works)
		return;
	d->works = false;
	snprintf(d->why, sizeof(d->why), "no interface is up, loopback aside");
}

/* --xdp where somebody else is, on an interface that is looked at. */
static void check_xdp(struct doctor *d, const struct options *options)
{
	const struct fact_program *p;
	char name[4 * FACT_IFNAME_LEN + 4];

	for (p = d->programs; options->xdp && d->works && p < d->programs + d->n_programs; p++) {
		if (p->place != PROG_XDP_NATIVE && p->place != PROG_XDP_GENERIC &&
		    p->place != PROG_XDP_OFFLOADED)
			continue;
		d->works = false;
		snprintf(d->why, sizeof(d->why),
			 "--xdp: the XDP slot of %s is held by program %u; trace without --xdp",
			 escape_text(p->ifname, strnlen(p->ifname, sizeof(p->ifname)), name,
				     sizeof(name)),
			 p->id);
	}
}

static void set_kernel(struct doctor *d, const struct options *options)
{
	const char *file = options->btf ? options->btf : BPF_KERNEL_BTF;
	struct utsname kernel;

	if (!uname(&kernel)) {
		snprintf(d->release, sizeof(d->release), "%s", kernel.release);
		snprintf(d->machine, sizeof(d->machine), "%s", kernel.machine);
	}
	if (!access(file, F_OK))
		escape_text(file, strlen(file), d->btf, sizeof(d->btf));
}

static int look(struct doctor *d, const struct options *options)
{
	struct bpf_doctor *bpf = NULL;
	int err = 0;

	set_kernel(d, options);
	doctor_works(d, WAY_HOST, "/proc and netlink");
	d->backend = BACKEND_BPF;
	if (options->backend != BACKEND_PCAP)
		err = bpf_doctor_open(&bpf, d, options);
	if (!err && !d->works)
		fall_back(d, options);
	if (!err)
		check_links(d, options);
	if (!err)
		err = facts_doctor(d, options, bpf ? bpf_doctor_walker(bpf) : NULL, bpf);
	check_xdp(d, options);
	if (err)
		fprintf(stderr, "clbtrace: doctor: cannot look around on this host: %s\n",
			strerror(-err));
	bpf_doctor_close(bpf);
	return err;
}

static int print(const struct doctor *d, const struct options *options)
{
	int err;

	if (!options->json) {
		doctor_print_text(d, text_colored(options));
		return 0;
	}
	err = doctor_print_json(d);
	if (err == -ENOMEM)
		fputs("clbtrace: out of memory\n", stderr);
	return err == -ENOMEM ? err : 0;
}

static int examine(const struct options *options)
{
	struct doctor d = {};
	int err = start_check_root();

	if (!err)
		err = start_enter_netns(options);
	if (!err)
		err = start_check_files(options);
	if (!err)
		err = look(&d, options);
	if (!err)
		err = print(&d, options);
	if (!err)
		err = d.works ? STATUS_HEALTHY : STATUS_CANNOT;
	doctor_free(&d);
	return err;
}

int cmd_doctor(int argc, char **argv)
{
	enum options_action action;
	struct options options;
	char why[WHY_LEN] = "";
	int ret = options_parse(&options, MODE_DOCTOR, argc, argv, &action, why, sizeof(why));

	if (ret) {
		fprintf(stderr, "clbtrace: %s\n", why);
	} else if (action == OPTIONS_HELP) {
		options_help(MODE_DOCTOR);
	} else if (action == OPTIONS_VERSION) {
		puts("clbtrace " VERSION);
	} else {
		ret = examine(&options);
	}
	options_free(&options);
	return ret;
}
