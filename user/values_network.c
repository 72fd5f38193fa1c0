// SPDX-License-Identifier: GPL-2.0-only
// Values about the way of the packet: addresses, interfaces, routes.
#include <inttypes.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "escape.h"
#include "flow.h"
#include "steps_facts.h"
#include "values_internal.h"

static bool is_v4(const struct values_of *of)
{
	return of->probe->flow.family == 4;
}

static bool src(const struct values_of *of, char *out, size_t out_len)
{
	char text[FLOW_ADDR_LEN];

	return value_put(out, out_len, addr_text(of->probe->flow.saddr, text));
}

static bool dst(const struct values_of *of, char *out, size_t out_len)
{
	char text[FLOW_ADDR_LEN];

	return value_put(out, out_len, addr_text(of->probe->flow.daddr, text));
}

static bool sport(const struct values_of *of, char *out, size_t out_len)
{
	return value_put_number(out, out_len, of->probe->flow.sport);
}

static bool dport(const struct values_of *of, char *out, size_t out_len)
{
	/* An echo request has none. */
	return of->probe->flow.dport && value_put_number(out, out_len, of->probe->flow.dport);
}

/* Where the service should be: behind a redirection, its new address and port. */
static bool sought(const struct values_of *of, char *out, size_t out_len)
{
	const struct ev_flow *to = &of->probe->attempt.nat;
	char text[FLOW_ENDPOINT_LEN];

	if (to->family)
		snprintf(out, out_len, "%s%s, to which netfilter redirects port %u",
			 endpoint_text(to->daddr, to->dport, text),
			 of->probe->attempt.bits & E(ELSEWHERE) ? " (in another network namespace)"
								: "",
			 of->probe->flow.dport);
	else
		snprintf(out, out_len, "port %u", of->probe->flow.dport);
	return true;
}

static bool host_bits(const struct values_of *of, char *out, size_t out_len)
{
	return value_put(out, out_len, is_v4(of) ? "32" : "128");
}

static bool family(const struct values_of *of, char *out, size_t out_len)
{
	return value_put(out, out_len, is_v4(of) ? "IPv4" : "IPv6");
}

static bool iptables(const struct values_of *of, char *out, size_t out_len)
{
	return value_put(out, out_len, is_v4(of) ? "iptables" : "ip6tables");
}

static bool arp(const struct values_of *of, char *out, size_t out_len)
{
	return value_put(out, out_len, is_v4(of) ? "ARP" : "neighbour discovery");
}

static bool dst_listen(const struct values_of *of, char *out, size_t out_len)
{
	char text[FLOW_ENDPOINT_LEN];

	return value_put(out, out_len,
			 endpoint_text(probe_service(of->probe)->daddr,
				       probe_service(of->probe)->dport, text));
}

static bool any_listen(const struct values_of *of, char *out, size_t out_len)
{
	snprintf(out, out_len, "%s:%u", is_v4(of) ? "0.0.0.0" : "[::]",
		 probe_service(of->probe)->dport);
	return true;
}

static bool if_name(const struct values_of *of, char *out, size_t out_len)
{
	char name[FACT_IFNAME_LEN];

	return value_put(out, out_len, host_ifname(of->host, of->probe->ifindex, name));
}

/* Whether it is the probe itself that waits for a neighbour, on its way to another address. */
static bool is_stuck_itself(const struct values_of *of)
{
	const struct ev_drop *d = &of->probe->attempt.drop;

	return d->hdr.type && !strncmp(d->reason_name, "NEIGH_", 6);
}

static bool stuck_packet(const struct values_of *of, char *out, size_t out_len)
{
	char text[FLOW_ENDPOINT_LEN];

	if (!is_stuck_itself(of))
		return value_put(out, out_len,
				 of->probe->flow.proto == IPPROTO_TCP
					 ? "the SYN-ACK could not leave"
					 : "the answer could not leave");
	snprintf(out, out_len, "the probe could not be handed on to %s",
		 endpoint_text(probe_service(of->probe)->daddr, probe_service(of->probe)->dport,
			       text));
	return true;
}

/* Where the reply goes: the interface it was seen on, else the route's. */
static bool out_if(const struct values_of *of, char *out, size_t out_len)
{
	const struct if_set *ifs = &of->probe->attempt.out_ifs;
	const struct fact_route *r = probe_fact(of->probe, EV_FACT_ROUTE, NULL);
	char name[FACT_IFNAME_LEN];

	if (is_stuck_itself(of))
		return value_put(out, out_len,
				 host_ifname(of->host, of->probe->attempt.drop.ifindex, name));
	if (ifs->n)
		return value_put(out, out_len, host_ifname(of->host, ifs->index[ifs->n - 1], name));
	if (r && r->oif)
		return value_put(out, out_len, host_ifname(of->host, r->oif, name));
	if (of->probe->attempt.reply_drop.ifindex)
		return value_put(
			out, out_len,
			host_ifname(of->host, of->probe->attempt.reply_drop.ifindex, name));
	return value_put(out, out_len, "an interface that is not known");
}

static bool gateway(const struct values_of *of, char *out, size_t out_len)
{
	static const uint8_t none[16];
	const struct fact_route *r = probe_fact(of->probe, EV_FACT_ROUTE, NULL);
	char text[FLOW_ADDR_LEN];

	if (!r || r->error || !memcmp(r->gateway, none, 16) || addr_is_any(r->gateway))
		return false;
	return value_put(out, out_len, addr_text(r->gateway, text));
}

static bool next_hop(const struct values_of *of, char *out, size_t out_len)
{
	const struct fact_neigh *n = probe_fact(of->probe, EV_FACT_NEIGH, NULL);
	char text[FLOW_ADDR_LEN];

	if (is_stuck_itself(of))
		return value_put(out, out_len, addr_text(probe_service(of->probe)->daddr, text));
	if (n)
		return value_put(out, out_len, addr_text(n->addr, text));
	return gateway(of, out, out_len) || src(of, out, out_len);
}

static bool route_error(const struct values_of *of, char *out, size_t out_len)
{
	const struct fact_route *r = probe_fact(of->probe, EV_FACT_ROUTE, NULL);

	if (r && r->error)
		return value_put(out, out_len, route_error_words(r));
	return value_put(out, out_len, "there was none (IpOutNoRoutes grew), there is one now");
}

static bool route_words(const struct values_of *of, char *out, size_t out_len)
{
	const struct fact_route *r = probe_fact(of->probe, EV_FACT_ROUTE, NULL);

	if (!r)
		return value_put(out, out_len, "which is not the way back to it");
	if (r->error)
		snprintf(out, out_len, "and there is no route back to it (%s)",
			 route_error_words(r));
	else if (r->type == RTN_LOCAL)
		snprintf(out, out_len, "but it is an address of this host");
	else
		snprintf(out, out_len, "but the route back to it is by %.15s", r->ifname);
	return true;
}

static bool route_fix(const struct values_of *of, char *out, size_t out_len)
{
	char ifname[FACT_IFNAME_LEN], source[FLOW_ADDR_LEN], local[FLOW_ADDR_LEN];

	host_ifname(of->host, of->probe->ifindex, ifname);
	addr_text(of->probe->flow.daddr, local);
	addr_text(of->probe->flow.saddr, source);
	snprintf(out, out_len,
		 "ip %srule add from %s lookup 100; ip %sroute add %s/%s via GATEWAY dev %s table "
		 "100",
		 is_v4(of) ? "" : "-6 ", local, is_v4(of) ? "" : "-6 ", source,
		 is_v4(of) ? "32" : "128", ifname);
	return true;
}

static bool route_add_fix(const struct values_of *of, char *out, size_t out_len)
{
	const struct fact_route *r = probe_fact(of->probe, EV_FACT_ROUTE, NULL);
	const char *ip = is_v4(of) ? "ip" : "ip -6", *type = NULL;
	char ifname[FACT_IFNAME_LEN], source[FLOW_ADDR_LEN];

	if (r && r->error)
		type = r->type == RTN_BLACKHOLE	    ? "blackhole"
		       : r->type == RTN_UNREACHABLE ? "unreachable"
		       : r->type == RTN_PROHIBIT    ? "prohibit"
						    : NULL;
	if (type) {
		snprintf(out, out_len,
			 "%s route show table all type %s  # find it, and: %s route del %s PREFIX",
			 ip, type, ip, type);
		return true;
	}
	host_ifname(of->host, of->probe->ifindex, ifname);
	snprintf(out, out_len,
		 "%s route add %s/%s via GATEWAY dev %s  # or the default route that is missing",
		 ip, addr_text(of->probe->flow.saddr, source), is_v4(of) ? "32" : "128", ifname);
	return true;
}

/* As sysctl(8) writes it: a dot in an interface's name becomes a slash. */
static void sysctl_ifname(const struct values_of *of, char name[FACT_IFNAME_LEN])
{
	host_ifname(of->host, of->probe->ifindex, name);
	for (char *dot = name; (dot = strchr(dot, '.'));)
		*dot = '/';
}

static bool sysctl_if(const struct values_of *of, char *out, size_t out_len)
{
	char name[FACT_IFNAME_LEN];

	sysctl_ifname(of, name);
	return value_put(out, out_len, name);
}

static bool rp_value(const struct values_of *of, bool all, int64_t *value)
{
	char name[64], ifname[FACT_IFNAME_LEN];

	sysctl_ifname(of, ifname);
	snprintf(name, sizeof(name), "net.ipv4.conf.%s.rp_filter", all ? "all" : ifname);
	return probe_sysctl(of->probe, name, value);
}

static bool rp_all(const struct values_of *of, char *out, size_t out_len)
{
	int64_t value;

	return rp_value(of, true, &value) ? value_put_number(out, out_len, value)
					  : value_put(out, out_len, "?");
}

static bool rp_if(const struct values_of *of, char *out, size_t out_len)
{
	int64_t value;

	return rp_value(of, false, &value) ? value_put_number(out, out_len, value)
					   : value_put(out, out_len, "?");
}

/* The larger value counts. Loose mode (2) still wants some route back: without one only 0 helps. */
static bool rp_fix(const struct values_of *of, char *out, size_t out_len)
{
	const struct fact_route *r = probe_fact(of->probe, EV_FACT_ROUTE, NULL);

	return value_put(out, out_len, r && !r->error && r->type != RTN_LOCAL ? "2" : "0");
}

static bool src_addr(const struct values_of *of, const struct fact_addr **addr)
{
	const struct fact_addr *a = NULL;

	while ((a = probe_fact(of->probe, EV_FACT_ADDR, a))) {
		if (a->is_source && a->is_local && a->ifname[0]) {
			*addr = a;
			return true;
		}
	}
	return false;
}

static bool src_if(const struct values_of *of, char *out, size_t out_len)
{
	const struct fact_addr *a;

	if (!src_addr(of, &a))
		return false;
	snprintf(out, out_len, "%.15s", a->ifname);
	return true;
}

static bool local_words(const struct values_of *of, char *out, size_t out_len)
{
	return value_put(out, out_len,
			 of->probe->attempt.bits & E(SYNACK_MADE)
				 ? "the answer goes to this host itself"
				 : "the kernel drops it as spoofed");
}

/* Nothing to print: whether the source is no address of 100.64.0.0/10, so probably the VIP. */
static bool vip(const struct values_of *of, char *out, size_t out_len)
{
	const uint8_t *a = of->probe->flow.saddr;

	(void)out_len;
	out[0] = 0;
	return !(is_v4(of) && a[12] == 100 && (a[13] & 0xc0) == 64);
}

static bool src_cidr(const struct values_of *of, char *out, size_t out_len)
{
	const struct fact_addr *a;
	char text[FLOW_ADDR_LEN];

	if (!src_addr(of, &a))
		return false;
	snprintf(out, out_len, "%s/%s", addr_text(of->probe->flow.saddr, text),
		 is_v4(of) ? "32" : "128");
	return true;
}

const struct value values_network[] = {
	{"src", src},
	{"dst", dst},
	{"sport", sport},
	{"dport", dport},
	{"sought", sought},
	{"stuck_packet", stuck_packet},
	{"dst_bits", host_bits},
	{"family", family},
	{"iptables", iptables},
	{"arp", arp},
	{"dst_listen", dst_listen},
	{"any_listen", any_listen},
	{"if", if_name},
	{"out_if", out_if},
	{"gateway", gateway},
	{"next_hop", next_hop},
	{"route_error", route_error},
	{"route_words", route_words},
	{"route_fix", route_fix},
	{"route_add_fix", route_add_fix},
	{"sysctl_if", sysctl_if},
	{"rp_all", rp_all},
	{"rp_if", rp_if},
	{"rp_all_fix", rp_fix},
	{"rp_if_fix", rp_fix},
	{"src_if", src_if},
	{"src_cidr", src_cidr},
	{"?vip", vip},
	{"local_words", local_words},
	{NULL, NULL},
};
