// SPDX-License-Identifier: GPL-2.0-only
// The probes being followed: found by flow, listed by age, looked at again by time.
#include "probe_table.h"

#include <errno.h>
#include <stdlib.h>

#include "flow.h"

int probe_table_init(struct probe_table *table, unsigned int max_probes)
{
	*table = (struct probe_table){.n_buckets = 64};
	while (table->n_buckets < max_probes)
		table->n_buckets *= 2;
	table->buckets = calloc(table->n_buckets, sizeof(*table->buckets));
	return table->buckets ? 0 : -ENOMEM;
}

void probe_table_free(struct probe_table *table)
{
	while (table->open.oldest)
		probe_table_remove(table, table->open.oldest);
	while (table->settled.oldest)
		probe_table_remove(table, table->settled.oldest);
	heap_free(&table->timers);
	free(table->buckets);
}

static struct probe **bucket(const struct probe_table *table, const struct ev_flow *flow)
{
	return &table->buckets[flow_hash(flow) & (table->n_buckets - 1)];
}

struct probe *probe_table_find(const struct probe_table *table, const struct ev_flow *flow)
{
	struct probe *probe = *bucket(table, flow);

	while (probe && !flow_equal(&probe->flow, flow))
		probe = probe->next;
	return probe;
}

static struct probe_list *list_of(struct probe_table *table, const struct probe *probe)
{
	return probe->state == PROBE_SETTLED ? &table->settled : &table->open;
}

static void list_append(struct probe_list *list, struct probe *probe)
{
	probe->older = list->newest;
	probe->newer = NULL;
	if (list->newest)
		list->newest->newer = probe;
	else
		list->oldest = probe;
	list->newest = probe;
	list->n++;
}

static void list_remove(struct probe_list *list, struct probe *probe)
{
	if (probe->older)
		probe->older->newer = probe->newer;
	else
		list->oldest = probe->newer;
	if (probe->newer)
		probe->newer->older = probe->older;
	else
		list->newest = probe->older;
	list->n--;
}

struct probe *probe_table_add(struct probe_table *table, const struct ev_flow *flow, uint32_t isn,
			      uint64_t timer_ns)
{
	struct probe **at = bucket(table, flow);
	struct probe *probe = probe_new(flow, isn);

	if (!probe)
		return NULL;
	probe->timer.key = timer_ns;
	if (heap_set(&table->timers, &probe->timer)) {
		probe_free(probe);
		return NULL;
	}
	probe->next = *at;
	*at = probe;
	list_append(&table->open, probe);
	return probe;
}

void probe_table_remove(struct probe_table *table, struct probe *probe)
{
	struct probe **at = bucket(table, &probe->flow);

	while (*at != probe)
		at = &(*at)->next;
	*at = probe->next;
	list_remove(list_of(table, probe), probe);
	heap_remove(&table->timers, &probe->timer);
	probe_free(probe);
}

void probe_table_settle(struct probe_table *table, struct probe *probe)
{
	list_remove(list_of(table, probe), probe);
	probe->state = PROBE_SETTLED;
	list_append(&table->settled, probe);
}

void probe_table_reopen(struct probe_table *table, struct probe *probe)
{
	list_remove(list_of(table, probe), probe);
	probe->state = PROBE_OPEN;
	list_append(&table->open, probe);
}

void probe_table_timer(struct probe_table *table, struct probe *probe, uint64_t at_ns)
{
	probe->timer.key = at_ns;
	heap_set(&table->timers, &probe->timer); /* is in it: cannot fail */
}

struct probe *probe_table_next(const struct probe_table *table)
{
	struct heap_node *node = heap_first(&table->timers);

	return node ? (struct probe *)node : NULL; /* timer is its first member */
}
