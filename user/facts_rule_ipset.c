// SPDX-License-Identifier: GPL-2.0-only
// Finds the element of an ipset that a packet matched: the rule's text names the set.
#include <stdlib.h>
#include <string.h>

#include "facts_internal.h"
#include "facts_rule.h"
#include "parse.h"

/* The set is small, or its element is left out: events wait meanwhile. */
#define LIST_NS (300 * NS_PER_MS)

static const char option[] = "--match-set ";
static const char members[] = "Members:\n";

bool ipset_of_text(const char *text, char set[FACT_TABLE_LEN], bool *by_source)
{
	const char *at = strstr(text, option);
	size_t len;

	if (!at)
		return false;
	at += strlen(option);
	len = strcspn(at, " ");
	if (!len || len >= FACT_TABLE_LEN || at[len] != ' ')
		return false;
	memcpy(set, at, len);
	set[len] = '\0';
	*by_source = !strncmp(at + len, " src", 4);
	return true;
}

static bool holds(const struct prefix *prefix, const uint8_t addr[16])
{
	unsigned int bytes = prefix->len / 8, bits = prefix->len % 8;

	return !memcmp(prefix->addr, addr, bytes) &&
	       (!bits || !((prefix->addr[bytes] ^ addr[bytes]) >> (8 - bits)));
}

/* Lines as "100.64.0.0/16 timeout 30" or "10.0.0.1,tcp:80": an address leads. */
bool ipset_find(const char *list, const uint8_t addr[16], char element[FACT_TABLE_LEN])
{
	const char *line = strstr(list, members);
	char word[FACT_TABLE_LEN], why[128];
	struct prefix prefix, best = {0};
	bool found = false;

	for (line = line ? line + strlen(members) : ""; *line; line += *line == '\n') {
		size_t len = strcspn(line, " \n"), address = strcspn(line, ", \n");

		if (address && len < sizeof(word)) {
			memcpy(word, line, address);
			word[address] = '\0';
			/* The narrowest prefix is the one that the set's own look-up takes. */
			if (!parse_prefix(word, &prefix, why, sizeof(why)) &&
			    holds(&prefix, addr) && (!found || prefix.len > best.len)) {
				memcpy(element, line, len);
				element[len] = '\0';
				best = prefix;
				found = true;
			}
		}
		line += strcspn(line, "\n");
	}
	return found;
}

void ipset_element(struct fact_rule *fact, const struct ev_flow *flow)
{
	static const char *const paths[] = {"/usr/sbin/ipset", "/sbin/ipset"};
	bool by_source;
	char *list = NULL;

	if (!ipset_of_text(fact->text, fact->set, &by_source))
		return;
	for (size_t i = 0; !list && i < sizeof(paths) / sizeof(paths[0]); i++) {
		const char *const argv[] = {paths[i], "list", fact->set, NULL};

		list = tool_run(argv, facts_clock_ns() + LIST_NS);
	}
	if (list)
		ipset_find(list, by_source ? flow->saddr : flow->daddr, fact->element);
	free(list);
}
