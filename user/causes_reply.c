// SPDX-License-Identifier: GPL-2.0-only
// The cause table: what can befall the answer: on its way out, and in the application.
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
			   "answered.",
		.outcome = OUTCOME_FAILED,
		.rules = {{E(DROP_NEIGH), E(HANDSHAKE) | E(PROBER_RST), CONFIDENCE_CERTAIN},
			  {E(SYNACK_MADE) | E(NEIGH_BAD) | E(TIMEOUT),
			   E(SYNACK_LEFT) | E(HANDSHAKE) | E(DROP_REPLY), CONFIDENCE_LIKELY}},
		.needs = NEED_ROUTE | NEED_NEIGH,
		.summary = "the SYN-ACK could not leave: next hop {next_hop} on {out_if} does not "
			   "answer {arp}",
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
			  {E(DROP_REPLY) | E(REQUEST), E(RESPONSE), CONFIDENCE_CERTAIN}},
		.needs = NEED_HOOKS | NEED_PROGRAMS,
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
			   CONFIDENCE_POSSIBLE}},
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
			   E(HANDSHAKE) | E(PROBER_RST) | E(DROP_REPLY) | E(DROP_NEIGH),
			   CONFIDENCE_CERTAIN}},
		.needs = NEED_ROUTE | NEED_NEIGH,
		.summary = "the SYN-ACK left by {out_if}[ via {gateway}][ (sent {synacks} times)], "
			   "and nothing came back within {timeout} ms",
		.fix = {"check security group and network ACL, outbound, to {src} (step 2)",
			"[ip neigh show {next_hop}  # is that the right gateway?]"},
	},
	{
		.id = "app-not-accepting",
		.stage = "application",
		.step = "4",
		.title = "the connection waits in the accept queue: the application never called "
			 "accept()",
		.explain = "The kernel completed the handshake, but the connection still has no "
			   "owner when the timeout passes: the process that listens is stuck, "
			   "stopped or overloaded.",
		.outcome = OUTCOME_FAILED,
		.rules = {{E(HANDSHAKE) | E(TIMEOUT) | E(NOT_ACCEPTED),
			   E(RESPONSE) | E(DROP_OVERFLOW) | E(PROBER_FIN) | E(PROBER_RST) |
				   E(DROP_NETFILTER),
			   CONFIDENCE_CERTAIN}},
		.needs = NEED_CONN | NEED_SERVICE,
		.summary = "connected, but not accepted within {timeout} ms[: {process} does not "
			   "call accept()][, {backlog} connections wait (limit {limit})]",
		.fix = {"[cat /proc/{pid}/wchan; grep State /proc/{pid}/status  # why {comm} is "
			"stuck]",
			"restart the service, or give it more workers"},
	},
	{
		.id = "app-no-response",
		.stage = "application",
		.step = "4",
		.title = "the application took the request and did not answer in time",
		.explain = "The connection was established and the request arrived, but no byte of "
			   "an answer left this host before the timeout.",
		.outcome = OUTCOME_FAILED,
		.rules = {{E(REQUEST) | E(ESTABLISHED) | E(TIMEOUT),
			   E(RESPONSE) | E(NOT_ACCEPTED) | E(SERVER_FIN) | E(RESET_ACTIVE) |
				   E(DROP_NETFILTER) | E(DROP_REPLY) | E(DROP_SOCKET_FILTER),
			   CONFIDENCE_CERTAIN},
			  {E(REQUEST) | E(TIMEOUT),
			   E(RESPONSE) | E(NOT_ACCEPTED) | E(SERVER_FIN) | E(RESET_ACTIVE) |
				   E(DROP_NETFILTER) | E(DROP_REPLY) | E(DROP_OVERFLOW) |
				   E(DROP_SOCKET_FILTER) | E(GREW_OVERFLOWS),
			   CONFIDENCE_LIKELY}},
		.needs = NEED_CONN | NEED_SERVICE,
		.summary = "request received, no answer within {timeout} ms[: {process} has not "
			   "answered][, {unread} bytes of it still unread]",
		.fix = {"[cat /proc/{pid}/wchan; grep State /proc/{pid}/status  # what {comm} "
			"waits for]",
			"look at the service's log and load; a check path that answers fast"},
	},
	{
		.id = "slow-response",
		.stage = "application",
		.step = "4",
		.title = "it answered, after the timeout",
		.explain = "The answer left this host later than the balancer waits for it.",
		.outcome = OUTCOME_FAILED,
		.rules = {{E(RESPONSE) | E(LATE), 0, CONFIDENCE_CERTAIN}},
		.needs = NEED_CONN | NEED_SERVICE,
		.summary = "{process} answered {late_words} after the probe's SYN; {patience}",
		.fix = {"look at the service's load, or raise the check's timeout; a check path "
			"that answers fast"},
	},
	{
		.id = "http-status",
		.stage = "application",
		.step = "4",
		.title = "the HTTP status code is not an expected one",
		.explain = "The service answered in time, with a status code that --expect-status "
			   "does not list (by default 100 to 499).",
		.outcome = OUTCOME_FAILED,
		.rules = {{E(RESPONSE) | E(HTTP_STATUS), E(LATE), CONFIDENCE_CERTAIN}},
		.needs = NEED_SERVICE,
		.summary = "[{process} ]answered {status_line} to {request_line}; expected: "
			   "{expected}",
		.fix = {"{status_fix}"},
	},
	{
		.id = "closed-without-response",
		.stage = "application",
		.step = "4",
		.title = "the application closed without answering the request",
		.explain = "The request arrived, and the connection was closed from this side "
			   "without a byte of answer.",
		.outcome = OUTCOME_FAILED,
		.rules = {{E(REQUEST) | E(SERVER_FIN), E(RESPONSE), CONFIDENCE_CERTAIN},
			  {E(REQUEST) | E(RESET_UNREAD), E(RESPONSE), CONFIDENCE_CERTAIN}},
		.needs = NEED_SERVICE,
		.summary = "[{process} ]closed the connection without answering the "
			   "request[{unread_close} (with bytes of it unread)]",
		.fix = {"look at {comm}'s log at that time: a crash, an access "
			"list, a limit of connections"},
	},
	{
		.id = "reset-by-app",
		.stage = "application",
		.step = "4",
		.title = "the application closed with a reset",
		.explain = "After the handshake the connection was reset from this side before any "
			   "answer: SO_LINGER 0, a crash, an access list in the application.",
		.outcome = OUTCOME_FAILED,
		.rules = {{E(HANDSHAKE) | E(RESET_ACTIVE), E(RESPONSE) | E(PROBER_FIN),
			   CONFIDENCE_CERTAIN},
			  {E(HANDSHAKE) | E(RST_OUT),
			   E(RESPONSE) | E(PROBER_FIN) | E(RESET_HANDSHAKE) | E(DROP_NETFILTER) |
				   E(DROP_SOCKET_FILTER) | E(DROP_OVERFLOW),
			   CONFIDENCE_LIKELY}},
		.needs = NEED_SERVICE,
		.summary = "{process} reset the connection {reset_after}[ ({reset_reason})]",
		.fix = {"look at {comm}'s log at that time: a crash, an access list, a limit of "
			"connections"},
	},
	{.next = causes_unknown},
};
