// SPDX-License-Identifier: GPL-2.0-only
// What follows from the host's facts about a probe, as evidence.
#include "evidence.h"

#include <linux/neighbour.h>
#include <netinet/in.h>
#include <string.h>

#include "firewall.h"
#include "flow.h"
#include "listener.h"
#include "probe.h"

static evidence_t listeners(const struct probe *probe, const struct corr_host *host)
{
	const struct fact_listener *l = NULL;
	evidence_t bits = 0;

	while ((l = probe_fact(probe, EV_FACT_LISTENER, l))) {
		if (l->netns)
			continue;
		switch (listener_fit(probe, host, l)) {
		case FIT_ALL:
			bits |= E(LISTENER_FITS);
			break;
		case FIT_NOT_DEVICE:
			bits |= E(LISTENER_DEVICE);
			break;
		case FIT_NOT_ADDRESS:
			bits |= E(LISTENER_ADDR);
			break;
		case FIT_NOT_FAMILY:
			bits |= E(LISTENER_FAMILY);
			break;
		}
	}
	/* One that fits now was not there when the probe came: it says nothing against the others'
	 * misfit. */
	return bits;
}

/* Those in other network namespaces are told apart by having one named. */
static evidence_t services(const struct probe *probe, const struct corr_host *host)
{
	const struct fact_listener *l = listener_best(probe, host);
	const struct fact_conn *conn = probe_conn(probe);
	evidence_t bits = 0;

	if (l && l->backlog > l->limit && probe->flow.proto == IPPROTO_TCP)
		bits |= E(LISTENER_FULL);
	if (listener_elsewhere(probe))
		bits |= E(LISTENER_ELSEWHERE);
	if (conn && conn->rqueue)
		bits |= E(UNREAD);
	/* In SYN_RECV it is not the application's yet (TCP_DEFER_ACCEPT). */
	if (conn && !conn->inode &&
	    (conn->state == STATE_ESTABLISHED || conn->state == STATE_CLOSE_WAIT))
		bits |= E(NOT_ACCEPTED);
	return bits;
}

static evidence_t echo_sysctl(const struct probe *probe)
{
	int64_t value;

	return probe_sysctl(probe, probe_echo_sysctl(probe), &value) && value ? E(ECHO_IGNORED) : 0;
}

static evidence_t addresses(const struct probe *probe)
{
	const struct fact_addr *a = NULL;
	evidence_t bits = 0;

	while ((a = probe_fact(probe, EV_FACT_ADDR, a))) {
		if (a->is_source && a->is_local)
			bits |= E(SRC_LOCAL);
		if (!a->is_source && !a->is_local)
			bits |= E(DST_NOT_LOCAL);
	}
	return bits;
}

static evidence_t ways_back(const struct probe *probe)
{
	const struct fact_route *route = probe_fact(probe, EV_FACT_ROUTE, NULL);
	const struct fact_neigh *neigh = probe_fact(probe, EV_FACT_NEIGH, NULL);
	evidence_t bits = 0;

	if (route && route->error)
		bits |= E(ROUTE_ERROR);
	if (neigh && neigh->state & (NUD_INCOMPLETE | NUD_FAILED))
		bits |= E(NEIGH_BAD);
	return bits;
}

static bool conntrack_full(const struct probe *probe, const struct firewall_place *place)
{
	const struct fact_conntrack *ct = probe_fact(probe, EV_FACT_CONNTRACK, NULL);

	if (!ct || !ct->max)
		return false;
	if (probe->attempt.bits & E(CAPTURE))
		return ct->dropped || ct->count >= ct->max;
	if (!place->conntrack || place->rule)
		return false;
	/* Alone in that stretch of the hook, a full table is enough; beside a chain its own counter
	 * decides. */
	return ct->dropped || (!place->candidates && ct->count >= ct->max);
}

/* Of a capture: what a rule's counter tells. */
static evidence_t counted(const struct probe *probe)
{
	const struct fact_rule *rule = probe_counted_rule(probe, false);
	const evidence_t reply = probe_counted_rule(probe, true) ? E(REPLY_COUNTED) : 0;

	if (!rule)
		return reply;
	return reply | E(RULE_COUNTED) | (rule->verdict == RULE_QUEUE ? E(RULE_QUEUES) : 0) |
	       (rule->verdict == RULE_REJECT ? E(RULE_REJECTS) : 0);
}

static evidence_t netfilter(const struct probe *probe, const struct corr_host *host)
{
	struct firewall_place place;
	evidence_t bits = 0;

	if (probe->attempt.bits & E(CAPTURE))
		return counted(probe) | (conntrack_full(probe, NULL) ? E(CONNTRACK_FULL) : 0);
	if (!(probe->attempt.bits & E(DROP_NETFILTER)))
		return 0;
	firewall_place(probe, host, false, &place);
	if (conntrack_full(probe, &place))
		bits |= E(CONNTRACK_FULL);
	if (place.rule && place.rules == 1 && place.rule->verdict == RULE_QUEUE)
		bits |= E(RULE_QUEUES);
	if (place.rule && place.rules == 1 && place.rule->verdict == RULE_REJECT)
		bits |= E(RULE_REJECTS);
	if (!place.rule && place.entry && place.entry->backend == HOOK_OTHER)
		bits |= E(MODULE_HOOK);
	return bits;
}

static evidence_t queues(const struct probe *probe)
{
	const struct ev_socket *s = &probe->attempt.socket;
	int64_t cookies, max;

	if (!(probe->attempt.bits & E(LISTEN_FOUND)))
		return 0;
	if (!probe_sysctl(probe, "net.ipv4.tcp_syncookies", &cookies) || cookies)
		return 0;
	if (!probe_sysctl(probe, "net.ipv4.tcp_max_syn_backlog", &max))
		return 0;
	/* net/ipv4/tcp_input.c, tcp_conn_request(): both of its tests */
	if (s->syn_queue > s->max_backlog || max - (int64_t)s->syn_queue < max >> 2)
		return E(SYN_QUEUE_FULL);
	return 0;
}

static evidence_t counters(const struct probe *probe)
{
	evidence_t bits = 0;

	if (probe_grew(probe, "TcpExtListenOverflows"))
		bits |= E(GREW_OVERFLOWS);
	if (probe_grew(probe, "TcpExtTCPReqQFullDrop"))
		bits |= E(GREW_REQQFULL);
	if (probe_grew(probe, "IpOutNoRoutes") || probe_grew(probe, "Ip6OutNoRoutes"))
		bits |= E(GREW_NOROUTES);
	if (probe_rate_limited(probe))
		bits |= E(GREW_RATE_LIMIT);
	if (probe_grew(probe, "TcpExtPAWSPassive"))
		bits |= E(GREW_PAWS_PASSIVE);
	if (probe_grew(probe, "TcpExtPAWSEstab") || probe_grew(probe, "TcpExtPAWSTimewait"))
		bits |= E(GREW_PAWS);
	if (probe_grew(probe, "TcpExtIPReversePathFilter"))
		bits |= E(GREW_RPFILTER);
	if (probe_grew(probe, "TcpInCsumErrors") || probe_grew(probe, "IpExtInCsumErrors"))
		bits |= E(GREW_CSUM);
	if (probe_grew(probe, "TcpExtTCPMD5NotFound") ||
	    probe_grew(probe, "TcpExtTCPMD5Unexpected") || probe_grew(probe, "TcpExtTCPMD5Failure"))
		bits |= E(GREW_AUTH);
	return bits;
}

/* What the host tells of tcp_tw_recycle, and whether it can be that at all. */
static evidence_t recycling(const struct probe *probe)
{
	evidence_t bits = 0;
	uint64_t age_ns;
	int64_t value;

	if (probe_stamp_kept(probe, &age_ns))
		bits |= E(STAMPS_BACK);
	if (probe_sysctl(probe, "net.ipv4.tcp_tw_recycle", &value))
		bits |= value ? E(RECYCLE_ON) : E(STAMPS_TAKEN);
	if (probe_knows(probe, NEED_COUNTERS) && !probe_grew(probe, "TcpExtPAWSPassive"))
		bits |= E(STAMPS_TAKEN);
	if (probe_knows(probe, NEED_LISTENERS) && !probe_fact(probe, EV_FACT_LISTENER, NULL))
		bits |= E(NO_LISTENER);
	return bits;
}

/* This host has ended the connection, in one way or another. */
#define E_SERVER_CLOSED (E(SERVER_FIN) | E(RST_OUT) | E(RESET_ACTIVE))

/* A prober that half-closes does so with its request; one that ran out of patience later. */
#define PATIENCE_NS 20000000ULL
/* A prober that has its answer in TLS closes sooner. */
#define TLS_PATIENCE_NS 250000000ULL

/* A service that sees the prober's FIN may close too: it was not the one to end it. */
static bool gave_up(const struct probe *probe)
{
	const struct attempt *a = &probe->attempt;

	return a->bits & E(REQUEST) && !(a->bits & E(RESPONSE)) && a->prober_closed &&
	       a->close_ns >= probe->exchange.first_ns[FROM_PROBER] + PATIENCE_NS &&
	       (a->bits & (E_SERVER_CLOSED | E(PROBER_RST)) || probe->timed_out);
}

/* Whether the prober closed, and this long after the service last said something. */
static bool silent_for(const struct probe *probe, uint64_t ns)
{
	const struct attempt *a = &probe->attempt;

	return a->prober_closed && a->close_ns >= probe->exchange.last_ns[TO_PROBER] + ns;
}

/* A capture may have less of a packet than its headers and what is read of it. */
static bool is_snipped(const struct probe *probe)
{
	return probe->attempt.bits & E(CAPTURE) && exchange_lacks(&probe->exchange);
}

static evidence_t tls_exchanged(const struct probe *probe, const struct corr_host *host)
{
	const struct attempt *a = &probe->attempt;
	const struct exchange *x = &probe->exchange;
	uint64_t patience = host->timeout_ns / 2;
	evidence_t out = 0;

	if (!(a->bits & E(TLS_REQUEST)) || !(a->bits & E(RESPONSE)))
		return 0;
	if (a->bits & E(TLS_ENCRYPTED)) {
		if (silent_for(probe, patience < TLS_PATIENCE_NS ? patience : TLS_PATIENCE_NS))
			out |= E(TLS_SILENT);
		if (x->is_tls13 && x->encrypted <= TLS_ALERT_SIZE && a->bits & E_SERVER_CLOSED &&
		    !a->prober_closed)
			out |= E(TLS_REFUSED);
	} else if (a->bits & E_SERVER_CLOSED && !(a->bits & E(NOT_TLS)) && !a->prober_closed &&
		   !is_snipped(probe)) {
		out |= E(TLS_BROKEN);
	}
	return out;
}

/* What follows from what was said, once it is known that no more was. */
static evidence_t exchanged(const struct probe *probe, const struct corr_host *host)
{
	const struct exchange *x = &probe->exchange;
	const evidence_t bits = probe->attempt.bits;
	bool ended = probe->timed_out ||
		     (bits & E_SERVER_CLOSED && !probe->attempt.prober_closed) ||
		     silent_for(probe, PATIENCE_NS);
	bool over = probe->timed_out || bits & (E_SERVER_CLOSED | E(PROBER_FIN) | E(PROBER_RST));
	evidence_t out = tls_exchanged(probe, host);
	bool whole;

	/*
	 * The verdict quotes the line, whose end is a moment away. After an interim response the
	 * final one comes, and with a 400 the text that says what is wrong.
	 */
	whole = x->line_ended && x->status >= 101 && x->status != 102 && x->status != 103 &&
		x->status != 400;
	if (x->status && (whole || over) &&
	    !(host->expect_status[x->status / 8] >> x->status % 8 & 1))
		out |= E(HTTP_STATUS);
	if (gave_up(probe))
		out |= E(GAVE_UP);
	if (x->undecided && over && !is_snipped(probe))
		out |= E(NOT_HTTP);
	if (x->cut_short && ended && !is_snipped(probe))
		out |= E(ANSWER_CUT);
	if (over && is_snipped(probe) && bits & E(RESPONSE) && !(bits & E(TLS_ENCRYPTED)) &&
	    exchange_is_unread(x))
		out |= E(ANSWER_UNREAD);
	return out;
}

evidence_t evidence_of(const struct probe *probe, const struct corr_host *host)
{
	const struct fact_program *program = NULL;
	const struct attempt *a = &probe->attempt;
	evidence_t bits = a->bits;

	if (probe->timed_out)
		bits |= E(TIMEOUT);
	/* A retransmitted SYN is answered as fast as a first one: its own time counts. */
	if (a->response_ns > a->start_ns + host->timeout_ns ||
	    (a->response_ns && a->bits & E(HALF_CLOSED) && a->bits & E(PROBER_RST)))
		bits |= E(LATE);
	bits |= exchanged(probe, host);
	/* TCP acknowledges what it gets within 0.2 s (TCP_DELACK_MAX). */
	if (bits & E(CAPTURE) && bits & E(REQUEST) && !(bits & E(REQUEST_TAKEN)))
		bits |= E(REQUEST_LOST);
	if (a->out_ifs.n && a->in_ifs.n) {
		bool same = false;

		for (unsigned int i = 0; i < a->out_ifs.n; i++)
			same = same || if_set_has(&a->in_ifs, a->out_ifs.index[i]);
		bits |= same ? 0 : E(SYNACK_ELSEWHERE);
	}
	if (probe->unanswered & NEED_CONN && !probe_conn(probe))
		bits |= E(CONN_UNKNOWN);
	if (bits & E(CAPTURE))
		bits |= recycling(probe);
	if (!probe->n_facts)
		return bits;
	while ((program = probe_fact(probe, EV_FACT_PROGRAM, program)))
		if (program->place == PROG_CGROUP_INGRESS)
			bits |= E(CGROUP_FILTER);
	return bits | listeners(probe, host) | services(probe, host) | echo_sysctl(probe) |
	       addresses(probe) | ways_back(probe) | netfilter(probe, host) | queues(probe) |
	       counters(probe);
}
