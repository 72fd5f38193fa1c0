/* SPDX-License-Identifier: GPL-2.0-only */
/* Recognises connections whose addresses the host translates, to follow them under the new ones. */
#ifndef CLBTRACE_REDIRECT_BPF_H
#define CLBTRACE_REDIRECT_BPF_H

#include "conn.bpf.h"

enum { IN_FLIGHT_SHIFT = 8 /* struct sk_buff are at least that many bits apart */ };

/* Where this CPU remembers a packet: several pass tc ingress before the first goes on (GRO). */
static __always_inline struct in_flight *in_flight_slot(__u64 skb)
{
	__u32 slot = skb >> IN_FLIGHT_SHIFT & (IN_FLIGHTS - 1);

	return bpf_map_lookup_elem(&in_flights, &slot);
}

static __always_inline bool is_in_flight(__u64 skb)
{
	const struct in_flight *slot = in_flight_slot(skb);

	return slot && slot->skb == skb;
}

/* Remembers a SYN or a datagram as it arrives. */
static __always_inline void conn_remember_packet(const struct packet *p)
{
	struct in_flight *slot = in_flight_slot(p->skb);

	if (!slot)
		return;
	slot->skb = p->skb;
	slot->flow = p->flow;
}

/* The packet is on its way out, consumed or dropped: its memory may be another's next. */
static __always_inline void conn_forget_packet(const struct packet *p)
{
	struct in_flight *slot = in_flight_slot(p->skb);

	if (slot && slot->skb == p->skb)
		slot->skb = 0;
}

static __always_inline void mark_alias(const struct ev_flow *flow)
{
	alias_last[flow->saddr[15]] = 1;
	if (flow->family == 4)
		known_v4[flow->saddr[12]] = 1;
	else
		known_v6[flow->saddr[0]] = 1;
}

/* kind is a constant, so that the verifier knows the place. */
static __always_inline void conn_add_alias(struct conn *conn, enum alias_kind kind,
					   const struct ev_flow *alias,
					   const struct ev_flow *original)
{
	if (conn->aliases[kind].family)
		bpf_map_delete_elem(&aliases, &conn->aliases[kind]);
	conn->aliases[kind] = *alias;
	mark_alias(alias);
	if (bpf_map_update_elem(&aliases, alias, original, BPF_ANY))
		count_evicted();
}

static __always_inline bool is_same_source(const struct ev_flow *a, const struct ev_flow *b)
{
	const word *x = (const word *)a->saddr, *y = (const word *)b->saddr;

	return x[0] == y[0] && x[1] == y[1] && x[2] == y[2] && x[3] == y[3] && a->sport == b->sport;
}

/* Whether only the source is another than the one that is known so far. */
static __always_inline bool is_same_destination(const struct conn *conn, const struct ev_flow *flow,
						const struct ev_flow *original)
{
	const struct ev_flow *known = &conn->aliases[ALIAS_REDIRECTED];
	struct ev_flow to = known->family ? *known : *original;
	const word *x = (const word *)to.daddr, *y = (const word *)flow->daddr;

	return x[0] == y[0] && x[1] == y[1] && x[2] == y[2] && x[3] == y[3] &&
	       to.dport == flow->dport;
}

/*
 * The connection of a SYN or datagram that is in no entry, if it is one that this CPU has taken in:
 * then its addresses were translated since, and the connection gets an alias. flow becomes what it
 * was before. The packet's address alone would not do, memory is used again.
 */
static __always_inline struct conn *conn_translated(struct packet *p, struct match *match)
{
	const struct in_flight *slot = in_flight_slot(p->skb);
	struct ev_flow original;
	struct conn *conn;

	if (!slot || slot->skb != p->skb || slot->flow.proto != p->flow.proto ||
	    slot->flow.family != p->flow.family)
		return NULL;
	original = slot->flow;
	conn = conn_checked(bpf_map_lookup_elem(&connections, &original));
	if (!conn || conn->isn != packet_isn(p))
		return NULL;
	if (is_same_source(&p->flow, &original))
		conn_add_alias(conn, ALIAS_REDIRECTED, &p->flow, &original);
	else if (p->kind == KIND_TCP || is_same_destination(conn, &p->flow, &original))
		conn_add_alias(conn, ALIAS_MASQUERADED, &p->flow, &original);
	else
		return NULL;
	p->flow = original;
	match->way = FROM_PROBER;
	match->by_alias = 1;
	return conn;
}

/* The connection of a packet on its way through the host, and how it belongs to it. */
static __always_inline struct conn *conn_on_its_way(struct packet *p, struct match *match)
{
	struct conn *conn = conn_of(p, match);

	if (!conn && begins(p))
		conn = conn_translated(p, match);
	return conn_checked(conn);
}

/* A probe that came in and leaves again: what becomes of it is told elsewhere. */
static __always_inline void conn_leaves(struct conn *conn, const struct packet *p,
					const struct match *match, __u32 in_ifindex)
{
	if (in_ifindex && match->way == FROM_PROBER && begins(p))
		conn->forwarded = 1;
}

/* The flow as the service sees it, if it is another than the one with which the probe arrived. */
static __always_inline void conn_nat(const struct conn *conn, struct ev_flow *nat)
{
	if (conn->aliases[ALIAS_MASQUERADED].family)
		*nat = conn->aliases[ALIAS_MASQUERADED];
	else if (conn->aliases[ALIAS_REDIRECTED].family)
		*nat = conn->aliases[ALIAS_REDIRECTED];
}

#endif
