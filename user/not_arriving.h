/* SPDX-License-Identifier: GPL-2.0-only */
/* What can be said, and checked, when no probe was seen. */
#ifndef CLBTRACE_NOT_ARRIVING_H
#define CLBTRACE_NOT_ARRIVING_H

#include "options.h"
#include "summary.h"

/*
 * Fills in cause, stage, text and checks of a summary without probes, from the catalogue and from
 * what was watched. Its window_ns, lost_events, evicted and strangers must be set.
 */
void not_arriving_explain(struct summary *s, const struct options *options);

#endif
