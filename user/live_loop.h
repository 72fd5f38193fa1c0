/* SPDX-License-Identifier: GPL-2.0-only */
/* The loop of live mode, between "ready" and the summary. */
#ifndef CLBTRACE_LIVE_LOOP_H
#define CLBTRACE_LIVE_LOOP_H

#include <stdbool.h>
#include <stdint.h>

#include "correlate.h"
#include "facts.h"
#include "live_file.h"
#include "options.h"
#include "results.h"
#include "source.h"

struct live {
	const struct options *options;
	struct source source;
	struct facts *facts;
	struct corr *corr;
	struct live_file *file; /* NULL: none, or no more */
	struct results results;
	uint64_t wall_offset_ns; /* CLOCK_REALTIME - CLOCK_MONOTONIC */
	uint64_t now_ns;	 /* CLOCK_MONOTONIC, read before the events at hand */
	bool told_loss;		 /* that events were lost */
};

/* CLOCK_MONOTONIC in nanoseconds. */
uint64_t live_now(void);

/* For corr_new(): ctx is the struct live. */
struct corr_ops live_corr_ops(struct live *live);

/* For source_open(): ctx is the struct live. */
void live_notice(void *ctx, const char *text);

/* Where events go: the file and the correlator. */
struct event_sink live_events(struct live *live);

/* Marks probes for rule tracing where there is something to trace, and tells so. */
void live_trace_rules(struct live *live);

/* Traces until a signal, --count, --duration or an error (in live->results); gives every open probe
 * its verdict. */
void live_run(struct live *live);

#endif
