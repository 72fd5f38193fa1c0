/* SPDX-License-Identifier: GPL-2.0-only */
/* Which tool made a packet-filter rule: told by the names that it gives its tables and chains. */
#ifndef CLBTRACE_RULE_OWNER_H
#define CLBTRACE_RULE_OWNER_H

#include <stdbool.h>

#include "fact.h"

struct rule_owner {
	const char *name;
	/* What a table's or a chain's name begins with, or is part of the rule's text; NULL: any.
	 */
	const char *table;
	const char *chain;
	const char *text;
	/* The tool's own way to let the probe in: a template of the cause table's values. */
	const char *fix;
	bool alone; /* letting the probe in by a rule of one's own would not help */
};

/* Ends with a NULL name. */
extern const struct rule_owner rule_owners[];

/* NULL: no tool that is known. */
const struct rule_owner *rule_owner(const struct fact_rule *rule);

/* Its name; NULL for NULL. */
const char *rule_owner_name(const struct rule_owner *owner);

#endif
