/* SPDX-License-Identifier: GPL-2.0-only */
/* The tally of verdicts, per target and per source within it. */
#ifndef CLBTRACE_SUMMARY_H
#define CLBTRACE_SUMMARY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "strangers.h"
#include "verdict.h"

enum {
	SUMMARY_LINES_MAX = 4096, /* targets and sources together; what is beyond is in "other" */
	SUMMARY_CAUSES_MAX = 64,  /* different causes per line */
	SUMMARY_CHECKS_MAX = 10,
};

struct summary_cause {
	const char *cause;
	uint64_t count;
};

/* A target (protocol, destination and port), or a source address within the target. */
struct summary_line {
	uint8_t target[16];
	uint16_t port; /* 0 for echo requests */
	uint8_t proto; /* IPPROTO_* */
	bool is_source;
	bool unlisted_sources; /* target: it has sources that found no line of their own */
	uint8_t source[16];    /* all zero in a target's own line */
	uint64_t counts[OUTCOME_COUNT];
	uint64_t first_ns; /* CLOCK_REALTIME, of the first and of the last probe */
	uint64_t last_ns;
	struct summary_cause *causes; /* of the probes that are not healthy */
	uint32_t n_causes;
	uint64_t rank; /* of the target: its probes that are not healthy; set by summary_finish() */
};

struct summary {
	uint64_t counts[OUTCOME_COUNT]; /* each probe once, by its last verdict */
	uint64_t lost_events;
	uint64_t evicted;
	uint64_t window_ns; /* how long was watched */
	bool of_capture;    /* that is the length of a capture, which says nothing of its host */
	uint64_t sources_packets; /* of a capture: how many are to or from sources */
	struct summary_line
		*lines; /* after summary_finish(): each target, then its sources; worst first */
	size_t n_lines;
	struct summary_line other; /* targets that found no line */
	struct strangers strangers;
	/* Filled in by not_arriving_explain() when no probe was seen; all text is escaped. */
	const char *cause; /* NULL: events were lost or not captured, nothing can be said */
	const char *stage;
	char text[VERDICT_TEXT_LEN];
	unsigned int n_checks;
	char checks[SUMMARY_CHECKS_MAX][VERDICT_FIX_LEN];
	/* Private. */
	size_t room;
	uint32_t *slots;
};

/* Returns 0 or -ENOMEM. */
int summary_new(struct summary **out);
void summary_free(struct summary *s);

/* Counts a verdict; a revised one moves its probe from the outcome it had. */
void summary_add(struct summary *s, const struct verdict *v);

/* Puts the lines in order for printing. Nothing can be added afterwards. */
void summary_finish(struct summary *s);

/* The number of probes in counts. */
uint64_t summary_probes(const uint64_t counts[OUTCOME_COUNT]);

/* The most frequent cause among the probes that are not healthy, the earlier of equals; NULL if
 * none. */
const char *summary_leading(const struct summary_line *line);

#endif
