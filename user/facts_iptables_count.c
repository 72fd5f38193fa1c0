// SPDX-License-Identifier: GPL-2.0-only
// Tells which counters of legacy iptables moved since before a probe.
#include <errno.h>
#include <linux/netfilter.h>
#include <stdlib.h>
#include <string.h>

#include "facts_internal.h"
#include "facts_iptables.h"

/*
 * The part of the time that reading the counters may take: one in so many. 5,000 rules take about
 * 8 ms, nearly all of it the kernel's copying, and so are read every 2 s.
 */
#define SNAPSHOT_SHARE 200

static struct vec *counts_of(struct legacy_counts *counts, const struct legacy_ruleset *table)
{
	for (int i = 0; i < LEGACY_TABLES; i++)
		if (!strcmp(table->name, legacy_names[i]))
			return &counts->table[i + (table->pf == NFPROTO_IPV4 ? 0 : LEGACY_TABLES)];
	return NULL;
}

int legacy_counts_take(struct legacy_counts *counts, const struct legacy_ruleset *table)
{
	const struct legacy_rule *rule = table->rules.data;
	struct vec *out = counts_of(counts, table);
	struct legacy_count *count;

	for (size_t i = 0; out && i < table->rules.n; i++) {
		count = vec_push(out);
		if (!count)
			return -ENOMEM;
		*count = (struct legacy_count){rule[i].hash, rule[i].packets};
	}
	return 0;
}

/*
 * The same rule's place in base, NULL if it is new. Rules stay in order, so the search goes on from
 * the last one found; other rules may have been added or taken out meanwhile.
 */
static const struct legacy_count *find(const struct vec *base, uint64_t hash, size_t *next)
{
	const struct legacy_count *count = base->data;

	for (size_t i = 0, at = *next; i < base->n; i++, at++) {
		if (at >= base->n)
			at -= base->n;
		if (count[at].hash == hash) {
			*next = at + 1;
			return &count[at];
		}
	}
	return NULL;
}

/* A new rule, and one whose counter was set back, started from 0. */
void legacy_compare(struct legacy_ruleset *table, const struct legacy_counts *base)
{
	const struct vec none = {.size = sizeof(struct legacy_count)};
	const struct vec *counts = &none;
	struct legacy_rule *rule = table->rules.data;
	const struct legacy_count *count;
	size_t next = 0;

	table->counted = base != NULL;
	if (base)
		counts = counts_of((struct legacy_counts *)base, table);
	for (size_t i = 0; i < table->rules.n; i++) {
		count = find(counts ? counts : &none, rule[i].hash, &next);
		rule[i].still = !rule[i].packets || (count && count->packets == rule[i].packets);
	}
}

/* Each slot's arrays are used again. */
static void start(struct legacy_counts *counts)
{
	for (int i = 0; i < 2 * LEGACY_TABLES; i++) {
		counts->table[i].n = 0;
		counts->table[i].size = sizeof(struct legacy_count);
	}
	counts->time_ns = 0;
}

static int take_family(struct legacy_counts *counts, uint8_t pf)
{
	struct legacy_ruleset tables[LEGACY_TABLES] = {0};
	int err = 0, n;

	n = legacy_read(pf, tables);
	for (int i = 0; i < n && !err; i++)
		err = legacy_counts_take(counts, &tables[i]);
	legacy_tables_free(tables, n);
	return n < 0 ? n : err;
}

/* A snapshot without any rule counts too: what there is later was made since. */
void legacy_snapshot(struct facts *facts)
{
	struct legacy_state *state = &facts->legacy;
	struct legacy_counts *next = &state->kept[state->n % LEGACY_KEPT];
	uint64_t begin = facts_clock_ns();

	if (begin < state->not_before_ns)
		return;
	start(next);
	if (take_family(next, NFPROTO_IPV4) || take_family(next, NFPROTO_IPV6))
		return;
	next->time_ns = facts_clock_ns();
	state->not_before_ns = next->time_ns + SNAPSHOT_SHARE * (next->time_ns - begin);
	state->n++;
}

const struct legacy_counts *legacy_baseline(const struct legacy_state *state, uint64_t since_ns)
{
	const struct legacy_counts *best = NULL;

	for (int i = 0; i < LEGACY_KEPT; i++)
		if (state->kept[i].time_ns && state->kept[i].time_ns <= since_ns &&
		    (!best || state->kept[i].time_ns > best->time_ns))
			best = &state->kept[i];
	return best;
}

void legacy_close(struct facts *facts)
{
	struct legacy_state *state = &facts->legacy;

	for (int i = 0; i < LEGACY_KEPT; i++)
		for (int j = 0; j < 2 * LEGACY_TABLES; j++)
			vec_free(&state->kept[i].table[j]);
	legacy_tables_free(state->tables, state->n_tables);
	state->n_tables = 0;
}
