// SPDX-License-Identifier: GPL-2.0-only
// Values about what can stop a packet on this host: programs, connection tracking, the packet
// filter.
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "escape.h"
#include "firewall.h"
#include "flow.h"
#include "rule_owner.h"
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

static const struct rule_owner *owner_of(const struct values_of *of, bool reply)
{
	struct firewall_place place;

	firewall_place(of->probe, of->host, reply, &place);
	return place.rule && place.rules == 1 ? rule_owner(place.rule) : NULL;
}

/* The owner's own way, in its own words. */
static bool owner_fix(const struct values_of *of, char *out, size_t out_len)
{
	const struct template_values values = {values_get, (void *)of};
	const struct rule_owner *owner = owner_of(of, false);

	return owner && owner->fix && template_expand(owner->fix, &values, out, out_len);
}

static bool family_word(const struct values_of *of, char *out, size_t out_len)
{
	return value_put(out, out_len, of->probe->flow.family == 4 ? "ipv4" : "ipv6");
}

static const char *proto_word(const struct values_of *of)
{
	return of->probe->flow.proto == IPPROTO_UDP ? "udp" : "tcp";
}

/* firewalld.richlanguage(5) */
static bool rich_port(const struct values_of *of, char *out, size_t out_len)
{
	unsigned int port = probe_service(of->probe)->dport;

	if (!port)
		return value_put(out, out_len,
				 of->probe->flow.family == 4 ? "protocol value=\"icmp\""
							     : "protocol value=\"ipv6-icmp\"");
	snprintf(out, out_len, "port port=\"%u\" protocol=\"%s\"", port, proto_word(of));
	return true;
}

/* ufw(8) has no rules for echo requests. */
static bool ufw_port(const struct values_of *of, char *out, size_t out_len)
{
	unsigned int port = probe_service(of->probe)->dport;
	char source[FLOW_ADDR_LEN];

	if (!port)
		return false;
	snprintf(out, out_len, "proto %s from %s to any port %u", proto_word(of),
		 addr_text(of->probe->flow.saddr, source), port);
	return true;
}

static bool ipt_service_match(const struct values_of *of, char *out, size_t out_len)
{
	firewall_match(of->probe, probe_service(of->probe)->dport, false, true, out, out_len);
	return true;
}

/* fail2ban names a jail's chain after it. */
static bool f2b_jail(const struct values_of *of, char *out, size_t out_len)
{
	struct firewall_place place;
	char name[FACT_TABLE_LEN];

	firewall_place(of->probe, of->host, false, &place);
	if (!place.rule || strncmp(place.rule->chain, "f2b-", 4))
		return false;
	snprintf(name, sizeof(name), "%.59s", place.rule->chain + 4);
	shell_word(name, out, out_len);
	return true;
}

static bool queue_words(const struct values_of *of, char *out, size_t out_len)
{
	const struct fact_rule *r = NULL;
	char comm[4 * EV_COMM_LEN + 1];

	while ((r = probe_fact(of->probe, EV_FACT_RULE, r)))
		if (r->verdict == RULE_QUEUE)
			break;
	if (!r)
		return value_put(out, out_len, "a userspace queue (NFQUEUE)");
	if (!r->queue_pid) {
		snprintf(out, out_len, "queue %u, which no process reads", r->queue);
		return true;
	}
	escape_text(r->queue_comm, strnlen(r->queue_comm, EV_COMM_LEN), comm, sizeof(comm));
	snprintf(out, out_len, "queue %u of %s (pid %u), which dropped it", r->queue,
		 comm[0] ? comm : "a process", r->queue_pid);
	return true;
}

static bool hook_function(const struct values_of *of, char *out, size_t out_len)
{
	struct firewall_place place;

	firewall_place(of->probe, of->host, false, &place);
	if (!place.entry || place.entry->backend != HOOK_OTHER)
		return false;
	return firewall_chain_words(&place, out, out_len);
}

static bool hook_module(const struct values_of *of, char *out, size_t out_len)
{
	struct firewall_place place;
	char name[40];

	firewall_place(of->probe, of->host, false, &place);
	if (!place.entry || place.entry->backend != HOOK_OTHER || !place.entry->module[0])
		return false;
	snprintf(name, sizeof(name), "%.31s", place.entry->module);
	shell_word(name, out, out_len);
	return true;
}

static bool hook_program(const struct values_of *of, char *out, size_t out_len)
{
	struct firewall_place place;

	firewall_place(of->probe, of->host, false, &place);
	if (!place.entry || place.entry->backend != HOOK_OTHER || !place.entry->prog_id)
		return false;
	snprintf(out, out_len, "%u", place.entry->prog_id);
	return true;
}

static bool fw_fix(const struct values_of *of, char *out, size_t out_len)
{
	struct firewall_place place;

	const struct rule_owner *owner = owner_of(of, false);

	if (owner && owner->alone)
		return false;
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

	if (!probe_reply_filtered(of->probe))
		return false;
	firewall_place(of->probe, of->host, true, &place);
	return firewall_fix(of->probe, &place, true, out, out_len) ||
	       firewall_show(of->probe, &place, out, out_len);
}

/* "in OUTPUT, table ip filter, chain OUTPUT, rule 2", beside a rule for the probe */
static bool reply_rule_words(const struct values_of *of, char *out, size_t out_len)
{
	struct firewall_place place;
	char chain[400];

	if (!probe_counted_rule(of->probe, true))
		return false;
	firewall_place(of->probe, of->host, true, &place);
	if (!firewall_chain_words(&place, chain, sizeof(chain)))
		return false;
	snprintf(out, out_len, "in %s, %s", place.hook[0] ? place.hook : "a hook", chain);
	return true;
}

static bool reply_rule_fix(const struct values_of *of, char *out, size_t out_len)
{
	return probe_counted_rule(of->probe, true) && reply_fw_fix(of, out, out_len);
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
	{"owner_fix", owner_fix},
	{"family_word", family_word},
	{"rich_port", rich_port},
	{"ufw_port", ufw_port},
	{"ipt_service_match", ipt_service_match},
	{"f2b_jail", f2b_jail},
	{"queue_words", queue_words},
	{"hook_function", hook_function},
	{"hook_module", hook_module},
	{"hook_program", hook_program},
	{"fw_fix", fw_fix},
	{"fw_show", fw_show},
	{"reply_fw_fix", reply_fw_fix},
	{"reply_rule_words", reply_rule_words},
	{"reply_rule_fix", reply_rule_fix},
	{"reply_tc_fix", reply_tc_fix},
	{NULL, NULL},
};
