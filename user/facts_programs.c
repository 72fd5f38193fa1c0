// SPDX-License-Identifier: GPL-2.0-only
// Lists the XDP, tcx, tc and cgroup programs that the probe and its answer meet.
#include <bpf/bpf.h>
#include <errno.h>
#include <string.h>

#include "facts_internal.h"

enum {
	PROGRAMS_MAX = 64,
	/* enum bpf_attach_type; not in headers before 6.6 */
	ATTACH_TCX_INGRESS = 46,
	ATTACH_TCX_EGRESS = 47,
};

static int add_program(struct gather *g, const struct link_info *link, uint32_t place, uint32_t id)
{
	struct fact_program fact = {.place = place, .ifindex = link->ifindex, .id = id};

	if (!id || own_program(&g->facts->own, id))
		return 0;
	bpf_program_name(id, fact.name, sizeof(fact.name));
	memcpy(fact.ifname, link->name, sizeof(fact.ifname));
	return gather_add(g, EV_FACT_PROGRAM, &fact, sizeof(fact));
}

static int add_xdp(struct gather *g, const struct link_info *link)
{
	int err;

	err = add_program(g, link, PROG_XDP_NATIVE, link->xdp_native);
	if (!err)
		err = add_program(g, link, PROG_XDP_GENERIC, link->xdp_generic);
	if (!err)
		err = add_program(g, link, PROG_XDP_OFFLOADED, link->xdp_offloaded);
	return err;
}

/* Before 6.6 the kernel has no tcx, and answers EINVAL. */
static int add_tcx(struct gather *g, const struct link_info *link, int type)
{
	uint32_t place = type == ATTACH_TCX_INGRESS ? PROG_TCX_INGRESS : PROG_TCX_EGRESS;
	__u32 ids[PROGRAMS_MAX];
	LIBBPF_OPTS(bpf_prog_query_opts, opts, .prog_ids = ids, .prog_cnt = PROGRAMS_MAX);
	int err;

	err = bpf_prog_query_opts(link->ifindex, type, &opts);
	if (err == -EINVAL)
		return 0;
	for (__u32 i = 0; i < opts.prog_cnt && !err; i++)
		err = add_program(g, link, place, ids[i]);
	return err;
}

int link_programs(struct gather *g, const struct link_info *link, bool ingress, bool egress)
{
	int err = 0;

	if (ingress)
		err = add_xdp(g, link);
	if (!err && ingress)
		err = add_tcx(g, link, ATTACH_TCX_INGRESS);
	if (!err && egress)
		err = add_tcx(g, link, ATTACH_TCX_EGRESS);
	return err ? err : tc_programs(g, link, ingress, egress);
}

static bool is_among(const struct link_info *links, int n, uint32_t ifindex)
{
	for (int i = 0; i < n; i++)
		if (links[i].ifindex == ifindex)
			return true;
	return false;
}

/* The probe's interface and its masters; where the reply leaves by another one, that one's egress
 * too. */
int gather_programs(struct gather *g)
{
	struct link_info in[LINK_PATH_MAX], out[LINK_PATH_MAX];
	struct route_answer answer;
	int err = 0, n, m = 0;

	own_programs_read(&g->facts->own);
	n = link_path(&g->facts->at->route, g->ifindex, in);
	for (int i = 0; i < n && !err; i++)
		err = link_programs(g, &in[i], true, true);
	if (!err && !route_to_prober(g, &answer) && !answer.error)
		m = link_path(&g->facts->at->route, answer.oif, out);
	for (int i = 0; i < m && !err; i++)
		if (!is_among(in, n, out[i].ifindex))
			err = link_programs(g, &out[i], false, true);
	return err ? err : cgroup_programs(g);
}
