// SPDX-License-Identifier: GPL-2.0-only
// Places the netfilter programs among the hook functions that are there.
#include "bpf_netfilter.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clbtrace.skel.h"

#include "../bpf/shared.h"

enum {
	HOOK_ENTRIES_MAX = 64,
	PRIORITY_TRIES = 8,
	LINKS_MAX = 2 * NF_INET_NUMHOOKS * NF_SLOTS,
};

/* NF_IP_PRI_FIRST and NF_IP_PRI_LAST themselves are refused (net/netfilter/nf_bpf_link.c). */
#define PRIORITY_FIRST (INT32_MIN + 1)
#define PRIORITY_LAST  (INT32_MAX - 1)

struct place {
	unsigned int slot;
	unsigned int pf;
	unsigned int hook;
	int32_t priority; /* where to attach */
	int32_t step;	  /* to the next one to try if another BPF program is there */
	int32_t passed;	  /* the priority that events report as passed */
};

struct bpf_netfilter {
	struct bpf_link *links[LINKS_MAX];
	int n_links;
	struct place places[LINKS_MAX]; /* that a packet is seen at */
	int n_places;
};

/* Functions that programs are attached to where there are no links, with their arguments. */
static const struct {
	const char *name;
	int args;
	bool udp; /* only if what is not TCP is followed too */
} functions[] = {
	{"nf_hook_slow", 4, false}, {"tcp_v4_rcv", 1, false}, {"tcp_v6_rcv", 1, false},
	{"udp_rcv", 1, true},	    {"udpv6_rcv", 1, true},   {"icmp_rcv", 1, true},
	{"icmpv6_rcv", 1, true},
};

enum { FUNCTIONS = sizeof(functions) / sizeof(functions[0]) };

static const unsigned int hooks[] = {NF_INET_POST_ROUTING, NF_INET_LOCAL_OUT, NF_INET_FORWARD,
				     NF_INET_LOCAL_IN, NF_INET_PRE_ROUTING};
static const unsigned int families[] = {NFPROTO_IPV4, NFPROTO_IPV6};

enum { HOOKS = sizeof(hooks) / sizeof(hooks[0]), FAMILIES = 2 };

static struct bpf_program *slot_program(struct clbtrace_bpf *skel, unsigned int slot)
{
	struct bpf_program *const programs[NF_SLOTS] = {
		skel->progs.nf_slot_0, skel->progs.nf_slot_1, skel->progs.nf_slot_2,
		skel->progs.nf_slot_3, skel->progs.nf_slot_4, skel->progs.nf_slot_5,
		skel->progs.nf_slot_6, skel->progs.nf_slot_7, skel->progs.nf_slot_8,
	};

	return programs[slot];
}

/* The programs on functions[index]; the second is NULL for all but the first. */
static void function_programs(const struct clbtrace_bpf *skel, int index,
			      struct bpf_program *out[2])
{
	char name[64];

	out[0] = skel->progs.on_hook_begin;
	out[1] = skel->progs.on_hook_end;
	if (!index)
		return;
	snprintf(name, sizeof(name), "on_%s", functions[index].name);
	out[0] = bpf_object__find_program_by_name(skel->obj, name);
	out[1] = NULL;
}

static bool has_function(const struct bpf_kernel *kernel, int index)
{
	int id = bpf_kernel_function(bpf_kernel_btf(kernel), functions[index].name,
				     functions[index].args);

	return id && bpf_kernel_may_attach(id, 0);
}

void bpf_netfilter_choose(struct clbtrace_bpf *skel, const struct bpf_kernel *kernel, bool udp)
{
	bool links = bpf_kernel_has_function(kernel, "bpf_nf_link_attach");
	struct bpf_program *programs[2];

	for (unsigned int slot = 0; links && slot < NF_SLOTS; slot++)
		bpf_program__set_autoload(slot_program(skel, slot), true);
	if (links)
		return;
	for (int i = 0; i < FUNCTIONS; i++) {
		if ((functions[i].udp && !udp) || !has_function(kernel, i))
			continue;
		function_programs(skel, i, programs);
		for (int p = 0; p < 2 && programs[p]; p++)
			bpf_program__set_autoload(programs[p], true);
	}
}

bool bpf_netfilter_is_seen(const struct clbtrace_bpf *skel)
{
	return bpf_program__autoload(skel->progs.nf_slot_0) ||
	       bpf_program__autoload(skel->progs.on_hook_begin);
}

static uint32_t program_id(const struct bpf_program *prog)
{
	struct bpf_prog_info info = {};
	__u32 len = sizeof(info);

	return bpf_prog_get_info_by_fd(bpf_program__fd(prog), &info, &len) ? 0 : info.id;
}

static bool is_own(struct clbtrace_bpf *skel, uint32_t prog_id)
{
	for (unsigned int slot = 0; prog_id && slot < NF_SLOTS; slot++)
		if (program_id(slot_program(skel, slot)) == prog_id)
			return true;
	return false;
}

static int walk_one(struct clbtrace_bpf *skel, struct walk_args *args)
{
	/* The kernel writes the context back to where it was (bpf_prog_test_run_syscall()). */
	LIBBPF_OPTS(bpf_test_run_opts, opts, .ctx_in = args, .ctx_size_in = sizeof(*args));

	return bpf_prog_test_run_opts(bpf_program__fd(skel->progs.walk_hook), &opts);
}

int bpf_netfilter_walk(struct clbtrace_bpf *skel, unsigned int pf, unsigned int hook,
		       struct hook_entry *out, int max)
{
	struct walk_args args = {.pf = pf, .hook = hook};
	int count = 0, err;

	if ((pf != NFPROTO_IPV4 && pf != NFPROTO_IPV6) || hook >= NF_INET_NUMHOOKS)
		return -EINVAL;
	if (!bpf_program__autoload(skel->progs.walk_hook))
		return -EOPNOTSUPP;
	for (; count < max; args.index++) {
		err = walk_one(skel, &args);
		if (err)
			return err;
		if (args.index >= args.total)
			break;
		if (!args.function || is_own(skel, args.prog_id))
			continue;
		out[count++] = (struct hook_entry){.function = args.function,
						   .priv = args.priv,
						   .priority = args.priority,
						   .type = args.type,
						   .prog_id = args.prog_id};
	}
	return count;
}

/* What events of a place have as the priority that was passed. */
static int set_priority(struct clbtrace_bpf *skel, const struct place *place)
{
	__u32 index = NF_PRIORITY_INDEX(place->slot, place->pf == NFPROTO_IPV6, place->hook);

	return bpf_map__update_elem(skel->maps.nf_priorities, &index, sizeof(index), &place->passed,
				    sizeof(place->passed), BPF_ANY);
}

static int attach_at(struct bpf_netfilter *nf, struct clbtrace_bpf *skel, const struct place *place)
{
	LIBBPF_OPTS(bpf_netfilter_opts, opts, .pf = place->pf, .hooknum = place->hook);
	struct bpf_link *link = NULL;
	int err = set_priority(skel, place);

	for (int i = 0; !err && !link && i < PRIORITY_TRIES; i++) {
		opts.priority = place->priority + i * place->step;
		link = bpf_program__attach_netfilter(slot_program(skel, place->slot), &opts);
		if (!link && errno != EBUSY)
			err = -errno;
	}
	if (err)
		return err;
	if (!link)
		return -EBUSY;
	nf->places[nf->n_places++] = *place;
	nf->links[nf->n_links++] = link;
	return 0;
}

/*
 * One right after each priority that is in use, so that a drop is placed between two of them. The
 * last is left out: what comes after it is the waypoint at the end. Conntrack's confirm (INT_MAX)
 * comes after that one.
 */
static void attach_between(struct bpf_netfilter *nf, struct clbtrace_bpf *skel, struct place place)
{
	struct hook_entry entries[HOOK_ENTRIES_MAX] = {};
	int count, i;

	count = bpf_netfilter_walk(skel, place.pf, place.hook, entries, HOOK_ENTRIES_MAX);
	while (count > 0 && entries[count - 1].priority >= PRIORITY_LAST)
		count--;
	place.slot = NF_SLOT_BETWEEN;
	place.step = 1;
	for (i = 0; i + 1 < count && place.slot < NF_SLOTS; i++) {
		if (entries[i].priority == entries[i + 1].priority)
			continue;
		place.passed = entries[i].priority;
		place.priority = place.passed + 1;
		if (!attach_at(nf, skel, &place))
			place.slot++;
	}
}

static int attach_hook(struct bpf_netfilter *nf, struct clbtrace_bpf *skel, unsigned int pf,
		       unsigned int hook)
{
	struct place place = {.pf = pf, .hook = hook};
	int err;

	attach_between(nf, skel, place);
	place.slot = NF_SLOT_LAST;
	place.passed = PRIORITY_LAST;
	place.priority = PRIORITY_LAST;
	place.step = -1;
	err = attach_at(nf, skel, &place);
	if (err || hook == NF_INET_LOCAL_IN || hook == NF_INET_POST_ROUTING)
		return err;
	place.slot = NF_SLOT_FIRST;
	place.passed = INT32_MIN;
	place.priority = PRIORITY_FIRST;
	place.step = 1;
	return attach_at(nf, skel, &place);
}

static int attach_links(struct bpf_netfilter *nf, struct clbtrace_bpf *skel)
{
	int err = 0;

	for (int i = 0; !err && i < HOOKS; i++)
		for (int f = 0; !err && f < FAMILIES; f++)
			err = attach_hook(nf, skel, families[f], hooks[i]);
	return err;
}

/* Where packets are seen by way of nf_hook_slow(): before the functions of a hook, and behind. */
static int add_places(struct bpf_netfilter *nf, struct clbtrace_bpf *skel)
{
	static const int32_t passed[] = {
		[NF_SLOT_FIRST] = INT32_MIN, [NF_SLOT_LAST] = PRIORITY_LAST};
	struct place place;
	int err = 0;

	for (int i = 0; !err && i < HOOKS * FAMILIES * 2; i++) {
		place = (struct place){.slot = i % 2,
				       .pf = families[i / 2 % FAMILIES],
				       .hook = hooks[i / 2 / FAMILIES],
				       .passed = passed[i % 2]};
		nf->places[nf->n_places++] = place;
		err = set_priority(skel, &place);
	}
	return err;
}

static int attach_functions(struct bpf_netfilter *nf, struct clbtrace_bpf *skel)
{
	struct bpf_program *programs[2];
	int err = add_places(nf, skel);

	/* Backwards: none is seen behind a hook that was not seen before it. */
	for (int i = FUNCTIONS - 1; !err && i >= 0; i--) {
		function_programs(skel, i, programs);
		for (int p = 0; !err && p < 2 && programs[p]; p++) {
			if (!bpf_program__autoload(programs[p]))
				continue;
			nf->links[nf->n_links] = bpf_program__attach(programs[p]);
			if (!nf->links[nf->n_links])
				err = -errno;
			else
				nf->n_links++;
		}
	}
	return err;
}

int bpf_netfilter_attach(struct bpf_netfilter **out, struct clbtrace_bpf *skel,
			 const struct bpf_report *report)
{
	struct bpf_netfilter *nf;
	int err = 0;

	*out = nf = calloc(1, sizeof(*nf));
	if (!nf)
		return bpf_fail(report, -ENOMEM, "out of memory");
	if (bpf_program__autoload(skel->progs.nf_slot_0))
		err = attach_links(nf, skel);
	else if (bpf_program__autoload(skel->progs.on_hook_begin))
		err = attach_functions(nf, skel);
	return err ? bpf_fail(report, err, "cannot attach to netfilter: %s", strerror(-err)) : 0;
}

int bpf_netfilter_waypoints(const struct bpf_netfilter *nf, uint64_t now_ns,
			    const struct event_sink *to)
{
	struct fact_hook fact = {
		.hdr = {.type = EV_FACT_HOOK, .size = sizeof(fact), .time_ns = now_ns},
		.backend = HOOK_WAYPOINT,
	};
	int err = 0;

	for (int i = 0; i < nf->n_places && !err; i++) {
		fact.pf = (uint8_t)nf->places[i].pf;
		fact.hook = (uint8_t)nf->places[i].hook;
		fact.priority = nf->places[i].passed;
		err = to->push(to->ctx, &fact.hdr);
	}
	return err;
}

void bpf_netfilter_detach(struct bpf_netfilter *nf)
{
	if (!nf)
		return;
	while (nf->n_links)
		bpf_link__destroy(nf->links[--nf->n_links]);
	free(nf);
}
