// SPDX-License-Identifier: GPL-2.0-only
// Looks up network interfaces.
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <string.h>

#include "facts_internal.h"

static void parse_xdp(const struct nlattr *nest, struct link_info *out)
{
	const struct nlattr *attrs[IFLA_XDP_HW_PROG_ID + 1];

	netlink_nested(nest, attrs, IFLA_XDP_HW_PROG_ID);
	if (attrs[IFLA_XDP_DRV_PROG_ID])
		out->xdp_native = mnl_attr_get_u32(attrs[IFLA_XDP_DRV_PROG_ID]);
	if (attrs[IFLA_XDP_SKB_PROG_ID])
		out->xdp_generic = mnl_attr_get_u32(attrs[IFLA_XDP_SKB_PROG_ID]);
	if (attrs[IFLA_XDP_HW_PROG_ID])
		out->xdp_offloaded = mnl_attr_get_u32(attrs[IFLA_XDP_HW_PROG_ID]);
}

static void parse_link(const struct nlmsghdr *nlh, struct link_info *out)
{
	const struct ifinfomsg *msg = mnl_nlmsg_get_payload(nlh);
	const struct nlattr *attrs[IFLA_XDP + 1], *info[IFLA_INFO_KIND + 1];

	memset(out, 0, sizeof(*out));
	netlink_attrs(nlh, sizeof(*msg), attrs, IFLA_XDP);
	netlink_nested(attrs[IFLA_LINKINFO], info, IFLA_INFO_KIND);
	out->ifindex = msg->ifi_index;
	out->flags = msg->ifi_flags;
	out->link_netns = -1;
	if (attrs[IFLA_LINK_NETNSID])
		out->link_netns = (int32_t)mnl_attr_get_u32(attrs[IFLA_LINK_NETNSID]);
	if (attrs[IFLA_IFNAME])
		netlink_get_text(attrs[IFLA_IFNAME], out->name, sizeof(out->name));
	if (attrs[IFLA_MASTER])
		out->master = mnl_attr_get_u32(attrs[IFLA_MASTER]);
	if (info[IFLA_INFO_KIND])
		netlink_get_text(info[IFLA_INFO_KIND], out->kind, sizeof(out->kind));
	parse_xdp(attrs[IFLA_XDP], out);
}

static int on_link(const struct nlmsghdr *nlh, void *data)
{
	if (nlh->nlmsg_type == RTM_NEWLINK)
		parse_link(nlh, data);
	return MNL_CB_OK;
}

int link_get(struct netlink *route, uint32_t ifindex, struct link_info *out)
{
	struct netlink_request request;
	struct ifinfomsg *msg;

	netlink_prepare(&request, RTM_GETLINK, 0, sizeof(*msg));
	msg = request.extra;
	msg->ifi_index = ifindex;
	memset(out, 0, sizeof(*out));
	return netlink_ask(route, &request, on_link, out);
}

int link_path(struct netlink *route, uint32_t ifindex, struct link_info out[LINK_PATH_MAX])
{
	int n = 0;

	while (ifindex && n < LINK_PATH_MAX && !link_get(route, ifindex, &out[n]))
		ifindex = out[n++].master;
	return n;
}

uint32_t link_l3(struct netlink *route, uint32_t ifindex)
{
	struct link_info links[LINK_PATH_MAX];
	int n = link_path(route, ifindex, links);

	for (int i = 1; i < n && strcmp(links[i].kind, "vrf"); i++)
		ifindex = links[i].ifindex;
	return ifindex;
}

uint32_t link_vrf(struct netlink *route, uint32_t ifindex)
{
	struct link_info links[LINK_PATH_MAX];
	int n = link_path(route, ifindex, links);

	for (int i = 0; i < n; i++)
		if (!strcmp(links[i].kind, "vrf"))
			return links[i].ifindex;
	return 0;
}

static int on_link_of_all(const struct nlmsghdr *nlh, void *data)
{
	struct link_info *info;

	if (nlh->nlmsg_type != RTM_NEWLINK)
		return MNL_CB_OK;
	info = vec_push(data);
	if (!info)
		return MNL_CB_ERROR;
	parse_link(nlh, info);
	return MNL_CB_OK;
}

int links_dump(struct netlink *route, struct vec *out)
{
	struct netlink_request request;

	netlink_prepare(&request, RTM_GETLINK, 0, sizeof(struct ifinfomsg));
	return netlink_dump(route, &request, on_link_of_all, out, &out->n);
}

int facts_links(struct facts *facts, uint64_t now_ns, const struct event_sink *to)
{
	struct vec links = {.size = sizeof(struct link_info)};
	const struct link_info *info;
	int err;

	err = links_dump(&facts->at->route, &links);
	info = links.data;
	for (size_t i = 0; i < links.n && !err; i++) {
		struct fact_link fact = {
			.hdr = {.type = EV_FACT_LINK, .size = sizeof(fact), .time_ns = now_ns},
			.ifindex = info[i].ifindex,
			.master = info[i].master,
		};

		memcpy(fact.ifname, info[i].name, sizeof(fact.ifname));
		err = to->push(to->ctx, &fact.hdr);
	}
	vec_free(&links);
	return err;
}
