/* SPDX-License-Identifier: GPL-2.0-only */
/* The host's facts in words. */
#ifndef CLBTRACE_STEPS_FACTS_H
#define CLBTRACE_STEPS_FACTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fact.h"

/* One line; false for a fact that is no evidence by itself. */
bool fact_step(const struct ev_hdr *fact, char *out, size_t out_len);

/* "nginx (pid 812)", or "a process that was not found". Escaped. Returns out. */
const char *process_words(const char comm[EV_COMM_LEN], uint32_t pid, char *out, size_t out_len);

/* "tcx program drop_all (id 12)", "u32 filter, pref 10 handle 0x800". Returns out. */
const char *program_words(const struct fact_program *p, char *out, size_t out_len);

/* strerror for a route look-up, in plain words. */
const char *route_error_words(const struct fact_route *r);

#endif
