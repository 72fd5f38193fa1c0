/* SPDX-License-Identifier: GPL-2.0-only */
/* Rule tracing: the mark on probes, and what nf_tables reports of packets so marked. */
#ifndef CLBTRACE_FACTS_TRACE_H
#define CLBTRACE_FACTS_TRACE_H

#include <libmnl/libmnl.h>
#include <stdbool.h>
#include <stdint.h>

#include "fact.h"
#include "facts_netlink.h"

struct facts;
struct options;

enum {
	TRACE_SETS = 1024,
	TRACE_WAYS = 4, /* packets that are kept of one set */
	TRACE_NAME_LEN = 32,
	TRACE_TABLE_OWNER = 2, /* NFT_TABLE_F_OWNER, from 5.12 */
};

#define TRACE_TABLE_PREFIX "clbtrace-"
#define TRACE_CLAIM	   "nft" /* for claim_take(): its number is in the tables' name */

/* One NFT_MSG_TRACE. */
struct trace_message {
	uint32_t id;
	uint32_t type; /* NFT_TRACETYPE_* */
	uint32_t code; /* the verdict: NF_* or, negative, NFT_* */
	uint64_t handle;
	uint8_t family;	     /* NFPROTO_* of the table */
	bool has_packet;     /* the next two are known: in the first message of each base chain */
	struct ev_flow flow; /* family 0: not a packet that is understood */
	uint32_t seq;	     /* of TCP, or of an echo */
	char table[FACT_TABLE_LEN];
	char chain[FACT_TABLE_LEN];
};

/* What is known of one traced packet. */
struct traced_packet {
	uint64_t order; /* 0: an empty place; a greater one is newer */
	uint64_t time_ns;
	struct trace_message last;
	char base[FACT_TABLE_LEN]; /* the base chain that the last message is of */
	char via[FACT_TABLE_LEN];  /* the last other chain that it went through from there */
	struct ev_flow first;	   /* as it first met a chain */
	struct ev_flow now;	   /* as it met the last base chain */
	uint32_t seq;
};

struct trace_table {
	struct traced_packet packets[TRACE_SETS][TRACE_WAYS];
	uint64_t order;
};

/* Reads one message. Returns whether it is an NFT_MSG_TRACE that is complete. */
bool trace_parse(const struct nlmsghdr *nlh, struct trace_message *out);
/* is_first: it comes from a chain of ours, where a packet's way begins. */
void trace_take(struct trace_table *table, const struct trace_message *message, bool is_first,
		uint64_t now_ns);
/* Whether the last that was reported of the packet is what ended its way. */
bool trace_is_end(const struct trace_message *message);
/*
 * The newest packet that had this flow in one base chain at least; with_seq: and this sequence
 * number. NULL if there is none.
 */
const struct traced_packet *trace_find(const struct trace_table *table, const struct ev_flow *flow,
				       bool with_seq, uint32_t seq);

enum { TRACE_OWN_INET = 1, TRACE_OWN_BRIDGE = 2, TRACE_OWN_NETDEV = 4 };

/* Where chains of ours have to be for the packet to be marked before it meets any other. */
struct trace_plan {
	bool inet;
	bool bridge;
	int32_t inet_priority;
	int32_t bridge_priority;
	int32_t device_priority;
	struct vec devices;   /* char[FACT_IFNAME_LEN]: those with an ingress chain */
	const char *own;      /* the name of our tables */
	uint8_t own_families; /* TRACE_OWN_*: where there were such */
};

struct rule_trace {
	const struct options *options;
	struct netlink netfilter;   /* asks what chains there are */
	struct mnl_socket *owner;   /* of the tables, which the kernel removes when it closes */
	struct mnl_socket *reports; /* NULL: not armed */
	struct trace_table *table;
	struct trace_plan plan; /* what is armed */
	uint8_t families;	/* TRACE_V4 | TRACE_V6: that are marked */
	uint32_t generation;	/* as of which the plan was made */
	bool planned;
	bool plain;  /* no owner tables here: ours are removed by hand */
	bool swept;  /* of what killed runs have left */
	int claim;   /* -errno: then there can be no plain tables */
	bool failed; /* told so: not tried again */
	uint64_t not_before_ns;
	uint64_t lost_ns; /* when reports were last lost, 0: never */
	char name[TRACE_NAME_LEN];
};

enum { TRACE_V4 = 1, TRACE_V6 = 2 };

/* Makes the plan from the chains that there are; all false: nothing to trace. */
int trace_plan_read(struct netlink *netfilter, const char *own, struct trace_plan *out);
void trace_plan_free(struct trace_plan *plan);
bool trace_plan_is_empty(const struct trace_plan *plan);
/* Whether chains as for have would do for want too. */
bool trace_plan_covers(const struct trace_plan *have, const struct trace_plan *want);
/* Leaves out what others have removed since: plain tables go with "nft flush ruleset". */
void trace_plan_forget_lost(struct trace_plan *have, const struct trace_plan *seen);

/*
 * Makes the tables of the plan, or makes them anew if there are some (old); trace->plain tells of
 * which sort. Returns 0 or -errno; EINVAL where the kernel does not know owner tables.
 */
int trace_arm(struct rule_trace *trace, const struct trace_plan *plan,
	      const struct trace_plan *old);
/* Removes plain tables, which closing the owner's socket does not. */
void trace_disarm(struct rule_trace *trace);

/* The tables' name, TRACE_NAME_LEN bytes. */
void trace_name(uint32_t number, char *out);
/*
 * Removes plain tables with such a name whose number no process holds. Returns how many, or
 * -errno.
 */
int trace_remove_leftovers(struct rule_trace *trace, struct mnl_socket *socket);

/*
 * Makes such a table in the network namespace that the process is in, whatever is in that one, and
 * lets go of it: for one that was made to be thrown away. Returns 0 or -errno; *plain: the kernel
 * has no owner tables.
 */
int facts_trace_try(const struct options *options, bool *plain);

/* Reads what was reported by now. */
void trace_drain(struct rule_trace *trace, uint64_t now_ns);
void trace_close(struct rule_trace *trace);

#endif
