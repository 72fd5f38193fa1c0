// SPDX-License-Identifier: GPL-2.0-only
// Packets that a capture shows more than once.
#include "flow.h"
#include "observe_internal.h"

/* Copies are taken within so much of each other. No sender repeats a packet as soon. */
#define COPY_NS 10000000ULL

static uint64_t mark_of(const struct ev_packet *p)
{
	/* A repeated packet has another IP id, where there is one; sequence numbers and timestamps
	 * tell the packets of a connection apart. */
	const struct ev_flow fields = {
		.saddr = {p->tcp.flags, (uint8_t)p->flow.sport, (uint8_t)(p->flow.sport >> 8)},
		.sport = p->tcp.payload_len,
		.dport = p->ip_id,
		.proto = p->flow.proto};
	uint64_t mark = flow_hash(&fields);

	mark = (mark ^ ((uint64_t)p->tcp.seq << 32 | p->tcp.ack)) * 0x9e3779b97f4a7c15ULL;
	mark = (mark ^ mark >> 29 ^ ((uint64_t)p->tcp.tsval << 32 | p->tcp.tsecr)) *
	       0x9e3779b97f4a7c15ULL;
	return (mark ^ mark >> 32) + p->tcp.window;
}

bool observe_copy(struct probe *probe, const struct ev_packet *p, bool incoming)
{
	const uint64_t mark = mark_of(p), time_ns = p->hdr.time_ns;
	struct attempt *a = &probe->attempt;

	for (unsigned int i = 0; i < PROBE_COPIES && i < probe->n_seen; i++) {
		const struct copy_mark *seen = &probe->seen[i];
		uint64_t apart =
			time_ns > seen->time_ns ? time_ns - seen->time_ns : seen->time_ns - time_ns;

		if (seen->mark != mark || apart > COPY_NS)
			continue;
		if (incoming && begins_attempt(&p->flow, &p->tcp))
			if_set_add(&a->in_ifs, p->ifindex);
		else if (!incoming && is_synack(&p->tcp))
			if_set_add(&a->out_ifs, p->ifindex);
		return true;
	}
	return false;
}

void observe_remember(struct probe *probe, const struct ev_packet *p)
{
	probe->seen[probe->n_seen++ % PROBE_COPIES] =
		(struct copy_mark){.mark = mark_of(p), .time_ns = p->hdr.time_ns};
}
