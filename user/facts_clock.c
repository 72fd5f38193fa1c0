// SPDX-License-Identifier: GPL-2.0-only
// Tells the time.
#include <time.h>

#include "facts_internal.h"

uint64_t facts_clock_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * NS_PER_SEC + ts.tv_nsec;
}
