// SPDX-License-Identifier: GPL-2.0-only
// Values that say in words how a probe went.
#include <inttypes.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "escape.h"
#include "firewall.h"
#include "flow.h"
#include "steps.h"
#include "steps_facts.h"
#include "values_internal.h"

static bool put_name(char *out, size_t out_len, const char name[EV_NAME_LEN])
{
	if (!name[0])
		return false;
	escape_text(name, strnlen(name, EV_NAME_LEN), out, out_len);
	return true;
}

static evidence_t bits_of(const struct values_of *of)
{
	return of->probe->attempt.bits;
}

static bool forwards(const struct probe *probe)
{
	int64_t value;

	return !probe_sysctl(probe,
			     probe->flow.family == 4 ? "net.ipv4.ip_forward"
						     : "net.ipv6.conf.all.forwarding",
			     &value) ||
	       value;
}

/* What lets a translated probe go on. */
static bool forward_fix(const struct values_of *of, char *out, size_t out_len)
{
	char to[FLOW_ADDR_LEN];

	if (!(bits_of(of) & E(TRANSLATED)))
		return false;
	if (!forwards(of->probe))
		return value_put(out, out_len,
				 of->probe->flow.family == 4
					 ? "sysctl -w net.ipv4.ip_forward=1"
					 : "sysctl -w net.ipv6.conf.all.forwarding=1");
	snprintf(out, out_len, "ip route get %s  # fails: a route to the container is missing",
		 addr_text(probe_service(of->probe)->daddr, to));
	return true;
}

/* Nothing to print: whether it is the address that it came to. */
static bool as_it_came(const struct values_of *of, char *out, size_t out_len)
{
	(void)out_len;
	out[0] = 0;
	return !(bits_of(of) & E(TRANSLATED));
}

static bool not_ours_words(const struct values_of *of, char *out, size_t out_len)
{
	const char *reason = of->probe->attempt.drop.reason_name;
	char dst[FLOW_ADDR_LEN], to[FLOW_ENDPOINT_LEN];

	addr_text(of->probe->flow.daddr, dst);
	if (bits_of(of) & E(TRANSLATED))
		snprintf(out, out_len, "translated to %s, %s",
			 endpoint_text(probe_service(of->probe)->daddr,
				       probe_service(of->probe)->dport, to),
			 forwards(of->probe) ? "to which there is no way from here"
					     : "and this host does not forward");
	else if (!strcmp(reason, "OTHERHOST"))
		snprintf(out, out_len,
			 "sent to another host's Ethernet address (a stale ARP entry upstream, or "
			 "a wrong next hop): this host ignores it");
	else if (bits_of(of) & E(FORWARDED))
		snprintf(out, out_len, "%s is no address of this host: the probe was forwarded",
			 dst);
	else
		snprintf(out, out_len, "%s is no address of this host, and it does not forward",
			 dst);
	return true;
}

static bool csum_proto(const struct values_of *of, char *out, size_t out_len)
{
	const struct ev_flow *flow = &of->probe->flow;

	if (!strcmp(of->probe->attempt.drop.reason_name, "IP_CSUM"))
		return value_put(out, out_len, "IP");
	return value_put(out, out_len,
			 flow->proto == IPPROTO_TCP   ? "TCP"
			 : flow->proto == IPPROTO_UDP ? "UDP"
						      : "ICMP");
}

static bool reason(const struct values_of *of, char *out, size_t out_len)
{
	return put_name(out, out_len, of->probe->attempt.drop.reason_name);
}

static bool reject_words(const struct values_of *of, char *out, size_t out_len)
{
	const struct ev_icmp *icmp = &of->probe->attempt.icmp;

	if (bits_of(of) & E(ICMP_SENT))
		snprintf(out, out_len, "an ICMP%s error (type %u code %u)",
			 of->probe->flow.family == 4 ? "" : "v6", icmp->type, icmp->code);
	else
		snprintf(out, out_len, bits_of(of) & E(RST_OUT) ? "a TCP reset" : "an ICMP error");
	return true;
}

static bool dropped_packet(const struct values_of *of, char *out, size_t out_len)
{
	const struct ev_tcp *tcp = &of->probe->attempt.drop.tcp;

	if (tcp->flags & TCP_SYN || of->probe->flow.proto != IPPROTO_TCP)
		return false; /* what one expects */
	return value_put(out, out_len,
			 tcp->payload_len ? "the prober's request, after the handshake"
					  : "the prober's ACK, after the SYN-ACK");
}

static bool filter_words(const struct values_of *of, char *out, size_t out_len)
{
	const struct fact_program *p = NULL;
	char words[300];

	while ((p = probe_fact(of->probe, EV_FACT_PROGRAM, p)))
		if (p->place == PROG_CGROUP_INGRESS)
			break;
	if (bits_of(of) & E(LISTEN_FILTER))
		snprintf(out, out_len, "the socket filter%s%s", p ? " or a " : "",
			 p ? program_words(p, words, sizeof(words)) : "");
	else if (p)
		snprintf(out, out_len, "a %s", program_words(p, words, sizeof(words)));
	else
		snprintf(out, out_len,
			 "a socket filter, a cgroup program or a security module (none was found)");
	return true;
}

static bool cgroup_filter(const struct values_of *of, char *out, size_t out_len)
{
	const struct fact_program *p = NULL;

	while ((p = probe_fact(of->probe, EV_FACT_PROGRAM, p))) {
		if (p->place == PROG_CGROUP_INGRESS && p->id) {
			snprintf(out, out_len, "%u", p->id);
			return true;
		}
	}
	return false;
}

static bool socket_filter(const struct values_of *of, char *out, size_t out_len)
{
	(void)out_len;
	out[0] = 0;
	return bits_of(of) & E(LISTEN_FILTER);
}

static bool auth_words(const struct values_of *of, char *out, size_t out_len)
{
	const char *name = of->probe->attempt.drop.reason_name;

	/* TCP_AOKEYNOTFOUND is a signed segment, with a key id that the listener does not have. */
	if (!strcmp(name, "TCP_MD5NOTFOUND") || !strcmp(name, "TCP_AONOTFOUND"))
		return value_put(
			out, out_len,
			"the listener wants signed segments from this address, and the probe has "
			"no signature");
	if (!strcmp(name, "TCP_MD5UNEXPECTED") || !strcmp(name, "TCP_AOUNEXPECTED"))
		return value_put(out, out_len,
				 "the probe is signed, and the listener has no key for it");
	return value_put(out, out_len, "the probe's signature does not fit the listener's key");
}

static bool refused_words(const struct values_of *of, char *out, size_t out_len)
{
	const struct attempt *a = &of->probe->attempt;

	return value_put(out, out_len,
			 a->bits & E(RST_OUT) || a->reset.hdr.type
				 ? "the probe was answered with a reset"
				 : "the probe was dropped");
}

static bool reply_packet(const struct values_of *of, char *out, size_t out_len)
{
	if (of->probe->flow.proto != IPPROTO_TCP)
		return value_put(out, out_len, "answer");
	return value_put(out, out_len,
			 of->probe->attempt.reply_drop.tcp.flags & TCP_SYN ? "SYN-ACK"
									   : "response");
}

static void reply_tc_words(const struct values_of *of, bool qdisc, char *out, size_t out_len)
{
	const struct fact_program *p = NULL, *found = NULL;
	const struct ev_drop *d = &of->probe->attempt.reply_drop;
	char ifname[FACT_IFNAME_LEN], words[300];

	while ((p = probe_fact(of->probe, EV_FACT_PROGRAM, p)))
		if (qdisc ? p->place == PROG_QDISC
			  : p->place == PROG_TC_EGRESS || p->place == PROG_TCX_EGRESS)
			found = p;
	snprintf(out, out_len, "by %s of %s%s%s (%.47s)",
		 qdisc ? "the queueing discipline" : "a tc filter at egress",
		 host_ifname(of->host, d->ifindex, ifname), found ? ": " : "",
		 found ? program_words(found, words, sizeof(words)) : "", d->reason_name);
}

static bool reply_drop_words(const struct values_of *of, char *out, size_t out_len)
{
	const struct ev_drop *d = &of->probe->attempt.reply_drop;
	struct firewall_place place;
	char chain[400];

	if (probe_reply_filtered(of->probe)) {
		firewall_place(of->probe, of->host, true, &place);
		if (!firewall_chain_words(&place, chain, sizeof(chain)))
			chain[0] = 0;
		snprintf(out, out_len, "by the firewall in %s%s%s",
			 place.hook[0] ? place.hook : "a hook", chain[0] ? ", " : "", chain);
	} else if (!strncmp(d->reason_name, "QDISC", 5) || !strncmp(d->reason_name, "FQ_", 3)) {
		reply_tc_words(of, true, out, out_len);
	} else if (!strncmp(d->reason_name, "TC_", 3)) {
		reply_tc_words(of, false, out, out_len);
	} else if (!strcmp(d->reason_name, "BPF_CGROUP_EGRESS")) {
		snprintf(out, out_len, "by a cgroup BPF program (%.47s)", d->reason_name);
	} else {
		snprintf(out, out_len, "%.47s%s%.47s", d->reason_name, d->symbol[0] ? " in " : "",
			 d->symbol);
	}
	return true;
}

static bool reset_after(const struct values_of *of, char *out, size_t out_len)
{
	return value_put(out, out_len,
			 bits_of(of) & E(REQUEST) ? "after the request, without an answer"
						  : "right after the handshake");
}

static bool reset_reason(const struct values_of *of, char *out, size_t out_len)
{
	const char *name = of->probe->attempt.reset.reason_name;

	if (!strcmp(name, "TCP_ABORT_ON_LINGER"))
		return value_put(out, out_len, "close() with SO_LINGER 0");
	if (!strcmp(name, "TCP_ABORT_ON_CLOSE"))
		return value_put(out, out_len, "close() with unread data");
	return put_name(out, out_len, name);
}

static bool unread_close(const struct values_of *of, char *out, size_t out_len)
{
	(void)out_len;
	out[0] = 0;
	return bits_of(of) & E(RESET_UNREAD);
}

static bool synacks(const struct values_of *of, char *out, size_t out_len)
{
	if (of->probe->attempt.synacks < 2)
		return false;
	snprintf(out, out_len, "%u", of->probe->attempt.synacks);
	return true;
}

/* The last place where the SYN of the latest attempt was seen. */
static const char *last_seen(const struct probe *probe)
{
	const struct attempt *a = &probe->attempt;

	if (a->bits & E(DELIVERED))
		return probe->flow.proto == IPPROTO_TCP ? "it passed INPUT to TCP"
							: "it passed INPUT";
	if (a->bits & E(FORWARDED))
		return "it was handed on by another interface";
	if (a->in.skb)
		return "it entered netfilter and did not leave it";
	return "it was seen at tc ingress only";
}

static bool undetermined_words(const struct values_of *of, char *out, size_t out_len)
{
	const struct attempt *a = &of->probe->attempt;
	char name[4 * EV_NAME_LEN + 1] = "", symbol[4 * EV_NAME_LEN + 1] = "";

	if (a->bits & E(CAPTURE))
		return value_captured_words(of, out, out_len);
	escape_text(a->drop.reason_name, strnlen(a->drop.reason_name, EV_NAME_LEN), name,
		    sizeof(name));
	escape_text(a->drop.symbol, strnlen(a->drop.symbol, EV_NAME_LEN), symbol, sizeof(symbol));
	if (of->probe->cut_short_ms && !(a->bits & E_DROP_SYN))
		snprintf(out, out_len, "tracing ended %u ms after the SYN, before the outcome",
			 of->probe->cut_short_ms);
	else if (a->socket.hdr.type && a->socket.state && a->socket.state != 10 &&
		 a->socket.state != 6)
		snprintf(out, out_len,
			 "the SYN met a connection of the same addresses and ports in state %s%s",
			 tcp_state_name(a->socket.state),
			 a->bits & E(ACK_ANSWER) ? ", answered by an ACK" : "");
	else if (a->drop.hdr.type && name[0])
		snprintf(out, out_len, "the kernel dropped the %s: %s%s%s",
			 a->drop.tcp.flags & TCP_SYN ? "SYN" : "prober's packet", name,
			 symbol[0] ? " in " : "", symbol);
	else if (a->reset.hdr.type || a->bits & E(RST_OUT))
		snprintf(out, out_len, "answered with a reset%s%.47s",
			 a->reset.has_reason ? ": " : "",
			 a->reset.has_reason ? a->reset.reason_name : "");
	else if (a->bits & E(SYNACK_MADE))
		snprintf(out, out_len,
			 "a SYN-ACK was made%s, and nothing else was seen for %" PRIu64 " ms",
			 a->bits & E(SYNACK_LEFT) ? "" : " but not seen leaving",
			 value_waited_ms(of));
	else
		snprintf(out, out_len, "no answer and no drop was seen within %" PRIu64 " ms: %s",
			 value_waited_ms(of), last_seen(of->probe));
	return true;
}

static bool lost_words(const struct values_of *of, char *out, size_t out_len)
{
	if (of->probe->untracked || of->probe->evicted)
		return value_put(out, out_len,
				 "more connections at once than are followed (--max-probes)");
	return value_put(out, out_len, "events were lost while this probe was followed");
}

static bool lost_fix(const struct values_of *of, char *out, size_t out_len)
{
	if (of->probe->untracked || of->probe->evicted)
		return value_put(
			out, out_len,
			"run again with a larger --max-probes, or watch fewer: --port, --source");
	return value_put(out, out_len, "watch fewer probes at once: --port, --source, --interface");
}

const struct value values_words[] = {
	{"not_ours_words", not_ours_words},
	{"forward_fix", forward_fix},
	{"?as_it_came", as_it_came},
	{"csum_proto", csum_proto},
	{"reason", reason},
	{"reject_words", reject_words},
	{"dropped_packet", dropped_packet},
	{"filter_words", filter_words},
	{"cgroup_filter", cgroup_filter},
	{"?socket_filter", socket_filter},
	{"auth_words", auth_words},
	{"refused_words", refused_words},
	{"reply_packet", reply_packet},
	{"reply_drop_words", reply_drop_words},
	{"reset_after", reset_after},
	{"reset_reason", reset_reason},
	{"?unread_close", unread_close},
	{"synacks", synacks},
	{"undetermined_words", undetermined_words},
	{"lost_words", lost_words},
	{"lost_fix", lost_fix},
	{NULL, NULL},
};
