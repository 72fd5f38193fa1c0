// SPDX-License-Identifier: GPL-2.0-only
// Finds a rule's text in what the system's tools print.
#include <ctype.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "facts_internal.h"
#include "facts_rule.h"

/* Appends with single spaces for any white space. */
static void append(char *out, size_t len, const char *from, const char *to)
{
	size_t at = strlen(out);
	bool space = at > 0;

	for (; from < to; from++) {
		if (isspace((unsigned char)*from)) {
			space = at > 0;
			continue;
		}
		if (space && at + 1 < len)
			out[at++] = ' ';
		space = false;
		if (at + 1 < len)
			out[at++] = *from;
	}
	out[at] = '\0';
}

/* The " # handle N" at the line's end; NULL: none. */
static const char *find_handle(const char *line, const char *end, uint64_t *handle)
{
	static const char mark[] = "# handle ";
	const size_t len = sizeof(mark) - 1;
	const char *at = end;
	char *stop;

	while (at > line && isdigit((unsigned char)at[-1]))
		at--;
	if (at == end || (size_t)(at - line) < len || memcmp(at - len, mark, len) != 0)
		return NULL;
	*handle = strtoull(at, &stop, 10);
	return stop == end ? at - len : NULL;
}

/* Whether no rule goes on from here: the head or the foot of a block, or the hook's line. */
static bool is_frame(const char *line, const char *end)
{
	while (line < end && isspace((unsigned char)*line))
		line++;
	return (size_t)(end - line) >= 5 &&
	       (!strncmp(line, "type ", 5) || !strncmp(line, "table ", 5));
}

/* A rule with many elements goes over several lines, the last of which has the handle. */
bool rule_text_of_nft(const char *output, uint64_t handle, char *out, size_t len)
{
	const char *end, *mark;
	uint64_t found;

	*out = '\0';
	for (const char *line = output; *line; line = end + (*end == '\n')) {
		end = line + strcspn(line, "\n");
		mark = find_handle(line, end, &found);
		/* The heads of tables and chains have handles too, behind their "{". */
		if (is_frame(line, end) || (mark && mark - line >= 2 && mark[-2] == '{')) {
			*out = '\0';
			continue;
		}
		append(out, len, line, mark ? mark : end);
		if (!mark)
			continue;
		if (found == handle)
			return *out;
		*out = '\0';
	}
	*out = '\0';
	return false;
}

bool rule_text_of_iptables(const char *output, uint32_t number, uint32_t total, char *out,
			   size_t len)
{
	uint32_t n = 0;
	const char *end;

	*out = '\0';
	for (const char *line = output; *line; line = end + (*end == '\n')) {
		end = line + strcspn(line, "\n");
		if (!strncmp(line, "-A ", 3) && ++n == number)
			append(out, len, line, end);
	}
	return n == total && *out;
}

/* The first that is there. NULL: none is. */
static const char *find_tool(const char *const *paths)
{
	for (; *paths; paths++)
		if (!access(*paths, X_OK))
			return *paths;
	return NULL;
}

static bool is_iptables(const struct rule_entry *entry)
{
	static const char *const tables[] = {"filter", "nat", "mangle", "raw", "security"};

	if (!entry->view.is_compat ||
	    (entry->place.family != NFPROTO_IPV4 && entry->place.family != NFPROTO_IPV6))
		return false;
	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
		if (!strcmp(entry->place.table, tables[i]))
			return true;
	return false;
}

static bool read_iptables(const struct rule_entry *entry, uint64_t end_ns, char *out, size_t len)
{
	static const char *const v4[] = {"/usr/sbin/iptables-nft", "/sbin/iptables-nft", NULL};
	static const char *const v6[] = {"/usr/sbin/ip6tables-nft", "/sbin/ip6tables-nft", NULL};
	const char *tool = find_tool(entry->place.family == NFPROTO_IPV4 ? v4 : v6);
	const char *argv[] = {tool, "-t", entry->place.table, "-S", entry->place.chain, NULL};
	char *output;
	bool found;

	if (!tool || !is_iptables(entry) || *entry->place.chain == '-')
		return false;
	output = tool_run(argv, end_ns);
	found = output && rule_text_of_iptables(output, entry->number, entry->total, out, len);
	free(output);
	return found;
}

/* -s leaves out what counts packets: "counter" alone, as a rule is written. */
static bool read_nft(const struct rule_entry *entry, uint64_t end_ns, char *out, size_t len)
{
	static const char *const paths[] = {"/usr/sbin/nft", "/sbin/nft", NULL};
	const char *tool = find_tool(paths);
	const char *argv[] = {tool,
			      "-a",
			      "-s",
			      "list",
			      "chain",
			      nft_family_name(entry->place.family),
			      entry->place.table,
			      entry->place.chain,
			      NULL};
	char *output;
	bool found;

	if (!tool)
		return false;
	output = tool_run(argv, end_ns);
	found = output && rule_text_of_nft(output, entry->place.handle, out, len);
	free(output);
	return found;
}

/*
 * Tools take names of tables and chains as words of their own language: only plain ones are given
 * to them.
 */
static bool is_plain(const char *name)
{
	for (const char *at = name; *at; at++)
		if (!isalnum((unsigned char)*at) && !strchr("_-./", *at))
			return false;
	return *name && strlen(name) < FACT_TABLE_LEN - 1;
}

int rule_text_read(const struct rule_entry *entry, char *out, size_t len)
{
	const uint64_t end_ns = facts_clock_ns() + NS_PER_SEC;

	if (!is_plain(entry->place.table) || !is_plain(entry->place.chain))
		return -EINVAL;
	if (read_iptables(entry, end_ns, out, len) || read_nft(entry, end_ns, out, len))
		return 0;
	return -ENOENT;
}
