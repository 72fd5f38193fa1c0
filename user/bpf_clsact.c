// SPDX-License-Identifier: GPL-2.0-only
// Attaches the tc programs as filters, where the kernel has no tcx (before 6.6).
#include "bpf_clsact.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "claim.h"
#include "facts_netlink.h"

/*
 * A filter's handle tells whose it is: this mark, whether its clbtrace made the qdisc too, and the
 * number that it claimed.
 */
enum {
	MARK_SHIFT = CLAIM_BITS + 1,
	MARK = 0x1b5,
	MADE_QDISC = 1 << CLAIM_BITS,
	NUMBER_MASK = (1 << CLAIM_BITS) - 1,
	PRIORITY_TRIES = 8, /* each may be taken by another kind of filter */
	PRIORITY_FIRST = 1,
	PRIORITY_LAST = UINT16_MAX,
	NAME_LEN = 64,
};

static const char claim_kind[] = "tc";

struct bpf_clsact {
	struct netlink route;
	int claim;
	uint32_t number;
};

struct qdisc {
	int ifindex;
	bool is_clsact; /* else ingress, which has the same place */
};

struct filter {
	uint32_t handle;
	uint16_t priority;
	bool named; /* as programs of clbtrace are */
};

static int on_qdisc(const struct nlmsghdr *nlh, void *data)
{
	const struct tcmsg *msg = mnl_nlmsg_get_payload(nlh);
	const struct nlattr *attrs[TCA_KIND + 1];
	struct qdisc *qdisc;

	netlink_attrs(nlh, sizeof(*msg), attrs, TCA_KIND);
	if (msg->tcm_parent != TC_H_CLSACT || !attrs[TCA_KIND])
		return MNL_CB_OK;
	qdisc = vec_push(data);
	if (!qdisc)
		return MNL_CB_ERROR;
	qdisc->ifindex = msg->tcm_ifindex;
	qdisc->is_clsact = !strcmp(mnl_attr_get_str(attrs[TCA_KIND]), "clsact");
	return MNL_CB_OK;
}

/* Of all interfaces: the kernel announces what is asked singly to all monitors. */
static int list_qdiscs(struct netlink *route, struct vec *out)
{
	struct netlink_request request;

	*out = (struct vec){.size = sizeof(struct qdisc)};
	netlink_prepare(&request, RTM_GETQDISC, 0, sizeof(struct tcmsg));
	return netlink_dump(route, &request, on_qdisc, out, &out->n);
}

/* libbpf names a filter after its program: NAME:[ID] (bpf_tc_attach()). */
static bool is_own_name(const struct nlattr *options)
{
	static const char *const names[] = {"tc_in_ether:[", "tc_in_ip:[", "tc_out_ether:[",
					    "tc_out_ip:["};
	const struct nlattr *attrs[TCA_BPF_NAME + 1];
	char name[NAME_LEN];

	netlink_nested(options, attrs, TCA_BPF_NAME);
	if (!attrs[TCA_BPF_NAME])
		return false;
	netlink_get_text(attrs[TCA_BPF_NAME], name, sizeof(name));
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!strncmp(name, names[i], strlen(names[i])))
			return true;
	return false;
}

static int on_filter(const struct nlmsghdr *nlh, void *data)
{
	const struct tcmsg *msg = mnl_nlmsg_get_payload(nlh);
	const struct nlattr *attrs[TCA_OPTIONS + 1];
	struct filter *filter;

	netlink_attrs(nlh, sizeof(*msg), attrs, TCA_OPTIONS);
	/* A classifier's head has no options. */
	if (!attrs[TCA_KIND] || !attrs[TCA_OPTIONS])
		return MNL_CB_OK;
	filter = vec_push(data);
	if (!filter)
		return MNL_CB_ERROR;
	filter->handle = msg->tcm_handle;
	filter->priority = (uint16_t)(TC_H_MAJ(msg->tcm_info) >> 16);
	filter->named = !strcmp(mnl_attr_get_str(attrs[TCA_KIND]), "bpf") &&
			is_own_name(attrs[TCA_OPTIONS]);
	return MNL_CB_OK;
}

static int list_filters(struct netlink *route, int ifindex, enum bpf_tc_attach_point point,
			struct vec *out)
{
	const uint32_t minor = point == BPF_TC_INGRESS ? TC_H_MIN_INGRESS : TC_H_MIN_EGRESS;
	struct netlink_request request;
	struct tcmsg *msg;

	*out = (struct vec){.size = sizeof(struct filter)};
	netlink_prepare(&request, RTM_GETTFILTER, 0, sizeof(*msg));
	msg = request.extra;
	msg->tcm_ifindex = ifindex;
	msg->tcm_parent = TC_H_MAKE(TC_H_CLSACT, minor);
	return netlink_dump(route, &request, on_filter, out, &out->n);
}

static int remove_filter(int ifindex, enum bpf_tc_attach_point point, uint32_t handle,
			 uint16_t priority)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = ifindex, .attach_point = point);
	LIBBPF_OPTS(bpf_tc_opts, opts, .handle = handle, .priority = priority);

	return bpf_tc_detach(&hook, &opts);
}

static const enum bpf_tc_attach_point points[] = {BPF_TC_INGRESS, BPF_TC_EGRESS};

static void remove_qdisc_if_empty(struct netlink *route, int ifindex)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = ifindex,
		    .attach_point = BPF_TC_INGRESS | BPF_TC_EGRESS);
	struct vec filters;
	size_t others = 0;
	int err = 0;

	for (int i = 0; i < 2 && !err; i++) {
		err = list_filters(route, ifindex, points[i], &filters);
		others += filters.n;
		vec_free(&filters);
	}
	if (!err && !others)
		bpf_tc_hook_destroy(&hook);
}

static bool is_marked(const struct filter *filter)
{
	return filter->named && filter->handle >> MARK_SHIFT == MARK;
}

/* What a clbtrace that runs has there is no leftover. */
static bool is_leftover(const struct filter *filter)
{
	return is_marked(filter) && !claim_is_held(claim_kind, filter->handle & NUMBER_MASK);
}

static int remove_leftovers(struct netlink *route, int ifindex, int *removed)
{
	const struct filter *filter;
	bool made_qdisc = false;
	struct vec filters;
	int err = 0;

	for (int p = 0; p < 2 && !err; p++) {
		err = list_filters(route, ifindex, points[p], &filters);
		filter = filters.data;
		for (size_t i = 0; i < filters.n && !err; i++) {
			if (!is_leftover(&filter[i]) ||
			    remove_filter(ifindex, points[p], filter[i].handle, filter[i].priority))
				continue;
			made_qdisc |= filter[i].handle & MADE_QDISC;
			++*removed;
		}
		vec_free(&filters);
	}
	if (made_qdisc)
		remove_qdisc_if_empty(route, ifindex);
	return err;
}

static int remove_all_leftovers(struct bpf_clsact *clsact, const struct bpf_report *report)
{
	const struct qdisc *qdisc;
	struct vec qdiscs;
	int removed = 0;
	int err = list_qdiscs(&clsact->route, &qdiscs);

	qdisc = qdiscs.data;
	for (size_t i = 0; i < qdiscs.n && !err; i++)
		if (qdisc[i].is_clsact)
			err = remove_leftovers(&clsact->route, qdisc[i].ifindex, &removed);
	vec_free(&qdiscs);
	if (removed)
		bpf_notice(report, "removed %d tc filter%s of a clbtrace that was killed", removed,
			   removed == 1 ? "" : "s");
	return err;
}

int bpf_clsact_open(struct bpf_clsact **out, const struct bpf_report *report)
{
	struct bpf_clsact *clsact;
	int err;

	*out = clsact = calloc(1, sizeof(*clsact));
	if (!clsact)
		return bpf_fail(report, -ENOMEM, "out of memory");
	clsact->route.bus = NETLINK_ROUTE;
	clsact->claim = claim_take(claim_kind, &clsact->number);
	if (clsact->claim < 0)
		return bpf_fail(report, clsact->claim, "cannot mark the tc filters as its own: %s",
				strerror(-clsact->claim));
	err = remove_all_leftovers(clsact, report);
	if (err)
		return bpf_fail(report, err, "cannot list the tc filters: %s", strerror(-err));
	bpf_notice(report,
		   "this kernel has no tcx (6.6): packets are seen by tc filters, which are "
		   "removed at exit; if clbtrace is killed, its next start removes them");
	return 0;
}

void bpf_clsact_close(struct bpf_clsact *clsact)
{
	if (!clsact)
		return;
	netlink_close(&clsact->route);
	if (clsact->claim >= 0)
		close(clsact->claim);
	free(clsact);
}

/* Whether another clbtrace made the qdisc: the last one of them removes it. */
static bool is_of_another(struct bpf_clsact *clsact, int ifindex)
{
	const struct filter *filter;
	struct vec filters;
	bool found = false;

	if (!list_filters(&clsact->route, ifindex, BPF_TC_INGRESS, &filters)) {
		filter = filters.data;
		for (size_t i = 0; i < filters.n; i++)
			found |= is_marked(&filter[i]) && filter[i].handle & MADE_QDISC;
	}
	vec_free(&filters);
	return found;
}

/* An ingress qdisc takes filters for any parent into its only list. */
static int find_ingress(struct netlink *route, int ifindex, bool *is_there)
{
	const struct qdisc *qdisc;
	struct vec qdiscs;
	int err = list_qdiscs(route, &qdiscs);

	*is_there = false;
	qdisc = qdiscs.data;
	for (size_t i = 0; i < qdiscs.n && !err; i++)
		*is_there |= qdisc[i].ifindex == ifindex && !qdisc[i].is_clsact;
	vec_free(&qdiscs);
	return err;
}

int bpf_clsact_check(int ifindex, const char *ifname, const struct bpf_report *report)
{
	struct netlink route = {.bus = NETLINK_ROUTE};
	bool is_ingress;
	int err = find_ingress(&route, ifindex, &is_ingress);

	netlink_close(&route);
	if (err || !is_ingress)
		return err;
	return bpf_fail(report, -EBUSY,
			"%s has an ingress qdisc in the place of clsact, which shows what comes in "
			"only: tc qdisc del dev %s ingress, or leave it out with -i",
			ifname, ifname);
}

static int make_qdisc(struct bpf_clsact *clsact, struct bpf_filters *to, const char *ifname,
		      const struct bpf_report *report)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = to->ifindex, .attach_point = BPF_TC_INGRESS);
	int err = bpf_clsact_check(to->ifindex, ifname, report);

	if (err == -EBUSY)
		return err;
	if (!err)
		err = bpf_tc_hook_create(&hook);
	to->made_qdisc = !err || (err == -EEXIST && is_of_another(clsact, to->ifindex));
	if (err && err != -EEXIST)
		return bpf_fail(report, err, "cannot make a clsact qdisc on %s: %s", ifname,
				strerror(-err));
	return 0;
}

static int add_filter(const struct bpf_clsact *clsact, struct bpf_filters *to, int point,
		      const struct bpf_program *program)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = to->ifindex, .attach_point = points[point]);
	LIBBPF_OPTS(bpf_tc_opts, opts);
	int err = -EINVAL;

	/* net/sched/cls_api.c: EINVAL if a filter of another kind or protocol has the priority. */
	for (int i = 0; i < PRIORITY_TRIES && err == -EINVAL; i++) {
		opts.prog_fd = bpf_program__fd(program);
		opts.prog_id = 0;
		opts.handle = (uint32_t)MARK << MARK_SHIFT | clsact->number |
			      (to->made_qdisc ? MADE_QDISC : 0);
		opts.priority =
			points[point] == BPF_TC_INGRESS ? PRIORITY_FIRST + i : PRIORITY_LAST - i;
		err = bpf_tc_attach(&hook, &opts);
	}
	if (!err)
		to->priority[point] = (uint16_t)opts.priority;
	return err;
}

/* Of one priority the filter that came first is asked first. */
static void tell_others(struct bpf_clsact *clsact, const struct bpf_filters *to, int point,
			const char *ifname, const struct bpf_report *report)
{
	const struct filter *filter;
	struct vec filters;
	size_t others = 0;

	if (!list_filters(&clsact->route, to->ifindex, points[point], &filters)) {
		filter = filters.data;
		for (size_t i = 0; i < filters.n; i++)
			others += !filter[i].named && filter[i].priority <= to->priority[point];
	}
	vec_free(&filters);
	if (others)
		bpf_notice(report,
			   "tc filters of others come first at %s of %s (tc filter show dev %s "
			   "%s): a packet that they take is not seen there",
			   point ? "egress" : "ingress", ifname, ifname,
			   point ? "egress" : "ingress");
}

int bpf_clsact_attach(struct bpf_clsact *clsact, struct bpf_filters *to,
		      const struct bpf_program *in, const struct bpf_program *out, int ifindex,
		      const char *ifname, const struct bpf_report *report)
{
	int err;

	*to = (struct bpf_filters){.ifindex = ifindex};
	err = make_qdisc(clsact, to, ifname, report);
	if (err) {
		to->ifindex = 0;
		return err;
	}
	err = add_filter(clsact, to, 1, out);
	if (!err)
		err = add_filter(clsact, to, 0, in);
	if (err) {
		bpf_clsact_detach(clsact, to);
		return bpf_fail(report, err, "cannot add a tc filter to %s: %s", ifname,
				strerror(-err));
	}
	tell_others(clsact, to, 0, ifname, report);
	tell_others(clsact, to, 1, ifname, report);
	return 0;
}

void bpf_clsact_detach(struct bpf_clsact *clsact, struct bpf_filters *from)
{
	const uint32_t handle =
		(uint32_t)MARK << MARK_SHIFT | clsact->number | (from->made_qdisc ? MADE_QDISC : 0);

	if (!from->ifindex)
		return;
	for (int i = 0; i < 2; i++)
		if (from->priority[i])
			remove_filter(from->ifindex, points[i], handle, from->priority[i]);
	if (from->made_qdisc)
		remove_qdisc_if_empty(&clsact->route, from->ifindex);
	*from = (struct bpf_filters){0};
}
