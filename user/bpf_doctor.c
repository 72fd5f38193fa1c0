// SPDX-License-Identifier: GPL-2.0-only
// Finds out what the BPF source would see on this kernel, by the functions that it is made of.
#include "bpf_doctor.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bpf_clsact.h"
#include "bpf_iface.h"
#include "bpf_kernel.h"
#include "bpf_load.h"
#include "bpf_netfilter.h"
#include "bpf_trial.h"
#include "clbtrace.skel.h"
#include "drop_evidence.h"
#include "facts_doctor.h"

enum {
	REASONS_MAX = 1024, /* as bpf_kernel.c */
	NAME_LEN = 64,
};

struct bpf_doctor {
	struct bpf_kernel *kernel;
	struct clbtrace_bpf *skel; /* NULL: they do not load */
	bool has_xdp;		   /* loaded with it */
};

static const char *const tracing_enables =
	"CONFIG_FUNCTION_TRACER and CONFIG_DYNAMIC_FTRACE_WITH_DIRECT_CALLS, no lockdown";

static bool is_loaded(const struct bpf_program *program)
{
	return bpf_program__fd(program) >= 0;
}

/* With all that live mode can be asked for; else with what it was asked for. */
static int load(struct bpf_doctor *bpf, const struct options *options, char *why, size_t why_len)
{
	const struct bpf_report report = {.err = why, .err_len = why_len};
	struct options all = *options;
	int err = -EINVAL;

	for (int i = 0; i < 2 && err; i++) {
		all.udp = true;
		all.xdp = !i || options->xdp;
		bpf->has_xdp = all.xdp;
		err = bpf_load(&bpf->skel, bpf->kernel, &all, &report);
		if (options->xdp)
			break;
	}
	return err;
}

static void name_drops(const struct bpf_doctor *bpf, struct doctor *d)
{
	char name[NAME_LEN];
	unsigned int names = 0;

	for (unsigned int i = 0; i < REASONS_MAX; i++) {
		bpf_kernel_drop_reason(bpf->kernel, i, name, sizeof(name));
		if (!strncmp(name, "REASON-", 7) || !strcmp(name, DROP_WITHOUT_REASON))
			continue;
		names++;
		d->sight.named |= drop_reason_evidence(name);
	}
	/* The function that freed it tells of a SYN without a socket, not of a datagram. */
	if (!(d->sight.named & E(NO_SOCKET)))
		d->sight.named_tcp |= E(NO_SOCKET);
	if (bpf_kernel_has_function(bpf->kernel, "bpf_snprintf") ||
	    facts_doctor_has_symbol("nf_hook_slow"))
		d->sight.named |= drop_symbol_evidence();
	if (is_loaded(bpf->skel->progs.on_kfree_skb_reason)) {
		doctor_works(d, WAY_DROP, "tp_btf, with the kernel's reason (%u names)", names);
	} else if (is_loaded(bpf->skel->progs.on_kfree_skb)) {
		doctor_works(d, WAY_DROP, "tp_btf, with the function that freed the packet");
		snprintf(d->waypoints[WAY_DROP].why, DOCTOR_TEXT_LEN,
			 "the kernel gives no reason (5.17)");
	} else {
		doctor_fails(d, WAY_DROP, "the kernel has no kfree_skb tracepoint that is known");
	}
}

static void name_resets(const struct bpf_doctor *bpf, struct doctor *d)
{
	char name[NAME_LEN];

	if (is_loaded(bpf->skel->progs.on_tcp_send_reset_reason)) {
		doctor_works(d, WAY_RESET, "tp_btf, with the kernel's reason");
		for (unsigned int i = 0; i < REASONS_MAX; i++) {
			bpf_kernel_reset_reason(bpf->kernel, i, name, sizeof(name));
			if (!strcmp(name, "TCP_ABORT_ON_CLOSE"))
				d->sight.named |= E(RESET_UNREAD);
			if (!strcmp(name, "NO_SOCKET"))
				d->sight.named |= E(NO_SOCKET);
		}
	} else if (is_loaded(bpf->skel->progs.on_tcp_send_reset)) {
		doctor_works(d, WAY_RESET, "tp_btf, told apart by the socket");
		d->sight.nameless |= W(RESET);
		snprintf(d->waypoints[WAY_RESET].why, DOCTOR_TEXT_LEN,
			 "the kernel gives no reason (6.10)");
	} else {
		doctor_fails(d, WAY_RESET,
			     "the kernel has no tcp_send_reset tracepoint that is known");
	}
}

static void see_tracepoints(const struct bpf_doctor *bpf, struct doctor *d)
{
	name_drops(bpf, d);
	name_resets(bpf, d);
	if (is_loaded(bpf->skel->progs.on_icmp_send))
		doctor_works(d, WAY_ICMP, "tp_btf");
	else
		doctor_fails(d, WAY_ICMP,
			     "the kernel has no icmp_send tracepoint (6.10): ICMP errors are seen "
			     "as they leave");
	if (is_loaded(bpf->skel->progs.on_inet_sock_set_state))
		doctor_works(d, WAY_STATE, "tp_btf");
	if (is_loaded(bpf->skel->progs.on_tcp_retransmit_synack))
		doctor_works(d, WAY_SYNACK, "tp_btf");
	if (is_loaded(bpf->skel->progs.walk_hook))
		doctor_works(d, WAY_HOOKS, "a syscall program that walks the kernel's own lists");
	else
		doctor_works(d, WAY_HOOKS, "%s",
			     "nfnetlink, or what rules and tables say (no syscall programs: "
			     "5.14)");
}

/* Whether the kernel's filters are there without loading a module, which would change the host. */
static bool may_try_clsact(struct doctor *d)
{
	const bool bpf = facts_doctor_has_symbol("cls_bpf_classify");
	const bool qdisc = facts_doctor_has_symbol("clsact_init");

	if (bpf && qdisc)
		return true;
	if ((bpf || facts_doctor_has_module("cls_bpf")) &&
	    (qdisc || facts_doctor_has_module("sch_ingress"))) {
		doctor_works(d, WAY_ENTRY,
			     "tc filters on clsact, removed at exit (loads the modules "
			     "sch_ingress and cls_bpf: not tried)");
		doctor_works(d, WAY_EXIT, "the same");
		return false;
	}
	doctor_fails(d, WAY_ENTRY, "no tcx (6.6), and no clsact with BPF filters either");
	doctor_fails(d, WAY_EXIT, "the same");
	doctor_enable(d, WAY_ENTRY, "CONFIG_NET_SCH_INGRESS, CONFIG_NET_CLS_BPF");
	return false;
}

static bool has_tcx(const struct bpf_doctor *bpf)
{
	return bpf_kernel_has_function(bpf->kernel, "tcx_link_attach");
}

static unsigned int wanted_trials(const struct bpf_doctor *bpf, struct doctor *d)
{
	unsigned int wanted = 0;

	if (has_tcx(bpf) || may_try_clsact(d))
		wanted |= 1U << TRIAL_TC | (bpf->has_xdp ? 1U << TRIAL_XDP : 0);
	/* Functions are the whole host's: those programs see its traffic wherever they are
	 * attached. */
	if (bpf_program__autoload(bpf->skel->progs.nf_slot_0))
		wanted |= 1U << TRIAL_NETFILTER;
	if (!bpf->skel->rodata->names_rules && facts_doctor_has_nft())
		wanted |= 1U << TRIAL_RULE;
	return wanted;
}

/* Whether a trial was made and failed: then it says so. */
static bool has_failed(struct doctor *d, enum way way, const struct trial_result *result)
{
	if (!result->tried || !result->err)
		return false;
	doctor_fails(d, way, "%s", *result->why ? result->why : strerror(-result->err));
	return true;
}

static void see_tc(const struct bpf_doctor *bpf, struct doctor *d, const struct trials *trials)
{
	const struct trial_result *tc = &trials->of[TRIAL_TC];

	if (has_failed(d, WAY_ENTRY, tc)) {
		has_failed(d, WAY_EXIT, tc);
	} else if (has_tcx(bpf)) {
		doctor_works(d, WAY_ENTRY, "tcx link, before all other programs");
		doctor_works(d, WAY_EXIT, "tcx link, after all other programs");
	} else if (tc->tried) {
		doctor_works(d, WAY_ENTRY, "tc filter on clsact, removed at exit (no tcx: 6.6)");
		doctor_works(d, WAY_EXIT, "the same");
	}
	if (!(d->sight.waypoints & W(ENTRY)))
		doctor_fails(d, WAY_LOOKUP, "it is done at tc-ingress");
	else
		doctor_works(d, WAY_LOOKUP, "bpf_skc_lookup_tcp at tc-ingress");
	if (!bpf->has_xdp)
		doctor_fails(d, WAY_XDP, "the kernel does not take the program (5.18)");
	else if (!has_failed(d, WAY_XDP, &trials->of[TRIAL_XDP]))
		doctor_works(d, WAY_XDP, "XDP link, native or generic; only with --xdp");
}

static void see_netfilter(const struct bpf_doctor *bpf, struct doctor *d,
			  const struct trials *trials)
{
	const struct clbtrace_bpf *skel = bpf->skel;
	int function = bpf_kernel_function(bpf_kernel_btf(bpf->kernel), "nf_hook_slow", 4);
	int err;

	if (has_failed(d, WAY_NETFILTER, &trials->of[TRIAL_NETFILTER]))
		return;
	if (bpf_program__autoload(skel->progs.nf_slot_0)) {
		doctor_works(d, WAY_NETFILTER,
			     "BPF netfilter links at both ends of each hook, and after each "
			     "function");
		return;
	}
	if (is_loaded(skel->progs.on_hook_begin)) {
		doctor_works(d, WAY_NETFILTER,
			     "fentry and fexit of nf_hook_slow (no netfilter links: 6.4, "
			     "CONFIG_NETFILTER_BPF_LINK)");
		return;
	}
	err = function ? bpf_kernel_try_attach(function, 0) : -ENOENT;
	doctor_fails(d, WAY_NETFILTER,
		     "no BPF netfilter links (6.4), and fexit of nf_hook_slow: %s", strerror(-err));
	snprintf(d->waypoints[WAY_NETFILTER].enable, DOCTOR_TEXT_LEN,
		 "CONFIG_NETFILTER_BPF_LINK, or %s", tracing_enables);
}

static void see_rule(const struct bpf_doctor *bpf, struct doctor *d, const struct trials *trials)
{
	const struct trial_result *rule = &trials->of[TRIAL_RULE];
	int function, err;

	if (bpf->skel->rodata->names_rules) {
		doctor_works(d, WAY_RULE, "fexit on nf_tables: reads only");
		return;
	}
	if (has_failed(d, WAY_RULE, rule))
		return;
	if (rule->tried)
		doctor_works(d, WAY_RULE,
			     "rule tracing by a table of its own (%s), for nft; counters for "
			     "legacy iptables",
			     trials->plain_tables ? "removed at exit" : "the kernel removes it");
	else
		doctor_works(d, WAY_RULE,
			     "counters of legacy iptables; rule tracing once nf_tables is there");
	function = bpf_kernel_function(bpf_kernel_btf(bpf->kernel), "nf_hook_slow", 4);
	err = function ? bpf_kernel_try_attach(function, 0) : 0;
	if (!err)
		return;
	snprintf(d->waypoints[WAY_RULE].why, DOCTOR_TEXT_LEN,
		 "reading only, by fexit, is refused: %s", strerror(-err));
	doctor_enable(d, WAY_RULE, tracing_enables);
}

static void fail_all(struct doctor *d, const char *why)
{
	static const enum way ways[] = {WAY_ENTRY, WAY_EXIT,   WAY_XDP,	  WAY_NETFILTER,
					WAY_DROP,  WAY_RESET,  WAY_STATE, WAY_SYNACK,
					WAY_ICMP,  WAY_LOOKUP, WAY_HOOKS, WAY_RULE};

	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++)
		doctor_fails(d, ways[i], "%s", i ? DOCTOR_NO_BPF : why);
	snprintf(d->why, sizeof(d->why), "%s", why);
}

/* What live mode would be refused on an interface, as it attaches to one after the other. */
static void see_links(const struct bpf_doctor *bpf, struct doctor *d, const struct options *options)
{
	const struct bpf_report report = {.err = d->why, .err_len = sizeof(d->why)};
	struct link_list links;
	int err = 0;

	if (has_tcx(bpf) || link_list_read(&links))
		return;
	for (size_t i = 0; i < links.count && err != -EBUSY; i++)
		if (bpf_iface_is_wanted(options, &links.entries[i]))
			err = bpf_clsact_check(links.entries[i].ifindex, links.entries[i].name,
					       &report);
	link_list_free(&links);
	if (err == -EBUSY) {
		d->works = false;
		d->settled = true;
	}
}

static void see_all(struct bpf_doctor *bpf, struct doctor *d, const struct options *options)
{
	struct trials trials;

	see_tracepoints(bpf, d);
	bpf_trials(&trials, wanted_trials(bpf, d), bpf->skel, bpf->kernel, options);
	see_tc(bpf, d, &trials);
	see_netfilter(bpf, d, &trials);
	see_rule(bpf, d, &trials);
	if (*trials.refused)
		snprintf(d->waypoints[WAY_ENTRY].why, DOCTOR_TEXT_LEN, "not tried: %s",
			 trials.refused);
	d->works = d->sight.waypoints & W(ENTRY) && d->sight.waypoints & W(EXIT);
	if (!d->works)
		snprintf(d->why, sizeof(d->why), "%s", d->waypoints[WAY_ENTRY].why);
	else if (options->xdp && !(d->sight.waypoints & W(XDP)))
		d->works = false;
	if (!d->works && !*d->why)
		snprintf(d->why, sizeof(d->why), "--xdp: %.280s", d->waypoints[WAY_XDP].why);
	if (d->works)
		see_links(bpf, d, options);
}

int bpf_doctor_open(struct bpf_doctor **out, struct doctor *d, const struct options *options)
{
	struct bpf_doctor *bpf = calloc(1, sizeof(*bpf));
	char why[DOCTOR_TEXT_LEN] = "";
	const struct bpf_report report = {.err = why, .err_len = sizeof(why)};
	int err;

	*out = bpf;
	if (!bpf)
		return -ENOMEM;
	bpf_load_quiet();
	err = bpf_load_kernel(&bpf->kernel, options, &report);
	if (!err)
		err = load(bpf, options, why, sizeof(why));
	if (err)
		fail_all(d, *why ? why : strerror(-err));
	else
		see_all(bpf, d, options);
	return 0;
}

void bpf_doctor_close(struct bpf_doctor *bpf)
{
	if (!bpf)
		return;
	clbtrace_bpf__destroy(bpf->skel);
	bpf_kernel_close(bpf->kernel);
	free(bpf);
}

static int walk(void *ctx, unsigned int pf, unsigned int hook, struct hook_entry *out, int max)
{
	struct bpf_doctor *bpf = ctx;

	return bpf_netfilter_walk(bpf->skel, pf, hook, out, max);
}

hook_walk_fn bpf_doctor_walker(const struct bpf_doctor *bpf)
{
	return bpf->skel && is_loaded(bpf->skel->progs.walk_hook) ? walk : NULL;
}
