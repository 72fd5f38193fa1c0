// SPDX-License-Identifier: GPL-2.0-only
// The cause table: what can befall the answer on its way out.
#include "causes_internal.h"

const struct cause causes_reply[] = {
	{
		.id = "reply-misrouted",
		.stage = "reply",
		.step = "-",
		.title = "the reply left by another interface than the probe came in on",
		.explain = "The route back to the prober uses another interface: its network may "
			   "drop the answer, or the prober never gets it. Counted as a failure "
			   "only when nothing came back.",
		.outcome = OUTCOME_FAILED,
		.rules = {{E(SYNACK_ELSEWHERE) | E(TIMEOUT),
			   E(HANDSHAKE) | E(PROBER_RST) | E(DROP_REPLY), CONFIDENCE_CERTAIN},
			  {E(SYNACK_ELSEWHERE) | E(DROP_NEIGH), E(HANDSHAKE) | E(PROBER_RST),
			   CONFIDENCE_CERTAIN}},
		.needs = NEED_ROUTE | NEED_NEIGH,
		.summary = "the probe came in on {if}, the SYN-ACK left by {out_if}[ via "
			   "{gateway}], and nothing came back",
		.fix = {"ip route get {src} from {dst}  # the route of the reply", "{route_fix}"},
	},
	{
		.id = "neighbour-failed",
		.stage = "reply",
		.step = "-",
		.title = "the reply's next hop does not answer ARP or neighbour discovery",
		.explain = "The SYN-ACK waited for the next hop's link-layer address, and nobody "
			   "answered; or the probe itself did, on its way to a container that is "
			   "not there any more.",
		.outcome = OUTCOME_FAILED,
		.rules = {{E(DROP_NEIGH), E(HANDSHAKE) | E(PROBER_RST), CONFIDENCE_CERTAIN},
			  {E(SYNACK_MADE) | E(NEIGH_BAD) | E(TIMEOUT),
			   E(SYNACK_LEFT) | E(HANDSHAKE) | E(DROP_REPLY), CONFIDENCE_LIKELY},
			  {UNANSWERED | E(NEIGH_BAD), ALONE(0), CONFIDENCE_LIKELY}},
		.needs = NEED_ROUTE | NEED_NEIGH,
		.summary = "{stuck_packet}: next hop {next_hop} on {out_if} does not answer {arp}",
		.fix = {"ip neigh show {next_hop}; ip route get {src}  # right gateway, right "
			"interface, right netmask?"},
	},
	{
		.id = "reply-dropped",
		.stage = "reply",
		.step = "7",
		.title = "the SYN-ACK or the response was dropped on its way out",
		.explain = "A rule in OUTPUT or POSTROUTING, a tc filter or qdisc, or a cgroup "
			   "program dropped the answer on this host.",
		.outcome = OUTCOME_FAILED,
		.rules = {{E(DROP_REPLY), E(HANDSHAKE) | E(PROBER_RST), CONFIDENCE_CERTAIN},
			  {E(DROP_REPLY) | E(REQUEST), E(RESPONSE), CONFIDENCE_CERTAIN},
			  {UNANSWERED | E(REPLY_COUNTED), ALONE(E(REPLY_COUNTED)),
			   CONFIDENCE_LIKELY},
			  {UNANSWERED | E(REPLY_COUNTED), E_ANY_ANSWER, CONFIDENCE_POSSIBLE}},
		.needs = NEED_HOOKS | NEED_PROGRAMS | NEED_RULE,
		.captured = "the answer was dropped on its way out {reply_drop_words}: the rule "
			    "matches it and has counted, {unanswered_words}[, {grew_words}]",
		.summary = "the {reply_packet} was dropped on its way out: {reply_drop_words}",
		.fix = {"[{reply_fw_fix}]", "[{reply_tc_fix}]"},
	},
	{
		.id = "no-return-route",
		.stage = "reply",
		.step = "-",
		.title = "no route back to the prober",
		.explain = "The SYN reached a listener with room, but the kernel has no route for "
			   "the SYN-ACK and sends nothing.",
		.outcome = OUTCOME_FAILED,
		.rules = {{E(DELIVERED) | E(ROUTE_ERROR) | E(GREW_NOROUTES) | E(TIMEOUT),
			   E(SYNACK_MADE) | E(LISTEN_FULL) | E(SYN_QUEUE_FULL) | E(NO_SOCKET),
			   CONFIDENCE_CERTAIN},
			  {E(DELIVERED) | E(ROUTE_ERROR) | E(TIMEOUT),
			   E(SYNACK_MADE) | E(LISTEN_FULL) | E(SYN_QUEUE_FULL) | E(NO_SOCKET),
			   CONFIDENCE_LIKELY},
			  {E(DELIVERED) | E(LISTEN_FOUND) | E(GREW_NOROUTES) | E(TIMEOUT),
			   E(SYNACK_MADE) | E(LISTEN_FULL) | E(SYN_QUEUE_FULL) | E(NO_SOCKET) |
				   E(DROP_OTHER),
			   CONFIDENCE_POSSIBLE},
			  {UNANSWERED | E(ROUTE_ERROR), ALONE(E(GREW_NOROUTES)), CONFIDENCE_LIKELY},
			  {UNANSWERED | E(GREW_NOROUTES), E_ANY_ANSWER, CONFIDENCE_POSSIBLE}},
		.needs = NEED_ROUTE | NEED_COUNTERS | NEED_SYSCTLS,
		.summary = "no route back to {src}: {route_error}",
		.fix = {"ip route get {src} from {dst}  # fails", "{route_add_fix}"},
	},
	{
		.id = "synack-unanswered",
		.stage = "reply",
		.step = "2",
		.title = "the SYN-ACK left, and nothing came back",
		.explain =
			"This host answered and the answer passed the last point that it controls; "
			"no ACK and no reset came back. The way back to the prober is broken "
			"upstream: security group or ACL outbound, or the prober is gone.",
		.outcome = OUTCOME_FAILED,
		.rules = {{E(SYNACK_LEFT) | E(TIMEOUT),
			   E(HANDSHAKE) | E(PROBER_RST) | E(DROP_REPLY) | E(DROP_NEIGH) |
				   E(CAPTURE),
			   CONFIDENCE_CERTAIN},
			  {UNANSWERED | E(SYNACK_LEFT), E(HANDSHAKE) | E(PROBER_RST) | E(RST_OUT),
			   CONFIDENCE_LIKELY}},
		.needs = NEED_ROUTE | NEED_NEIGH,
		.summary = "the SYN-ACK left by {out_if}[ via {gateway}][ (sent {synacks} times)], "
			   "and nothing came back within {timeout} ms",
		.captured = "the SYN-ACK was captured[ {synacks} times], and nothing came back "
			    "within {timeout} ms: it gets lost on its way to the prober[, by "
			    "{gateway}], or the capture misses what the prober sends",
		.fix = {"check security group and network ACL, outbound, to {src} (step 2)",
			"[ip neigh show {next_hop}  # is that the right gateway?]"},
	},
	{.next = causes_exchange},
};
