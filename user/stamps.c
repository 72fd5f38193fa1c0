// SPDX-License-Identifier: GPL-2.0-only
// The last TCP timestamps of hosts, as kernels with tcp_tw_recycle remember them.
#include "stamps.h"

#include <stdlib.h>
#include <string.h>

#include "flow.h"

enum { SETS = 2048, WAYS = 4, PAWS_WINDOW = 1 };

#define PAWS_MSL_NS 60000000000ULL

struct stamp {
	uint8_t source[16], target[16];
	uint64_t time_ns; /* 0: a free place */
	uint32_t tsval;
	bool refuted;
};

static struct stamp *set_of(const struct stamps *stamps, const struct ev_flow *flow)
{
	struct ev_flow hosts = *flow;

	hosts.sport = 0;
	hosts.dport = 0;
	return &stamps->table[flow_hash(&hosts) % SETS * WAYS];
}

static bool is_of(const struct stamp *stamp, const struct ev_flow *flow)
{
	return stamp->time_ns && !memcmp(stamp->source, flow->saddr, 16) &&
	       !memcmp(stamp->target, flow->daddr, 16);
}

static struct stamp *find(const struct stamps *stamps, const struct ev_flow *flow)
{
	struct stamp *set = stamps->table ? set_of(stamps, flow) : NULL;

	for (int i = 0; set && i < WAYS; i++)
		if (is_of(&set[i], flow))
			return &set[i];
	return NULL;
}

static struct stamp *make(struct stamps *stamps, const struct ev_flow *flow)
{
	struct stamp *set, *oldest;

	if (!stamps->table)
		stamps->table = calloc((size_t)SETS * WAYS, sizeof(*stamps->table));
	if (!stamps->table)
		return NULL;
	set = oldest = set_of(stamps, flow);
	for (int i = 1; i < WAYS; i++)
		if (set[i].time_ns < oldest->time_ns)
			oldest = &set[i];
	*oldest = (struct stamp){0};
	memcpy(oldest->source, flow->saddr, 16);
	memcpy(oldest->target, flow->daddr, 16);
	return oldest;
}

void stamps_free(struct stamps *stamps)
{
	free(stamps->table);
	stamps->table = NULL;
}

void stamps_remember(struct stamps *stamps, const struct ev_flow *flow, uint32_t tsval,
		     uint64_t time_ns)
{
	struct stamp *stamp = find(stamps, flow);

	if (stamp && (int32_t)(stamp->tsval - tsval) > 0 && time_ns <= stamp->time_ns + PAWS_MSL_NS)
		return;
	if (!stamp)
		stamp = make(stamps, flow);
	if (!stamp)
		return; /* without memory one cause is not found */
	stamp->tsval = tsval;
	stamp->time_ns = time_ns ? time_ns : 1;
}

bool stamps_behind(const struct stamps *stamps, const struct ev_flow *flow, uint32_t tsval,
		   uint64_t time_ns, uint32_t *last, uint64_t *age_ns)
{
	const struct stamp *stamp = find(stamps, flow);

	if (!stamp || (int32_t)(stamp->tsval - tsval) <= PAWS_WINDOW)
		return false;
	*last = stamp->tsval;
	*age_ns = time_ns > stamp->time_ns ? time_ns - stamp->time_ns : 0;
	return *age_ns < PAWS_MSL_NS;
}

bool stamps_kept_behind(const struct fact_tcp_metric *kept, uint32_t tsval, uint64_t time_ns,
			uint64_t *age_ns)
{
	const uint64_t age = kept->age_s * 1000000000ULL;
	const uint64_t since = kept->hdr.time_ns > time_ns ? kept->hdr.time_ns - time_ns : 0;

	if (since > age || (int32_t)(kept->tsval - tsval) <= PAWS_WINDOW)
		return false;
	*age_ns = age - since;
	return *age_ns < PAWS_MSL_NS;
}

void stamps_refute(struct stamps *stamps, const struct ev_flow *flow)
{
	struct stamp *stamp = find(stamps, flow);

	if (stamp)
		stamp->refuted = true;
}

bool stamps_refuted(const struct stamps *stamps, const struct ev_flow *flow)
{
	const struct stamp *stamp = find(stamps, flow);

	return stamp && stamp->refuted;
}
