/* SPDX-License-Identifier: GPL-2.0-only */
/* The parts of the cause table; each ends with a row that has no id and leads to the next part. */
#ifndef CLBTRACE_CAUSES_INTERNAL_H
#define CLBTRACE_CAUSES_INTERNAL_H

#include "causes.h"

/* What a service that should have answered is described by. */
#define NEED_SERVICE (NEED_LISTENERS | NEED_SYSCTLS)

/* What can befall the prober's final ACK. */
#define E_DROP_ACK                                                                                 \
	(E(DROP_NETFILTER) | E(DROP_SOCKET_FILTER) | E(DROP_SECURITY) | E(DROP_OVERFLOW) |         \
	 E(DROP_CSUM) | E(DROP_AUTH))

/*
 * Where only packets are known (E(CAPTURE)), a SYN without an answer is told apart by what else the
 * host tells: each of these accounts for it, alone or as one of several.
 */
#define E_ANY_ANSWER                                                                               \
	(E(SYNACK_MADE) | E(RST_OUT) | E(ICMP_SENT) | E(ACK_ANSWER) | E(RESPONSE) | E(DATAGRAM) |  \
	 E(ECHO) | E(ANSWER_MISSED))
#define E_ACCOUNTS                                                                                 \
	(E(GREW_OVERFLOWS) | E(GREW_REQQFULL) | E(GREW_PAWS_PASSIVE) | E(GREW_PAWS) |              \
	 E(GREW_RPFILTER) | E(GREW_NOROUTES) | E(RULE_COUNTED) | E(REPLY_COUNTED) |                \
	 E(CONNTRACK_FULL) | E(GREW_CSUM) | E(GREW_AUTH))
#define UNANSWERED  (E(CAPTURE) | E(TIMEOUT))
#define ALONE(bits) (E_ANY_ANSWER | (E_ACCOUNTS & ~(bits)))

extern const struct cause causes_arrival[];
extern const struct cause causes_service[];
extern const struct cause causes_reply[];
extern const struct cause causes_exchange[];
extern const struct cause causes_application[];
extern const struct cause causes_datagram[];
extern const struct cause causes_unknown[];

#endif
