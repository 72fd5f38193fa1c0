/* SPDX-License-Identifier: GPL-2.0-only */
/* Recognises connections that the host redirects (DNAT), to follow them under the new address. */
#ifndef CLBTRACE_REDIRECT_BPF_H
#define CLBTRACE_REDIRECT_BPF_H

#include "conn.bpf.h"

/* Remembers a SYN as it arrives. */
static __always_inline void conn_departs(const struct packet *p)
{
	struct in_flight *last;
	__u32 zero = 0;

	last = bpf_map_lookup_elem(&in_flights, &zero);
	if (!last)
		return;
	last->skb = p->skb;
	__builtin_memcpy(&last->key, &p->flow, sizeof(last->key));
}

/*
 * The connection of a SYN that is in no entry, if it is the one that this CPU has taken in last:
 * then it was redirected since, and gets its second entry. flow becomes what it was before.
 */
static __always_inline struct conn *conn_redirected(struct packet *p)
{
	struct conn alias = {.is_alias = 1};
	struct in_flight *last;
	struct conn *conn;
	__u32 zero = 0;

	last = bpf_map_lookup_elem(&in_flights, &zero);
	if (!last || last->skb != p->skb)
		return NULL;
	alias.other = last->key;
	conn = bpf_map_lookup_elem(&connections, &alias.other);
	if (!conn || conn->isn != p->tcp.seq)
		return NULL;
	__builtin_memcpy(&conn->other, &p->flow, sizeof(conn->other));
	bpf_map_update_elem(&connections, &p->flow, &alias, BPF_NOEXIST);
	flow_undo(&p->flow, &alias.other, FROM_PROBER);
	return conn;
}

#endif
