// SPDX-License-Identifier: GPL-2.0-only
// The report as a page: what happened first, then when, then why in detail.
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "causes.h"
#include "html.h"
#include "report_internal.h"

/* The one sentence that the page is about. */
static void print_headline(const struct report *report, FILE *out)
{
	const uint64_t *n = report->counts;
	uint64_t total = report_total(n), open = n[OUTCOME_UNDETERMINED] + n[OUTCOME_INCOMPLETE];
	const char *s = total == 1 ? "" : "s";

	if (!total)
		fputs("No health check arrived", out);
	else if (n[OUTCOME_FAILED] == total)
		fprintf(out,
			total == 1 ? "The one health check failed"
				   : "All %" PRIu64 " health checks failed",
			total);
	else if (n[OUTCOME_FAILED])
		fprintf(out, "%" PRIu64 " of %" PRIu64 " health checks failed", n[OUTCOME_FAILED],
			total);
	else if (open)
		fprintf(out, "%" PRIu64 " of %" PRIu64 " health check%s stayed unclear", open,
			total, s);
	else
		fprintf(out,
			total == 1 ? "The one health check was healthy"
				   : "All %" PRIu64 " health checks were healthy",
			total);
}

static void print_fact(FILE *out, const char *words, const char *value)
{
	if (!*value)
		return;
	fprintf(out, "<span>%s", words);
	html_text(out, value);
	fputs("</span> ", out);
}

static void print_about(const struct report *report, FILE *out)
{
	char first[REPORT_TIME_LEN], last[REPORT_TIME_LEN];
	bool one_day = report->first_us / 86400000000 == report->last_us / 86400000000;

	fputs("<p class=\"about\">", out);
	print_fact(out, "host ", report->host);
	print_fact(out, "kernel ", report->kernel);
	if (report->last_us)
		fprintf(out, "<span>%s to %s UTC</span> ",
			report_time(report->first_us, true, false, first),
			report_time(report->last_us, !one_day, false, last));
	print_fact(out, "clbtrace ", report->version);
	print_fact(out, "from ", report->input);
	fputs("</p>\n", out);
}

static void print_counts(const struct report *report, FILE *out)
{
	static const char *const classes[OUTCOME_COUNT] = {"healthy", "failed", "unclear",
							   "unclear"};

	if (!report_total(report->counts))
		return;
	fputs("<ul class=\"counts\">", out);
	for (int i = 0; i < OUTCOME_COUNT; i++)
		if (report->counts[i])
			fprintf(out, "<li class=\"%s\"><b>%" PRIu64 "</b> %s</li>", classes[i],
				report->counts[i], outcome_name((enum outcome)i));
	fputs("</ul>\n", out);
}

static int by_count(const void *left, const void *right)
{
	const struct report_cause *a = left, *b = right;

	if (a->count != b->count)
		return a->count > b->count ? -1 : 1;
	return strcmp(a->id, b->id);
}

/* The targets that a cause hits, as far as its failures are kept, each once. */
static void print_targets(const struct report *report, const char *cause, FILE *out)
{
	enum { NAMED = 3 };
	unsigned int n = 0;

	for (size_t i = 0; i < report->n_failures; i++) {
		const struct report_failure *failure = &report->failures[i];
		bool again = !failure->count || strcmp(failure->cause, cause) != 0;

		for (size_t j = 0; j < i && !again; j++)
			again = report->failures[j].count &&
				!strcmp(report->failures[j].cause, cause) &&
				!strcmp(report->failures[j].target, failure->target);
		if (again)
			continue;
		if (n++ < NAMED) {
			fputs(n > 1 ? ", " : "", out);
			html_text(out, failure->target);
		}
	}
	if (n > NAMED)
		fprintf(out, " and %u more", n - NAMED);
}

static void print_cause(const struct report *report, const struct report_cause *cause, FILE *out)
{
	const struct cause *row = cause_find(cause->id);

	fprintf(out, "<tr><td class=\"n\">%" PRIu64 "</td><td class=\"c\"><a href=\"#c-",
		cause->count);
	html_text(out, cause->id);
	fputs("\">", out);
	html_text(out, cause->id);
	fputs("</a></td><td class=\"what\">", out);
	html_text(out, row ? row->title : "");
	fputs("</td><td class=\"who mono\">", out);
	print_targets(report, cause->id, out);
	fputs("</td></tr>\n", out);
}

static void print_causes(struct report *report, FILE *out)
{
	qsort(report->causes, report->n_causes, sizeof(*report->causes), by_count);
	if (!report->n_causes || !report->causes[0].count)
		return;
	fputs("<section id=\"causes\"><h2>Causes</h2>\n<table class=\"causes\"><thead><tr><th "
	      "class=\"n\">probes</th><th>cause</th><th class=\"what\">what happened</th>"
	      "<th>targets</th></tr></thead><tbody>\n",
	      out);
	for (size_t i = 0; i < report->n_causes; i++)
		if (report->causes[i].count)
			print_cause(report, &report->causes[i], out);
	fputs("</tbody></table>\n", out);
	if (report->other_causes)
		fprintf(out, "<p class=\"note\">%" PRIu64 " probes had further causes.</p>\n",
			report->other_causes);
	fputs("</section>\n", out);
}

/* What makes the page less than the whole truth, before anything is concluded from it. */
static void print_caveats(const struct report *report, FILE *out)
{
	uint64_t total = report_total(report->counts);

	if (report->from_capture)
		fputs("<p class=\"note\">Found from packets alone: what the host did with them was "
		      "not seen.</p>\n",
		      out);
	if (report->lost_events)
		fprintf(out,
			"<p class=\"note\">%" PRIu64 " events were lost: the probes of that time "
			"are incomplete.</p>\n",
			report->lost_events);
	if (report->evicted)
		fprintf(out,
			"<p class=\"note\">%" PRIu64
			" connections found no room in the table, and are not in here.</p>\n",
			report->evicted);
	if (report->summaries && report->summary_probes != total)
		fprintf(out,
			"<p class=\"note\">The results speak of %" PRIu64
			" probes in their summary, and have the verdicts of %" PRIu64 ".</p>\n",
			report->summary_probes, total);
}

/* Instead of causes and strips, when there was nothing. */
static void print_not_arriving(const struct report *report, FILE *out)
{
	const json_t *summary = report->not_arriving;

	if (!summary)
		return;
	fputs("<section id=\"causes\"><h2>", out);
	html_text(out,
		  *report_text(summary, "cause") ? report_text(summary, "cause") : "No probe seen");
	fputs("</h2>\n<p class=\"says\">", out);
	html_text(out, report_text(summary, "summary"));
	fputs("</p>\n", out);
	if (json_array_size(json_object_get(summary, "fix")))
		fputs("<h4>Check</h4>\n", out);
	report_print_fix(json_object_get(summary, "fix"), out);
	fputs("</section>\n", out);
}

static void print_notices(const struct report *report, FILE *out)
{
	char time[REPORT_TIME_LEN];

	if (!report->n_notices)
		return;
	fputs("<section id=\"notices\"><h2>Notices</h2>\n<table class=\"wide\"><tbody>\n", out);
	for (size_t i = 0; i < report->n_notices; i++) {
		fprintf(out, "<tr><td>%s</td><td>",
			report_time(report->notices[i].us, false, true, time));
		html_text(out, report->notices[i].text);
		if (report->notices[i].count > 1)
			fprintf(out, " <span class=\"muted\">(%" PRIu64 " times)</span>",
				report->notices[i].count);
		fputs("</td></tr>\n", out);
	}
	fputs("</tbody></table>\n", out);
	if (report->other_notices)
		fprintf(out, "<p class=\"note\">and %" PRIu64 " more</p>\n", report->other_notices);
	fputs("</section>\n", out);
}

/* No script, nothing from elsewhere: even if some text got through as markup, nothing would run. */
static void print_head(const struct report *report, FILE *out)
{
	fputs("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
	      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
	      "style-src 'unsafe-inline'\">\n"
	      "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n"
	      "<meta name=\"color-scheme\" content=\"light dark\">\n<title>",
	      out);
	print_headline(report, out);
	if (*report->host) {
		fputs(" on ", out);
		html_text(out, report->host);
	}
	fprintf(out, "</title>\n<style>%s</style></head>\n<body>\n", report_style);
}

int report_print(struct report *report, FILE *out)
{
	bool some = report_total(report->counts) > 0;

	errno = 0;
	print_head(report, out);
	fputs("<header><h1>", out);
	print_headline(report, out);
	fputs("</h1>\n", out);
	print_about(report, out);
	print_counts(report, out);
	print_caveats(report, out);
	fputs("</header>\n<main>\n", out);
	if (!some)
		print_not_arriving(report, out);
	print_causes(report, out);
	if (some)
		report_print_strips(report, out);
	report_print_failures(report, out);
	print_notices(report, out);
	fputs("</main>\n<footer>Times are UTC. <b>certain</b>: the kernel said so; "
	      "<b>likely</b>: every other explanation was excluded; <b>possible</b>: the best of "
	      "several. Written by clbtrace " VERSION ".</footer>\n</body></html>\n",
	      out);
	if (fflush(out) == EOF || ferror(out))
		return -(errno ? errno : EIO);
	return 0;
}
