// SPDX-License-Identifier: GPL-2.0-only
// Looks up whether the probe's addresses are this host's own.
#include <errno.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <string.h>

#include "facts_internal.h"
#include "flow.h"

struct addr_search {
	uint32_t link; /* that the probe's link-local addresses belong to */
	struct fact_addr facts[2];
	size_t collected; /* for netlink_dump(): a repeated dump finds the same again */
};

int addr_parse(const struct nlmsghdr *nlh, uint8_t addr[16])
{
	const struct nlattr *attrs[IFA_LOCAL + 1], *attr;

	/* IFA_ADDRESS is the peer's where both are given. */
	netlink_attrs(nlh, sizeof(struct ifaddrmsg), attrs, IFA_LOCAL);
	attr = attrs[IFA_LOCAL] ? attrs[IFA_LOCAL] : attrs[IFA_ADDRESS];
	return attr ? netlink_get_addr(attr, addr) : -EINVAL;
}

static int on_addr(const struct nlmsghdr *nlh, void *data)
{
	const struct ifaddrmsg *msg = mnl_nlmsg_get_payload(nlh);
	struct addr_search *search = data;
	uint8_t addr[16];

	if (nlh->nlmsg_type != RTM_NEWADDR || addr_parse(nlh, addr))
		return MNL_CB_OK;
	/* The same link-local address on another link is another one. */
	if (addr_is_link_local(addr) && msg->ifa_index != search->link)
		return MNL_CB_OK;
	for (int i = 0; i < 2; i++) {
		if (memcmp(addr, search->facts[i].addr, 16))
			continue;
		search->facts[i].ifindex = msg->ifa_index;
		search->facts[i].is_local = 1;
	}
	return MNL_CB_OK;
}

/* 127.0.0.0/8, and routes of type local (AnyIP). */
static int ask_local_table(struct gather *g, struct fact_addr *fact)
{
	struct netlink *route = &g->facts->at->route;
	struct route_answer answer;
	uint32_t oif;
	int err;

	oif = addr_is_link_local(fact->addr) ? link_l3(route, g->ifindex)
					     : link_vrf(route, g->ifindex);
	err = route_get(route, fact->addr, NULL, oif, &answer);
	if (err || answer.error || answer.type != RTN_LOCAL)
		return err;
	fact->is_local = 1;
	fact->ifindex = answer.oif;
	return 0;
}

int gather_addrs(struct gather *g)
{
	struct addr_search search = {.facts = {{.is_source = 1}, {.is_source = 0}}};
	struct netlink_request request;
	struct ifaddrmsg *msg;
	int err;

	search.link = link_l3(&g->facts->at->route, g->ifindex);
	memcpy(search.facts[0].addr, g->flow->saddr, 16);
	memcpy(search.facts[1].addr, g->flow->daddr, 16);
	netlink_prepare(&request, RTM_GETADDR, 0, sizeof(*msg));
	msg = request.extra;
	msg->ifa_family = g->flow->family == 4 ? AF_INET : AF_INET6;
	err = netlink_dump(&g->facts->at->route, &request, on_addr, &search, &search.collected);
	for (int i = 0; i < 2 && !err; i++) {
		if (!search.facts[i].is_local)
			err = ask_local_table(g, &search.facts[i]);
		if (err)
			break;
		if (search.facts[i].ifindex)
			if_indextoname(search.facts[i].ifindex, search.facts[i].ifname);
		err = gather_add(g, EV_FACT_ADDR, &search.facts[i], sizeof(search.facts[i]));
	}
	return err;
}

struct owner_search {
	const uint8_t *addr;
	uint32_t ifindex;
};

static int on_owner(const struct nlmsghdr *nlh, void *data)
{
	const struct ifaddrmsg *msg = mnl_nlmsg_get_payload(nlh);
	struct owner_search *search = data;
	uint8_t addr[16];

	if (nlh->nlmsg_type == RTM_NEWADDR && !addr_parse(nlh, addr) &&
	    !memcmp(addr, search->addr, 16))
		search->ifindex = msg->ifa_index;
	return MNL_CB_OK;
}

uint32_t addr_find_link(struct netlink *route, const uint8_t addr[16])
{
	struct owner_search search = {.addr = addr};
	struct netlink_request request;
	struct ifaddrmsg *msg;
	size_t none = 0;

	netlink_prepare(&request, RTM_GETADDR, 0, sizeof(*msg));
	msg = request.extra;
	msg->ifa_family = addr_is_v4(addr) ? AF_INET : AF_INET6;
	return netlink_dump(route, &request, on_owner, &search, &none) ? 0 : search.ifindex;
}
