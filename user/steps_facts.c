// SPDX-License-Identifier: GPL-2.0-only
// The host's facts in words.
#include "steps_facts.h"

#include <errno.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "escape.h"
#include "flow.h"
#include "steps.h"

struct process_about process_of_listener(const struct fact_listener *l)
{
	return (struct process_about){.comm = l->comm,
				      .container = l->container,
				      .pid = l->pid,
				      .fds_open = l->fds_open,
				      .fds_limit = l->fds_limit,
				      .state = l->pstate};
}

struct process_about process_of_conn(const struct fact_conn *c)
{
	return (struct process_about){.comm = c->comm,
				      .container = c->container,
				      .pid = c->pid,
				      .fds_open = c->fds_open,
				      .fds_limit = c->fds_limit,
				      .state = c->pstate};
}

/* man 5 proc, /proc/pid/stat */
const char *process_state_words(char state)
{
	switch (state) {
	case 'R':
		return "running";
	case 'S':
		return "sleeping";
	case 'D':
		return "in uninterruptible sleep (disk, NFS)";
	case 'T':
		return "stopped (SIGSTOP)";
	case 't':
		return "stopped (by a debugger)";
	case 'Z':
		return "a zombie";
	default:
		return NULL;
	}
}

const char *process_words(const struct process_about *about, char *out, size_t out_len)
{
	char name[4 * EV_COMM_LEN + 1], container[4 * FACT_CONTAINER_LEN + 1];

	if (!about->pid) {
		snprintf(out, out_len, "a process that was not found");
		return out;
	}
	escape_text(about->comm, strnlen(about->comm, EV_COMM_LEN), name, sizeof(name));
	escape_text(about->container, strnlen(about->container, FACT_CONTAINER_LEN), container,
		    sizeof(container));
	snprintf(out, out_len, "%s (pid %u%s%.64s)", name, about->pid,
		 container[0] ? ", container " : "", container);
	return out;
}

const char *program_words(const struct fact_program *p, char *out, size_t out_len)
{
	static const char *const places[] = {
		[PROG_XDP_NATIVE] = "native XDP program",
		[PROG_XDP_GENERIC] = "generic XDP program",
		[PROG_XDP_OFFLOADED] = "offloaded XDP program",
		[PROG_TC_INGRESS] = "tc ingress filter",
		[PROG_TC_EGRESS] = "tc egress filter",
		[PROG_TCX_INGRESS] = "tcx ingress program",
		[PROG_TCX_EGRESS] = "tcx egress program",
		[PROG_CGROUP_INGRESS] = "cgroup ingress program",
		[PROG_CGROUP_EGRESS] = "cgroup egress program",
		[PROG_QDISC] = "queueing discipline",
	};
	const char *place = p->place < sizeof(places) / sizeof(places[0]) ? places[p->place] : NULL;
	char name[4 * EV_NAME_LEN + 1], kind[65], id[40] = "", tc[64] = "";

	escape_text(p->name, strnlen(p->name, sizeof(p->name)), name, sizeof(name));
	escape_text(p->kind, strnlen(p->kind, sizeof(p->kind)), kind, sizeof(kind));
	if (p->id)
		snprintf(id, sizeof(id), " (id %u)", p->id);
	if (p->prio)
		snprintf(tc, sizeof(tc), ", pref %u handle 0x%x", p->prio, p->handle);
	snprintf(out, out_len, "%s%s%s%s%s%s%s", place ? place : "program", kind[0] ? " " : "",
		 kind, name[0] ? " " : "", name, id, tc);
	return out;
}

const char *route_error_words(const struct fact_route *r)
{
	if (r->type == RTN_BLACKHOLE)
		return "a blackhole route";
	if (r->type == RTN_UNREACHABLE)
		return "an unreachable route";
	if (r->type == RTN_PROHIBIT)
		return "a prohibit route";
	return r->error == ENETUNREACH ? "network is unreachable" : strerror((int)r->error);
}

static void listener_words(const struct fact_listener *l, char *out, size_t out_len)
{
	const struct process_about about = process_of_listener(l);
	const char *state = process_state_words(l->pstate);
	char local[FLOW_ENDPOINT_LEN], process[160], queue[48] = "";

	if (l->flow.proto == IPPROTO_TCP && l->limit == FACT_LIMIT_UNKNOWN)
		snprintf(queue, sizeof(queue), ", accept queue %u", l->backlog);
	else if (l->flow.proto == IPPROTO_TCP)
		snprintf(queue, sizeof(queue), ", accept queue %u of %u", l->backlog, l->limit);

	snprintf(out, out_len, "%s%s%s%s listens on %s%s%s%.15s%s%s",
		 process_words(&about, process, sizeof(process)), state ? ", " : "",
		 state ? state : "", state ? "," : "",
		 endpoint_text(l->laddr, (uint16_t)l->port, local),
		 l->family == 6 && l->v6only ? " (IPv6 only)" : "",
		 l->bound_ifindex ? " on device " : "", l->bound_ifname,
		 l->netns ? ", in another network namespace" : "", queue);
}

static void route_words(const struct fact_route *r, char *out, size_t out_len)
{
	static const uint8_t none[16];
	char gateway[FLOW_ADDR_LEN];

	if (r->error)
		snprintf(out, out_len, "no route to the prober: %s", route_error_words(r));
	else
		snprintf(out, out_len, "route to the prober: %s%s dev %.15s",
			 memcmp(r->gateway, none, 16) ? "via " : "on link",
			 memcmp(r->gateway, none, 16) ? addr_text(r->gateway, gateway) : "",
			 r->ifname);
}

static const char *neigh_state(uint32_t state)
{
	return state & NUD_FAILED	? "FAILED"
	       : state & NUD_INCOMPLETE ? "INCOMPLETE"
	       : state			? "resolved"
					: "not known";
}

static void conn_words(const struct fact_conn *c, char *out, size_t out_len)
{
	const struct process_about about = process_of_conn(c);
	const char *state = process_state_words(c->pstate);
	char process[160];

	if (c->inode)
		snprintf(out, out_len, "connection %s, accepted by %s%s%s, %u bytes unread",
			 tcp_state_name(c->state), process_words(&about, process, sizeof(process)),
			 state ? ", " : "", state ? state : "", c->rqueue);
	else
		snprintf(out, out_len, "connection %s, not accepted yet, %u bytes unread",
			 tcp_state_name(c->state), c->rqueue);
}

static bool addr_words(const struct fact_addr *a, char *out, size_t out_len)
{
	char addr[FLOW_ADDR_LEN];

	if (a->is_source != a->is_local)
		return false; /* as it should be */
	snprintf(out, out_len, "%s is %s%.15s", addr_text(a->addr, addr),
		 a->is_local ? "an address of this host, on " : "no address of this host",
		 a->ifname);
	return true;
}

/* "table ip filter, chain web, rule 2 counted, and matches: -s 100.64.0.0/10 -j DROP" */
static void rule_words(const struct fact_rule *r, char *out, size_t out_len)
{
	const char *how = r->how == RULE_TRACED	   ? "decided"
			  : r->how == RULE_COUNTED ? "counted, and matches"
						   : "could have matched";
	char table[100], chain[100], text[140], number[24] = "";

	if (r->verdict == RULE_POLICY)
		snprintf(number, sizeof(number), ", its policy");
	else if (r->number)
		snprintf(number, sizeof(number), ", rule %u", r->number);
	escape_text(r->table, strnlen(r->table, sizeof(r->table)), table, sizeof(table));
	escape_text(r->chain, strnlen(r->chain, sizeof(r->chain)), chain, sizeof(chain));
	escape_text(r->text, strnlen(r->text, sizeof(r->text)), text, sizeof(text));
	snprintf(out, out_len, "table %.7s %.40s, chain %.40s%s %s%s%s", r->family, table, chain,
		 number, how, text[0] ? ": " : "", text);
}

bool fact_step(const struct ev_hdr *fact, char *out, size_t out_len)
{
	const struct fact_neigh *neigh = (const void *)fact;
	const struct fact_counter *counter = (const void *)fact;
	const struct fact_conntrack *ct = (const void *)fact;
	const struct fact_tcp_metric *metric = (const void *)fact;
	char addr[FLOW_ADDR_LEN], words[400];

	switch (fact->type) {
	case EV_FACT_LISTENER:
		listener_words((const void *)fact, out, out_len);
		return true;
	case EV_FACT_CONN:
		conn_words((const void *)fact, out, out_len);
		return true;
	case EV_FACT_COUNTER:
		snprintf(out, out_len, "%.47s grew by %llu", counter->name,
			 (unsigned long long)counter->delta);
		return true;
	case EV_FACT_ROUTE:
		route_words((const void *)fact, out, out_len);
		return true;
	case EV_FACT_ADDR:
		return addr_words((const void *)fact, out, out_len);
	case EV_FACT_NEIGH:
		snprintf(out, out_len, "next hop %s on %.15s: %s", addr_text(neigh->addr, addr),
			 neigh->ifname, neigh_state(neigh->state));
		return true;
	case EV_FACT_PROGRAM:
		snprintf(out, out_len, "%s on %.15s",
			 program_words((const void *)fact, words, sizeof(words)),
			 ((const struct fact_program *)fact)->ifname);
		return true;
	case EV_FACT_RULE:
		rule_words((const void *)fact, out, out_len);
		return true;
	case EV_FACT_TCP_METRIC:
		snprintf(out, out_len, "tcp_metrics: last timestamp of %s %u, %u s ago",
			 addr_text(metric->addr, addr), metric->tsval, metric->age_s);
		return true;
	case EV_FACT_CONNTRACK:
		snprintf(out, out_len, "connection tracking: %llu of %llu entries, %llu refused",
			 (unsigned long long)ct->count, (unsigned long long)ct->max,
			 (unsigned long long)ct->dropped);
		return true;
	default:
		return false;
	}
}
