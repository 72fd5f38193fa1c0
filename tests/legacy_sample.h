/* SPDX-License-Identifier: GPL-2.0-only */
/* Tables of legacy iptables that tests build byte by byte. */
#ifndef LEGACY_SAMPLE_H
#define LEGACY_SAMPLE_H

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/xt_addrtype.h>
#include <linux/netfilter/xt_conntrack.h>
#include <linux/netfilter/xt_iprange.h>
#include <linux/netfilter/xt_limit.h>
#include <linux/netfilter/xt_mark.h>
#include <linux/netfilter/xt_multiport.h>
#include <linux/netfilter/xt_NFQUEUE.h>
#include <linux/netfilter/xt_tcpudp.h>
#include <linux/netfilter_ipv4/ip_tables.h>
#include <linux/netfilter_ipv4/ipt_REJECT.h>
#include <linux/rtnetlink.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "facts_internal.h"

enum {
	BLOB_MAX = 32768,
	HOOK = NF_INET_LOCAL_IN,
	DROP = -NF_DROP - 1,
	ACCEPT = -NF_ACCEPT - 1,
	RETURN = XT_RETURN,
	SYN = 2,
};

/* A table with one base chain, INPUT, being built. */
struct builder {
	struct legacy_ruleset table;
	uint32_t entry;	  /* offset of the one being built */
	uint64_t packets; /* what the next ones have counted */
};

static inline struct ipt_entry *current(struct builder *b)
{
	return (struct ipt_entry *)(b->table.blob + b->entry);
}

static inline void init(struct builder *b)
{
	memset(b, 0, sizeof(*b));
	b->table.blob = calloc(1, BLOB_MAX);
	assert_non_null(b->table.blob);
	b->table.pf = NFPROTO_IPV4;
	b->table.valid_hooks = 1 << HOOK;
	b->packets = 1;
	strcpy(b->table.name, "filter");
}

/* Begins a rule; its matches and target follow. Returns its offset. */
static inline uint32_t rule(struct builder *b)
{
	struct ipt_entry *entry;

	assert_true(b->table.size + 1024 < BLOB_MAX);
	b->entry = b->table.size;
	entry = current(b);
	entry->target_offset = entry->next_offset = sizeof(*entry);
	entry->counters.pcnt = b->packets;
	b->table.size += sizeof(*entry);
	return b->entry;
}

static inline void *add_part(struct builder *b, const char *name, uint8_t revision, size_t size)
{
	struct xt_entry_match *part = (void *)(b->table.blob + b->table.size);

	part->u.match_size = XT_ALIGN(sizeof(*part) + size);
	strcpy(part->u.user.name, name);
	part->u.user.revision = revision;
	b->table.size += part->u.match_size;
	current(b)->next_offset += part->u.match_size;
	return part->data;
}

static inline void *match(struct builder *b, const char *name, uint8_t revision, size_t size)
{
	void *data = add_part(b, name, revision, size);

	current(b)->target_offset = current(b)->next_offset;
	return data;
}

static inline void *target(struct builder *b, const char *name, size_t size)
{
	return add_part(b, name, 0, size);
}

/* A verdict, or the offset to jump to. */
static inline void verdict(struct builder *b, int to)
{
	memcpy(target(b, "", sizeof(to)), &to, sizeof(to));
}

static inline uint32_t simple(struct builder *b, int to)
{
	uint32_t at = rule(b);

	verdict(b, to);
	return at;
}

static inline void policy(struct builder *b, int to)
{
	b->table.underflow[HOOK] = simple(b, to);
}

/* Returns the offset of its first rule. */
static inline uint32_t chain(struct builder *b, const char *name)
{
	rule(b);
	strcpy(target(b, XT_ERROR_TARGET, XT_FUNCTION_MAXNAMELEN), name);
	return b->table.size;
}

static inline void set_jump(struct builder *b, uint32_t at, uint32_t to)
{
	struct ipt_entry *entry = (struct ipt_entry *)(b->table.blob + at);

	((struct xt_standard_target *)ipt_get_target(entry))->verdict = to;
}

static inline void set_goto(struct builder *b, uint32_t at)
{
	((struct ipt_entry *)(b->table.blob + at))->ip.flags |= IPT_F_GOTO;
}

static inline int end(struct builder *b)
{
	chain(b, "ERROR");
	return legacy_parse(&b->table);
}

static inline void unknown(struct builder *b)
{
	match(b, "recent", 0, 64);
}

static inline void tcp_dport(struct builder *b, uint16_t port)
{
	struct xt_tcp *tcp;

	current(b)->ip.proto = IPPROTO_TCP;
	tcp = match(b, "tcp", 0, sizeof(*tcp));
	tcp->spts[1] = UINT16_MAX;
	tcp->dpts[0] = tcp->dpts[1] = port;
}

static inline struct legacy_packet syn(void)
{
	return (struct legacy_packet){
		.pf = NFPROTO_IPV4,
		.proto = IPPROTO_TCP,
		.src = {[10] = 0xff, 0xff, 100, 64, 1, 10},
		.dst = {[10] = 0xff, 0xff, 172, 16, 0, 1},
		.sport = 40000,
		.dport = 80,
		.tcp_flags = SYN,
		.in_known = true,
		.in = "eth0",
		.out_known = true,
		.states = XT_CONNTRACK_STATE_BIT(IP_CT_NEW),
		.mark_known = true,
	};
}

/* Parses, walks, and compares what was found with the offsets, which 0 ends. */
static inline bool walk_as(struct builder *b, struct legacy_packet packet, const uint32_t *offsets,
			   int n)
{
	struct legacy_walk walk = {.packet = packet, .found.size = sizeof(struct legacy_found)};
	const struct legacy_found *found;
	const struct legacy_rule *rules;
	bool through;

	assert_int_equal(end(b), 0);
	legacy_compare(&b->table, NULL);
	through = legacy_walk_table(&walk, &b->table, HOOK);
	assert_int_equal(walk.error, 0);
	assert_int_equal(walk.found.n, n);
	found = walk.found.data;
	rules = b->table.rules.data;
	for (int i = 0; i < n; i++)
		assert_int_equal(rules[found[i].rule].offset, offsets[i]);
	vec_free(&walk.found);
	legacy_table_free(&b->table);
	return through;
}

static inline bool walk(struct builder *b, const uint32_t *offsets, int n)
{
	return walk_as(b, syn(), offsets, n);
}

#endif
