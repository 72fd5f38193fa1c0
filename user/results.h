/* SPDX-License-Identifier: GPL-2.0-only */
/* What a run says: verdicts, notices and the summary, to wherever the options want them. */
#ifndef CLBTRACE_RESULTS_H
#define CLBTRACE_RESULTS_H

#include <stdbool.h>
#include <stdint.h>

#include "correlate.h"
#include "options.h"
#include "report.h"
#include "sink.h"
#include "summary.h"

struct results {
	const struct options *options;
	const struct sink_ops *sink;
	struct summary *summary;
	struct report *report; /* NULL: none is wanted */
	int report_err;	       /* the first -errno of the report, which does not end the run */
	uint64_t verdicts;     /* printed, revised ones aside */
	bool enough;	       /* --count is reached */
	int err;	       /* the first -errno, which ends the run */
	const char *doing;     /* what failed with it */
};

/*
 * Returns 0, -ENOMEM, or -EINVAL having said on stderr what is wrong with the report's file.
 * Options are kept by reference.
 */
int results_open(struct results *results, const struct options *options);
void results_close(struct results *results);

/* For corr_config.brief: nobody will read the steps of verdicts that are clear without them. */
bool results_brief(const struct options *options);

/* The run ends with err (-errno), unless it is 0 or one has come before. doing is static. */
void results_failed(struct results *results, int err, const char *doing);

/* For corr_ops: ctx is the struct results. Counts the verdict, and prints it. */
void results_verdict(void *ctx, const struct verdict *v);

void results_notice(struct results *results, const char *text, uint64_t wall_ns);

/* Completes the summary with what the correlator has counted, and prints it. */
void results_summary(struct results *results, const struct corr *corr);

/* Prints the summary as it is, and writes the report. */
void results_end(struct results *results);

/*
 * The run's exit status; when it failed, says so on stderr, once, and returns -EINVAL. That the
 * reader of stdout has gone is no failure.
 */
int results_status(const struct results *results);

#endif
