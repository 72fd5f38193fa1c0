/* SPDX-License-Identifier: GPL-2.0-only */
/* What the load balancers of the clouds that --cloud knows probe with, by default. */
#ifndef CLBTRACE_CLOUDS_H
#define CLBTRACE_CLOUDS_H

#include <stddef.h>
#include <stdint.h>

enum { CLOUD_SOURCES_MAX = 2, CLOUD_CHECKS_MAX = 3, N_CLOUDS = 6 };

struct cloud {
	const char *id;
	const char *about;			/* whose balancer, and where it differs: one line */
	const char *sources[CLOUD_SOURCES_MAX]; /* as --source takes them; NULL: no more */
	uint64_t timeout_ms;
	const char *status;		      /* as --expect-status takes it */
	const char *checks[CLOUD_CHECKS_MAX]; /* when no probe arrives; none: the catalogue's */
};

extern const struct cloud clouds[N_CLOUDS];

/* NULL if there is none of this name. */
const struct cloud *cloud_find(const char *id);

/* The ids with commas between them. Returns buf; what does not fit is cut. */
const char *cloud_ids(char *buf, size_t len);

/* The sources with commas between them. Returns buf; what does not fit is cut. */
const char *cloud_sources(const struct cloud *cloud, char *buf, size_t len);

#endif
