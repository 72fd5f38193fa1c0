/* SPDX-License-Identifier: GPL-2.0-only */
/* Connection attempts from no configured source: counted, one remembered, for "not-arriving". */
#ifndef CLBTRACE_STRANGER_BPF_H
#define CLBTRACE_STRANGER_BPF_H

#include "conn.bpf.h"

static __always_inline bool is_loopback(const __u8 addr[16])
{
	const word *words = (const word *)addr;

	if (is_v4_mapped(addr))
		return addr[12] == 127;
	return !words[0] && !words[1] && !words[2] && words[3] == bpf_htonl(1);
}

static __always_inline bool is_same_address(const __u8 a[16], const __u8 b[16])
{
	const word *x = (const word *)a, *y = (const word *)b;

	return x[0] == y[0] && x[1] == y[1] && x[2] == y[2] && x[3] == y[3];
}

/* flow: prober -> this host, of this network namespace, known to be from no source. */
static __always_inline void stranger_count(const struct ev_flow *flow)
{
	struct stranger *stranger;
	__u32 zero = 0;

	if (is_loopback(flow->saddr) || is_same_address(flow->saddr, flow->daddr))
		return;
	stranger = bpf_map_lookup_elem(&strangers, &zero);
	if (!stranger)
		return;
	stranger->syns++;
	stranger->time_ns = bpf_ktime_get_ns();
	stranger->example = *flow;
}

#endif
