/* SPDX-License-Identifier: GPL-2.0-only */
/* The table of followed connections: who enters it, and how much is reported of each. */
#ifndef CLBTRACE_CONN_BPF_H
#define CLBTRACE_CONN_BPF_H

#include "maps.bpf.h"
#include "packet.bpf.h"

enum {
	CONN_CONTROL_MAX = 64,
	CONN_ACKS_MAX = 2,
	CONN_PAYLOADS_MAX = 32,
	CONN_PAYLOAD_BYTES_MAX = 4096, /* the packet that passes it is still reported */
	CONN_NETFILTER_MAX = 48,
	CONN_DROPS_MAX = 16,
};

/* Which way a packet of a followed connection goes; indexes conn.acks and conn.payloads. */
enum conn_way { FROM_PROBER = 0, TO_PROBER = 1 };

static __always_inline bool is_syn(const struct packet *p)
{
	return (p->tcp.flags & (TCP_SYN | TCP_ACK)) == TCP_SYN;
}

static __always_inline bool maybe_source(const __u8 addr[16], __u8 family)
{
	return family == 4 ? maybe_source_byte(first_v4, addr[12])
			   : maybe_source_byte(first_v6, addr[0]);
}

static __always_inline bool is_v4_mapped(const __u8 addr[16])
{
	const word *words = (const word *)addr;

	return !words[0] && !words[1] && words[2] == bpf_htonl(0xffff);
}

/* Whether TCP can be what follows an IPv6 header with this next header. */
static __always_inline bool maybe_tcp_v6(__u8 next)
{
	return next == IPPROTO_TCP || is_extension(next);
}

/* The entry of a connection whose packet from the prober has this flow. */
static __always_inline struct conn *conn_from_prober(const struct ev_flow *flow)
{
	return bpf_map_lookup_elem(&connections, flow);
}

static __always_inline struct conn *conn_to_prober(const struct ev_flow *flow)
{
	struct conn_key key;

	__builtin_memcpy(key.saddr, flow->daddr, 16);
	__builtin_memcpy(key.daddr, flow->saddr, 16);
	key.sport = flow->dport;
	key.dport = flow->sport;
	return bpf_map_lookup_elem(&connections, &key);
}

/* Makes the flow what it was before a redirection. */
static __always_inline void flow_undo(struct ev_flow *flow, const struct conn_key *original,
				      enum conn_way way)
{
	if (way == FROM_PROBER) {
		__builtin_memcpy(flow->daddr, original->daddr, 16);
		flow->dport = original->dport;
	} else {
		__builtin_memcpy(flow->saddr, original->daddr, 16);
		flow->sport = original->dport;
	}
}

/* The compiler must not reach into what may be NULL before the caller has tested it. */
static __always_inline struct conn *conn_checked(struct conn *conn)
{
	asm volatile("" : "+r"(conn));
	return conn;
}

/* From an entry to the connection: if it was redirected, flow becomes what it was before. */
static __always_inline struct conn *conn_original(struct conn *conn, struct ev_flow *flow,
						  enum conn_way way)
{
	struct conn_key key;

	if (conn && conn->is_alias) {
		key = conn->other;
		flow_undo(flow, &key, way);
		conn = bpf_map_lookup_elem(&connections, &key);
	}
	return conn_checked(conn);
}

/* The connection that a packet belongs to, and which way it goes; from the prober if to none. */
static __always_inline struct conn *conn_of(struct packet *p, enum conn_way *way)
{
	struct ev_flow *flow = &p->flow;
	struct conn *conn = NULL;

	*way = FROM_PROBER;
	if (maybe_source(flow->saddr, flow->family))
		conn = conn_from_prober(flow);
	if (!conn && maybe_source(flow->daddr, flow->family)) {
		conn = conn_to_prober(flow);
		if (conn)
			*way = TO_PROBER;
	}
	return conn_original(conn, flow, *way);
}

static __always_inline bool conn_spend(__u32 *spent, __u32 max)
{
	/* Not exact if two CPUs race: a few records more are no harm. */
	if (*spent >= max)
		return false;
	__sync_fetch_and_add(spent, 1);
	return true;
}

/* By packets, because small segments are many, and by bytes, because large ones are long. */
static __always_inline bool conn_spend_payload(struct conn *conn, const struct packet *p,
					       enum conn_way way)
{
	if (conn->payload_bytes[way] >= CONN_PAYLOAD_BYTES_MAX ||
	    !conn_spend(&conn->payloads[way], CONN_PAYLOADS_MAX))
		return false;
	__sync_fetch_and_add(&conn->payload_bytes[way], p->tcp.payload_len);
	return true;
}

/* Whether this packet at an interface is still to be reported. */
static __always_inline bool conn_wants(struct conn *conn, const struct packet *p, enum conn_way way)
{
	if (p->tcp.flags & (TCP_SYN | TCP_RST | TCP_FIN))
		return conn_spend(&conn->control, CONN_CONTROL_MAX);
	if (p->tcp.payload_len)
		return conn_spend_payload(conn, p, way);
	return conn_spend(&conn->acks[way], CONN_ACKS_MAX);
}

static __always_inline bool is_probe(const struct packet *p)
{
	return is_syn(p) && is_wanted_port(p->flow.dport) && is_source(p->flow.saddr);
}

/*
 * Enters a SYN that has just arrived, or finds it. A new initial sequence number is a new probe.
 * Returns NULL if it is none of ours, or if there was no room: then *untracked is 1.
 */
static __always_inline struct conn *conn_enter(const struct packet *p, __u8 *untracked)
{
	struct conn *conn = conn_from_prober(&p->flow);
	struct conn fresh = {.isn = p->tcp.seq};

	if (conn && conn->isn == fresh.isn && !conn->is_alias)
		return conn;
	if (conn) {
		if (!conn->is_alias)
			fresh.other = conn->other;
		*conn = fresh;
		return conn;
	}
	if (!is_probe(p))
		return NULL;
	bpf_map_update_elem(&connections, &p->flow, &fresh, BPF_ANY);
	conn = conn_from_prober(&p->flow);
	if (!conn) {
		count_evicted();
		*untracked = 1;
	}
	return conn;
}

#endif
