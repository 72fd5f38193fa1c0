// SPDX-License-Identifier: GPL-2.0-only
// Lists the tc filters of an interface, with its root qdisc where that is not a default one.
#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <string.h>

#include "facts_internal.h"

struct qdisc_search {
	const struct link_info *link;
	char root[16];
	char clsact[16]; /* clsact or ingress, empty: neither */
};

struct filter_search {
	const struct gather *g;
	const struct link_info *link;
	uint32_t place;
	struct vec found; /* struct fact_program */
};

static void prepare(struct netlink_request *request, uint16_t type, const struct link_info *link,
		    uint32_t parent)
{
	struct tcmsg *msg;

	netlink_prepare(request, type, 0, sizeof(*msg));
	msg = request->extra;
	msg->tcm_ifindex = link->ifindex;
	msg->tcm_parent = parent;
}

static int on_qdisc(const struct nlmsghdr *nlh, void *data)
{
	const struct tcmsg *msg = mnl_nlmsg_get_payload(nlh);
	const struct nlattr *attrs[TCA_KIND + 1];
	struct qdisc_search *search = data;

	netlink_attrs(nlh, sizeof(*msg), attrs, TCA_KIND);
	if ((uint32_t)msg->tcm_ifindex != search->link->ifindex || !attrs[TCA_KIND])
		return MNL_CB_OK;
	if (msg->tcm_parent == TC_H_ROOT)
		netlink_get_text(attrs[TCA_KIND], search->root, sizeof(search->root));
	if (msg->tcm_parent == TC_H_CLSACT)
		netlink_get_text(attrs[TCA_KIND], search->clsact, sizeof(search->clsact));
	return MNL_CB_OK;
}

/* A dump, though it has every interface: the kernel announces what is asked singly to all monitors.
 */
static int find_qdiscs(struct netlink *route, struct qdisc_search *search)
{
	struct netlink_request request;
	size_t none = 0;

	prepare(&request, RTM_GETQDISC, search->link, 0);
	return netlink_dump(route, &request, on_qdisc, search, &none);
}

static int add_root_qdisc(struct gather *g, const struct qdisc_search *search)
{
	static const char *const defaults[] = {"", "noqueue", "pfifo_fast", "mq", "fq_codel", "fq"};
	struct fact_program fact = {.place = PROG_QDISC, .ifindex = search->link->ifindex};

	for (size_t i = 0; i < sizeof(defaults) / sizeof(defaults[0]); i++)
		if (!strcmp(search->root, defaults[i]))
			return 0;
	memcpy(fact.kind, search->root, sizeof(fact.kind));
	snprintf(fact.name, sizeof(fact.name), "%s", search->root);
	memcpy(fact.ifname, search->link->name, sizeof(fact.ifname));
	return gather_add(g, EV_FACT_PROGRAM, &fact, sizeof(fact));
}

/* A filter's own entry; the classifier's head has no options, u32's hash tables have a divisor. */
static bool is_filter(const struct nlattr *const *attrs, const char *kind)
{
	const struct nlattr *u32[TCA_U32_DIVISOR + 1];

	if (!attrs[TCA_OPTIONS])
		return false;
	if (strcmp(kind, "u32"))
		return true;
	netlink_nested(attrs[TCA_OPTIONS], u32, TCA_U32_DIVISOR);
	return !u32[TCA_U32_DIVISOR];
}

static void parse_bpf(const struct nlattr *options, struct fact_program *fact)
{
	const struct nlattr *attrs[TCA_BPF_ID + 1];

	netlink_nested(options, attrs, TCA_BPF_ID);
	if (attrs[TCA_BPF_ID])
		fact->id = mnl_attr_get_u32(attrs[TCA_BPF_ID]);
	if (fact->id)
		bpf_program_name(fact->id, fact->name, sizeof(fact->name));
	if (!*fact->name && attrs[TCA_BPF_NAME])
		netlink_get_text(attrs[TCA_BPF_NAME], fact->name, sizeof(fact->name));
}

static int on_filter(const struct nlmsghdr *nlh, void *data)
{
	const struct tcmsg *msg = mnl_nlmsg_get_payload(nlh);
	const struct nlattr *attrs[TCA_OPTIONS + 1];
	struct filter_search *search = data;
	struct fact_program fact = {.place = search->place}, *added;

	netlink_attrs(nlh, sizeof(*msg), attrs, TCA_OPTIONS);
	if (!attrs[TCA_KIND])
		return MNL_CB_OK;
	netlink_get_text(attrs[TCA_KIND], fact.kind, sizeof(fact.kind));
	if (!is_filter(attrs, fact.kind))
		return MNL_CB_OK;
	fact.ifindex = search->link->ifindex;
	fact.prio = TC_H_MAJ(msg->tcm_info) >> 16;
	fact.handle = msg->tcm_handle;
	memcpy(fact.ifname, search->link->name, sizeof(fact.ifname));
	if (!strcmp(fact.kind, "bpf"))
		parse_bpf(attrs[TCA_OPTIONS], &fact);
	if (fact.id && own_program(&search->g->facts->own, fact.id))
		return MNL_CB_OK;
	added = vec_push(&search->found);
	if (!added)
		return MNL_CB_ERROR;
	*added = fact;
	return MNL_CB_OK;
}

static int add_filters(struct gather *g, const struct link_info *link, uint32_t parent,
		       uint32_t place)
{
	struct filter_search search = {
		.g = g,
		.link = link,
		.place = place,
		.found = {.size = sizeof(struct fact_program)},
	};
	struct netlink_request request;
	struct fact_program *fact;
	int err;

	prepare(&request, RTM_GETTFILTER, link, parent);
	err = netlink_dump(&g->facts->at->route, &request, on_filter, &search, &search.found.n);
	fact = search.found.data;
	for (size_t i = 0; i < search.found.n && !err; i++)
		err = gather_add(g, EV_FACT_PROGRAM, &fact[i], sizeof(fact[i]));
	vec_free(&search.found);
	return err;
}

/* The ingress qdisc answers for any parent with its only block: it has no egress filters to ask
 * for. */
int tc_programs(struct gather *g, const struct link_info *link, bool ingress, bool egress)
{
	const uint32_t ingress_parent = TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_INGRESS);
	const uint32_t egress_parent = TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_EGRESS);
	struct qdisc_search qdiscs = {.link = link};
	int err;

	err = find_qdiscs(&g->facts->at->route, &qdiscs);
	if (!err && ingress && *qdiscs.clsact)
		err = add_filters(g, link, ingress_parent, PROG_TC_INGRESS);
	if (!err && egress && !strcmp(qdiscs.clsact, "clsact"))
		err = add_filters(g, link, egress_parent, PROG_TC_EGRESS);
	if (!err && egress)
		err = add_root_qdisc(g, &qdiscs);
	return err;
}
