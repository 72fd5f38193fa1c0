/* SPDX-License-Identifier: GPL-2.0-only */
/* Packet-filter rules: what one does, its place and its text. */
#ifndef CLBTRACE_FACTS_RULE_H
#define CLBTRACE_FACTS_RULE_H

#include <libmnl/libmnl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fact.h"
#include "facts_netlink.h"

struct facts;
struct gather;
struct traced_packet;

/* Where the value in a register is from. */
enum rule_source { FROM_UNKNOWN, FROM_PAYLOAD, FROM_META, FROM_CT };

struct rule_key {
	uint32_t source; /* enum rule_source */
	uint32_t base;	 /* FROM_PAYLOAD: NFT_PAYLOAD_*; FROM_META, FROM_CT: the key */
	uint32_t offset;
	uint32_t len;	  /* in bytes */
	uint8_t mask[16]; /* of len bytes */
	bool masked;
};

enum { RULE_REGISTERS = 32 }; /* of 4 bytes, from NFT_REG32_00's number on */

struct rule_registers {
	struct rule_key key[RULE_REGISTERS];
};

/* One expression of a rule. */
struct rule_expr {
	char name[32];
	const struct nlattr *data;
};

/* The element's name and data; false if it has no name. */
bool rule_expr_read(const struct nlattr *element, struct rule_expr *out);
bool rule_expr_is(const struct rule_expr *expr, const char *name);
/* Takes note of what payload, meta, ct and bitwise expressions leave in which register. */
void rule_registers_take(struct rule_registers *registers, const struct rule_expr *expr);
const struct rule_key *rule_register(const struct rule_registers *registers,
				     const struct nlattr *number);

/* What the rule of an NFT_MSG_NEWRULE does. */
struct rule_view {
	uint32_t verdict;	  /* enum fact_rule_verdict */
	uint32_t queue;		  /* its number */
	bool is_compat;		  /* iptables-nft made it, as far as can be seen */
	char set[FACT_TABLE_LEN]; /* the named set or map that it looks up, with this key */
	struct rule_key key;
	uint64_t hash; /* over what does not count packets */
	char text[FACT_RULE_TEXT_LEN];
};

void rule_view(const struct nlmsghdr *nlh, struct rule_view *out);

/* A place in a table. */
struct rule_place {
	uint8_t family; /* NFPROTO_* */
	char table[FACT_TABLE_LEN];
	char chain[FACT_TABLE_LEN];
	uint64_t handle;
};

/* A rule that was looked up, as of a generation of the ruleset. */
struct rule_entry {
	struct rule_place place;
	uint32_t generation;
	uint32_t number;    /* in its chain, from 1 */
	uint32_t total;	    /* rules of the chain */
	uint64_t used;	    /* 0: an empty place */
	uint64_t text_hash; /* of the rule that the tool printed as text */
	struct rule_view view;
	char text[FACT_RULE_TEXT_LEN]; /* as its tool prints it, or view.text */
};

enum { RULE_ENTRIES = 32 };

struct rule_cache {
	struct rule_entry entries[RULE_ENTRIES];
	uint64_t used;
	uint64_t tools_not_before_ns;
	uint64_t possible_not_before_ns;
};

/* Looks up the rule with its text. Returns NULL if it is not there any more. */
const struct rule_entry *rule_find(struct rule_cache *cache, struct netlink *netfilter,
				   const struct rule_place *place);

/* Puts what the rule is into the fact. */
void rule_fill(struct fact_rule *fact, const struct rule_entry *entry);

enum rule_match { MATCH_NO, MATCH_MAYBE, MATCH_YES };

/* Whether the rule of an NFT_MSG_NEWRULE matches a packet of this flow, as far as that shows. */
enum rule_match rule_matches(const struct nlmsghdr *nlh, const struct ev_flow *flow);

/*
 * Adds the rules, and policies, that could have stopped the packet: at most 8. With large rulesets
 * it is held to a tenth of the time. Returns 0 or -errno.
 */
int gather_rules_possible(struct gather *g);

/* The text of the rule with that handle in the output of nft -a list chain; false: not there. */
bool rule_text_of_nft(const char *output, uint64_t handle, char *out, size_t len);
/*
 * The text of rule number in the output of iptables -S CHAIN, if that has as many rules as total;
 * else false.
 */
bool rule_text_of_iptables(const char *output, uint32_t number, uint32_t total, char *out,
			   size_t len);
/* Has the system's tool print the rule, in at most a second. Returns 0 or -errno. */
int rule_text_read(const struct rule_entry *entry, char *out, size_t len);
/*
 * Runs a program without a shell until end_ns (CLOCK_MONOTONIC). Returns its output, to be freed;
 * NULL if it failed, was too slow, or printed too much.
 */
char *tool_run(const char *const *argv, uint64_t end_ns);

/* The set's element with the packet's address or port, as text; "" if it is not found. */
void rule_element(struct netlink *netfilter, const struct rule_entry *entry,
		  const struct ev_flow *flow, char out[FACT_TABLE_LEN]);
/* The bytes that key has of the packet. Returns their number, 0: not known of a flow. */
size_t rule_key_value(const struct rule_key *key, const struct ev_flow *flow, uint8_t out[16]);
/* How a value of a key is written: an address, a port or bytes. */
void rule_value_text(const struct rule_key *key, const uint8_t *value, uint32_t len, char *out,
		     size_t out_len);

/*
 * The netlink port of a queue's listener in the text of /proc/net/netfilter/nfnetlink_queue, and
 * that port's socket in that of /proc/net/netlink; 0: none.
 */
uint32_t queue_parse_port(const char *text, uint32_t number);
uint32_t queue_parse_inode(const char *text, uint32_t port);
/*
 * The process with the netlink socket of that port. A port is often the number of its process, but
 * any after its first is not. Not found: the port.
 */
uint32_t queue_port_pid(struct facts *facts, bool loaded, uint32_t port);
/* Fills in the process that listens to the fact's queue. */
void queue_owner(struct gather *g, struct fact_rule *fact);

/* The set that a rule of iptables names, and whether it looks up the source; false: none. */
bool ipset_of_text(const char *text, char set[FACT_TABLE_LEN], bool *by_source);
/* The narrowest element with the address in the output of ipset list; false: none. */
bool ipset_find(const char *list, const uint8_t addr[16], char element[FACT_TABLE_LEN]);
/* Fills in the fact's set and element from its text, by the system's tool. flow: the packet's. */
void ipset_element(struct fact_rule *fact, const struct ev_flow *flow);

/* For NEED_RULE. Returns 0 or -errno. */
int gather_rules(struct gather *g);

#endif
