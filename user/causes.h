/* SPDX-License-Identifier: GPL-2.0-only */
/* The cause table: everything a verdict can say, as data. */
#ifndef CLBTRACE_CAUSES_H
#define CLBTRACE_CAUSES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "evidence.h"
#include "verdict.h"

enum {
	CAUSE_RULES_MAX = 26,
	CAUSE_FIX_MAX = 5,
};

/* One way of being sure of a cause: all of require is there, none of exclude. */
struct cause_rule {
	evidence_t require; /* E(...); 0 ends the list */
	evidence_t exclude;
	enum confidence confidence;
};

struct cause {
	const char *id;		  /* NULL: the end of a part of the table */
	const struct cause *next; /* there: the next part, NULL: none */
	const char *stage;	  /* NULL: none */
	const char *step;	  /* of the vendor's page, "-": none */
	const char *title;	  /* one line for the catalogue */
	const char *explain;	  /* a paragraph for "causes ID" and the documentation */
	enum outcome outcome;
	struct cause_rule rules[CAUSE_RULES_MAX];
	uint32_t needs;	      /* facts that its text or its rules use: NEED_* */
	const char *summary;  /* templates, see user/template.h */
	const char *captured; /* the same where only packets are known; NULL: no difference */
	const char *fix[CAUSE_FIX_MAX]; /* NULL ends the list */
};

/*
 * The row after this one, the first for NULL, NULL behind the last. In the order in which they are
 * tried: the first whose rule holds is the verdict's.
 */
const struct cause *cause_next(const struct cause *row);

/* NULL: no such id. */
const struct cause *cause_find(const char *id);

/* The first cause one of whose rules holds for this evidence, and that rule's confidence. NULL:
 * none. */
const struct cause *cause_match(evidence_t evidence, enum confidence *confidence);

/* Whether this evidence ends the attempt: there must be a verdict, undetermined if no cause fits.
 */
bool cause_ends(evidence_t evidence);

/* Whether some cause fits this evidence, or may once the host's facts are known. */
bool cause_is_open(evidence_t evidence);

/*
 * Whether a verdict may follow from this evidence, once the host's facts are known; if so, needs
 * gets the facts (NEED_*) that could tell the causes apart or that their texts use.
 */
bool cause_needs(evidence_t evidence, uint32_t *needs);

#endif
