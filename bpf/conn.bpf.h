/* SPDX-License-Identifier: GPL-2.0-only */
/* The table of followed connections: who enters it, and how much is reported of each. */
#ifndef CLBTRACE_CONN_BPF_H
#define CLBTRACE_CONN_BPF_H

#include "maps.bpf.h"
#include "packet.bpf.h"

enum {
	CONN_CONTROL_MAX = 64,
	CONN_ACKS_MAX = 2,
	CONN_PAYLOADS_MAX = 128,
	CONN_PAYLOAD_BYTES_MAX = 4096, /* the packet that passes it is still reported */
	CONN_LATE_PAYLOADS_MAX = 64,
	CONN_FORWARDS_MAX = 4,
	CONN_NETFILTER_MAX = 128,
	CONN_DROPS_MAX = 16,
};

/* A prober sends echo requests every second, with the same identifier. */
#define PAYLOAD_PAUSE_NS  50000000ULL
#define DATAGRAM_QUIET_NS 1000000000ULL
#define ECHO_QUIET_NS	  200000000ULL

/* Which way a packet of a followed connection goes; indexes conn.acks and conn.payloads. */
enum conn_way { FROM_PROBER = 0, TO_PROBER = 1 };

static __always_inline bool is_syn(const struct packet *p)
{
	return (p->tcp.flags & (TCP_SYN | TCP_ACK)) == TCP_SYN;
}

/* Whether a packet that is from a prober begins a probe; of datagrams each may. */
static __always_inline bool begins(const struct packet *p)
{
	return is_syn(p) || (has_udp && (p->kind == KIND_DATAGRAM || p->kind == KIND_ECHO_REQUEST));
}

/* What tells two probes with the same flow apart; for datagrams only time does. */
static __always_inline __u32 packet_isn(const struct packet *p)
{
	return p->kind == KIND_TCP ? p->tcp.seq : 0;
}

/* Whether an address may be a prober's, or what this host has made of one. */
static __always_inline bool maybe_prober(const __u8 addr[16], __u8 family)
{
	return family == 4 ? maybe_known(first_v4, addr[12], addr[15])
			   : maybe_known(first_v6, addr[0], addr[15]);
}

static __always_inline bool is_v4_mapped(const __u8 addr[16])
{
	const word *words = (const word *)addr;

	return !words[0] && !words[1] && words[2] == bpf_htonl(0xffff);
}

/* How a packet or a socket belongs to its connection. */
struct match {
	enum conn_way way;
	__u32 by_alias; /* 1: it had translated addresses */
};

static __always_inline void flow_reverse(struct ev_flow *to, const struct ev_flow *flow)
{
	copy_words((word *)to->saddr, (const word *)flow->daddr, 4);
	copy_words((word *)to->daddr, (const word *)flow->saddr, 4);
	to->sport = flow->dport;
	to->dport = flow->sport;
	to->proto = flow->proto;
	to->family = flow->family;
	to->pad[0] = 0;
	to->pad[1] = 0;
}

/* The compiler must not reach into what may be NULL before the caller has tested it. */
static __always_inline struct conn *conn_checked(struct conn *conn)
{
	asm volatile("" : "+r"(conn));
	return conn;
}

/*
 * The connection with this flow, prober -> this host; if its addresses were translated, flow
 * becomes what it was before.
 */
static __always_inline struct conn *conn_from_prober(struct ev_flow *flow, struct match *match)
{
	struct conn *conn = bpf_map_lookup_elem(&connections, flow);
	struct ev_flow *original;

	match->way = FROM_PROBER;
	match->by_alias = 0;
	if (conn || !alias_last[flow->saddr[15]])
		return conn_checked(conn);
	original = bpf_map_lookup_elem(&aliases, flow);
	if (!original)
		return NULL;
	conn = conn_checked(bpf_map_lookup_elem(&connections, original));
	if (!conn)
		return NULL;
	match->by_alias = 1;
	*flow = *original;
	return conn;
}

static __always_inline struct conn *conn_to_prober(struct ev_flow *flow, struct match *match)
{
	struct ev_flow key;
	struct conn *conn;

	flow_reverse(&key, flow);
	conn = conn_from_prober(&key, match);
	match->way = conn ? TO_PROBER : FROM_PROBER;
	if (conn && match->by_alias)
		flow_reverse(flow, &key);
	return conn;
}

/* The connection that a packet belongs to, and how; from the prober if to none. */
static __always_inline struct conn *conn_of(struct packet *p, struct match *match)
{
	struct ev_flow flow = p->flow;
	struct conn *conn = NULL;

	*match = (struct match){};
	if (maybe_prober(flow.saddr, flow.family))
		conn = conn_from_prober(&flow, match);
	if (!conn && maybe_prober(flow.daddr, flow.family))
		conn = conn_to_prober(&flow, match);
	/* An alias may outlive its connection's use of it. */
	if (conn && match->by_alias && is_syn(p) && conn->isn != p->tcp.seq)
		return NULL;
	if (conn && match->by_alias)
		p->flow = flow;
	return conn;
}

static __always_inline bool conn_spend(__u32 *spent, __u32 max)
{
	/* Not exact if two CPUs race: a few records more are no harm. */
	if (*spent >= max)
		return false;
	__sync_fetch_and_add(spent, 1);
	return true;
}

/*
 * By packets, because small segments are many, and by bytes, because large ones are long. One after
 * a pause is reported all the same: that something was said then matters more than what.
 */
static __always_inline bool conn_spend_payload(struct conn *conn, const struct packet *p,
					       enum conn_way way)
{
	__u64 now_ns = bpf_ktime_get_ns(), last_ns = conn->payload_ns[way];

	conn->payload_ns[way] = now_ns;
	if (conn->payload_bytes[way] >= CONN_PAYLOAD_BYTES_MAX ||
	    !conn_spend(&conn->payloads[way], CONN_PAYLOADS_MAX))
		return now_ns - last_ns > PAYLOAD_PAUSE_NS &&
		       conn_spend(&conn->late_payloads, CONN_LATE_PAYLOADS_MAX);
	__sync_fetch_and_add(&conn->payload_bytes[way], p->tcp.payload_len);
	return true;
}

/* Whether a packet that enters by an interface, or leaves for the prober, is to be reported. */
static __always_inline bool conn_wants(struct conn *conn, const struct packet *p, enum conn_way way)
{
	if (p->tcp.flags & (TCP_SYN | TCP_RST | TCP_FIN))
		return conn_spend(&conn->control, CONN_CONTROL_MAX);
	if (p->tcp.payload_len || p->kind != KIND_TCP)
		return conn_spend_payload(conn, p, way);
	return conn_spend(&conn->acks[way], CONN_ACKS_MAX);
}

/* The same of a packet from the prober that leaves again. */
static __always_inline bool conn_wants_forwarded(struct conn *conn, const struct packet *p)
{
	if (p->tcp.flags & (TCP_SYN | TCP_RST | TCP_FIN))
		return conn_spend(&conn->control, CONN_CONTROL_MAX);
	return conn_spend(&conn->forwards, CONN_FORWARDS_MAX);
}

static __always_inline bool is_probe(const struct packet *p)
{
	return begins(p) && (p->kind == KIND_ECHO_REQUEST || is_wanted_port(p->flow.dport)) &&
	       is_source(p->flow.saddr);
}

static __always_inline void conn_remove_aliases(struct conn *conn)
{
#pragma unroll
	for (int i = 0; i < ALIASES; i++)
		if (conn->aliases[i].family)
			bpf_map_delete_elem(&aliases, &conn->aliases[i]);
}

/* A new connection in the place of one with the same flow. */
static __always_inline void conn_restart(struct conn *conn, const struct conn *fresh)
{
	conn_remove_aliases(conn);
	*conn = *fresh;
}

/* Whether a packet with which a probe begins is of the one that is there. */
static __always_inline bool conn_goes_on(struct conn *conn, const struct packet *p)
{
	__u64 last_ns = conn->last_ns;

	if (!has_udp || p->kind == KIND_TCP)
		return conn->isn == p->tcp.seq;
	conn->last_ns = bpf_ktime_get_ns();
	return conn->last_ns - last_ns <=
	       (p->kind == KIND_DATAGRAM ? DATAGRAM_QUIET_NS : ECHO_QUIET_NS);
}

/*
 * Enters a SYN or a datagram that has just arrived, or finds it. A new initial sequence number is a
 * new probe, and so is a datagram after some quiet.
 * Returns NULL if it is none of ours, or if there was no room: then *untracked is 1.
 */
static __always_inline struct conn *conn_enter(const struct packet *p, __u8 *untracked)
{
	struct conn *conn = bpf_map_lookup_elem(&connections, &p->flow);
	struct conn fresh = {.isn = packet_isn(p)};

	if (has_udp && p->kind != KIND_TCP)
		fresh.last_ns = bpf_ktime_get_ns();
	if (conn) {
		if (!conn_goes_on(conn, p))
			conn_restart(conn, &fresh);
		return conn;
	}
	if (!is_probe(p))
		return NULL;
	bpf_map_update_elem(&connections, &p->flow, &fresh, BPF_ANY);
	conn = bpf_map_lookup_elem(&connections, &p->flow);
	if (!conn) {
		count_evicted();
		*untracked = 1;
	}
	return conn;
}

#endif
