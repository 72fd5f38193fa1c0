// SPDX-License-Identifier: GPL-2.0-only
// The correlator: puts events in order, gives each to its probe, and says when a verdict is due.
#include "correlate.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "corr_host.h"
#include "flow.h"
#include "judge.h"
#include "losses.h"
#include "probe_table.h"

#define MS 1000000ULL

/* After a decisive event: what comes with it (the reset's way out, the ICMP error) is microseconds
 * behind. */
#define SETTLE_NS (200 * 1000ULL)
/* An attempt so young at the timeout gets this much time to show what becomes of it. */
#define YOUNG_NS (200 * MS)
/* How long a probe stays after its verdict: for the rest of its packets, for retransmissions that
 * revise it. */
#define LINGER_NS (100 * MS)
#define KEEP_NS	  (10000 * MS)
/* Facts that did not come. */
#define FACTS_NS (1000 * MS)

enum {
	MAX_PENDING = 1 << 18,
	MAX_SETTLED = 4096,
};

struct pending {
	struct heap_node order;
	struct ev_hdr ev; /* and what follows it */
};

struct corr {
	struct corr_config config;
	struct corr_ops ops;
	struct corr_host host;
	struct probe_table table;
	struct heap pending;
	uint64_t n_pushed;
	uint64_t watermark; /* everything up to here has been taken */
	uint64_t taken_ns;  /* the time of what was taken last: how often the caller tells the time
			       must not matter */
	struct losses losses;
	uint64_t evicted;	/* probes that made room for newer ones */
	struct verdict verdict; /* large: kept off the stack */
};

int corr_new(struct corr **out, const struct corr_config *config, const struct corr_ops *ops)
{
	struct corr *corr;

	if (!config->timeout_ns || !config->max_probes || !ops->verdict)
		return -EINVAL;
	corr = calloc(1, sizeof(*corr));
	if (!corr)
		return -ENOMEM;
	corr->config = *config;
	corr->ops = *ops;
	corr->host.timeout_ns = config->timeout_ns;
	memcpy(corr->host.expect_status, config->expect_status, sizeof(config->expect_status));
	if (probe_table_init(&corr->table, config->max_probes)) {
		free(corr);
		return -ENOMEM;
	}
	*out = corr;
	return 0;
}

void corr_free(struct corr *corr)
{
	struct heap_node *node;

	if (!corr)
		return;
	while ((node = heap_first(&corr->pending))) {
		heap_remove(&corr->pending, node);
		free(node);
	}
	heap_free(&corr->pending);
	probe_table_free(&corr->table);
	corr_host_free(&corr->host);
	free(corr);
}

void corr_stats(const struct corr *corr, struct corr_stats *out)
{
	out->lost_events = corr->losses.all_events;
	out->evicted = corr->losses.all_evicted + corr->evicted;
}

static void retire(struct corr *corr, struct probe *probe, bool forget)
{
	if (forget && corr->ops.forget)
		corr->ops.forget(corr->ops.ctx, &probe->flow);
	probe_table_remove(&corr->table, probe);
}

/* Events lost between the probe's first SYN and what its verdict follows from. */
static uint64_t lost_events(const struct corr *corr, const struct probe *probe)
{
	uint64_t end = probe->timed_out ? probe->attempt.start_ns + corr->config.timeout_ns
					: probe->attempt.decided_ns + SETTLE_NS;

	return losses_between(&corr->losses, probe->first_ns, end);
}

/*
 * A retransmitted SYN may change the verdict to anything. Without one, only an answer does that
 * came after all: what happens to a connection later on (its process ends, the prober gives up) is
 * not the probe's outcome.
 */
static bool is_news(const struct probe *probe, const struct cause *cause)
{
	if (!probe->cause)
		return true;
	/* That a later attempt shows less than the one before takes nothing back. */
	if (probe->cause == cause || cause->outcome == OUTCOME_UNDETERMINED)
		return false;
	if (!probe->judged)
		return true;
	if (cause->outcome == OUTCOME_HEALTHY)
		return !probe->timed_out;
	return cause == cause_find("slow-response");
}

/* Tells the verdict, unless it is the one that was told before. */
static void emit(struct corr *corr, struct probe *probe)
{
	const struct cause *cause = judge(probe, &corr->host, corr->config.wall_offset_ns,
					  lost_events(corr, probe), &corr->verdict);
	bool healthy = cause->outcome == OUTCOME_HEALTHY;

	if (is_news(probe, cause)) {
		corr->ops.verdict(corr->ops.ctx, &corr->verdict);
		probe->cause = cause;
		probe->outcome = cause->outcome;
	}
	probe->judged = true;
	probe->asked_for = probe->attempt.bits;
	probe_forget_facts(probe);
	probe_table_settle(&corr->table, probe);
	probe_table_timer(&corr->table, probe, corr->taken_ns + (healthy ? LINGER_NS : KEEP_NS));
	if (corr->table.settled.n > MAX_SETTLED ||
	    corr->table.settled.n > corr->config.max_probes / 4 + 1)
		retire(corr, corr->table.settled.oldest, true);
}

/* The facts are there, or will not come. */
static void conclude(struct corr *corr, struct probe *probe)
{
	enum confidence confidence;
	evidence_t evidence = evidence_of(probe, &corr->host);

	if (probe->untracked || cause_match(evidence, &confidence) || cause_ends(evidence)) {
		emit(corr, probe);
		return;
	}
	/* What looked decisive was not, with the facts known: it goes on. */
	probe->asked_for = probe->attempt.bits;
	probe_forget_facts(probe);
	if (probe->cause) {
		probe_table_settle(&corr->table, probe);
		return;
	}
	probe->state = PROBE_OPEN;
	probe_table_timer(&corr->table, probe, probe->first_ns + corr->config.timeout_ns);
}

static void ask(struct corr *corr, struct probe *probe)
{
	const struct ev_flow *nat = &probe->attempt.nat;
	struct fact_request request = {.probe = probe->flow,
				       .service = nat->family ? *nat : probe->flow,
				       .ifindex = probe->ifindex,
				       .since_ns = probe->first_ns};
	uint32_t needs = 0;

	if (!probe->untracked)
		cause_needs(evidence_of(probe, &corr->host), &needs);
	if (!needs) {
		conclude(corr, probe);
		return;
	}
	probe->state = PROBE_ASKED;
	probe_table_timer(&corr->table, probe, corr->taken_ns + FACTS_NS);
	if (!corr->ops.need)
		return;
	request.needs = needs;
	corr->ops.need(corr->ops.ctx, &request);
}

static void time_out(struct corr *corr, struct probe *probe)
{
	if (probe->attempt.start_ns + YOUNG_NS / 2 > probe->timer.key &&
	    probe->attempt.start_ns != probe->first_ns) {
		probe_table_timer(&corr->table, probe, probe->attempt.start_ns + YOUNG_NS);
		return;
	}
	probe->timed_out = true;
	ask(corr, probe);
}

static void timer(struct corr *corr, struct probe *probe)
{
	switch (probe->state) {
	case PROBE_OPEN:
		time_out(corr, probe);
		break;
	case PROBE_SETTLING:
		ask(corr, probe);
		break;
	case PROBE_ASKED:
		conclude(corr, probe);
		break;
	case PROBE_SETTLED:
		retire(corr, probe, true);
		break;
	}
}

/* The probe makes room or way for a newer one: its verdict is due, on what is known. */
static void close_now(struct corr *corr, struct probe *probe, bool evicted)
{
	if (probe->state != PROBE_SETTLED) {
		probe->evicted = evicted;
		probe->timed_out = true;
		corr->evicted += evicted;
		if (!evicted && probe->state != PROBE_ASKED)
			ask(corr, probe);
		if (probe->state != PROBE_SETTLED)
			emit(corr, probe);
	}
}

static struct probe *new_probe(struct corr *corr, const struct ev_flow *flow, uint32_t isn,
			       uint64_t time_ns)
{
	struct probe *probe;

	while (corr->table.open.n + corr->table.settled.n >= corr->config.max_probes) {
		struct probe *oldest = corr->table.settled.oldest;

		if (oldest)
			retire(corr, oldest, true);
		else if ((oldest = corr->table.open.oldest))
			close_now(corr, oldest, true); /* now it is settled, or gone */
		else
			break;
	}
	probe = probe_table_add(&corr->table, flow, isn, time_ns + corr->config.timeout_ns);
	if (probe)
		probe->first_ns = time_ns;
	return probe;
}

static bool begins_probe(const struct ev_tcp *tcp)
{
	return (tcp->flags & (TCP_SYN | TCP_ACK | TCP_RST | TCP_FIN)) == TCP_SYN;
}

/* The port is used again: the old probe's verdict is due. */
static void give_way(struct corr *corr, struct probe *probe, const struct ev_flow *flow)
{
	close_now(corr, probe, false);
	probe = probe_table_find(&corr->table, flow); /* closing it may have retired it */
	if (probe)
		retire(corr, probe, false);
}

/* A SYN that was not seen before: the first or a retransmission, which may revise the verdict. */
static void take_attempt(struct corr *corr, struct probe *probe, uint64_t time_ns,
			 const struct ev_tcp *syn)
{
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

/* A SYN at entry: a new probe, or a new attempt of the one that is followed, or the same packet
 * further on. */
static struct probe *take_syn(struct corr *corr, struct probe *probe, const struct ev_packet *p)
{
	bool entry = p->waypoint == WP_TC_INGRESS || p->waypoint == WP_XDP;

	if (probe && probe->isn != p->tcp.seq) {
		if (!entry)
			return NULL;
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

/* Whether the probe's verdict is due, now that an event was added. */
static void reconsider(struct corr *corr, struct probe *probe, uint64_t time_ns)
{
	uint32_t needs;

	if (probe->state != PROBE_OPEN && probe->state != PROBE_SETTLED)
		return;
	if (probe->attempt.bits == probe->asked_for && !probe->untracked)
		return;
	if (probe->state == PROBE_SETTLED && probe->untracked)
		return;
	if (!probe->untracked && !cause_needs(evidence_of(probe, &corr->host), &needs))
		return;
	if (probe->state == PROBE_SETTLED)
		probe_table_reopen(&corr->table, probe);
	probe->state = PROBE_SETTLING;
	probe_table_timer(&corr->table, probe, time_ns + SETTLE_NS);
}

/* Every kernel event has its flow right behind the header. */
static const struct ev_flow *flow_of(const struct ev_hdr *ev)
{
	return (const struct ev_flow *)(ev + 1);
}

static void take_event(struct corr *corr, const struct ev_hdr *ev)
{
	const struct ev_packet *packet = (const void *)ev;
	const struct ev_drop *drop = (const void *)ev;
	const struct ev_flow *flow = flow_of(ev);
	struct probe *probe = probe_table_find(&corr->table, flow);
	bool incoming = true;

	if (!probe) {
		struct ev_flow back = flow_reverse(flow);

		probe = probe_table_find(&corr->table, &back);
		incoming = !probe;
	}
	if (ev->type == EV_PACKET && incoming && begins_probe(&packet->tcp))
		probe = take_syn(corr, probe, packet);
	else if (ev->type == EV_DROP && incoming && begins_probe(&drop->tcp))
		probe = take_dropped_syn(corr, probe, drop);
	if (!probe)
		return;
	probe->last_ns = ev->time_ns;
	probe_add_event(probe, ev); /* without memory the verdict has a line less */
	observe(probe, ev, incoming);
	reconsider(corr, probe, ev->time_ns);
}

static void take_fact(struct corr *corr, const struct ev_hdr *ev)
{
	struct probe *probe;

	if (corr_host_take(&corr->host, ev))
		return;
	probe = probe_table_find(&corr->table, flow_of(ev));
	if (!probe || probe->state != PROBE_ASKED)
		return;
	if (ev->type == EV_FACT_DONE)
		conclude(corr, probe);
	else
		probe_add_fact(probe, ev);
}

/* Takes what is due up to the watermark, events and timers in the order of their times. */
static void run(struct corr *corr)
{
	for (;;) {
		struct heap_node *node = heap_first(&corr->pending);
		struct probe *probe = probe_table_next(&corr->table);

		if (node && (!probe || node->key <= probe->timer.key)) {
			if (node->key > corr->watermark)
				return;
			corr->taken_ns = node->key;
			heap_remove(&corr->pending, node);
			take_event(corr, &((struct pending *)node)->ev);
			free(node);
		} else if (probe && probe->timer.key <= corr->watermark) {
			corr->taken_ns = probe->timer.key;
			timer(corr, probe);
		} else {
			return;
		}
	}
}

int corr_push(struct corr *corr, const struct ev_hdr *ev)
{
	struct pending *pending;
	int err = event_check(ev);

	if (err)
		return err;
	if (ev->type >= EV_FACT_FIRST) {
		take_fact(corr, ev);
		return 0;
	}
	if (ev->type == EV_LOST) {
		losses_add(&corr->losses, (const void *)ev);
		return 0;
	}
	pending = malloc(sizeof(pending->order) + ev->size);
	if (!pending)
		return -ENOMEM;
	pending->order = (struct heap_node){.key = ev->time_ns, .tie = corr->n_pushed++};
	memcpy(&pending->ev, ev, ev->size);
	err = heap_set(&corr->pending, &pending->order);
	if (err)
		free(pending);
	/* More than this waiting can only be a backlog: its order is settled by now. */
	if (!err && corr->pending.n > MAX_PENDING) {
		struct heap_node *first = heap_first(&corr->pending);

		if (first->key > corr->watermark)
			corr->watermark = first->key;
		run(corr);
	}
	return err;
}

void corr_advance(struct corr *corr, uint64_t now_ns)
{
	if (now_ns > CORR_REORDER_NS && now_ns - CORR_REORDER_NS > corr->watermark)
		corr->watermark = now_ns - CORR_REORDER_NS;
	run(corr);
}

uint64_t corr_deadline(const struct corr *corr)
{
	struct heap_node *node = heap_first(&corr->pending);
	struct probe *probe = probe_table_next(&corr->table);
	uint64_t due = node ? node->key : UINT64_MAX;

	if (probe && probe->timer.key < due)
		due = probe->timer.key;
	return due == UINT64_MAX ? due : due + CORR_REORDER_NS;
}

void corr_finish(struct corr *corr, uint64_t now_ns)
{
	struct probe *probe;

	corr->watermark = now_ns > corr->watermark ? now_ns : corr->watermark;
	run(corr);
	corr->taken_ns = corr->watermark;
	while ((probe = corr->table.open.oldest)) {
		/* One that has its verdict is open for its last SYN only. */
		uint64_t since = probe->cause ? probe->attempt.start_ns : probe->first_ns;
		uint64_t elapsed = corr->watermark - since;

		probe->cut_short_ms =
			elapsed < corr->config.timeout_ns ? (uint32_t)(elapsed / MS) + 1 : 0;
		/* The kernel answers in microseconds: what is unanswered after this long stays so.
		 */
		if (probe->state == PROBE_OPEN)
			probe->timed_out = !probe->cut_short_ms || elapsed >= YOUNG_NS;
		if (probe->state != PROBE_ASKED)
			ask(corr, probe);
		if (probe->state == PROBE_ASKED || probe->state == PROBE_OPEN)
			emit(corr, probe);
	}
}
