// SPDX-License-Identifier: GPL-2.0-only
// One JSON object a line on stdout.
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "json_form.h"
#include "sink.h"

/* Takes object over; NULL: there was no memory for it. Returns 0 or -errno. */
static int print_line(json_t *object)
{
	char *line = object ? json_dumps(object, JSON_COMPACT | JSON_ENSURE_ASCII) : NULL;
	bool failed;

	json_decref(object);
	if (!line)
		return -ENOMEM;
	errno = 0;
	failed = puts(line) == EOF || fflush(stdout) == EOF;
	free(line);
	return failed ? -(errno ? errno : EIO) : 0;
}

static int print_verdict(const struct verdict *v, const struct options *options)
{
	(void)options;
	return print_line(json_of_verdict(v));
}

static int print_summary(const struct summary *s, const struct options *options)
{
	(void)options;
	return print_line(json_of_summary(s));
}

static int print_notice(const char *text, uint64_t wall_ns, const struct options *options)
{
	(void)options;
	return print_line(json_of_notice(text, wall_ns));
}

const struct sink_ops sink_json = {
	.verdict = print_verdict,
	.summary = print_summary,
	.notice = print_notice,
};
