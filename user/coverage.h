/* SPDX-License-Identifier: GPL-2.0-only */
/* Which causes can be told, and how surely, with what can be seen on a host. */
#ifndef CLBTRACE_COVERAGE_H
#define CLBTRACE_COVERAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "causes.h"

/* id, where it is. In the order in which they are preferred where several show the same. */
#define WAYPOINTS(X)                                                                               \
	X(ENTRY, "tc-ingress", "packets as they enter the host")                                   \
	X(EXIT, "tc-egress", "packets as they leave it")                                           \
	X(XDP, "xdp", "packets before everything else (--xdp)")                                    \
	X(NETFILTER, "netfilter", "packets at the hooks of the packet filter")                     \
	X(RESET, "tcp_send_reset", "resets sent")                                                  \
	X(DROP, "kfree_skb", "packets dropped")                                                    \
	X(STATE, "inet_sock_set_state", "connections established")                                 \
	X(SYNACK, "tcp_retransmit_synack", "SYN-ACKs repeated")                                    \
	X(ICMP, "icmp_send", "ICMP errors sent")                                                   \
	X(LOOKUP, "socket-lookup", "the listener that a SYN will meet")                            \
	X(HOOKS, "hook-list", "the functions at the hooks")                                        \
	X(RULE, "rule", "which rule decided")                                                      \
	X(CAPTURE, "capture", "packets by libpcap")                                                \
	X(HOST, "host", "sockets, routes, counters and settings of the host")

enum way {
#define WAYPOINT_INDEX(name, id, what) WAY_##name,
	WAYPOINTS(WAYPOINT_INDEX)
#undef WAYPOINT_INDEX
		WAY_COUNT,
};

#define W(name) (1U << WAY_##name)

const char *way_id(enum way way);
const char *way_what(enum way way);

/* What can be seen on a host. */
struct sight {
	uint32_t waypoints; /* W(...) that work */
	/* Of the evidence that has to be named by the kernel: what this one has names for. */
	evidence_t named;
	evidence_t named_tcp; /* of those: of TCP's packets only */
	uint32_t nameless;    /* W(...) at which it gives no name: a reset without its reason */
	evidence_t always; /* bits that every probe gets, so that rules without them never hold */
};

/* How surely a cause can be told. */
struct coverage {
	bool tellable;
	enum confidence confidence; /* the best; if tellable */
	uint32_t by;		    /* W(...) that decide in the rule of that confidence */
	uint32_t missing; /* W(...) that a surer rule would need; 0: there is no surer one */
};

/* Where the evidence with this index comes from: W(...) each of which shows it; 0: the clock. */
uint32_t evidence_waypoints(enum evidence_index index);
/* Whether it has to be named, in sight->named, besides. */
bool evidence_is_named(enum evidence_index index);

/* What can become evidence with what can be seen. */
evidence_t coverage_evidence(const struct sight *sight);
struct coverage coverage_of(const struct cause *cause, const struct sight *sight);

#endif
