// SPDX-License-Identifier: GPL-2.0-only
// Takes a probe or its answer through the hooks of legacy iptables, with what it looks like at
// each.
#include <errno.h>
#include <linux/icmp.h>
#include <linux/icmpv6.h>
#include <linux/netfilter.h>
#include <linux/netfilter/xt_conntrack.h>
#include <linux/rtnetlink.h>
#include <string.h>

#include "facts_internal.h"
#include "facts_iptables.h"

enum { TCP_SYN = 2, TCP_ACK = 16 };

static const uint32_t new_state = XT_CONNTRACK_STATE_BIT(IP_CT_NEW);
static const uint32_t old_state = XT_CONNTRACK_STATE_BIT(IP_CT_ESTABLISHED);

static void name_device(struct netlink *route, uint32_t ifindex, struct legacy_device *out)
{
	struct link_info link;

	if (!ifindex || link_get(route, ifindex, &link))
		return;
	out->known = true;
	memcpy(out->name, link.name, sizeof(out->name));
}

/* By what interface the service is reached, and whether it is here. */
static void look_up_service(struct netlink *route, uint32_t vrf, struct legacy_way *way)
{
	struct route_answer answer;

	if (route_get(route, way->service.daddr, NULL, vrf, &answer) || answer.error)
		return;
	way->local = answer.type == RTN_LOCAL;
	way->forwarded = answer.type == RTN_UNICAST;
	if (!vrf && way->forwarded)
		name_device(route, answer.oif, &way->service_side);
}

/*
 * The device that it was first seen on is the one that rules see, unless it lies below that one, as
 * below a VLAN: then neither the way back nor the address is on it.
 */
static void look_up_prober(struct gather *g, struct legacy_way *way)
{
	struct netlink *route = &g->facts->at->route;
	const uint32_t in = link_l3(route, g->ifindex);
	struct route_answer back = {0};

	if (route_to_prober(g, &back) || back.error)
		back.oif = 0;
	if (back.oif == in || addr_find_link(route, way->arrived.daddr) == in)
		name_device(route, in, &way->prober_side);
	name_device(route, back.oif, &way->prober_out);
}

/*
 * inet_dev_addr_type() knows the local table only: whatever that does not have is unicast for it.
 */
static uint8_t addr_type(struct netlink *route, const uint8_t addr[16])
{
	struct route_answer answer;

	if (route_get(route, addr, NULL, 0, &answer))
		return RTN_UNSPEC;
	if (answer.type == RTN_LOCAL || answer.type == RTN_BROADCAST ||
	    answer.type == RTN_MULTICAST)
		return answer.type;
	return RTN_UNICAST;
}

void legacy_way_init(struct gather *g, struct legacy_way *way)
{
	const struct fact_request *request = g->request;
	struct netlink *route = &g->facts->at->route;
	const uint32_t vrf = link_vrf(route, g->ifindex);

	*way = (struct legacy_way){.arrived = *g->flow,
				   .service = request->service,
				   .tcp = request->tcp,
				   .is_reply = request->is_reply};
	if (!way->service.family)
		way->service = way->arrived;
	look_up_service(route, vrf, way);
	/* In a VRF the device is first the member, then the VRF: which one is not known. */
	if (!vrf)
		look_up_prober(g, way);
	way->prober_type = addr_type(route, way->arrived.saddr);
	way->arrived_type = addr_type(route, way->arrived.daddr);
	way->service_type = addr_type(route, way->service.daddr);
}

static void set_in(struct legacy_packet *packet, const struct legacy_device *device)
{
	packet->in_known = device->known;
	memcpy(packet->in, device->name, sizeof(packet->in));
}

static void set_out(struct legacy_packet *packet, const struct legacy_device *device)
{
	packet->out_known = device->known;
	memcpy(packet->out, device->name, sizeof(packet->out));
}

static void set_devices(const struct legacy_way *way, uint8_t hook, struct legacy_packet *packet)
{
	static const struct legacy_device none = {.known = true}, any;
	const bool reply = way->is_reply;

	switch (hook) {
	case NF_INET_PRE_ROUTING:
		set_in(packet, reply ? &way->service_side : &way->prober_side);
		set_out(packet, &none);
		return;
	case NF_INET_LOCAL_IN:
		set_in(packet, &way->prober_side);
		set_out(packet, &none);
		return;
	case NF_INET_FORWARD:
		set_in(packet, reply ? &way->service_side : &way->prober_side);
		set_out(packet, reply ? &way->prober_out : &way->service_side);
		return;
	case NF_INET_LOCAL_OUT:
		set_in(packet, &none);
		set_out(packet, &way->prober_out);
		return;
	default:
		set_in(packet, &any);
		set_out(packet, reply ? &way->prober_out : &way->service_side);
	}
}

/*
 * Destinations are translated at PREROUTING and OUTPUT, sources at POSTROUTING and INPUT behind the
 * filters; of an answer, the other way round (nf_nat_packet(), net/netfilter/nf_nat_core.c).
 */
static void set_probe_addrs(const struct legacy_way *way, uint8_t hook,
			    struct legacy_packet *packet)
{
	const bool early = hook == NF_INET_PRE_ROUTING;
	const struct ev_flow *to = early ? &way->arrived : &way->service;

	memcpy(packet->src, way->arrived.saddr, 16);
	packet->sport = way->arrived.sport;
	packet->src_type = way->prober_type;
	memcpy(packet->dst, to->daddr, 16);
	packet->dport = to->dport;
	packet->dst_type = early ? way->arrived_type : way->service_type;
}

static void set_reply_addrs(const struct legacy_way *way, uint8_t hook, bool late,
			    struct legacy_packet *packet)
{
	const bool early = !late && (hook == NF_INET_PRE_ROUTING || hook == NF_INET_LOCAL_OUT);
	const struct ev_flow *to = early ? &way->service : &way->arrived;

	memcpy(packet->src, way->service.daddr, 16);
	packet->sport = way->service.dport;
	packet->src_type = way->service_type;
	memcpy(packet->dst, to->saddr, 16);
	packet->dport = to->sport;
	packet->dst_type =
		memcmp(to->saddr, way->arrived.saddr, 16) ? RTN_UNSPEC : way->prober_type;
}

static bool is_translated(const struct legacy_way *way)
{
	return memcmp(way->arrived.daddr, way->service.daddr, 16) ||
	       way->arrived.dport != way->service.dport;
}

/* Whether this packet is one for which conntrack makes an entry, and NAT's rules are asked. */
static bool may_be_first(const struct legacy_way *way)
{
	if (way->is_reply)
		return false;
	return way->arrived.proto != IPPROTO_TCP || !way->tcp.flags ||
	       (way->tcp.flags & (TCP_SYN | TCP_ACK)) == TCP_SYN;
}

static uint32_t states_of(const struct legacy_way *way)
{
	if (way->is_reply)
		return old_state;
	if (way->arrived.proto != IPPROTO_TCP)
		return new_state | old_state;
	if (way->tcp.flags && may_be_first(way))
		return new_state;
	return new_state | old_state | XT_CONNTRACK_STATE_INVALID;
}

static uint8_t icmp_type(const struct legacy_way *way)
{
	if (way->arrived.proto == IPPROTO_ICMP)
		return way->is_reply ? ICMP_ECHOREPLY : ICMP_ECHO;
	return way->is_reply ? ICMPV6_ECHO_REPLY : ICMPV6_ECHO_REQUEST;
}

static void start(const struct legacy_way *way, struct legacy_packet *packet)
{
	*packet = (struct legacy_packet){
		.pf = way->arrived.family == 4 ? NFPROTO_IPV4 : NFPROTO_IPV6,
		.proto = way->arrived.proto,
		.icmp_type = icmp_type(way),
		.tcp_flags = way->tcp.flags,
		.tcp_options = way->tcp.options,
		.is_reply = way->is_reply,
		.states = states_of(way),
		.mark_known = !way->loose,
		.loose = way->loose,
	};
}

/* Where a table is called as to conntrack: raw before it, what is behind NAT sees its work. */
static bool walk_table(const struct legacy_way *way, const struct legacy_ruleset *table,
		       uint8_t hook, struct legacy_walk *walk)
{
	const bool raw = !strcmp(table->name, "raw"), nat = !strcmp(table->name, "nat");
	const bool late = !raw && !nat && strcmp(table->name, "mangle") != 0;
	struct legacy_packet *packet = &walk->packet;
	const uint32_t states = packet->states;
	bool through;

	if (nat && !may_be_first(way))
		return true;
	if (way->is_reply)
		set_reply_addrs(way, hook, late, packet);
	else
		set_probe_addrs(way, hook, packet);
	set_devices(way, hook, packet);
	packet->state_bits = 0;
	if (is_translated(way) && (hook != NF_INET_PRE_ROUTING || way->is_reply) && !raw)
		packet->state_bits = XT_CONNTRACK_STATE_DNAT;
	if (raw)
		packet->states = XT_CONNTRACK_STATE_INVALID;
	through = legacy_walk_table(walk, table, hook);
	if (raw && packet->states == XT_CONNTRACK_STATE_INVALID)
		packet->states = states;
	else if (raw && packet->states & XT_CONNTRACK_STATE_INVALID)
		packet->states = states | XT_CONNTRACK_STATE_UNTRACKED;
	return through;
}

static bool walk_hook(const struct legacy_way *way, const struct legacy_ruleset *tables, int n,
		      uint8_t hook, struct legacy_walk *walk)
{
	for (int i = 0; i < n && !walk->error; i++)
		if (!walk_table(way, &tables[i], hook, walk))
			return false;
	return !walk->error;
}

int legacy_way_walk(const struct legacy_way *way, const struct legacy_ruleset *tables, int n,
		    struct legacy_walk *walk)
{
	const bool here = !way->forwarded, on = !way->local;
	struct legacy_packet arrived;

	start(way, &walk->packet);
	if (way->is_reply && here)
		(void)(walk_hook(way, tables, n, NF_INET_LOCAL_OUT, walk) &&
		       walk_hook(way, tables, n, NF_INET_POST_ROUTING, walk));
	start(way, &walk->packet);
	if ((way->is_reply && !on) || !walk_hook(way, tables, n, NF_INET_PRE_ROUTING, walk))
		return walk->error;
	arrived = walk->packet;
	if (!way->is_reply && here)
		walk_hook(way, tables, n, NF_INET_LOCAL_IN, walk);
	walk->packet = arrived;
	if (on)
		(void)(walk_hook(way, tables, n, NF_INET_FORWARD, walk) &&
		       walk_hook(way, tables, n, NF_INET_POST_ROUTING, walk));
	return walk->error;
}
