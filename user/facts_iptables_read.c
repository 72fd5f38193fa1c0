// SPDX-License-Identifier: GPL-2.0-only
// Reads the tables of legacy iptables from the kernel.
#include <arpa/inet.h> /* before the kernel's own, which then leave out what it has */
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter_ipv4/ip_tables.h>
#include <linux/netfilter_ipv6/ip6_tables.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "facts_internal.h"
#include "facts_iptables.h"

enum { ENTRIES_MAX = 256 << 20, TRIES = 3 };

/* The same structures serve both families, and IPT_SO_... has the numbers of IP6T_SO_... */
_Static_assert(sizeof(struct ipt_getinfo) == sizeof(struct ip6t_getinfo), "info");
_Static_assert(sizeof(struct ipt_get_entries) == sizeof(struct ip6t_get_entries), "entries");

const char *const legacy_names[LEGACY_TABLES] = {"raw", "mangle", "nat", "filter", "security"};

/* Leaves the entries in table->blob. */
static int read_entries(int fd, int level, const struct ipt_getinfo *info,
			struct legacy_ruleset *table)
{
	struct ipt_get_entries *entries;
	socklen_t len = sizeof(*entries) + info->size;
	int err = 0;

	if (!info->size || info->size > ENTRIES_MAX)
		return -EBADMSG;
	entries = malloc(len);
	if (!entries)
		return -ENOMEM;
	memset(entries, 0, sizeof(*entries));
	memcpy(entries->name, info->name, sizeof(entries->name));
	entries->size = info->size;
	if (getsockopt(fd, level, IPT_SO_GET_ENTRIES, entries, &len))
		err = -errno;
	if (err) {
		free(entries);
		return err;
	}
	memmove(entries, entries->entrytable, info->size);
	table->blob = (uint8_t *)entries;
	table->size = info->size;
	return 0;
}

/* -EAGAIN: the table's size changed between the two questions. */
static int read_once(int fd, int level, struct legacy_ruleset *table)
{
	struct ipt_getinfo info = {0};
	socklen_t len = sizeof(info);
	int err;

	snprintf(info.name, sizeof(info.name), "%s", table->name);
	if (getsockopt(fd, level, IPT_SO_GET_INFO, &info, &len))
		return -errno;
	err = read_entries(fd, level, &info, table);
	if (err)
		return err;
	table->valid_hooks = info.valid_hooks;
	memcpy(table->hook_entry, info.hook_entry, sizeof(table->hook_entry));
	memcpy(table->underflow, info.underflow, sizeof(table->underflow));
	err = legacy_parse(table);
	if (err)
		legacy_table_free(table);
	return err;
}

static int read_table(int fd, int level, struct legacy_ruleset *table)
{
	int err = -EAGAIN;

	for (int i = 0; i < TRIES && err == -EAGAIN; i++)
		err = read_once(fd, level, table);
	return err;
}

void legacy_tables_free(struct legacy_ruleset tables[LEGACY_TABLES], int n)
{
	for (int i = 0; i < n; i++)
		legacy_table_free(&tables[i]);
}

/*
 * Asking for a table that is not there would make the kernel load or create it
 * (xt_find_table_lock() and xt_request_find_table_lock(), net/netfilter/x_tables.c): only those are
 * asked for that the namespace has by its own list. Any socket of the family serves
 * (nf_getsockopt()); one of datagrams needs no CAP_NET_RAW.
 */
int legacy_read(uint8_t pf, struct legacy_ruleset tables[LEGACY_TABLES])
{
	const bool v4 = pf == NFPROTO_IPV4;
	char names[256];
	int err = 0, fd, n = 0;

	if (file_text(v4 ? "/proc/self/net/ip_tables_names" : "/proc/self/net/ip6_tables_names",
		      names, sizeof(names)) <= 0)
		return 0;
	fd = socket(v4 ? AF_INET : AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	for (int i = 0; i < LEGACY_TABLES && !err; i++) {
		if (!legacy_table_loaded(names, legacy_names[i]))
			continue;
		tables[n].pf = pf;
		snprintf(tables[n].name, sizeof(tables[n].name), "%s", legacy_names[i]);
		err = read_table(fd, v4 ? SOL_IP : SOL_IPV6, &tables[n]);
		n += !err;
		if (err == -ENOENT) /* gone meanwhile */
			err = 0;
	}
	close(fd);
	if (err)
		legacy_tables_free(tables, n);
	return err ? err : n;
}
