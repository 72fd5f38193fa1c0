// SPDX-License-Identifier: GPL-2.0-only
// The rule that the kernel itself named, where programs can be attached to nf_tables.
#include "facts_internal.h"

void facts_rules_named(struct facts *facts, rule_find_fn find, void *ctx)
{
	facts->rule_find = find;
	facts->rule_find_ctx = ctx;
}

int gather_rule_named(struct gather *g)
{
	struct fact_rule fact;

	if (!g->facts->rule_find ||
	    !g->facts->rule_find(g->facts->rule_find_ctx, g->request, &fact))
		return 0;
	return gather_add(g, EV_FACT_RULE, &fact, sizeof(fact));
}
