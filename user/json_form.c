// SPDX-License-Identifier: GPL-2.0-only
// The JSON objects that verdicts, the summary and notices are.
#include "json_form.h"

#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "escape.h"
#include "flow.h"

#define NS_PER_S 1000000000ULL

/* value is taken over; NULL counts as no memory, as in jansson. */
static int put(json_t *object, const char *key, json_t *value)
{
	return json_object_set_new(object, key, value);
}

static int put_number(json_t *object, const char *key, uint64_t value)
{
	return put(object, key, json_integer((json_int_t)value));
}

/* Text should be escaped already; what is not UTF-8 all the same (an interface's name) is escaped
 * here. */
static int put_text(json_t *object, const char *key, const char *text)
{
	json_t *value = json_string(text);
	char escaped[256];

	if (!value)
		value = json_string(escape_text(text, strlen(text), escaped, sizeof(escaped)));
	return put(object, key, value);
}

static int put_text_if(json_t *object, const char *key, const char *text)
{
	return text && *text ? put_text(object, key, text) : 0;
}

/* RFC 3339, UTC, microseconds. */
static int put_time(json_t *object, const char *key, uint64_t wall_ns)
{
	time_t seconds = (time_t)(wall_ns / NS_PER_S);
	char day[32], text[48];
	struct tm tm;

	if (!gmtime_r(&seconds, &tm) || !strftime(day, sizeof(day), "%Y-%m-%dT%H:%M:%S", &tm))
		return -1;
	snprintf(text, sizeof(text), "%s.%06uZ", day, (unsigned int)(wall_ns % NS_PER_S / 1000));
	return put_text(object, key, text);
}

static int put_address(json_t *object, const char *key, const uint8_t addr[16])
{
	char text[FLOW_ADDR_LEN];

	return put_text(object, key, addr_text(addr, text));
}

/* The object if nothing failed on the way to it. Takes object over. */
static json_t *finished(json_t *object, int failed)
{
	if (!failed)
		return object;
	json_decref(object);
	return NULL;
}

static bool has_ports(uint8_t proto)
{
	return proto == IPPROTO_TCP || proto == IPPROTO_UDP;
}

/* Addresses and ports; an echo request has none of the latter. */
static int put_flow(json_t *object, const struct ev_flow *flow)
{
	int failed = put_address(object, "src", flow->saddr);

	if (has_ports(flow->proto))
		failed |= put_number(object, "sport", flow->sport);
	failed |= put_address(object, "dst", flow->daddr);
	if (has_ports(flow->proto))
		failed |= put_number(object, "dport", flow->dport);
	return failed;
}

/* What the probe became where this host translates addresses. */
static int put_service(json_t *probe, const struct verdict *v)
{
	json_t *service;

	if (!v->service.family)
		return 0;
	service = json_object();
	return put_flow(service, &v->service) | put(probe, "translated", service);
}

static json_t *probe_object(const struct verdict *v)
{
	json_t *probe = json_object();
	bool tcp = v->probe.proto == IPPROTO_TCP;
	int failed = 0;

	failed |= put_text(probe, "proto", flow_proto_name(v->probe.proto));
	failed |= put_flow(probe, &v->probe);
	failed |= put_text_if(probe, "interface", v->interface);
	failed |= put_number(probe, tcp ? "syns" : "packets", v->syns);
	failed |= put_service(probe, v);
	if (!failed)
		return probe;
	json_decref(probe);
	return NULL;
}

static json_t *rule_object(const struct verdict_rule *rule)
{
	json_t *object = json_object();
	int failed = 0;

	failed |= put_text_if(object, "backend", rule->backend);
	failed |= put_text_if(object, "family", rule->family);
	failed |= put_text_if(object, "table", rule->table);
	failed |= put_text_if(object, "chain", rule->chain);
	failed |= put_text_if(object, "hook", rule->hook);
	if (rule->handle >= 0)
		failed |= put_number(object, "handle", (uint64_t)rule->handle);
	if (rule->number >= 0)
		failed |= put_number(object, "number", (uint64_t)rule->number);
	failed |= put_text_if(object, "text", rule->text);
	failed |= put_text_if(object, "set", rule->set);
	failed |= put_text_if(object, "element", rule->element);
	failed |= put_text_if(object, "owner", rule->owner);
	if (!failed)
		return object;
	json_decref(object);
	return NULL;
}

static json_t *evidence_array(const struct verdict *v)
{
	json_t *array = json_array();
	int failed = 0;

	for (unsigned int i = 0; i < v->n_steps; i++) {
		json_t *step = json_object();

		failed |= put(step, "t_us", json_integer(v->steps[i].t_us));
		failed |= put_text(step, "at", v->steps[i].at);
		failed |= put_text(step, "what", v->steps[i].what);
		failed |= json_array_append_new(array, step);
	}
	if (!failed)
		return array;
	json_decref(array);
	return NULL;
}

static json_t *text_array(const char (*texts)[VERDICT_FIX_LEN], unsigned int n)
{
	json_t *array = json_array();
	int failed = 0;

	for (unsigned int i = 0; i < n; i++)
		failed |= json_array_append_new(array, json_string(texts[i]));
	if (!failed)
		return array;
	json_decref(array);
	return NULL;
}

static int put_timing(json_t *object, const struct verdict_timing *t)
{
	const struct {
		const char *key;
		int64_t us;
	} parts[] = {{"syn_to_synack_us", t->syn_to_synack},
		     {"synack_to_ack_us", t->synack_to_ack},
		     {"request_to_first_byte_us", t->request_to_first_byte},
		     {"first_byte_to_close_us", t->first_byte_to_close}};
	json_t *timing = json_object();
	int failed = 0;

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		if (parts[i].us >= 0)
			failed |= put_number(timing, parts[i].key, (uint64_t)parts[i].us);
	if (json_object_size(timing))
		return failed | put(object, "timing", timing);
	json_decref(timing);
	return failed;
}

/* What a revised verdict replaces, so that who counts can take that back. */
static int put_was(json_t *object, const struct verdict *v)
{
	json_t *was;
	int failed = put(object, "revised", json_boolean(v->revised));

	if (!v->revised)
		return failed;
	was = json_object();
	failed |= put_text(was, "verdict", outcome_name(v->was));
	failed |= put_text_if(was, "cause", v->was_cause);
	return failed | put(object, "was", was);
}

json_t *json_of_verdict(const struct verdict *v)
{
	bool decided = v->outcome == OUTCOME_HEALTHY || v->outcome == OUTCOME_FAILED;
	json_t *object = json_object();
	int failed = 0;

	failed |= put_text(object, "type", "verdict");
	failed |= put_time(object, "time", v->wall_ns);
	if (v->source)
		failed |= put_text(object, "source", v->source);
	failed |= put(object, "probe", probe_object(v));
	failed |= put_text(object, "verdict", outcome_name(v->outcome));
	failed |= put_text(object, "cause", v->cause);
	failed |= put_text_if(object, "stage", v->stage);
	if (decided)
		failed |= put_text(object, "confidence", confidence_name(v->confidence));
	failed |= put_was(object, v);
	failed |= put_text(object, "summary", v->summary);
	failed |= put_number(object, "duration_us", v->duration_us);
	failed |= put_timing(object, &v->timing);
	if (v->rule.known)
		failed |= put(object, "rule", rule_object(&v->rule));
	failed |= put(object, "evidence", evidence_array(v));
	if (v->n_fix)
		failed |= put(object, "fix", text_array(v->fix, v->n_fix));
	failed |= put_number(object, "lost_events", v->lost_events);
	return finished(object, failed);
}

static int put_counts(json_t *object, const uint64_t counts[OUTCOME_COUNT])
{
	int failed = put_number(object, "probes", summary_probes(counts));

	for (int i = 0; i < OUTCOME_COUNT; i++)
		failed |= put_number(object, outcome_name((enum outcome)i), counts[i]);
	return failed;
}

/* What a target and a source have in common. */
static int put_line(json_t *object, const struct summary_line *line)
{
	int failed = put_counts(object, line->counts);

	failed |= put_text_if(object, "cause", summary_leading(line));
	failed |= put_time(object, "first", line->first_ns);
	failed |= put_time(object, "last", line->last_ns);
	return failed;
}

static int add_target(json_t *targets, const struct summary_line *line, json_t **sources)
{
	json_t *target = json_object();
	int failed = json_array_append_new(targets, target);

	failed |= put_text(target, "proto", flow_proto_name(line->proto));
	failed |= put_address(target, "dst", line->target);
	if (has_ports(line->proto))
		failed |= put_number(target, "dport", line->port);
	failed |= put_line(target, line);
	if (line->unlisted_sources)
		failed |= put(target, "sources_incomplete", json_true());
	*sources = json_array();
	failed |= put(target, "sources", *sources);
	return failed;
}

static int add_source(json_t *sources, const struct summary_line *line)
{
	json_t *source = json_object();
	int failed = json_array_append_new(sources, source);

	failed |= put_address(source, "src", line->source);
	failed |= put_line(source, line);
	return failed;
}

/* The last element stands for all targets that had no room, and has no address. */
static int add_other(json_t *targets, const struct summary *s)
{
	json_t *target = json_object();
	int failed = json_array_append_new(targets, target);

	failed |= put(target, "other", json_true());
	failed |= put_line(target, &s->other);
	return failed;
}

static json_t *targets_array(const struct summary *s)
{
	json_t *targets = json_array(), *sources = NULL;
	int failed = 0;

	for (size_t i = 0; i < s->n_lines; i++) {
		if (s->lines[i].is_source)
			failed |= add_source(sources, &s->lines[i]);
		else
			failed |= add_target(targets, &s->lines[i], &sources);
	}
	if (summary_probes(s->other.counts))
		failed |= add_other(targets, s);
	if (!failed)
		return targets;
	json_decref(targets);
	return NULL;
}

static int put_not_arriving(json_t *object, const struct summary *s)
{
	int failed = 0;

	failed |= put_text_if(object, "cause", s->cause);
	failed |= put_text_if(object, "stage", s->stage);
	failed |= put_text_if(object, "summary", s->text);
	if (s->n_checks)
		failed |= put(object, "fix", text_array(s->checks, s->n_checks));
	return failed;
}

json_t *json_of_summary(const struct summary *s)
{
	json_t *object = json_object();
	int failed = 0;

	failed |= put_text(object, "type", "summary");
	failed |= put_counts(object, s->counts);
	failed |= put_number(object, "lost_events", s->lost_events);
	failed |= put_number(object, "evicted", s->evicted);
	if (!summary_probes(s->counts))
		failed |= put_not_arriving(object, s);
	failed |= put(object, "targets", targets_array(s));
	return finished(object, failed);
}

json_t *json_of_notice(const char *text, uint64_t wall_ns)
{
	json_t *object = json_object();
	int failed = 0;

	failed |= put_text(object, "type", "notice");
	failed |= put_time(object, "time", wall_ns);
	failed |= put_text(object, "text", text);
	return finished(object, failed);
}
