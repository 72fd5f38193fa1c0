// SPDX-License-Identifier: GPL-2.0-only
// Reads the sysctls that a cause can quote.
#include <dirent.h>
#include <errno.h>
#include <string.h>

#include "facts_internal.h"

enum { COPY_LINKS_MAX = 64, NAME_LEN = 128 };

static const char *const host_paths[] = {
	"net/core/somaxconn",		"net/ipv4/conf/all/accept_local",
	"net/ipv4/conf/all/arp_ignore", "net/ipv4/conf/all/route_localnet",
	"net/ipv4/conf/all/rp_filter",	"net/ipv4/icmp_echo_ignore_all",
	"net/ipv4/ip_forward",		"net/ipv4/tcp_abort_on_overflow",
	"net/ipv4/tcp_l3mdev_accept",	"net/ipv4/tcp_max_syn_backlog",
	"net/ipv4/tcp_max_tw_buckets",	"net/ipv4/tcp_rfc1337",
	"net/ipv4/tcp_syncookies",	"net/ipv4/tcp_timestamps",
	"net/ipv4/tcp_tw_recycle", /* before 4.12 */
	"net/ipv4/tcp_tw_reuse",	"net/ipv6/conf/all/disable_ipv6",
	"net/ipv6/conf/all/forwarding", "net/ipv6/icmp/echo_ignore_all",
};

static const char *const link_paths[] = {
	"net/ipv4/conf/%s/accept_local",
	"net/ipv4/conf/%s/route_localnet",
	"net/ipv4/conf/%s/rp_filter",
	"net/ipv6/conf/%s/disable_ipv6",
};

void sysctl_name(const char *path, char *out, size_t len)
{
	size_t i;

	for (i = 0; path[i] && i < len - 1; i++) {
		out[i] = path[i];
		if (path[i] == '/')
			out[i] = '.';
		else if (path[i] == '.')
			out[i] = '/';
	}
	out[i] = '\0';
}

/* A sysctl that this kernel does not have is no error. */
static int add_sysctl(struct gather *g, const char *path)
{
	struct fact_sysctl fact = {0};
	char file[NAME_LEN];
	int64_t value;
	int err;

	snprintf(file, sizeof(file), "sys/%s", path);
	err = proc_number(&g->facts->proc, file, &value);
	if (err)
		return err == -ENOENT ? 0 : err;
	sysctl_name(path, fact.name, sizeof(fact.name));
	fact.value = value;
	return gather_add(g, EV_FACT_SYSCTL, &fact, sizeof(fact));
}

static int add_link_sysctls(struct gather *g, const char *ifname)
{
	char path[96];
	int err = 0;

	for (size_t i = 0; i < sizeof(link_paths) / sizeof(link_paths[0]) && !err; i++) {
		/* sysctl names have no other '%' */
		const char *at = strchr(link_paths[i], '%');

		snprintf(path, sizeof(path), "%.*s%s%s", (int)(at - link_paths[i]), link_paths[i],
			 ifname, at + 2);
		err = add_sysctl(g, path);
	}
	return err;
}

/* IP sees the packets of a bridge's or bond's port as the master's: its sysctls count too. */
static int add_links(struct gather *g)
{
	struct link_info links[LINK_PATH_MAX];
	int n = link_path(&g->facts->at->route, g->ifindex, links), err = 0;

	for (int i = 0; i < n && !err; i++)
		err = add_link_sysctls(g, links[i].name);
	return err;
}

static bool is_link(const char *name)
{
	return *name != '.' && strlen(name) < FACT_IFNAME_LEN && strcmp(name, "all") != 0 &&
	       strcmp(name, "default") != 0 && strcmp(name, "lo") != 0;
}

/* Which of the copy's interfaces the probe came in by is not known here: those of all. */
static int add_links_of_copy(struct gather *g)
{
	char path[PROC_PATH_LEN + 32];
	struct dirent *entry;
	int n = 0, err = 0;
	DIR *dir;

	snprintf(path, sizeof(path), "%s/sys/net/ipv4/conf", g->facts->proc.path);
	dir = opendir(path);
	if (!dir)
		return errno == ENOENT ? 0 : -errno;
	while (!err && n < COPY_LINKS_MAX && (entry = readdir(dir)))
		if (is_link(entry->d_name) && ++n)
			err = add_link_sysctls(g, entry->d_name);
	closedir(dir);
	return err;
}

int gather_sysctls(struct gather *g)
{
	int err = 0;

	for (size_t i = 0; i < sizeof(host_paths) / sizeof(host_paths[0]) && !err; i++)
		err = add_sysctl(g, host_paths[i]);
	if (err)
		return err;
	return g->facts->proc.is_copy ? add_links_of_copy(g) : add_links(g);
}
