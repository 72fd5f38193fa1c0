// SPDX-License-Identifier: GPL-2.0-only
// The cause table: what the application can do with a connection other than answer in time.
#include "causes_internal.h"

/* The application did something. */
#define E_ANSWERED (E(RESPONSE) | E(SERVER_FIN) | E(RESET_ACTIVE))
/* The request or its answer may not have come through. */
#define E_LOST (E(DROP_NETFILTER) | E(DROP_REPLY) | E(DROP_SOCKET_FILTER) | E(REQUEST_LOST))

const struct cause causes_application[] = {
	{
		.id = "closed-without-response",
		.stage = "application",
		.step = "4",
		.title = "the application closed without answering the request",
		.explain = "The request arrived, and the connection was closed from this side "
			   "without a byte of answer.",
		.outcome = OUTCOME_FAILED,
		.rules = {{E(REQUEST) | E(SERVER_FIN), E(RESPONSE) | E(GAVE_UP),
			   CONFIDENCE_CERTAIN},
			  {E(REQUEST) | E(RESET_UNREAD), E(RESPONSE) | E(GAVE_UP),
			   CONFIDENCE_CERTAIN}},
		.needs = NEED_SERVICE,
		.summary = "[{process} ]closed the connection without answering the "
			   "request[{?unread_close} (with bytes of it unread)]",
		.fix = {"[{?proxied}{comm} hands connections on to a container: is the service in "
			"it "
			"up? docker ps]",
			"does port {dport} speak TLS? some servers close at plaintext without a "
			"word: then set the check to HTTPS or TCP",
			"look at {comm}'s log at that time: a crash, an access list, a limit of "
			"connections"},
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
			   CONFIDENCE_CERTAIN},
			  {E(GAVE_UP) | E(NOT_ACCEPTED),
			   E(RESPONSE) | E(DROP_OVERFLOW) | E(DROP_NETFILTER), CONFIDENCE_CERTAIN}},
		.needs = NEED_CONN | NEED_SERVICE,
		.summary = "connected, but not accepted within {timeout} ms[: {process} does not "
			   "call accept()][ and is {pstate}][, {backlog} in the accept queue "
			   "(limit {limit})][; {fds_words}]",
		.fix = {"[{?stopped}kill -CONT {pid}  # it is stopped]",
			"[{?fds_full}raise the limit of open files of {comm} (now {fds_limit}): "
			"LimitNOFILE= in its unit, and look what it leaks: ls -l /proc/{pid}/fd]",
			"[cat /proc/{pid}/wchan; grep State /proc/{pid}/status  # why {comm} is "
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
			   E_ANSWERED | E_LOST | E(NOT_ACCEPTED) | E(CONN_UNKNOWN) | E(PROBER_RST),
			   CONFIDENCE_CERTAIN},
			  {E(REQUEST) | E(TIMEOUT),
			   E_ANSWERED | E_LOST | E(NOT_ACCEPTED) | E(CONN_UNKNOWN) | E(PROBER_RST) |
				   E(DROP_OVERFLOW) | E(GREW_OVERFLOWS),
			   CONFIDENCE_LIKELY},
			  {E(GAVE_UP) | E(ESTABLISHED),
			   E(RESPONSE) | E_LOST | E(NOT_ACCEPTED) | E(CONN_UNKNOWN),
			   CONFIDENCE_CERTAIN},
			  {E(GAVE_UP),
			   E(RESPONSE) | E_LOST | E(NOT_ACCEPTED) | E(CONN_UNKNOWN) |
				   E(DROP_OVERFLOW) | E(GREW_OVERFLOWS),
			   CONFIDENCE_LIKELY},
			  {E(REQUEST) | E(TIMEOUT) | E(CONN_UNKNOWN),
			   E_ANSWERED | E_LOST | E(PROBER_RST) | E(DROP_OVERFLOW) |
				   E(GREW_OVERFLOWS),
			   CONFIDENCE_POSSIBLE},
			  {E(GAVE_UP) | E(CONN_UNKNOWN),
			   E(RESPONSE) | E_LOST | E(DROP_OVERFLOW) | E(GREW_OVERFLOWS),
			   CONFIDENCE_POSSIBLE},
			  {E(TLS_ENCRYPTED) | E(UNREAD) | E(TIMEOUT),
			   E(SERVER_FIN) | E(RST_OUT) | E(PROBER_FIN) | E(PROBER_RST),
			   CONFIDENCE_CERTAIN},
			  {E(ANSWER_CUT), E(LATE), CONFIDENCE_CERTAIN},
			  {E(TLS_SILENT), E(SERVER_FIN) | E(RST_OUT) | E(LATE),
			   CONFIDENCE_POSSIBLE},
			  {E(DATAGRAM) | E(DROP_RCVBUF), E(RESPONSE), CONFIDENCE_CERTAIN}},
		.needs = NEED_CONN | NEED_SERVICE,
		.summary = "{no_answer_words}[: {process} has not answered][ and is {pstate}][, "
			   "{unread} bytes of it still unread][; {fds_words}]",
		.captured = "{no_answer_words}[: {process} has not answered][ and is {pstate}][, "
			    "{unread} bytes of it still unread][; {fds_words}][{?offline} (whether "
			    "it was accepted, packets do not tell)]",
		.fix = {"[{?stopped}kill -CONT {pid}  # it is stopped]",
			"[{?fds_full}raise the limit of open files of {comm} (now {fds_limit}): "
			"LimitNOFILE= in its unit]",
			"[cat /proc/{pid}/wchan; grep State /proc/{pid}/status  # what {comm} "
			"waits for]",
			"look at the service's log and load; a check path that answers fast"},
	},
	{
		.id = "reset-by-app",
		.stage = "application",
		.step = "4",
		.title = "the application closed with a reset",
		.explain = "After the handshake the connection was reset from this side before any "
			   "answer: SO_LINGER 0, a crash, an access list in the application.",
		.outcome = OUTCOME_FAILED,
		.rules = {{E(HANDSHAKE) | E(RESET_ACTIVE), E(RESPONSE) | E(PROBER_FIN) | E(GAVE_UP),
			   CONFIDENCE_CERTAIN},
			  {E(HANDSHAKE) | E(RST_OUT),
			   E(RESPONSE) | E(PROBER_FIN) | E(GAVE_UP) | E(RESET_HANDSHAKE) |
				   E(DROP_NETFILTER) | E(DROP_SOCKET_FILTER) | E(DROP_OVERFLOW),
			   CONFIDENCE_LIKELY}},
		.needs = NEED_SERVICE,
		.summary = "{process} reset the connection {reset_after}[ ({reset_reason})]",
		.captured = "the service[, {process},] reset the connection {reset_after}",
		.fix = {"look at {comm}'s log at that time: a crash, an access list, a limit of "
			"connections"},
	},
	{.next = causes_datagram},
};
