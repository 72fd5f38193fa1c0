/* SPDX-License-Identifier: GPL-2.0-only */
/* What a run found, as one page of HTML for a ticket (--report). */
#ifndef CLBTRACE_REPORT_H
#define CLBTRACE_REPORT_H

#include <jansson.h>
#include <stdio.h>

#include "options.h"

struct report;

/* Memory is bounded: see the limits in report_internal.h. Returns 0 or -ENOMEM. */
int report_new(struct report **out);
void report_free(struct report *report);

/*
 * What the page says about where it is from: this host where the run is live, the file that is
 * replayed else.
 */
void report_about_run(struct report *report, const struct options *options);
/* Of the host that the verdicts are about, as a recording has it; NULL: not known. */
void report_about_host(struct report *report, const char *host, const char *kernel,
		       const char *version);

/* Takes a verdict, notice or summary of json_form.h. Returns 0 or -ENOMEM, -EINVAL. */
int report_add(struct report *report, json_t *object);

/* Prints the page. Returns 0 or -errno. */
int report_print(struct report *report, FILE *out);

/* Whether path can be written: 0 or an error of output_open(), -ENOENT and such. Changes nothing.
 */
int report_check(const char *path);

/*
 * Writes the page to path, mode 0600: to a file beside it first, which then takes its place, so
 * that there is the earlier page or the new one, and never half of one. Returns 0 or -errno.
 */
int report_write(struct report *report, const char *path);

/* Says on stderr, in one line, why there is no report. */
void report_complain(const char *path, int err);

#endif
