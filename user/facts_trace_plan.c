// SPDX-License-Identifier: GPL-2.0-only
// Finds where chains must be that mark a packet before it meets any other.
#include <limits.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdlib.h>
#include <string.h>

#include "facts_internal.h"
#include "facts_trace.h"

/* Before conntrack's defragmentation (-400) and raw tables (-300), whatever else there is. */
enum { LATEST_PRIORITY = -450 };

static void lower(int32_t *priority, int32_t than)
{
	if (*priority >= than)
		*priority = than == INT_MIN ? INT_MIN : than - 1;
}

static int add_device(struct vec *devices, const char *name)
{
	const char(*known)[FACT_IFNAME_LEN] = devices->data;
	char *added;

	for (size_t i = 0; i < devices->n; i++)
		if (!strcmp(known[i], name))
			return 0;
	added = vec_push(devices);
	if (!added)
		return -1;
	snprintf(added, FACT_IFNAME_LEN, "%s", name);
	return 0;
}

/* A prefix of names ("eth*") stands for devices that are not listed: those are left out. */
static int add_devices(struct vec *devices, const struct nft_chain *chain)
{
	int err = 0;

	for (const char *name = chain->devices; name && *name && !err; name += strlen(name) + 1)
		if (!strchr(name, '*'))
			err = add_device(devices, name);
	return err;
}

static uint8_t family_bit(uint8_t family)
{
	return family == NFPROTO_INET	  ? TRACE_OWN_INET
	       : family == NFPROTO_BRIDGE ? TRACE_OWN_BRIDGE
					  : TRACE_OWN_NETDEV;
}

static int add_chain(struct trace_plan *plan, const struct nft_chain *chain)
{
	const bool ingress = chain->family == NFPROTO_NETDEV ? chain->hook == NF_NETDEV_INGRESS
							     : chain->hook == NF_INET_INGRESS;

	if (!strcmp(chain->table, plan->own))
		plan->own_families |= family_bit(chain->family);
	if (!strncmp(chain->table, "clbtrace", 8))
		return 0;
	if (chain->family == NFPROTO_BRIDGE) {
		plan->bridge = true;
		lower(&plan->bridge_priority, chain->priority);
		return 0;
	}
	/* A chain at a device's egress is reached by what the inet table marked. */
	if (!ingress) {
		plan->inet = true;
		lower(&plan->inet_priority, chain->priority);
		return 0;
	}
	lower(&plan->device_priority, chain->priority);
	return add_devices(&plan->devices, chain);
}

/* Of thousands of chains only base chains are kept, one at a time. */
static int on_chain(const struct nlmsghdr *nlh, void *data)
{
	struct vec one = {.size = sizeof(struct nft_chain)};
	struct nft_chain *chain;
	int ret = nft_on_chain(nlh, &one), err = 0;

	chain = one.data;
	for (size_t i = 0; i < one.n; i++) {
		if (ret != MNL_CB_ERROR && !err)
			err = add_chain(data, &chain[i]);
		free(chain[i].devices);
	}
	vec_free(&one);
	return err ? MNL_CB_ERROR : ret;
}

int trace_plan_read(struct netlink *netfilter, const char *own, struct trace_plan *out)
{
	struct netlink_request request;
	struct nfgenmsg *msg;
	int err;

	*out = (struct trace_plan){
		.inet_priority = LATEST_PRIORITY,
		.bridge_priority = LATEST_PRIORITY,
		.device_priority = LATEST_PRIORITY,
		.devices = {.size = FACT_IFNAME_LEN},
		.own = own,
	};
	netlink_prepare(&request, NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETCHAIN, 0, sizeof(*msg));
	msg = request.extra;
	msg->version = NFNETLINK_V0;
	err = netlink_dump(netfilter, &request, on_chain, out, &out->devices.n);
	if (err)
		trace_plan_free(out);
	return err;
}

void trace_plan_free(struct trace_plan *plan)
{
	vec_free(&plan->devices);
	*plan = (struct trace_plan){0};
}

bool trace_plan_is_empty(const struct trace_plan *plan)
{
	return !plan->inet && !plan->bridge && !plan->devices.n;
}

static bool has_device(const struct vec *devices, const char *name)
{
	const char(*known)[FACT_IFNAME_LEN] = devices->data;

	for (size_t i = 0; i < devices->n; i++)
		if (!strcmp(known[i], name))
			return true;
	return false;
}

bool trace_plan_covers(const struct trace_plan *have, const struct trace_plan *want)
{
	const char(*device)[FACT_IFNAME_LEN] = want->devices.data;

	if ((want->inet && (!have->inet || have->inet_priority > want->inet_priority)) ||
	    (want->bridge && (!have->bridge || have->bridge_priority > want->bridge_priority)) ||
	    (want->devices.n && have->device_priority > want->device_priority))
		return false;
	for (size_t i = 0; i < want->devices.n; i++)
		if (!has_device(&have->devices, device[i]))
			return false;
	return true;
}

void trace_plan_forget_lost(struct trace_plan *have, const struct trace_plan *seen)
{
	have->inet &= (seen->own_families & TRACE_OWN_INET) != 0;
	have->bridge &= (seen->own_families & TRACE_OWN_BRIDGE) != 0;
	if (!(seen->own_families & TRACE_OWN_NETDEV))
		have->devices.n = 0;
}
