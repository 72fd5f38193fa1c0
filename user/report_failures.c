// SPDX-License-Identifier: GPL-2.0-only
// The different ways in which probes failed, each with one probe as its example.
#include <string.h>

#include "report_internal.h"

/*
 * The words of a summary without what differs from probe to probe: numbers, but for those in
 * quotes, which are of the exchange itself (a status code).
 */
static uint64_t hash_words(uint64_t hash, const char *text)
{
	bool quoted = false;

	for (; *text; text++) {
		char letter[2] = {*text, 0};

		if (*text == '"')
			quoted = !quoted;
		if (!quoted && strchr("0123456789", *text)) {
			text += strspn(text, "0123456789") - 1;
			*letter = '0';
		}
		hash = report_hash(hash, letter);
	}
	return hash;
}

static uint64_t hash_number(uint64_t hash, const json_t *object, const char *key)
{
	char text[32];

	snprintf(text, sizeof(text), "%lld",
		 (long long)json_integer_value(json_object_get(object, key)));
	return report_hash(hash, text);
}

/* The same for probes that failed alike. */
static uint64_t hash_failure(const struct report_probe *probe)
{
	static const char *const words[] = {"backend", "family", "table", "chain", "text"};
	const json_t *rule = json_object_get(probe->object, "rule");
	uint64_t hash = report_hash(report_hash(0, probe->cause), probe->target);

	if (!rule)
		return hash_words(hash, report_text(probe->object, "summary"));
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		hash = report_hash(hash, report_text(rule, words[i]));
	return hash_number(hash_number(hash, rule, "number"), rule, "handle");
}

static bool is_of(const struct report_failure *failure, const char *cause, const char *target)
{
	return !strncmp(failure->cause, cause, REPORT_CAUSE_LEN - 1) &&
	       !strcmp(failure->target, target);
}

/* Takes back what the revised verdict said: the failure whose last probe it was, or the largest of
 * that cause and target. */
static void take_back(struct report *report, const struct report_probe *probe)
{
	struct report_failure *found = NULL;

	if (probe->was == OUTCOME_HEALTHY)
		return;
	for (size_t i = 0; i < report->n_failures; i++) {
		struct report_failure *failure = &report->failures[i];

		if (!is_of(failure, probe->was_cause, probe->target))
			continue;
		if (failure->last_probe == probe->hash) {
			found = failure;
			break;
		}
		if (!found || failure->count > found->count)
			found = failure;
	}
	if (found && found->count)
		found->count--;
	else if (report->other_failures)
		report->other_failures--;
}

static struct report_failure *find_failure(struct report *report, const struct report_probe *probe,
					   uint64_t hash)
{
	unsigned int variants = 0;
	struct report_failure *failure;

	for (size_t i = 0; i < report->n_failures; i++) {
		failure = &report->failures[i];
		if (failure->hash == hash)
			return failure;
		variants += is_of(failure, probe->cause, probe->target);
	}
	if (report->n_failures == REPORT_FAILURES_MAX || variants == REPORT_VARIANTS_MAX)
		return NULL;
	failure = &report->failures[report->n_failures++];
	failure->hash = hash;
	snprintf(failure->cause, sizeof(failure->cause), "%s", probe->cause);
	snprintf(failure->target, sizeof(failure->target), "%s", probe->target);
	return failure;
}

static void add_source(struct report_failure *failure, const char *source)
{
	for (unsigned int i = 0; i < failure->n_sources; i++)
		if (!strcmp(failure->sources[i], source))
			return;
	if (failure->n_sources == REPORT_SOURCES_MAX)
		failure->more_sources = true;
	else
		snprintf(failure->sources[failure->n_sources++], REPORT_SOURCE_LEN, "%s", source);
}

void report_failures_add(struct report *report, const struct report_probe *probe)
{
	struct report_failure *failure;

	if (probe->revised)
		take_back(report, probe);
	if (probe->outcome == OUTCOME_HEALTHY)
		return;
	failure = find_failure(report, probe, hash_failure(probe));
	if (!failure) {
		report->other_failures++;
		return;
	}
	if (!failure->example)
		failure->example = json_incref((json_t *)probe->object);
	if (!failure->first_us || probe->us < failure->first_us)
		failure->first_us = probe->us;
	if (probe->us > failure->last_us)
		failure->last_us = probe->us;
	failure->count++;
	failure->last_probe = probe->hash;
	add_source(failure, probe->source);
}
