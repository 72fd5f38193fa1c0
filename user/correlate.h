/* SPDX-License-Identifier: GPL-2.0-only */
/* The correlator: events in, verdicts out; no I/O, clock, thread, libbpf or libpcap. */
#ifndef CLBTRACE_CORRELATE_H
#define CLBTRACE_CORRELATE_H

#include "event_sink.h"
#include "http.h"
#include "verdict.h"

struct corr;

struct corr_config {
	uint64_t timeout_ns;			  /* a probe unanswered for so long has failed */
	uint64_t wall_offset_ns;		  /* CLOCK_REALTIME - CLOCK_MONOTONIC */
	unsigned int max_probes;		  /* how many probes to follow at once */
	uint8_t expect_status[HTTP_STATUS_BYTES]; /* HTTP status codes that are healthy */
	bool brief; /* nobody reads the steps of verdicts that are healthy or failed: leave them out
		     */
};

struct corr_ops {
	void *ctx;
	/* v is valid during the call only. */
	void (*verdict)(void *ctx, const struct verdict *v);
	/*
	 * The verdict on this probe needs facts: push them and EV_FACT_DONE, now or later. NULL: a
	 * recording, which has them.
	 */
	void (*need)(void *ctx, const struct fact_request *request);
	/* Nothing more is expected of this connection: its source may forget it. May be NULL. */
	void (*forget)(void *ctx, const struct ev_flow *probe);
};

struct corr_stats {
	uint64_t lost_events; /* as the source reported them */
	uint64_t evicted;     /* connections that found no room, in the kernel's table or here */
};

/* Returns 0, -EINVAL or -ENOMEM. */
int corr_new(struct corr **out, const struct corr_config *config, const struct corr_ops *ops);
void corr_free(struct corr *corr);

/*
 * Takes an event (copied). Kernel events may come up to CORR_REORDER_NS out of order. Host facts
 * are taken at once. Returns 0, -EBADMSG (unknown type or short size; nothing taken), -ENOMEM.
 */
#define CORR_REORDER_NS 300000ULL
int corr_push(struct corr *corr, const struct ev_hdr *ev);

/* Tells the time: every kernel event up to now_ns - CORR_REORDER_NS has been pushed. Emits
 * verdicts. */
void corr_advance(struct corr *corr, uint64_t now_ns);

/* When corr_advance() next has something to do, UINT64_MAX if only after another event. */
uint64_t corr_deadline(const struct corr *corr);

/* Whether no event waits, and every probe has its verdict. */
bool corr_idle(const struct corr *corr);

/* No more events: every open probe gets its verdict. */
void corr_finish(struct corr *corr, uint64_t now_ns);

/* The clock was set back: corr_finish(), and from now on events of any time can be pushed. */
void corr_restart(struct corr *corr, uint64_t now_ns);

void corr_stats(const struct corr *corr, struct corr_stats *out);

#endif
