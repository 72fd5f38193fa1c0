// SPDX-License-Identifier: GPL-2.0-only
// Looks for listeners on the probe's port in other network namespaces of this host.
#include <errno.h>
#include <netinet/in.h>

#include "facts_internal.h"

enum { ELSEWHERE_MAX = 8 };

/* The prober itself, in a laboratory, and where the service was looked for already, are not meant.
 */
static bool is_candidate(const struct gather *g, const struct netns_place *place, uint32_t service)
{
	return place->inode != service && netns_is_known(place, g->request->service.proto) &&
	       !netns_has_addr(place, g->request->probe.saddr);
}

static int pick_from(const struct gather *g, const struct netns_place *place, struct vec *out)
{
	const struct fact_listener *listener = place->listeners.data;
	struct fact_listener *picked;

	for (size_t i = 0; i < place->listeners.n && out->n < ELSEWHERE_MAX; i++) {
		if (listener[i].port != g->request->service.dport)
			continue;
		picked = vec_push(out);
		if (!picked)
			return -ENOMEM;
		*picked = listener[i];
	}
	return 0;
}

static int pick(const struct gather *g, enum netns_kind kind, uint32_t service, struct vec *out)
{
	const struct netns_list *list = &g->facts->netns;
	const struct netns_place *place = list->places.data;
	int err = 0;

	for (size_t i = 0; i < list->places.n && !err; i++)
		if (place[i].kind == kind && is_candidate(g, &place[i], service))
			err = pick_from(g, &place[i], out);
	return err;
}

/* None found in part of the namespaces is no answer. */
int gather_elsewhere(struct gather *g)
{
	struct vec picked = {.size = sizeof(struct fact_listener)};
	const uint8_t proto = g->request->service.proto;
	struct fact_listener *listener;
	uint32_t service;
	bool complete;
	int err;

	if (proto != IPPROTO_TCP && proto != IPPROTO_UDP)
		return 0;
	/* An address that is nowhere leaves no namespace out. */
	service_locate(g, &service);
	err = survey_take(g->facts, proto, g->loaded, &complete);
	if (!err)
		err = pick(g, NETNS_LINKED, service, &picked);
	if (!err)
		err = pick(g, NETNS_ISOLATED, service, &picked);
	if (!err && !picked.n && !complete)
		err = -ETIMEDOUT;
	if (err)
		goto out;
	listeners_owners_in(g->facts, g->loaded, &picked);
	listener = picked.data;
	for (size_t i = 0; i < picked.n && !err; i++)
		err = gather_add(g, EV_FACT_LISTENER, &listener[i], sizeof(listener[i]));
out:
	vec_free(&picked);
	return err;
}
