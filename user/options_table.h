/* SPDX-License-Identifier: GPL-2.0-only */
/* The table of options. */
#ifndef CLBTRACE_OPTIONS_TABLE_H
#define CLBTRACE_OPTIONS_TABLE_H

#include <stdbool.h>

#include "options.h"

/* What the parsing functions fill in, beside the options. */
struct parsing {
	struct options *options;
	enum options_action *action;
	bool default_source;
	char why[160];
};

/* One option. parse: 0, -ENOMEM, or -EINVAL with parsing->why. */
struct option_row {
	char letter; /* 0: none */
	const char *name;
	const char *value; /* its name in the help; NULL: the option takes none */
	int (*parse)(struct parsing *p, const char *value);
	unsigned int modes; /* MODE_* that have it */
	const char *help;   /* a line break begins a new line of the help */
};

enum { N_OPTION_ROWS = 26 };

extern const struct option_row option_rows[N_OPTION_ROWS];

/* Adds a source if it is not there yet. Returns 0 or -ENOMEM. */
int options_add_source(struct options *options, const struct prefix *source);

#endif
