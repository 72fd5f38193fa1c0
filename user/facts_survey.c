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

/* What there is no time for, the listing of the namespaces included, is left for the next time. */
#define BUDGET_NS (35 * NS_PER_MS)
/* How long interfaces and addresses of a namespace are taken as they were. */
#define ADDRS_NS  (2 * NS_PER_SEC)
#define LOADED_NS (200 * NS_PER_MS)

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
static int classify(struct facts *facts, struct netns_place *place)
{
	struct vec links = {.size = sizeof(struct link_info)};
	int32_t nsid;
	int err;

	err = links_dump(&facts->at->route, &links);
	if (!err)
		err = ask_nsid(&facts->at->route, facts->home.fd, &nsid);
	if (err)
		goto out;
	if (has_link_to(&links, nsid))
		place->kind = NETNS_LINKED;
	else if (!is_up_beyond_loopback(&links))
		place->kind = NETNS_ISOLATED;
	else
		place->kind = NETNS_FOREIGN;
out:
	vec_free(&links);
	return err;
}

static int on_addr(const struct nlmsghdr *nlh, void *data)
{
	uint8_t addr[16], *added;

	if (nlh->nlmsg_type != RTM_NEWADDR || addr_parse(nlh, addr) || addr_is_loopback(addr) ||
	    addr_is_link_local(addr))
		return MNL_CB_OK;
	added = vec_push(data);
	if (!added)
		return MNL_CB_ERROR;
	memcpy(added, addr, 16);
	return MNL_CB_OK;
}

static int take_addrs(struct facts *facts, struct netns_place *place, uint64_t now_ns)
{
	struct netlink_request request;
	int err;

	place->addrs.n = 0;
	err = classify(facts, place);
	if (err)
		return err;
	netlink_prepare(&request, RTM_GETADDR, 0, sizeof(struct ifaddrmsg));
	err = netlink_dump(&facts->at->route, &request, on_addr, &place->addrs, &place->addrs.n);
	place->addrs_ns = err ? 0 : now_ns;
	return err;
}

/* Of every port: one survey then answers for all of them. */
static int take_listeners(struct facts *facts, struct netns_place *place, uint8_t proto,
			  uint64_t now_ns)
{
	struct fact_listener *listener;
	int err;

	place->listeners.n = 0;
	place->proto = proto;
	err = listeners_dump(&facts->at->diag, proto, 0, &place->listeners);
	if (err)
		place->listeners.n = 0;
	place->listeners_ns = err ? 0 : now_ns;
	listener = place->listeners.data;
	for (size_t i = 0; i < place->listeners.n; i++) {
		listener[i].netns = place->inode;
		if (listener[i].bound_ifindex)
			if_indextoname(listener[i].bound_ifindex, listener[i].bound_ifname);
	}
	return err;
}

static bool knows_addrs(const struct netns_place *place, uint64_t now_ns)
{
	return place->addrs_ns && now_ns - place->addrs_ns < ADDRS_NS;
}

/* since_ns: listeners from before are not good enough. */
static bool knows_all(const struct netns_place *place, uint8_t proto, uint64_t now_ns,
		      uint64_t since_ns)
{
	if (!knows_addrs(place, now_ns))
		return false;
	return !proto || place->kind == NETNS_FOREIGN ||
	       (place->proto == proto && place->listeners_ns && place->listeners_ns >= since_ns);
}

static int look_around(struct facts *facts, struct netns_view *scratch, struct netns_place *place,
		       uint8_t proto)
{
	uint64_t now_ns = facts_clock_ns();
	int err;

	err = netns_switch(facts, scratch);
	if (!err && !knows_addrs(place, now_ns))
		err = take_addrs(facts, place, now_ns);
	if (!err && proto && place->kind != NETNS_FOREIGN)
		err = take_listeners(facts, place, proto, now_ns);
	return err;
}

static int visit(struct facts *facts, struct netns_view *scratch, struct netns_place *place,
		 uint8_t proto)
{
	int err, fd;

	fd = netns_open(place, &facts->home);
	if (fd < 0)
		return fd;
	netns_view_init(scratch, fd, place->inode);
	err = look_around(facts, scratch, place, proto);
	/* Before the view is closed: facts->at is never one that is. */
	facts_netns_leave(facts);
	netns_view_close(scratch);
	return err;
}

/* Of a file that stands for its namespace no more; another process may, at the next listing. */
static bool is_gone(int err)
{
	return err == -ENOENT || err == -ESTALE || err == -ESRCH;
}

/*
 * From the place where the time did not suffice the last time, once around. A namespace in which
 * something fails is not known, and the others are; without the right to enter any, none is.
 */
static int visit_all(struct facts *facts, uint8_t proto, uint64_t start)
{
	struct netns_list *list = &facts->netns;
	struct netns_view *scratch;
	struct netns_place *place;
	int err = 0;

	scratch = calloc(1, sizeof(*scratch));
	if (!scratch)
		return -ENOMEM;
	for (size_t left = list->places.n; left > 0 && err != -EPERM; left--) {
		if (facts_clock_ns() > start + BUDGET_NS)
			break;
		facts->survey.next %= list->places.n;
		place = (struct netns_place *)list->places.data + facts->survey.next;
		err = 0;
		if (!knows_all(place, proto, start, start))
			err = visit(facts, scratch, place, proto);
		if (is_gone(err))
			netns_list_remove(list, facts->survey.next);
		else
			facts->survey.next++;
	}
	free(scratch);
	return err == -EPERM ? err : 0;
}

bool netns_is_known(const struct netns_place *place, uint8_t proto)
{
	uint64_t now_ns = facts_clock_ns();

	return knows_all(place, proto, now_ns, now_ns > ADDRS_NS ? now_ns - ADDRS_NS : 0);
}

/* Whether all is known, as of no longer ago than addresses may be. */
static bool is_complete(const struct netns_list *list, uint8_t proto)
{
	const struct netns_place *place = list->places.data;

	for (size_t i = 0; i < list->places.n; i++)
		if (!netns_is_known(&place[i], proto))
			return false;
	return list->complete;
}

int survey_take(struct facts *facts, uint8_t proto, bool loaded, bool *complete)
{
	struct survey *survey = &facts->survey;
	uint64_t start = facts_clock_ns(), took;

	if (start >= survey->not_before_ns || (proto && proto != survey->proto)) {
		survey->proto = proto;
		survey->error = netns_may_return(facts);
		if (!survey->error)
			survey->error = netns_list_read(&facts->netns, &facts->home);
		if (!survey->error)
			survey->error = visit_all(facts, proto, start);
		took = facts_clock_ns() - start;
		survey->not_before_ns = start + 10 * took;
		if (loaded && 10 * took < LOADED_NS)
			survey->not_before_ns = start + LOADED_NS;
	}
	*complete = is_complete(&facts->netns, proto);
	return survey->error;
}

bool netns_has_addr(const struct netns_place *place, const uint8_t addr[16])
{
	const uint8_t *at = place->addrs.data;

	for (size_t i = 0; i < place->addrs.n; i++)
		if (!memcmp(at + 16 * i, addr, 16))
			return true;
	return false;
}
