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
#include "json_form.h"
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

bool results_brief(const struct options *options)
{
	return !options->json && !options->verbose && !options->report;
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

/* A page that cannot be made must not end what it is about: told once, when it would be written. */
static void add_to_report(struct results *results, json_t *object)
{
	int err = object ? report_add(results->report, object) : -ENOMEM;

	json_decref(object);
	if (err && !results->report_err)
		results->report_err = err;
}

static void finish_report(struct results *results)
{
	if (!results->report)
		return;
	add_to_report(results, json_of_summary(results->summary));
	if (!results->report_err)
		results->report_err = report_write(results->report, results->options->report);
	if (results->report_err)
		report_complain(results->options->report, results->report_err);
}

static int open_report(struct results *results)
{
	const char *path = results->options->report;
	int err;

	if (!path)
		return 0;
	err = report_check(path);
	if (err) {
		report_complain(path, err);
		return -EINVAL;
	}
	err = report_new(&results->report);
	if (!err)
		report_about_run(results->report, results->options);
	return err;
}

int results_open(struct results *results, const struct options *options)
{
	int err;

	*results = (struct results){.options = options,
				    .sink = options->json ? &sink_json : &sink_text};
	err = summary_new(&results->summary);
	if (!err)
		err = open_report(results);
	if (err)
		results_close(results);
	return err;
}

void results_close(struct results *results)
{
	report_free(results->report);
	summary_free(results->summary);
	results->report = NULL;
	results->summary = NULL;
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
	if (results->report)
		add_to_report(results, json_of_verdict(v));
	if (!v->revised && ++results->verdicts == results->options->count)
		results->enough = true;
}

void results_notice(struct results *results, const char *text, uint64_t wall_ns)
{
	const struct notice notice = {text, wall_ns};

	write_out(results, write_notice, &notice);
	if (results->report)
		add_to_report(results, json_of_notice(text, wall_ns));
}

void results_summary(struct results *results, const struct corr *corr)
{
	struct summary *s = results->summary;
	struct corr_stats stats;

	corr_stats(corr, &stats);
	s->lost_events = stats.lost_events;
	s->evicted = stats.evicted;
	if (!summary_probes(s->counts))
		not_arriving_explain(s, results->options);
	results_end(results);
}

void results_end(struct results *results)
{
	summary_finish(results->summary);
	if (!results->err)
		write_out(results, write_summary, results->summary);
	finish_report(results);
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
	if (!results->err || results->err == -EPIPE || results->err == -EINTR) {
		int status = status_of(results->summary);

		return results->report_err && status == STATUS_HEALTHY ? STATUS_USAGE : status;
	}
	fprintf(stderr, "clbtrace: %s failed: %s\n", results->doing, strerror(-results->err));
	return -EINVAL;
}
