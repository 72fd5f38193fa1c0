// SPDX-License-Identifier: GPL-2.0-only
// What is known of the host apart from any probe, and the check that an event is well-formed.
#include "corr_host.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_LINKS = 16384, MAX_WAYPOINTS = 512 };

static void take_link(struct corr_host *host, const struct fact_link *link)
{
	struct fact_link *grown;

	for (size_t i = 0; i < host->n_links; i++) {
		if (host->links[i].ifindex == link->ifindex) {
			host->links[i] = *link;
			return;
		}
	}
	if (host->n_links == MAX_LINKS)
		return;
	grown = realloc(host->links, (host->n_links + 1) * sizeof(*grown));
	if (!grown)
		return; /* its name will read "if7" */
	host->links = grown;
	host->links[host->n_links++] = *link;
}

static void take_waypoint(struct corr_host *host, const struct fact_hook *hook)
{
	struct fact_hook *grown;

	if (host->n_waypoints == MAX_WAYPOINTS)
		return;
	grown = realloc(host->waypoints, (host->n_waypoints + 1) * sizeof(*grown));
	if (!grown)
		return;
	host->waypoints = grown;
	host->waypoints[host->n_waypoints++] = *hook;
}

bool corr_host_take(struct corr_host *host, const struct ev_hdr *ev)
{
	if (ev->type == EV_FACT_LINK) {
		take_link(host, (const void *)ev);
		return true;
	}
	if (ev->type == EV_FACT_HOOK && ((const struct fact_hook *)ev)->backend == HOOK_WAYPOINT) {
		take_waypoint(host, (const void *)ev);
		return true;
	}
	return false;
}

void corr_host_free(struct corr_host *host)
{
	free(host->links);
	free(host->waypoints);
}

int event_check(const struct ev_hdr *ev)
{
	static const struct {
		uint16_t type;
		uint16_t size;
	} sizes[] = {
		{EV_PACKET, sizeof(struct ev_packet)},
		{EV_SOCKET, sizeof(struct ev_socket)},
		{EV_DROP, sizeof(struct ev_drop)},
		{EV_RESET, sizeof(struct ev_reset)},
		{EV_ICMP, sizeof(struct ev_icmp)},
		{EV_STATE, sizeof(struct ev_state)},
		{EV_SYNACK_RETRANS, sizeof(struct ev_synack_retrans)},
		{EV_LOST, sizeof(struct ev_lost)},
		{EV_FACT_LISTENER, sizeof(struct fact_listener)},
		{EV_FACT_CONN, sizeof(struct fact_conn)},
		{EV_FACT_SYSCTL, sizeof(struct fact_sysctl)},
		{EV_FACT_COUNTER, sizeof(struct fact_counter)},
		{EV_FACT_ROUTE, sizeof(struct fact_route)},
		{EV_FACT_ADDR, sizeof(struct fact_addr)},
		{EV_FACT_NEIGH, sizeof(struct fact_neigh)},
		{EV_FACT_LINK, sizeof(struct fact_link)},
		{EV_FACT_PROGRAM, sizeof(struct fact_program)},
		{EV_FACT_HOOK, sizeof(struct fact_hook)},
		{EV_FACT_CONNTRACK, sizeof(struct fact_conntrack)},
		{EV_FACT_DONE, sizeof(struct fact_done)},
		{EV_FACT_RULE, sizeof(struct fact_rule)},
		{EV_FACT_TCP_METRIC, sizeof(struct fact_tcp_metric)},
	};

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		if (sizes[i].type != ev->type)
			continue;
		if (ev->size < sizes[i].size)
			return -EBADMSG;
		if (ev->type == EV_PACKET &&
		    ev->size < sizeof(struct ev_packet) + ((const struct ev_packet *)ev)->cap_len)
			return -EBADMSG;
		return 0;
	}
	return -EBADMSG;
}
