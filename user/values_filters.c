// SPDX-License-Identifier: GPL-2.0-only
// Values about what can stop a packet on this host: programs, connection tracking, the packet
// filter.
#include <stdio.h>
#include <string.h>

#include "firewall.h"
#include "steps_facts.h"
#include "values_internal.h"

static const struct fact_program *program_at(const struct values_of *of,
					     enum fact_program_place first,
					     enum fact_program_place last)
{
	const struct fact_program *p = NULL;

	while ((p = probe_fact(of->probe, EV_FACT_PROGRAM, p)))
		if (p->place >= first && p->place <= last &&
		    (!p->ifindex || p->ifindex == of->probe->ifindex))
			return p;
	return NULL;
}

static const struct fact_program *tc_at(const struct values_of *of)
{
	const struct fact_program *p = program_at(of, PROG_TCX_INGRESS, PROG_TCX_INGRESS);

	return p ? p : program_at(of, PROG_TC_INGRESS, PROG_TC_INGRESS);
}

static bool xdp_program(const struct values_of *of, char *out, size_t out_len)
{
	const struct fact_program *p = program_at(of, PROG_XDP_NATIVE, PROG_XDP_OFFLOADED);

	return p && program_words(p, out, out_len);
}

static bool xdp_id(const struct values_of *of, char *out, size_t out_len)
{
	const struct fact_program *p = program_at(of, PROG_XDP_NATIVE, PROG_XDP_OFFLOADED);

	return p && p->id && value_put_number(out, out_len, p->id);
}

static bool xdp_mode(const struct values_of *of, char *out, size_t out_len)
{
	const struct fact_program *p = program_at(of, PROG_XDP_NATIVE, PROG_XDP_OFFLOADED);

	return value_put(out, out_len, p && p->place == PROG_XDP_NATIVE ? "xdp" : "xdpgeneric");
}

static bool tc_program(const struct values_of *of, char *out, size_t out_len)
{
	const struct fact_program *p = tc_at(of);

	return p && program_words(p, out, out_len);
}

static bool tc_fix(const struct values_of *of, char *out, size_t out_len)
{
	const struct fact_program *p = tc_at(of);
	char ifname[FACT_IFNAME_LEN];

	if (!p)
		return false;
	host_ifname(of->host, of->probe->ifindex, ifname);
	if (p->place == PROG_TCX_INGRESS)
		snprintf(out, out_len,
			 "bpftool net detach tcx_ingress dev %s  # if program %u is not needed",
			 ifname, p->id);
	else
		snprintf(out, out_len,
			 "tc filter del dev %s ingress pref %u  # if it is not needed", ifname,
			 p->prio);
	return true;
}

static const struct fact_conntrack *conntrack(const struct values_of *of)
{
	return probe_fact(of->probe, EV_FACT_CONNTRACK, NULL);
}

static bool ct_count(const struct values_of *of, char *out, size_t out_len)
{
	return conntrack(of) && value_put_number(out, out_len, (int64_t)conntrack(of)->count);
}

static bool ct_max(const struct values_of *of, char *out, size_t out_len)
{
	return conntrack(of) && value_put_number(out, out_len, (int64_t)conntrack(of)->max);
}

static bool ct_fix(const struct values_of *of, char *out, size_t out_len)
{
	return conntrack(of) &&
	       value_put_number(out, out_len,
				conntrack(of)->max < 131072 ? 262144
							    : 2 * (int64_t)conntrack(of)->max);
}

static bool hook_words(const struct values_of *of, char *out, size_t out_len)
{
	struct firewall_place place;

	firewall_place(of->probe, of->host, false, &place);
	if (place.bridge)
		return value_put(out, out_len,
				 "on the bridge, before it reached this host's IP layer");
	if (!place.hook[0])
		return value_put(out, out_len, "in a hook that is not known");
	snprintf(out, out_len, "in %s%s", place.hook,
		 place.elsewhere ? " of the service's own network namespace" : "");
	return true;
}

/* "-p tcp --dport 80": the probe as it arrives */
static bool ipt_match(const struct values_of *of, char *out, size_t out_len)
{
	firewall_match(of->probe, of->probe->flow.dport, false, true, out, out_len);
	return true;
}

static bool chain_words(const struct values_of *of, char *out, size_t out_len)
{
	struct firewall_place place;

	firewall_place(of->probe, of->host, false, &place);
	return firewall_chain_words(&place, out, out_len);
}

static bool fw_fix(const struct values_of *of, char *out, size_t out_len)
{
	struct firewall_place place;

	firewall_place(of->probe, of->host, false, &place);
	return firewall_fix(of->probe, &place, false, out, out_len);
}

static bool fw_show(const struct values_of *of, char *out, size_t out_len)
{
	struct firewall_place place;

	firewall_place(of->probe, of->host, false, &place);
	return firewall_show(of->probe, &place, out, out_len);
}

static bool reply_fw_fix(const struct values_of *of, char *out, size_t out_len)
{
	struct firewall_place place;

	if (strcmp(of->probe->attempt.reply_drop.reason_name, "NETFILTER_DROP"))
		return false;
	firewall_place(of->probe, of->host, true, &place);
	return firewall_fix(of->probe, &place, true, out, out_len) ||
	       firewall_show(of->probe, &place, out, out_len);
}

static bool reply_tc_fix(const struct values_of *of, char *out, size_t out_len)
{
	const struct ev_drop *d = &of->probe->attempt.reply_drop;
	char ifname[FACT_IFNAME_LEN];

	if (!d->ifindex || !strcmp(d->reason_name, "NETFILTER_DROP"))
		return false;
	host_ifname(of->host, d->ifindex, ifname);
	snprintf(out, out_len, "tc -s qdisc show dev %s; tc -s filter show dev %s egress", ifname,
		 ifname);
	return true;
}

const struct value values_filters[] = {
	{"xdp_program", xdp_program},
	{"xdp_id", xdp_id},
	{"xdp_mode", xdp_mode},
	{"tc_program", tc_program},
	{"tc_fix", tc_fix},
	{"ct_count", ct_count},
	{"ct_max", ct_max},
	{"ct_fix", ct_fix},
	{"hook_words", hook_words},
	{"ipt_match", ipt_match},
	{"chain_words", chain_words},
	{"fw_fix", fw_fix},
	{"fw_show", fw_show},
	{"reply_fw_fix", reply_fw_fix},
	{"reply_tc_fix", reply_tc_fix},
	{NULL, NULL},
};
