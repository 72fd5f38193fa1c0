/* SPDX-License-Identifier: GPL-2.0-only */
/* Reads the objects of json_form.h back. */
#ifndef CLBTRACE_JSON_READ_H
#define CLBTRACE_JSON_READ_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "summary.h"
#include "verdict.h"

/*
 * Fills in v from an object of type "verdict". Static strings of a verdict (the stage, where a step
 * was seen) point into the object, which must outlive v; causes are those of the catalogue. Text
 * that is too long is cut. Returns 0, or -EINVAL with why set to the key that is wrong.
 */
int json_read_verdict(const json_t *object, struct verdict *v, const char **why);

/*
 * Adds to s what the verdicts do not tell: losses, and, where no probe was seen, what to check.
 * Returns 0, or -EINVAL with why set.
 */
int json_read_summary(const json_t *object, struct summary *s, const char **why);

/* Whether text (UTF-8) has no control characters: what clbtrace writes has none, and a terminal
 * would obey them. The functions above refuse any text that is not plain. */
bool json_read_is_plain(const char *text);

/* An RFC 3339 time in UTC as json_form writes it, since 1970. Returns 0 or -EINVAL. */
int json_read_time(const json_t *text, uint64_t *wall_ns);

/* The outcome of that name. Returns 0 or -EINVAL; NULL is no name. */
int json_read_outcome(const char *name, enum outcome *outcome);

#endif
