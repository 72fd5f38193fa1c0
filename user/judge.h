/* SPDX-License-Identifier: GPL-2.0-only */
/* From a probe's evidence to its verdict. */
#ifndef CLBTRACE_JUDGE_H
#define CLBTRACE_JUDGE_H

#include "probe.h"
#include "verdict.h"

/*
 * Fills in v for the probe's latest attempt. lost: events lost while it was followed; then, or when
 * it could not be followed to the end, the verdict is incomplete. Returns the cause.
 */
const struct cause *judge(const struct probe *probe, const struct corr_host *host,
			  uint64_t wall_offset_ns, uint64_t lost, struct verdict *v);

#endif
