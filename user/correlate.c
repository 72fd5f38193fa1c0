// SPDX-License-Identifier: GPL-2.0-only
// The correlator's outside: puts events in order, and lets the time pass.
#include "correlate.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "corr_host.h"
#include "corr_internal.h"

enum { MAX_PENDING = 1 << 18 };

struct pending {
	struct heap_node order;
	struct ev_hdr ev; /* and what follows it */
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
	corr->host.brief = config->brief;
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
	stamps_free(&corr->stamps);
	free(corr);
}

void corr_stats(const struct corr *corr, struct corr_stats *out)
{
	out->lost_events = corr->losses.all_events;
	out->evicted = corr->losses.all_evicted + corr->evicted;
}

static void take_fact(struct corr *corr, const struct ev_hdr *ev)
{
	struct probe *probe;

	if (corr_host_take(&corr->host, ev))
		return;
	probe = probe_table_find(&corr->table, corr_flow_of(ev));
	if (!probe || (probe->state != PROBE_ASKED && !probe->looking))
		return;
	if (ev->type != EV_FACT_DONE) {
		probe_add_fact(probe, ev);
	} else if (probe->state == PROBE_ASKED) {
		probe->unanswered = probe->needs & ~((const struct fact_done *)ev)->needs;
		corr_conclude(corr, probe);
	} else {
		probe->looking = false;
	}
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
			corr_take_event(corr, &((struct pending *)node)->ev);
			free(node);
		} else if (probe && probe->timer.key <= corr->watermark) {
			corr->taken_ns = probe->timer.key;
			corr_timer(corr, probe);
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

bool corr_idle(const struct corr *corr)
{
	return !corr->pending.n && !corr->table.open.n;
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
			elapsed < corr->config.timeout_ns ? (uint32_t)(elapsed / CORR_MS) + 1 : 0;
		/* The kernel answers in microseconds: what is unanswered after this long stays so.
		 */
		if (probe->state == PROBE_OPEN)
			probe->timed_out = !probe->cut_short_ms || elapsed >= CORR_YOUNG_NS;
		if (probe->state != PROBE_ASKED)
			corr_ask(corr, probe);
		if (probe->state == PROBE_ASKED || probe->state == PROBE_OPEN)
			corr_emit(corr, probe);
	}
}

void corr_restart(struct corr *corr, uint64_t now_ns)
{
	corr_finish(corr, now_ns);
	while (corr->table.settled.oldest)
		corr_retire(corr, corr->table.settled.oldest, true);
	stamps_free(&corr->stamps);
	corr->watermark = 0;
	corr->taken_ns = 0;
}
