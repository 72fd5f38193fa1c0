// SPDX-License-Identifier: GPL-2.0-only
// Answers requests for host facts, each kind by its own file.
#include "facts.h"

#include <errno.h>
#include <linux/netlink.h>
#include <stdlib.h>
#include <string.h>

#include "facts_internal.h"
#include "facts_trace.h"

/* What the answer depends on, apart from the time. */
enum {
	KEY_SADDR = 1 << 0,
	KEY_DADDR = 1 << 1,
	KEY_PORT = 1 << 2,
	KEY_IFINDEX = 1 << 3,
	KEY_BASELINE = 1 << 4,
	KEY_SERVICE = 1 << 5, /* destination and port as the service sees them */
	KEY_STOP = 1 << 6,    /* the namespace in which the probe was stopped */
	KEY_ADDRS = KEY_SADDR | KEY_DADDR | KEY_IFINDEX,
};

/* The namespace in which it is looked up. */
enum fact_place { AT_HOME, AT_STOP, AT_SERVICE };

struct fact_kind {
	uint32_t need;
	uint32_t keys; /* KEY_*; 0: never reused */
	enum fact_place place;
	int (*look_up)(struct gather *g);
};

static const struct fact_kind kinds[] = {
	{NEED_LISTENERS, KEY_DADDR | KEY_SERVICE, AT_SERVICE, gather_listeners},
	{NEED_CONN, 0, AT_SERVICE, gather_conn},
	{NEED_SYSCTLS, KEY_IFINDEX | KEY_STOP, AT_STOP, gather_sysctls},
	{NEED_COUNTERS, 0, AT_HOME, gather_counters},
	{NEED_ROUTE, KEY_ADDRS, AT_HOME, gather_route},
	{NEED_ADDRS, KEY_ADDRS, AT_HOME, gather_addrs},
	{NEED_NEIGH, KEY_ADDRS, AT_HOME, gather_neigh},
	{NEED_PROGRAMS, KEY_ADDRS | KEY_PORT | KEY_SERVICE | KEY_STOP, AT_STOP, gather_programs},
	{NEED_HOOKS, KEY_IFINDEX | KEY_STOP, AT_STOP, gather_hooks},
	{NEED_CONNTRACK, KEY_BASELINE | KEY_STOP, AT_STOP, gather_conntrack},
	{NEED_RULE, 0, AT_STOP, gather_rule_named},
	{NEED_TCP_METRICS, KEY_ADDRS, AT_HOME, gather_tcp_metrics},
	{NEED_ELSEWHERE, KEY_SADDR | KEY_DADDR | KEY_SERVICE, AT_HOME, gather_elsewhere},
};

/* What a copy of /proc has. */
enum { NEEDS_IN_PROC = NEED_LISTENERS | NEED_SYSCTLS | NEED_COUNTERS | NEED_CONNTRACK };

/* Every fact begins like this. */
struct fact_head {
	struct ev_hdr hdr;
	struct ev_flow flow;
};

int facts_new(struct facts **out, const struct proc_root *root)
{
	struct facts *facts = calloc(1, sizeof(*facts));

	*out = facts;
	if (!facts)
		return -ENOMEM;
	netns_view_home(&facts->home);
	facts->at = &facts->home;
	facts->proc = *root;
	facts->symbols.size = sizeof(struct symbol);
	return 0;
}

int facts_open(struct facts **out, hook_walk_fn walk, void *walk_ctx)
{
	/* Its net is a link to that of the main thread, which is the only one. */
	static const struct proc_root root = {.path = "/proc"};
	int err = facts_new(out, &root);

	if (err)
		return err;
	(*out)->walk = walk;
	(*out)->walk_ctx = walk_ctx;
	hooks_warm(*out);
	return 0;
}

void facts_close(struct facts *facts)
{
	if (!facts)
		return;
	for (size_t i = 0; i < CACHE_SLOTS; i++)
		free(facts->cache[i].record.data);
	free(facts->scratch.data);
	vec_free(&facts->symbols);
	legacy_close(facts);
	netns_list_free(&facts->netns);
	netns_close_all(facts);
	trace_close(facts->trace);
	free(facts);
}

void facts_snapshot(struct facts *facts, uint64_t now_ns)
{
	struct counter_history *history = &facts->counters;
	struct counter_snapshot *next = &history->kept[history->n % SNAPSHOTS_KEPT];
	struct counter_snapshot taken = {.time_ns = now_ns};

	if (facts->proc.is_finished)
		return;
	if (!facts->proc.is_copy) {
		netns_expire(facts);
		legacy_snapshot(facts);
	}
	if (counters_read(&facts->proc, &taken))
		return;
	*next = taken;
	history->n++;
}

bool gather_is_elsewhere(const struct gather *g)
{
	return g->request->netns && g->request->netns != g->facts->home.inode;
}

int gather_add(struct gather *g, uint16_t type, void *fact, size_t size)
{
	struct fact_head *head = fact;

	head->hdr = (struct ev_hdr){.type = type, .size = size, .time_ns = g->now_ns};
	head->flow = g->request->probe;
	return record_add(g->record, fact, size);
}

static void key_service(struct cache_key *key, const struct ev_flow *service)
{
	memcpy(key->service.daddr, service->daddr, 16);
	key->service.dport = service->dport;
}

static void key_stop(struct cache_key *key, const struct gather *g)
{
	if (!gather_is_elsewhere(g))
		return;
	key->netns = g->request->netns;
	key_service(key, &g->request->service);
	memcpy(key->service.saddr, g->request->service.saddr, 16);
}

static struct cache_key make_key(const struct gather *g, const struct fact_kind *kind)
{
	const struct ev_flow *probe = &g->request->probe;
	struct cache_key key;

	memset(&key, 0, sizeof(key));
	key.need = kind->need;
	key.flow.family = probe->family;
	key.flow.proto = probe->proto;
	if (kind->keys & KEY_SADDR)
		memcpy(key.flow.saddr, probe->saddr, 16);
	if (kind->keys & KEY_DADDR)
		memcpy(key.flow.daddr, probe->daddr, 16);
	if (kind->keys & KEY_PORT)
		key.flow.dport = probe->dport;
	if (kind->keys & KEY_IFINDEX)
		key.ifindex = g->request->ifindex;
	if (kind->keys & KEY_SERVICE)
		key_service(&key, &g->request->service);
	if (kind->keys & KEY_STOP)
		key_stop(&key, g);
	if (kind->keys & KEY_BASELINE) {
		const struct counter_snapshot *base;

		base = counters_baseline(&g->facts->counters, g->request->since_ns);
		key.baseline_ns = base ? base->time_ns : 0;
	}
	return key;
}

/* Comes back to the traced namespace however it ends. */
static int look_up_there(struct gather *g, const struct fact_kind *kind)
{
	int err = 0;

	if (g->facts->proc.is_copy)
		return kind->need & NEEDS_IN_PROC ? kind->look_up(g) : -EOPNOTSUPP;
	if (kind->place == AT_STOP)
		err = stop_enter(g);
	else if (kind->place == AT_SERVICE)
		err = service_enter(g);
	if (!err)
		err = kind->look_up(g);
	gather_return(g);
	return err;
}

/* Leaves the answer in g->record. */
static int look_up(struct gather *g, const struct fact_kind *kind)
{
	struct cache_slot *slot;
	struct cache_key key;
	bool fresh;

	if (!g->loaded || !kind->keys) {
		g->record = &g->facts->scratch;
		g->record->len = 0;
		return look_up_there(g, kind);
	}
	key = make_key(g, kind);
	slot = cache_find(g->facts->cache, &key, g->now_ns, &fresh);
	g->record = &slot->record;
	if (fresh)
		return slot->error;
	slot->record.len = 0;
	slot->error = look_up_there(g, kind);
	slot->key = key;
	slot->time_ns = g->now_ns;
	return slot->error;
}

static int push_all(const struct gather *g, const struct event_sink *to)
{
	struct fact_head *head;
	int err;

	for (size_t at = 0; at < g->record->len; at += head->hdr.size) {
		head = (struct fact_head *)(g->record->data + at);
		head->hdr.time_ns = g->now_ns;
		head->flow = g->request->probe;
		err = to->push(to->ctx, &head->hdr);
		if (err)
			return err;
	}
	return 0;
}

int facts_gather(struct facts *facts, const struct fact_request *request, uint64_t now_ns,
		 const struct event_sink *to)
{
	struct fact_done done = {
		.hdr = {.type = EV_FACT_DONE, .size = sizeof(done), .time_ns = now_ns},
		.flow = request->probe,
	};
	struct gather g = {
		.facts = facts,
		.request = request,
		.flow = &request->probe,
		.ifindex = request->ifindex,
		.now_ns = now_ns,
		.loaded = rate_count(&facts->rate, now_ns),
	};
	int err;

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (!(request->needs & kinds[i].need) || look_up(&g, &kinds[i]))
			continue;
		err = push_all(&g, to);
		if (err)
			return err;
		done.needs |= kinds[i].need;
	}
	return to->push(to->ctx, &done.hdr);
}
