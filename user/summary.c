// SPDX-License-Identifier: GPL-2.0-only
// The tally of verdicts, per target and per source within it.
#include "summary.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "flow.h"

enum {
	SLOTS = 2 * SUMMARY_LINES_MAX, /* a power of two, never more than half full */
	NO_LINE = UINT32_MAX,
};

int summary_new(struct summary **out)
{
	struct summary *s = calloc(1, sizeof(*s));

	if (!s)
		return -ENOMEM;
	s->slots = malloc(SLOTS * sizeof(*s->slots));
	if (!s->slots) {
		free(s);
		return -ENOMEM;
	}
	memset(s->slots, 0xff, SLOTS * sizeof(*s->slots));
	*out = s;
	return 0;
}

void summary_free(struct summary *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->n_lines; i++)
		free(s->lines[i].causes);
	free(s->other.causes);
	free(s->lines);
	free(s->slots);
	free(s);
}

static bool make_room(struct summary *s)
{
	size_t room = s->room ? s->room * 2 : 16;
	struct summary_line *lines;

	if (s->n_lines < s->room)
		return true;
	if (room > SUMMARY_LINES_MAX)
		return false;
	lines = realloc(s->lines, room * sizeof(*lines));
	if (!lines)
		return false;
	s->lines = lines;
	s->room = room;
	return true;
}

static bool same_line(const struct summary_line *line, const struct ev_flow *probe, bool is_source)
{
	return line->is_source == is_source && line->port == probe->dport &&
	       line->proto == probe->proto && !memcmp(line->target, probe->daddr, 16) &&
	       (!is_source || !memcmp(line->source, probe->saddr, 16));
}

/* Where the line of the probe's target, or of its source there, is or would be in slots. */
static size_t find_slot(const struct summary *s, const struct ev_flow *probe, bool is_source)
{
	struct ev_flow key = {.dport = probe->dport, .proto = probe->proto, .family = is_source};
	size_t slot;

	memcpy(key.daddr, probe->daddr, 16);
	if (is_source)
		memcpy(key.saddr, probe->saddr, 16);
	slot = flow_hash(&key) % SLOTS;
	while (s->slots[slot] != NO_LINE && !same_line(&s->lines[s->slots[slot]], probe, is_source))
		slot = (slot + 1) % SLOTS;
	return slot;
}

/* The index of that line, made if need be; NO_LINE if there is no room. */
static uint32_t take_line(struct summary *s, const struct ev_flow *probe, bool is_source)
{
	size_t slot = find_slot(s, probe, is_source);
	struct summary_line *line;

	if (s->slots[slot] != NO_LINE || !make_room(s))
		return s->slots[slot];
	s->slots[slot] = (uint32_t)s->n_lines;
	line = &s->lines[s->n_lines++];
	*line = (struct summary_line){
		.port = probe->dport, .proto = probe->proto, .is_source = is_source};
	memcpy(line->target, probe->daddr, 16);
	if (is_source)
		memcpy(line->source, probe->saddr, 16);
	return s->slots[slot];
}

static struct summary_cause *find_cause(struct summary_line *line, const char *cause)
{
	for (uint32_t i = 0; i < line->n_causes; i++)
		if (!strcmp(line->causes[i].cause, cause))
			return &line->causes[i];
	return NULL;
}

static void count_cause(struct summary_line *line, const char *cause)
{
	struct summary_cause *entry = find_cause(line, cause);

	if (!entry && line->n_causes < SUMMARY_CAUSES_MAX) {
		entry = realloc(line->causes, (line->n_causes + 1) * sizeof(*entry));
		if (!entry)
			return;
		line->causes = entry;
		entry += line->n_causes++;
		*entry = (struct summary_cause){.cause = cause};
	}
	if (entry)
		entry->count++;
}

static void uncount_cause(struct summary_line *line, const char *cause)
{
	struct summary_cause *entry = find_cause(line, cause);

	if (entry && entry->count)
		entry->count--;
}

static void count_outcome(uint64_t counts[OUTCOME_COUNT], const struct verdict *v)
{
	/* Zero only if the first verdict was not counted: then this one is the first. */
	if (v->revised && counts[v->was])
		counts[v->was]--;
	counts[v->outcome]++;
}

static void count_line(struct summary_line *line, const struct verdict *v)
{
	count_outcome(line->counts, v);
	if (v->revised && v->was != OUTCOME_HEALTHY && v->was_cause)
		uncount_cause(line, v->was_cause);
	if (v->outcome != OUTCOME_HEALTHY)
		count_cause(line, v->cause);
	if (!line->first_ns || v->wall_ns < line->first_ns)
		line->first_ns = v->wall_ns;
	if (v->wall_ns > line->last_ns)
		line->last_ns = v->wall_ns;
}

void summary_add(struct summary *s, const struct verdict *v)
{
	uint32_t target = take_line(s, &v->probe, false), source;

	count_outcome(s->counts, v);
	if (target == NO_LINE) {
		count_line(&s->other, v);
		return;
	}
	count_line(&s->lines[target], v);
	source = take_line(s, &v->probe, true);
	if (source == NO_LINE)
		s->lines[target].unlisted_sources = true;
	else
		count_line(&s->lines[source], v);
}

uint64_t summary_probes(const uint64_t counts[OUTCOME_COUNT])
{
	uint64_t n = 0;

	for (int i = 0; i < OUTCOME_COUNT; i++)
		n += counts[i];
	return n;
}

const char *summary_leading(const struct summary_line *line)
{
	const struct summary_cause *leading = NULL;

	for (uint32_t i = 0; i < line->n_causes; i++)
		if (line->causes[i].count > (leading ? leading->count : 0))
			leading = &line->causes[i];
	return leading ? leading->cause : NULL;
}

static uint64_t unhealthy(const struct summary_line *line)
{
	return summary_probes(line->counts) - line->counts[OUTCOME_HEALTHY];
}

/* By target, most probes that are not healthy first; in a target its own line, then its sources
 * likewise. */
static int compare_lines(const void *one, const void *two)
{
	const struct summary_line *a = one, *b = two;
	int order = memcmp(a->target, b->target, 16);

	if (a->rank != b->rank)
		return a->rank > b->rank ? -1 : 1;
	if (order)
		return order;
	if (a->port != b->port)
		return a->port < b->port ? -1 : 1;
	if (a->proto != b->proto)
		return a->proto < b->proto ? -1 : 1;
	if (a->is_source != b->is_source)
		return a->is_source ? 1 : -1;
	if (unhealthy(a) != unhealthy(b))
		return unhealthy(a) > unhealthy(b) ? -1 : 1;
	return memcmp(a->source, b->source, 16);
}

void summary_finish(struct summary *s)
{
	for (size_t i = 0; i < s->n_lines; i++) {
		struct summary_line *line = &s->lines[i];
		struct ev_flow key = {.dport = line->port, .proto = line->proto};

		memcpy(key.daddr, line->target, 16);
		line->rank = unhealthy(&s->lines[s->slots[find_slot(s, &key, false)]]);
	}
	if (s->n_lines)
		qsort(s->lines, s->n_lines, sizeof(*s->lines), compare_lines);
}
