/* SPDX-License-Identifier: GPL-2.0-only */
/* What the parts of the report share: what is kept of a run, within limits, and who prints it. */
#ifndef CLBTRACE_REPORT_INTERNAL_H
#define CLBTRACE_REPORT_INTERNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "report.h"
#include "verdict.h"

enum {
	REPORT_STRIPS_MAX = 1024, /* pairs of target and source that are kept apart */
	REPORT_STRIPS_SHOWN = 64,
	REPORT_BUCKETS = 120, /* of time; halved in number as often as a long run needs */
	REPORT_CAUSES_MAX = 64,
	REPORT_FAILURES_MAX = 48, /* different failures that are shown with their evidence */
	/* Of those, for one cause and target: words of a request can be different each time. */
	REPORT_VARIANTS_MAX = 6,
	REPORT_SOURCES_MAX = 4, /* named for a failure */
	REPORT_NOTICES_MAX = 50,
	REPORT_TARGET_LEN = 80,
	REPORT_SOURCE_LEN = 48,
	REPORT_CAUSE_LEN = 40,
	REPORT_ABOUT_LEN = 256,
};

struct report_bucket {
	uint32_t counts[OUTCOME_COUNT];
};

/* The probes of one source to one target, over time. */
struct report_strip {
	uint64_t hash;
	char target[REPORT_TARGET_LEN]; /* as in the text form: 10.0.0.1:80, udp 10.0.0.1:53 */
	char source[REPORT_SOURCE_LEN];
	uint64_t counts[OUTCOME_COUNT];
	uint64_t target_bad; /* of all its target's strips, while they are printed */
	struct report_bucket buckets[REPORT_BUCKETS];
};

struct report_cause {
	char id[REPORT_CAUSE_LEN];
	enum outcome outcome;
	uint64_t count;
};

/* Probes that failed in the same way; one of them is kept as the example. */
struct report_failure {
	uint64_t hash;
	char cause[REPORT_CAUSE_LEN];
	char target[REPORT_TARGET_LEN];
	char sources[REPORT_SOURCES_MAX][REPORT_SOURCE_LEN];
	unsigned int n_sources;
	bool more_sources;
	uint64_t count;
	uint64_t first_us, last_us;
	uint64_t last_probe; /* its hash, should it be revised */
	json_t *example;
};

struct report_notice {
	char *text;
	uint64_t us;
	uint64_t count; /* in a row */
};

struct report {
	char host[REPORT_ABOUT_LEN];
	char kernel[REPORT_ABOUT_LEN];
	char version[REPORT_ABOUT_LEN];
	char input[REPORT_ABOUT_LEN]; /* the file that is replayed; "": live */
	uint64_t counts[OUTCOME_COUNT];
	uint64_t first_us, last_us; /* of the probes, since 1970 */
	bool from_capture;	    /* some verdict is from packets alone */
	uint64_t origin_us;	    /* where the strips' first bucket begins */
	uint64_t bucket_us;
	struct report_strip *strips;
	size_t n_strips, strips_room;
	uint64_t unlisted_counts[OUTCOME_COUNT]; /* of pairs that found no strip */
	struct report_cause causes[REPORT_CAUSES_MAX];
	size_t n_causes;
	uint64_t other_causes; /* probes whose cause found no room */
	struct report_failure failures[REPORT_FAILURES_MAX];
	size_t n_failures;
	uint64_t other_failures; /* probes that failed in ways that found no room */
	struct report_notice notices[REPORT_NOTICES_MAX];
	size_t n_notices;
	uint64_t other_notices;
	uint64_t summaries, summary_probes, lost_events, evicted;
	json_t *not_arriving; /* the latest summary without probes */
};

/* What the parts need of a verdict. */
struct report_probe {
	const json_t *object;
	uint64_t us;
	enum outcome outcome;
	bool revised;
	enum outcome was;
	const char *was_cause; /* NULL: none */
	const char *cause;
	char target[REPORT_TARGET_LEN];
	char source[REPORT_SOURCE_LEN];
	uint64_t hash; /* the same for a verdict and for its revision */
};

/* The string of that key, or "". */
const char *report_text(const json_t *object, const char *key);
uint64_t report_hash(uint64_t hash, const char *text);
uint64_t report_total(const uint64_t counts[OUTCOME_COUNT]);

int report_strips_add(struct report *report, const struct report_probe *probe);
void report_failures_add(struct report *report, const struct report_probe *probe);

/* Seconds and less as a date in UTC, "2026-11-22 07:41:12" with .mmm if millis. */
enum { REPORT_TIME_LEN = 32 };
const char *report_time(uint64_t us, bool date, bool millis, char buf[REPORT_TIME_LEN]);
/* 31 us, 1.234 ms, 2 s. */
const char *report_span(int64_t us, char buf[REPORT_TIME_LEN]);

extern const char report_style[];
void report_print_strips(const struct report *report, FILE *out);
void report_print_failures(const struct report *report, FILE *out);
void report_print_fix(const json_t *fix, FILE *out);
void report_print_ladder(const json_t *verdict, FILE *out);

#endif
