// SPDX-License-Identifier: GPL-2.0-only
// Reads the objects of json_form.h back.
#define _GNU_SOURCE /* timegm */
#include "json_read.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "causes.h"
#include "flow.h"

#define NS_PER_S 1000000000ULL

/* An object that is being read, and the first key that was wrong. */
struct reading {
	const char *why;
};

static void wrong(struct reading *r, const char *key)
{
	if (!r->why)
		r->why = key;
}

bool json_read_is_plain(const char *text)
{
	for (const unsigned char *c = (const unsigned char *)text; *c; c++)
		if (*c < 0x20 || *c == 0x7f || (c[0] == 0xc2 && c[1] < 0xa0))
			return false;
	return true;
}

static const char *text_of(struct reading *r, const json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);
	const char *text = json_string_value(value);

	if (value && (!text || !json_read_is_plain(text)))
		wrong(r, key);
	return text;
}

/* Absent is empty. */
static void copy_text(struct reading *r, const json_t *object, const char *key, char *out,
		      size_t out_len)
{
	const char *text = text_of(r, object, key);

	snprintf(out, out_len, "%s", text ? text : "");
}

/* Absent is absent. */
static int64_t number_of(struct reading *r, const json_t *object, const char *key, int64_t max,
			 int64_t absent)
{
	const json_t *value = json_object_get(object, key);
	json_int_t number = json_integer_value(value);

	if (!value)
		return absent;
	if (!json_is_integer(value) || number < 0 || number > max)
		wrong(r, key);
	return number;
}

int json_read_time(const json_t *text, uint64_t *wall_ns)
{
	const char *value = json_string_value(text);
	unsigned int micros;
	struct tm tm = {0};
	int end = 0;
	time_t seconds;

	if (!value || sscanf(value, "%4d-%2d-%2dT%2d:%2d:%2d.%6uZ%n", &tm.tm_year, &tm.tm_mon,
			     &tm.tm_mday, &tm.tm_hour, &tm.tm_min, &tm.tm_sec, &micros, &end) != 7)
		return -EINVAL;
	/* The length of what strftime() and a number of six digits make, so that each has all of
	 * its digits. */
	if (!end || value[end] || end != (int)sizeof("2026-11-22T07:41:12.118123Z") - 1)
		return -EINVAL;
	if (tm.tm_mon < 1 || tm.tm_mon > 12 || tm.tm_mday < 1 || tm.tm_mday > 31 ||
	    tm.tm_hour < 0 || tm.tm_hour > 23 || tm.tm_min < 0 || tm.tm_min > 59 || tm.tm_sec < 0 ||
	    tm.tm_sec > 60 || tm.tm_year < 1970)
		return -EINVAL;
	tm.tm_year -= 1900;
	tm.tm_mon--;
	seconds = timegm(&tm);
	/* What 64 bits of nanoseconds hold, until 2554. */
	if (seconds < 0 || (uint64_t)seconds >= UINT64_MAX / NS_PER_S)
		return -EINVAL;
	*wall_ns = (uint64_t)seconds * NS_PER_S + micros * 1000ULL;
	return 0;
}

int json_read_outcome(const char *name, enum outcome *outcome)
{
	for (int i = 0; name && i < OUTCOME_COUNT; i++) {
		if (strcmp(name, outcome_name((enum outcome)i)) != 0)
			continue;
		*outcome = (enum outcome)i;
		return 0;
	}
	return -EINVAL;
}

static void read_address(struct reading *r, const json_t *object, const char *key, uint8_t addr[16])
{
	const char *text = text_of(r, object, key);

	memset(addr, 0, 16);
	if (text && inet_pton(AF_INET6, text, addr) == 1)
		return;
	addr[10] = addr[11] = 0xff;
	if (!text || inet_pton(AF_INET, text, addr + 12) != 1)
		wrong(r, key);
}

static void read_flow(struct reading *r, const json_t *object, uint8_t proto, struct ev_flow *flow)
{
	read_address(r, object, "src", flow->saddr);
	read_address(r, object, "dst", flow->daddr);
	flow->sport = (uint16_t)number_of(r, object, "sport", UINT16_MAX, 0);
	flow->dport = (uint16_t)number_of(r, object, "dport", UINT16_MAX, 0);
	flow->family = addr_is_v4(flow->saddr) ? 4 : 6;
	flow->proto = proto;
}

static uint8_t read_proto(struct reading *r, const json_t *probe)
{
	static const uint8_t known[] = {IPPROTO_TCP, IPPROTO_UDP, IPPROTO_ICMP};
	const char *name = text_of(r, probe, "proto");

	for (size_t i = 0; name && i < sizeof(known); i++)
		if (!strcmp(name, flow_proto_name(known[i])))
			return known[i];
	wrong(r, "proto");
	return 0;
}

static void read_probe(struct reading *r, const json_t *object, struct verdict *v)
{
	const json_t *probe = json_object_get(object, "probe");
	const json_t *translated = json_object_get(probe, "translated");
	uint8_t proto = read_proto(r, probe);

	read_flow(r, probe, proto, &v->probe);
	if (proto == IPPROTO_ICMP && v->probe.family == 6)
		v->probe.proto = IPPROTO_ICMPV6;
	if (translated)
		read_flow(r, translated, v->probe.proto, &v->service);
	copy_text(r, probe, "interface", v->interface, sizeof(v->interface));
	v->syns = (unsigned int)number_of(r, probe, proto == IPPROTO_TCP ? "syns" : "packets",
					  UINT32_MAX, 0);
}

static void read_rule(struct reading *r, const json_t *object, struct verdict_rule *rule)
{
	const json_t *from = json_object_get(object, "rule");

	rule->known = from != NULL;
	rule->handle = number_of(r, from, "handle", INT64_MAX, -1);
	rule->number = number_of(r, from, "number", INT64_MAX, -1);
	rule->owner = text_of(r, from, "owner");
	copy_text(r, from, "backend", rule->backend, sizeof(rule->backend));
	copy_text(r, from, "family", rule->family, sizeof(rule->family));
	copy_text(r, from, "table", rule->table, sizeof(rule->table));
	copy_text(r, from, "chain", rule->chain, sizeof(rule->chain));
	copy_text(r, from, "hook", rule->hook, sizeof(rule->hook));
	copy_text(r, from, "set", rule->set, sizeof(rule->set));
	copy_text(r, from, "element", rule->element, sizeof(rule->element));
	copy_text(r, from, "text", rule->text, sizeof(rule->text));
}

static void read_timing(struct reading *r, const json_t *object, struct verdict_timing *t)
{
	const json_t *from = json_object_get(object, "timing");

	t->syn_to_synack = number_of(r, from, "syn_to_synack_us", INT64_MAX, -1);
	t->synack_to_ack = number_of(r, from, "synack_to_ack_us", INT64_MAX, -1);
	t->request_to_first_byte = number_of(r, from, "request_to_first_byte_us", INT64_MAX, -1);
	t->first_byte_to_close = number_of(r, from, "first_byte_to_close_us", INT64_MAX, -1);
}

static void read_evidence(struct reading *r, const json_t *object, struct verdict *v)
{
	const json_t *steps = json_object_get(object, "evidence"), *from;
	size_t i;

	if (!json_is_array(steps) || json_array_size(steps) > VERDICT_STEPS_MAX) {
		wrong(r, "evidence");
		return;
	}
	json_array_foreach(steps, i, from)
	{
		struct verdict_step *step = &v->steps[v->n_steps];
		const json_t *t_us = json_object_get(from, "t_us");

		step->at = text_of(r, from, "at");
		if (!json_is_integer(t_us) || !step->at) {
			wrong(r, "evidence");
			return;
		}
		step->t_us = json_integer_value(t_us);
		copy_text(r, from, "what", step->what, sizeof(step->what));
		v->n_steps++;
	}
}

/* Strings of an array, as many as fit. Returns how many. */
static unsigned int read_fix(struct reading *r, const json_t *object, char (*out)[VERDICT_FIX_LEN],
			     unsigned int max)
{
	const json_t *fix = json_object_get(object, "fix"), *line;
	size_t i;

	if (fix && !json_is_array(fix))
		wrong(r, "fix");
	json_array_foreach(fix, i, line)
	{
		const char *text = json_string_value(line);

		if (i >= max || !text || !json_read_is_plain(text)) {
			wrong(r, "fix");
			return 0;
		}
		snprintf(out[i], VERDICT_FIX_LEN, "%s", text);
	}
	return (unsigned int)json_array_size(fix);
}

/* One of the catalogue, which stays; NULL for what is not in it. */
static const char *cause_id(const char *id)
{
	const struct cause *cause = id ? cause_find(id) : NULL;

	return cause ? cause->id : NULL;
}

static void read_was(struct reading *r, const json_t *object, struct verdict *v)
{
	const json_t *was = json_object_get(object, "was");

	v->revised = json_is_true(json_object_get(object, "revised"));
	v->was = OUTCOME_FAILED; /* the usual one, for results that do not say it */
	if (!v->revised || !was)
		return;
	if (json_read_outcome(text_of(r, was, "verdict"), &v->was))
		wrong(r, "was");
	v->was_cause = cause_id(text_of(r, was, "cause"));
}

static void read_decision(struct reading *r, const json_t *object, struct verdict *v)
{
	const char *confidence = text_of(r, object, "confidence");
	bool found = !confidence;

	if (json_read_outcome(text_of(r, object, "verdict"), &v->outcome))
		wrong(r, "verdict");
	v->cause = cause_id(text_of(r, object, "cause"));
	if (!v->cause)
		wrong(r, "cause");
	for (int i = CONFIDENCE_CERTAIN; !found && i <= CONFIDENCE_POSSIBLE; i++) {
		v->confidence = (enum confidence)i;
		found = !strcmp(confidence, confidence_name(v->confidence));
	}
	if (!found)
		wrong(r, "confidence");
}

static int result(const struct reading *r, const char **why)
{
	*why = r->why;
	return r->why ? -EINVAL : 0;
}

int json_read_verdict(const json_t *object, struct verdict *v, const char **why)
{
	struct reading r = {0};

	memset(v, 0, sizeof(*v));
	if (json_read_time(json_object_get(object, "time"), &v->wall_ns))
		wrong(&r, "time");
	v->source = text_of(&r, object, "source");
	read_probe(&r, object, v);
	read_decision(&r, object, v);
	read_was(&r, object, v);
	v->stage = text_of(&r, object, "stage");
	copy_text(&r, object, "summary", v->summary, sizeof(v->summary));
	v->duration_us = (uint64_t)number_of(&r, object, "duration_us", INT64_MAX, 0);
	read_timing(&r, object, &v->timing);
	read_rule(&r, object, &v->rule);
	read_evidence(&r, object, v);
	v->n_fix = read_fix(&r, object, v->fix, VERDICT_FIX_MAX);
	v->lost_events = (uint64_t)number_of(&r, object, "lost_events", INT64_MAX, 0);
	return result(&r, why);
}

int json_read_summary(const json_t *object, struct summary *s, const char **why)
{
	struct reading r = {0};

	s->lost_events += (uint64_t)number_of(&r, object, "lost_events", INT64_MAX, 0);
	s->evicted += (uint64_t)number_of(&r, object, "evicted", INT64_MAX, 0);
	if (!number_of(&r, object, "probes", INT64_MAX, 0)) {
		const char *cause = text_of(&r, object, "cause");

		s->cause = cause_id(cause);
		if (cause && !s->cause)
			wrong(&r, "cause");
		s->stage = s->cause ? cause_find(s->cause)->stage : NULL;
		copy_text(&r, object, "summary", s->text, sizeof(s->text));
		s->n_checks = read_fix(&r, object, s->checks, SUMMARY_CHECKS_MAX);
	}
	return result(&r, why);
}
