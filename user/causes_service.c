// SPDX-License-Identifier: GPL-2.0-only
// The cause table: what can befall a probe at the listener and in the handshake.
#include "causes_internal.h"

/* Of a capture: what says that a reset is not for want of a listener. */
#define E_NOT_REFUSED (E(SYNACK_MADE) | E(ANSWER_MISSED) | E(RULE_REJECTS) | E(DATAGRAM))

const struct cause causes_service[] = {
	{
		.id = "listener-wrong-device",
		.stage = "listener",
		.step = "3",
		.title = "the listener is bound to another device or VRF",
		.explain = "A socket listens on the port and address, but is bound to a network "
			   "device (SO_BINDTODEVICE, systemd's BindToDevice, a VRF) other than the "
			   "one that the probe came in on.",
		.outcome = OUTCOME_FAILED,
		.rules = {{E(NO_SOCKET) | E(LISTENER_DEVICE), E(DATAGRAM), CONFIDENCE_CERTAIN},
			  {E(CAPTURE) | E(RST_OUT) | E(LISTENER_DEVICE),
			   E_NOT_REFUSED | E(LISTENER_FITS), CONFIDENCE_LIKELY}},
		.needs = NEED_SERVICE,
		.summary = "{process} listens on {listener} bound to device {listener_dev}; the "
			   "probe came in on {if}",
		.fix = {"unbind {comm} from {listener_dev}, or bind it to {if}"},
	},
	{
		.id = "listener-wrong-address",
		.stage = "listener",
		.step = "3",
		.title = "something listens on the port, but on another address",
		.explain = "The port is open on another address only (127.0.0.1, another NIC). The "
			   "balancer connects to the server's internal address.",
		.outcome = OUTCOME_FAILED,
		.rules = {{E(NO_SOCKET) | E(LISTENER_ADDR), E(LISTENER_DEVICE) | E(DATAGRAM),
			   CONFIDENCE_CERTAIN},
			  {E(CAPTURE) | E(RST_OUT) | E(LISTENER_ADDR),
			   E_NOT_REFUSED | E(LISTENER_FITS) | E(LISTENER_DEVICE),
			   CONFIDENCE_LIKELY}},
		.needs = NEED_SERVICE,
		.summary = "{process} listens on {listener} only; the probe went to {dst}:{dport} "
			   "and was answered with a reset",
		.fix = {"make {comm} listen on {dst_listen} or on {any_listen}"},
	},
	{
		.id = "listener-wrong-family",
		.stage = "listener",
		.step = "3",
		.title = "it listens on IPv6 only, or on IPv4 only",
		.explain = "A socket listens on the port for the other IP version only: an IPv6 "
			   "socket with IPV6_V6ONLY does not take IPv4, an IPv4 socket never takes "
			   "IPv6.",
		.outcome = OUTCOME_FAILED,
		.rules = {{E(NO_SOCKET) | E(LISTENER_FAMILY),
			   E(LISTENER_DEVICE) | E(LISTENER_ADDR) | E(DATAGRAM), CONFIDENCE_CERTAIN},
			  {E(CAPTURE) | E(RST_OUT) | E(LISTENER_FAMILY),
			   E_NOT_REFUSED | E(LISTENER_FITS) | E(LISTENER_DEVICE) | E(LISTENER_ADDR),
			   CONFIDENCE_LIKELY}},
		.needs = NEED_SERVICE,
		.summary = "{process} listens on {listener} ({listener_family} only); the probe "
			   "came over {family}",
		.fix = {"make {comm} listen on {any_listen} too"},
	},
	{
		.id = "listener-elsewhere",
		.stage = "listener",
		.step = "3",
		.title = "it listens in another network namespace",
		.explain = "Nothing listens on the port here, but a process in another network "
			   "namespace of this host does: a container whose port is not published, "
			   "a unit with PrivateNetwork=.",
		.outcome = OUTCOME_FAILED,
		.rules = {{E(NO_SOCKET) | E(LISTENER_ELSEWHERE),
			   E(LISTENER_DEVICE) | E(LISTENER_ADDR) | E(LISTENER_FAMILY) |
				   E(LISTENER_FITS) | E(DATAGRAM),
			   CONFIDENCE_LIKELY},
			  {E(CAPTURE) | E(RST_OUT) | E(LISTENER_ELSEWHERE),
			   E_NOT_REFUSED | E(LISTENER_FITS) | E(LISTENER_DEVICE) |
				   E(LISTENER_ADDR) | E(LISTENER_FAMILY),
			   CONFIDENCE_LIKELY}},
		.needs = NEED_SERVICE | NEED_ELSEWHERE,
		.summary = "nothing listens on {sought} in this network namespace, but {elsewhere} "
			   "does in another: {refused_words}",
		.fix = {"publish the port on this host (a container: docker run -p "
			"{service_port}:{service_port}), or start the service in this network "
			"namespace",
			"nsenter -t {elsewhere_pid} -n ss -lntp  # what listens there"},
	},
	{
		.id = "no-listener",
		.stage = "listener",
		.step = "3",
		.title = "nothing listens on the port",
		.explain = "The kernel found no listening socket for the probe's port and answered "
			   "with a reset: the service is not running, or listens on another port "
			   "than the balancer checks.",
		.outcome = OUTCOME_FAILED,
		.rules = {{E(NO_SOCKET),
			   E(LISTENER_DEVICE) | E(LISTENER_ADDR) | E(LISTENER_FAMILY) | E(DATAGRAM),
			   CONFIDENCE_CERTAIN},
			  {E(CAPTURE) | E(RST_OUT) | E(NO_LISTENER),
			   E_NOT_REFUSED | E(LISTENER_ELSEWHERE), CONFIDENCE_LIKELY},
			  {E(CAPTURE) | E(RST_OUT),
			   E_NOT_REFUSED | E(LISTENER_FITS) | E(LISTENER_DEVICE) |
				   E(LISTENER_ADDR) | E(LISTENER_FAMILY) | E(LISTENER_ELSEWHERE),
			   CONFIDENCE_POSSIBLE}},
		.needs = NEED_SERVICE,
		.summary = "nothing listens on {sought}: {refused_words}[ ({started_since} "
			   "listens by now)]",
		.captured = "{refusal_words}",
		.fix = {"start the service, or set the balancer's check to the port that it uses: "
			"[{in_netns}]ss -lntp"},
	},
	{
		.id = "lsm-drop",
		.stage = "listener",
		.step = "7",
		.title = "a security module dropped it",
		.explain = "A Linux security module (SELinux, Smack, an LSM BPF program) refused "
			   "the packet. Kernels before 6.13 report this as a socket filter.",
		.outcome = OUTCOME_FAILED,
		.rules = {{E(DROP_SECURITY), 0, CONFIDENCE_CERTAIN}},
		.needs = NEED_SERVICE,
		.summary = "refused by a security module ({reason})[; the listener is {process}]",
		.fix = {"cat /sys/kernel/security/lsm; ausearch -m avc -ts recent  # which module, "
			"which rule"},
	},
	{
		.id = "socket-filter",
		.stage = "listener",
		.step = "7",
		.title = "a socket filter or cgroup BPF program dropped it",
		.explain = "A filter on the listening socket (SO_ATTACH_FILTER, SO_ATTACH_BPF) or "
			   "a BPF program at the ingress of the service's cgroup (systemd's "
			   "IPAddressDeny, a security agent) dropped the packet.",
		.outcome = OUTCOME_FAILED,
		.rules = {{E(DROP_SOCKET_FILTER) | E(LISTEN_FILTER), E(CGROUP_FILTER),
			   CONFIDENCE_CERTAIN},
			  {E(DROP_SOCKET_FILTER) | E(CGROUP_FILTER), E(LISTEN_FILTER),
			   CONFIDENCE_CERTAIN},
			  {E(DROP_SOCKET_FILTER) | E(CGROUP_FILTER) | E(LISTEN_FILTER), 0,
			   CONFIDENCE_LIKELY},
			  {E(DROP_SOCKET_FILTER), 0, CONFIDENCE_POSSIBLE}},
		.needs = NEED_SERVICE | NEED_PROGRAMS,
		.summary = "dropped by {filter_words}[ of {process}]",
		.fix = {"[bpftool prog show id {cgroup_filter}  # whose it is; systemd's own: "
			"systemctl show -p IPAddressDeny UNIT]",
			"[{?socket_filter}{comm} filters its own socket: look in its configuration "
			"for address or rate limits]"},
	},
	{
		.id = "tcp-auth",
		.stage = "handshake",
		.step = "-",
		.title = "TCP-MD5 or TCP-AO expected or unexpected",
		.explain =
			"The listener has a TCP-MD5 or TCP-AO key for the prober's address, and "
			"the probe carries no signature (or the other way round, or a wrong one).",
		.outcome = OUTCOME_FAILED,
		.rules = {{E(DROP_AUTH), 0, CONFIDENCE_CERTAIN},
			  {UNANSWERED | E(GREW_AUTH), ALONE(E(GREW_AUTH)), CONFIDENCE_LIKELY},
			  {UNANSWERED | E(GREW_AUTH), E_ANY_ANSWER, CONFIDENCE_POSSIBLE}},
		.needs = NEED_SERVICE | NEED_COUNTERS,
		.captured = "TCP authentication: the probe's signature, or that it has none, does "
			    "not suit the listener: {unanswered_words}[, {grew_words}]",
		.summary =
			"TCP authentication: {auth_words} ({reason})[; the listener is {process}]",
		.fix = {"check another port, or exempt {src} from [{comm}'s ]TCP-MD5/TCP-AO keys: "
			"balancers do not sign"},
	},
	{
		.id = "timestamp-reject",
		.stage = "handshake",
		.step = "4",
		.title = "the SYN met a TIME_WAIT connection with newer timestamps",
		.explain = "The prober reused a source port whose old connection is still in "
			   "TIME_WAIT here, with a timestamp older than the last one seen (probers "
			   "behind one address have different clocks). PAWS (RFC 7323) makes the "
			   "kernel answer with an ACK instead of a SYN-ACK.",
		.outcome = OUTCOME_FAILED,
		.rules = {{E(DROP_PAWS), E(SYNACK_MADE), CONFIDENCE_CERTAIN},
			  {E(TW_FOUND) | E(TW_TS_NEWER) | E(ACK_ANSWER), E(SYNACK_MADE),
			   CONFIDENCE_CERTAIN},
			  {E(TW_FOUND) | E(TW_TS_NEWER) | E(TIMEOUT),
			   E(SYNACK_MADE) | E(DROP_NETFILTER) | E(NO_SOCKET), CONFIDENCE_LIKELY},
			  {E(TW_FOUND) | E(TW_TS_NEWER) | E(DROP_OTHER) | E(DELIVERED),
			   E(SYNACK_MADE), CONFIDENCE_LIKELY},
			  {E(CAPTURE) | E(TW_TS_NEWER) | E(ACK_ANSWER), E(SYNACK_MADE),
			   CONFIDENCE_LIKELY},
			  {UNANSWERED | E(GREW_PAWS), E_ANY_ANSWER | E(STAMPS_BACK),
			   CONFIDENCE_POSSIBLE}},
		.needs = NEED_COUNTERS | NEED_SYSCTLS,
		.summary = "{src}:{sport} was used before and is in TIME_WAIT here, last timestamp "
			   "{tw_ts} ({tw_age} s ago); this SYN's timestamp {tsval} is older: "
			   "{tw_answer}",
		.captured = "{src}:{sport} was used before, and the old connection is in TIME_WAIT "
			    "there (or still open)[, last timestamp {tw_ts}]; this SYN's "
			    "timestamp[ {tsval}] is older: {tw_answer}[, {grew_words}]",
		.fix = {"keep the connection open until the prober closes it (HTTP keep-alive): "
			"who closes first holds TIME_WAIT",
			"or sysctl -w net.ipv4.tcp_timestamps=0  # then sequence numbers alone are "
			"compared"},
	},
	{
		.id = "time-wait-collision",
		.stage = "handshake",
		.step = "4",
		.title = "the SYN met a TIME_WAIT connection, its sequence number not after the "
			 "old one's",
		.explain = "The prober reused a source port whose old connection is still in "
			   "TIME_WAIT here, and its new sequence number is not beyond the old "
			   "connection's: the kernel answers with an ACK instead of a SYN-ACK.",
		.outcome = OUTCOME_FAILED,
		.rules = {{E(TW_FOUND) | E(TW_SEQ_NEWER) | E(ACK_ANSWER),
			   E(SYNACK_MADE) | E(TW_TS_NEWER), CONFIDENCE_CERTAIN},
			  {E(TW_FOUND) | E(TW_SEQ_NEWER) | E(TIMEOUT),
			   E(SYNACK_MADE) | E(TW_TS_NEWER) | E(DROP_NETFILTER) | E(NO_SOCKET),
			   CONFIDENCE_LIKELY},
			  {E(TW_FOUND) | E(TW_SEQ_NEWER) | E(DROP_OTHER) | E(DELIVERED),
			   E(SYNACK_MADE) | E(TW_TS_NEWER), CONFIDENCE_LIKELY},
			  {E(CAPTURE) | E(TW_SEQ_NEWER) | E(ACK_ANSWER),
			   E(SYNACK_MADE) | E(TW_TS_NEWER), CONFIDENCE_LIKELY}},
		.needs = NEED_COUNTERS,
		.captured = "{src}:{sport} was used before, and the old connection is in TIME_WAIT "
			    "there (or still open); this SYN's sequence number {seq} is not after "
			    "the old connection's {tw_seq}: {tw_answer}",
		.summary = "{src}:{sport} was used before and is in TIME_WAIT here; this SYN's "
			   "sequence number {seq} is not after the old connection's {tw_seq}: "
			   "{tw_answer}",
		.fix = {"keep the connection open until the prober closes it (HTTP keep-alive): "
			"who closes first holds TIME_WAIT",
			"or more source ports, or longer intervals, on the balancer"},
	},
	{
		.id = "tw-recycle",
		.stage = "handshake",
		.step = "4",
		.title = "a kernel before 4.12 with tcp_tw_recycle dropped the SYN for its "
			 "timestamp",
		.explain =
			"With net.ipv4.tcp_tw_recycle=1 these kernels compare a SYN's timestamp "
			"with the last one of its source address, whatever the port, and drop it "
			"in silence if it is older and that one is less than 60 s old "
			"(net/ipv4/tcp_metrics.c, tcp_peer_is_proven(); PAWSPassive counts it). "
			"Several balancer nodes behind one address have different clocks. Such "
			"kernels have no usable BPF: it is found in captures, and by what the "
			"host counts.",
		.outcome = OUTCOME_FAILED,
		.rules = {{UNANSWERED | E(STAMPS_BACK) | E(RECYCLE_ON) | E(GREW_PAWS_PASSIVE),
			   E_ANY_ANSWER, CONFIDENCE_CERTAIN},
			  {UNANSWERED | E(GREW_PAWS_PASSIVE),
			   ALONE(E(GREW_PAWS_PASSIVE)) | E(STAMPS_TAKEN), CONFIDENCE_LIKELY},
			  {UNANSWERED | E(STAMPS_BACK),
			   ALONE(E(GREW_PAWS_PASSIVE)) | E(STAMPS_TAKEN), CONFIDENCE_LIKELY},
			  {UNANSWERED | E(GREW_PAWS_PASSIVE), E_ANY_ANSWER | E(STAMPS_TAKEN),
			   CONFIDENCE_POSSIBLE}},
		.needs = NEED_COUNTERS | NEED_SYSCTLS | NEED_TCP_METRICS,
		.summary = "{src}'s timestamps went back[: {tsval} in this SYN, {stamp_last} "
			   "{stamp_age} s before][: {stamp_kept}]; {unanswered_words}[, "
			   "{grew_words}]: "
			   "{recycle_words}",
		.fix = {"sysctl -w net.ipv4.tcp_tw_recycle=0  # and remove it from "
			"/etc/sysctl.conf and /etc/sysctl.d: it was taken out of Linux 4.12",
			"or sysctl -w net.ipv4.tcp_timestamps=0"},
	},
	{
		.id = "syn-queue-full",
		.stage = "handshake",
		.step = "4",
		.title = "too many half-open connections, and no SYN cookies",
		.explain =
			"Without SYN cookies a new SYN is dropped when the listener's queue of "
			"half-open connections is over the listen backlog, or over three quarters "
			"of tcp_max_syn_backlog (net/ipv4/tcp_input.c, tcp_conn_request). "
			"Half-open connections pile up in a SYN flood, or when SYN-ACKs get lost.",
		.outcome = OUTCOME_FAILED,
		.rules = {{E(DELIVERED) | E(SYN_QUEUE_FULL) | E(GREW_REQQFULL) | E(TIMEOUT),
			   E(SYNACK_MADE), CONFIDENCE_CERTAIN},
			  {E(DELIVERED) | E(SYN_QUEUE_FULL) | E(TIMEOUT), E(SYNACK_MADE),
			   CONFIDENCE_LIKELY},
			  {E(DELIVERED) | E(LISTEN_FOUND) | E(GREW_REQQFULL) | E(TIMEOUT),
			   E(SYNACK_MADE) | E(LISTEN_FULL), CONFIDENCE_LIKELY},
			  {UNANSWERED | E(GREW_REQQFULL), ALONE(E(GREW_REQQFULL)),
			   CONFIDENCE_LIKELY},
			  {UNANSWERED | E(GREW_REQQFULL), E_ANY_ANSWER, CONFIDENCE_POSSIBLE}},
		.needs = NEED_SERVICE | NEED_COUNTERS,
		.captured = "SYN queue[ of {process}] full, without SYN cookies[ "
			    "(tcp_max_syn_backlog {max_syn_backlog})]: {unanswered_words}[, "
			    "{grew_words}]",
		.summary = "SYN queue of {process} full: {syn_queue} half-open connections "
			   "(tcp_max_syn_backlog {max_syn_backlog}, listen backlog {limit}), SYN "
			   "cookies off",
		.fix = {"sysctl -w net.ipv4.tcp_syncookies=1",
			"sysctl -w net.ipv4.tcp_max_syn_backlog={syn_backlog_fix}"},
	},
	{
		.id = "accept-queue-full",
		.stage = "handshake",
		.step = "4",
		.title = "the accept queue is full: the application does not accept fast enough",
		.explain = "A listener whose queue of finished connections is over its backlog "
			   "gets no SYN answered, and final ACKs refused. No kernel reports this "
			   "as a drop; ListenOverflows counts it. The limit is the smaller of what "
			   "the program gives to listen() and net.core.somaxconn.",
		.outcome = OUTCOME_FAILED,
		.rules = {{E(DROP_OVERFLOW), E(RESPONSE), CONFIDENCE_CERTAIN},
			  {E(RESET_HANDSHAKE) | E(GREW_OVERFLOWS), E(RESPONSE) | E(REQUEST),
			   CONFIDENCE_CERTAIN},
			  {E(DELIVERED) | E(LISTEN_FULL) | E(GREW_OVERFLOWS) | E(TIMEOUT),
			   E(SYNACK_MADE) | E(SYN_QUEUE_FULL), CONFIDENCE_CERTAIN},
			  {E(DELIVERED) | E(LISTEN_FULL) | E(TIMEOUT),
			   E(SYNACK_MADE) | E(SYN_QUEUE_FULL), CONFIDENCE_LIKELY},
			  {E(FORWARDED) | E(LISTENER_FULL) | E(TIMEOUT),
			   E(SYNACK_MADE) | E(DROP_NETFILTER) | E(DROP_OTHER), CONFIDENCE_LIKELY},
			  {E(HANDSHAKE) | E(GREW_OVERFLOWS) | E(TIMEOUT),
			   E(RESPONSE) | E(NOT_ACCEPTED) | E(ESTABLISHED) | E(RESET_ACTIVE),
			   CONFIDENCE_LIKELY},
			  {UNANSWERED | E(GREW_OVERFLOWS), ALONE(E(GREW_OVERFLOWS)),
			   CONFIDENCE_LIKELY},
			  {UNANSWERED | E(GREW_OVERFLOWS), E_ANY_ANSWER, CONFIDENCE_POSSIBLE},
			  {UNANSWERED | E(LISTENER_FULL), ALONE(0), CONFIDENCE_LIKELY},
			  {UNANSWERED | E(SYNACK_AGAIN),
			   E(RESPONSE) | E(SERVER_FIN) | E(RST_OUT) | E(PROBER_RST),
			   CONFIDENCE_POSSIBLE},
			  {E(CAPTURE) | E(RESET_HANDSHAKE), E(RESPONSE) | E(REQUEST),
			   CONFIDENCE_POSSIBLE}},
		.needs = NEED_SERVICE | NEED_COUNTERS,
		.captured = "accept queue[ of {process}] full[: backlog {backlog}, limit {limit}]: "
			    "{unanswered_words}[, {grew_words}]",
		.summary = "accept queue of {process} full: backlog {backlog}, limit {limit} "
			   "(somaxconn {somaxconn}); {overflow_words}",
		.fix = {"[{?stopped}kill -CONT {pid}  # {comm} is stopped]",
			"[{?fds_full}raise the limit of open files of {comm} (now {fds_limit}): "
			"LimitNOFILE= in its unit]",
			"[{comm} does not accept fast enough: more workers, or look what blocks "
			"it: cat /proc/{pid}/wchan]",
			"raise its listen backlog[ (now {limit})][, and sysctl -w "
			"net.core.somaxconn={somaxconn_fix}]"},
	},
	{.next = causes_reply},
};
