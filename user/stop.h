/* SPDX-License-Identifier: GPL-2.0-only */
/* The signals that end clbtrace in order. */
#ifndef CLBTRACE_STOP_H
#define CLBTRACE_STOP_H

#include <stdbool.h>

/* Makes SIGINT, SIGTERM and SIGHUP a request to stop, blocked but in stop_let() and ppoll(), and a
 * closed stdout an error instead of a signal. */
void stop_catch_signals(void);

/* Whether one has come. */
bool stop_requested(void);

/* Lets them interrupt what follows, or no more. */
void stop_let(bool interrupt);

#endif
