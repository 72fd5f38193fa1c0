/* SPDX-License-Identifier: GPL-2.0-only */
/* Whether a listening socket would take a probe, and if not, why. */
#ifndef CLBTRACE_LISTENER_H
#define CLBTRACE_LISTENER_H

#include "probe.h"

/* From the closest miss to the farthest. */
enum listener_fit { FIT_ALL, FIT_NOT_DEVICE, FIT_NOT_ADDRESS, FIT_NOT_FAMILY };

/* By the rules of net/ipv4/inet_hashtables.c, compute_score(), and its IPv6 twin. */
enum listener_fit listener_fit(const struct probe *probe, const struct corr_host *host,
			       const struct fact_listener *l);

/* The listener that fits best, NULL if nothing listens on the port. */
const struct fact_listener *listener_best(const struct probe *probe, const struct corr_host *host);

/* One on the port in another network namespace of this host, NULL if there is none. */
const struct fact_listener *listener_elsewhere(const struct probe *probe);

#endif
