// SPDX-License-Identifier: GPL-2.0-only
// Looks up the neighbour that the reply is handed to.
#include <errno.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <string.h>

#include "facts_internal.h"
#include "flow.h"

static int on_neigh(const struct nlmsghdr *nlh, void *data)
{
	const struct ndmsg *msg = mnl_nlmsg_get_payload(nlh);
	const struct nlattr *attrs[NDA_DST + 1];
	struct fact_neigh *fact = data;
	uint8_t addr[16];

	if (nlh->nlmsg_type != RTM_NEWNEIGH || (uint32_t)msg->ndm_ifindex != fact->ifindex)
		return MNL_CB_OK;
	netlink_attrs(nlh, sizeof(*msg), attrs, NDA_DST);
	if (attrs[NDA_DST] && !netlink_get_addr(attrs[NDA_DST], addr) &&
	    !memcmp(addr, fact->addr, 16))
		fact->state = msg->ndm_state;
	return MNL_CB_OK;
}

static int neigh_dump(struct netlink *route, struct fact_neigh *fact)
{
	struct netlink_request request;
	struct ndmsg *msg;
	size_t none = 0;

	netlink_prepare(&request, RTM_GETNEIGH, 0, sizeof(*msg));
	msg = request.extra;
	msg->ndm_family = addr_is_v4(fact->addr) ? AF_INET : AF_INET6;
	return netlink_dump(route, &request, on_neigh, fact, &none);
}

/* Asking for one entry exists from 5.0. */
static int neigh_get(struct netlink *route, struct fact_neigh *fact)
{
	struct netlink_request request;
	struct ndmsg *msg;
	int err;

	netlink_prepare(&request, RTM_GETNEIGH, 0, sizeof(*msg));
	msg = request.extra;
	msg->ndm_family = addr_is_v4(fact->addr) ? AF_INET : AF_INET6;
	msg->ndm_ifindex = fact->ifindex;
	netlink_put_addr(request.nlh, NDA_DST, fact->addr);
	err = netlink_ask(route, &request, on_neigh, fact);
	if (err == -EOPNOTSUPP || err == -EINVAL)
		err = neigh_dump(route, fact);
	return err == -ENOENT ? 0 : err;
}

/* There is no fact where the reply has no next hop: no route, or a prober that is this host. */
int gather_neigh(struct gather *g)
{
	static const uint8_t none[16];
	struct route_answer answer;
	struct fact_neigh fact = {0};
	struct link_info link;
	int err;

	err = route_to_prober(g, &answer);
	if (err || answer.error || answer.type != RTN_UNICAST)
		return err;
	memcpy(fact.addr, memcmp(answer.gateway, none, 16) ? answer.gateway : g->flow->saddr, 16);
	fact.ifindex = answer.oif;
	err = link_get(&g->facts->at->route, answer.oif, &link);
	if (err)
		return err;
	memcpy(fact.ifname, link.name, sizeof(fact.ifname));
	if (link.flags & (IFF_NOARP | IFF_LOOPBACK | IFF_POINTOPOINT))
		fact.state = NUD_NOARP;
	else
		err = neigh_get(&g->facts->at->route, &fact);
	return err ? err : gather_add(g, EV_FACT_NEIGH, &fact, sizeof(fact));
}
