// SPDX-License-Identifier: GPL-2.0-only
// What follows from the host's facts about a probe, as evidence.
#include "evidence.h"

#include <linux/neighbour.h>
#include <string.h>

#include "firewall.h"
#include "flow.h"
#include "listener.h"
#include "probe.h"

static evidence_t listeners(const struct probe *probe, const struct corr_host *host)
{
	const struct fact_listener *l = NULL;
	evidence_t bits = 0;

	if (probe->attempt.nat.family) /* see listener_best() */
		return 0;
	while ((l = probe_fact(probe, EV_FACT_LISTENER, l))) {
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

static evidence_t netfilter(const struct probe *probe, const struct corr_host *host)
{
	const struct fact_conntrack *ct = probe_fact(probe, EV_FACT_CONNTRACK, NULL);
	struct firewall_place place;

	if (!ct || !(probe->attempt.bits & E(DROP_NETFILTER)))
		return 0;
	firewall_place(probe, host, false, &place);
	if (!place.conntrack || !ct->max)
		return 0;
	/* Alone in that stretch of the hook, a full table is enough; beside a chain its own counter
	 * decides. */
	if (ct->dropped || (!place.candidates && ct->count >= ct->max))
		return E(CONNTRACK_FULL);
	return 0;
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
	return bits;
}

evidence_t evidence_of(const struct probe *probe, const struct corr_host *host)
{
	const struct fact_program *program = NULL;
	const struct fact_conn *conn = probe_fact(probe, EV_FACT_CONN, NULL);
	const struct attempt *a = &probe->attempt;
	evidence_t bits = a->bits;

	if (probe->timed_out)
		bits |= E(TIMEOUT);
	/* A retransmitted SYN is answered as fast as a first one: its own time counts. */
	if (a->response_ns > a->start_ns + host->timeout_ns ||
	    (a->response_ns && a->bits & E(HALF_CLOSED) && a->bits & E(PROBER_RST)))
		bits |= E(LATE);
	if (a->http_status && !(host->expect_status[a->http_status / 8] >> a->http_status % 8 & 1))
		bits |= E(HTTP_STATUS);
	if (a->out_ifs.n && a->in_ifs.n) {
		bool same = false;

		for (unsigned int i = 0; i < a->out_ifs.n; i++)
			same = same || if_set_has(&a->in_ifs, a->out_ifs.index[i]);
		bits |= same ? 0 : E(SYNACK_ELSEWHERE);
	}
	if (!probe->n_facts)
		return bits;
	while ((program = probe_fact(probe, EV_FACT_PROGRAM, program)))
		if (program->place == PROG_CGROUP_INGRESS)
			bits |= E(CGROUP_FILTER);
	/* In SYN_RECV it is not the application's yet (TCP_DEFER_ACCEPT). */
	if (conn && !conn->inode &&
	    (conn->state == STATE_ESTABLISHED || conn->state == STATE_CLOSE_WAIT))
		bits |= E(NOT_ACCEPTED);
	return bits | listeners(probe, host) | addresses(probe) | ways_back(probe) |
	       netfilter(probe, host) | queues(probe) | counters(probe);
}
