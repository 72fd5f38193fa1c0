// SPDX-License-Identifier: GPL-2.0-only
// Tells what stands behind the entries of a netfilter hook.
#include <limits.h>
#include <linux/netfilter.h>
#include <linux/netfilter_ipv4.h>
#include <string.h>

#include "facts_internal.h"

static bool starts_with_any(const char *name, const char *const *prefixes, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!strncmp(name, prefixes[i], strlen(prefixes[i])))
			return true;
	return false;
}

static bool is_conntrack(const struct fact_hook *entry)
{
	static const char *const prefixes[] = {
		"ipv4_conntrack_", "ipv6_conntrack_", "ipv4_confirm", "ipv6_confirm",
		"nf_confirm",	   "ipv4_helper",     "ipv6_helper",  "ipv6_defrag",
		"nf_nat_",	   "nf_conntrack_",   "nf_ct_",	      "nf_flow_offload",
	};

	return starts_with_any(entry->function, prefixes, sizeof(prefixes) / sizeof(prefixes[0]));
}

static bool is_legacy(const struct fact_hook *entry)
{
	static const char *const prefixes[] = {"ipt_do_table", "ip6t_do_table", "iptable_",
					       "ip6table_"};

	return starts_with_any(entry->function, prefixes, sizeof(prefixes) / sizeof(prefixes[0]));
}

static bool is_nft(const struct fact_hook *entry)
{
	static const char *const prefixes[] = {"nft_do_chain", "nft_nat_"};

	return starts_with_any(entry->function, prefixes, sizeof(prefixes) / sizeof(prefixes[0]));
}

bool hook_is_nat(const struct fact_hook *entry)
{
	if (*entry->function)
		return !strncmp(entry->function, "nf_nat_", 7);
	return entry->backend == HOOK_CONNTRACK &&
	       (entry->priority == NF_IP_PRI_NAT_DST || entry->priority == NF_IP_PRI_NAT_SRC);
}

/* A table named clbtrace... is the one that holds our own rule-tracing rule. */
bool hook_is_own(const struct fact_hook *entry)
{
	return entry->backend == HOOK_NFT && !strncmp(entry->table, "clbtrace", 8);
}

/* Only for functions without a name: /proc/kallsyms is withheld. */
static uint8_t backend_of_priority(int32_t priority, const char *legacy_tables)
{
	static const int32_t conntrack[] = {
		NF_IP_PRI_CONNTRACK_DEFRAG, NF_IP_PRI_CONNTRACK,	NF_IP_PRI_NAT_DST,
		NF_IP_PRI_NAT_SRC,	    NF_IP_PRI_CONNTRACK_HELPER, NF_IP_PRI_CONNTRACK_CONFIRM,
	};

	for (size_t i = 0; i < sizeof(conntrack) / sizeof(conntrack[0]); i++)
		if (conntrack[i] == priority)
			return HOOK_CONNTRACK;
	if (legacy_table_loaded(legacy_tables, legacy_table_at(priority)))
		return HOOK_IPTABLES_LEGACY;
	return HOOK_OTHER;
}

static uint8_t backend_of(const struct fact_hook *entry, const char *legacy_tables)
{
	if (entry->backend != HOOK_OTHER)
		return entry->backend;
	if (!*entry->function)
		return backend_of_priority(entry->priority, legacy_tables);
	if (is_nft(entry))
		return HOOK_NFT;
	if (is_legacy(entry))
		return HOOK_IPTABLES_LEGACY;
	return is_conntrack(entry) ? HOOK_CONNTRACK : HOOK_OTHER;
}

static bool is_chain(const struct fact_hook *entry, const struct nft_chain *chain)
{
	return entry->backend == HOOK_NFT && !strcmp(entry->chain, chain->name) &&
	       !strcmp(entry->table, chain->table) &&
	       !strcmp(entry->family, nft_family_name(chain->family));
}

static bool may_be_chain(const struct fact_hook *entry, const struct nft_chain *chain)
{
	static const char *const names[] = {"_ipv4", "_ipv6", "_inet"};
	static const uint8_t families[] = {NFPROTO_IPV4, NFPROTO_IPV6, NFPROTO_INET};

	if (!chain->active || chain->hook != entry->hook || chain->priority != entry->priority ||
	    (chain->family != entry->pf && chain->family != NFPROTO_INET))
		return false;
	/* nft_do_chain_ipv4 and so on; the functions of other chain types serve every family. */
	for (int i = 0; i < 3; i++)
		if (strstr(entry->function, names[i]))
			return chain->family == families[i];
	return true;
}

static bool taken(const struct vec *entries, const struct nft_chain *chain)
{
	const struct fact_hook *entry = entries->data;

	for (size_t i = 0; i < entries->n; i++)
		if (is_chain(&entry[i], chain))
			return true;
	return false;
}

/*
 * Of entries with one priority the kernel calls the one registered last first
 * (nf_hook_entries_grow), and lists tables and chains in the order they were made.
 */
static void classify_nft(const struct nft_ruleset *nft, const struct vec *entries,
			 struct fact_hook *entry)
{
	const struct nft_chain *chain = nft->chains.data;

	entry->backend = HOOK_NFT;
	entry->drop_rules = UINT_MAX;
	for (size_t i = nft->chains.n; i-- > 0;) {
		if (*entry->chain ? is_chain(entry, &chain[i])
				  : may_be_chain(entry, &chain[i]) && !taken(entries, &chain[i])) {
			hook_set_chain(entry, &chain[i]);
			return;
		}
	}
}

void hook_classify(const struct nft_ruleset *nft, const char *legacy_tables, struct vec *entries)
{
	struct fact_hook *entry = entries->data;

	for (size_t i = 0; i < entries->n; i++) {
		entry[i].backend = backend_of(&entry[i], legacy_tables);
		if (entry[i].backend == HOOK_NFT)
			classify_nft(nft, entries, &entry[i]);
		else if (entry[i].backend == HOOK_IPTABLES_LEGACY)
			hook_set_legacy(&entry[i], legacy_table_at(entry[i].priority));
		else
			entry[i].drop_rules = UINT_MAX;
	}
}
