// SPDX-License-Identifier: GPL-2.0-only
// Looks up a rule of nf_tables by its handle.
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <string.h>

#include "facts_internal.h"
#include "facts_rule.h"

struct search {
	struct rule_entry *entry;
	size_t n;
};

static int on_rule(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *attrs[NFTA_RULE_HANDLE + 1];
	struct search *search = data;

	netlink_attrs(nlh, sizeof(struct nfgenmsg), attrs, NFTA_RULE_HANDLE);
	search->n++;
	if (!attrs[NFTA_RULE_HANDLE] ||
	    be64toh(mnl_attr_get_u64(attrs[NFTA_RULE_HANDLE])) != search->entry->place.handle)
		return MNL_CB_OK;
	search->entry->number = (uint32_t)search->n;
	rule_view(nlh, &search->entry->view);
	return MNL_CB_OK;
}

/* The chain is dumped as a whole: a rule's number is its place there. */
static int read_rule(struct netlink *netfilter, struct rule_entry *entry)
{
	struct search search = {.entry = entry};
	struct netlink_request request;
	struct nfgenmsg *msg;
	int err;

	entry->number = 0;
	netlink_prepare(&request, NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETRULE, 0, sizeof(*msg));
	msg = request.extra;
	msg->nfgen_family = entry->place.family;
	msg->version = NFNETLINK_V0;
	mnl_attr_put_strz(request.nlh, NFTA_RULE_TABLE, entry->place.table);
	mnl_attr_put_strz(request.nlh, NFTA_RULE_CHAIN, entry->place.chain);
	err = netlink_dump(netfilter, &request, on_rule, &search, &search.n);
	entry->total = (uint32_t)search.n;
	if (!err && !entry->number)
		err = -ENOENT;
	return err;
}

static bool same_place(const struct rule_place *a, const struct rule_place *b)
{
	return a->handle == b->handle && a->family == b->family && !strcmp(a->table, b->table) &&
	       !strcmp(a->chain, b->chain);
}

/* That of this place, else the one that was not used for longest. */
static struct rule_entry *find_entry(struct rule_cache *cache, const struct rule_place *place)
{
	struct rule_entry *oldest = cache->entries;

	for (struct rule_entry *e = cache->entries; e < cache->entries + RULE_ENTRIES; e++) {
		if (e->used && same_place(&e->place, place))
			return e;
		if (e->used < oldest->used)
			oldest = e;
	}
	*oldest = (struct rule_entry){.place = *place};
	return oldest;
}

/*
 * A rule that is the same as when its text was read keeps it. Tools that are slow, with a large
 * ruleset, are held to a tenth of the time: until then a rule has the plainer text.
 */
static void read_text(struct rule_cache *cache, struct rule_entry *entry)
{
	uint64_t start = facts_clock_ns(), took;
	int err;

	if (entry->text_hash == entry->view.hash && *entry->text)
		return;
	memcpy(entry->text, entry->view.text, sizeof(entry->text));
	entry->text_hash = 0;
	if (start < cache->tools_not_before_ns)
		return;
	err = rule_text_read(entry, entry->text, sizeof(entry->text));
	took = facts_clock_ns() - start;
	if (took > CHEAP_NS)
		cache->tools_not_before_ns = start + 10 * took;
	if (err)
		memcpy(entry->text, entry->view.text, sizeof(entry->text));
	/* One that no tool prints is not asked for again. */
	entry->text_hash = entry->view.hash;
}

const struct rule_entry *rule_find(struct rule_cache *cache, struct netlink *netfilter,
				   const struct rule_place *place)
{
	struct rule_entry *entry = find_entry(cache, place);
	uint32_t generation = 0;

	if (nft_read_generation(netfilter, &generation))
		return NULL;
	if (entry->used && entry->generation == generation && entry->text_hash) {
		entry->used = ++cache->used;
		return entry;
	}
	if (read_rule(netfilter, entry)) {
		entry->used = 0;
		return NULL;
	}
	entry->generation = generation;
	entry->used = ++cache->used;
	read_text(cache, entry);
	return entry;
}
