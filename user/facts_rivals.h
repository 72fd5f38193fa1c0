/* SPDX-License-Identifier: GPL-2.0-only */
/* What else on this host follows packets, or takes them first. */
#ifndef CLBTRACE_FACTS_RIVALS_H
#define CLBTRACE_FACTS_RIVALS_H

#include "doctor.h"

struct facts;

/*
 * Adds the doctor's disturbances: other processes of clbtrace in this network namespace, tables and
 * rules that trace, and what the programs that are known stand in front of. Returns 0 or -errno.
 */
int facts_rivals(struct doctor *d, struct facts *facts);

#endif
