// SPDX-License-Identifier: GPL-2.0-only
// Lists what must be at a netfilter hook by the packet filters' own account.
#include <errno.h>
#include <limits.h>
#include <linux/netfilter.h>
#include <linux/netfilter_ipv4.h>
#include <string.h>

#include "facts_internal.h"

enum {
	FILTER_HOOKS = 1 << NF_INET_LOCAL_IN | 1 << NF_INET_FORWARD | 1 << NF_INET_LOCAL_OUT,
	ALL_HOOKS = FILTER_HOOKS | 1 << NF_INET_PRE_ROUTING | 1 << NF_INET_POST_ROUTING,
	RAW_HOOKS = 1 << NF_INET_PRE_ROUTING | 1 << NF_INET_LOCAL_OUT,
	SNAT_HOOKS = 1 << NF_INET_LOCAL_IN | 1 << NF_INET_POST_ROUTING,
};

/* xt_table structures of net/ipv4/netfilter/iptable_*.c; IPv6 has the same priorities. */
static const struct legacy_table {
	const char *name;
	int32_t priority;
	uint32_t hooks;
	bool nat;
} legacy_tables[] = {
	{"raw", NF_IP_PRI_RAW_BEFORE_DEFRAG, 0, false}, /* raw_before_defrag=1 */
	{"raw", NF_IP_PRI_RAW, RAW_HOOKS, false},
	{"mangle", NF_IP_PRI_MANGLE, ALL_HOOKS, false},
	{"nat", NF_IP_PRI_NAT_DST, RAW_HOOKS, true},
	{"filter", NF_IP_PRI_FILTER, FILTER_HOOKS, false},
	{"security", NF_IP_PRI_SECURITY, FILTER_HOOKS, false},
	{"nat", NF_IP_PRI_NAT_SRC, SNAT_HOOKS, true},
};

enum { LEGACY_COUNT = sizeof(legacy_tables) / sizeof(legacy_tables[0]) };

const char *legacy_table_at(int32_t priority)
{
	for (size_t i = 0; i < LEGACY_COUNT; i++)
		if (legacy_tables[i].priority == priority)
			return legacy_tables[i].name;
	return "";
}

bool legacy_table_loaded(const char *tables, const char *name)
{
	const size_t len = strlen(name);

	while (*tables) {
		if (!strncmp(tables, name, len) && (tables[len] == '\n' || !tables[len]))
			return true;
		tables += strcspn(tables, "\n");
		tables += *tables == '\n';
	}
	return false;
}

void hook_set_legacy(struct fact_hook *entry, const char *table)
{
	static const char *const chains[] = {"PREROUTING", "INPUT", "FORWARD", "OUTPUT",
					     "POSTROUTING"};

	entry->backend = HOOK_IPTABLES_LEGACY;
	entry->drop_rules = UINT_MAX;
	snprintf(entry->family, sizeof(entry->family), "%s", nft_family_name(entry->pf));
	snprintf(entry->table, sizeof(entry->table), "%s", table);
	snprintf(entry->chain, sizeof(entry->chain), "%s", chains[entry->hook]);
}

void hook_set_chain(struct fact_hook *entry, const struct nft_chain *chain)
{
	entry->backend = HOOK_NFT;
	entry->policy_drop = chain->policy_drop;
	entry->drop_rules = chain->drop_rules;
	snprintf(entry->family, sizeof(entry->family), "%s", nft_family_name(chain->family));
	memcpy(entry->table, chain->table, sizeof(entry->table));
	memcpy(entry->chain, chain->name, sizeof(entry->chain));
}

/* Inserts by priority, behind those of the same, among the entries that this list appended. */
static struct fact_hook *insert(struct vec *out, size_t from, const struct hook_place *place,
				int32_t priority)
{
	struct fact_hook *entry = vec_push(out);
	size_t at = out->n - 1;

	if (!entry)
		return NULL;
	entry = out->data;
	for (; at > from && entry[at - 1].priority > priority; at--)
		entry[at] = entry[at - 1];
	memset(&entry[at], 0, sizeof(entry[at]));
	entry[at].priority = priority;
	entry[at].pf = place->pf;
	entry[at].hook = place->hook;
	return &entry[at];
}

/* A device's ingress is hook 0 of family netdev, and hook NF_INET_INGRESS of family inet. */
static bool is_at(const struct nft_chain *chain, const struct hook_place *place)
{
	if (!chain->active)
		return false;
	if (!place->device)
		return chain->hook == place->hook &&
		       (chain->family == place->pf || chain->family == NFPROTO_INET);
	if (!nft_chain_on(chain, place->device))
		return false;
	if (chain->family == NFPROTO_INET)
		return place->hook == NF_NETDEV_INGRESS && chain->hook == NF_INET_INGRESS;
	return chain->family == NFPROTO_NETDEV && chain->hook == place->hook;
}

static int expect_chains(const struct nft_ruleset *nft, const struct hook_place *place,
			 bool nat_only, struct vec *out)
{
	const struct nft_chain *chain = nft->chains.data;
	struct fact_hook *entry;
	size_t from = out->n;

	/* Of one priority the kernel calls the one registered last first (nf_hook_entries_grow). */
	for (size_t i = nft->chains.n; i-- > 0;) {
		if ((nat_only && !chain[i].nat) || !is_at(&chain[i], place))
			continue;
		entry = insert(out, from, place, chain[i].priority);
		if (!entry)
			return -ENOMEM;
		hook_set_chain(entry, &chain[i]);
	}
	return 0;
}

int hook_expect(const struct nft_ruleset *nft, const struct hook_place *place, bool nat_only,
		struct vec *out)
{
	struct fact_hook *entry;
	size_t from = out->n;
	int err;

	err = expect_chains(nft, place, nat_only, out);
	for (size_t i = 0; i < LEGACY_COUNT && !err && !place->device; i++) {
		const struct legacy_table *table = &legacy_tables[i];

		if ((nat_only && !table->nat) || !(table->hooks & 1U << place->hook) ||
		    !legacy_table_loaded(place->legacy_tables, table->name))
			continue;
		entry = insert(out, from, place, table->priority);
		if (!entry)
			return -ENOMEM;
		hook_set_legacy(entry, table->name);
	}
	return err;
}
