// SPDX-License-Identifier: GPL-2.0-only
// Reads the nftables base chains.
#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdlib.h>
#include <string.h>

#include "facts_internal.h"

/* Not in the headers before 6.18: one prefix of device names. */
#define DEVICE_PREFIX 2

struct nft_table {
	char name[NFT_NAME_MAXLEN];
	uint8_t family;
	bool dormant;
};

const char *nft_family_name(uint8_t family)
{
	switch (family) {
	case NFPROTO_INET:
		return "inet";
	case NFPROTO_IPV4:
		return "ip";
	case NFPROTO_IPV6:
		return "ip6";
	case NFPROTO_NETDEV:
		return "netdev";
	default:
		return "";
	}
}

static void prepare(struct netlink_request *request, uint8_t message, uint8_t family)
{
	struct nfgenmsg *msg;

	netlink_prepare(request, NFNL_SUBSYS_NFTABLES << 8 | message, 0, sizeof(*msg));
	msg = request->extra;
	msg->nfgen_family = family;
	msg->version = NFNETLINK_V0;
}

static uint8_t family_of(const struct nlmsghdr *nlh)
{
	return ((const struct nfgenmsg *)mnl_nlmsg_get_payload(nlh))->nfgen_family;
}

static uint32_t be32(const struct nlattr *attr)
{
	return attr ? ntohl(mnl_attr_get_u32(attr)) : 0;
}

static int on_generation(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *attrs[NFTA_GEN_ID + 1];

	netlink_attrs(nlh, sizeof(struct nfgenmsg), attrs, NFTA_GEN_ID);
	if (attrs[NFTA_GEN_ID])
		*(uint32_t *)data = be32(attrs[NFTA_GEN_ID]);
	return MNL_CB_OK;
}

static int on_table(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *attrs[NFTA_TABLE_FLAGS + 1];
	struct nft_table *table;

	netlink_attrs(nlh, sizeof(struct nfgenmsg), attrs, NFTA_TABLE_FLAGS);
	if (!attrs[NFTA_TABLE_NAME] || !*nft_family_name(family_of(nlh)))
		return MNL_CB_OK;
	table = vec_push(data);
	if (!table)
		return MNL_CB_ERROR;
	table->family = family_of(nlh);
	table->dormant = be32(attrs[NFTA_TABLE_FLAGS]) & NFT_TABLE_F_DORMANT;
	netlink_get_text(attrs[NFTA_TABLE_NAME], table->name, sizeof(table->name));
	return MNL_CB_OK;
}

/* Appends a name, "*" behind a prefix, to the chain's list. */
static int add_device(struct nft_chain *chain, const struct nlattr *attr, bool prefix)
{
	char name[FACT_IFNAME_LEN + 1];
	size_t len = 0, more;
	char *devices;

	netlink_get_text(attr, name, FACT_IFNAME_LEN);
	if (prefix)
		strcat(name, "*");
	while (chain->devices && chain->devices[len])
		len += strlen(chain->devices + len) + 1;
	more = strlen(name) + 1;
	devices = realloc(chain->devices, len + more + 1);
	if (!devices)
		return -ENOMEM;
	memcpy(devices + len, name, more);
	devices[len + more] = '\0';
	chain->devices = devices;
	return 0;
}

static int parse_hook(const struct nlattr *nest, struct nft_chain *chain)
{
	const struct nlattr *hook[NFTA_HOOK_DEVS + 1], *attr;
	int err = 0;

	netlink_nested(nest, hook, NFTA_HOOK_DEVS);
	chain->hook = be32(hook[NFTA_HOOK_HOOKNUM]);
	chain->priority = be32(hook[NFTA_HOOK_PRIORITY]);
	if (hook[NFTA_HOOK_DEVS]) {
		mnl_attr_for_each_nested(attr, hook[NFTA_HOOK_DEVS])
			if (!err)
				err = add_device(chain, attr,
						 mnl_attr_get_type(attr) == DEVICE_PREFIX);
	} else if (hook[NFTA_HOOK_DEV]) {
		err = add_device(chain, hook[NFTA_HOOK_DEV], false);
	}
	return err;
}

/* A table named clbtrace... is the one that holds our own rule-tracing rule. */
static int on_chain(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *attrs[NFTA_CHAIN_TYPE + 1];
	struct nft_chain *chain;

	netlink_attrs(nlh, sizeof(struct nfgenmsg), attrs, NFTA_CHAIN_TYPE);
	if (!attrs[NFTA_CHAIN_HOOK] || !attrs[NFTA_CHAIN_TABLE] || !attrs[NFTA_CHAIN_NAME] ||
	    !*nft_family_name(family_of(nlh)))
		return MNL_CB_OK;
	chain = vec_push(data);
	if (!chain || parse_hook(attrs[NFTA_CHAIN_HOOK], chain))
		return MNL_CB_ERROR;
	chain->family = family_of(nlh);
	netlink_get_text(attrs[NFTA_CHAIN_TABLE], chain->table, sizeof(chain->table));
	netlink_get_text(attrs[NFTA_CHAIN_NAME], chain->name, sizeof(chain->name));
	chain->own = !strncmp(chain->table, "clbtrace", 8);
	chain->policy_drop = attrs[NFTA_CHAIN_POLICY] && be32(attrs[NFTA_CHAIN_POLICY]) == NF_DROP;
	if (attrs[NFTA_CHAIN_TYPE])
		chain->nat = !strcmp(mnl_attr_get_str(attrs[NFTA_CHAIN_TYPE]), "nat");
	return MNL_CB_OK;
}

static int on_rule(const struct nlmsghdr *nlh, void *data)
{
	*(size_t *)data += nft_rule_drops(nlh);
	return MNL_CB_OK;
}

static int load_table(struct netlink *netfilter, struct vec *chains, const struct nft_table *table)
{
	struct netlink_request request;
	struct nft_chain *chain = chains->data;
	size_t drop_rules = 0;
	bool used = false;
	int err;

	for (size_t i = 0; i < chains->n; i++)
		used |= chain[i].family == table->family &&
			!strncmp(chain[i].table, table->name, FACT_TABLE_LEN - 1);
	if (!used)
		return 0;
	prepare(&request, NFT_MSG_GETRULE, table->family);
	mnl_attr_put_strz(request.nlh, NFTA_RULE_TABLE, table->name);
	err = netlink_dump(netfilter, &request, on_rule, &drop_rules, &drop_rules);
	for (size_t i = 0; i < chains->n && !err; i++) {
		if (chain[i].family != table->family ||
		    strncmp(chain[i].table, table->name, FACT_TABLE_LEN - 1))
			continue;
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

static int load_all(struct netlink *netfilter, struct nft_ruleset *ruleset)
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
	err = netlink_dump(netfilter, &request, on_chain, &ruleset->chains, NULL);
	table = tables.data;
	for (size_t i = 0; i < tables.n && !err; i++)
		err = load_table(netfilter, &ruleset->chains, &table[i]);
out:
	vec_free(&tables);
	return err;
}

static int read_generation(struct netlink *netfilter, uint32_t *generation)
{
	struct netlink_request request;

	prepare(&request, NFT_MSG_GETGEN, NFPROTO_UNSPEC);
	return netlink_ask(netfilter, &request, on_generation, generation);
}

/*
 * The kernel counts every committed change as a generation. Under constant change the last reading is taken,
 * as of no generation.
 */
int nft_load(struct netlink *netfilter, struct nft_ruleset *ruleset)
{
	uint32_t before = 0, after = 0;
	int err;

	for (int i = 0; i < 3; i++) {
		err = read_generation(netfilter, &before);
		if (err || (ruleset->valid && ruleset->generation == before))
			return err;
		nft_free(ruleset);
		err = load_all(netfilter, ruleset);
		if (!err)
			err = read_generation(netfilter, &after);
		if (err && err != -EINTR && err != -ENOENT)
			return err;
		ruleset->generation = before;
		ruleset->valid = !err && before == after;
	}
	return err;
}

void nft_free(struct nft_ruleset *ruleset)
{
	free_chains(&ruleset->chains);
	ruleset->valid = false;
}

bool nft_chain_on(const struct nft_chain *chain, const char *ifname)
{
	size_t len;

	for (const char *name = chain->devices; name && *name; name += len + 1) {
		len = strlen(name);
		if (name[len - 1] == '*' ? !strncmp(name, ifname, len - 1) : !strcmp(name, ifname))
			return true;
	}
	return false;
}
