/* SPDX-License-Identifier: GPL-2.0-only */
/* The JSON objects that verdicts, the summary and notices are. */
#ifndef CLBTRACE_JSON_FORM_H
#define CLBTRACE_JSON_FORM_H

#include <jansson.h>

#include "summary.h"
#include "verdict.h"

/* Each returns a new reference, or NULL: no memory. wall_ns: CLOCK_REALTIME. */
json_t *json_of_verdict(const struct verdict *v);
json_t *json_of_summary(const struct summary *s);
json_t *json_of_notice(const char *text, uint64_t wall_ns);

#endif
