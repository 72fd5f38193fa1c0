// SPDX-License-Identifier: GPL-2.0-only
// Lists the netfilter hook entries that the probe and its answer meet.
#include <errno.h>
#include <linux/netfilter.h>
#include <string.h>
#include <unistd.h>

#include "facts_internal.h"

/* NF_NETDEV_EGRESS is not in headers before 5.16. */
enum { DEVICE_EGRESS = 1 };

bool nft_present(struct facts *facts)
{
	if (!facts->nft_known)
		facts->nft_known = !access("/sys/module/nf_tables", F_OK);
	if (!facts->nft_known && !facts->nft_looked)
		facts->nft_known = symbols_exist("nft_do_chain");
	facts->nft_looked = true;
	return facts->nft_known;
}

void hooks_warm(struct facts *facts)
{
	struct hook_place place = {.pf = NFPROTO_IPV4, .legacy_tables = ""};
	struct vec entries = {.size = sizeof(struct fact_hook)};

	if (nft_present(facts))
		nft_load(&facts->at->netfilter, &facts->at->nft);
	if (hook_dump(facts, &place, &entries) == -EOPNOTSUPP)
		hook_learn_functions(facts);
	vec_free(&entries);
}

/* What the kernel has; where that cannot be listed, what must be there. */
static int list_hook(struct facts *facts, const struct hook_place *place, struct vec *out)
{
	int err;

	err = hook_dump(facts, place, out);
	if (err == -EOPNOTSUPP && !place->device)
		err = hook_walk(facts, place, out);
	if (!err) {
		hook_classify(&facts->at->nft, place->legacy_tables, out);
		return 0;
	}
	out->n = 0;
	return hook_expect(&facts->at->nft, place, false, out);
}

static int add_entry(struct gather *g, struct fact_hook *entry, uint32_t ifindex)
{
	if (hook_is_own(entry))
		return 0;
	entry->ifindex = ifindex;
	return gather_add(g, EV_FACT_HOOK, entry, sizeof(*entry));
}

/* NAT chains are called by NAT's own function, not by the hook (nf_nat_inet_fn, 4.18+). */
static int add_nat(struct gather *g, const struct hook_place *place)
{
	struct vec nat = {.size = sizeof(struct fact_hook)};
	struct fact_hook *entry;
	int err;

	err = hook_expect(&g->facts->at->nft, place, true, &nat);
	entry = nat.data;
	for (size_t i = 0; i < nat.n && !err; i++)
		err = add_entry(g, &entry[i], 0);
	vec_free(&nat);
	return err;
}

static int add_hook(struct gather *g, const struct hook_place *place, uint32_t ifindex)
{
	struct vec entries = {.size = sizeof(struct fact_hook)};
	struct fact_hook *entry;
	int err;

	err = list_hook(g->facts, place, &entries);
	entry = entries.data;
	for (size_t i = 0; i < entries.n && !err; i++) {
		err = add_entry(g, &entry[i], ifindex);
		if (!err && hook_is_nat(&entry[i]))
			err = add_nat(g, place);
	}
	vec_free(&entries);
	return err;
}

int link_hooks(struct gather *g, uint8_t hook, const struct link_info *links, int n)
{
	struct hook_place place = {.pf = NFPROTO_NETDEV, .hook = hook, .legacy_tables = ""};
	int err = 0;

	for (int i = 0; i < n && !err; i++) {
		place.device = links[i].name;
		err = add_hook(g, &place, links[i].ifindex);
	}
	return err;
}

int gather_hooks(struct gather *g)
{
	const bool v4 = g->flow->family == 4;
	struct link_info links[LINK_PATH_MAX];
	char tables[256];
	struct hook_place place = {
		.pf = v4 ? NFPROTO_IPV4 : NFPROTO_IPV6,
		.legacy_tables = tables,
	};
	int err = 0, n;

	if (file_text(v4 ? "/proc/self/net/ip_tables_names" : "/proc/self/net/ip6_tables_names",
		      tables, sizeof(tables)) < 0)
		*tables = '\0';
	if (nft_present(g->facts))
		err = nft_load(&g->facts->at->netfilter, &g->facts->at->nft);
	if (err)
		return err;
	own_programs_read(&g->facts->own);
	n = link_path(&g->facts->at->route, g->ifindex, links);
	err = link_hooks(g, NF_NETDEV_INGRESS, links, n);
	for (int hook = 0; hook < NF_INET_NUMHOOKS && !err; hook++) {
		place.hook = hook;
		err = add_hook(g, &place, 0);
	}
	if (!err)
		err = link_hooks(g, DEVICE_EGRESS, links, n);
	return err;
}
