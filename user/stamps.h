/* SPDX-License-Identifier: GPL-2.0-only */
/* The last TCP timestamps of hosts, as kernels with tcp_tw_recycle remember them. */
#ifndef CLBTRACE_STAMPS_H
#define CLBTRACE_STAMPS_H

#include <stdbool.h>
#include <stdint.h>

#include "fact.h"

struct stamp;

/* All zero: nothing is remembered. Times are those of events. */
struct stamps {
	struct stamp *table; /* bounded: the oldest make room */
};

void stamps_free(struct stamps *stamps); /* leaves it empty */

/*
 * A connection from flow's source that flow's destination closed first had this timestamp last
 * (net/ipv4/tcp_metrics.c of Linux 3.6 to 4.11, tcp_remember_stamp(), which tcp_time_wait() calls).
 */
void stamps_remember(struct stamps *stamps, const struct ev_flow *flow, uint32_t tsval,
		     uint64_t time_ns);

/*
 * Whether a kernel with tcp_tw_recycle drops a SYN of this timestamp: it is more than
 * TCP_PAWS_WINDOW (1) behind the one remembered less than TCP_PAWS_MSL (60 s) ago
 * (net/ipv4/tcp_metrics.c, tcp_peer_is_proven(), which tcp_conn_request() asks; before 3.6
 * net/ipv4/tcp_ipv4.c, tcp_v4_conn_request() with the inet_peer's tcp_ts). If so, last gets that
 * timestamp, age_ns its age.
 */
bool stamps_behind(const struct stamps *stamps, const struct ev_flow *flow, uint32_t tsval,
		   uint64_t time_ns, uint32_t *last, uint64_t *age_ns);

/*
 * The same by what the kernel itself remembers: kept, of which the age is in whole seconds, was
 * asked for at its own time, later than the SYN. One from after the SYN tells nothing about it.
 */
bool stamps_kept_behind(const struct fact_tcp_metric *kept, uint32_t tsval, uint64_t time_ns,
			uint64_t *age_ns);

/* Such a SYN was answered: the destination does not drop them. */
void stamps_refute(struct stamps *stamps, const struct ev_flow *flow);
/* Whether one was. */
bool stamps_refuted(const struct stamps *stamps, const struct ev_flow *flow);

#endif
