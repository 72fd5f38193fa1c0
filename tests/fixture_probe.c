// SPDX-License-Identifier: GPL-2.0-only
// A single probe that is shown single events.
#include "../user/probe.h"
#include "fixture.h"

struct probe *fx_after(evidence_t bits, const void *event, bool incoming)
{
	const struct ev_hdr *ev = event;
	struct probe *probe = probe_new((const void *)(ev + 1), 1829);

	assert_non_null(probe);
	probe->attempt.bits = bits;
	probe->attempt.synack_seq = 700000;
	probe->attempt.syn =
		(struct ev_tcp){.seq = 1829, .tsval = 88123, .options = TCPOPT_SEEN_TS};
	observe(probe, ev, incoming);
	return probe;
}

evidence_t fx_adds(evidence_t bits, const void *event, bool incoming)
{
	struct probe *probe = fx_after(bits, event, incoming);
	evidence_t added = probe->attempt.bits & ~bits;

	probe_free(probe);
	return added;
}

struct probe *fx_with_facts(struct fixture *f)
{
	struct probe *probe = probe_new(&f->flow, f->isn);

	assert_non_null(probe);
	probe->ifindex = f->ifindex;
	for (unsigned int i = 0; i < f->n_facts; i++)
		assert_int_equal(probe_add_fact(probe, f->facts[i]), 0);
	return probe;
}
