/* SPDX-License-Identifier: GPL-2.0-only */
/* The probes being followed: found by flow, listed by age, looked at again by time. */
#ifndef CLBTRACE_PROBE_TABLE_H
#define CLBTRACE_PROBE_TABLE_H

#include "probe.h"

struct probe_list {
	struct probe *oldest;
	struct probe *newest;
	unsigned int n;
};

struct probe_table {
	struct probe **buckets;
	size_t n_buckets; /* a power of two */
	struct heap timers;
	struct probe_list open;
	struct probe_list settled;
};

/* Returns 0 or -ENOMEM. */
int probe_table_init(struct probe_table *table, unsigned int max_probes);
/* Frees the probes too. */
void probe_table_free(struct probe_table *table);

/* The probe of that flow (prober -> this host), NULL if there is none. */
struct probe *probe_table_find(const struct probe_table *table, const struct ev_flow *flow);
/* Makes a probe in the open list; NULL without memory. */
struct probe *probe_table_add(struct probe_table *table, const struct ev_flow *flow, uint32_t isn,
			      uint64_t timer_ns);
/* Takes it out and frees it. */
void probe_table_remove(struct probe_table *table, struct probe *probe);

/* Moves it to the newest end of the list of settled or open probes. */
void probe_table_settle(struct probe_table *table, struct probe *probe);
void probe_table_reopen(struct probe_table *table, struct probe *probe);

void probe_table_timer(struct probe_table *table, struct probe *probe, uint64_t at_ns);
/* The probe to look at first, NULL if none. */
struct probe *probe_table_next(const struct probe_table *table);

#endif
