// SPDX-License-Identifier: GPL-2.0-only
// Choosing from the cause table: which cause an evidence fits, and which facts could tell.
#include <string.h>

#include "causes.h"

/* Bits that host facts set: open until the facts have been gathered. */
#define E_FACTS                                                                                    \
	(E(LISTENER_FITS) | E(LISTENER_ADDR) | E(LISTENER_FAMILY) | E(LISTENER_DEVICE) |           \
	 E(LISTENER_ELSEWHERE) | E(RULE_QUEUES) | E(RULE_REJECTS) | E(MODULE_HOOK) |               \
	 E(LISTENER_FULL) | E(UNREAD) | E(ECHO_IGNORED) | E(GREW_RATE_LIMIT) | E(DST_NOT_LOCAL) |  \
	 E(SRC_LOCAL) | E(ROUTE_ERROR) | E(NEIGH_BAD) | E(CONNTRACK_FULL) | E(CGROUP_FILTER) |     \
	 E(GREW_OVERFLOWS) | E(GREW_REQQFULL) | E(GREW_NOROUTES) | E(NOT_ACCEPTED) |               \
	 E(SYN_QUEUE_FULL) | E(STAMPS_BACK) | E(STAMPS_TAKEN) | E(RECYCLE_ON) |                    \
	 E(GREW_PAWS_PASSIVE) | E(GREW_PAWS) | E(GREW_RPFILTER) | E(RULE_COUNTED) |                \
	 E(REPLY_COUNTED) | E(NO_LISTENER) | E(GREW_CSUM) | E(GREW_AUTH))

/* What must end in a verdict even if no cause fits. */
#define E_ENDS (E(TIMEOUT) | E_DROP_SYN | E(DROP_REPLY) | E(DROP_NEIGH) | E(NO_SOCKET) | E(RST_OUT))

static const char *const texts[] = {
#define EVIDENCE_WORDS(name, text) text,
	EVIDENCE(EVIDENCE_WORDS)
#undef EVIDENCE_WORDS
};

const char *evidence_text(enum evidence_index index)
{
	return texts[index];
}

const struct cause *cause_find(const char *id)
{
	const struct cause *cause = NULL;

	while ((cause = cause_next(cause)))
		if (!strcmp(cause->id, id))
			break;
	return cause;
}

static bool holds(const struct cause_rule *rule, evidence_t evidence)
{
	return (evidence & rule->require) == rule->require && !(evidence & rule->exclude);
}

const struct cause *cause_match(evidence_t evidence, enum confidence *confidence)
{
	const struct cause *cause = NULL;

	while ((cause = cause_next(cause))) {
		const struct cause_rule *rule = cause->rules;

		for (int r = 0; r < CAUSE_RULES_MAX && rule[r].require; r++) {
			if (holds(&rule[r], evidence)) {
				*confidence = rule[r].confidence;
				return cause;
			}
		}
	}
	return NULL;
}

bool cause_ends(evidence_t evidence)
{
	return evidence & E_ENDS;
}

/* Whether a rule of the cause may hold once facts are known (open), and whether it holds whatever
 * they say. */
static bool may_hold(const struct cause *cause, evidence_t evidence, bool *whatever)
{
	const struct cause_rule *rule = cause->rules;
	bool may = false;

	*whatever = false;
	for (int r = 0; r < CAUSE_RULES_MAX && rule[r].require; r++) {
		if (!holds(&rule[r], evidence | (rule[r].require & E_FACTS)))
			continue;
		may = true;
		if (!(rule[r].require & E_FACTS & ~evidence) && !(rule[r].exclude & E_FACTS))
			*whatever = true;
	}
	return may;
}

bool cause_is_open(evidence_t evidence)
{
	const struct cause *cause = NULL;
	bool whatever;

	while ((cause = cause_next(cause)))
		if (may_hold(cause, evidence, &whatever))
			return true;
	return false;
}

bool cause_needs(evidence_t evidence, uint32_t *needs)
{
	const struct cause *cause = NULL;
	bool decisive = false;

	*needs = 0;
	while ((cause = cause_next(cause))) {
		bool whatever;

		if (!may_hold(cause, evidence, &whatever))
			continue;
		decisive = true;
		*needs |= cause->needs;
		if (whatever)
			return true;
	}
	if (!decisive && !cause_ends(evidence))
		return false;
	*needs |= cause_find("undetermined")->needs;
	return true;
}
