/* SPDX-License-Identifier: GPL-2.0-only */
/* The evidence in words: one line for each event and fact of a probe. */
#ifndef CLBTRACE_STEPS_H
#define CLBTRACE_STEPS_H

#include "probe.h"

/* Fills in v's steps from the probe's events, then its facts. */
void steps_write(const struct probe *probe, const struct corr_host *host, struct verdict *v);

/* What one kernel event says, but for when; false: it is not one. Names in it are not escaped. */
bool step_of_event(const struct ev_hdr *ev, const struct corr_host *host,
		   struct verdict_step *step);

/* A TCP state's name as ss prints it, "?" if unknown. */
const char *tcp_state_name(uint32_t state);

#endif
