// SPDX-License-Identifier: GPL-2.0-only
// The evidence in words: one line for each event of a probe.
#include "steps.h"

#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "escape.h"
#include "flow.h"
#include "steps_facts.h"

static const char elsewhere[] = ", in another network namespace";

static const char *const hooks[] = {"PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"};

const char *tcp_state_name(uint32_t state)
{
	static const char *const names[] = {
		"CLOSED",    "ESTABLISHED", "SYN_SENT",	    "SYN_RECV",	  "FIN_WAIT1",
		"FIN_WAIT2", "TIME_WAIT",   "CLOSE",	    "CLOSE_WAIT", "LAST_ACK",
		"LISTEN",    "CLOSING",	    "NEW_SYN_RECV",
	};

	return state < sizeof(names) / sizeof(names[0]) ? names[state] : "?";
}

static void flags_words(const struct ev_tcp *tcp, char *out, size_t out_len)
{
	snprintf(out, out_len, "%s%s%s%s", tcp->flags & TCP_SYN ? "SYN " : "",
		 tcp->flags & TCP_RST ? "RST " : "", tcp->flags & TCP_FIN ? "FIN " : "",
		 tcp->flags & TCP_ACK ? "ACK " : "");
	if (!strncmp(out, "SYN ACK ", 8))
		snprintf(out, out_len, "SYN-ACK ");
}

static void datagram_words(const struct ev_flow *flow, const struct ev_tcp *tcp, char *out,
			   size_t out_len)
{
	if (flow->proto == IPPROTO_UDP)
		snprintf(out, out_len, "datagram, %u bytes", tcp->payload_len);
	else
		snprintf(out, out_len, "echo %s seq %u", flow->dport ? "reply" : "request",
			 tcp->seq);
}

static void packet_words(const struct ev_flow *flow, const struct ev_tcp *tcp, char *out,
			 size_t out_len)
{
	char flags[24], ack[24] = "", ts[24] = "", len[24] = "";

	if (flow->proto != IPPROTO_TCP) {
		datagram_words(flow, tcp, out, out_len);
		return;
	}
	flags_words(tcp, flags, sizeof(flags));
	if (tcp->flags & TCP_ACK)
		snprintf(ack, sizeof(ack), " ack %u", tcp->ack);
	if (tcp->options & TCPOPT_SEEN_TS)
		snprintf(ts, sizeof(ts), " tsval %u", tcp->tsval);
	if (tcp->payload_len)
		snprintf(len, sizeof(len), ", %u bytes", tcp->payload_len);
	snprintf(out, out_len, "%sseq %u%s%s%s%s", flags, tcp->seq, ack, ts,
		 tcp->options & (TCPOPT_SEEN_MD5 | TCPOPT_SEEN_AO) ? " signed" : "", len);
}

enum { NAT_WORDS_LEN = 2 * FLOW_ENDPOINT_LEN + 8 };

static const char *nat_words(const struct ev_flow *nat, char out[NAT_WORDS_LEN])
{
	char source[FLOW_ENDPOINT_LEN], target[FLOW_ENDPOINT_LEN];

	snprintf(out, NAT_WORDS_LEN, "%s -> %s", endpoint_text(nat->saddr, nat->sport, source),
		 endpoint_text(nat->daddr, nat->dport, target));
	return out;
}

static void packet_step(const struct ev_packet *p, const struct corr_host *host,
			struct verdict_step *step)
{
	char tcp[96], name[FACT_IFNAME_LEN], quote[80], nat[NAT_WORDS_LEN];
	const uint8_t *data;
	size_t len;

	step->at = p->waypoint == WP_XDP	  ? "xdp"
		   : p->waypoint == WP_TC_INGRESS ? "tc-ingress"
		   : p->waypoint == WP_TC_EGRESS  ? "tc-egress"
		   : p->waypoint == WP_CAPTURE	  ? "capture"
		   : p->hook < 5		  ? hooks[p->hook]
						  : "netfilter";
	packet_words(&p->flow, &p->tcp, tcp, sizeof(tcp));
	if (p->waypoint == WP_NETFILTER && p->priority >= NF_LAST_PRIORITY) {
		snprintf(step->what, sizeof(step->what), "%s passed the hook%s%s", tcp,
			 p->nat.family ? ", as " : "",
			 p->nat.family ? nat_words(&p->nat, nat) : "");
		return;
	}
	if (p->waypoint == WP_NETFILTER) {
		if (p->priority <= -NF_LAST_PRIORITY)
			snprintf(step->what, sizeof(step->what), "%s enters the hook", tcp);
		else
			snprintf(step->what, sizeof(step->what), "%s passed priority %d", tcp,
				 p->priority);
		return;
	}
	host_ifname(host, p->ifindex, name);
	len = packet_payload(p, &data);
	snprintf(step->what, sizeof(step->what), "%s%s%s%s%s%s%s%s", tcp, p->ifindex ? " on " : "",
		 p->ifindex ? name : "",
		 p->pkt_type == 3 && p->waypoint == WP_TC_INGRESS
			 ? ", to another host's MAC address"
			 : "",
		 p->untracked ? ", not followed: connection table full" : "", len ? ": \"" : "",
		 len ? escape_text(data, len, quote, sizeof(quote)) : "", len ? "\"" : "");
}

static void socket_step(const struct ev_socket *s, struct verdict_step *step)
{
	char local[FLOW_ENDPOINT_LEN];

	step->at = "socket-lookup";
	if (!s->state) {
		snprintf(step->what, sizeof(step->what), "no socket would take it");
		return;
	}
	if (s->state == 10)
		snprintf(step->what, sizeof(step->what),
			 "listener on %s: accept queue %u of %u, SYN queue %u%s",
			 endpoint_text(s->laddr, s->flow.dport, local), s->backlog, s->max_backlog,
			 s->syn_queue, s->has_filter ? ", has a socket filter" : "");
	else if (s->state == 6)
		snprintf(step->what, sizeof(step->what),
			 "TIME_WAIT: last timestamp %u, next sequence number %u", s->tw_ts_recent,
			 s->tw_rcv_nxt);
	else
		snprintf(step->what, sizeof(step->what),
			 "connection of the same addresses and ports: %s",
			 tcp_state_name(s->state));
}

static void drop_step(const struct ev_drop *d, struct verdict_step *step)
{
	char tcp[96];

	step->at = "kfree_skb";
	packet_words(&d->flow, &d->tcp, tcp, sizeof(tcp));
	snprintf(step->what, sizeof(step->what), "%s dropped: %.47s%s%.47s%s", tcp, d->reason_name,
		 d->symbol[0] ? " in " : "", d->symbol, d->netns ? elsewhere : "");
}

static void reset_step(const struct ev_reset *r, struct verdict_step *step)
{
	step->at = "tcp_send_reset";
	snprintf(step->what, sizeof(step->what), "%s%s%.47s%s%s%s",
		 r->active ? "closed with a reset" : "reset sent", r->has_reason ? ": " : "",
		 r->reason_name, r->sk_state ? ", socket in " : "",
		 r->sk_state ? tcp_state_name(r->sk_state) : "", r->netns ? elsewhere : "");
}

static const char *icmp_place(uint8_t at_exit)
{
	switch (at_exit) {
	case 0:
		return "icmp_send";
	case 1:
		return "tc-egress";
	default:
		return "capture";
	}
}

bool step_of_event(const struct ev_hdr *ev, const struct corr_host *host, struct verdict_step *step)
{
	const struct ev_icmp *icmp = (const void *)ev;
	const struct ev_state *state = (const void *)ev;

	switch (ev->type) {
	case EV_PACKET:
		packet_step((const void *)ev, host, step);
		return true;
	case EV_SOCKET:
		socket_step((const void *)ev, step);
		return true;
	case EV_DROP:
		drop_step((const void *)ev, step);
		return true;
	case EV_RESET:
		reset_step((const void *)ev, step);
		return true;
	case EV_ICMP:
		step->at = icmp_place(icmp->at_exit);
		snprintf(step->what, sizeof(step->what), "ICMP error type %u code %u about it%s",
			 icmp->type, icmp->code, icmp->netns ? elsewhere : "");
		return true;
	case EV_STATE:
		step->at = "inet_sock_set_state";
		snprintf(step->what, sizeof(step->what), "%s -> %s%s",
			 tcp_state_name(state->oldstate), tcp_state_name(state->newstate),
			 state->netns ? elsewhere : "");
		return true;
	case EV_SYNACK_RETRANS:
		step->at = "tcp_retransmit_synack";
		snprintf(step->what, sizeof(step->what), "SYN-ACK sent again");
		return true;
	default:
		return false;
	}
}

static void http_words(const struct http_request *r, char *out, size_t out_len)
{
	char line[92], host[56], agent[56];

	escape_text(r->line.data, r->line.len, line, sizeof(line));
	escape_text(r->host.data, r->host.len, host, sizeof(host));
	escape_text(r->user_agent.data, r->user_agent.len, agent, sizeof(agent));
	snprintf(out, out_len, "\"%s\"%s%s%s%s", line,
		 r->host.len	 ? ", Host: "
		 : r->host_known ? ", no Host"
				 : "",
		 host, r->user_agent.len ? ", User-Agent: " : "", agent);
}

/* The request put together, which no packet alone may show. */
static bool request_step(const struct probe *probe, struct verdict_step *step)
{
	const struct exchange *x = &probe->exchange;
	struct http_request http;
	char offer[160];

	step->t_us = ((int64_t)x->first_ns[FROM_PROBER] - (int64_t)probe->first_ns) / 1000;
	step->at = "request";
	if (exchange_http_request(x, &http)) {
		http_words(&http, step->what, sizeof(step->what));
		return true;
	}
	if (!exchange_offer_words(x, offer, sizeof(offer)))
		return false;
	snprintf(step->what, sizeof(step->what), "TLS ClientHello, %s", offer);
	return true;
}

void steps_write(const struct probe *probe, const struct corr_host *host, struct verdict *v)
{
	v->n_steps = 0;
	for (unsigned int i = 0; i < probe->n_events && v->n_steps < VERDICT_STEPS_MAX; i++) {
		struct verdict_step *step = &v->steps[v->n_steps];

		step->t_us = ((int64_t)probe->events[i]->time_ns - (int64_t)probe->first_ns) / 1000;
		v->n_steps += step_of_event(probe->events[i], host, step);
	}
	if (v->n_steps < VERDICT_STEPS_MAX)
		v->n_steps += request_step(probe, &v->steps[v->n_steps]);
	for (unsigned int i = 0; i < probe->n_facts && v->n_steps < VERDICT_STEPS_MAX; i++) {
		struct verdict_step *step = &v->steps[v->n_steps];

		step->t_us = ((int64_t)probe->facts[i]->time_ns - (int64_t)probe->first_ns) / 1000;
		step->at = "host";
		v->n_steps += fact_step(probe->facts[i], step->what, sizeof(step->what));
	}
	if (probe->more_events && v->n_steps < VERDICT_STEPS_MAX) {
		struct verdict_step *step = &v->steps[v->n_steps++];

		step->t_us = ((int64_t)probe->last_ns - (int64_t)probe->first_ns) / 1000;
		step->at = "clbtrace";
		snprintf(step->what, sizeof(step->what), "%u more events, not kept",
			 probe->more_events);
	}
}
