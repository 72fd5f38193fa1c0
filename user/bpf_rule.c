// SPDX-License-Identifier: GPL-2.0-only
// Attaches the programs on nf_tables, and looks up what they have named.
#include "bpf_rule.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "bpf_rule_internal.h"
#include "clbtrace.skel.h"
#include "rule_records.h"

#define SETTLED_NS 5000000ULL /* after the first packet; a walk over 5,000 rules is far less */
#define LOOK_NS	   100000L
#define NS_PER_S   1000000000ULL

struct bpf_rules {
	struct bpf_link *links[RULE_TARGETS]; /* NULL: its module was not there */
	struct ring_buffer *ring;
	struct rule_records records;
};

static int on_record(void *ctx, void *data, size_t size)
{
	struct bpf_rules *rules = ctx;

	if (size >= sizeof(struct rule_record))
		rule_records_add(&rules->records, data);
	return 0;
}

/* Expressions first: what decides must not be seen before what it decided by. */
static int attach(struct bpf_rules *rules, const struct clbtrace_bpf *skel)
{
	for (int i = RULE_TARGETS - 1; i >= 0; i--) {
		struct bpf_program *program = rule_program(skel, i);

		if (!bpf_program__autoload(program))
			continue;
		rules->links[i] = bpf_program__attach(program);
		if (!rules->links[i])
			return -errno;
	}
	return 0;
}

int bpf_rules_open(struct bpf_rules **out, struct clbtrace_bpf *skel)
{
	struct bpf_rules *rules;

	*out = NULL;
	if (!skel->rodata->names_rules)
		return 0;
	rules = calloc(1, sizeof(*rules));
	if (!rules)
		return -ENOMEM;
	rules->ring =
		ring_buffer__new(bpf_map__fd(skel->maps.rule_records), on_record, rules, NULL);
	if (!rules->ring || attach(rules, skel)) {
		bpf_rules_close(rules);
		return 0;
	}
	*out = rules;
	return 0;
}

void bpf_rules_close(struct bpf_rules *rules)
{
	if (!rules)
		return;
	for (int i = 0; i < RULE_TARGETS; i++)
		bpf_link__destroy(rules->links[i]);
	ring_buffer__free(rules->ring);
	free(rules);
}

void bpf_rules_drain(struct bpf_rules *rules)
{
	if (rules)
		ring_buffer__consume(rules->ring);
}

/*
 * An expression of a module that came after the programs were attached may have dropped the packet,
 * unseen: then it was not the policy.
 */
static bool is_certain(const struct bpf_rules *rules, const struct rule_record *record)
{
	char path[64];

	if (record->handle)
		return true;
	for (int i = 0; i < RULE_TARGETS; i++) {
		snprintf(path, sizeof(path), "/sys/module/%s", rule_target(i)->module);
		if (!rules->links[i] && !access(path, F_OK))
			return false;
	}
	return true;
}

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

bool bpf_rules_find(struct bpf_rules *rules, const struct fact_request *request,
		    struct fact_rule *out)
{
	static const struct timespec look = {.tv_nsec = LOOK_NS};
	const struct rule_record *record;

	if (!rules)
		return false;
	bpf_rules_drain(rules);
	while (!(record = rule_records_find(&rules->records, request)) &&
	       now_ns() < request->since_ns + SETTLED_NS) {
		nanosleep(&look, NULL);
		bpf_rules_drain(rules);
	}
	if (!record || !is_certain(rules, record))
		return false;
	*out = rule_record_fact(record);
	return true;
}
