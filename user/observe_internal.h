/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files that observe events share among themselves. */
#ifndef CLBTRACE_OBSERVE_INTERNAL_H
#define CLBTRACE_OBSERVE_INTERNAL_H

#include <netinet/in.h>

#include "probe.h"

enum { HOOK_PREROUTING, HOOK_INPUT, HOOK_FORWARD, HOOK_OUTPUT, HOOK_POSTROUTING };

/* Adds bits that follow from the event. */
void if_set_add(struct if_set *set, uint32_t ifindex);
void attempt_add(struct attempt *a, evidence_t bits, const struct ev_hdr *ev);

static inline bool is_synack(const struct ev_tcp *tcp)
{
	return (tcp->flags & (TCP_SYN | TCP_ACK | TCP_RST)) == (TCP_SYN | TCP_ACK);
}

void observe_drop(struct attempt *a, const struct ev_drop *d, bool incoming);

/*
 * A reset has left that may have waited for the next hop's address, while its SYN was freed: then
 * that drop, without a reason of its own, was that of a SYN that no socket took.
 */
void observe_reset_after_drop(struct attempt *a, const struct ev_hdr *hdr);

#endif
