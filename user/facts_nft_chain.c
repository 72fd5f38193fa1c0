// SPDX-License-Identifier: GPL-2.0-only
// Reads an nftables base chain's message.
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdlib.h>
#include <string.h>

#include "facts_internal.h"

/* Not in the headers before 6.18: one prefix of device names. */
#define DEVICE_PREFIX 2

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
	case NFPROTO_BRIDGE:
		return "bridge";
	default:
		return "";
	}
}

uint8_t nft_family_of(const struct nlmsghdr *nlh)
{
	return ((const struct nfgenmsg *)mnl_nlmsg_get_payload(nlh))->nfgen_family;
}

/* Appends a name, "*" behind a prefix, to the chain's list. */
static int add_device(struct nft_chain *chain, const struct nlattr *attr, bool prefix)
{
	char text[FACT_IFNAME_LEN], name[FACT_IFNAME_LEN + 1];
	size_t len = 0, more;
	char *devices;

	netlink_get_text(attr, text, sizeof(text));
	snprintf(name, sizeof(name), "%s%s", text, prefix ? "*" : "");
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
	chain->hook = netlink_get_be32(hook[NFTA_HOOK_HOOKNUM]);
	chain->priority = netlink_get_be32(hook[NFTA_HOOK_PRIORITY]);
	if (hook[NFTA_HOOK_DEVS]) {
		mnl_attr_for_each_nested(attr, hook[NFTA_HOOK_DEVS]) if (!err) err =
			add_device(chain, attr, mnl_attr_get_type(attr) == DEVICE_PREFIX);
	} else if (hook[NFTA_HOOK_DEV]) {
		err = add_device(chain, hook[NFTA_HOOK_DEV], false);
	}
	return err;
}

int nft_on_chain(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *attrs[NFTA_CHAIN_TYPE + 1];
	struct nft_chain *chain;

	netlink_attrs(nlh, sizeof(struct nfgenmsg), attrs, NFTA_CHAIN_TYPE);
	if (!attrs[NFTA_CHAIN_HOOK] || !attrs[NFTA_CHAIN_TABLE] || !attrs[NFTA_CHAIN_NAME] ||
	    !*nft_family_name(nft_family_of(nlh)))
		return MNL_CB_OK;
	chain = vec_push(data);
	if (!chain || parse_hook(attrs[NFTA_CHAIN_HOOK], chain))
		return MNL_CB_ERROR;
	chain->family = nft_family_of(nlh);
	netlink_get_text(attrs[NFTA_CHAIN_TABLE], chain->table, sizeof(chain->table));
	netlink_get_text(attrs[NFTA_CHAIN_NAME], chain->name, sizeof(chain->name));
	chain->policy_drop =
		attrs[NFTA_CHAIN_POLICY] && netlink_get_be32(attrs[NFTA_CHAIN_POLICY]) == NF_DROP;
	if (attrs[NFTA_CHAIN_TYPE])
		chain->nat = !strcmp(mnl_attr_get_str(attrs[NFTA_CHAIN_TYPE]), "nat");
	return MNL_CB_OK;
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
