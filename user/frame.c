// SPDX-License-Identifier: GPL-2.0-only
// A captured frame as an event: finds the probes' packets among all the others.
#include "frame.h"

#include <netinet/in.h>
#include <pcap/dlt.h>
#include <string.h>

#include "frame_ip.h"
#include "probe.h"

enum {
	TCP_LEN = 20,
	UDP_LEN = 8,
	ICMP_LEN = 8,
	EMBEDDED_LEN = 8, /* of what an ICMP error is about, behind its IP header (RFC 792) */
	OPTION_END = 0,
	OPTION_NOP = 1,
	OPTION_TIMESTAMP = 8,
	OPTION_MD5 = 19,
	OPTION_AO = 29,
	PACKET_OUTGOING = 4, /* as in <linux/if_packet.h> */
};

/* RFC 792, RFC 4443 */
enum icmp_type {
	ICMP4_ECHO_REPLY = 0,
	ICMP4_UNREACHABLE = 3,
	ICMP4_TOO_BIG = 4, /* a code of the one before */
	ICMP4_ECHO = 8,
	ICMP4_TIME_EXCEEDED = 11,
	ICMP4_PARAMETER = 12,
	ICMP6_UNREACHABLE = 1,
	ICMP6_TOO_BIG = 2,
	ICMP6_PARAMETER = 4,
	ICMP6_ECHO = 128,
	ICMP6_ECHO_REPLY = 129,
};

/* What is known of a packet before it is known whether it is a probe's. */
struct packet {
	const struct frame *frame;
	const struct options *options;
	struct frame_ip ip;
	bool from_source;
	bool to_source;
	bool replies; /* ICMP: an echo reply */
};

static bool is_icmp(const struct frame_ip *ip)
{
	return ip->proto == (ip->family == 4 ? IPPROTO_ICMP : IPPROTO_ICMPV6);
}

static void set_flow(const struct frame_ip *ip, struct ev_flow *flow)
{
	memcpy(flow->saddr, ip->saddr, 16);
	memcpy(flow->daddr, ip->daddr, 16);
	flow->proto = ip->proto;
	flow->family = ip->family;
}

/* RFC 9293 section 3.1; an option may claim to go on behind the last byte. */
static void read_options(const uint8_t *at, uint32_t len, struct ev_tcp *tcp)
{
	while (len && *at != OPTION_END) {
		uint32_t size = *at == OPTION_NOP ? 1 : len > 1 ? at[1] : 0;

		if (!size || size > len || (size < 2 && *at != OPTION_NOP))
			return;
		if (*at == OPTION_TIMESTAMP && size == 10) {
			tcp->options |= TCPOPT_SEEN_TS;
			tcp->tsval = frame_u32(at + 2);
			tcp->tsecr = frame_u32(at + 6);
		} else if (*at == OPTION_MD5) {
			tcp->options |= TCPOPT_SEEN_MD5;
		} else if (*at == OPTION_AO) {
			tcp->options |= TCPOPT_SEEN_AO;
		}
		at += size;
		len -= size;
	}
}

/*
 * Returns the offset of the payload, 0 if the header is not there. Of the options there may be
 * less: tcpdump -s 68.
 */
static uint32_t read_tcp(const struct packet *p, struct ev_packet *ev)
{
	const uint8_t *tcp = p->frame->data + p->ip.l4;
	uint32_t header, options;

	if (!frame_has(p->frame, p->ip.l4, TCP_LEN))
		return 0;
	header = (tcp[12] >> 4) * 4U;
	if (header < TCP_LEN || p->ip.l4 + header > p->ip.end)
		return 0;
	options = header - TCP_LEN;
	if (!frame_has(p->frame, p->ip.l4, header)) {
		options = p->frame->cap_len - p->ip.l4 - TCP_LEN;
		ev->tcp.options |= TCPOPT_CUT;
	}
	ev->flow.sport = frame_u16(tcp);
	ev->flow.dport = frame_u16(tcp + 2);
	ev->tcp.seq = frame_u32(tcp + 4);
	ev->tcp.ack = frame_u32(tcp + 8);
	ev->tcp.flags = tcp[13];
	ev->tcp.window = frame_u16(tcp + 14);
	read_options(tcp + TCP_LEN, options, &ev->tcp);
	return p->ip.l4 + header;
}

static uint32_t read_udp(const struct packet *p, struct ev_packet *ev)
{
	const uint8_t *udp = p->frame->data + p->ip.l4;

	if (!frame_has(p->frame, p->ip.l4, UDP_LEN))
		return 0;
	ev->flow.sport = frame_u16(udp);
	ev->flow.dport = frame_u16(udp + 2);
	return p->ip.l4 + UDP_LEN;
}

static uint32_t read_echo(struct packet *p, struct ev_packet *ev)
{
	const uint8_t *icmp = p->frame->data + p->ip.l4;
	const bool v4 = p->ip.family == 4;

	if (!frame_has(p->frame, p->ip.l4, ICMP_LEN))
		return 0;
	p->replies = icmp[0] == (v4 ? ICMP4_ECHO_REPLY : ICMP6_ECHO_REPLY);
	if (!p->replies && icmp[0] != (v4 ? ICMP4_ECHO : ICMP6_ECHO))
		return 0;
	*(p->replies ? &ev->flow.dport : &ev->flow.sport) = frame_u16(icmp + 4);
	ev->tcp.seq = frame_u16(icmp + 6);
	return p->ip.l4 + ICMP_LEN;
}

/*
 * Whether it goes from a source to a port (returns 0) or back (PACKET_OUTGOING); -1: neither. Where
 * both hold, the correlator knows the connection.
 */
static int direction(const struct packet *p, const struct ev_packet *ev)
{
	const bool icmp = is_icmp(&p->ip);
	bool asks = p->from_source, answers = p->to_source;

	if (!icmp) {
		asks = asks && options_have_port(p->options, ev->flow.dport);
		answers = answers && options_have_port(p->options, ev->flow.sport);
	} else {
		asks = asks && !p->replies;
		answers = answers && p->replies;
	}
	/* What this host begins itself is no probe. */
	if (p->ip.proto == IPPROTO_TCP && is_syn(&ev->tcp))
		answers = false;
	if (asks)
		return 0;
	return answers ? PACKET_OUTGOING : -1;
}

/*
 * The frame as far as it is kept: of what is behind that much payload nothing is read. Other
 * link-layer headers than Ethernet's are left out.
 */
static void keep(const struct packet *p, uint32_t payload_at, struct ev_packet *ev)
{
	const struct frame *frame = p->frame;
	const uint32_t from = frame->link_type == DLT_EN10MB ? 0 : p->ip.ip;
	uint32_t payload = p->ip.end > payload_at ? p->ip.end - payload_at : 0;
	uint32_t cap = frame->cap_len - from;

	payload = payload < UINT16_MAX ? payload : UINT16_MAX;
	ev->tcp.payload_len = (uint16_t)payload;
	ev->frame_len = payload_at - from + payload;
	if (cap > ev->frame_len)
		cap = ev->frame_len;
	if (cap > EV_CAPTURE_PAYLOAD)
		cap = EV_CAPTURE_PAYLOAD;
	ev->l2_len = (uint8_t)(p->ip.ip - from);
	ev->cap_len = (uint16_t)cap;
	memcpy(ev->data, frame->data + from, cap);
}

/* LINKTYPE_LINUX_SLL2 has the interface's index in each frame. */
static uint32_t ifindex_of(const struct frame *frame)
{
	if (frame->ifindex || frame->link_type != DLT_LINUX_SLL2)
		return frame->ifindex;
	return frame_u32(frame->data + 4);
}

static uint32_t packet_event(struct packet *p, struct ev_packet *ev)
{
	uint32_t payload_at = 0;
	int way;

	memset(ev, 0, sizeof(*ev));
	set_flow(&p->ip, &ev->flow);
	if (p->ip.proto == IPPROTO_TCP)
		payload_at = read_tcp(p, ev);
	else if (p->ip.proto == IPPROTO_UDP)
		payload_at = read_udp(p, ev);
	else
		payload_at = read_echo(p, ev);
	if (!payload_at)
		return 0;
	way = direction(p, ev);
	if (way < 0)
		return 0;
	keep(p, payload_at, ev);
	ev->waypoint = WP_CAPTURE;
	ev->pkt_type = (uint8_t)way;
	ev->ip_id = (uint16_t)p->ip.id;
	ev->ifindex = ifindex_of(p->frame);
	ev->hdr.type = EV_PACKET;
	ev->hdr.size = (uint16_t)(sizeof(*ev) + ev->cap_len);
	ev->hdr.time_ns = p->frame->time_ns;
	return ev->hdr.size;
}

/* That a packet is too big ends nothing: it is sent again in smaller ones. */
static bool is_error(const struct frame_ip *ip, uint8_t type, uint8_t code)
{
	if (ip->family == 4)
		return (type == ICMP4_UNREACHABLE && code != ICMP4_TOO_BIG) ||
		       type == ICMP4_TIME_EXCEEDED || type == ICMP4_PARAMETER;
	return type >= ICMP6_UNREACHABLE && type <= ICMP6_PARAMETER && type != ICMP6_TOO_BIG;
}

/* Of the packet that an error is about, the beginning is quoted, whose lengths are the whole's. */
static bool read_quoted(const struct packet *p, const struct frame_ip *ip, struct ev_icmp *ev)
{
	const uint8_t *l4 = p->frame->data + ip->l4;

	if (!frame_has(p->frame, ip->l4, EMBEDDED_LEN) ||
	    !options_have_source(p->options, ip->saddr))
		return false;
	set_flow(ip, &ev->flow);
	if (ip->proto == IPPROTO_TCP || (ip->proto == IPPROTO_UDP && p->options->udp)) {
		ev->flow.sport = frame_u16(l4);
		ev->flow.dport = frame_u16(l4 + 2);
		if (ip->proto == IPPROTO_TCP)
			ev->tcp.seq = frame_u32(l4 + 4);
		return options_have_port(p->options, ev->flow.dport);
	}
	if (!is_icmp(ip) || !p->options->udp ||
	    l4[0] != (ip->family == 4 ? ICMP4_ECHO : ICMP6_ECHO))
		return false;
	ev->flow.sport = frame_u16(l4 + 4);
	ev->tcp.seq = frame_u16(l4 + 6);
	return true;
}

static uint32_t icmp_event(const struct packet *p, struct ev_icmp *ev)
{
	const uint8_t *icmp = p->frame->data + p->ip.l4;
	struct frame_ip quoted;

	if (!frame_has(p->frame, p->ip.l4, ICMP_LEN) || !is_error(&p->ip, icmp[0], icmp[1]) ||
	    !frame_read_ip(p->frame, p->ip.l4 + ICMP_LEN, &quoted))
		return 0;
	memset(ev, 0, sizeof(*ev));
	if (!read_quoted(p, &quoted, ev))
		return 0;
	ev->type = icmp[0];
	ev->code = icmp[1];
	ev->at_exit = 2;
	ev->by_other = memcmp(p->ip.saddr, quoted.daddr, 16) != 0;
	ev->ifindex = ifindex_of(p->frame);
	ev->hdr.type = EV_ICMP;
	ev->hdr.size = sizeof(*ev);
	ev->hdr.time_ns = p->frame->time_ns;
	return ev->hdr.size;
}

uint32_t frame_event(const struct frame *frame, const struct options *options, uint64_t *out)
{
	struct packet p = {.frame = frame, .options = options};
	uint32_t at, size = 0;
	bool icmp;

	if (!frame_find_ip(frame, &at) || !frame_read_ip(frame, at, &p.ip))
		return 0;
	icmp = is_icmp(&p.ip);
	if (p.ip.proto != IPPROTO_TCP && !icmp && (p.ip.proto != IPPROTO_UDP || !options->udp))
		return 0;
	p.from_source = options_have_source(options, p.ip.saddr);
	p.to_source = options_have_source(options, p.ip.daddr);
	if (!p.from_source && !p.to_source)
		return 0;
	if (icmp && p.to_source)
		size = icmp_event(&p, (struct ev_icmp *)out);
	if (!size && (!icmp || options->udp))
		size = packet_event(&p, (struct ev_packet *)out);
	return size;
}

void frame_stranger(const struct frame *frame, const struct options *options,
		    struct strangers *strangers)
{
	struct packet p = {.frame = frame, .options = options};
	struct ev_packet ev = {0};
	uint32_t at;

	if (!frame_find_ip(frame, &at) || !frame_read_ip(frame, at, &p.ip) ||
	    p.ip.proto != IPPROTO_TCP || !read_tcp(&p, &ev) || !is_syn(&ev.tcp) ||
	    options_have_source(options, p.ip.saddr) || !options_have_port(options, ev.flow.dport))
		return;
	set_flow(&p.ip, &ev.flow);
	strangers->syns++;
	strangers->example = ev.flow;
}
