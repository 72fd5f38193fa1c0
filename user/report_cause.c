// SPDX-License-Identifier: GPL-2.0-only
// The report's part on each cause: its failures, how to repair them, and one probe of each as
// evidence.
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "causes.h"
#include "html.h"
#include "report_internal.h"

/* Fixes begin with one of these where they are to be run, and are sentences else. */
static const char *const tools[] = {
	"ausearch",
	"bpftool",
	"cat",
	"conntrack",
	"ebtables",
	"echo",
	"ethtool",
	"grep",
	"ip",
	"ip6tables",
	"ip6tables-legacy",
	"ip6tables-nft",
	"ipset",
	"iptables",
	"iptables-legacy",
	"iptables-nft",
	"journalctl",
	"kill",
	"nft",
	"nsenter",
	"setsebool",
	"ss",
	"sysctl",
	"systemctl",
	"tc",
	"tcpdump",
	"firewall-cmd",
	"ufw",
};

static bool is_command(const char *text)
{
	size_t len = strcspn(text, " ");

	for (size_t i = 0; i < sizeof(tools) / sizeof(*tools); i++)
		if (strlen(tools[i]) == len && !strncmp(text, tools[i], len))
			return true;
	return false;
}

void report_print_fix(const json_t *fix, FILE *out)
{
	const json_t *line;
	size_t i;

	if (!json_array_size(fix))
		return;
	fputs("<ul class=\"fix\">\n", out);
	json_array_foreach(fix, i, line)
	{
		const char *text = json_string_value(line);
		bool command = text && is_command(text);

		fputs(command ? "<li><pre class=\"do\"><code>" : "<li>", out);
		html_text(out, text ? text : "");
		fputs(command ? "</code></pre></li>\n" : "</li>\n", out);
	}
	fputs("</ul>\n", out);
}

static void print_word(FILE *out, const json_t *rule, const char *before, const char *key)
{
	const char *text = report_text(rule, key);

	if (!*text)
		return;
	fprintf(out, " %s", before);
	html_text(out, text);
}

static void print_rule(const json_t *rule, FILE *out)
{
	const json_t *number = json_object_get(rule, "number");
	const json_t *handle = json_object_get(rule, "handle");

	if (!rule)
		return;
	fputs("<h4>Rule</h4>\n<p class=\"mono\">", out);
	print_word(out, rule, "", "backend");
	print_word(out, rule, "", "family");
	print_word(out, rule, "table ", "table");
	print_word(out, rule, "chain ", "chain");
	print_word(out, rule, "at ", "hook");
	if (number)
		fprintf(out, " rule %lld", (long long)json_integer_value(number));
	if (handle)
		fprintf(out, " handle %lld", (long long)json_integer_value(handle));
	print_word(out, rule, "element ", "element");
	print_word(out, rule, "of set ", "set");
	fputs("</p>\n", out);
	if (*report_text(rule, "owner")) {
		fputs("<p class=\"meta\">made by ", out);
		html_text(out, report_text(rule, "owner"));
		fputs("</p>\n", out);
	}
	if (*report_text(rule, "text")) {
		fputs("<pre><code>", out);
		html_text(out, report_text(rule, "text"));
		fputs("</code></pre>\n", out);
	}
}

/* "certain · 8 probes from 100.64.1.10 and more, 07:41:12 to 07:42:01 · stage netfilter" */
static void print_meta(const struct report_failure *failure, FILE *out)
{
	char first[REPORT_TIME_LEN], last[REPORT_TIME_LEN];
	const char *confidence = report_text(failure->example, "confidence");
	const char *stage = report_text(failure->example, "stage");

	fputs("<p class=\"meta\">", out);
	if (*confidence) {
		fputs("<b>", out);
		html_text(out, confidence);
		fputs("</b> &middot; ", out);
	}
	fprintf(out, "%" PRIu64 " probe%s from ", failure->count, failure->count == 1 ? "" : "s");
	for (unsigned int i = 0; i < failure->n_sources; i++) {
		fputs(i ? ", " : "", out);
		html_text(out, failure->sources[i]);
	}
	fprintf(out, "%s, %s", failure->more_sources ? " and more" : "",
		report_time(failure->first_us, false, false, first));
	report_time(failure->last_us, false, false, last);
	if (strcmp(first, last) != 0)
		fprintf(out, " to %s", last);
	if (*stage) {
		fputs(" &middot; stage ", out);
		html_text(out, stage);
	}
	fputs("</p>\n", out);
}

/* Which probe the ladder is of. */
static void print_example(const json_t *verdict, bool only, FILE *out)
{
	const json_t *probe = json_object_get(verdict, "probe");
	const json_t *sport = json_object_get(probe, "sport");

	fputs(only ? "<h4>The probe: " : "<h4>The first of them: ", out);
	html_text(out, report_text(verdict, "time"));
	fputs(" from ", out);
	html_text(out, report_text(probe, "src"));
	if (sport)
		fprintf(out, ", port %lld", (long long)json_integer_value(sport));
	if (*report_text(probe, "interface")) {
		fputs(", on ", out);
		html_text(out, report_text(probe, "interface"));
	}
	fputs("</h4>\n", out);
}

static void print_steps(const json_t *verdict, FILE *out)
{
	const json_t *steps = json_object_get(verdict, "evidence"), *step;
	size_t i;

	if (!json_array_size(steps))
		return;
	fprintf(out, "<details><summary>every step (%zu)</summary><pre>", json_array_size(steps));
	json_array_foreach(steps, i, step)
	{
		json_int_t us = json_integer_value(json_object_get(step, "t_us"));

		fprintf(out, "%10lld \u00b5s  ", (long long)us);
		html_text(out, report_text(step, "at"));
		fprintf(out, "%*s  ", 20 - (int)strnlen(report_text(step, "at"), 20), "");
		html_text(out, report_text(step, "what"));
		putc('\n', out);
	}
	fputs("</pre></details>\n", out);
}

static void print_failure(const struct report_failure *failure, FILE *out)
{
	const json_t *verdict = failure->example;

	fputs("<div class=\"failure\"><h3><span class=\"mono\">", out);
	html_text(out, failure->target);
	fputs("</span></h3>\n<p class=\"says\">", out);
	html_text(out, report_text(verdict, "summary"));
	fputs("</p>\n", out);
	print_meta(failure, out);
	print_rule(json_object_get(verdict, "rule"), out);
	if (json_array_size(json_object_get(verdict, "fix")))
		fputs("<h4>Fix</h4>\n", out);
	report_print_fix(json_object_get(verdict, "fix"), out);
	print_example(verdict, failure->count == 1, out);
	report_print_ladder(verdict, out);
	print_steps(verdict, out);
	fputs("</div>\n", out);
}

static int by_count(const void *left, const void *right)
{
	const struct report_failure *const *a = left, *const *b = right;

	if ((*a)->count != (*b)->count)
		return (*a)->count > (*b)->count ? -1 : 1;
	return strcmp((*a)->target, (*b)->target);
}

static void print_cause(const struct report *report, const char *id, FILE *out)
{
	const struct report_failure *order[REPORT_FAILURES_MAX];
	const struct cause *row = cause_find(id);
	size_t n = 0;

	for (size_t i = 0; i < report->n_failures; i++)
		if (report->failures[i].count && !strcmp(report->failures[i].cause, id))
			order[n++] = &report->failures[i];
	if (!n)
		return;
	qsort(order, n, sizeof(*order), by_count);
	fputs("<section id=\"c-", out);
	html_text(out, id);
	fputs("\"><h2>", out);
	html_text(out, id);
	if (row) {
		fputs(" <span class=\"muted\">&ndash; ", out);
		html_text(out, row->title);
		fputs("</span>", out);
	}
	fputs("</h2>\n", out);
	for (size_t i = 0; i < n; i++)
		print_failure(order[i], out);
	fputs("</section>\n", out);
}

void report_print_failures(const struct report *report, FILE *out)
{
	/* In the order of the table of causes. */
	for (size_t i = 0; i < report->n_causes; i++)
		print_cause(report, report->causes[i].id, out);
	if (report->other_failures)
		fprintf(out,
			"<p class=\"note\">%" PRIu64 " more probes failed in further ways; they "
			"are counted above, and not shown "
			"one by one.</p>\n",
			report->other_failures);
}
