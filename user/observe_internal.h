/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files that observe events share among themselves. */
#ifndef CLBTRACE_OBSERVE_INTERNAL_H
#define CLBTRACE_OBSERVE_INTERNAL_H

#include <netinet/in.h>

#include "probe.h"

enum { HOOK_PREROUTING, HOOK_INPUT, HOOK_FORWARD, HOOK_OUTPUT, HOOK_POSTROUTING };

/* Adds bits that follow from the event. */
void attempt_add(struct attempt *a, evidence_t bits, const struct ev_hdr *ev);

static inline bool is_syn(const struct ev_tcp *tcp)
{
	return (tcp->flags & (TCP_SYN | TCP_ACK | TCP_RST | TCP_FIN)) == TCP_SYN;
}

static inline bool is_synack(const struct ev_tcp *tcp)
{
	return (tcp->flags & (TCP_SYN | TCP_ACK | TCP_RST)) == (TCP_SYN | TCP_ACK);
}

/* Whether a packet from the prober is one that asks: a SYN, a datagram, an echo request. */
static inline bool begins_attempt(const struct ev_flow *flow, const struct ev_tcp *tcp)
{
	return flow->proto != IPPROTO_TCP || is_syn(tcp);
}

void observe_drop(struct attempt *a, const struct ev_drop *d, bool incoming);

#endif
