// SPDX-License-Identifier: GPL-2.0-only
// The strips of the report: each source's probes over time, counted into buckets that all strips
// share.
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "html.h"
#include "report_internal.h"

/* What a bucket is at first; a run of up to 1.2 s needs no other. */
#define FIRST_BUCKET_US 10000ULL

enum {
	STEP = 10,	/* of a bucket to the next, in units of the drawing */
	BAR = 8,	/* its width */
	SHOWN_MIN = 40, /* buckets: few of them are not drawn as wide blocks */
	MIDDLE = 17,	/* the line between what failed and what did not */
	BAR_MAX = 15,
	BAR_MIN = 6,
	HEIGHT = 34,
};

static void halve(struct report *report)
{
	for (size_t s = 0; s < report->n_strips; s++) {
		struct report_bucket *b = report->strips[s].buckets;

		for (size_t i = 0; i < REPORT_BUCKETS / 2; i++)
			for (int o = 0; o < OUTCOME_COUNT; o++)
				b[i].counts[o] = b[2 * i].counts[o] + b[2 * i + 1].counts[o];
		memset(b + REPORT_BUCKETS / 2, 0, sizeof(*b) * (REPORT_BUCKETS / 2));
	}
	report->bucket_us *= 2;
}

static bool is_empty(const struct report *report, size_t from)
{
	for (size_t s = 0; s < report->n_strips; s++)
		for (size_t i = from; i < REPORT_BUCKETS; i++)
			for (int o = 0; o < OUTCOME_COUNT; o++)
				if (report->strips[s].buckets[i].counts[o])
					return false;
	return true;
}

/* Makes the strips begin n buckets earlier. */
static void shift(struct report *report, size_t n)
{
	for (size_t s = 0; s < report->n_strips; s++) {
		struct report_bucket *b = report->strips[s].buckets;

		memmove(b + n, b, sizeof(*b) * (REPORT_BUCKETS - n));
		memset(b, 0, sizeof(*b) * n);
	}
	report->origin_us -= n * report->bucket_us;
}

/* Which bucket the time is in; the strips are made to reach it. A probe that failed is told of
 * later than those that came after it. */
static size_t find_bucket(struct report *report, uint64_t us)
{
	if (!report->bucket_us) {
		report->bucket_us = FIRST_BUCKET_US;
		report->origin_us = us;
	}
	while (us < report->origin_us) {
		uint64_t n = (report->origin_us - us - 1) / report->bucket_us + 1;

		if (n < REPORT_BUCKETS && n * report->bucket_us <= report->origin_us &&
		    is_empty(report, REPORT_BUCKETS - n))
			shift(report, n);
		else if (report->bucket_us > report->origin_us)
			return 0; /* the clock was at 1970 then */
		else
			halve(report);
	}
	while ((us - report->origin_us) / report->bucket_us >= REPORT_BUCKETS)
		halve(report);
	return (us - report->origin_us) / report->bucket_us;
}

/* NULL with *err 0: there is no room for another. */
static struct report_strip *find_strip(struct report *report, const struct report_probe *probe,
				       int *err)
{
	uint64_t hash = report_hash(report_hash(0, probe->target), probe->source);
	struct report_strip *strip;

	for (size_t i = 0; i < report->n_strips; i++)
		if (report->strips[i].hash == hash)
			return &report->strips[i];
	if (report->n_strips == REPORT_STRIPS_MAX)
		return NULL;
	if (report->n_strips == report->strips_room) {
		size_t room = report->strips_room ? 2 * report->strips_room : 8;

		strip = realloc(report->strips, room * sizeof(*strip));
		if (!strip) {
			*err = -ENOMEM;
			return NULL;
		}
		report->strips = strip;
		report->strips_room = room;
	}
	strip = &report->strips[report->n_strips++];
	memset(strip, 0, sizeof(*strip));
	strip->hash = hash;
	snprintf(strip->target, sizeof(strip->target), "%s", probe->target);
	snprintf(strip->source, sizeof(strip->source), "%s", probe->source);
	return strip;
}

int report_strips_add(struct report *report, const struct report_probe *probe)
{
	size_t bucket = find_bucket(report, probe->us);
	int err = 0;
	struct report_strip *strip = find_strip(report, probe, &err);
	uint64_t *counts = strip ? strip->counts : report->unlisted_counts;
	uint32_t *here = strip ? strip->buckets[bucket].counts : NULL;

	if (err)
		return err;
	if (probe->revised && counts[probe->was])
		counts[probe->was]--;
	counts[probe->outcome]++;
	if (!here)
		return 0;
	if (probe->revised && here[probe->was])
		here[probe->was]--;
	if (here[probe->outcome] < UINT32_MAX)
		here[probe->outcome]++;
	return 0;
}

static uint64_t bad(const struct report_strip *strip)
{
	return report_total(strip->counts) - strip->counts[OUTCOME_HEALTHY];
}

static uint64_t unclear(const uint64_t counts[OUTCOME_COUNT])
{
	return counts[OUTCOME_UNDETERMINED] + counts[OUTCOME_INCOMPLETE];
}

/* How strips are drawn, the same for all of them. */
struct scale {
	size_t shown;  /* buckets */
	uint32_t most; /* probes of one kind in a bucket */
};

static struct scale find_scale(const struct report *report)
{
	struct scale scale = {SHOWN_MIN, 1};

	for (size_t s = 0; s < report->n_strips; s++)
		for (size_t i = 0; i < REPORT_BUCKETS; i++) {
			const uint32_t *n = report->strips[s].buckets[i].counts;
			uint32_t not_healthy =
				n[OUTCOME_FAILED] + n[OUTCOME_UNDETERMINED] + n[OUTCOME_INCOMPLETE];
			uint32_t more =
				not_healthy > n[OUTCOME_HEALTHY] ? not_healthy : n[OUTCOME_HEALTHY];

			if (more > scale.most)
				scale.most = more;
			if (more && i >= scale.shown)
				scale.shown = i + 1;
		}
	return scale;
}

static unsigned int bar_height(uint32_t n, const struct scale *scale)
{
	return n ? BAR_MIN + (unsigned int)((uint64_t)(BAR_MAX - BAR_MIN) * n / scale->most) : 0;
}

/* Failed upwards, filled; unclear on top of it, hollow; healthy downwards. */
static void print_bars(const struct report *report, const struct report_bucket *bucket, size_t i,
		       const struct scale *scale, FILE *out)
{
	const uint32_t *n = bucket->counts;
	uint32_t hollow = n[OUTCOME_UNDETERMINED] + n[OUTCOME_INCOMPLETE];
	unsigned int up = bar_height(n[OUTCOME_FAILED] + hollow, scale), x = (unsigned int)i * STEP;
	unsigned int solid = n[OUTCOME_FAILED] ? up : 0;
	char time[REPORT_TIME_LEN];

	if (!up && !n[OUTCOME_HEALTHY])
		return;
	if (solid && hollow)
		solid = up - (unsigned int)((uint64_t)up * hollow / (n[OUTCOME_FAILED] + hollow));
	fprintf(out, "<g><title>%s: %u healthy, %u failed, %u unclear</title>",
		report_time(report->origin_us + i * report->bucket_us, false, true, time),
		n[OUTCOME_HEALTHY], n[OUTCOME_FAILED], hollow);
	if (solid)
		fprintf(out, "<rect class=\"f\" x=\"%u\" y=\"%u\" width=\"%d\" height=\"%u\"/>", x,
			MIDDLE - solid, BAR, solid);
	if (up > solid)
		fprintf(out, "<rect class=\"u\" x=\"%u\" y=\"%u\" width=\"%d\" height=\"%u\"/>", x,
			MIDDLE - up, BAR, up - solid);
	if (n[OUTCOME_HEALTHY])
		fprintf(out, "<rect class=\"h\" x=\"%u\" y=\"%d\" width=\"%d\" height=\"%u\"/>", x,
			MIDDLE + 1, BAR, bar_height(n[OUTCOME_HEALTHY], scale));
	fputs("</g>", out);
}

/* "3 of 9 failed", "9 healthy". */
static void print_tally(const uint64_t counts[OUTCOME_COUNT], FILE *out)
{
	uint64_t n = report_total(counts), open = unclear(counts);

	if (counts[OUTCOME_FAILED])
		fprintf(out, "<b class=\"failed\">%" PRIu64 " of %" PRIu64 " failed</b>%s",
			counts[OUTCOME_FAILED], n, open ? ", " : "");
	else if (open < n)
		fprintf(out, "%" PRIu64 " healthy%s", counts[OUTCOME_HEALTHY], open ? ", " : "");
	if (open)
		fprintf(out, "%" PRIu64 " unclear", open);
}

/* first: of its target. */
static void print_strip(const struct report *report, const struct report_strip *strip, bool first,
			const struct scale *scale, FILE *out)
{
	fprintf(out, "<div class=\"strip%s\"><span class=\"target mono\">", first ? " first" : "");
	if (first)
		html_text(out, strip->target);
	fputs("</span><span class=\"source mono\">", out);
	html_text(out, strip->source);
	fprintf(out,
		"</span><svg role=\"img\" viewBox=\"0 0 %zu %d\" preserveAspectRatio=\"none\" "
		"aria-label=\"%" PRIu64 " healthy, %" PRIu64 " failed, %" PRIu64
		" unclear, over time\"><path class=\"axis\" d=\"M0 %d.5H%zu\"/>",
		scale->shown * STEP, HEIGHT, strip->counts[OUTCOME_HEALTHY],
		strip->counts[OUTCOME_FAILED], unclear(strip->counts), MIDDLE, scale->shown * STEP);
	for (size_t i = 0; i < REPORT_BUCKETS; i++)
		print_bars(report, &strip->buckets[i], i, scale, out);
	fputs("</svg><span class=\"tally\">", out);
	print_tally(strip->counts, out);
	fputs("</span></div>\n", out);
}

static void print_axis(const struct report *report, const struct scale *scale, FILE *out)
{
	uint64_t length_us = scale->shown * report->bucket_us;
	bool millis = length_us < 20000000;
	char time[REPORT_TIME_LEN];

	fputs("<div class=\"strip times\" aria-hidden=\"true\"><span></span><span></span><span "
	      "class=\"scale\">",
	      out);
	for (int i = 0; i <= 2; i++)
		fprintf(out, "<span>%s</span>",
			report_time(report->origin_us + length_us * (uint64_t)i / 2, false, millis,
				    time));
	fputs("</span><span></span></div>\n", out);
}

static int by_failures(const void *left, const void *right)
{
	const struct report_strip *const *a = left, *const *b = right;
	int order = strcmp((*a)->target, (*b)->target);

	if (bad(*a) != bad(*b))
		return bad(*a) > bad(*b) ? -1 : 1;
	return order ? order : strcmp((*a)->source, (*b)->source);
}

/* The worst targets first, the worst source of each first. */
static int by_target(const void *left, const void *right)
{
	const struct report_strip *const *a = left, *const *b = right;
	int order = strcmp((*a)->target, (*b)->target);

	if ((*a)->target_bad != (*b)->target_bad)
		return (*a)->target_bad > (*b)->target_bad ? -1 : 1;
	return order ? order : by_failures(left, right);
}

static void rank_targets(struct report_strip **order, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		order[i]->target_bad = 0;
		for (size_t j = 0; j < n; j++)
			if (!strcmp(order[i]->target, order[j]->target))
				order[i]->target_bad += bad(order[j]);
	}
}

static void print_legend(const struct report *report, const struct scale *scale, FILE *out)
{
	char span[REPORT_TIME_LEN];

	fputs("<p class=\"legend\"><svg class=\"key\" viewBox=\"0 0 10 16\"><rect class=\"f\" "
	      "x=\"1\" y=\"1\" width=\"8\" height=\"7\"/></svg> above the line: failed "
	      "<svg class=\"key\" viewBox=\"0 0 10 16\"><rect class=\"u\" x=\"1\" y=\"1\" "
	      "width=\"8\" height=\"7\"/></svg> hollow: unclear "
	      "<svg class=\"key\" viewBox=\"0 0 10 16\"><rect class=\"h\" x=\"1\" y=\"8\" "
	      "width=\"8\" height=\"7\"/></svg> below: healthy",
	      out);
	fprintf(out,
		" <span class=\"muted\">&middot; a bar is %s, the tallest %u probe%s</span></p>\n",
		report_span((int64_t)report->bucket_us, span), scale->most,
		scale->most == 1 ? "" : "s");
}

/* The worst strips, by target. */
static void print_sorted(const struct report *report, struct report_strip **order, FILE *out)
{
	struct scale scale = find_scale(report);
	const char *target = "";
	size_t shown = report->n_strips;

	for (size_t i = 0; i < report->n_strips; i++)
		order[i] = &report->strips[i];
	qsort(order, report->n_strips, sizeof(*order), by_failures);
	if (shown > REPORT_STRIPS_SHOWN)
		shown = REPORT_STRIPS_SHOWN;
	rank_targets(order, shown);
	qsort(order, shown, sizeof(*order), by_target);
	print_legend(report, &scale, out);
	fputs("<div class=\"strips\">\n", out);
	for (size_t i = 0; i < shown; i++) {
		bool first = strcmp(order[i]->target, target) != 0;

		target = order[i]->target;
		print_strip(report, order[i], first, &scale, out);
	}
	print_axis(report, &scale, out);
	fputs("</div>\n", out);
	if (report->n_strips > shown)
		fprintf(out,
			"<p class=\"note\">%zu more pairs of target and source are not drawn; "
			"these are the worst.</p>\n",
			report->n_strips - shown);
}

void report_print_strips(const struct report *report, FILE *out)
{
	struct report_strip **order = calloc(report->n_strips + 1, sizeof(*order));
	uint64_t unlisted = report_total(report->unlisted_counts);

	if (!order)
		return;
	fputs("<section id=\"strips\"><h2>Probes over time</h2>\n", out);
	print_sorted(report, order, out);
	if (unlisted)
		fprintf(out,
			"<p class=\"note\">%" PRIu64 " probes are of further targets or sources "
			"that were not kept apart: more than %d of them.</p>\n",
			unlisted, REPORT_STRIPS_MAX);
	fputs("</section>\n", out);
	free(order);
}
