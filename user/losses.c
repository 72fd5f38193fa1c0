// SPDX-License-Identifier: GPL-2.0-only
// When events were lost, and how many.
#include "losses.h"

#include <string.h>

void losses_add(struct losses *losses, const struct ev_lost *lost)
{
	struct loss *kept = losses->kept;

	losses->all_events += lost->events;
	losses->all_evicted += lost->evicted;
	if (!lost->events)
		return;
	if (losses->n == LOSSES_MAX) {
		kept[1].since_ns = kept[0].since_ns;
		kept[1].events += kept[0].events;
		memmove(kept, kept + 1, (LOSSES_MAX - 1) * sizeof(kept[0]));
		losses->n--;
	}
	kept[losses->n++] = (struct loss){lost->since_ns, lost->hdr.time_ns, lost->events};
}

uint64_t losses_between(const struct losses *losses, uint64_t from_ns, uint64_t to_ns)
{
	uint64_t events = 0;

	for (unsigned int i = 0; i < losses->n; i++)
		if (losses->kept[i].until_ns >= from_ns && losses->kept[i].since_ns <= to_ns)
			events += losses->kept[i].events;
	return events;
}
