// SPDX-License-Identifier: GPL-2.0-only
// A host's facts, as the fact gatherer sends them.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fixture.h"
#include "sample.h"

static void *fact(struct fixture *f, enum event_type type, size_t size)
{
	struct ev_hdr *ev = calloc(1, size);

	assert_non_null(ev);
	assert_true(f->n_facts < FX_FACTS_MAX);
	*ev = (struct ev_hdr){.type = type, .size = (uint16_t)size};
	f->facts[f->n_facts++] = ev;
	return ev;
}

static const char *ifname(uint32_t ifindex)
{
	return ifindex == FX_ETH0 ? "eth0" : ifindex == FX_ETH1 ? "eth1" : "";
}

struct fact_listener *fx_listener(struct fixture *f, const char *addr, uint16_t port,
				  const char *comm)
{
	struct fact_listener *l = fact(f, EV_FACT_LISTENER, sizeof(*l));

	sample_address(l->laddr, addr);
	l->family = strchr(addr, ':') ? 6 : 4;
	l->port = port;
	l->limit = FX_BACKLOG;
	l->inode = 4711;
	l->pid = 812;
	snprintf(l->comm, sizeof(l->comm), "%s", comm);
	return l;
}

struct fact_conn *fx_conn(struct fixture *f, const char *comm, uint32_t rqueue)
{
	struct fact_conn *c = fact(f, EV_FACT_CONN, sizeof(*c));

	c->state = 1; /* TCP_ESTABLISHED */
	c->rqueue = rqueue;
	if (!comm)
		return c; /* not accepted */
	c->inode = 4712;
	c->pid = 813;
	c->pstate = 'S';
	snprintf(c->comm, sizeof(c->comm), "%s", comm);
	return c;
}

void fx_sysctl(struct fixture *f, const char *name, int64_t value)
{
	struct fact_sysctl *s = fact(f, EV_FACT_SYSCTL, sizeof(*s));

	snprintf(s->name, sizeof(s->name), "%s", name);
	s->value = value;
}

void fx_counter(struct fixture *f, const char *name, uint64_t delta)
{
	struct fact_counter *c = fact(f, EV_FACT_COUNTER, sizeof(*c));

	snprintf(c->name, sizeof(c->name), "%s", name);
	c->delta = delta;
}

struct fact_route *fx_route(struct fixture *f, uint32_t error, uint32_t oif, const char *gateway)
{
	struct fact_route *r = fact(f, EV_FACT_ROUTE, sizeof(*r));

	r->error = error;
	r->type = error ? 0 : 1; /* RTN_UNICAST */
	r->oif = oif;
	if (gateway)
		sample_address(r->gateway, gateway);
	snprintf(r->ifname, sizeof(r->ifname), "%s", ifname(oif));
	return r;
}

struct fact_addr *fx_addr(struct fixture *f, bool source, const char *name)
{
	struct fact_addr *a = fact(f, EV_FACT_ADDR, sizeof(*a));

	memcpy(a->addr, source ? f->flow.saddr : f->flow.daddr, 16);
	a->is_source = source;
	a->is_local = name != NULL;
	a->ifindex = name ? 1 : 0;
	snprintf(a->ifname, sizeof(a->ifname), "%s", name ? name : "");
	return a;
}

struct fact_neigh *fx_neigh(struct fixture *f, const char *addr, uint32_t state)
{
	struct fact_neigh *n = fact(f, EV_FACT_NEIGH, sizeof(*n));

	sample_address(n->addr, addr);
	n->state = state;
	n->ifindex = FX_ETH0;
	snprintf(n->ifname, sizeof(n->ifname), "eth0");
	return n;
}

struct fact_program *fx_program(struct fixture *f, uint32_t place, const char *name, uint32_t id)
{
	struct fact_program *p = fact(f, EV_FACT_PROGRAM, sizeof(*p));

	p->place = place;
	p->ifindex = FX_ETH0;
	p->id = id;
	snprintf(p->name, sizeof(p->name), "%s", name);
	snprintf(p->ifname, sizeof(p->ifname), "eth0");
	return p;
}

struct fact_hook *fx_hook(struct fixture *f, uint8_t hook, int32_t priority, uint8_t backend,
			  const char *table, const char *chain)
{
	struct fact_hook *h = fact(f, EV_FACT_HOOK, sizeof(*h));

	h->pf = f->flow.family == 4 ? 2 : 10;
	h->hook = hook;
	h->priority = priority;
	h->backend = backend;
	h->drop_rules = backend == HOOK_NFT;
	snprintf(h->family, sizeof(h->family), "%s", f->flow.family == 4 ? "ip" : "ip6");
	snprintf(h->table, sizeof(h->table), "%s", table);
	snprintf(h->chain, sizeof(h->chain), "%s", chain);
	return h;
}

struct fact_rule *fx_rule(struct fixture *f, uint8_t hook, enum fact_rule_how how,
			  const char *table, const char *base, const char *chain, uint32_t number,
			  uint64_t handle)
{
	struct fact_rule *r = fact(f, EV_FACT_RULE, sizeof(*r));

	r->pf = f->flow.family == 4 ? 2 : 10;
	r->hook = hook;
	r->backend = HOOK_NFT;
	r->how = (uint8_t)how;
	r->verdict = RULE_DROP;
	r->number = number;
	r->handle = handle;
	snprintf(r->family, sizeof(r->family), "%s", f->flow.family == 4 ? "ip" : "ip6");
	snprintf(r->table, sizeof(r->table), "%s", table);
	snprintf(r->base, sizeof(r->base), "%s", base);
	snprintf(r->chain, sizeof(r->chain), "%s", chain);
	return r;
}

struct fact_tcp_metric *fx_tcp_metric(struct fixture *f, uint32_t tsval, uint32_t age_s)
{
	struct fact_tcp_metric *m = fact(f, EV_FACT_TCP_METRIC, sizeof(*m));

	memcpy(m->addr, f->flow.saddr, sizeof(m->addr));
	m->tsval = tsval;
	m->age_s = age_s;
	return m;
}

struct fact_conntrack *fx_conntrack(struct fixture *f, uint64_t count, uint64_t max,
				    uint64_t dropped)
{
	struct fact_conntrack *c = fact(f, EV_FACT_CONNTRACK, sizeof(*c));

	c->count = count;
	c->max = max;
	c->dropped = dropped;
	return c;
}

void fx_waypoint(struct fixture *f, uint8_t hook, int32_t priority)
{
	struct fact_hook w = {.hdr = {.type = EV_FACT_HOOK, .size = sizeof(w)},
			      .priority = priority,
			      .pf = f->flow.family == 4 ? 2 : 10,
			      .hook = hook,
			      .backend = HOOK_WAYPOINT};

	assert_int_equal(corr_push(f->corr, &w.hdr), 0);
}

void fx_link(struct fixture *f, uint32_t ifindex, const char *name, uint32_t master)
{
	struct fact_link link = {.hdr = {.type = EV_FACT_LINK, .size = sizeof(link)},
				 .ifindex = ifindex,
				 .master = master};

	snprintf(link.ifname, sizeof(link.ifname), "%s", name);
	assert_int_equal(corr_push(f->corr, &link.hdr), 0);
}
