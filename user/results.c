// SPDX-License-Identifier: GPL-2.0-only
// What a run says: verdicts, notices and the summary, to wherever the options want them.
#include "results.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <string.h>
#include <unistd.h>

#include "commands.h"
#include "not_arriving.h"
#include "stop.h"

/* Once asked to end, a reader gets so long to read. */
enum { LAST_READ_MS = 2000 };

static const char writing[] = "writing results";

struct notice {
	const char *text;
	uint64_t wall_ns;
};

static bool reader_reads(void)
{
	struct pollfd out = {.fd = STDOUT_FILENO, .events = POLLOUT};

	return poll(&out, 1, LAST_READ_MS) > 0;
}

void results_failed(struct results *results, int err, const char *doing)
{
	if (!err || results->err)
		return;
	results->err = err;
	results->doing = doing;
}

/*
 * A reader that has stopped reading (a pager, a stuck terminal) must not make clbtrace unstoppable:
 * signals end this write, and what was not read by then is let go of.
 */
static void write_out(struct results *results,
		      int (*write)(struct results *results, const void *what), const void *what)
{
	int err = 0;

	stop_let(true);
	if (stop_requested() && !reader_reads())
		err = -EINTR;
	if (!err)
		err = write(results, what);
	stop_let(false);
	if (err) {
		__fpurge(stdout);
		clearerr(stdout);
	}
	results_failed(results, err, writing);
}

static int write_verdict(struct results *results, const void *what)
{
	return results->sink->verdict(what, results->options);
}

static int write_notice(struct results *results, const void *what)
{
	const struct notice *notice = what;

	return results->sink->notice(notice->text, notice->wall_ns, results->options);
}

static int write_summary(struct results *results, const void *what)
{
	return results->sink->summary(what, results->options);
}

int results_open(struct results *results, const struct options *options)
{
	*results = (struct results){.options = options,
				    .sink = options->json ? &sink_json : &sink_text};
	return summary_new(&results->summary);
}

void results_close(struct results *results)
{
	summary_free(results->summary);
}

void results_verdict(void *ctx, const struct verdict *v)
{
	struct results *results = ctx;

	/* After the last one asked for, or once nobody reads: not printed, so not counted either.
	 */
	if (results->enough || results->err)
		return;
	summary_add(results->summary, v);
	write_out(results, write_verdict, v);
	if (!v->revised && ++results->verdicts == results->options->count)
		results->enough = true;
}

void results_notice(struct results *results, const char *text, uint64_t wall_ns)
{
	const struct notice notice = {text, wall_ns};

	write_out(results, write_notice, &notice);
}

void results_summary(struct results *results, const struct corr *corr)
{
	struct summary *s = results->summary;
	struct corr_stats stats;

	if (results->err)
		return;
	corr_stats(corr, &stats);
	s->lost_events = stats.lost_events;
	s->evicted = stats.evicted;
	summary_finish(s);
	if (!summary_probes(s->counts))
		not_arriving_explain(s, results->options);
	write_out(results, write_summary, s);
}

static int status_of(const struct summary *s)
{
	uint64_t n = summary_probes(s->counts);

	if (!n)
		return STATUS_NO_PROBE;
	return n == s->counts[OUTCOME_HEALTHY] ? STATUS_HEALTHY : STATUS_FAILED;
}

int results_status(const struct results *results)
{
	/* The reader of stdout has gone, as with "| head", or does not read: nobody to tell. */
	if (!results->err || results->err == -EPIPE || results->err == -EINTR)
		return status_of(results->summary);
	fprintf(stderr, "clbtrace: %s failed: %s\n", results->doing, strerror(-results->err));
	return -EINVAL;
}
