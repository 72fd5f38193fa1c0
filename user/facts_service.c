// SPDX-License-Identifier: GPL-2.0-only
// Finds the network namespaces that a request is about: the service's, and where the probe stopped.
#include <errno.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <string.h>

#include "facts_internal.h"
#include "flow.h"

static bool is_local(struct netlink *route, const uint8_t addr[16], uint32_t oif,
		     struct route_answer *answer)
{
	return !route_get(route, addr, NULL, oif, answer) && !answer->error &&
	       answer->type == RTN_LOCAL;
}

/* In the traced namespace. */
static bool is_local_here(struct gather *g, const uint8_t addr[16])
{
	struct netlink *route = &g->facts->home.route;
	const uint32_t ifindex = g->request->ifindex;
	struct route_answer answer;
	uint32_t oif;

	oif = addr_is_link_local(addr) ? link_l3(route, ifindex) : link_vrf(route, ifindex);
	return is_local(route, addr, oif, &answer);
}

/* The namespace in which it was found last time, if it still has the address. */
static uint32_t find_known(struct facts *facts, const uint8_t addr[16])
{
	struct route_answer answer;

	for (int i = 0; i < NETNS_VIEWS; i++) {
		struct netns_view *view = facts->views[i];

		if (!view || memcmp(view->addr, addr, 16) || facts_netns_enter(facts, view->inode))
			continue;
		if (is_local(&view->route, addr, 0, &answer))
			return view->inode;
		memset(view->addr, 0, 16);
	}
	return 0;
}

/*
 * Among those linked with the traced one: another one that happens to have the address, a tenant's
 * or a laboratory's, is not where the probe went. 0: none.
 */
static uint32_t find_listed(const struct netns_list *list, const uint8_t addr[16])
{
	const struct netns_place *place = list->places.data;

	for (size_t i = 0; i < list->places.n; i++)
		if (place[i].kind == NETNS_LINKED && netns_is_known(&place[i], 0) &&
		    netns_has_addr(&place[i], addr))
			return place[i].inode;
	return 0;
}

static int find_among_all(struct gather *g, const uint8_t addr[16], uint32_t *inode)
{
	const uint8_t proto = g->request->service.proto;
	struct facts *facts = g->facts;
	bool complete;
	int err;

	err = survey_take(facts, proto == IPPROTO_UDP ? IPPROTO_UDP : IPPROTO_TCP, g->loaded,
			  &complete);
	if (err)
		return err;
	*inode = find_listed(&facts->netns, addr);
	if (!*inode)
		return complete ? -EHOSTUNREACH : -ETIMEDOUT;
	err = facts_netns_enter(facts, *inode);
	if (!err)
		memcpy(facts->at->addr, addr, 16);
	return err;
}

/*
 * A probe that is not translated, to an address that no namespace has, is not for this host: its
 * listeners are those of the traced namespace, as before.
 */
static int locate(struct gather *g, uint32_t *inode)
{
	const struct fact_request *request = g->request;
	const uint8_t *addr = request->service.daddr;
	int err;

	*inode = 0;
	if (is_local_here(g, addr))
		return 0;
	*inode = find_known(g->facts, addr);
	err = *inode ? 0 : find_among_all(g, addr, inode);
	facts_netns_leave(g->facts);
	if (err && !memcmp(addr, request->probe.daddr, 16)) {
		*inode = 0;
		return 0;
	}
	return err;
}

int service_locate(struct gather *g, uint32_t *inode)
{
	if (!g->located) {
		g->service_error = locate(g, &g->service_netns);
		g->located = true;
	}
	*inode = g->service_netns;
	return g->service_error;
}

/*
 * Where the probe came in by, in a namespace that it was forwarded to: the interface that its
 * address there belongs to; of a namespace that only forwards, the one towards the prober.
 */
static uint32_t find_ifindex(struct netlink *route, const struct ev_flow *flow)
{
	struct route_answer answer;
	uint32_t ifindex;

	ifindex = addr_find_link(route, flow->daddr);
	if (!ifindex && !route_get(route, flow->saddr, NULL, 0, &answer) && !answer.error)
		ifindex = answer.oif;
	return ifindex;
}

static int enter(struct gather *g, uint32_t inode)
{
	int err;

	err = facts_netns_enter(g->facts, inode);
	if (err)
		return err;
	g->flow = &g->request->service;
	if (g->facts->at != &g->facts->home)
		g->ifindex = find_ifindex(&g->facts->at->route, g->flow);
	return 0;
}

int service_enter(struct gather *g)
{
	uint32_t inode;
	int err;

	err = service_locate(g, &inode);
	return err ? err : enter(g, inode);
}

int stop_enter(struct gather *g)
{
	return gather_is_elsewhere(g) ? enter(g, g->request->netns) : 0;
}

void gather_return(struct gather *g)
{
	facts_netns_leave(g->facts);
	g->flow = &g->request->probe;
	g->ifindex = g->request->ifindex;
}
