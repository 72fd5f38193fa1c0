/* SPDX-License-Identifier: GPL-2.0-only */
/* How a source or the fact gatherer hands an event on. */
#ifndef CLBTRACE_EVENT_SINK_H
#define CLBTRACE_EVENT_SINK_H

#include "fact.h"

struct event_sink {
	/* Takes a copy of the event if it keeps it. Returns 0 or -errno (then the caller stops). */
	int (*push)(void *ctx, const struct ev_hdr *ev);
	void *ctx;
};

#endif
