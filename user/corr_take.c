// SPDX-License-Identifier: GPL-2.0-only
// Which probe an event belongs to: finds it, or begins one.
#include "corr_internal.h"

#include <netinet/in.h>

#include "flow.h"

enum { PACKET_TO_SOURCE = 4 }; /* ev_packet.pkt_type of a capture */

static struct probe *new_probe(struct corr *corr, const struct ev_flow *flow, uint32_t isn,
			       uint64_t time_ns)
{
	struct probe *probe;

	while (corr->table.open.n + corr->table.settled.n >= corr->config.max_probes) {
		struct probe *oldest = corr->table.settled.oldest;

		if (oldest)
			corr_retire(corr, oldest, true);
		else if ((oldest = corr->table.open.oldest))
			corr_close_now(corr, oldest, true); /* now it is settled, or gone */
		else
			break;
	}
	probe = probe_table_add(&corr->table, flow, isn, time_ns + corr->config.timeout_ns);
	if (probe)
		probe->first_ns = time_ns;
	return probe;
}

/* A datagram has nothing that tells a repeated one from a new one: it is new once there is a
 * verdict on the last. */
static bool is_another(const struct probe *probe, uint32_t isn)
{
	return probe->isn != isn ||
	       (probe->flow.proto == IPPROTO_UDP && probe->state == PROBE_SETTLED);
}

/* The port is used again: the old probe's verdict is due. */
static void give_way(struct corr *corr, struct probe *probe, const struct ev_flow *flow)
{
	corr_close_now(corr, probe, false);
	probe = probe_table_find(&corr->table, flow); /* closing it may have retired it */
	if (probe)
		corr_retire(corr, probe, false);
}

/* A SYN that was not seen before: the first or a retransmission, which may revise the verdict. */
static void take_attempt(struct corr *corr, struct probe *probe, uint64_t time_ns,
			 const struct ev_tcp *syn)
{
	/* What has just been decided is of the attempt before. */
	if (probe->state == PROBE_SETTLING)
		corr_ask(corr, probe);
	probe->syns++;
	probe->judged = false;
	if (probe->syns > 1 && probe->state != PROBE_ASKED) {
		probe_table_reopen(&corr->table, probe);
		probe->timed_out = false;
		probe_table_timer(&corr->table, probe,
				  (probe->cause ? time_ns : probe->first_ns) +
					  corr->config.timeout_ns);
	}
	probe_new_attempt(probe, time_ns, syn);
}

/* In a capture, an answer to what it does not have begins nothing. */
static bool is_captured_in(const struct ev_packet *p)
{
	return p->waypoint == WP_CAPTURE && p->pkt_type != PACKET_TO_SOURCE;
}

/* A SYN at entry: a new probe, or a new attempt of the one that is followed, or the same packet
 * further on. */
static struct probe *take_syn(struct corr *corr, struct probe *probe, const struct ev_packet *p)
{
	bool entry = p->waypoint == WP_TC_INGRESS || p->waypoint == WP_XDP || is_captured_in(p);

	if (probe && !entry && probe->isn != p->tcp.seq)
		return NULL;
	if (probe && entry && is_another(probe, p->tcp.seq)) {
		give_way(corr, probe, &p->flow);
		probe = NULL;
	}
	if (!probe && entry)
		probe = new_probe(corr, &p->flow, p->tcp.seq, p->hdr.time_ns);
	if (!probe || !entry)
		return probe;
	/* One packet is seen at XDP, at tc, and on each of stacked devices (bridge, bond, VLAN):
	 * where the first was seen counts. */
	if (probe->entry && (p->waypoint != probe->entry || p->ifindex != probe->ifindex))
		return probe;
	probe->entry = p->waypoint;
	probe->ifindex = p->ifindex;
	take_attempt(corr, probe, p->hdr.time_ns, &p->tcp);
	return probe;
}

/* A SYN dropped before tc ingress: its drop is all that is seen of it. */
static struct probe *take_dropped_syn(struct corr *corr, struct probe *probe,
				      const struct ev_drop *d)
{
	if (probe && probe->entry)
		return probe;
	if (probe && probe->isn != d->tcp.seq) {
		give_way(corr, probe, &d->flow);
		probe = NULL;
	}
	if (!probe)
		probe = new_probe(corr, &d->flow, d->tcp.seq, d->hdr.time_ns);
	if (!probe)
		return NULL;
	probe->ifindex = d->ifindex;
	take_attempt(corr, probe, d->hdr.time_ns, &d->tcp);
	return probe;
}

/*
 * What a kernel with tcp_tw_recycle would remember of the probe's source, and hold against its next
 * SYN; such kernels are known from captures only.
 */
static void compare_stamps(struct corr *corr, struct probe *probe, const struct ev_packet *p,
			   bool incoming)
{
	struct attempt *a = &probe->attempt;

	if (!incoming) {
		if (a->bits & E(STAMPS_BACK) && a->bits & E(SYNACK_MADE))
			stamps_refute(&corr->stamps, &probe->flow);
		return;
	}
	if (!(p->tcp.options & TCPOPT_SEEN_TS))
		return;
	if (a->bits & E(SERVER_FIN) && !a->prober_closed)
		stamps_remember(&corr->stamps, &p->flow, p->tcp.tsval, p->hdr.time_ns);
	if (!is_syn(&p->tcp) || !stamps_behind(&corr->stamps, &p->flow, p->tcp.tsval,
					       p->hdr.time_ns, &a->stamp_last, &a->stamp_age_ns))
		return;
	a->bits |= E(STAMPS_BACK);
	if (stamps_refuted(&corr->stamps, &p->flow))
		a->bits |= E(STAMPS_TAKEN);
}

void corr_take_event(struct corr *corr, const struct ev_hdr *ev)
{
	const struct ev_packet *packet = (const void *)ev;
	const struct ev_drop *drop = (const void *)ev;
	const struct ev_flow *flow = corr_flow_of(ev);
	struct probe *probe = probe_table_find(&corr->table, flow);
	const bool captured = ev->type == EV_PACKET && packet->waypoint == WP_CAPTURE;
	bool incoming = true;

	if (!probe) {
		struct ev_flow back = flow_reverse(flow);

		probe = probe_table_find(&corr->table, &back);
		incoming = !probe;
	}
	if (captured && probe && observe_copy(probe, packet, incoming))
		return;
	if (ev->type == EV_PACKET && incoming && begins_attempt(flow, &packet->tcp))
		probe = take_syn(corr, probe, packet);
	else if (ev->type == EV_DROP && incoming && begins_attempt(flow, &drop->tcp))
		probe = take_dropped_syn(corr, probe, drop);
	if (!probe)
		return;
	if (captured)
		observe_remember(probe, packet);
	probe->last_ns = ev->time_ns;
	probe_add_event(probe, ev); /* without memory the verdict has a line less */
	observe(probe, ev, incoming);
	if (captured)
		compare_stamps(corr, probe, packet, incoming);
	corr_reconsider(corr, probe, ev->time_ns);
}
