// SPDX-License-Identifier: GPL-2.0-only
// The cause table: what was said, and should not have been: TLS where it is not spoken, HTTP
// errors.
#include "causes_internal.h"

/* What can make a connection end without being the application's doing. */
#define E_DROPPED                                                                                  \
	(E(DROP_NETFILTER) | E(DROP_SOCKET_FILTER) | E(DROP_OVERFLOW) | E(RESET_HANDSHAKE))

const struct cause causes_exchange[] = {
	{
		.id = "tls-mismatch",
		.stage = "application",
		.step = "5",
		.title = "the probe speaks TLS, the service does not",
		.explain = "The probe's TLS ClientHello was answered by something that is no TLS, "
			   "by a reset or by a close: the balancer checks with HTTPS or TLS what "
			   "is a plaintext port.",
		.outcome = OUTCOME_FAILED,
		.rules = {{E(TLS_REQUEST) | E(NOT_TLS), 0, CONFIDENCE_CERTAIN},
			  {E(TLS_REQUEST) | E(RESET_ACTIVE),
			   E(RESPONSE) | E(PROBER_FIN) | E(PROBER_RST) | E_DROPPED,
			   CONFIDENCE_LIKELY},
			  {E(TLS_REQUEST) | E(RST_OUT),
			   E(RESPONSE) | E(PROBER_FIN) | E(PROBER_RST) | E_DROPPED,
			   CONFIDENCE_LIKELY},
			  {E(TLS_REQUEST) | E(SERVER_FIN), E(RESPONSE) | E(GAVE_UP),
			   CONFIDENCE_LIKELY}},
		.needs = NEED_SERVICE,
		.summary = "the probe speaks TLS ({tls_offer}), {mismatch_words}",
		.fix = {"set the check to the protocol of port {dport} (HTTP or TCP instead of "
			"HTTPS), or check a TLS port",
			"[{?hangs_up}or it speaks TLS and refuses this server name or source: its "
			"access list, its log]"},
	},
	{
		.id = "plaintext-to-tls",
		.stage = "application",
		.step = "5",
		.title = "the probe speaks plaintext, the service TLS",
		.explain = "A plaintext request was answered by a TLS alert, or by the error with "
			   "which web servers answer plain HTTP on a TLS port.",
		.outcome = OUTCOME_FAILED,
		.rules = {{E(REQUEST) | E(SERVER_ALERT), E(TLS_REQUEST), CONFIDENCE_CERTAIN},
			  {E(HTTP_REQUEST) | E(WANTS_TLS), 0, CONFIDENCE_CERTAIN}},
		.needs = NEED_SERVICE,
		.summary = "the probe speaks plaintext, [{process} ]on port {dport} TLS: "
			   "{request_line} was answered with {tls_hint}",
		.fix = {"set the check to HTTPS (or to TCP), or check a plaintext port"},
	},
	{
		.id = "tls-handshake-failed",
		.stage = "application",
		.step = "5",
		.title = "both speak TLS and do not agree",
		.explain = "The TLS handshake ended with an alert: no common version or cipher, a "
			   "server name that the service does not serve, a certificate that one "
			   "side does not accept.",
		.outcome = OUTCOME_FAILED,
		.rules = {{E(TLS_REQUEST) | E(SERVER_ALERT), 0, CONFIDENCE_CERTAIN},
			  {E(TLS_REQUEST) | E(PROBER_ALERT), 0, CONFIDENCE_CERTAIN},
			  {E(TLS_REQUEST) | E(PROBER_REFUSED), 0, CONFIDENCE_LIKELY},
			  {E(TLS_REQUEST) | E(TLS_REFUSED), E_DROPPED, CONFIDENCE_LIKELY},
			  {E(TLS_REQUEST) | E(TLS_BROKEN), E_DROPPED, CONFIDENCE_LIKELY}},
		.needs = NEED_SERVICE,
		.summary = "TLS handshake failed: {alert_words} ({tls_offer})",
		.fix = {"{tls_fix}", "openssl s_client -connect {dst_listen}[ -servername {sni}]  "
				     "# shows the handshake from here"},
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
		.captured = "[{process} ]answered {late_words} after the probe's SYN; {patience}",
		.fix = {"look at the service's load, or raise the check's timeout; a check path "
			"that answers fast"},
	},
	{
		.id = "http-status",
		.stage = "application",
		.step = "4",
		.title = "the HTTP status code is not an expected one",
		.explain = "The service answered in time, with a status code that --expect-status "
			   "does not list (by default 100 to 499), or with something that is no "
			   "HTTP at all.",
		.outcome = OUTCOME_FAILED,
		.rules = {{E(RESPONSE) | E(HTTP_STATUS), E(LATE), CONFIDENCE_CERTAIN},
			  {E(RESPONSE) | E(NOT_HTTP), E(LATE), CONFIDENCE_CERTAIN}},
		.needs = NEED_SERVICE,
		.summary = "[{process} ]answered {status_line} to {request_line}; expected: "
			   "{expected}",
		.fix = {"{status_fix}",
			"[{?head_400}a TLS port of nginx answers a HEAD in plaintext so: if port "
			"{dport} speaks TLS, set the check to HTTPS]",
			"[it took {overload}: overload? ss -lnt sport = :{service_port}  # Recv-Q "
			"is the accept queue, Send-Q its limit]"},
	},
	{.next = causes_application},
};
