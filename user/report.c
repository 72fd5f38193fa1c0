// SPDX-License-Identifier: GPL-2.0-only
// What the report keeps of a run: counts, causes and notices, within limits.
#include "report.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>

#include "json_read.h"
#include "report_internal.h"

#define US_PER_S 1000000ULL

int report_new(struct report **out)
{
	*out = calloc(1, sizeof(**out));
	return *out ? 0 : -ENOMEM;
}

void report_free(struct report *report)
{
	if (!report)
		return;
	for (size_t i = 0; i < report->n_failures; i++)
		json_decref(report->failures[i].example);
	for (size_t i = 0; i < report->n_notices; i++)
		free(report->notices[i].text);
	json_decref(report->not_arriving);
	free(report->strips);
	free(report);
}

void report_about_host(struct report *report, const char *host, const char *kernel,
		       const char *version)
{
	snprintf(report->host, sizeof(report->host), "%s", host ? host : "");
	snprintf(report->kernel, sizeof(report->kernel), "%s", kernel ? kernel : "");
	snprintf(report->version, sizeof(report->version), "%s", version ? version : "");
}

void report_about_run(struct report *report, const struct options *options)
{
	struct utsname name;

	if (options->mode == MODE_REPLAY) {
		const char *path = options->file ? options->file : "";

		snprintf(report->input, sizeof(report->input), "%s",
			 strcmp(path, "-") != 0 ? path : "standard input");
	} else if (!uname(&name)) {
		report_about_host(report, name.nodename, name.release, VERSION);
	}
}

const char *report_text(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

/* FNV-1a; the end of the text counts, so that "a", "bc" is not "ab", "c". Begin with 0. */
uint64_t report_hash(uint64_t hash, const char *text)
{
	hash ^= 0xcbf29ce484222325;
	do
		hash = (hash ^ (unsigned char)*text) * 0x100000001b3;
	while (*text++);
	return hash;
}

uint64_t report_total(const uint64_t counts[OUTCOME_COUNT])
{
	uint64_t total = 0;

	for (int i = 0; i < OUTCOME_COUNT; i++)
		total += counts[i];
	return total;
}

const char *report_time(uint64_t us, bool date, bool millis, char buf[REPORT_TIME_LEN])
{
	time_t seconds = (time_t)(us / US_PER_S);
	size_t at = 0;
	struct tm tm;

	if (gmtime_r(&seconds, &tm))
		at = strftime(buf, REPORT_TIME_LEN, date ? "%Y-%m-%d %H:%M:%S" : "%H:%M:%S", &tm);
	buf[at] = 0;
	if (millis)
		snprintf(buf + at, REPORT_TIME_LEN - at, ".%03u",
			 (unsigned int)(us % US_PER_S / 1000));
	return buf;
}

const char *report_span(int64_t us, char buf[REPORT_TIME_LEN])
{
	const char *sign = us < 0 ? "-" : "", *unit = "s";
	uint64_t n = us < 0 ? 0 - (uint64_t)us : (uint64_t)us;

	if (n < 1000) {
		snprintf(buf, REPORT_TIME_LEN, "%s%" PRIu64 " \u00b5s", sign, n);
		return buf;
	}
	if (n < US_PER_S)
		unit = "ms";
	else
		n /= 1000;
	if (n % 1000)
		snprintf(buf, REPORT_TIME_LEN, "%s%" PRIu64 ".%03" PRIu64 " %s", sign, n / 1000,
			 n % 1000, unit);
	else
		snprintf(buf, REPORT_TIME_LEN, "%s%" PRIu64 " %s", sign, n / 1000, unit);
	return buf;
}

/* 10.0.0.1:80, [fd00::1]:80, udp 10.0.0.1:53, ping 10.0.0.1: as the text form has them. */
static void name_target(const json_t *probe, char out[REPORT_TARGET_LEN])
{
	const char *proto = report_text(probe, "proto"), *dst = report_text(probe, "dst");
	const json_t *port = json_object_get(probe, "dport");
	bool v6 = strchr(dst, ':') != NULL;

	if (!port)
		snprintf(out, REPORT_TARGET_LEN, "ping %s", dst);
	else
		snprintf(out, REPORT_TARGET_LEN, "%s%s%s%s:%d", strcmp(proto, "udp") ? "" : "udp ",
			 v6 ? "[" : "", dst, v6 ? "]" : "", (int)json_integer_value(port));
}

static int read_probe(const json_t *object, struct report_probe *probe)
{
	const json_t *from = json_object_get(object, "probe");
	const json_t *was = json_object_get(object, "was");
	const json_t *time = json_object_get(object, "time");
	char sport[32];
	uint64_t ns;

	*probe = (struct report_probe){.object = object};
	if (json_read_time(time, &ns) ||
	    json_read_outcome(report_text(object, "verdict"), &probe->outcome))
		return -EINVAL;
	probe->us = ns / 1000;
	probe->cause = report_text(object, "cause");
	probe->revised = json_is_true(json_object_get(object, "revised"));
	if (probe->revised && json_read_outcome(report_text(was, "verdict"), &probe->was))
		return -EINVAL;
	probe->was_cause = report_text(was, "cause");
	name_target(from, probe->target);
	snprintf(probe->source, sizeof(probe->source), "%s", report_text(from, "src"));
	snprintf(sport, sizeof(sport), "%d",
		 (int)json_integer_value(json_object_get(from, "sport")));
	probe->hash = report_hash(report_hash(0, probe->target), probe->source);
	probe->hash = report_hash(report_hash(probe->hash, sport), json_string_value(time));
	return 0;
}

static struct report_cause *find_cause(struct report *report, const char *id)
{
	for (size_t i = 0; i < report->n_causes; i++)
		if (!strncmp(report->causes[i].id, id, REPORT_CAUSE_LEN - 1))
			return &report->causes[i];
	return NULL;
}

static void count_cause(struct report *report, const struct report_probe *probe)
{
	struct report_cause *was = find_cause(report, probe->was_cause), *cause;

	if (probe->revised && was && was->count)
		was->count--;
	if (probe->outcome == OUTCOME_HEALTHY)
		return;
	cause = find_cause(report, probe->cause);
	if (!cause && report->n_causes < REPORT_CAUSES_MAX) {
		cause = &report->causes[report->n_causes++];
		snprintf(cause->id, sizeof(cause->id), "%s", probe->cause);
		cause->outcome = probe->outcome;
	}
	if (cause)
		cause->count++;
	else
		report->other_causes++;
}

static int add_verdict(struct report *report, const json_t *object)
{
	struct report_probe probe;
	int err = read_probe(object, &probe);

	if (err)
		return err;
	if (probe.revised && report->counts[probe.was])
		report->counts[probe.was]--;
	report->counts[probe.outcome]++;
	if (!report->first_us || probe.us < report->first_us)
		report->first_us = probe.us;
	if (probe.us > report->last_us)
		report->last_us = probe.us;
	if (*report_text(object, "source"))
		report->from_capture = true;
	count_cause(report, &probe);
	report_failures_add(report, &probe);
	return report_strips_add(report, &probe);
}

static int add_notice(struct report *report, const json_t *object)
{
	const char *text = report_text(object, "text");
	struct report_notice *notice;
	uint64_t ns;

	if (json_read_time(json_object_get(object, "time"), &ns))
		return -EINVAL;
	notice = report->n_notices ? &report->notices[report->n_notices - 1] : NULL;
	if (notice && !strcmp(notice->text, text)) {
		notice->count++;
		return 0;
	}
	if (report->n_notices == REPORT_NOTICES_MAX) {
		report->other_notices++;
		return 0;
	}
	notice = &report->notices[report->n_notices];
	notice->text = strdup(text);
	if (!notice->text)
		return -ENOMEM;
	notice->us = ns / 1000;
	notice->count = 1;
	report->n_notices++;
	return 0;
}

static uint64_t number_of(const json_t *object, const char *key)
{
	json_int_t number = json_integer_value(json_object_get(object, key));

	return number > 0 ? (uint64_t)number : 0;
}

/* Of a summary only what the verdicts do not tell. There are several where runs were appended to
 * one file. */
static int add_summary(struct report *report, json_t *object)
{
	report->summaries++;
	report->summary_probes += number_of(object, "probes");
	report->lost_events += number_of(object, "lost_events");
	report->evicted += number_of(object, "evicted");
	if (!number_of(object, "probes")) {
		json_decref(report->not_arriving);
		report->not_arriving = json_incref(object);
	}
	return 0;
}

int report_add(struct report *report, json_t *object)
{
	const char *type = report_text(object, "type");

	if (!strcmp(type, "verdict"))
		return add_verdict(report, object);
	if (!strcmp(type, "notice"))
		return add_notice(report, object);
	return strcmp(type, "summary") != 0 ? -EINVAL : add_summary(report, object);
}
