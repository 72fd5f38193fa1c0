// SPDX-License-Identifier: GPL-2.0-only
// Unit tests of frames made of what an event tells.
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "../user/packet_rebuild.h"
#include "sample.h"

static struct ev_flow flow_of(const char *source, const char *target, uint8_t proto)
{
	struct ev_flow flow = {.sport = 53738, .dport = 80, .proto = proto};

	sample_address(flow.saddr, source);
	sample_address(flow.daddr, target);
	flow.family = strchr(source, ':') ? 6 : 4;
	return flow;
}

static void test_tcp(void **state)
{
	static const uint8_t want[] = {0x45, 0,	   0,	 40, 0,	   0,	 0,   0,    64, 6,
				       0x2c, 0x36, 100,	 64, 1,	   10,	 172, 16,   32, 15,
				       0xd1, 0xea, 0,	 80, 0,	   0,	 7,   0x25, 0,	0,
				       0,    9,	   0x50, 2,  0xfa, 0xf0, 0,   0,    0,	0};
	const struct ev_flow flow = flow_of("100.64.1.10", "172.16.32.15", IPPROTO_TCP);
	struct ev_tcp tcp = {.seq = 1829, .ack = 9, .window = 64240, .flags = 2};
	uint8_t frame[PACKET_REBUILT_MAX];
	uint32_t sum = 0, frame_len;

	(void)state;
	assert_int_equal(packet_rebuild(&flow, &tcp, frame, &frame_len), 54);
	assert_int_equal(frame_len, 54);
	assert_int_equal(frame[12] << 8 | frame[13], 0x0800);
	for (int i = 0; i < 20; i += 2)
		sum += (uint32_t)frame[14 + i] << 8 | frame[15 + i];
	assert_int_equal((sum & 0xffff) + (sum >> 16), 0xffff); /* RFC 1071 */
	for (size_t i = 0; i < sizeof(want); i++)
		if (i != 10 && i != 11)
			assert_int_equal(frame[14 + i], want[i]);
	/* The payload was there; its bytes are not known. */
	tcp.payload_len = 100;
	tcp.options = TCPOPT_SEEN_TS;
	tcp.tsval = 0x01020304;
	assert_int_equal(packet_rebuild(&flow, &tcp, frame, &frame_len), 66);
	assert_int_equal(frame_len, 166);
	assert_int_equal(frame[17], 20 + 32 + 100);
	assert_int_equal(frame[46], 0x80);
	assert_memory_equal(frame + 54, "\1\1\10\12\1\2\3\4\0\0\0\0", 12);
}

static void test_v6(void **state)
{
	const struct ev_flow flow = flow_of("fd00:64::10", "fd00::15", IPPROTO_TCP);
	const struct ev_tcp tcp = {.flags = 2};
	uint8_t frame[PACKET_REBUILT_MAX];
	uint32_t frame_len;

	(void)state;
	assert_int_equal(packet_rebuild(&flow, &tcp, frame, &frame_len), 74);
	assert_int_equal(frame[12] << 8 | frame[13], 0x86dd);
	assert_int_equal(frame[14], 0x60);
	assert_int_equal(frame[19], 20);
	assert_int_equal(frame[20], IPPROTO_TCP);
	assert_memory_equal(frame + 22, flow.saddr, 16);
	assert_memory_equal(frame + 38, flow.daddr, 16);
}

static void test_datagrams(void **state)
{
	struct ev_flow flow = flow_of("100.64.1.10", "172.16.32.15", IPPROTO_UDP);
	struct ev_tcp tcp = {.payload_len = 5};
	uint8_t frame[PACKET_REBUILT_MAX];
	uint32_t frame_len;

	(void)state;
	assert_int_equal(packet_rebuild(&flow, &tcp, frame, &frame_len), 42);
	assert_int_equal(frame_len, 47);
	assert_int_equal(frame[39], 13);
	flow.proto = IPPROTO_ICMP;
	flow.dport = 0;
	tcp = (struct ev_tcp){.seq = 3};
	assert_int_equal(packet_rebuild(&flow, &tcp, frame, &frame_len), 42);
	assert_int_equal(frame[34], 8);
	assert_memory_equal(frame + 38, "\xd1\xea\0\3", 4);
	flow.proto = IPPROTO_ICMPV6;
	flow.family = 6;
	flow.dport = flow.sport;
	flow.sport = 0;
	assert_int_equal(packet_rebuild(&flow, &tcp, frame, &frame_len), 62);
	assert_int_equal(frame[54], 129);
	flow.proto = IPPROTO_SCTP;
	assert_int_equal(packet_rebuild(&flow, &tcp, frame, &frame_len), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tcp),
		cmocka_unit_test(test_v6),
		cmocka_unit_test(test_datagrams),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
