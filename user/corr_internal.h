/* SPDX-License-Identifier: GPL-2.0-only */
/* What the correlator's parts share: its state, and what they do for each other. */
#ifndef CLBTRACE_CORR_INTERNAL_H
#define CLBTRACE_CORR_INTERNAL_H

#include "correlate.h"
#include "losses.h"
#include "probe_table.h"
#include "stamps.h"

#define CORR_MS 1000000ULL

/* An attempt so young at the timeout gets this much time to show what becomes of it. */
#define CORR_YOUNG_NS (200 * CORR_MS)

/* What cause_needs() said: probes are alike, and to ask the whole table takes its time. */
struct needs_memo {
	evidence_t evidence; /* 0: nothing is remembered */
	uint32_t needs;
	bool decisive;
};

enum { CORR_MEMOS = 256 };

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
	struct stamps stamps;
	uint64_t evicted; /* probes that made room for newer ones */
	struct needs_memo memos[CORR_MEMOS];
	struct verdict verdict; /* large: kept off the stack */
};

/* The probe leaves the table; forget: its source may forget it too. */
void corr_retire(struct corr *corr, struct probe *probe, bool forget);
/* Asks for the facts that the verdict needs, or concludes if it needs none. */
void corr_ask(struct corr *corr, struct probe *probe);
/* The facts are there, or will not come. */
void corr_conclude(struct corr *corr, struct probe *probe);
/* Tells the verdict, unless it is the one that was told before. */
void corr_emit(struct corr *corr, struct probe *probe);
/* The probe's timer is due. */
void corr_timer(struct corr *corr, struct probe *probe);
/* The probe makes room (evicted) or way for a newer one: its verdict is due, on what is known. */
void corr_close_now(struct corr *corr, struct probe *probe, bool evicted);
/* Whether the probe's verdict is due, now that an event was added. */
void corr_reconsider(struct corr *corr, struct probe *probe, uint64_t time_ns);

/* Gives a kernel event, in its turn, to its probe. */
void corr_take_event(struct corr *corr, const struct ev_hdr *ev);

/* Every event about a probe has its flow right behind the header. */
static inline const struct ev_flow *corr_flow_of(const struct ev_hdr *ev)
{
	return (const struct ev_flow *)(ev + 1);
}

#endif
