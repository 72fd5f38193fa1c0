/* SPDX-License-Identifier: GPL-2.0-only */
/* What is known of the host apart from any probe, and the check that an event is well-formed. */
#ifndef CLBTRACE_CORR_HOST_H
#define CLBTRACE_CORR_HOST_H

#include "probe.h"

/* Takes an interface name or one of our waypoints' places. Returns false if it is neither. */
bool corr_host_take(struct corr_host *host, const struct ev_hdr *ev);
void corr_host_free(struct corr_host *host);

/* Returns 0, or -EBADMSG: unknown type, or shorter than its type. */
int event_check(const struct ev_hdr *ev);

#endif
