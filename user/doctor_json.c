// SPDX-License-Identifier: GPL-2.0-only
// What "clbtrace doctor" has found, as one JSON object.
#include <errno.h>
#include <jansson.h>
#include <linux/netfilter.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "doctor.h"
#include "escape.h"

enum { ESCAPED_LEN = 4 * EV_NAME_LEN + 4 };

/* Names of others are escaped here: they may be anything. */
static json_t *name_of(const char *text, size_t len)
{
	char escaped[ESCAPED_LEN];

	return json_string(escape_text(text, strnlen(text, len), escaped, sizeof(escaped)));
}

#define PUT_NAME(object, key, field)                                                               \
	((field)[0] ? json_object_set_new(object, key, name_of(field, sizeof(field))) : 0)

static int put_text(json_t *object, const char *key, const char *text)
{
	return *text ? json_object_set_new(object, key, json_string(text)) : 0;
}

static int put_number(json_t *object, const char *key, int64_t value)
{
	return json_object_set_new(object, key, json_integer(value));
}

static json_t *way_list(uint32_t bits)
{
	json_t *list = json_array();

	for (int way = 0; way < WAY_COUNT; way++)
		if (bits >> way & 1)
			json_array_append_new(list, json_string(way_id((enum way)way)));
	return list;
}

static json_t *waypoints_of(const struct doctor *d)
{
	json_t *list = json_array(), *object;

	for (int way = 0; way < WAY_COUNT; way++) {
		object = json_object();
		put_text(object, "id", way_id((enum way)way));
		put_text(object, "shows", way_what((enum way)way));
		json_object_set_new(object, "works", json_boolean(d->sight.waypoints >> way & 1));
		put_text(object, "how", d->waypoints[way].how);
		put_text(object, "why", d->waypoints[way].why);
		put_text(object, "enable", d->waypoints[way].enable);
		json_array_append_new(list, object);
	}
	return list;
}

static json_t *causes_of(const struct doctor *d)
{
	const struct cause *cause = NULL;
	json_t *list = json_array(), *object;
	struct coverage coverage;

	while ((cause = cause_next(cause))) {
		coverage = coverage_of(cause, &d->sight);
		if (!d->works)
			coverage.tellable = false;
		object = json_object();
		put_text(object, "id", cause->id);
		put_text(object, "confidence", doctor_confidence(&coverage));
		if (coverage.tellable)
			json_object_set_new(object, "waypoints", way_list(coverage.by));
		if (coverage.missing)
			json_object_set_new(object, "missing", way_list(coverage.missing));
		json_array_append_new(list, object);
	}
	return list;
}

static const char *family_of(const struct fact_hook *hook)
{
	if (hook->pf == NFPROTO_NETDEV)
		return "netdev";
	return hook->pf == NFPROTO_IPV4 ? "ip" : "ip6";
}

static json_t *hooks_of(const struct doctor *d)
{
	static const char *const backends[] = {
		[HOOK_OTHER] = "other",
		[HOOK_NFT] = "nft",
		[HOOK_IPTABLES_LEGACY] = "iptables-legacy",
		[HOOK_CONNTRACK] = "conntrack",
		[HOOK_WAYPOINT] = "clbtrace",
	};
	json_t *list = json_array(), *object;
	const struct fact_hook *hook;

	for (hook = d->hooks; hook < d->hooks + d->n_hooks; hook++) {
		object = json_object();
		put_text(object, "pf", family_of(hook));
		put_text(object, "hook", doctor_hook_name(hook));
		put_number(object, "priority", hook->priority);
		put_text(object, "backend", backends[hook->backend]);
		PUT_NAME(object, "function", hook->function);
		PUT_NAME(object, "module", hook->module);
		PUT_NAME(object, "family", hook->family);
		PUT_NAME(object, "table", hook->table);
		PUT_NAME(object, "chain", hook->chain);
		if (hook->prog_id)
			put_number(object, "program", hook->prog_id);
		if (hook->ifindex)
			put_number(object, "ifindex", hook->ifindex);
		if (hook->backend == HOOK_NFT)
			json_object_set_new(object, "policy_drop", json_boolean(hook->policy_drop));
		json_array_append_new(list, object);
	}
	return list;
}

static json_t *programs_of(const struct doctor *d)
{
	json_t *list = json_array(), *object;
	const struct fact_program *program;

	for (program = d->programs; program < d->programs + d->n_programs; program++) {
		object = json_object();
		put_text(object, "place", doctor_place_name(program->place));
		PUT_NAME(object, "interface", program->ifname);
		if (program->id)
			put_number(object, "id", program->id);
		PUT_NAME(object, "name", program->name);
		PUT_NAME(object, "kind", program->kind);
		if (program->place == PROG_TC_INGRESS || program->place == PROG_TC_EGRESS) {
			put_number(object, "priority", program->prio);
			put_number(object, "handle", program->handle);
		}
		json_array_append_new(list, object);
	}
	return list;
}

static json_t *disturbances_of(const struct doctor *d)
{
	json_t *list = json_array(), *object;

	for (size_t i = 0; i < d->n_disturbances && i < DOCTOR_DISTURBANCES_MAX; i++) {
		object = json_object();
		put_text(object, "kind", d->disturbances[i].kind);
		put_text(object, "text", d->disturbances[i].text);
		json_array_append_new(list, object);
	}
	return list;
}

static json_t *kernel_of(const struct doctor *d)
{
	json_t *object = json_object();

	put_text(object, "release", d->release);
	put_text(object, "machine", d->machine);
	put_text(object, "btf", d->btf);
	return object;
}

int doctor_print_json(const struct doctor *d)
{
	json_t *object = json_object();
	char *line;
	bool failed;

	put_text(object, "type", "doctor");
	json_object_set_new(object, "works", json_boolean(d->works));
	put_text(object, "backend", d->backend == BACKEND_PCAP ? "pcap" : "bpf");
	put_text(object, "why", d->why);
	json_object_set_new(object, "kernel", kernel_of(d));
	json_object_set_new(object, "waypoints", waypoints_of(d));
	json_object_set_new(object, "causes", causes_of(d));
	json_object_set_new(object, "hooks", hooks_of(d));
	json_object_set_new(object, "programs", programs_of(d));
	json_object_set_new(object, "disturbances", disturbances_of(d));
	line = json_dumps(object, JSON_COMPACT | JSON_ENSURE_ASCII);
	json_decref(object);
	if (!line)
		return -ENOMEM;
	errno = 0;
	failed = puts(line) == EOF || fflush(stdout) == EOF;
	free(line);
	return failed ? -(errno ? errno : EIO) : 0;
}
