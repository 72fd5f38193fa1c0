// SPDX-License-Identifier: GPL-2.0-only
// Has the system's own iptables print a rule.
#include <errno.h>
#include <limits.h>
#include <linux/netfilter.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "facts_internal.h"
#include "facts_iptables.h"
#include "facts_rule.h"

#define TOOL_NS NS_PER_SEC

/*
 * Which generation /usr/sbin/iptables is, its file's name says: asking it with --version would make
 * the other one open netfilter's netlink, and so load modules.
 */
static bool is_legacy_tool(const char *path)
{
	char real[PATH_MAX];

	return realpath(path, real) && !access(real, X_OK) && !strstr(real, "nft");
}

const char *legacy_tool_path(uint8_t pf)
{
	static const char *const paths[2][3] = {
		{"/usr/sbin/iptables-legacy", "/usr/sbin/iptables", "/sbin/iptables"},
		{"/usr/sbin/ip6tables-legacy", "/usr/sbin/ip6tables", "/sbin/ip6tables"},
	};
	const char *const *path = paths[pf == NFPROTO_IPV6];

	for (int i = 0; i < 3; i++)
		if (is_legacy_tool(path[i]))
			return path[i];
	return NULL;
}

/* The rule with that number among the "-A" lines, cut out of output; NULL: there are fewer. */
static char *cut_rule(char *output, uint32_t number)
{
	uint32_t rules = 0;
	char *next = NULL;

	for (char *line = output; line && *line; line = next) {
		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		if (!strncmp(line, "-A ", 3) && ++rules == number)
			return line;
	}
	return NULL;
}

static bool is_plain(const char *name)
{
	return *name && *name != '-' && *name != '!';
}

int legacy_tool_rule(const char *path, const char *table, const char *chain, uint32_t number,
		     char *out, size_t len)
{
	const char *const argv[] = {path, "-t", table, "-S", chain, NULL};
	char *output, *rule;

	if (!is_plain(chain))
		return -EINVAL;
	output = tool_run(argv, facts_clock_ns() + TOOL_NS);
	rule = output ? cut_rule(output, number) : NULL;
	if (rule)
		snprintf(out, len, "%s", rule);
	free(output);
	return rule ? 0 : -ENOENT;
}
