// SPDX-License-Identifier: GPL-2.0-only
// Reads the nftables base chains.
#include <errno.h>
#include <limits.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdlib.h>
#include <string.h>

#include "facts_internal.h"

struct nft_table {
	char name[NFT_NAME_MAXLEN];
	uint8_t family;
	bool dormant;
};

static void prepare(struct netlink_request *request, uint8_t message, uint8_t family)
{
	struct nfgenmsg *msg;

	netlink_prepare(request, NFNL_SUBSYS_NFTABLES << 8 | message, 0, sizeof(*msg));
	msg = request->extra;
	msg->nfgen_family = family;
	msg->version = NFNETLINK_V0;
}

static int on_generation(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *attrs[NFTA_GEN_ID + 1];

	netlink_attrs(nlh, sizeof(struct nfgenmsg), attrs, NFTA_GEN_ID);
	if (attrs[NFTA_GEN_ID])
		*(uint32_t *)data = netlink_get_be32(attrs[NFTA_GEN_ID]);
	return MNL_CB_OK;
}

static int on_table(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *attrs[NFTA_TABLE_FLAGS + 1];
	struct nft_table *table;

	netlink_attrs(nlh, sizeof(struct nfgenmsg), attrs, NFTA_TABLE_FLAGS);
	if (!attrs[NFTA_TABLE_NAME] || !*nft_family_name(nft_family_of(nlh)))
		return MNL_CB_OK;
	table = vec_push(data);
	if (!table)
		return MNL_CB_ERROR;
	table->family = nft_family_of(nlh);
	table->dormant = netlink_get_be32(attrs[NFTA_TABLE_FLAGS]) & NFT_TABLE_F_DORMANT;
	netlink_get_text(attrs[NFTA_TABLE_NAME], table->name, sizeof(table->name));
	return MNL_CB_OK;
}

static int on_rule(const struct nlmsghdr *nlh, void *data)
{
	*(size_t *)data += nft_rule_drops(nlh);
	return MNL_CB_OK;
}

static bool is_of(const struct nft_chain *chain, uint8_t family, const char *table)
{
	return chain->family == family && !strncmp(chain->table, table, FACT_TABLE_LEN - 1);
}

static int count_rules(struct netlink *netfilter, const struct nft_table *table, uint32_t *out)
{
	struct netlink_request request;
	size_t n = 0;
	int err;

	prepare(&request, NFT_MSG_GETRULE, table->family);
	mnl_attr_put_strz(request.nlh, NFTA_RULE_TABLE, table->name);
	err = netlink_dump(netfilter, &request, on_rule, &n, &n);
	*out = n;
	return err;
}

/* The count as of the last reading: one that was 0 may not be any more. */
static uint32_t last_count(const struct vec *last, const struct nft_table *table)
{
	const struct nft_chain *chain = last->data;

	for (size_t i = 0; i < last->n; i++)
		if (is_of(&chain[i], table->family, table->name) && chain[i].drop_rules)
			return chain[i].drop_rules;
	return UINT_MAX;
}

static int load_table(struct netlink *netfilter, struct nft_ruleset *ruleset,
		      const struct nft_table *table, const struct vec *last)
{
	struct nft_chain *chain = ruleset->chains.data;
	uint32_t drop_rules = 0;
	bool counted = false;
	int err = 0;

	for (size_t i = 0; i < ruleset->chains.n && !err; i++) {
		if (!is_of(&chain[i], table->family, table->name))
			continue;
		if (!counted && last)
			drop_rules = last_count(last, table);
		else if (!counted)
			err = count_rules(netfilter, table, &drop_rules);
		counted = true;
		chain[i].active = !table->dormant;
		chain[i].drop_rules = drop_rules;
	}
	return err;
}

static void free_chains(struct vec *chains)
{
	struct nft_chain *chain = chains->data;

	for (size_t i = 0; i < chains->n; i++)
		free(chain[i].devices);
	vec_free(chains);
}

/* last: where the numbers of rules are taken from; NULL: counted. */
static int load_all(struct netlink *netfilter, struct nft_ruleset *ruleset, const struct vec *last)
{
	struct vec tables = {.size = sizeof(struct nft_table)};
	struct netlink_request request;
	const struct nft_table *table;
	int err;

	prepare(&request, NFT_MSG_GETTABLE, NFPROTO_UNSPEC);
	err = netlink_dump(netfilter, &request, on_table, &tables, &tables.n);
	if (err)
		goto out;
	prepare(&request, NFT_MSG_GETCHAIN, NFPROTO_UNSPEC);
	err = netlink_dump(netfilter, &request, nft_on_chain, &ruleset->chains, NULL);
	table = tables.data;
	for (size_t i = 0; i < tables.n && !err; i++)
		err = load_table(netfilter, ruleset, &table[i], last);
out:
	vec_free(&tables);
	return err;
}

/*
 * Counting tens of thousands of rules takes a tenth of a second, and every element that joins a set
 * is a change: counting is held to a tenth of the time.
 */
static int reload(struct netlink *netfilter, struct nft_ruleset *ruleset, bool *counted)
{
	struct vec last = ruleset->chains;
	uint64_t start = facts_clock_ns(), took;
	int err;

	ruleset->chains = (struct vec){.size = sizeof(struct nft_chain)};
	*counted = start >= ruleset->count_not_before_ns;
	err = load_all(netfilter, ruleset, *counted ? NULL : &last);
	free_chains(&last);
	took = facts_clock_ns() - start;
	if (*counted && took > CHEAP_NS)
		ruleset->count_not_before_ns = start + 10 * took;
	return err;
}

int nft_read_generation(struct netlink *netfilter, uint32_t *generation)
{
	struct netlink_request request;

	prepare(&request, NFT_MSG_GETGEN, NFPROTO_UNSPEC);
	return netlink_ask(netfilter, &request, on_generation, generation);
}

/*
 * The kernel counts every committed change as a generation. Under constant change the last reading
 * is taken, as of no generation.
 */
int nft_load(struct netlink *netfilter, struct nft_ruleset *ruleset)
{
	uint32_t before = 0, after = 0;
	bool counted = true;
	int err = 0;

	for (int i = 0; i < 3; i++) {
		err = nft_read_generation(netfilter, &before);
		if (err || (ruleset->valid && ruleset->generation == before))
			return err;
		ruleset->valid = false;
		err = reload(netfilter, ruleset, &counted);
		if (!err)
			err = nft_read_generation(netfilter, &after);
		if (!err && before == after)
			break;
		if (err && err != -EINTR && err != -ENOENT)
			return err;
	}
	ruleset->generation = before;
	ruleset->valid = !err && before == after && counted;
	return err;
}

void nft_free(struct nft_ruleset *ruleset)
{
	free_chains(&ruleset->chains);
	ruleset->valid = false;
}
