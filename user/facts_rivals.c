// SPDX-License-Identifier: GPL-2.0-only
// What else on this host follows packets, or takes them first.
#include "facts_rivals.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "escape.h"
#include "facts_internal.h"
#include "facts_trace.h"

enum { ESCAPED_LEN = 4 * FACT_TABLE_LEN + 4 };

/* Whether the process is in the network namespace with this inode. */
static bool is_in_netns(unsigned long pid, ino_t netns)
{
	char path[64];
	struct stat st;

	snprintf(path, sizeof(path), "/proc/%lu/ns/net", pid);
	return !stat(path, &st) && st.st_ino == netns;
}

static bool is_tracer(unsigned long pid)
{
	char path[64], comm[32];

	snprintf(path, sizeof(path), "/proc/%lu/comm", pid);
	return file_text(path, comm, sizeof(comm)) > 0 && !strcmp(comm, "clbtrace\n");
}

static void find_processes(struct doctor *d)
{
	struct dirent *entry;
	struct stat own;
	DIR *proc = opendir("/proc");

	if (!proc)
		return;
	while (!stat("/proc/self/ns/net", &own) && (entry = readdir(proc))) {
		unsigned long pid = strtoul(entry->d_name, NULL, 10);

		if (pid && pid != (unsigned long)getpid() && is_tracer(pid) &&
		    is_in_netns(pid, own.st_ino))
			doctor_disturbs(d, "clbtrace",
					"another clbtrace runs here: process %lu. Both see the "
					"probes; what each attaches costs a little",
					pid);
	}
	closedir(proc);
}

static void get_escaped(const struct nlattr *attr, char out[ESCAPED_LEN])
{
	char name[FACT_TABLE_LEN] = "";

	if (attr)
		netlink_get_text(attr, name, sizeof(name));
	escape_text(name, strlen(name), out, ESCAPED_LEN);
}

/* A table of ours has rules that trace; it is named once, not for each. */
static bool is_own_table(const struct nlattr *attr)
{
	char name[FACT_TABLE_LEN] = "";

	if (attr)
		netlink_get_text(attr, name, sizeof(name));
	return !strncmp(name, TRACE_TABLE_PREFIX, strlen(TRACE_TABLE_PREFIX));
}

static int on_table(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *attrs[NFTA_TABLE_FLAGS + 1];
	char name[ESCAPED_LEN];

	netlink_attrs(nlh, sizeof(struct nfgenmsg), attrs, NFTA_TABLE_FLAGS);
	if (!is_own_table(attrs[NFTA_TABLE_NAME]))
		return MNL_CB_OK;
	get_escaped(attrs[NFTA_TABLE_NAME], name);
	doctor_disturbs(data, "nftrace",
			"a clbtrace traces rules: table %s %s (of a killed one it is removed at "
			"the next start)",
			nft_family_name(nft_family_of(nlh)), name);
	return MNL_CB_OK;
}

/* meta nftrace set */
static bool traces(const struct nlattr *elem)
{
	const struct nlattr *expr[NFTA_EXPR_MAX + 1], *meta[NFTA_META_MAX + 1];
	char name[32];

	netlink_nested(elem, expr, NFTA_EXPR_MAX);
	if (!expr[NFTA_EXPR_NAME])
		return false;
	netlink_get_text(expr[NFTA_EXPR_NAME], name, sizeof(name));
	if (strcmp(name, "meta") != 0)
		return false;
	netlink_nested(expr[NFTA_EXPR_DATA], meta, NFTA_META_MAX);
	return meta[NFTA_META_SREG] && netlink_get_be32(meta[NFTA_META_KEY]) == NFT_META_NFTRACE;
}

static int on_rule(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *attrs[NFTA_RULE_EXPRESSIONS + 1], *elem;
	char table[ESCAPED_LEN], chain[ESCAPED_LEN];
	bool found = false;

	netlink_attrs(nlh, sizeof(struct nfgenmsg), attrs, NFTA_RULE_EXPRESSIONS);
	if (!attrs[NFTA_RULE_EXPRESSIONS] || is_own_table(attrs[NFTA_RULE_TABLE]))
		return MNL_CB_OK;
	mnl_attr_for_each_nested(elem, attrs[NFTA_RULE_EXPRESSIONS]) found |= traces(elem);
	if (!found)
		return MNL_CB_OK;
	get_escaped(attrs[NFTA_RULE_TABLE], table);
	get_escaped(attrs[NFTA_RULE_CHAIN], chain);
	doctor_disturbs(data, "nftrace",
			"a rule of somebody else traces packets (meta nftrace set 1): table %s %s "
			"chain %s. Each packet that it marks is reported to all tracers",
			nft_family_name(nft_family_of(nlh)), table, chain);
	return MNL_CB_OK;
}

static int find_tables(struct doctor *d, struct facts *facts, uint8_t message, mnl_cb_t callback)
{
	struct netlink_request request;
	struct nfgenmsg *msg;

	netlink_prepare(&request, (uint16_t)(NFNL_SUBSYS_NFTABLES << 8 | message), 0, sizeof(*msg));
	msg = request.extra;
	msg->version = NFNETLINK_V0;
	return netlink_dump(&facts->at->netfilter, &request, callback, d, &d->n_disturbances);
}

static void find_programs(struct doctor *d)
{
	const struct fact_program *p;
	char ifname[4 * FACT_IFNAME_LEN + 4], name[4 * EV_NAME_LEN + 4];

	for (p = d->programs; p < d->programs + d->n_programs; p++) {
		escape_text(p->ifname, strnlen(p->ifname, sizeof(p->ifname)), ifname,
			    sizeof(ifname));
		escape_text(p->name, strnlen(p->name, sizeof(p->name)), name, sizeof(name));
		if (p->place == PROG_XDP_NATIVE || p->place == PROG_XDP_GENERIC ||
		    p->place == PROG_XDP_OFFLOADED)
			doctor_disturbs(d, "xdp",
					"an XDP program comes before clbtrace on %s: %u %s. What "
					"it drops natively is not seen, and --xdp cannot attach "
					"there",
					ifname, p->id, name);
	}
}

int facts_rivals(struct doctor *d, struct facts *facts)
{
	int err = 0;

	find_processes(d);
	find_programs(d);
	if (!nft_present(facts))
		return 0;
	err = find_tables(d, facts, NFT_MSG_GETTABLE, on_table);
	return err ? err : find_tables(d, facts, NFT_MSG_GETRULE, on_rule);
}
