/* SPDX-License-Identifier: GPL-2.0-only */
/* The types of nf_tables that are read, and the way from an expression to its rule and chain. */
#ifndef CLBTRACE_NFT_BPF_H
#define CLBTRACE_NFT_BPF_H

#include "bytes.bpf.h"

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct nft_verdict {
	__u32 code;
};

struct nft_regs {
	union {
		struct nft_verdict verdict;
	};
};

struct nft_pktinfo {
	struct sk_buff *skb;
	const struct nf_hook_state *state;
};

struct xt_target {
	const char name[29];
};

struct nft_expr_ops {
	unsigned int size;
	void *data; /* of nft_compat: a struct xt_target */
};

struct nft_expr {
	const struct nft_expr_ops *ops;
};

/* 5.17 and later; its expressions follow it, dlen bytes. */
struct nft_rule_dp {
	__u64 is_last : 1;
	__u64 dlen : 12;
	__u64 handle : 42;
};

struct nft_rule_blob {
	unsigned long size;
	unsigned char data[];
};

struct list_head {
	struct list_head *next;
};

struct nft_table {
	struct list_head chains;
	__u16 family : 6;
	char *name;
};

struct nft_chain {
	struct nft_rule_blob *blob_gen_0;
	struct nft_rule_blob *blob_gen_1;
	struct list_head list;
	struct nft_table *table;
	char *name;
};

struct nft_base_chain {
	struct nf_hook_ops ops;
	__u8 policy;
	struct nft_chain chain;
};

/* 6.4 and later: what ends a blob. */
struct nft_rule_dp_last {
	const struct nft_chain *chain;
};

#pragma clang attribute pop

enum {
	NFT_RULE_HEAD = 8, /* bytes of struct nft_rule_dp */
	NFT_EXPR_MAX = 4096,
	NFT_WORDS_MAX = 1 << 17, /* rules of a chain and expressions of a rule that are looked at */
	NFT_CHAINS_MAX = 1 << 16,
};

/* From one rule to the next, or from an expression to the end of its rule. */
struct nft_walk {
	__u64 at;
	__u64 expr; /* looked for */
	__u64 handle;
	__u32 number;
	__u32 found;
};

static __always_inline __u64 nft_word(__u64 address)
{
	__u64 word_at = 0;

	copy_kernel_words((word *)&word_at, (const void *)address, 2);
	return word_at;
}

#define NFT_RULE_FIELD(head, field)                                                                \
	((head) << __CORE_RELO((struct nft_rule_dp *)0, field, LSHIFT_U64) >>                      \
	 __CORE_RELO((struct nft_rule_dp *)0, field, RSHIFT_U64))

/*
 * A word of a blob is an expression, which begins with a pointer to what there is to know of it, or
 * the head of a rule: the upper bits of that are zero, those of a kernel address are not. What
 * cannot be read is zero.
 */
static long nft_next_word(__u64 index, struct nft_walk *walk)
{
	__u64 head = nft_word(walk->at);
	const struct nft_expr_ops *ops;
	__u32 size;

	(void)index;
	if (!head)
		return 1;
	if (head >> 63) {
		ops = (const struct nft_expr_ops *)head;
		size = BPF_CORE_READ(ops, size);
		if (size < sizeof(head) || size > NFT_EXPR_MAX)
			return 1;
		walk->at += size;
		return 0;
	}
	if (NFT_RULE_FIELD(head, is_last)) {
		walk->found = 1;
		return 1;
	}
	walk->at += NFT_RULE_HEAD + NFT_RULE_FIELD(head, dlen);
	return 0;
}

/* Counts rules up to the one that has the expression. */
static long nft_next_rule(__u64 index, struct nft_walk *walk)
{
	__u64 head = nft_word(walk->at);

	(void)index;
	if (!head || NFT_RULE_FIELD(head, is_last))
		return 1;
	walk->number++;
	walk->at += NFT_RULE_HEAD + NFT_RULE_FIELD(head, dlen);
	if (walk->at <= walk->expr)
		return 0;
	walk->handle = NFT_RULE_FIELD(head, handle);
	walk->found = 1;
	return 1;
}

/* The chain that the end of the expression's rules leads back to. */
static __always_inline const struct nft_chain *nft_chain_behind(__u64 expr)
{
	struct nft_walk walk = {.at = expr};
	const struct nft_rule_dp_last *last;

	bpf_loop(NFT_WORDS_MAX, nft_next_word, &walk, 0);
	if (!walk.found)
		return NULL;
	last = (const struct nft_rule_dp_last *)walk.at;
	return BPF_CORE_READ(last, chain);
}

/* The start of the rules if the expression is in them, else 0. */
static __always_inline __u64 nft_blob_start(const struct nft_rule_blob *blob, __u64 expr)
{
	__u64 start = (__u64)blob + bpf_core_field_offset(struct nft_rule_blob, data);

	if (!blob || expr < start || expr - start >= BPF_CORE_READ(blob, size))
		return 0;
	return start;
}

/* The rules that were, or those to be, if the expression is in them. */
static __always_inline __u64 nft_rules_with(const struct nft_chain *chain, __u64 expr)
{
	__u64 start = nft_blob_start(BPF_CORE_READ(chain, blob_gen_0), expr);

	return start ? start : nft_blob_start(BPF_CORE_READ(chain, blob_gen_1), expr);
}

/* From one chain of a table to the next. */
struct nft_chain_walk {
	const struct list_head *at;
	const struct list_head *end;
	__u64 expr;
	const struct nft_chain *found;
};

static long nft_next_chain(__u64 index, struct nft_chain_walk *walk)
{
	const struct list_head *at = walk->at;
	const struct nft_chain *chain =
		(const void *)at - bpf_core_field_offset(struct nft_chain, list);

	(void)index;
	if (!at || at == walk->end)
		return 1;
	if (nft_rules_with(chain, walk->expr)) {
		walk->found = chain;
		return 1;
	}
	walk->at = BPF_CORE_READ(at, next);
	return 0;
}

/* The chain of this table in whose rules the expression is. */
static __always_inline const struct nft_chain *nft_chain_among(const struct nft_table *table,
							       __u64 expr)
{
	struct nft_chain_walk walk = {.end = &table->chains, .expr = expr};

	walk.at = BPF_CORE_READ(table, chains.next);
	bpf_loop(NFT_CHAINS_MAX, nft_next_chain, &walk, 0);
	return walk.found;
}

/* The chain in whose rules the expression is, NULL if it is not found: before 6.4 among those that
 * the base chain can lead to. */
static __always_inline const struct nft_chain *nft_chain_of(__u64 expr,
							    const struct nft_chain *base)
{
	if (bpf_core_field_exists(struct nft_rule_dp_last, chain))
		return nft_chain_behind(expr);
	return nft_chain_among(BPF_CORE_READ(base, table), expr);
}

/* Fills in walk->handle and walk->number. */
static __always_inline bool nft_find_rule(const struct nft_chain *chain, struct nft_walk *walk)
{
	walk->at = nft_rules_with(chain, walk->expr);
	if (!walk->at)
		return false;
	bpf_loop(NFT_WORDS_MAX, nft_next_rule, walk, 0);
	return walk->found;
}

static __always_inline const struct nft_base_chain *nft_base_of(const struct nft_chain *chain)
{
	return (const void *)chain - bpf_core_field_offset(struct nft_base_chain, chain);
}

#endif
