// SPDX-License-Identifier: GPL-2.0-only
// What an event adds to the latest attempt of its probe.
#include <netinet/in.h>
#include <string.h>

#include "probe.h"

enum { HOOK_PREROUTING, HOOK_INPUT, HOOK_FORWARD, HOOK_OUTPUT, HOOK_POSTROUTING };

/* Drop reasons by name, without SKB_DROP_REASON_; a name that ends in * stands for all that begin
 * so. */
static const struct {
	const char *name;
	evidence_t bit;
	bool syn_only; /* says nothing when it meets a later packet */
} drop_classes[] = {
	{"XDP", E(DROP_XDP), false},
	{"TC_INGRESS", E(DROP_TC), false},
	{"IP_CSUM", E(DROP_CSUM), false},
	{"TCP_CSUM", E(DROP_CSUM), false},
	{"SKB_CSUM", E(DROP_CSUM), false},
	{"IP_RPFILTER", E(DROP_RPFILTER), false},
	{"IP_LOCAL_SOURCE", E(DROP_LOCAL_SOURCE), true},
	{"OTHERHOST", E(DROP_NOT_OURS), true},
	{"IP_INADDRERRORS", E(DROP_NOT_OURS), true},
	{"IP_INNOROUTES", E(DROP_NOT_OURS), true},
	{"NETFILTER_DROP", E(DROP_NETFILTER), false},
	{"NO_SOCKET", E(NO_SOCKET), true},
	{"SOCKET_FILTER", E(DROP_SOCKET_FILTER), false},
	{"SECURITY_HOOK", E(DROP_SECURITY), false},
	{"TCP_MD5*", E(DROP_AUTH), false},
	{"TCP_AO*", E(DROP_AUTH), false},
	{"TCP_AUTH_HDR", E(DROP_AUTH), false},
	{"TCP_LISTEN_OVERFLOW", E(DROP_OVERFLOW), false},
	{"TCP_RFC7323_TW_PAWS", E(DROP_PAWS), true},
};

/* Where the kernel gives no reason: the function that freed the packet. */
static const struct {
	const char *symbol;
	evidence_t bit;
} drop_symbols[] = {
	{"do_xdp_generic*", E(DROP_XDP)}, /* net/core/dev.c; in 6.18 still without a reason */
	{"nf_queue*",
	 E(DROP_NETFILTER)},		/* net/netfilter/nf_queue.c: to a queue that nobody reads */
	{"veth_xdp_rcv*", E(DROP_XDP)}, /* drivers/net/veth.c, native XDP on an skb */
};

static bool name_is(const char *name, const char *pattern)
{
	size_t len = strlen(pattern);

	if (pattern[len - 1] == '*')
		return !strncmp(name, pattern, len - 1);
	return !strcmp(name, pattern);
}

static bool is_syn(const struct ev_tcp *tcp)
{
	return (tcp->flags & (TCP_SYN | TCP_ACK | TCP_RST | TCP_FIN)) == TCP_SYN;
}

static bool is_synack(const struct ev_tcp *tcp)
{
	return (tcp->flags & (TCP_SYN | TCP_ACK | TCP_RST)) == (TCP_SYN | TCP_ACK);
}

bool if_set_has(const struct if_set *set, uint32_t ifindex)
{
	for (unsigned int i = 0; i < set->n; i++)
		if (set->index[i] == ifindex)
			return true;
	return false;
}

static void if_set_add(struct if_set *set, uint32_t ifindex)
{
	if (ifindex && set->n < PROBE_IFS_MAX && !if_set_has(set, ifindex))
		set->index[set->n++] = ifindex;
}

static void set_bits(struct attempt *a, evidence_t bits, const struct ev_hdr *ev)
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

static void observe_syn(struct attempt *a, const struct ev_packet *p)
{
	set_bits(a, E(ARRIVED), &p->hdr);
	switch (p->waypoint) {
	case WP_TC_INGRESS:
		a->in.reentered = a->in.skb == p->hdr.skb;
		if_set_add(&a->tc_ifs, p->ifindex);
		if_set_add(&a->in_ifs, p->ifindex);
		break;
	case WP_NETFILTER:
		if (p->hook == HOOK_PREROUTING && !a->l3_if)
			a->l3_if = p->ifindex;
		if (p->hook == HOOK_PREROUTING || p->hook == HOOK_INPUT)
			if_set_add(&a->in_ifs, p->ifindex);
		if (p->hook == HOOK_INPUT && p->priority >= NF_LAST_PRIORITY)
			set_bits(a, E(DELIVERED), &p->hdr);
		if (p->hook == HOOK_POSTROUTING)
			set_bits(a, E(FORWARDED), &p->hdr);
		break;
	case WP_TC_EGRESS:
		set_bits(a, E(FORWARDED), &p->hdr);
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
	set_bits(a, waits ? E(HALF_CLOSED) : E(PROBER_FIN), &p->hdr);
}

/* The prober's packets after the SYN count as of their arrival, whatever becomes of them on the
 * host. */
static void observe_incoming(struct attempt *a, const struct ev_packet *p)
{
	const struct ev_tcp *tcp = &p->tcp;

	if (p->waypoint != WP_TC_INGRESS || !(a->bits & E(SYNACK_MADE)))
		return;
	if (tcp->flags & TCP_RST) {
		set_bits(a, E(PROBER_RST), &p->hdr);
		return;
	}
	/* The acknowledgement must be of this SYN-ACK, not of an older connection's data. */
	if (!(tcp->flags & TCP_ACK) || (int32_t)(tcp->ack - (a->synack_seq + 1)) < 0)
		return;
	set_bits(a, E(HANDSHAKE), &p->hdr);
	if (tcp->payload_len)
		set_bits(a, E(REQUEST), &p->hdr);
	if (tcp->flags & TCP_FIN)
		observe_prober_fin(a, p);
}

static void observe_response(struct attempt *a, const struct ev_packet *p)
{
	const uint8_t *data;
	size_t len = packet_payload(p, &data);

	a->response_ns = p->hdr.time_ns;
	if (len)
		a->http_status = http_status(data, len);
}

static void observe_reply(struct attempt *a, const struct ev_packet *p)
{
	const struct ev_tcp *tcp = &p->tcp;
	bool left = p->waypoint == WP_TC_EGRESS;

	if (left)
		a->left_skb = p->hdr.skb;
	if (is_synack(tcp)) {
		a->synack_seq = tcp->seq;
		/* TCP Fast Open: the request came with the SYN, and was taken. */
		if (a->syn.payload_len && tcp->ack == a->syn.seq + 1 + a->syn.payload_len)
			set_bits(a, E(REQUEST), &p->hdr);
		set_bits(a, E(SYNACK_MADE) | (left ? E(SYNACK_LEFT) : 0), &p->hdr);
		if (left || p->hook == HOOK_POSTROUTING)
			if_set_add(&a->out_ifs, p->ifindex);
		a->synacks += left;
		return;
	}
	if (tcp->flags & TCP_RST) {
		set_bits(a, E(RST_OUT), &p->hdr);
		return;
	}
	if (!(a->bits & (E(SYNACK_MADE) | E(HANDSHAKE)))) {
		set_bits(a, E(ACK_ANSWER), &p->hdr);
		return;
	}
	if (tcp->payload_len && left) {
		if (!a->response_ns)
			observe_response(a, p);
		set_bits(a, E(RESPONSE), &p->hdr);
	}
	if (tcp->flags & TCP_FIN)
		set_bits(a, E(SERVER_FIN), &p->hdr);
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
		if (p->nat.family)
			a->nat = p->nat;
	}
	if (p->untracked)
		probe->untracked = true;
	if (!incoming)
		observe_reply(a, p);
	else if (is_syn(&p->tcp))
		observe_syn(a, p);
	else
		observe_incoming(a, p);
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
	set_bits(a, bits, &s->hdr);
}

/* How far the dropped packet had come, if this is of the same packet. */
static struct nf_position position_of(const struct nf_position *at, const struct ev_drop *d)
{
	bool same = at->skb == d->hdr.skb && at->payload_len == d->tcp.payload_len;

	return same ? *at : (struct nf_position){0};
}

/* The class of a drop of the prober's packet, 0: none. */
static evidence_t drop_class(const struct ev_drop *d, bool syn)
{
	for (size_t i = 0; i < sizeof(drop_classes) / sizeof(drop_classes[0]); i++)
		if (name_is(d->reason_name, drop_classes[i].name) &&
		    (syn || !drop_classes[i].syn_only))
			return drop_classes[i].bit;
	for (size_t i = 0; i < sizeof(drop_symbols) / sizeof(drop_symbols[0]); i++)
		if (name_is(d->symbol, drop_symbols[i].symbol))
			return drop_symbols[i].bit;
	return 0;
}

static void observe_drop_in(struct attempt *a, const struct ev_drop *d)
{
	bool syn = is_syn(&d->tcp);
	evidence_t bit;

	/* After an answer, or of a packet that ends the exchange, a drop changes nothing for the
	 * prober. */
	if (a->bits & E(RESPONSE) || d->tcp.flags & (TCP_RST | TCP_FIN))
		return;
	if (a->bits & E(ESTABLISHED) && !d->tcp.payload_len)
		return;
	bit = drop_class(d, syn);
	/* A repeated SYN is freed after the kernel has repeated its SYN-ACK (tcp_check_req()). */
	if (!bit && syn && !(a->bits & E(SYNACK_MADE)))
		bit = E(DROP_OTHER);
	if (!bit)
		return;
	if (!a->drop.hdr.type || bit != E(DROP_OTHER)) {
		a->drop = *d;
		a->drop_at = position_of(&a->in, d);
	}
	set_bits(a, bit, &d->hdr);
}

static void observe_drop_reply(struct attempt *a, const struct ev_drop *d)
{
	bool says_nothing = !strcmp(d->reason_name, "NOT_SPECIFIED");

	if (!is_synack(&d->tcp) && !d->tcp.payload_len)
		return;
	/* What a closing socket had not sent yet; the close is what happened. */
	if (!strcmp(d->reason_name, "QUEUE_PURGE"))
		return;
	/* Some drivers free sent packets as if dropped (dev_kfree_skb_any()): only before the exit
	 * it counts. */
	if (says_nothing && a->left_skb == d->hdr.skb)
		return;
	a->reply_drop = *d;
	a->drop_at = position_of(&a->out, d);
	set_bits(a, strncmp(d->reason_name, "NEIGH_", 6) ? E(DROP_REPLY) : E(DROP_NEIGH), &d->hdr);
}

static void observe_reset(struct attempt *a, const struct ev_reset *r)
{
	bool no_socket = r->has_reason ? !strcmp(r->reason_name, "NO_SOCKET") : !r->sk_state;

	a->reset = *r;
	if (!r->active && is_syn(&r->tcp)) {
		if (no_socket)
			set_bits(a, E(NO_SOCKET), &r->hdr);
		return;
	}
	/* The final ACK of a handshake is answered on behalf of the listener
	 * (tcp_abort_on_overflow). */
	if (!r->active &&
	    (r->sk_state == STATE_LISTEN || r->sk_state == STATE_NEW_SYN_RECV || no_socket)) {
		if (!(a->bits & (E(REQUEST) | E(SERVER_FIN))))
			set_bits(a, E(RESET_HANDSHAKE), &r->hdr);
		return;
	}
	set_bits(a, E(RESET_ACTIVE), &r->hdr);
	/* net/ipv4/tcp.c, __tcp_close(): unread data at close() makes it a reset. */
	if (!strcmp(r->reason_name, "TCP_ABORT_ON_CLOSE"))
		set_bits(a, E(RESET_UNREAD), &r->hdr);
}

/* What was dropped of the handshake has been repeated, and got through. */
static void observe_state(struct attempt *a, const struct ev_state *s)
{
	if (s->newstate != STATE_ESTABLISHED)
		return;
	a->bits &= ~E_DROP_SYN;
	a->drop.hdr.type = 0;
	set_bits(a, E(ESTABLISHED), &s->hdr);
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
		if (incoming)
			observe_drop_in(a, (const void *)ev);
		else
			observe_drop_reply(a, (const void *)ev);
		break;
	case EV_RESET:
		observe_reset(a, (const void *)ev);
		break;
	case EV_STATE:
		observe_state(a, (const void *)ev);
		break;
	case EV_ICMP:
		if (incoming) {
			a->icmp = *(const struct ev_icmp *)ev;
			set_bits(a, E(ICMP_SENT), ev);
		}
		break;
	}
}
