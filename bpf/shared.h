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

/* The flows that a connection has after a translation of its addresses. */
enum alias_kind {
	ALIAS_REDIRECTED = 0,  /* another destination (DNAT) */
	ALIAS_MASQUERADED = 1, /* another source (SNAT), with the destination that it has by then */
	ALIASES = 2,
};

enum { IN_FLIGHTS = 64 };

/*
 * A followed connection; its key is the flow prober -> this host as the probe arrived, pad zero.
 * The counts are of what was already reported, so that one connection cannot flood the ring.
 */
struct conn {
	__u32 isn;	   /* 0 of what is not TCP */
	__u32 control;	   /* SYN, RST, FIN, either way */
	__u32 acks[2];	   /* without payload; [0] from the prober, [1] to it */
	__u32 payloads[2]; /* packets with payload */
	__u32 payload_bytes[2];
	__u32 netfilter;
	__u32 drops;	     /* kfree_skb, resets, state changes, ICMP */
	__u32 forwards;	     /* from the prober, seen as they leave again; without control */
	__u32 forwarded;     /* 1: its SYN left again, for another network namespace or host */
	__u32 netns;	     /* inode of the other namespace where its socket was seen, else 0 */
	__u32 late_payloads; /* packets with payload after a pause, when payloads were spent */
	__u64 payload_ns[2]; /* when the last packet with payload came */
	__u64 last_ns;	     /* not TCP: when the last datagram from the prober came */
	/* Its keys in the map aliases, by enum alias_kind; family 0: it has none of this kind. */
	struct ev_flow aliases[ALIASES];
};

/* One per CPU and slot: a SYN or datagram that it took in at tc ingress, as it was then. */
struct in_flight {
	__u64 skb;
	struct ev_flow flow;
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

enum { RULE_NAME_LEN = 64 /* nft table and chain names are cut at this */ };

/* A rule or policy of nf_tables that stopped a packet of a probe. */
struct rule_record {
	__u64 time_ns;
	__u64 handle;	     /* 0: the base chain's policy */
	__u32 number;	     /* of the rule in its chain, from 1 */
	__u32 code;	     /* what nft_do_chain() returned */
	struct ev_flow flow; /* as in other events */
	struct ev_tcp tcp;
	__u32 netns;	/* as in struct ev_drop */
	__s32 priority; /* of the base chain */
	__u8 is_reply;
	__u8 hook;
	__u8 pf;      /* of the packet */
	__u8 family;  /* of the table: NFPROTO_* */
	__u8 rejects; /* it answers with a reset or an ICMP error */
	__u8 pad[3];
	char table[RULE_NAME_LEN];
	char chain[RULE_NAME_LEN];
	char base[RULE_NAME_LEN];
};

EVENT_ASSERT_SIZE(conn, 160);
EVENT_ASSERT_SIZE(in_flight, 48);
EVENT_ASSERT_SIZE(source_key, 20);
EVENT_ASSERT_SIZE(stranger, 56);
EVENT_ASSERT_SIZE(walk_args, 48);
EVENT_ASSERT_SIZE(rule_record, 296);

#endif
