// SPDX-License-Identifier: GPL-2.0-only
// Goes through the other network namespaces of this host: addresses, listeners, links with ours.
#include <errno.h>
#include <linux/if_addr.h>
#include <linux/net_namespace.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>

#include "facts_internal.h"
#include "flow.h"

/* What is not looked at by then, the listing of the namespaces included, is left out. */
#define BUDGET_NS (35 * NS_PER_MS)
#define LOADED_NS (200 * NS_PER_MS)

/* One namespace at a time. */
struct visit {
	struct survey *survey;
	struct survey_space space;
	struct netns_view *view;
};

static int on_nsid(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *attrs[NETNSA_NSID + 1];

	netlink_attrs(nlh, sizeof(struct rtgenmsg), attrs, NETNSA_NSID);
	if (nlh->nlmsg_type == RTM_NEWNSID && attrs[NETNSA_NSID])
		*(int32_t *)data = (int32_t)mnl_attr_get_u32(attrs[NETNSA_NSID]);
	return MNL_CB_OK;
}

/* The number by which the namespace asked in knows the traced one; negative: by none. */
static int ask_nsid(struct netlink *route, int home_fd, int32_t *nsid)
{
	struct netlink_request request;

	*nsid = NETNSA_NSID_NOT_ASSIGNED;
	netlink_prepare(&request, RTM_GETNSID, 0, sizeof(struct rtgenmsg));
	mnl_attr_put_u32(request.nlh, NETNSA_FD, home_fd);
	return netlink_ask(route, &request, on_nsid, nsid);
}

static bool has_link_to(const struct vec *links, int32_t nsid)
{
	const struct link_info *link = links->data;

	for (size_t i = 0; i < links->n && nsid >= 0; i++)
		if (link[i].link_netns == nsid)
			return true;
	return false;
}

static bool is_up_beyond_loopback(const struct vec *links)
{
	const struct link_info *link = links->data;

	for (size_t i = 0; i < links->n; i++)
		if (link[i].flags & IFF_UP && !(link[i].flags & IFF_LOOPBACK))
			return true;
	return false;
}

/*
 * A veth's peer, or a macvlan's or ipvlan's lower device, in another namespace comes with that
 * one's number in this one. The dump assigns a number where there is none yet
 * (rtnl_fill_link_netnsid), so ours is asked for after it.
 */
static int classify(struct facts *facts, struct visit *visit)
{
	struct vec links = {.size = sizeof(struct link_info)};
	int32_t nsid;
	int err;

	err = links_dump(&visit->view->route, &links);
	if (!err)
		err = ask_nsid(&visit->view->route, facts->home.fd, &nsid);
	if (err)
		goto out;
	if (has_link_to(&links, nsid))
		visit->space.kind = SURVEY_LINKED;
	else if (!is_up_beyond_loopback(&links))
		visit->space.kind = SURVEY_ISOLATED;
	else
		visit->space.kind = SURVEY_FOREIGN;
out:
	vec_free(&links);
	return err;
}

static int on_addr(const struct nlmsghdr *nlh, void *data)
{
	const struct visit *visit = data;
	struct survey_addr *added;
	uint8_t addr[16];

	if (nlh->nlmsg_type != RTM_NEWADDR || addr_parse(nlh, addr) || addr_is_loopback(addr) ||
	    addr_is_link_local(addr))
		return MNL_CB_OK;
	added = vec_push(&visit->survey->addrs);
	if (!added)
		return MNL_CB_ERROR;
	added->inode = visit->space.inode;
	memcpy(added->addr, addr, 16);
	return MNL_CB_OK;
}

static int take_addrs(struct visit *visit)
{
	struct netlink_request request;

	netlink_prepare(&request, RTM_GETADDR, 0, sizeof(struct ifaddrmsg));
	return netlink_dump(&visit->view->route, &request, on_addr, visit, &visit->survey->addrs.n);
}

/* Of every port: one survey then answers for all of them. */
static int take_listeners(struct visit *visit, uint8_t proto)
{
	struct vec *listeners = &visit->survey->listeners;
	struct fact_listener *listener;
	size_t start = listeners->n;
	int err;

	err = listeners_dump(&visit->view->diag, proto, 0, listeners);
	if (err)
		listeners->n = start;
	listener = listeners->data;
	for (size_t i = start; i < listeners->n; i++) {
		listener[i].netns = visit->space.inode;
		if (listener[i].bound_ifindex)
			if_indextoname(listener[i].bound_ifindex, listener[i].bound_ifname);
	}
	return err;
}

static int look_around(struct facts *facts, struct visit *visit, uint8_t proto)
{
	struct survey_space *space;
	int err;

	err = netns_switch(facts, visit->view);
	if (!err)
		err = classify(facts, visit);
	if (!err)
		err = take_addrs(visit);
	if (!err && proto && visit->space.kind != SURVEY_FOREIGN)
		err = take_listeners(visit, proto);
	if (err)
		return err;
	space = vec_push(&visit->survey->spaces);
	if (!space)
		return -ENOMEM;
	*space = visit->space;
	return 0;
}

/* A namespace that vanishes meanwhile is none; without the right to enter any, all are missing. */
static int visit_place(struct facts *facts, const struct netns_place *place, uint8_t proto,
		       struct netns_view *scratch)
{
	struct visit visit = {
		.survey = &facts->survey,
		.space = {.inode = place->inode},
		.view = scratch,
	};
	int err, fd;

	fd = netns_open(place, &facts->home);
	if (fd < 0)
		return fd == -ENOENT || fd == -ESTALE || fd == -ESRCH ? 0 : fd;
	netns_view_init(scratch, fd, place->inode);
	err = look_around(facts, &visit, proto);
	/* Before its namespace is given up: facts->at never is a view that is closed. */
	facts_netns_leave(facts);
	netns_view_close(scratch);
	return err;
}

static int visit_all(struct facts *facts, uint8_t proto, uint64_t deadline_ns)
{
	struct survey *survey = &facts->survey;
	const struct netns_place *place = survey->list.places.data;
	struct netns_view *scratch;
	int err = 0;

	scratch = calloc(1, sizeof(*scratch));
	if (!scratch)
		return -ENOMEM;
	for (size_t i = 0; i < survey->list.places.n && err != -EPERM; i++) {
		if (facts_clock_ns() > deadline_ns) {
			survey->complete = false;
			break;
		}
		err = visit_place(facts, &place[i], proto, scratch);
		if (err)
			survey->complete = false;
	}
	free(scratch);
	return err == -EPERM ? err : 0;
}

int survey_take(struct facts *facts, uint8_t proto, bool loaded)
{
	struct survey *survey = &facts->survey;
	uint64_t start = facts_clock_ns(), took;

	if (start < survey->not_before_ns && (!proto || proto == survey->proto))
		return survey->error;
	survey->spaces.size = sizeof(struct survey_space);
	survey->spaces.n = 0;
	survey->addrs.size = sizeof(struct survey_addr);
	survey->addrs.n = 0;
	survey->listeners.size = sizeof(struct fact_listener);
	survey->listeners.n = 0;
	survey->proto = proto;
	survey->error = netns_list_read(&survey->list, &facts->home);
	survey->complete = survey->list.complete;
	if (!survey->error)
		survey->error = visit_all(facts, proto, start + BUDGET_NS);
	took = facts_clock_ns() - start;
	survey->not_before_ns = start + 10 * took;
	if (loaded && 10 * took < LOADED_NS)
		survey->not_before_ns = start + LOADED_NS;
	return survey->error;
}

void survey_free(struct survey *survey)
{
	netns_list_free(&survey->list);
	vec_free(&survey->spaces);
	vec_free(&survey->addrs);
	vec_free(&survey->listeners);
}

bool survey_has_addr(const struct survey *survey, uint32_t inode, const uint8_t addr[16])
{
	const struct survey_addr *at = survey->addrs.data;

	for (size_t i = 0; i < survey->addrs.n; i++)
		if (at[i].inode == inode && !memcmp(at[i].addr, addr, 16))
			return true;
	return false;
}

uint32_t survey_find_addr(const struct survey *survey, const uint8_t addr[16])
{
	const struct survey_space *space = survey->spaces.data;
	uint32_t found = 0;

	for (size_t i = 0; i < survey->spaces.n; i++) {
		if (!survey_has_addr(survey, space[i].inode, addr))
			continue;
		if (space[i].kind == SURVEY_LINKED)
			return space[i].inode;
		if (!found)
			found = space[i].inode;
	}
	return found;
}
