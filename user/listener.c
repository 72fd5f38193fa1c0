// SPDX-License-Identifier: GPL-2.0-only
// Whether a listening socket would take a probe, and if not, why.
#include "listener.h"

#include <string.h>

#include "flow.h"

static bool device_fits(const struct probe *probe, const struct corr_host *host, uint32_t bound)
{
	/* Devices of another namespace are not known here. */
	if (!bound || probe->attempt.bits & E(ELSEWHERE) || bound == probe->ifindex ||
	    if_set_has(&probe->attempt.in_ifs, bound))
		return true;
	/* A socket bound to a VRF takes what comes in by its members (inet_sk_bound_dev_eq()). */
	for (size_t i = 0; i < host->n_links; i++)
		if (host->links[i].ifindex == probe->ifindex && host->links[i].master == bound)
			return true;
	return false;
}

enum listener_fit listener_fit(const struct probe *probe, const struct corr_host *host,
			       const struct fact_listener *l)
{
	const struct ev_flow *flow = probe_service(probe);
	bool any = addr_is_any(l->laddr);
	bool family = l->family == flow->family || (flow->family == 4 && l->family == 6 &&
						    !l->v6only && (any || addr_is_v4(l->laddr)));
	bool address = any || !memcmp(l->laddr, flow->daddr, 16);

	if (family && address)
		return device_fits(probe, host, l->bound_ifindex) ? FIT_ALL : FIT_NOT_DEVICE;
	/* What listens on loopback only is not there for the balancer in any family. */
	if (family || addr_is_loopback(l->laddr))
		return FIT_NOT_ADDRESS;
	return FIT_NOT_FAMILY;
}

const struct fact_listener *listener_best(const struct probe *probe, const struct corr_host *host)
{
	const struct fact_listener *l = NULL, *best = NULL;
	enum listener_fit fit = FIT_NOT_FAMILY;

	while ((l = probe_fact(probe, EV_FACT_LISTENER, l))) {
		enum listener_fit this = listener_fit(probe, host, l);

		if (l->netns)
			continue;

		if (!best || this < fit) {
			best = l;
			fit = this;
		}
	}
	return best;
}

const struct fact_listener *listener_elsewhere(const struct probe *probe)
{
	const struct fact_listener *l = NULL;

	while ((l = probe_fact(probe, EV_FACT_LISTENER, l)))
		if (l->netns)
			break;
	return l;
}
