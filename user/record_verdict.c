// SPDX-License-Identifier: GPL-2.0-only
// Puts a verdict on the packet that decided it, be it held or written.
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "flow.h"
#include "pcapng.h"
#include "record_packets.h"

/* The last packet before the outcome was decided, of those that have a place for the verdict. */
static struct packet_entry *find_decisive(struct record_packets *packets, const struct verdict *v)
{
	const uint64_t decided_ns = v->first_ns + v->duration_us * 1000 + 999;
	const struct ev_flow back = flow_reverse(&v->probe);
	struct packet_entry *entry = record_entry(packets, *record_bucket(packets, &v->probe)),
			    *best = NULL;

	for (; entry; entry = record_entry(packets, entry->next)) {
		uint64_t at = entry->sight.time_ns;

		if (!flow_equal(&entry->sight.flow, &v->probe) &&
		    !flow_equal(&entry->sight.flow, &back))
			continue;
		if (at + PACKET_WAY_NS < v->first_ns)
			break;
		entry->judged = true;
		if (!entry->reserve_at && (!entry->held || !entry->held->frame))
			continue;
		/* Without one before, the earliest. */
		if (!best || (best->sight.time_ns > decided_ns && at < best->sight.time_ns) ||
		    (at <= decided_ns && at > best->sight.time_ns))
			best = entry;
	}
	return best;
}

static void patch(struct record *record, struct packet_entry *entry, const char *line)
{
	int fd = entry->part == record->part	   ? record->file.fd
		 : entry->part + 1 == record->part ? record->file.previous_fd
						   : -1;
	uint64_t at = entry->reserve_at;
	uint8_t bytes[VERDICT_RESERVE];

	pcapng_fill_reserve(bytes, sizeof(bytes), line);
	if (entry->part == record->part && at >= record->file.len) {
		if (at - record->file.len + VERDICT_RESERVE <= record->out.len)
			memcpy(record->out.data + (at - record->file.len), bytes, sizeof(bytes));
	} else if (fd >= 0 && pwrite(fd, bytes, sizeof(bytes), (off_t)at) != sizeof(bytes)) {
		record->err = -EIO;
	}
	entry->reserve_at = 0;
}

void record_verdict(struct record *record, const struct verdict *v)
{
	struct packet_entry *entry = find_decisive(record->packets, v);
	char line[VERDICT_LINE_LEN];

	if (!entry || record->err)
		return;
	snprintf(line, sizeof(line), "%s: %s%s%s%s%s%s: %.420s",
		 v->revised ? "revised verdict" : "verdict", outcome_name(v->outcome),
		 v->outcome == OUTCOME_FAILED ? ", " : "",
		 v->outcome == OUTCOME_FAILED ? v->cause : "",
		 v->outcome == OUTCOME_FAILED ? " (" : "",
		 v->outcome == OUTCOME_FAILED ? confidence_name(v->confidence) : "",
		 v->outcome == OUTCOME_FAILED ? ")" : "", v->summary);
	if (entry->held)
		memcpy(entry->held->verdict, line, sizeof(line));
	else
		patch(record, entry, line);
}
