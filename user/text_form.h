/* SPDX-License-Identifier: GPL-2.0-only */
/* What the parts of the text form share: colour and local times. */
#ifndef CLBTRACE_TEXT_FORM_H
#define CLBTRACE_TEXT_FORM_H

#include <stdbool.h>
#include <stdint.h>

#include "options.h"
#include "summary.h"

/* Whether stdout gets colour: --color, else a terminal that is not "dumb", without NO_COLOR. */
bool text_colored(const struct options *options);

/* The escape sequence that begins an outcome's colour; "" without colour. text_plain() ends it. */
const char *text_color(enum outcome outcome, bool colored);
const char *text_plain(bool colored);

enum { TEXT_TIME_LEN = 16 };

/* Local time, HH:MM:SS, with .mmm if millis. Returns buf. */
const char *text_time(uint64_t wall_ns, bool millis, char buf[TEXT_TIME_LEN]);

/* Prints the summary on stdout: counts, targets, or what to check when no probe was seen. */
void text_print_summary(const struct summary *s, const struct options *options);

#endif
