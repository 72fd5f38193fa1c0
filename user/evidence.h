/* SPDX-License-Identifier: GPL-2.0-only */
/* What is known of a probe's latest attempt, as bits that the cause table's rules are written in.
 */
#ifndef CLBTRACE_EVIDENCE_H
#define CLBTRACE_EVIDENCE_H

#include <stdint.h>

/* A bit for each row of EVIDENCE below. */
typedef unsigned __int128 evidence_t;

struct probe;
struct corr_host;

/* name, what it means. Incoming: from the prober. Reply: from this host to the prober. */
#define EVIDENCE(X)                                                                                \
	X(ARRIVED, "the SYN was seen at entry")                                                    \
	X(DELIVERED, "the SYN passed the last INPUT hook")                                         \
	X(FORWARDED, "the SYN left by an interface of this host")                                  \
	X(TRANSLATED, "this host translated its addresses")                                        \
	X(ELSEWHERE, "it was handled in another network namespace of this host")                   \
	X(SYNACK_MADE, "a SYN-ACK was made")                                                       \
	X(SYNACK_LEFT, "the SYN-ACK passed tc egress")                                             \
	X(SYNACK_ELSEWHERE, "the SYN-ACK went by another interface than the SYN")                  \
	X(ACK_ANSWER, "the SYN was answered by an ACK")                                            \
	X(RST_OUT, "a reset was sent")                                                             \
	X(HANDSHAKE, "the prober's ACK of the SYN-ACK came")                                       \
	X(ESTABLISHED, "the connection was established")                                           \
	X(PROBER_RST, "the prober reset after the SYN-ACK")                                        \
	X(PROBER_FIN, "the prober closed")                                                         \
	X(HALF_CLOSED, "the prober closed before the answer")                                      \
	X(GAVE_UP, "the prober waited for an answer, and closed first")                            \
	X(SERVER_FIN, "this host closed")                                                          \
	X(REQUEST, "the prober sent data")                                                         \
	X(RESPONSE, "this host sent data")                                                         \
	X(LATE, "its answer left too late")                                                        \
	X(HTTP_REQUEST, "the request is HTTP")                                                     \
	X(HTTP_STATUS, "its HTTP status is not an expected one")                                   \
	X(NOT_HTTP, "an HTTP request was answered by something else")                              \
	X(WANTS_TLS, "the answer says that the request should have been TLS")                      \
	X(TLS_REQUEST, "the request is a TLS ClientHello")                                         \
	X(TLS_ENCRYPTED, "encrypted data went both ways")                                          \
	X(TLS_SILENT, "encrypted data went both ways, and then no answer for long")                \
	X(TLS_REFUSED, "this host closed at the end of the TLS handshake, with an alert at most")  \
	X(ANSWER_CUT, "this host began an HTTP answer and did not finish it")                      \
	X(TLS_BROKEN, "this host closed in the middle of the TLS handshake")                       \
	X(NOT_TLS, "a TLS ClientHello was answered by something else")                             \
	X(SERVER_ALERT, "this host sent a TLS alert")                                              \
	X(PROBER_ALERT, "the prober sent a TLS alert")                                             \
	X(PROBER_REFUSED, "the prober ended the TLS handshake with an encrypted alert")            \
	X(DATAGRAM, "the probe is a UDP datagram")                                                 \
	X(ECHO, "the probe is an ICMP echo request")                                               \
	X(LONG, "it is too long for the netfilter waypoints to be looked at")                      \
	X(TIMEOUT, "the timeout has passed")                                                       \
	X(DROP_XDP, "dropped by XDP")                                                              \
	X(DROP_TC, "dropped by a tc filter at ingress")                                            \
	X(DROP_CSUM, "dropped for its checksum")                                                   \
	X(DROP_RPFILTER, "dropped by the reverse-path filter")                                     \
	X(DROP_LOCAL_SOURCE, "dropped for a local source address")                                 \
	X(DROP_NOT_OURS, "dropped as not for this host")                                           \
	X(DROP_NETFILTER, "dropped by netfilter")                                                  \
	X(DROP_QUEUE, "dropped where it is handed to a userspace queue")                           \
	X(DROP_SOCKET_FILTER, "dropped by a socket filter")                                        \
	X(DROP_SECURITY, "dropped by a security module")                                           \
	X(DROP_AUTH, "dropped for TCP-MD5 or TCP-AO")                                              \
	X(DROP_OVERFLOW, "the final ACK was refused by the accept queue")                          \
	X(DROP_PAWS, "dropped by PAWS in TIME_WAIT")                                               \
	X(DROP_RCVBUF, "dropped for want of room in the socket's receive buffer")                  \
	X(DROP_OTHER, "dropped for another reason")                                                \
	X(DROP_REPLY, "the reply was dropped")                                                     \
	X(DROP_NEIGH, "the reply was dropped for lack of a neighbour")                             \
	X(ICMP_SENT, "an ICMP error was sent")                                                     \
	X(PORT_UNREACHABLE, "ICMP port unreachable was sent")                                      \
	X(NO_SOCKET, "the kernel found no socket")                                                 \
	X(RESET_ACTIVE, "the connection was reset from this side")                                 \
	X(RESET_UNREAD, "it was reset because it was closed with unread data")                     \
	X(RESET_HANDSHAKE, "the final ACK was answered by a reset")                                \
	X(LISTEN_FOUND, "a listener was found at entry")                                           \
	X(LISTEN_FULL, "its accept queue was full")                                                \
	X(SYN_QUEUE_FULL, "its SYN queue was full, without SYN cookies")                           \
	X(LISTEN_FILTER, "its socket has a filter")                                                \
	X(TW_FOUND, "a TIME_WAIT connection was found at entry")                                   \
	X(TW_TS_NEWER, "its last timestamp is newer than the SYN's")                               \
	X(TW_SEQ_NEWER, "the SYN's sequence number is not after its last")                         \
	X(LISTENER_FITS, "a listener would take the probe now")                                    \
	X(LISTENER_ADDR, "a listener on the port has another address")                             \
	X(LISTENER_FAMILY, "a listener on the port has another family")                            \
	X(LISTENER_DEVICE, "a listener on the port is bound to another device")                    \
	X(LISTENER_ELSEWHERE, "a listener on the port is in another network namespace")            \
	X(LISTENER_FULL, "the listener's accept queue is full now")                                \
	X(DST_NOT_LOCAL, "the destination is no address of this host")                             \
	X(SRC_LOCAL, "the source is an address of this host")                                      \
	X(ROUTE_ERROR, "there is no route back")                                                   \
	X(NEIGH_BAD, "the reply's next hop does not resolve")                                      \
	X(CONNTRACK_FULL, "dropped at the conntrack hook, the table full")                         \
	X(RULE_QUEUES, "the rule hands it to a userspace queue")                                   \
	X(RULE_REJECTS, "the rule rejects it")                                                     \
	X(MODULE_HOOK, "no rule accounts for it, and another module has a hook there")             \
	X(CGROUP_FILTER, "a cgroup program filters the service's packets")                         \
	X(GREW_OVERFLOWS, "ListenOverflows grew")                                                  \
	X(GREW_REQQFULL, "TCPReqQFullDrop grew")                                                   \
	X(GREW_NOROUTES, "IpOutNoRoutes grew")                                                     \
	X(NOT_ACCEPTED, "the connection is still in the accept queue")                             \
	X(CONN_UNKNOWN, "whether it was accepted could not be looked up")                          \
	X(UNREAD, "the application has not read all that came")                                    \
	X(ECHO_IGNORED, "icmp_echo_ignore_all is set")                                             \
	X(GREW_RATE_LIMIT, "ICMP answers were left out by the rate limit")                         \
	X(CAPTURE, "its packets are known, but not what this host did with them")                  \
	X(SYNACK_AGAIN, "the SYN-ACK was repeated after the prober's ACK of it")                   \
	X(ICMP_PROHIBITED, "the ICMP error says that it is prohibited")                            \
	X(ICMP_BY_OTHER, "another host sent the ICMP error")                                       \
	X(STAMPS_BACK, "its timestamp is behind its source's last one of under 60 s ago")          \
	X(STAMPS_TAKEN, "SYNs are answered though their timestamps went back")                     \
	X(RECYCLE_ON, "net.ipv4.tcp_tw_recycle is set")                                            \
	X(GREW_PAWS_PASSIVE, "PAWSPassive grew")                                                   \
	X(GREW_PAWS, "PAWSEstab or PAWSTimewait grew")                                             \
	X(GREW_RPFILTER, "IPReversePathFilter grew")                                               \
	X(RULE_COUNTED, "a packet-filter rule that matches it has counted")                        \
	X(REPLY_COUNTED, "a packet-filter rule that matches its answer has counted")               \
	X(NO_LISTENER, "nothing listens on the port now")                                          \
	X(GREW_CSUM, "segments with a wrong checksum were counted")                                \
	X(GREW_AUTH, "segments with a wrong or missing signature were counted")                    \
	X(ANSWER_UNREAD, "the capture lacks what would tell a good answer from a bad one")         \
	X(ANSWER_MISSED, "the prober acknowledges an answer that the capture does not have")       \
	X(REQUEST_TAKEN, "the service's host acknowledged the request")                            \
	X(REQUEST_LOST, "the request was captured, and the host never acknowledged it")

enum evidence_index {
#define EVIDENCE_INDEX(name, text) EVI_##name,
	EVIDENCE(EVIDENCE_INDEX)
#undef EVIDENCE_INDEX
		EVI_COUNT,
};

#define E(name) ((evidence_t)1 << EVI_##name)

_Static_assert(EVI_COUNT <= 128, "evidence bits");

#define E_DROP_SYN                                                                                 \
	(E(DROP_XDP) | E(DROP_TC) | E(DROP_CSUM) | E(DROP_RPFILTER) | E(DROP_LOCAL_SOURCE) |       \
	 E(DROP_NOT_OURS) | E(DROP_NETFILTER) | E(DROP_SOCKET_FILTER) | E(DROP_SECURITY) |         \
	 E(DROP_AUTH) | E(DROP_OVERFLOW) | E(DROP_PAWS) | E(DROP_RCVBUF) | E(DROP_OTHER))

/* The words of one bit, by its index. */
const char *evidence_text(enum evidence_index index);

/*
 * Adds to the bits that the events have set those that follow from the host's facts about the
 * probe. Reads the probe and the host only.
 */
evidence_t evidence_of(const struct probe *probe, const struct corr_host *host);

#endif
