/* SPDX-License-Identifier: GPL-2.0-only */
/* Legacy iptables and ip6tables: tables as the kernel has them, and which of their rules dropped.
 */
#ifndef CLBTRACE_FACTS_IPTABLES_H
#define CLBTRACE_FACTS_IPTABLES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fact.h"
#include "facts_netlink.h"

struct facts;
struct gather;

enum {
	LEGACY_HOOKS = 5, /* NF_INET_NUMHOOKS as x_tables has it */
	LEGACY_NAME_LEN = 32,
	LEGACY_TABLES = 5,
	LEGACY_KEPT = 16, /* snapshots */
	LEGACY_TEXTS = 16,
};

/* What a rule does with a packet that it matches. */
enum legacy_action {
	LEGACY_CONTINUE, /* goes on with the next rule */
	LEGACY_SET_MARK, /* likewise */
	LEGACY_NOTRACK,	 /* likewise */
	LEGACY_ACCEPT,
	LEGACY_DROP,
	LEGACY_REJECT,
	LEGACY_QUEUE,
	LEGACY_OTHER, /* a target that may drop it, take it or go on */
	LEGACY_RETURN,
	LEGACY_JUMP,
	LEGACY_GOTO,
};

struct legacy_rule {
	uint64_t hash;	  /* of its chain and text, not of its counters and place */
	uint64_t packets; /* its counter */
	uint32_t offset;  /* of the entry in the blob */
	uint32_t chain;	  /* index in the table's chains */
	uint32_t number;  /* in its chain, from 1; 0: the entry before a user-defined chain */
	uint32_t to;	  /* index of the rule that it jumps to */
	uint8_t action;	  /* enum legacy_action */
	bool is_tail;	  /* the policy, or the return at a chain's end */
	bool still;	  /* its counter has not moved: it cannot have been it */
};

struct legacy_chain {
	char name[LEGACY_NAME_LEN];
	uint32_t first; /* index of its first rule */
	uint32_t tail;
	int hook; /* NF_INET_*; -1: user-defined */
};

struct legacy_ruleset {
	char name[LEGACY_NAME_LEN];
	uint8_t pf;   /* NFPROTO_IPV4, NFPROTO_IPV6 */
	bool counted; /* still is measured from before the probe */
	uint32_t valid_hooks;
	uint32_t hook_entry[LEGACY_HOOKS]; /* offsets in the blob */
	uint32_t underflow[LEGACY_HOOKS];
	uint8_t *blob; /* the kernel's entries, aligned to 8 */
	uint32_t size;
	struct vec rules;  /* struct legacy_rule, by offset */
	struct vec chains; /* struct legacy_chain */
	uint64_t hash;	   /* of all rules */
};

/* The five tables' names, in the order of their priorities. */
extern const char *const legacy_names[LEGACY_TABLES];

/* The parts of struct ipt_entry and ip6t_entry that are alike. */
struct legacy_entry {
	uint32_t target_offset;
	uint32_t next_offset;
	uint64_t packets;
	uint32_t header; /* size of what is before the matches */
};

struct legacy_entry legacy_entry(const struct legacy_ruleset *table, uint32_t offset);
/* Makes rules and chains of the blob, which is checked. Returns 0, -EBADMSG or -ENOMEM. */
int legacy_parse(struct legacy_ruleset *table);
void legacy_table_free(struct legacy_ruleset *table);
/* A match or a target of the rule: its name, revision and data. */
struct legacy_part {
	const char *name; /* terminated */
	const void *data;
	uint32_t size; /* of data */
	uint8_t revision;
};
/* Takes the match at *at (start with 0) and moves on; false: there is none any more. */
bool legacy_next_match(const struct legacy_ruleset *table, const struct legacy_rule *rule,
		       uint32_t *at, struct legacy_part *out);
struct legacy_part legacy_target(const struct legacy_ruleset *table,
				 const struct legacy_rule *rule);

/* The rule whose entry begins at offset; NULL: none does. */
struct legacy_rule *legacy_rule_at(const struct legacy_ruleset *table, uint32_t offset);
/* Fills in the rules' actions, once their chains are known. Returns 0 or -EBADMSG. */
int legacy_set_actions(struct legacy_ruleset *table);

/*
 * Reads the tables of family pf that are loaded in the current namespace into tables, which were
 * zeroed; none is ever made to load. Returns their number or -errno.
 */
int legacy_read(uint8_t pf, struct legacy_ruleset tables[LEGACY_TABLES]);
void legacy_tables_free(struct legacy_ruleset tables[LEGACY_TABLES], int n);

/* Counters of one table at one time. */
struct legacy_count {
	uint64_t hash; /* struct legacy_rule's */
	uint64_t packets;
};

struct legacy_counts {
	uint64_t time_ns;		     /* when they had been read */
	struct vec table[2 * LEGACY_TABLES]; /* struct legacy_count; of IPv4, then of IPv6 */
};

/* Takes down the counters of a table that was read. Returns 0 or -ENOMEM. */
int legacy_counts_take(struct legacy_counts *counts, const struct legacy_ruleset *table);
/*
 * Fills in still by the counters of the same rules in base. base NULL: there is nothing from before
 * the probe; only what has never counted is still.
 */
void legacy_compare(struct legacy_ruleset *table, const struct legacy_counts *base);

enum legacy_answer { LEGACY_NO, LEGACY_MAYBE, LEGACY_YES };

/* What is known of the packet at the hook that it is at. */
struct legacy_packet {
	uint8_t pf;
	uint8_t proto;
	uint8_t src[16]; /* IPv4 as ::ffff:a.b.c.d */
	uint8_t dst[16];
	uint16_t sport, dport;
	uint8_t src_type, dst_type; /* RTN_* as the kernel's local table has it; 0: not known */
	uint8_t icmp_type;
	uint8_t tcp_flags; /* 0: not known */
	uint8_t tcp_options;
	bool is_reply;
	bool in_known, out_known;
	char in[16], out[16]; /* "": there is no such device at this hook */
	uint32_t states;      /* XT_CONNTRACK_STATE_*: it has one of these */
	uint32_t state_bits;  /* and certainly these: _DNAT */
	bool mark_known;
	uint32_t mark;
	/* What is usual, but not certain, is not taken for granted: states, mark, devices. */
	bool loose;
};

static inline enum legacy_answer legacy_yes_if(bool yes)
{
	return yes ? LEGACY_YES : LEGACY_NO;
}

static inline enum legacy_answer legacy_both(enum legacy_answer a, enum legacy_answer b)
{
	return a < b ? a : b;
}

/* For what is usual, but not certain. */
static inline enum legacy_answer legacy_usual(const struct legacy_packet *packet, bool yes)
{
	return packet->loose ? LEGACY_MAYBE : legacy_yes_if(yes);
}

/* The family's own part of an address. */
static inline const uint8_t *legacy_addr_bytes(const struct legacy_packet *packet,
					       const uint8_t addr[16], size_t *len)
{
	*len = packet->pf == 2 /* NFPROTO_IPV4 */ ? 4 : 16;
	return addr + 16 - *len;
}

/* Whether the packet meets all of the rule's conditions. */
enum legacy_answer legacy_match(const struct legacy_packet *packet,
				const struct legacy_ruleset *table, const struct legacy_rule *rule);

/* The same of one match; one that is not known may be met. */
enum legacy_answer legacy_match_part(const struct legacy_packet *packet,
				     const struct legacy_part *part);

struct legacy_found {
	const struct legacy_ruleset *table;
	uint32_t rule; /* index */
	uint32_t via;  /* the last other chain that it was in before: index + 1; 0: none */
	uint8_t hook;
};

struct legacy_walk {
	struct legacy_packet packet;
	struct vec found; /* struct legacy_found: what may have stopped it */
	/* Whether the packets of this queue can come back from it: it has a reader, or is passed
	 * by. */
	bool (*queue_returns)(void *ctx, const struct legacy_part *target);
	void *ctx;
	unsigned int steps;
	int error;
	uint32_t chain;	  /* the last user-defined chain of this table that it came to: index + 1 */
	uint32_t earlier; /* and the one before */
	bool accepts;	  /* in this table it may have been let through */
};

/*
 * Takes the packet through a table at a hook as ipt_do_table() does (net/ipv4/netfilter/
 * ip_tables.c). Returns whether it can have got through.
 */
bool legacy_walk_table(struct legacy_walk *walk, const struct legacy_ruleset *table, uint8_t hook);

struct legacy_device {
	bool known;
	char name[16];
};

/* A packet's way through the hooks. */
struct legacy_way {
	struct ev_flow arrived; /* prober -> service, before and */
	struct ev_flow service; /* after translation */
	struct ev_tcp tcp;
	bool is_reply;
	bool local;	/* the service is in this namespace, */
	bool forwarded; /* behind it; neither: not known */
	bool loose;
	struct legacy_device prober_side; /* where the probe came in */
	struct legacy_device prober_out;  /* where the answer goes out */
	struct legacy_device service_side;
	uint8_t prober_type, arrived_type, service_type; /* of the addresses, RTN_* */
};

/* Looks up what the request does not say. */
void legacy_way_init(struct gather *g, struct legacy_way *way);
/*
 * Walks all hooks on the way, until what may have stopped the packet surely did. walk->found then
 * has those rules. Returns 0 or -errno: -E2BIG if it takes too long.
 */
int legacy_way_walk(const struct legacy_way *way, const struct legacy_ruleset *tables, int n,
		    struct legacy_walk *walk);

/* The rule as iptables -S prints it, as far as its parts are known. */
void legacy_render(const struct legacy_ruleset *table, const struct legacy_rule *rule, char *out,
		   size_t len);
/* A rule's text as the tool printed it. */
struct legacy_text {
	uint64_t hash; /* of the table */
	uint32_t rule; /* index */
	uint32_t netns;
	uint8_t pf;
	char text[FACT_RULE_TEXT_LEN]; /* "": none */
};
/* The tool's own words, from the file at path, line by number; -errno if there are none. */
int legacy_tool_rule(const char *path, const char *table, const char *chain, uint32_t number,
		     char *out, size_t len);
/* Fixed path of the legacy tool of this family, NULL if it is not there. */
const char *legacy_tool_path(uint8_t pf);

/* The queues of NFQUEUE in the current namespace that have a reader. */
struct legacy_reader {
	uint16_t queue;
	uint32_t portid;
};
/* Takes the text of /proc/net/netfilter/nfnetlink_queue: struct legacy_reader in out. */
int legacy_parse_queues(const char *text, struct vec *out);
int legacy_readers(struct vec *out);
/* The process that reads queue, 0: none does. */
uint32_t legacy_queue_pid(struct facts *facts, const struct vec *readers, uint16_t queue);
/* NFQUEUE's queues; false: the target is none that is known. */
bool legacy_queue_of(const struct legacy_part *target, uint16_t *first, uint16_t *n, bool *bypass);

/* What is kept between requests. */
struct legacy_state {
	struct legacy_counts kept[LEGACY_KEPT];
	unsigned int n; /* taken so far */
	uint64_t not_before_ns;
	struct legacy_ruleset tables[LEGACY_TABLES]; /* the last reading of a request, */
	int n_tables;
	uint64_t read_ns; /* its time, 0: none */
	uint64_t read_took_ns;
	uint32_t read_netns;
	uint8_t read_pf;
	struct legacy_text texts[LEGACY_TEXTS];
	unsigned int n_texts;
	uint64_t tool_not_before_ns;
};

/* The newest snapshot from before since_ns; NULL if there is none. */
const struct legacy_counts *legacy_baseline(const struct legacy_state *state, uint64_t since_ns);
/*
 * Takes a snapshot of the rules' counters, if there are legacy tables; seldom enough to take a
 * two-hundredth of the time at most. Call about once a second, in the traced namespace.
 */
void legacy_snapshot(struct facts *facts);
void legacy_close(struct facts *facts);
/*
 * Adds the rules of legacy tables that dropped the packet of the request, or may have:
 * EV_FACT_RULE. Returns 0 or -errno.
 */
int gather_rules_legacy(struct gather *g);

#endif
