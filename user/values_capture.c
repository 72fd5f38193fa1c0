// SPDX-License-Identifier: GPL-2.0-only
// Values about a probe of which only the packets are known.
#include <inttypes.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "values_internal.h"

static evidence_t bits_of(const struct values_of *of)
{
	return of->probe->attempt.bits;
}

/* Nothing could be looked up on the host: its packets are all there is. */
static bool is_offline(const struct probe *probe)
{
	return probe->attempt.bits & E(CAPTURE) && !(probe->needs & ~probe->unanswered);
}

/* Nothing to print: whether it is so. */
static bool offline(const struct values_of *of, char *out, size_t out_len)
{
	(void)out_len;
	out[0] = 0;
	return is_offline(of->probe);
}

/* The same: whether the kernel told what happens. */
static bool traced(const struct values_of *of, char *out, size_t out_len)
{
	(void)out_len;
	out[0] = 0;
	return !(bits_of(of) & E(CAPTURE));
}

static bool asks(const struct probe *probe, const struct ev_packet *p)
{
	return p->hdr.type == EV_PACKET && p->pkt_type == 0 && p->flow.sport == probe->flow.sport &&
	       !memcmp(p->flow.saddr, probe->flow.saddr, 16) && begins_attempt(&p->flow, &p->tcp);
}

/* "3 SYNs, 1000 and 2000 ms apart" */
static void spacing_words(const struct probe *probe, char *out, size_t out_len)
{
	const char *what = probe->flow.proto == IPPROTO_TCP ? "SYN" : "packet";
	const char *before = ", ";
	uint64_t last_ns = 0;
	size_t at = (size_t)snprintf(out, out_len, "%u %s%s", probe->syns, what,
				     probe->syns == 1 ? "" : "s");

	for (unsigned int i = 0; i < probe->n_events && at + 40 < out_len; i++) {
		const struct ev_packet *p = (const void *)probe->events[i];

		if (!asks(probe, p))
			continue;
		if (last_ns) {
			at += (size_t)snprintf(out + at, out_len - at, "%s%" PRIu64, before,
					       (uint64_t)(p->hdr.time_ns - last_ns) / 1000000);
			before = " and ";
		}
		last_ns = p->hdr.time_ns;
	}
	if (before[1] == 'a')
		snprintf(out + at, out_len - at, " ms apart");
}

static bool unanswered_words(const struct values_of *of, char *out, size_t out_len)
{
	char spacing[120];

	if (bits_of(of) & E(RESET_HANDSHAKE))
		return value_put(out, out_len,
				 "the handshake's last ACK was answered with a reset "
				 "(tcp_abort_on_overflow, or a rule that rejects)");
	if (bits_of(of) & E(SYNACK_AGAIN))
		return value_put(out, out_len,
				 "the handshake's last ACK came, and the SYN-ACK was repeated all "
				 "the same (the queue is full, a rule drops the ACK, or "
				 "TCP_DEFER_ACCEPT waits for data)");
	spacing_words(of->probe, spacing, sizeof(spacing));
	snprintf(out, out_len, "not answered within %" PRIu64 " ms (%s)", value_waited_ms(of),
		 spacing);
	return true;
}

/* "ListenOverflows +3 and PAWSPassive +1": what can account for a SYN without an answer. */
static bool grew_words(const struct values_of *of, char *out, size_t out_len)
{
	static const char *const names[] = {
		"TcpExtListenOverflows",     "TcpExtTCPReqQFullDrop", "TcpExtPAWSPassive",
		"TcpExtPAWSEstab",	     "TcpExtPAWSTimewait",    "IpOutNoRoutes",
		"TcpExtIPReversePathFilter", "Ip6OutNoRoutes",	      "TcpInCsumErrors",
		"IpExtInCsumErrors",	     "TcpExtTCPMD5NotFound",  "TcpExtTCPMD5Unexpected",
		"TcpExtTCPMD5Failure",
	};
	size_t at = 0;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]) && at < out_len; i++) {
		uint64_t grew = probe_grew(of->probe, names[i]);

		if (grew)
			at += (size_t)snprintf(
				out + at, out_len - at, "%s%s +%" PRIu64, at ? " and " : "",
				names[i] + (strncmp(names[i], "TcpExt", 6) ? 0 : 6), grew);
	}
	return at > 0;
}

/* RFC 792, RFC 1812 section 5.2.7.1 */
static const char *icmp_code_words(const struct ev_icmp *icmp, bool v4)
{
	static const char *const codes[] = {"network unreachable", "host unreachable",
					    "protocol unreachable", "port unreachable"};

	if (v4 && icmp->type == 3 && icmp->code < sizeof(codes) / sizeof(codes[0]))
		return codes[icmp->code];
	if (v4 ? icmp->type == 3 && (icmp->code == 9 || icmp->code == 10 || icmp->code == 13)
	       : icmp->type == 1 && icmp->code == 1)
		return "administratively prohibited";
	if (!v4 && icmp->type == 1)
		return icmp->code == 4 ? "port unreachable" : "destination unreachable";
	return "an error";
}

static bool rule_rejects(const struct probe *probe)
{
	const struct fact_rule *rule = probe_counted_rule(probe, false);

	return rule && rule->verdict == RULE_REJECT;
}

static bool rejected_words(const struct values_of *of, char *out, size_t out_len)
{
	const struct ev_icmp *icmp = &of->probe->attempt.icmp;
	const bool v4 = of->probe->flow.family == 4;
	const char *why = "a packet-filter rule of the host rejects it";

	if (!(bits_of(of) & E(ICMP_SENT))) {
		snprintf(out, out_len, "answered with a reset: %s%s", why,
			 rule_rejects(of->probe) ? "" : ", or the service has just been started");
		return true;
	}
	if (bits_of(of) & E(ICMP_BY_OTHER))
		why = "a router or firewall on the way, or a container's host, refuses it";
	else if (!(bits_of(of) & (E(ICMP_PROHIBITED) | E(PORT_UNREACHABLE))) &&
		 !rule_rejects(of->probe))
		why = "a packet-filter rule of the host rejects it, or the host has no way to "
		      "where "
		      "it hands it on";
	snprintf(out, out_len, "answered with ICMP%s %s (type %u code %u)%s: %s", v4 ? "" : "v6",
		 icmp_code_words(icmp, v4), icmp->type, icmp->code,
		 bits_of(of) & E(ICMP_BY_OTHER) ? " by another host" : "", why);
	return true;
}

static bool refusal_words(const struct values_of *of, char *out, size_t out_len)
{
	const bool tcp = of->probe->flow.proto == IPPROTO_TCP;
	const char *answer = tcp ? "a reset" : "ICMP port unreachable";

	if (bits_of(of) & E(CAPTURE) && probe_knows(of->probe, NEED_LISTENERS) &&
	    !probe_fact(of->probe, EV_FACT_LISTENER, NULL))
		snprintf(out, out_len, "answered with %s, and nothing listens on port %u", answer,
			 of->probe->flow.dport);
	else
		snprintf(out, out_len,
			 "answered with %s: nothing listens on port %u, or a packet-filter rule "
			 "rejects it so",
			 answer, of->probe->flow.dport);
	return true;
}

static bool stamp_last(const struct values_of *of, char *out, size_t out_len)
{
	return bits_of(of) & E(STAMPS_BACK) &&
	       value_put_number(out, out_len, of->probe->attempt.stamp_last);
}

static bool stamp_age(const struct values_of *of, char *out, size_t out_len)
{
	return bits_of(of) & E(STAMPS_BACK) &&
	       value_put_number(out, out_len,
				(int64_t)(of->probe->attempt.stamp_age_ns / 1000000000));
}

/* "98000 in this SYN (tcp_metrics: last timestamp 99000, 5 s ago)", if only the kernel knows it */
static bool stamp_kept(const struct values_of *of, char *out, size_t out_len)
{
	const struct fact_tcp_metric *kept;
	uint64_t age_ns;

	if (bits_of(of) & E(STAMPS_BACK))
		return false;
	kept = probe_stamp_kept(of->probe, &age_ns);
	if (!kept)
		return false;
	snprintf(out, out_len, "%u in this SYN (tcp_metrics: last timestamp %u, %" PRIu64 " s ago)",
		 of->probe->attempt.syn.tsval, kept->tsval, age_ns / 1000000000);
	return true;
}

static bool recycle_words(const struct values_of *of, char *out, size_t out_len)
{
	int64_t value;

	return value_put(out, out_len,
			 probe_sysctl(of->probe, "net.ipv4.tcp_tw_recycle", &value) && value
				 ? "net.ipv4.tcp_tw_recycle is set, which drops such SYNs"
				 : "so does a kernel before 4.12 with net.ipv4.tcp_tw_recycle=1");
}

/* What can have become of a SYN that is not answered. */
static void lost_syn_words(const struct values_of *of, char *out, size_t out_len)
{
	char spacing[120];

	spacing_words(of->probe, spacing, sizeof(spacing));
	snprintf(out, out_len, "no answer within %" PRIu64 " ms (%s): %s", value_waited_ms(of),
		 spacing,
		 is_offline(of->probe)
			 ? "a packet filter, a full queue, the reverse-path filter or a missing "
			   "route back drops it, or the capture misses the answer"
			 : "nothing that this host counts accounts for it");
}

bool value_captured_words(const struct values_of *of, char *out, size_t out_len)
{
	evidence_t bits = bits_of(of);

	if (bits & E(ANSWER_MISSED) && !(bits & E(SYNACK_MADE)))
		snprintf(out, out_len,
			 "the prober went on as after a SYN-ACK, which the capture does not have: "
			 "it "
			 "misses what the server sends (tcpdump -i any), or lost packets");
	else if (bits & E(RESPONSE) && bits & (E(SERVER_FIN) | E(RST_OUT)) &&
		 exchange_is_unread(&of->probe->exchange))
		snprintf(out, out_len,
			 "answered, but not all of the answer was captured (tcpdump -s 0): whether "
			 "it is a good one is not known");
	else if (of->probe->cut_short_ms)
		snprintf(out, out_len, "the capture ends %u ms after the %s, before the outcome",
			 of->probe->cut_short_ms,
			 of->probe->flow.proto == IPPROTO_TCP ? "SYN" : "packet");
	else if (bits & E(RST_OUT))
		snprintf(out, out_len, "answered with a reset");
	else if (bits & E(ACK_ANSWER))
		snprintf(out, out_len,
			 "the SYN was answered by an ACK: an old connection of the same addresses "
			 "and ports is still open there");
	else if (bits & E(REQUEST) && !(bits & E(REQUEST_TAKEN)))
		snprintf(out, out_len,
			 "the request came, and was not even acknowledged within %" PRIu64
			 " ms: a packet filter drops what follows the handshake, or the capture "
			 "misses "
			 "what the server sends",
			 value_waited_ms(of));
	else if (bits & E(SYNACK_MADE))
		snprintf(out, out_len,
			 "a SYN-ACK was captured, and nothing that decides for %" PRIu64 " ms",
			 value_waited_ms(of));
	else
		lost_syn_words(of, out, out_len);
	return true;
}

const struct value values_capture[] = {
	{"?offline", offline},
	{"?traced", traced},
	{"unanswered_words", unanswered_words},
	{"grew_words", grew_words},
	{"rejected_words", rejected_words},
	{"refusal_words", refusal_words},
	{"stamp_last", stamp_last},
	{"stamp_age", stamp_age},
	{"stamp_kept", stamp_kept},
	{"recycle_words", recycle_words},
	{NULL, NULL},
};
