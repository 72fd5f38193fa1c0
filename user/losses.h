/* SPDX-License-Identifier: GPL-2.0-only */
/* When events were lost, and how many. */
#ifndef CLBTRACE_LOSSES_H
#define CLBTRACE_LOSSES_H

#include <stdint.h>

#include "../bpf/event.h"

enum { LOSSES_MAX = 64 };

struct loss {
	uint64_t since_ns;
	uint64_t until_ns;
	uint64_t events;
};

/* All zero to begin with. Beyond LOSSES_MAX the oldest stretches of time become one. */
struct losses {
	struct loss kept[LOSSES_MAX];
	unsigned int n;
	uint64_t all_events;
	uint64_t all_evicted; /* connections that found no room in the kernel's table */
};

void losses_add(struct losses *losses, const struct ev_lost *lost);
/* How many events may have been lost between two times. */
uint64_t losses_between(const struct losses *losses, uint64_t from_ns, uint64_t to_ns);

#endif
