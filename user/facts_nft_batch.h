/* SPDX-License-Identifier: GPL-2.0-only */
/* A batch of nf_tables requests, which the kernel takes as a whole or not at all. */
#ifndef CLBTRACE_FACTS_NFT_BATCH_H
#define CLBTRACE_FACTS_NFT_BATCH_H

#include <libmnl/libmnl.h>
#include <stddef.h>
#include <stdint.h>

struct nft_batch {
	char *buf;
	size_t len;
	size_t cap;
	uint32_t seq;
	const char *table; /* that every request is about */
	int err;	   /* the first -errno: then the rest does nothing */
};

/* A rule that is being written. */
struct nft_rule_draft {
	struct nlmsghdr *nlh;
	struct nlattr *expressions;
};

void batch_begin(struct nft_batch *batch, const char *table);
/* A table with these flags; family is NFPROTO_*. */
void batch_add_table(struct nft_batch *batch, uint8_t family, uint32_t flags);
void batch_delete_table(struct nft_batch *batch, uint8_t family);

/* Where a base chain is called. */
struct nft_hook_at {
	uint32_t hook;
	int32_t priority;
	const char *devices; /* names, each terminated, an empty one last; NULL: none */
};

/* at: NULL for a chain that is jumped to. A base chain's policy is accept. */
void batch_add_chain(struct nft_batch *batch, uint8_t family, const char *chain,
		     const struct nft_hook_at *at);

/* Draws up a rule at the end of chain; what follows adds its expressions. */
struct nft_rule_draft batch_open_rule(struct nft_batch *batch, uint8_t family, const char *chain);
void batch_close_rule(struct nft_batch *batch, struct nft_rule_draft *rule);
/* len bytes at offset behind base (NFT_PAYLOAD_*), under mask (NULL: all), are equal to value. */
void rule_match(struct nft_rule_draft *rule, uint32_t base, uint32_t offset, uint32_t len,
		const void *mask, const void *value);
/* The two bytes at offset of the transport header are a number from low to high. */
void rule_match_range(struct nft_rule_draft *rule, uint32_t offset, uint16_t low, uint16_t high);
/* The meta key (NFT_META_*) is equal to the len bytes of value. */
void rule_match_meta(struct nft_rule_draft *rule, uint32_t key, uint32_t len, const void *value);
void rule_mark_traced(struct nft_rule_draft *rule); /* meta nftrace set 1 */
void rule_goto(struct nft_rule_draft *rule, const char *chain);

/*
 * Sends it, and frees it. The socket must not block: the kernel answers before the sending returns.
 * Returns 0, or the first -errno of the batch or of the kernel.
 */
int batch_commit(struct nft_batch *batch, struct mnl_socket *socket);

#endif
