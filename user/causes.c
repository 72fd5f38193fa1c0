// SPDX-License-Identifier: GPL-2.0-only
// The cause table: its order, and the rows that are no cause of a failure.
#include "causes_internal.h"

/* What was said says that it did not. */
#define E_UNWELL                                                                                   \
	(E(LATE) | E(HTTP_STATUS) | E(NOT_HTTP) | E(WANTS_TLS) | E(NOT_TLS) | E(SERVER_ALERT) |    \
	 E(PROBER_ALERT) | E(PROBER_REFUSED) | E(TLS_SILENT) | E(TLS_BROKEN) | E(TLS_REFUSED) |    \
	 E(ANSWER_CUT) | E(ANSWER_UNREAD))

/* What succeeded did, whatever was lost on the way: first. */
static const struct cause causes_good[] = {
	{
		.id = "healthy",
		.stage = NULL,
		.step = "-",
		.title = "the probe got what it wanted",
		.explain = "SYN, SYN-ACK, then a reset or a close by the prober, or an answer to "
			   "its request. A reset from the prober after the SYN-ACK is the normal "
			   "end of a half-open TCP check. Of a TLS exchange only the handshake can "
			   "be read, not the status code. A UDP check is healthy if no ICMP error "
			   "comes back.",
		.outcome = OUTCOME_HEALTHY,
		.rules = {{E(SYNACK_MADE) | E(PROBER_RST), E(REQUEST) | E_DROP_ACK,
			   CONFIDENCE_CERTAIN},
			  {E(HANDSHAKE) | E(FORWARDED) | E(PROBER_FIN), E(REQUEST),
			   CONFIDENCE_CERTAIN},
			  {E(HANDSHAKE) | E(ESTABLISHED) | E(PROBER_FIN), E(REQUEST),
			   CONFIDENCE_CERTAIN},
			  {E(CAPTURE) | E(HANDSHAKE) | E(PROBER_FIN),
			   E(REQUEST) | E(SYNACK_AGAIN) | E(RESET_HANDSHAKE), CONFIDENCE_CERTAIN},
			  {UNANSWERED | E(DATAGRAM), E(ICMP_SENT), CONFIDENCE_LIKELY},
			  {E(RESPONSE) | E(PROBER_FIN), E_UNWELL | E(TLS_REQUEST),
			   CONFIDENCE_CERTAIN},
			  {E(RESPONSE) | E(SERVER_FIN),
			   E_UNWELL | E(TLS_REQUEST) | E(HALF_CLOSED) | E(RESET_UNREAD),
			   CONFIDENCE_CERTAIN},
			  {E(RESPONSE) | E(PROBER_RST), E_UNWELL | E(TLS_REQUEST),
			   CONFIDENCE_CERTAIN},
			  {E(RESPONSE) | E(TIMEOUT), E_UNWELL | E(TLS_REQUEST), CONFIDENCE_CERTAIN},
			  {E(RESPONSE) | E(RST_OUT), E_UNWELL | E(TLS_REQUEST) | E(RESET_UNREAD),
			   CONFIDENCE_CERTAIN},
			  {E(RESPONSE) | E(RST_OUT), E_UNWELL | E(TLS_REQUEST), CONFIDENCE_LIKELY},
			  {E(RESPONSE) | E(TLS_REQUEST) | E(PROBER_FIN), E_UNWELL,
			   CONFIDENCE_LIKELY},
			  {E(RESPONSE) | E(TLS_REQUEST) | E(PROBER_RST), E_UNWELL,
			   CONFIDENCE_LIKELY},
			  {E(RESPONSE) | E(TLS_ENCRYPTED) | E(SERVER_FIN), E_UNWELL,
			   CONFIDENCE_LIKELY},
			  {E(RESPONSE) | E(TLS_ENCRYPTED) | E(RST_OUT), E_UNWELL,
			   CONFIDENCE_LIKELY},
			  {E(RESPONSE) | E(ANSWER_UNREAD),
			   (E_UNWELL & ~E(ANSWER_UNREAD)) | E(TLS_REQUEST), CONFIDENCE_POSSIBLE},
			  {E(RESPONSE) | E(ANSWER_UNREAD) | E(TLS_REQUEST),
			   (E_UNWELL & ~E(ANSWER_UNREAD)) | E(SERVER_FIN) | E(RST_OUT),
			   CONFIDENCE_POSSIBLE},
			  {E(RESPONSE) | E(TLS_REQUEST) | E(TIMEOUT), E_UNWELL | E(UNREAD),
			   CONFIDENCE_LIKELY},
			  {E(HANDSHAKE) | E(REQUEST) | E(PROBER_RST),
			   E(RESPONSE) | E(GAVE_UP) | E(HALF_CLOSED) | E(SERVER_FIN) | E(RST_OUT) |
				   E(RESET_ACTIVE) | E(DROP_REPLY) | E_DROP_ACK,
			   CONFIDENCE_LIKELY},
			  {E(HANDSHAKE) | E(ESTABLISHED) | E(TIMEOUT),
			   E(REQUEST) | E_DROP_ACK | E(RESET_ACTIVE) | E(NOT_ACCEPTED) |
				   E(DROP_REPLY),
			   CONFIDENCE_CERTAIN},
			  {E(HANDSHAKE) | E(TIMEOUT),
			   E(REQUEST) | E_DROP_ACK | E(RESET_HANDSHAKE) | E(RESET_ACTIVE) |
				   E(NOT_ACCEPTED) | E(DROP_OTHER) | E(DROP_REPLY) |
				   E(GREW_OVERFLOWS) | E(SYNACK_AGAIN),
			   CONFIDENCE_LIKELY},
			  {E(DATAGRAM) | E(RESPONSE), E(LATE), CONFIDENCE_CERTAIN},
			  {E(ECHO) | E(RESPONSE), E(LATE), CONFIDENCE_CERTAIN},
			  {E(DATAGRAM) | E(DELIVERED) | E(TIMEOUT),
			   E(NO_SOCKET) | E(ICMP_SENT) | E_DROP_SYN | E(DROP_REPLY),
			   CONFIDENCE_CERTAIN},
			  {E(DATAGRAM) | E(LONG) | E(TIMEOUT),
			   E(NO_SOCKET) | E(ICMP_SENT) | E_DROP_SYN | E(DROP_REPLY) |
				   E(DROP_NEIGH) | E(FORWARDED),
			   CONFIDENCE_LIKELY},
			  {E(DATAGRAM) | E(FORWARDED) | E(TIMEOUT),
			   E(NO_SOCKET) | E(ICMP_SENT) | E_DROP_SYN | E(DROP_REPLY) | E(DROP_NEIGH),
			   CONFIDENCE_LIKELY}},
		.summary = "{exchange}",
	},
	{.next = causes_arrival},
};

const struct cause causes_unknown[] = {
	{
		.id = "undetermined",
		.stage = NULL,
		.step = "-",
		.title = "no cause fits",
		.explain = "The probe failed in a way that no rule of this table explains. The "
			   "evidence lists all that was seen.",
		.outcome = OUTCOME_UNDETERMINED,
		.needs = NEED_SERVICE | NEED_COUNTERS | NEED_ROUTE | NEED_ADDRS | NEED_CONNTRACK |
			 NEED_CONN,
		.summary = "{undetermined_words}",
		.fix = {"{?traced}for a closer look, capture it: clbtrace[{?udp} --udp] -p {dport} "
			"-w "
			"probe.pcap",
			"{?offline}on the host itself clbtrace sees where it ends: clbtrace[{?udp} "
			"--udp] -p {dport}"},
	},
	{
		.id = "incomplete",
		.stage = NULL,
		.step = "-",
		.title = "events of this probe were lost",
		.explain = "More happened than could be read, or more connections than could be "
			   "followed: what was seen of this probe may not be all, so no cause is "
			   "named.",
		.outcome = OUTCOME_INCOMPLETE,
		.summary = "{lost_words}: no cause can be named for sure",
		.fix = {"[{lost_fix}]"},
	},
	{.next = NULL},
};

const struct cause *cause_next(const struct cause *row)
{
	row = row ? row + 1 : causes_good;
	while (!row->id && row->next)
		row = row->next;
	return row->id ? row : NULL;
}
