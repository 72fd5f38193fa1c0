// SPDX-License-Identifier: GPL-2.0-only
// The cause table: what can befall datagrams and echo requests (--udp).
#include "causes_internal.h"

const struct cause causes_datagram[] = {
	{
		.id = "udp-no-listener",
		.stage = "udp",
		.step = "3",
		.title = "no UDP socket takes the datagram: an ICMP port unreachable is sent",
		.explain =
			"The kernel found no UDP socket for the check's port. Balancers take the "
			"ICMP error as the failure: where the ICMP rate limit holds it back, the "
			"dead service looks healthy. Watched with --udp only.",
		.outcome = OUTCOME_FAILED,
		.rules = {{E(DATAGRAM) | E(NO_SOCKET), E(RESPONSE), CONFIDENCE_CERTAIN},
			  {E(DATAGRAM) | E(PORT_UNREACHABLE),
			   E(RESPONSE) | E(DROP_NETFILTER) | E(CAPTURE), CONFIDENCE_CERTAIN},
			  {E(CAPTURE) | E(DATAGRAM) | E(PORT_UNREACHABLE) | E(NO_LISTENER),
			   E(RESPONSE), CONFIDENCE_LIKELY},
			  {E(CAPTURE) | E(DATAGRAM) | E(PORT_UNREACHABLE), E(RESPONSE),
			   CONFIDENCE_POSSIBLE}},
		.needs = NEED_SERVICE | NEED_COUNTERS | NEED_ELSEWHERE,
		.summary = "no UDP socket on {sought}: {unreachable_words}[; {misfit}][ "
			   "({started_since} receives by now)]",
		.captured = "{refusal_words}[; {misfit}]",
		.fix = {"start the service, or set the balancer's check to the port that it uses: "
			"ss -lnup"},
	},
	{
		.id = "icmp-ignored",
		.stage = "udp",
		.step = "3",
		.title = "the ping part of a UDP or ping check is not answered",
		.explain = "The echo request arrived and no echo reply left: "
			   "icmp_echo_ignore_all is set, a firewall rule dropped it, or the ICMP "
			   "rate limit held the reply back. Watched with --udp only.",
		.outcome = OUTCOME_FAILED,
		.rules = {{E(ECHO) | E(DROP_NETFILTER), 0, CONFIDENCE_CERTAIN},
			  {E(ECHO) | E(DELIVERED) | E(ECHO_IGNORED) | E(TIMEOUT),
			   E(RESPONSE) | E(DROP_REPLY) | E(DROP_NEIGH), CONFIDENCE_CERTAIN},
			  {E(ECHO) | E(DROP_OTHER) | E(ECHO_IGNORED), E(RESPONSE),
			   CONFIDENCE_CERTAIN},
			  {E(ECHO) | E(LONG) | E(ECHO_IGNORED) | E(TIMEOUT),
			   E(RESPONSE) | E(DROP_REPLY) | E(DROP_NEIGH) | E(FORWARDED),
			   CONFIDENCE_LIKELY},
			  {E(ECHO) | E(DELIVERED) | E(GREW_RATE_LIMIT) | E(TIMEOUT),
			   E(RESPONSE) | E(DROP_REPLY) | E(DROP_NEIGH), CONFIDENCE_LIKELY},
			  {UNANSWERED | E(ECHO) | E(ECHO_IGNORED), E(RESPONSE) | E(ICMP_SENT),
			   CONFIDENCE_LIKELY},
			  {UNANSWERED | E(ECHO), E(RESPONSE) | E(ICMP_SENT), CONFIDENCE_POSSIBLE}},
		.needs = NEED_SYSCTLS | NEED_COUNTERS | NEED_HOOKS | NEED_ADDRS | NEED_RULE,
		.summary = "the echo request is not answered: {echo_words}",
		.fix = {"[sysctl -w {echo_fix}]", "[{?filtered}{fw_fix}]",
			"[{?filtered}{fw_show}]"},
	},
	{.next = causes_unknown},
};
