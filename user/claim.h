/* SPDX-License-Identifier: GPL-2.0-only */
/* Tells whether the clbtrace that left something in a network namespace is still running. */
#ifndef CLBTRACE_CLAIM_H
#define CLBTRACE_CLAIM_H

#include <stdbool.h>
#include <stdint.h>

enum { CLAIM_BITS = 22 /* of a number; a process id has no more (PID_MAX_LIMIT) */ };

/*
 * Takes a number that no other clbtrace in this network namespace has for things of this kind: the
 * process id if it can be. Returns a descriptor, which holds it until it is closed, also by the end
 * of the process, or -errno.
 */
int claim_take(const char *kind, uint32_t *number);

/* Whether a process holds that number. */
bool claim_is_held(const char *kind, uint32_t number);

#endif
