/* SPDX-License-Identifier: GPL-2.0-only */
/* Netfilter: hook entries, the nftables base chains behind them, kernel functions by name. */
#ifndef CLBTRACE_FACTS_NETFILTER_H
#define CLBTRACE_FACTS_NETFILTER_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "fact.h"
#include "facts_netlink.h"

struct facts;

struct symbol {
	uint64_t address;
	char name[EV_NAME_LEN]; /* empty: not found */
	char module[32];
};

/* Fills in the names of those that have none from the text of /proc/kallsyms. */
void symbols_resolve(struct symbol *symbols, size_t n, FILE *kallsyms);
bool symbols_have(const char *name, FILE *kallsyms);
/* The same two from the file itself. */
void symbols_read(struct symbol *symbols, size_t n);
bool symbols_exist(const char *name);

struct nft_chain {
	char table[FACT_TABLE_LEN];
	char name[FACT_TABLE_LEN];
	int32_t priority;
	uint32_t hook;
	uint32_t drop_rules;
	uint8_t family; /* NFPROTO_* */
	bool nat;
	bool policy_drop;
	bool active;   /* its table is not dormant */
	char *devices; /* names, each terminated, an empty one last; NULL: not bound to devices */
};

/* The base chains, as of generation. */
struct nft_ruleset {
	struct vec chains;	      /* struct nft_chain */
	uint64_t count_not_before_ns; /* when the rules may be counted again */
	uint32_t generation;
	bool valid;
};

/* Takes one NFT_MSG_NEWCHAIN; data: the struct vec of chains, to which a base chain is appended. */
int nft_on_chain(const struct nlmsghdr *nlh, void *data);
uint8_t nft_family_of(const struct nlmsghdr *nlh);
/* Whether this rule (an NFT_MSG_NEWRULE) can drop, reject or queue a packet. */
bool nft_rule_drops(const struct nlmsghdr *nlh);
/* How often the ruleset was changed. Returns 0 or -errno. */
int nft_read_generation(struct netlink *netfilter, uint32_t *generation);
/*
 * Whether nf_tables is there: a request to it makes a kernel without it load the module, which
 * changes the host.
 */
bool nft_present(struct facts *facts);
/* Reads the base chains unless the ruleset is still of the same generation. */
int nft_load(struct netlink *netfilter, struct nft_ruleset *ruleset);
void nft_free(struct nft_ruleset *ruleset);
bool nft_chain_on(const struct nft_chain *chain, const char *ifname);
const char *nft_family_name(uint8_t family);

struct hook_place {
	uint8_t pf;		   /* NFPROTO_* */
	uint8_t hook;		   /* NF_INET_*, NF_NETDEV_* */
	const char *device;	   /* NFPROTO_NETDEV only, else NULL */
	const char *legacy_tables; /* /proc/net/ip_tables_names, or ip6_tables_names */
};

/*
 * Lists one hook, in order, as struct fact_hook: through nfnetlink, or through the walker.
 * -EOPNOTSUPP where there is no such way.
 */
int hook_dump(struct facts *facts, const struct hook_place *place, struct vec *out);
int hook_walk(struct facts *facts, const struct hook_place *place, struct vec *out);
/* Takes note of the names of all functions that the walker finds, in one reading of /proc/kallsyms.
 */
int hook_learn_functions(struct facts *facts);
/* Does now what takes long the first time. */
void hooks_warm(struct facts *facts);
/*
 * Appends, by priority, what must be there by the ruleset and by the tables of legacy iptables;
 * all, or only what does NAT.
 */
int hook_expect(const struct nft_ruleset *nft, const struct hook_place *place, bool nat_only,
		struct vec *out);
/* Fills in backend, table and chain of listed entries. */
void hook_classify(const struct nft_ruleset *nft, const char *legacy_tables, struct vec *entries);
void hook_set_chain(struct fact_hook *entry, const struct nft_chain *chain);
void hook_set_legacy(struct fact_hook *entry, const char *table);
/* The legacy table that has this priority; empty: none. */
const char *legacy_table_at(int32_t priority);
/* Whether the text of ip_tables_names has this table. */
bool legacy_table_loaded(const char *tables, const char *name);
bool hook_is_nat(const struct fact_hook *entry);
bool hook_is_own(const struct fact_hook *entry);

#endif
