// SPDX-License-Identifier: GPL-2.0-only
// A probe's events, with what the kernel would fill in.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../user/flow.h"
#include "fixture.h"
#include "sample.h"

enum { FIN = 1, SYN = 2, RST = 4, PSH = 8, ACK = 16 };
enum { SERVER_ISN = 700000, HEADERS = 14 + 20 + 32 };

static const struct {
	uint8_t waypoint;
	uint8_t hook;
	int32_t priority;
} places[] = {
	[FX_XDP] = {WP_XDP, 0, 0},
	[FX_ENTRY] = {WP_TC_INGRESS, 0, 0},
	[FX_PRE_FIRST] = {WP_NETFILTER, 0, INT32_MIN},
	[FX_PRE] = {WP_NETFILTER, 0, INT32_MAX - 1},
	[FX_IN] = {WP_NETFILTER, 1, INT32_MAX - 1},
	[FX_FWD] = {WP_NETFILTER, 2, INT32_MAX - 1},
	[FX_OUT_FIRST] = {WP_NETFILTER, 3, INT32_MIN},
	[FX_OUT] = {WP_NETFILTER, 3, INT32_MAX - 1},
	[FX_POST] = {WP_NETFILTER, 4, INT32_MAX - 1},
	[FX_EXIT] = {WP_TC_EGRESS, 0, 0},
	[FX_CAPTURE] = {WP_CAPTURE, 0, 0},
};

static void *event(struct fixture *f, enum event_type type, size_t size)
{
	struct ev_hdr *ev = calloc(1, size);

	assert_non_null(ev);
	assert_true(f->n_events < FX_EVENTS_MAX);
	*ev = (struct ev_hdr){.type = type, .size = (uint16_t)size, .time_ns = f->now_ns};
	f->events[f->n_events++] = ev;
	f->now_ns += FX_US;
	return ev;
}

void fx_at(struct fixture *f, uint64_t us)
{
	f->now_ns = FX_START_NS + us * FX_US;
}

void fx_v6(struct fixture *f)
{
	f->flow.family = 6;
	sample_address(f->flow.saddr, "fd64::10");
	sample_address(f->flow.daddr, "fd00::15");
}

void fx_port(struct fixture *f, uint16_t sport, uint32_t isn)
{
	f->flow.sport = sport;
	f->isn = isn;
	f->sent[0] = f->sent[1] = 0;
}

void fx_udp(struct fixture *f)
{
	f->flow.proto = 17;
	f->isn = 0;
}

void fx_echo(struct fixture *f)
{
	f->flow.proto = f->flow.family == 4 ? 1 : 58;
	f->flow.dport = 0;
	f->isn = f->echo_seq = 1;
}

static struct ev_flow flow_of(const struct fixture *f, bool incoming)
{
	return incoming ? f->flow : flow_reverse(&f->flow);
}

/* Sequence numbers as they follow from what was sent so far. */
static struct ev_tcp tcp_of(const struct fixture *f, bool incoming, uint8_t flags)
{
	struct ev_tcp tcp = {.flags = flags, .window = 64240};

	if (f->flow.proto != 6)
		return (struct ev_tcp){.seq = f->flow.proto == 17 ? 0 : f->echo_seq};
	tcp.seq = (incoming ? f->isn : SERVER_ISN) + (flags & SYN ? 0 : 1 + f->sent[incoming]);
	if (flags & ACK)
		tcp.ack = (incoming ? SERVER_ISN : f->isn) + 1 + f->sent[!incoming];
	if (f->tsval) {
		tcp.options = TCPOPT_SEEN_TS;
		tcp.tsval = incoming ? f->tsval : 5000;
	}
	return tcp;
}

static struct ev_packet *packet(struct fixture *f, bool incoming, uint8_t flags,
				enum fx_place place, const void *data, size_t len)
{
	bool frame = place == FX_XDP || place == FX_ENTRY || place >= FX_EXIT;
	size_t cap = frame ? HEADERS + len : 0;
	struct ev_packet *p = event(f, EV_PACKET, sizeof(*p) + cap);

	if (incoming ? place <= FX_ENTRY : place == FX_OUT_FIRST || place == FX_ENTRY)
		f->skb[incoming] = 0xffff888000000000 + 256 * ++f->skbs;
	p->hdr.skb = place == FX_XDP || place == FX_CAPTURE ? 0 : f->skb[incoming];
	if (place == FX_CAPTURE) {
		p->ip_id = f->flow.family == 4 ? ++f->ip_ids : 0;
		p->pkt_type = incoming ? 0 : 4;
	}
	p->flow = flow_of(f, incoming);
	p->tcp = tcp_of(f, incoming, flags);
	p->tcp.payload_len = (uint16_t)len;
	p->ifindex = f->ifindex;
	p->waypoint = places[place].waypoint;
	p->hook = places[place].hook;
	p->priority = places[place].priority;
	p->pf = f->flow.family == 4 ? 2 : 10;
	p->frame_len = (uint32_t)(HEADERS + len);
	if (incoming ? place >= FX_PRE : place > FX_PRE_FIRST)
		p->nat = f->nat;
	if (frame) {
		p->cap_len = (uint16_t)cap;
		p->l2_len = 14;
		if (len)
			memcpy(p->data + HEADERS, data, len);
	}
	return p;
}

struct ev_packet *fx_packet(struct fixture *f, bool incoming, uint8_t flags, enum fx_place place)
{
	return packet(f, incoming, flags, place, NULL, 0);
}

struct ev_packet *fx_syn(struct fixture *f, enum fx_place place)
{
	return fx_packet(f, true, SYN, place);
}

struct ev_packet *fx_synack(struct fixture *f, enum fx_place place)
{
	return fx_packet(f, false, SYN | ACK, place);
}

struct ev_packet *fx_ack(struct fixture *f, enum fx_place place)
{
	return fx_packet(f, true, ACK, place);
}

struct ev_packet *fx_rst(struct fixture *f, bool incoming, enum fx_place place)
{
	return fx_packet(f, incoming, incoming ? RST : RST | ACK, place);
}

struct ev_packet *fx_fin(struct fixture *f, bool incoming, enum fx_place place)
{
	return fx_packet(f, incoming, FIN | ACK, place);
}

struct ev_packet *fx_payload(struct fixture *f, bool incoming, const void *data, size_t len,
			     enum fx_place place)
{
	return packet(f, incoming, PSH | ACK, place, data, len);
}

struct ev_packet *fx_syn_passed(struct fixture *f, uint8_t hook, int32_t priority)
{
	struct ev_packet *p = fx_syn(f, FX_PRE);

	p->hook = hook;
	p->priority = priority;
	return p;
}

struct ev_drop *fx_drop(struct fixture *f, bool incoming, uint8_t flags, const char *reason)
{
	struct ev_drop *d = event(f, EV_DROP, sizeof(*d));

	d->hdr.skb = f->skb[incoming];
	d->flow = flow_of(f, incoming);
	d->tcp = tcp_of(f, incoming, flags);
	d->ifindex = f->ifindex;
	d->netns = f->netns;
	d->reason = 2;
	snprintf(d->reason_name, sizeof(d->reason_name), "%s", reason);
	return d;
}

struct ev_reset *fx_reset(struct fixture *f, uint8_t flags, const char *reason, uint32_t sk_state)
{
	struct ev_reset *r = event(f, EV_RESET, sizeof(*r));

	r->hdr.skb = f->skb[1];
	r->flow = f->flow;
	r->tcp = tcp_of(f, true, flags);
	r->sk_state = sk_state;
	r->netns = f->netns;
	r->has_reason = reason != NULL;
	snprintf(r->reason_name, sizeof(r->reason_name), "%s", reason ? reason : "");
	return r;
}

struct ev_icmp *fx_icmp(struct fixture *f, uint8_t type, uint8_t code)
{
	struct ev_icmp *i = event(f, EV_ICMP, sizeof(*i));

	i->hdr.skb = f->skb[1];
	i->flow = f->flow;
	i->tcp = tcp_of(f, true, SYN);
	i->type = type;
	i->netns = f->netns;
	i->code = code;
	return i;
}

struct ev_state *fx_state(struct fixture *f, uint32_t from, uint32_t to)
{
	struct ev_state *s = event(f, EV_STATE, sizeof(*s));

	s->flow = f->flow;
	s->oldstate = from;
	s->netns = f->netns;
	s->newstate = to;
	return s;
}

struct ev_socket *fx_no_socket(struct fixture *f)
{
	struct ev_socket *s = event(f, EV_SOCKET, sizeof(*s));

	s->hdr.skb = f->skb[1];
	s->flow = f->flow;
	return s;
}

struct ev_socket *fx_listen(struct fixture *f, uint32_t backlog, uint32_t max)
{
	struct ev_socket *s = fx_no_socket(f);

	s->state = 10; /* TCP_LISTEN */
	s->backlog = backlog;
	s->max_backlog = max;
	s->any_addr = 1;
	return s;
}

struct ev_socket *fx_time_wait(struct fixture *f, uint32_t ts_recent, uint32_t age_s,
			       uint32_t rcv_nxt)
{
	struct ev_socket *s = fx_no_socket(f);

	s->state = 6; /* TCP_TIME_WAIT */
	s->tw_substate = 6;
	s->tw_ts_recent = ts_recent;
	s->tw_ts_recent_stamp = ts_recent ? (uint32_t)(f->now_ns / (1000 * FX_MS)) - age_s : 0;
	s->tw_rcv_nxt = rcv_nxt;
	memcpy(s->laddr, f->flow.daddr, 16);
	return s;
}

struct ev_lost *fx_lost(struct fixture *f, uint64_t since_us, uint64_t events)
{
	struct ev_lost *l = event(f, EV_LOST, sizeof(*l));

	l->since_ns = FX_START_NS + since_us * FX_US;
	l->events = events;
	return l;
}
