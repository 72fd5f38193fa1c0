// SPDX-License-Identifier: GPL-2.0-only
// Looks up the way from this host back to the prober.
#include <errno.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <string.h>

#include "facts_internal.h"
#include "flow.h"

static void parse_via(const struct nlattr *attr, uint8_t gateway[16])
{
	const struct rtvia *via = mnl_attr_get_payload(attr);
	size_t len = mnl_attr_get_payload_len(attr);

	/* RTA_VIA is an IPv6 next hop of an IPv4 route (5.2+). */
	if (len == sizeof(*via) + 16)
		memcpy(gateway, via->rtvia_addr, 16);
}

static int on_route(const struct nlmsghdr *nlh, void *data)
{
	const struct rtmsg *msg = mnl_nlmsg_get_payload(nlh);
	const struct nlattr *attrs[RTA_VIA + 1];
	struct route_answer *out = data;

	if (nlh->nlmsg_type != RTM_NEWROUTE)
		return MNL_CB_OK;
	netlink_attrs(nlh, sizeof(*msg), attrs, RTA_VIA);
	out->type = msg->rtm_type;
	if (attrs[RTA_OIF])
		out->oif = mnl_attr_get_u32(attrs[RTA_OIF]);
	if (attrs[RTA_GATEWAY])
		netlink_get_addr(attrs[RTA_GATEWAY], out->gateway);
	if (attrs[RTA_VIA])
		parse_via(attrs[RTA_VIA], out->gateway);
	return MNL_CB_OK;
}

/* What each type of route answers: fib_props in net/ipv4/fib_semantics.c, ip6_fib_config in
 * route.c. */
static uint32_t type_of_error(int error)
{
	switch (error) {
	case EINVAL:
		return RTN_BLACKHOLE;
	case EHOSTUNREACH:
		return RTN_UNREACHABLE;
	case EACCES:
		return RTN_PROHIBIT;
	case EAGAIN:
		return RTN_THROW;
	default:
		return RTN_UNSPEC;
	}
}

int route_get(struct netlink *route, const uint8_t dst[16], const uint8_t *src, uint32_t oif,
	      struct route_answer *out)
{
	struct netlink_request request;
	struct rtmsg *msg;
	int err;

	memset(out, 0, sizeof(*out));
	netlink_prepare(&request, RTM_GETROUTE, 0, sizeof(*msg));
	msg = request.extra;
	msg->rtm_family = addr_is_v4(dst) ? AF_INET : AF_INET6;
	msg->rtm_dst_len = addr_is_v4(dst) ? 32 : 128;
	netlink_put_addr(request.nlh, RTA_DST, dst);
	if (src) {
		msg->rtm_src_len = msg->rtm_dst_len;
		netlink_put_addr(request.nlh, RTA_SRC, src);
	}
	if (oif)
		mnl_attr_put_u32(request.nlh, RTA_OIF, oif);
	err = netlink_ask(route, &request, on_route, out);
	switch (-err) {
	case ENETUNREACH:
	case EHOSTUNREACH:
	case EINVAL:
	case EACCES:
	case EAGAIN:
	case ENODEV:
		out->error = -err;
		out->type = type_of_error(-err);
		return 0;
	default:
		return err;
	}
}

bool addr_is_link_local(const uint8_t addr[16])
{
	return addr[0] == 0xfe && (addr[1] & 0xc0) == 0x80;
}

/* A reply stays in the VRF its probe came from; to a link-local prober, on the link too. */
static uint32_t reply_oif(struct gather *g)
{
	if (addr_is_link_local(g->flow->saddr))
		return link_l3(&g->facts->at->route, g->ifindex);
	return link_vrf(&g->facts->at->route, g->ifindex);
}

int route_to_prober(struct gather *g, struct route_answer *out)
{
	const struct ev_flow *probe = g->flow;
	struct netlink *route = &g->facts->at->route;
	uint32_t oif = reply_oif(g);
	struct route_answer local;
	int err;

	err = route_get(route, probe->saddr, probe->daddr, oif, out);
	if (err || !out->error)
		return err;
	/*
	 * A source that is not local is refused with EINVAL, later with ENETUNREACH
	 * (ip_route_output_key_hash_rcu), which are the answers of blackhole routes and of none at
	 * all too.
	 */
	err = route_get(route, probe->daddr, NULL, link_vrf(route, g->ifindex), &local);
	if (!err && local.type != RTN_LOCAL)
		err = route_get(route, probe->saddr, NULL, oif, out);
	return err;
}

int gather_route(struct gather *g)
{
	struct fact_route fact = {0};
	struct route_answer answer;
	int err;

	err = route_to_prober(g, &answer);
	if (err)
		return err;
	fact.error = answer.error;
	fact.type = answer.type;
	fact.oif = answer.oif;
	memcpy(fact.gateway, answer.gateway, 16);
	if (fact.oif)
		if_indextoname(fact.oif, fact.ifname);
	return gather_add(g, EV_FACT_ROUTE, &fact, sizeof(fact));
}
