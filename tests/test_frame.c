// SPDX-License-Identifier: GPL-2.0-only
// Unit tests of captured frames as events: link types, headers, sources and ports, broken frames.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <pcap/dlt.h>

#include "../user/flow.h"
#include "../user/frame.h"
#include "../user/probe.h"
#include "frame_sample.h"

enum { RAW_FILE = 101, RAW_OPENBSD = 14 };

static struct bytes behind(const void *header, size_t len, const struct bytes *packet)
{
	struct bytes b = {.len = 0};

	put(&b, header, len);
	put(&b, packet->data, packet->len);
	return b;
}

/* Options of 100.64.0.0/10 and fd64::/16, port 80. */
struct setting {
	struct options options;
	struct prefix sources[2];
	uint64_t event[(FRAME_EVENT_MAX + 7) / 8];
};

static struct setting *setting_new(void)
{
	struct setting *s = calloc(1, sizeof(*s));

	assert_non_null(s);
	sample_address(s->sources[0].addr, "100.64.0.0");
	s->sources[0].len = 96 + 10;
	sample_address(s->sources[1].addr, "fd64::");
	s->sources[1].len = 16;
	s->options.sources = s->sources;
	s->options.n_sources = 2;
	s->options.ports[80 / 64] = 1ULL << 80 % 64;
	return s;
}

/* In memory of just that size, for the sanitizer. Returns the event, NULL if it is none. */
static const void *event_of(struct setting *s, int link_type, const struct bytes *b, size_t cap_len)
{
	uint8_t *exact = malloc(cap_len);
	struct frame frame = {.link_type = link_type,
			      .data = exact,
			      .cap_len = (uint32_t)cap_len,
			      .frame_len = (uint32_t)b->len,
			      .time_ns = SAMPLE_TIME_NS};
	const struct ev_hdr *ev = (const void *)s->event;
	uint32_t size;

	assert_true(exact || !cap_len);
	if (cap_len)
		memcpy(exact, b->data, cap_len);
	memset(s->event, 0xa5, sizeof(s->event));
	size = frame_event(&frame, &s->options, s->event);
	free(exact);
	if (!size)
		return NULL;
	assert_int_equal(size, ev->size);
	assert_int_equal(ev->time_ns, SAMPLE_TIME_NS);
	return ev;
}

static const struct ev_packet *packet_of(struct setting *s, int link_type, const struct bytes *b)
{
	const struct ev_packet *p = event_of(s, link_type, b, b->len);

	assert_true(!p || (p->hdr.type == EV_PACKET && p->waypoint == WP_CAPTURE));
	return p;
}

static void check_syn(const struct ev_packet *p, uint8_t family)
{
	assert_non_null(p);
	assert_int_equal(p->flow.family, family);
	assert_int_equal(p->flow.proto, 6);
	assert_int_equal(p->flow.sport, 53738);
	assert_int_equal(p->flow.dport, 80);
	assert_int_equal(p->tcp.flags, SYN);
	assert_int_equal(p->tcp.seq, 1829);
	assert_int_equal(p->tcp.options, TCPOPT_SEEN_TS);
	assert_int_equal(p->tcp.tsval, 88123);
	assert_int_equal(p->tcp.tsecr, 5000);
	assert_int_equal(p->pkt_type, 0);
	assert_int_equal(p->ip_id, family == 4 ? 77 : 0);
}

#define ETHERNET_ADDRESSES "\0\0\0\0\0\1\0\0\0\0\0\2"
#define COOKED_ADDRESSES   "\0\0\0\1\0\6\0\0\0\0\0\2\0\0"

static const char ethernet4[] = ETHERNET_ADDRESSES "\x08";
static const char vlan4[] = ETHERNET_ADDRESSES "\x81\0\0\x2a\x08";
static const char qinq6[] = ETHERNET_ADDRESSES "\x88\xa8\0\7\x81\0\0\x2a\x86\xdd";
static const char cooked4[] = COOKED_ADDRESSES "\x08";
static const char cooked_vlan6[] = COOKED_ADDRESSES "\x81\0\0\x2a\x86\xdd";
static const char cooked2_4[] = "\x08\0\0\0\0\0\0\7\0\1\0\6\0\0\0\0\0\2\0";
static const char null4[] = "\2\0\0";
static const char loop6[] = "\0\0\0\x18";

static void test_link_types(void **state)
{
	static const struct {
		int type;
		const char *header; /* a last zero is the terminator's */
		size_t len;
		uint8_t family;
		uint32_t ifindex;
	} links[] = {
		{DLT_EN10MB, ethernet4, sizeof(ethernet4), 4, 0},
		{DLT_EN10MB, vlan4, sizeof(vlan4), 4, 0},
		{DLT_EN10MB, qinq6, sizeof(qinq6) - 1, 6, 0},
		{DLT_LINUX_SLL, cooked4, sizeof(cooked4), 4, 0},
		{DLT_LINUX_SLL, cooked_vlan6, sizeof(cooked_vlan6) - 1, 6, 0},
		{DLT_LINUX_SLL2, cooked2_4, sizeof(cooked2_4), 4, 7},
		{DLT_RAW, NULL, 0, 4, 0},
		{RAW_FILE, NULL, 0, 6, 0},
		{RAW_OPENBSD, NULL, 0, 4, 0},
		{DLT_IPV4, NULL, 0, 4, 0},
		{DLT_IPV6, NULL, 0, 6, 0},
		{DLT_NULL, null4, sizeof(null4), 4, 0},
		{DLT_LOOP, loop6, sizeof(loop6) - 1, 6, 0},
	};
	struct setting *s = setting_new();

	(void)state;
	for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++) {
		struct bytes packet = links[i].family == 4 ? syn4() : syn6();
		struct bytes b = behind(links[i].header, links[i].len, &packet);
		const struct ev_packet *p = packet_of(s, links[i].type, &b);

		assert_true(frame_knows(links[i].type));
		check_syn(p, links[i].family);
		assert_int_equal(p->ifindex, links[i].ifindex);
		assert_int_equal(p->cap_len, p->frame_len);
		assert_int_equal(p->data[p->l2_len] >> 4, links[i].family);
		/* What a packet file can be made of. */
		assert_true(!p->l2_len || links[i].type == DLT_EN10MB);
	}
	assert_false(frame_knows(DLT_IEEE802_11));
	free(s);
}

/* Wherever a frame is cut off, nothing behind is read, and no half header is believed but TCP's
 * options. */
static void test_cut_off(void **state)
{
	struct setting *s = setting_new();
	struct bytes packet = syn6(), b = behind(qinq6, sizeof(qinq6) - 1, &packet);

	(void)state;
	for (size_t len = 0; len < b.len; len++) {
		const struct ev_packet *p = event_of(s, DLT_EN10MB, &b, len);

		assert_int_equal(p != NULL, len >= sizeof(qinq6) - 1 + 40 + 20);
		/* Of the options there may be less, which is known. */
		assert_true(!p || p->tcp.options & TCPOPT_CUT);
	}
	assert_int_equal(
		((const struct ev_packet *)event_of(s, DLT_EN10MB, &b, b.len))->tcp.options,
		TCPOPT_SEEN_TS);
	free(s);
}

static void test_payload(void **state)
{
	struct setting *s = setting_new();
	const struct ev_packet *p;
	const uint8_t *data = NULL;
	struct bytes ip = {.len = 0}, b;

	(void)state;
	put_ip4(&ip, "100.64.1.10", "172.16.32.15", 6, TCP_HEADERS + 5, 8);
	put_tcp(&ip, 53738, 80, ACK, "GET /");
	b = behind(ethernet4, sizeof(ethernet4), &ip);
	put(&b, "padding", 7);
	p = packet_of(s, DLT_EN10MB, &b);
	assert_non_null(p);
	assert_int_equal(p->tcp.payload_len, 5);
	assert_int_equal(packet_payload(p, &data), 5);
	assert_memory_equal(data, "GET /", 5);
	/* Cut off behind its third byte: tcpdump -s. */
	p = event_of(s, DLT_EN10MB, &b, b.len - 7 - 2);
	assert_non_null(p);
	assert_int_equal(p->tcp.payload_len, 5);
	assert_int_equal(packet_payload(p, &data), 3);
	free(s);
}

static void test_direction(void **state)
{
	struct setting *s = setting_new();
	struct bytes b = {.len = 0};
	const struct ev_packet *p;

	(void)state;
	put_ip4(&b, "172.16.32.15", "100.64.1.10", 6, TCP_HEADERS, 0);
	put_tcp(&b, 80, 53738, SYN | ACK, "");
	p = packet_of(s, DLT_RAW, &b);
	assert_non_null(p);
	assert_int_equal(p->pkt_type, 4);
	assert_int_equal(p->tcp.ack, 700001);
	/* This host's own connection to a source is no probe. */
	b.data[20 + 13] = SYN;
	assert_null(packet_of(s, DLT_RAW, &b));
	free(s);
}

static void test_others(void **state)
{
	struct setting *s = setting_new();
	struct strangers strangers = {0};
	struct bytes b = {.len = 0}, port = syn4(), fragment = syn4(), first = syn4();
	struct frame frame = {.link_type = DLT_RAW, .data = b.data};

	(void)state;
	put_ip4(&b, "100.128.1.10", "172.16.32.15", 6, TCP_HEADERS, 0);
	put_tcp(&b, 53738, 80, SYN, "");
	frame.cap_len = frame.frame_len = (uint32_t)b.len;
	assert_null(packet_of(s, DLT_RAW, &b));
	frame_stranger(&frame, &s->options, &strangers);
	assert_int_equal(strangers.syns, 1);
	assert_int_equal(strangers.example.dport, 80);
	b.data[20 + 13] = ACK;
	frame_stranger(&frame, &s->options, &strangers);
	assert_int_equal(strangers.syns, 1);

	port.data[23] = 81;
	assert_null(packet_of(s, DLT_RAW, &port));
	s->options.all_ports = true;
	assert_non_null(packet_of(s, DLT_RAW, &port));
	fragment.data[7] = 1; /* not the first */
	assert_null(packet_of(s, DLT_RAW, &fragment));
	first.data[6] = 0x20; /* more follow */
	assert_non_null(packet_of(s, DLT_RAW, &first));
	assert_null(packet_of(s, DLT_IEEE802_11, &first));
	free(s);
}

static void test_extensions(void **state)
{
	static const uint8_t hop_by_hop[] = {60, 0, 1, 4, 0, 0, 0, 0};
	static const uint8_t options[] = {44, 1, 1, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
	static const uint8_t first[] = {6, 0, 0, 1, 0, 0, 0, 9};
	const size_t extra = sizeof(hop_by_hop) + sizeof(options) + sizeof(first);
	struct setting *s = setting_new();
	struct bytes b = {.len = 0};

	(void)state;
	put_ip6(&b, "fd64::10", "fd00::15", 0, extra + TCP_HEADERS);
	put(&b, hop_by_hop, sizeof(hop_by_hop));
	put(&b, options, sizeof(options));
	put(&b, first, sizeof(first));
	put_tcp(&b, 53738, 80, SYN, "");
	check_syn(packet_of(s, DLT_RAW, &b), 6);
	b.data[40 + sizeof(hop_by_hop) + sizeof(options) + 3] = 9; /* a later fragment */
	assert_null(packet_of(s, DLT_RAW, &b));
	/* A header that claims to go on behind the packet. */
	b.data[40 + sizeof(hop_by_hop) + sizeof(options) + 3] = 1;
	b.data[41] = 255;
	assert_null(packet_of(s, DLT_RAW, &b));
	free(s);
}

static void test_tcp_options(void **state)
{
	struct setting *s = setting_new();
	struct bytes b = syn4();
	const struct ev_packet *p;

	(void)state;
	b.data[20 + 20] = 19; /* MD5, of one byte: is none */
	p = packet_of(s, DLT_RAW, &b);
	assert_non_null(p);
	assert_int_equal(p->tcp.options, 0);
	b.data[20 + 21] = 2;
	p = packet_of(s, DLT_RAW, &b);
	assert_int_equal(p->tcp.options, TCPOPT_SEEN_MD5 | TCPOPT_SEEN_TS);
	b.data[20 + 23] = 11; /* the timestamps go on behind the header */
	p = packet_of(s, DLT_RAW, &b);
	assert_int_equal(p->tcp.options, TCPOPT_SEEN_MD5);
	b.data[20 + 12] = 4 << 4; /* shorter than a header */
	assert_null(packet_of(s, DLT_RAW, &b));
	free(s);
}

static void test_datagrams(void **state)
{
	struct setting *s = setting_new();
	struct bytes udp = {.len = 0}, echo = {.len = 0};
	const struct ev_packet *p;

	(void)state;
	put_ip4(&udp, "100.64.1.10", "172.16.32.15", 17, 8 + 4, 0);
	put32(&udp, 5000U << 16 | 80);
	put32(&udp, 12U << 16);
	put(&udp, "ping", 4);
	put_ip4(&echo, "172.16.32.15", "100.64.1.10", 1, 8, 0);
	put32(&echo, 0); /* a reply */
	put32(&echo, 0x12340005);
	assert_null(packet_of(s, DLT_RAW, &udp));
	assert_null(packet_of(s, DLT_RAW, &echo));
	s->options.udp = true;
	p = packet_of(s, DLT_RAW, &udp);
	assert_non_null(p);
	assert_int_equal(p->tcp.payload_len, 4);
	assert_int_equal(p->flow.dport, 80);
	p = packet_of(s, DLT_RAW, &echo);
	assert_non_null(p);
	assert_int_equal(p->flow.dport, 0x1234);
	assert_int_equal(p->flow.sport, 0);
	assert_int_equal(p->tcp.seq, 5);
	assert_int_equal(p->pkt_type, 4);
	free(s);
}

static struct bytes error4(const char *from, uint8_t type, uint8_t code)
{
	struct bytes quoted = syn4(), b = {.len = 0};

	put_ip4(&b, from, "100.64.1.10", 1, 8 + 28, 0);
	put32(&b, (uint32_t)type << 24 | (uint32_t)code << 16);
	put32(&b, 0);
	put(&b, quoted.data, 28); /* as much as RFC 792 promises */
	return b;
}

static void test_errors(void **state)
{
	struct setting *s = setting_new();
	struct bytes b = error4("172.16.32.15", 3, 13);
	const struct ev_icmp *icmp = event_of(s, DLT_RAW, &b, b.len);

	(void)state;
	assert_non_null(icmp);
	assert_int_equal(icmp->hdr.type, EV_ICMP);
	assert_int_equal(icmp->type, 3);
	assert_int_equal(icmp->code, 13);
	assert_int_equal(icmp->at_exit, 2);
	assert_int_equal(icmp->by_other, 0);
	assert_int_equal(icmp->flow.sport, 53738);
	assert_int_equal(icmp->flow.dport, 80);
	assert_int_equal(icmp->tcp.seq, 1829);
	for (size_t len = 0; len < b.len; len++)
		assert_null(event_of(s, DLT_RAW, &b, len));
	b = error4("10.0.0.1", 3, 1);
	icmp = event_of(s, DLT_RAW, &b, b.len);
	assert_non_null(icmp);
	assert_int_equal(icmp->by_other, 1);
	b = error4("172.16.32.15", 3, 4); /* too big: goes on in smaller packets */
	assert_null(event_of(s, DLT_RAW, &b, b.len));
	b = error4("172.16.32.15", 8, 0);
	assert_null(event_of(s, DLT_RAW, &b, b.len));
	free(s);
}

static void test_errors_v6(void **state)
{
	struct setting *s = setting_new();
	struct bytes quoted = syn6(), b = {.len = 0};
	const struct ev_icmp *icmp;

	(void)state;
	put_ip6(&b, "fd00::15", "fd64::10", 58, 8 + quoted.len);
	put32(&b, 1U << 24 | 4U << 16);
	put32(&b, 0);
	put(&b, quoted.data, quoted.len);
	icmp = event_of(s, DLT_RAW, &b, b.len);
	assert_non_null(icmp);
	assert_int_equal(icmp->flow.family, 6);
	assert_int_equal(icmp->code, 4);
	b.data[40] = 2; /* packet too big */
	assert_null(event_of(s, DLT_RAW, &b, b.len));
	free(s);
}

/* A frame as long as one can be, and one whose IP header has no length (offloads). */
static void test_long(void **state)
{
	struct setting *s = setting_new();
	uint8_t *data = calloc(1, UINT16_MAX + 1);
	struct frame frame = {.link_type = DLT_RAW, .data = data};
	struct bytes b = syn4();
	const struct ev_packet *p = (const void *)s->event;

	(void)state;
	assert_non_null(data);
	memcpy(data, b.data, b.len);
	data[20 + 13] = ACK;
	frame.cap_len = UINT16_MAX;
	for (int i = 0; i < 2; i++) {
		data[2] = data[3] = i ? 0 : 0xff;
		frame.frame_len = i ? 2 * UINT16_MAX : UINT16_MAX;
		assert_true(frame_event(&frame, &s->options, s->event));
		assert_int_equal(p->cap_len, EV_CAPTURE_PAYLOAD);
		assert_int_equal(p->tcp.payload_len, i ? UINT16_MAX : UINT16_MAX - 52);
		assert_int_equal(p->frame_len - p->tcp.payload_len, 52);
	}
	free(data);
	free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_link_types),  cmocka_unit_test(test_cut_off),
		cmocka_unit_test(test_payload),	    cmocka_unit_test(test_direction),
		cmocka_unit_test(test_others),	    cmocka_unit_test(test_extensions),
		cmocka_unit_test(test_tcp_options), cmocka_unit_test(test_datagrams),
		cmocka_unit_test(test_errors),	    cmocka_unit_test(test_errors_v6),
		cmocka_unit_test(test_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
