// SPDX-License-Identifier: GPL-2.0-only
// The summary for people: counts, a table of targets, or what to check when no probe was seen.
#include <inttypes.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "flow.h"
#include "text_form.h"

enum {
	TARGET_WIDTH_MIN = 20,
	SOURCES_SHOWN = 10, /* per target; -v shows all, JSON has them */
	TARGETS_SHOWN = 50,
};

/* 12 probes: 9 healthy, 2 failed, 1 undetermined */
static void print_counts(const struct summary *s, bool colored)
{
	uint64_t n = summary_probes(s->counts);
	const char *before = ":";

	printf("%" PRIu64 " probe%s", n, n == 1 ? "" : "s");
	for (int i = 0; i < OUTCOME_COUNT; i++) {
		if (!s->counts[i])
			continue;
		printf("%s %s%" PRIu64 " %s%s", before, text_color((enum outcome)i, colored),
		       s->counts[i], outcome_name((enum outcome)i), text_plain(colored));
		before = ",";
	}
	putchar('\n');
}

static void print_losses(const struct summary *s)
{
	if (s->lost_events)
		printf("%" PRIu64 " events lost: the probes of that time are incomplete\n",
		       s->lost_events);
	if (s->evicted)
		printf("%" PRIu64
		       " connections found no room in the table: --port or --source for less, "
		       "--max-probes for more room\n",
		       s->evicted);
}

enum { TARGET_NAME_LEN = FLOW_ENDPOINT_LEN + 8 };

static const char *line_name(const struct summary_line *line, char buf[TARGET_NAME_LEN])
{
	char text[FLOW_ENDPOINT_LEN];

	if (line->is_source)
		return addr_text(line->source, buf);
	if (line->proto == IPPROTO_UDP)
		snprintf(buf, TARGET_NAME_LEN, "udp %s",
			 endpoint_text(line->target, line->port, text));
	else if (line->port)
		endpoint_text(line->target, line->port, buf);
	else
		snprintf(buf, TARGET_NAME_LEN, "ping %s", addr_text(line->target, text));
	return buf;
}

static int target_width(const struct summary *s)
{
	size_t width = TARGET_WIDTH_MIN;
	char name[TARGET_NAME_LEN];

	for (size_t i = 0; i < s->n_lines; i++) {
		size_t len = strlen(line_name(&s->lines[i], name)) + 2 * s->lines[i].is_source;

		if (len > width)
			width = len;
	}
	return (int)width;
}

static void print_line(const struct summary_line *line, const char *name, int width)
{
	char first[TEXT_TIME_LEN], last[TEXT_TIME_LEN];
	const char *cause = summary_leading(line);

	printf("  %-*s  %7" PRIu64 " %8" PRIu64 " %7" PRIu64 " %7" PRIu64 "  %s-%s%s%s\n", width,
	       name, summary_probes(line->counts), line->counts[OUTCOME_HEALTHY],
	       line->counts[OUTCOME_FAILED],
	       line->counts[OUTCOME_UNDETERMINED] + line->counts[OUTCOME_INCOMPLETE],
	       text_time(line->first_ns, false, first), text_time(line->last_ns, false, last),
	       cause ? "  " : "", cause ? cause : "");
}

/* How many of the target's sources to list: none where they say no more than the target itself. */
static size_t sources_wanted(const struct summary *s, size_t target, const struct options *options)
{
	const struct summary_line *line = &s->lines[target];
	size_t n = 0;

	while (target + 1 + n < s->n_lines && s->lines[target + 1 + n].is_source)
		n++;
	if (options->verbose)
		return n;
	if (n < 2 || summary_probes(line->counts) == line->counts[OUTCOME_HEALTHY])
		return 0;
	return n < SOURCES_SHOWN ? n : SOURCES_SHOWN;
}

/* Prints the target at index i with its sources. Returns the index of the next target. */
static size_t print_target(const struct summary *s, size_t i, int width,
			   const struct options *options)
{
	size_t wanted = sources_wanted(s, i, options), seen = 0;
	char text[TARGET_NAME_LEN], name[TARGET_NAME_LEN + 2];
	bool unlisted = s->lines[i].unlisted_sources;

	print_line(&s->lines[i], line_name(&s->lines[i], text), width);
	for (i++; i < s->n_lines && s->lines[i].is_source; i++) {
		if (seen++ >= wanted)
			continue;
		snprintf(name, sizeof(name), "  %s", line_name(&s->lines[i], text));
		print_line(&s->lines[i], name, width);
	}
	if (wanted && seen > wanted)
		printf("    %zu more sources: -v or --json lists them\n", seen - wanted);
	if (unlisted)
		printf("    and sources that were not kept apart: more than %d lines\n",
		       SUMMARY_LINES_MAX);
	return i;
}

static void print_targets(const struct summary *s, const struct options *options)
{
	int width = target_width(s);
	size_t shown = 0, i = 0;

	printf("\n  %-*s  %7s %8s %7s %7s  %-17s  %s\n", width, "target", "probes", "healthy",
	       "failed", "unclear", "first-last", "leading cause");
	while (i < s->n_lines && (options->verbose || shown++ < TARGETS_SHOWN))
		i = print_target(s, i, width, options);
	for (shown = 0; i < s->n_lines; i++)
		shown += !s->lines[i].is_source;
	if (shown)
		printf("  %zu more targets: -v or --json lists them\n", shown);
	if (summary_probes(s->other.counts))
		print_line(&s->other, "all other targets", width);
}

void text_print_summary(const struct summary *s, const struct options *options)
{
	bool colored = text_colored(options);

	if (summary_probes(s->counts)) {
		putchar('\n');
		print_counts(s, colored);
		print_losses(s);
		print_targets(s, options);
		return;
	}
	printf("%s%s%s\n", text_color(OUTCOME_FAILED, colored),
	       s->cause ? s->cause : "no probe seen", text_plain(colored));
	printf("    %s\n", s->text);
	for (unsigned int i = 0; i < s->n_checks; i++)
		printf("    check: %s\n", s->checks[i]);
}
