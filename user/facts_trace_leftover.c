// SPDX-License-Identifier: GPL-2.0-only
// Removes the plain tables that killed runs have left, where the kernel has no owner tables.
#include <errno.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdlib.h>
#include <string.h>

#include "claim.h"
#include "facts_internal.h"
#include "facts_nft_batch.h"
#include "facts_trace.h"

struct table {
	uint8_t family;
	char name[TRACE_NAME_LEN];
};

/* The number in a name that trace_name() made; false if it did not. */
static bool read_number(const char *name, uint32_t *number)
{
	char again[TRACE_NAME_LEN];
	unsigned long value;

	if (strncmp(name, TRACE_TABLE_PREFIX, strlen(TRACE_TABLE_PREFIX)) != 0)
		return false;
	value = strtoul(name + strlen(TRACE_TABLE_PREFIX), NULL, 10);
	if (value >> CLAIM_BITS)
		return false;
	*number = (uint32_t)value;
	trace_name(*number, again);
	return !strcmp(name, again);
}

/* An owner table goes with its owner. */
static int on_table(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *attrs[NFTA_TABLE_FLAGS + 1];
	struct table table = {.family = nft_family_of(nlh)}, *added;
	char name[FACT_TABLE_LEN];
	uint32_t number;

	netlink_attrs(nlh, sizeof(struct nfgenmsg), attrs, NFTA_TABLE_FLAGS);
	netlink_get_text(attrs[NFTA_TABLE_NAME], name, sizeof(name));
	if (netlink_get_be32(attrs[NFTA_TABLE_FLAGS]) & TRACE_TABLE_OWNER ||
	    !read_number(name, &number) || claim_is_held(TRACE_CLAIM, number))
		return MNL_CB_OK;
	added = vec_push(data);
	if (!added)
		return MNL_CB_ERROR;
	trace_name(number, table.name);
	*added = table;
	return MNL_CB_OK;
}

static int remove_table(const struct table *table, struct mnl_socket *socket)
{
	struct nft_batch batch;

	batch_begin(&batch, table->name);
	batch_delete_table(&batch, table->family);
	return batch_commit(&batch, socket);
}

int trace_remove_leftovers(struct rule_trace *trace, struct mnl_socket *socket)
{
	struct vec found = {.size = sizeof(struct table)};
	struct netlink_request request;
	struct nfgenmsg *msg;
	const struct table *table;
	int removed = 0, err;

	netlink_prepare(&request, NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETTABLE, 0, sizeof(*msg));
	msg = request.extra;
	msg->version = NFNETLINK_V0;
	err = netlink_dump(&trace->netfilter, &request, on_table, &found, &found.n);
	table = found.data;
	for (size_t i = 0; i < found.n && !err; i++)
		removed += !remove_table(&table[i], socket);
	vec_free(&found);
	return err ? err : removed;
}
