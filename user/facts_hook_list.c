// SPDX-License-Identifier: GPL-2.0-only
// Lists the entries of a netfilter hook as the kernel has them.
#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_hook.h>
#include <string.h>

#include "facts_internal.h"

enum {
	HOOK_ENTRIES_MAX = 256,
	HOOK_TYPE_NFT = 1, /* both nf_hook_ops_type and nfnl_hook_chaintype */
	HOOK_TYPE_BPF = 2,
	HOOK_BPF_ID = 1, /* NFNLA_HOOK_BPF_ID, 6.4+ */
};

struct hook_dump_state {
	const struct facts *facts;
	const struct hook_place *place;
	struct vec *out;
};

static void parse_chain(const struct nlattr *desc_attr, struct fact_hook *entry)
{
	const struct nlattr *desc[NFNLA_CHAIN_MAX + 1];

	netlink_nested(desc_attr, desc, NFNLA_CHAIN_MAX);
	entry->backend = HOOK_NFT;
	if (!desc[NFNLA_CHAIN_TABLE] || !desc[NFNLA_CHAIN_NAME] || !desc[NFNLA_CHAIN_FAMILY])
		return;
	netlink_get_text(desc[NFNLA_CHAIN_TABLE], entry->table, sizeof(entry->table));
	netlink_get_text(desc[NFNLA_CHAIN_NAME], entry->chain, sizeof(entry->chain));
	snprintf(entry->family, sizeof(entry->family), "%s",
		 nft_family_name(mnl_attr_get_u8(desc[NFNLA_CHAIN_FAMILY])));
}

/* The function that runs them all (nf_hook_run_bpf) says nothing. */
static void set_program(struct fact_hook *entry, uint32_t id)
{
	entry->prog_id = id;
	entry->module[0] = '\0';
	bpf_program_name(id, entry->function, sizeof(entry->function));
}

/* Returns whether the entry is a BPF program of ours. */
static bool parse_program(const struct facts *facts, const struct nlattr *desc_attr,
			  struct fact_hook *entry)
{
	const struct nlattr *desc[HOOK_BPF_ID + 1];
	uint32_t id;

	netlink_nested(desc_attr, desc, HOOK_BPF_ID);
	if (!desc[HOOK_BPF_ID])
		return false;
	id = netlink_get_be32(desc[HOOK_BPF_ID]);
	set_program(entry, id);
	return own_program(&facts->own, id);
}

static int on_hook(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *attrs[NFNLA_HOOK_MAX + 1], *info[NFNLA_HOOK_INFO_MAX + 1];
	struct hook_dump_state *state = data;
	struct fact_hook *entry;
	uint32_t type = 0;

	netlink_attrs(nlh, sizeof(struct nfgenmsg), attrs, NFNLA_HOOK_MAX);
	netlink_nested(attrs[NFNLA_HOOK_CHAIN_INFO], info, NFNLA_HOOK_INFO_MAX);
	entry = vec_push(state->out);
	if (!entry)
		return MNL_CB_ERROR;
	entry->pf = state->place->pf;
	entry->hook = state->place->hook;
	if (attrs[NFNLA_HOOK_PRIORITY])
		entry->priority = netlink_get_be32(attrs[NFNLA_HOOK_PRIORITY]);
	if (attrs[NFNLA_HOOK_FUNCTION_NAME])
		netlink_get_text(attrs[NFNLA_HOOK_FUNCTION_NAME], entry->function,
				 sizeof(entry->function));
	if (attrs[NFNLA_HOOK_MODULE_NAME])
		netlink_get_text(attrs[NFNLA_HOOK_MODULE_NAME], entry->module,
				 sizeof(entry->module));
	if (info[NFNLA_HOOK_INFO_TYPE])
		type = netlink_get_be32(info[NFNLA_HOOK_INFO_TYPE]);
	if (type == HOOK_TYPE_NFT)
		parse_chain(info[NFNLA_HOOK_INFO_DESC], entry);
	else if (type == HOOK_TYPE_BPF &&
		 parse_program(state->facts, info[NFNLA_HOOK_INFO_DESC], entry))
		state->out->n--;
	return MNL_CB_OK;
}

/* Without the subsystem each request makes the kernel look for its module: it is not asked again.
 */
int hook_dump(struct facts *facts, const struct hook_place *place, struct vec *out)
{
	struct hook_dump_state state = {.facts = facts, .place = place, .out = out};
	struct netlink_request request;
	struct nfgenmsg *msg;
	int err;

	if (facts->hook_dump_missing)
		return -EOPNOTSUPP;
	netlink_prepare(&request, NFNL_SUBSYS_HOOK << 8 | NFNL_MSG_HOOK_GET, 0, sizeof(*msg));
	msg = request.extra;
	msg->nfgen_family = place->pf;
	msg->version = NFNETLINK_V0;
	mnl_attr_put_u32(request.nlh, NFNLA_HOOK_HOOKNUM, htonl(place->hook));
	if (place->device)
		mnl_attr_put_strz(request.nlh, NFNLA_HOOK_DEV, place->device);
	err = netlink_dump(&facts->at->netfilter, &request, on_hook, &state, &out->n);
	if (err != -EINVAL && err != -EOPNOTSUPP && err != -EPROTONOSUPPORT)
		return err;
	/* A device's egress hook is newer than the subsystem. */
	if (!place->device)
		facts->hook_dump_missing = true;
	return -EOPNOTSUPP;
}

static struct symbol *find_symbol(const struct vec *symbols, uint64_t address)
{
	struct symbol *symbol = symbols->data;

	for (size_t i = 0; i < symbols->n; i++)
		if (symbol[i].address == address)
			return &symbol[i];
	return NULL;
}

static int add_functions(struct vec *symbols, const struct hook_entry *entries, int n)
{
	struct symbol *symbol;

	for (int i = 0; i < n; i++) {
		if (find_symbol(symbols, entries[i].function))
			continue;
		symbol = vec_push(symbols);
		if (!symbol)
			return -ENOMEM;
		symbol->address = entries[i].function;
	}
	return 0;
}

int hook_learn_functions(struct facts *facts)
{
	static const uint8_t families[] = {NFPROTO_IPV4, NFPROTO_IPV6};
	struct hook_entry entries[HOOK_ENTRIES_MAX];
	size_t known = facts->symbols.n;
	int err = 0, n;

	for (int i = 0; facts->walk && i < 2 * NF_INET_NUMHOOKS && !err; i++) {
		n = facts->walk(facts->walk_ctx, families[i / NF_INET_NUMHOOKS],
				i % NF_INET_NUMHOOKS, entries, HOOK_ENTRIES_MAX);
		err = add_functions(&facts->symbols, entries, n);
	}
	if (facts->symbols.n > known)
		symbols_read((struct symbol *)facts->symbols.data + known,
			     facts->symbols.n - known);
	return err;
}

static bool all_known(const struct vec *symbols, const struct hook_entry *entries, int n)
{
	for (int i = 0; i < n; i++)
		if (!find_symbol(symbols, entries[i].function))
			return false;
	return true;
}

static int add_walked(struct vec *out, const struct hook_place *place,
		      const struct hook_entry *walked, const struct symbol *symbol)
{
	struct fact_hook *entry = vec_push(out);

	if (!entry)
		return -ENOMEM;
	entry->pf = place->pf;
	entry->hook = place->hook;
	entry->priority = walked->priority;
	entry->backend = walked->type == HOOK_TYPE_NFT ? HOOK_NFT : HOOK_OTHER;
	if (symbol) {
		memcpy(entry->function, symbol->name, sizeof(entry->function));
		memcpy(entry->module, symbol->module, sizeof(entry->module));
	}
	if (walked->prog_id)
		set_program(entry, walked->prog_id);
	return 0;
}

int hook_walk(struct facts *facts, const struct hook_place *place, struct vec *out)
{
	struct hook_entry entries[HOOK_ENTRIES_MAX];
	int err = 0, n;

	if (!facts->walk)
		return -EOPNOTSUPP;
	n = facts->walk(facts->walk_ctx, place->pf, place->hook, entries, HOOK_ENTRIES_MAX);
	if (n < 0)
		return n;
	if (!all_known(&facts->symbols, entries, n))
		err = hook_learn_functions(facts);
	for (int i = 0; i < n && !err; i++)
		err = add_walked(out, place, &entries[i],
				 find_symbol(&facts->symbols, entries[i].function));
	return err;
}
