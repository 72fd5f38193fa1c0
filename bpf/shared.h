/* SPDX-License-Identifier: GPL-2.0-only */
/* Map layouts and limits that the BPF programs share with the loader; no event has them. */
#ifndef CLBTRACE_SHARED_H
#define CLBTRACE_SHARED_H

#include "event.h"

enum {
	/* Netfilter programs: one at the start of a hook, one at its end, the others in between. */
	NF_SLOTS = 9,
	NF_SLOT_FIRST = 0,
	NF_SLOT_LAST = 1,
	NF_SLOT_BETWEEN = 2,
	NF_HOOKS = 5,
};

/* Index of a netfilter program's priority in the map nf_priorities. */
#define NF_PRIORITY_INDEX(slot, is_v6, hook) (((slot)*2 + (is_v6)) * NF_HOOKS + (hook))

/* Key of the connection table: prober -> this host, the first bytes of a struct ev_flow. */
struct conn_key {
	__u8 saddr[16];
	__u8 daddr[16];
	__u16 sport;
	__u16 dport;
};

/* What was already reported of a connection, so that one connection cannot flood the ring. */
struct conn {
	__u32 isn;
	__u32 control;	   /* SYN, RST, FIN, either way */
	__u32 acks[2];	   /* without payload; [0] from the prober, [1] to it */
	__u32 payloads[2]; /* packets with payload */
	__u32 payload_bytes[2];
	__u32 netfilter;
	__u32 drops; /* kfree_skb, resets, state changes, ICMP */
	/*
	 * A connection that was redirected (DNAT) has a second entry, under the key that it has
	 * from then on, so that it is found under either. The other's key; all zero if there is
	 * none.
	 */
	struct conn_key other;
	__u32 is_alias; /* the second entry: only other is meaningful */
};

/* One per CPU: the last SYN that it reported at tc ingress, as it was then. */
struct in_flight {
	__u64 skb;
	struct conn_key key;
	__u32 pad;
};

struct source_key {
	__u32 prefix_len; /* bits of addr, IPv4 is v4-mapped */
	__u8 addr[16];
};

struct port_set {
	__u64 bits[1024];
};

/* One per CPU. */
struct loss {
	__u64 events;
	__u64 evicted;
};

/* One per CPU: SYNs for a wanted port of this host from no configured source. */
struct stranger {
	__u64 syns;
	__u64 time_ns; /* of the example */
	struct ev_flow example;
};

/* Context of the syscall program that reads one entry of a netfilter hook. */
struct walk_args {
	__u32 pf;
	__u32 hook;
	__u32 index;
	__u32 total;	/* out: entries in the hook */
	__u64 function; /* out, 0 if there is no such entry */
	__u64 priv;
	__s32 priority;
	__u32 type;    /* enum nf_hook_ops_type */
	__u32 prog_id; /* of a BPF program, else 0 */
	__u32 pad;
};

EVENT_ASSERT_SIZE(conn_key, 36);
EVENT_ASSERT_AT(ev_flow, proto, 36);
EVENT_ASSERT_AT(conn_key, dport, __builtin_offsetof(struct ev_flow, dport));
EVENT_ASSERT_SIZE(conn, 80);
EVENT_ASSERT_SIZE(in_flight, 48);
EVENT_ASSERT_SIZE(source_key, 20);
EVENT_ASSERT_SIZE(stranger, 56);
EVENT_ASSERT_SIZE(walk_args, 48);

#endif
