// SPDX-License-Identifier: GPL-2.0-only
// What an event adds to the latest attempt of its probe.
#include <string.h>

#include "observe_internal.h"

bool if_set_has(const struct if_set *set, uint32_t ifindex)
{
	for (unsigned int i = 0; i < set->n; i++)
		if (set->index[i] == ifindex)
			return true;
	return false;
}

void if_set_add(struct if_set *set, uint32_t ifindex)
{
	if (ifindex && set->n < PROBE_IFS_MAX && !if_set_has(set, ifindex))
		set->index[set->n++] = ifindex;
}

/* A capture shows packets where they enter and leave. */
static bool is_entry(const struct ev_packet *p)
{
	return p->waypoint == WP_TC_INGRESS || p->waypoint == WP_CAPTURE;
}

static bool is_exit(const struct ev_packet *p)
{
	return p->waypoint == WP_TC_EGRESS || p->waypoint == WP_CAPTURE;
}

void attempt_add(struct attempt *a, evidence_t bits, const struct ev_hdr *ev)
{
	if (bits & ~a->bits)
		a->decided_ns = ev->time_ns;
	a->bits |= bits;
}

void probe_new_attempt(struct probe *probe, uint64_t time_ns, const struct ev_tcp *syn)
{
	evidence_t made = probe->attempt.bits & (E(SYNACK_MADE) | E(SYNACK_LEFT));
	uint32_t synack_seq = probe->attempt.synack_seq;
	unsigned int synacks = probe->attempt.synacks;
	struct if_set out_ifs = probe->attempt.out_ifs;

	memset(&probe->attempt, 0, sizeof(probe->attempt));
	probe->attempt.start_ns = time_ns;
	probe->attempt.syn = *syn;
	/* An unanswered SYN-ACK still counts when the prober asks again: the kernel repeats it. */
	probe->attempt.bits = made;
	probe->attempt.synack_seq = synack_seq;
	probe->attempt.synacks = synacks;
	probe->attempt.out_ifs = out_ifs;
}

/* What it says, put together with what it has said. */
static void observe_payload(struct probe *probe, const struct ev_packet *p, enum exchange_way way)
{
	const uint32_t first = way == FROM_PROBER ? probe->isn : probe->attempt.synack_seq;
	/* Data that comes with a SYN (TCP Fast Open) has the sequence number behind it. */
	const uint32_t seq = p->tcp.seq + (p->tcp.flags & TCP_SYN ? 1 : 0);
	const uint8_t *data = NULL;
	size_t len = packet_payload(p, &data);

	const struct said said = {.time_ns = p->hdr.time_ns,
				  .offset = (int32_t)(seq - (first + 1)),
				  .size = p->tcp.payload_len,
				  .data = data,
				  .len = len};

	attempt_add(&probe->attempt, exchange_add(&probe->exchange, way, &said), &p->hdr);
}

static void observe_close(struct attempt *a, const struct ev_packet *p, bool incoming)
{
	if (a->close_ns)
		return;
	a->close_ns = p->hdr.time_ns;
	a->prober_closed = incoming;
}

static evidence_t kind_of(const struct ev_flow *flow)
{
	if (flow->proto == IPPROTO_TCP)
		return 0;
	return flow->proto == IPPROTO_UDP ? E(DATAGRAM) : E(ECHO);
}

/* bpf/packet.bpf.h, SYN_LEN_MAX_V4 and _V6: what is longer shows no waypoints. */
static bool is_long(const struct ev_packet *p)
{
	return p->frame_len - p->l2_len > (p->flow.family == 4 ? 128U : 148U);
}

/* The socket was looked up for the addresses as they came: it is not the one that it will meet. */
static void forget_socket(struct attempt *a)
{
	a->bits &= ~(E(LISTEN_FOUND) | E(LISTEN_FULL) | E(LISTEN_FILTER) | E(TW_FOUND) |
		     E(TW_TS_NEWER) | E(TW_SEQ_NEWER));
}

static void observe_syn(struct probe *probe, const struct ev_packet *p)
{
	struct attempt *a = &probe->attempt;

	attempt_add(a, E(ARRIVED) | kind_of(&p->flow), &p->hdr);
	if (p->waypoint == WP_TC_INGRESS && is_long(p))
		attempt_add(a, E(LONG), &p->hdr);
	if (is_entry(p)) {
		if_set_add(&a->in_ifs, p->ifindex);
		if (p->flow.proto == IPPROTO_TCP && p->tcp.payload_len)
			observe_payload(probe, p, FROM_PROBER);
	}
	switch (p->waypoint) {
	case WP_CAPTURE:
		attempt_add(a, E(CAPTURE), &p->hdr);
		break;
	case WP_TC_INGRESS:
		a->in.reentered = a->in.skb == p->hdr.skb;
		if_set_add(&a->tc_ifs, p->ifindex);
		break;
	case WP_NETFILTER:
		if (p->hook == HOOK_PREROUTING && !a->l3_if)
			a->l3_if = p->ifindex;
		if (p->hook == HOOK_PREROUTING || p->hook == HOOK_INPUT)
			if_set_add(&a->in_ifs, p->ifindex);
		if (p->hook == HOOK_INPUT && p->priority >= NF_LAST_PRIORITY)
			attempt_add(a, E(DELIVERED), &p->hdr);
		if (p->hook == HOOK_POSTROUTING)
			attempt_add(a, E(FORWARDED), &p->hdr);
		break;
	case WP_TC_EGRESS:
		attempt_add(a, E(FORWARDED), &p->hdr);
		break;
	}
}

/* Before the answer it may be the end of the request only (shutdown()), or of the prober's
 * patience. */
static void observe_prober_fin(struct attempt *a, const struct ev_packet *p)
{
	bool waits = a->bits & E(REQUEST) && !(a->bits & (E(RESPONSE) | E(SERVER_FIN)));

	if (waits)
		a->half_closed_ns = p->hdr.time_ns;
	observe_close(a, p, true);
	attempt_add(a, waits ? E(HALF_CLOSED) : E(PROBER_FIN), &p->hdr);
}

/*
 * What only follows on a SYN-ACK, while the capture has none: it misses that direction, or has lost
 * packets. An old connection's ACK is answered with a reset that has its sequence numbers.
 */
static void observe_missed_answer(struct attempt *a, const struct ev_packet *p)
{
	const uint32_t first = a->syn.seq + 1 + a->syn.payload_len;
	const uint32_t at = p->tcp.seq - first;

	if (p->waypoint != WP_CAPTURE || p->flow.proto != IPPROTO_TCP || p->tcp.flags & TCP_SYN ||
	    a->bits & (E(RST_OUT) | E(ICMP_SENT) | E(ACK_ANSWER)))
		return;
	if (p->tcp.flags & TCP_RST ? !at : p->tcp.flags & TCP_ACK && at <= UINT16_MAX)
		attempt_add(a, E(ANSWER_MISSED), &p->hdr);
}

/* The prober's packets after the SYN count as of their arrival, whatever becomes of them on the
 * host. */
static void observe_incoming(struct probe *probe, const struct ev_packet *p)
{
	struct attempt *a = &probe->attempt;
	const struct ev_tcp *tcp = &p->tcp;

	if (!is_entry(p))
		return;
	if (!(a->bits & E(SYNACK_MADE))) {
		observe_missed_answer(a, p);
		return;
	}
	if (tcp->flags & TCP_RST) {
		observe_close(a, p, true);
		attempt_add(a, E(PROBER_RST), &p->hdr);
		return;
	}
	/* The acknowledgement must be of this SYN-ACK, not of an older connection's data. */
	if (!(tcp->flags & TCP_ACK) || (int32_t)(tcp->ack - (a->synack_seq + 1)) < 0)
		return;
	if (!a->ack_ns)
		a->ack_ns = p->hdr.time_ns;
	attempt_add(a, E(HANDSHAKE), &p->hdr);
	if (tcp->payload_len) {
		observe_payload(probe, p, FROM_PROBER);
		/* A PROXY protocol header asks nothing. */
		if (!exchange_is_header_only(&probe->exchange))
			attempt_add(a, E(REQUEST), &p->hdr);
	}
	if (tcp->flags & TCP_FIN)
		observe_prober_fin(a, p);
}

static void observe_synack(struct attempt *a, const struct ev_packet *p, bool left)
{
	a->synack_seq = p->tcp.seq;
	if (p->waypoint == WP_CAPTURE && a->bits & E(HANDSHAKE))
		attempt_add(a, E(SYNACK_AGAIN), &p->hdr);
	/* TCP Fast Open: the request came with the SYN, and was taken. */
	if (a->syn.payload_len && p->tcp.ack == a->syn.seq + 1 + a->syn.payload_len)
		attempt_add(a, E(REQUEST), &p->hdr);
	attempt_add(a, E(SYNACK_MADE) | (left ? E(SYNACK_LEFT) : 0), &p->hdr);
	if (left || p->hook == HOOK_POSTROUTING)
		if_set_add(&a->out_ifs, p->ifindex);
	if (left && !a->synack_ns)
		a->synack_ns = p->hdr.time_ns;
	a->synacks += left;
}

static void observe_response(struct probe *probe, const struct ev_packet *p)
{
	struct attempt *a = &probe->attempt;

	/* Of an encrypted exchange the first bytes are the handshake's. */
	if (!a->response_ns)
		a->response_ns = p->hdr.time_ns;
	if (a->bits & E(TLS_ENCRYPTED) && probe->timed_out && probe->outcome == OUTCOME_FAILED &&
	    !a->close_ns && p->tcp.payload_len > TLS_ALERT_SIZE) {
		a->response_ns = p->hdr.time_ns;
		attempt_add(a, E(LATE), &p->hdr);
	}
	attempt_add(a, E(RESPONSE), &p->hdr);
	observe_payload(probe, p, TO_PROBER);
}

static void observe_reset_out(struct attempt *a, const struct ev_packet *p)
{
	observe_close(a, p, false);
	attempt_add(a, E(RST_OUT), &p->hdr);
	observe_reset_after_drop(a, &p->hdr);
	/*
	 * A connection's own reset has an ACK (tcp_send_active_reset()); one without is sent in
	 * answer to a packet that has one (net/ipv4/tcp_ipv4.c, tcp_v4_send_reset()): here to the
	 * handshake's last.
	 */
	if (p->waypoint == WP_CAPTURE && a->bits & E(HANDSHAKE) && !(p->tcp.flags & TCP_ACK) &&
	    !(a->bits & (E(REQUEST) | E(SERVER_FIN))))
		attempt_add(a, E(RESET_HANDSHAKE), &p->hdr);
}

/*
 * What an old connection answers a SYN with: net/ipv4/tcp_ipv4.c, tcp_v4_timewait_ack(), or
 * net/ipv4/tcp_input.c, tcp_send_challenge_ack(). It names the next sequence number that it
 * expects and the last timestamp that it has taken.
 */
static void observe_ack_answer(struct attempt *a, const struct ev_packet *p)
{
	const bool stamps = a->syn.options & p->tcp.options & TCPOPT_SEEN_TS;

	if (p->waypoint != WP_CAPTURE) {
		attempt_add(a, E(ACK_ANSWER), &p->hdr);
		return;
	}
	if (p->tcp.flags & TCP_FIN || p->tcp.payload_len) /* the rest of an old connection */
		return;
	if (a->bits & E(ANSWER_MISSED)) /* of this connection, then */
		return;
	a->socket.tw_ts_recent = p->tcp.tsecr;
	a->socket.tw_rcv_nxt = p->tcp.ack;
	attempt_add(a, E(ACK_ANSWER), &p->hdr);
	/* net/ipv4/tcp_minisocks.c, tcp_timewait_state_process() */
	if (stamps && (int32_t)(p->tcp.tsecr - a->syn.tsval) > 0)
		attempt_add(a, E(TW_TS_NEWER), &p->hdr);
	/* A newer timestamp would do, whatever the sequence number. */
	if (!((a->syn.options | p->tcp.options) & TCPOPT_CUT) &&
	    (int32_t)(a->syn.seq - p->tcp.ack) <= 0 &&
	    (!stamps || (int32_t)(p->tcp.tsecr - a->syn.tsval) >= 0))
		attempt_add(a, E(TW_SEQ_NEWER), &p->hdr);
}

/* A FIN behind bytes that the capture has lost: there was an answer, which cannot be read. */
static void observe_lost_answer(struct probe *probe, const struct ev_packet *p)
{
	const int32_t sent = (int32_t)(p->tcp.seq - (probe->attempt.synack_seq + 1));
	const struct said said = {.time_ns = p->hdr.time_ns, .size = sent > 0 ? (size_t)sent : 0};

	if (p->waypoint != WP_CAPTURE || sent <= 0 || probe->attempt.bits & E(RESPONSE))
		return;
	probe->attempt.response_ns = p->hdr.time_ns;
	attempt_add(&probe->attempt, E(RESPONSE), &p->hdr);
	attempt_add(&probe->attempt, exchange_add(&probe->exchange, TO_PROBER, &said), &p->hdr);
}

static void observe_reply(struct probe *probe, const struct ev_packet *p)
{
	struct attempt *a = &probe->attempt;
	const struct ev_tcp *tcp = &p->tcp;
	bool left = is_exit(p);

	if (left)
		a->left_skb = p->hdr.skb;
	if (p->waypoint == WP_CAPTURE && tcp->flags & TCP_ACK &&
	    (int32_t)(tcp->ack - (a->syn.seq + 1)) > 0)
		attempt_add(a, E(REQUEST_TAKEN), &p->hdr);
	if (is_synack(tcp)) {
		observe_synack(a, p, left);
		return;
	}
	if (tcp->flags & TCP_RST) {
		observe_reset_out(a, p);
		return;
	}
	if (!(a->bits & (E(SYNACK_MADE) | E(HANDSHAKE)))) {
		observe_ack_answer(a, p);
		return;
	}
	if (tcp->payload_len && left)
		observe_response(probe, p);
	if (tcp->flags & TCP_FIN) {
		if (a->bits & E(SYNACK_MADE))
			observe_lost_answer(probe, p);
		observe_close(a, p, false);
		attempt_add(a, E(SERVER_FIN), &p->hdr);
	}
}

/* An answer to a datagram or an echo request. */
static void observe_answer(struct probe *probe, const struct ev_packet *p)
{
	struct attempt *a = &probe->attempt;

	/* An echo reply may be to an earlier request. */
	if (!is_exit(p) || (p->flow.proto != IPPROTO_UDP && p->tcp.seq != probe->isn))
		return;
	a->left_skb = p->hdr.skb;
	if (!a->response_ns)
		a->response_ns = p->hdr.time_ns;
	if_set_add(&a->out_ifs, p->ifindex);
	attempt_add(a, E(RESPONSE), &p->hdr);
}

static void observe_packet(struct probe *probe, const struct ev_packet *p, bool incoming)
{
	struct attempt *a = &probe->attempt;

	/* Where the probe came in: another packet, perhaps in memory used again. */
	if (incoming && p->waypoint == WP_TC_INGRESS && p->ifindex == probe->ifindex)
		a->in = (struct nf_position){0};
	if (p->waypoint == WP_NETFILTER) {
		struct nf_position *position = incoming ? &a->in : &a->out;

		*position = (struct nf_position){.skb = p->hdr.skb,
						 .payload_len = p->tcp.payload_len,
						 .priority = p->priority,
						 .hook = p->hook};
	}
	if (p->nat.family) {
		a->nat = p->nat;
		forget_socket(a);
		attempt_add(a, E(TRANSLATED), &p->hdr);
	}
	if (p->untracked)
		probe->untracked = true;
	if (incoming && begins_attempt(&p->flow, &p->tcp))
		observe_syn(probe, p);
	else if (incoming)
		observe_incoming(probe, p);
	else if (p->flow.proto == IPPROTO_TCP)
		observe_reply(probe, p);
	else
		observe_answer(probe, p);
}

static void observe_socket(struct attempt *a, const struct ev_socket *s)
{
	evidence_t bits = 0;

	a->socket = *s;
	if (s->state == STATE_LISTEN) {
		bits |= E(LISTEN_FOUND);
		/* include/net/sock.h, sk_acceptq_is_full() */
		if (s->backlog > s->max_backlog)
			bits |= E(LISTEN_FULL);
		if (s->has_filter)
			bits |= E(LISTEN_FILTER);
	}
	if (s->state == STATE_TIME_WAIT) {
		bool stamps = a->syn.options & TCPOPT_SEEN_TS && s->tw_ts_recent_stamp;

		bits |= E(TW_FOUND);
		/* net/ipv4/tcp_minisocks.c, tcp_timewait_state_process() */
		if (stamps && (int32_t)(s->tw_ts_recent - a->syn.tsval) > 0)
			bits |= E(TW_TS_NEWER);
		if ((int32_t)(a->syn.seq - s->tw_rcv_nxt) <= 0)
			bits |= E(TW_SEQ_NEWER);
	}
	/* A SYN-ACK of an earlier attempt counts only while its half-open connection lives. */
	if (s->state != STATE_NEW_SYN_RECV && a->bits & E(SYNACK_MADE)) {
		a->bits &= ~(E(SYNACK_MADE) | E(SYNACK_LEFT));
		a->synacks = 0;
		a->out_ifs.n = 0;
	}
	attempt_add(a, bits, &s->hdr);
}

static void observe_reset(struct attempt *a, const struct ev_reset *r)
{
	bool no_socket = r->has_reason ? !strcmp(r->reason_name, "NO_SOCKET") : !r->sk_state;

	a->reset = *r;
	if (r->netns)
		a->netns = r->netns;
	attempt_add(a, r->netns ? E(ELSEWHERE) : 0, &r->hdr);
	if (!r->active && is_syn(&r->tcp)) {
		if (no_socket)
			attempt_add(a, E(NO_SOCKET), &r->hdr);
		return;
	}
	/* The final ACK of a handshake is answered on behalf of the listener
	 * (tcp_abort_on_overflow). */
	if (!r->active &&
	    (r->sk_state == STATE_LISTEN || r->sk_state == STATE_NEW_SYN_RECV || no_socket)) {
		if (!(a->bits & (E(REQUEST) | E(SERVER_FIN))))
			attempt_add(a, E(RESET_HANDSHAKE), &r->hdr);
		return;
	}
	attempt_add(a, E(RESET_ACTIVE), &r->hdr);
	/* net/ipv4/tcp.c, __tcp_close(): unread data at close() makes it a reset. */
	if (!strcmp(r->reason_name, "TCP_ABORT_ON_CLOSE"))
		attempt_add(a, E(RESET_UNREAD), &r->hdr);
}

/* What was dropped of the handshake has been repeated, and got through. */
static void observe_state(struct attempt *a, const struct ev_state *s)
{
	if (s->netns)
		a->netns = s->netns;
	attempt_add(a, s->netns ? E(ELSEWHERE) : 0, &s->hdr);
	if (s->newstate != STATE_ESTABLISHED)
		return;
	a->bits &= ~E_DROP_SYN;
	a->drop.hdr.type = 0;
	attempt_add(a, E(ESTABLISHED), &s->hdr);
}

static void observe_icmp(struct attempt *a, const struct ev_icmp *icmp)
{
	/* RFC 792, destination unreachable; RFC 4443, section 3.1 */
	bool port = icmp->flow.family == 4 ? icmp->type == 3 && icmp->code == 3
					   : icmp->type == 1 && icmp->code == 4;

	/* RFC 1812, section 5.2.7.1; RFC 4443, section 3.1 */
	bool prohibited = icmp->flow.family == 4
				  ? icmp->type == 3 && (icmp->code == 9 || icmp->code == 10 ||
							icmp->code == 13)
				  : icmp->type == 1 &&
					    (icmp->code == 1 || icmp->code == 5 || icmp->code == 6);

	a->icmp = *icmp;
	if (icmp->netns)
		a->netns = icmp->netns;
	attempt_add(a,
		    E(ICMP_SENT) | (port ? E(PORT_UNREACHABLE) : 0) |
			    (prohibited ? E(ICMP_PROHIBITED) : 0) |
			    (icmp->by_other ? E(ICMP_BY_OTHER) : 0) |
			    (icmp->netns ? E(ELSEWHERE) : 0),
		    &icmp->hdr);
}

void observe(struct probe *probe, const struct ev_hdr *ev, bool incoming)
{
	struct attempt *a = &probe->attempt;

	switch (ev->type) {
	case EV_PACKET:
		observe_packet(probe, (const void *)ev, incoming);
		break;
	case EV_SOCKET:
		observe_socket(a, (const void *)ev);
		break;
	case EV_DROP:
		observe_drop(a, (const void *)ev, incoming);
		break;
	case EV_RESET:
		observe_reset(a, (const void *)ev);
		break;
	case EV_STATE:
		observe_state(a, (const void *)ev);
		break;
	case EV_ICMP:
		if (incoming)
			observe_icmp(a, (const void *)ev);
		break;
	}
}
