// SPDX-License-Identifier: GPL-2.0-only
// A frame made of what an event tells of a packet's headers, where no frame of it was seen.
#include "packet_rebuild.h"

#include <linux/if_ether.h>
#include <netinet/in.h>
#include <string.h>

#include "packet_sight.h"

enum {
	IPV4_LEN = 20,
	IPV6_LEN = 40,
	TCP_LEN = 20,
	TIMESTAMPS_LEN = 12,
	DATAGRAM_LEN = 8,
	TTL = 64, /* as Linux sends */
	ECHO_REQUEST = 8,
	ECHO_REPLY = 0,
	ECHO_REQUEST_6 = 128,
	ECHO_REPLY_6 = 129,
};

static void put16(uint8_t *at, uint32_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static void put32(uint8_t *at, uint32_t value)
{
	put16(at, value >> 16);
	put16(at + 2, value);
}

/* RFC 9293 section 3.1; the timestamps as Linux has them, behind two NOPs (RFC 7323 appendix A). */
static uint32_t put_tcp(const struct ev_flow *flow, const struct ev_tcp *tcp, uint8_t *at)
{
	const uint8_t timestamps[] = {1, 1, 8, 10};
	uint32_t len = TCP_LEN;

	put16(at, flow->sport);
	put16(at + 2, flow->dport);
	put32(at + 4, tcp->seq);
	put32(at + 8, tcp->ack);
	at[13] = tcp->flags;
	put16(at + 14, tcp->window);
	if (tcp->options & TCPOPT_SEEN_TS) {
		memcpy(at + TCP_LEN, timestamps, sizeof(timestamps));
		put32(at + TCP_LEN + 4, tcp->tsval);
		put32(at + TCP_LEN + 8, tcp->tsecr);
		len += TIMESTAMPS_LEN;
	}
	at[12] = (uint8_t)(len / 4 << 4);
	return len;
}

static uint32_t put_udp(const struct ev_flow *flow, const struct ev_tcp *tcp, uint8_t *at)
{
	put16(at, flow->sport);
	put16(at + 2, flow->dport);
	put16(at + 4, DATAGRAM_LEN + tcp->payload_len);
	return DATAGRAM_LEN;
}

/* The identifier is the port of who asks. */
static uint32_t put_echo(const struct ev_flow *flow, const struct ev_tcp *tcp, uint8_t *at)
{
	if (flow->proto == IPPROTO_ICMP)
		at[0] = flow->dport ? ECHO_REPLY : ECHO_REQUEST;
	else
		at[0] = flow->dport ? ECHO_REPLY_6 : ECHO_REQUEST_6;
	put16(at + 4, flow->sport | flow->dport);
	put16(at + 6, tcp->seq);
	return DATAGRAM_LEN;
}

static uint32_t checksum(const uint8_t *at)
{
	uint32_t sum = 0;

	for (int i = 0; i < IPV4_LEN; i += 2)
		sum += (uint32_t)at[i] << 8 | at[i + 1];
	sum = (sum & 0xffff) + (sum >> 16);
	return ~(sum + (sum >> 16));
}

/* len: of what follows, with the payload. */
static void put_ipv4(const struct ev_flow *flow, uint32_t len, uint8_t *at)
{
	at[0] = 0x45;
	put16(at + 2, IPV4_LEN + len);
	at[8] = TTL;
	at[9] = flow->proto;
	memcpy(at + 12, flow->saddr + 12, 4);
	memcpy(at + 16, flow->daddr + 12, 4);
	put16(at + 10, checksum(at));
}

static void put_ipv6(const struct ev_flow *flow, uint32_t len, uint8_t *at)
{
	at[0] = 0x60;
	put16(at + 4, len);
	at[6] = flow->proto;
	at[7] = TTL;
	memcpy(at + 8, flow->saddr, 16);
	memcpy(at + 24, flow->daddr, 16);
}

uint32_t packet_rebuild(const struct ev_flow *flow, const struct ev_tcp *tcp,
			uint8_t frame[PACKET_REBUILT_MAX], uint32_t *frame_len)
{
	const bool v6 = flow->family == 6;
	uint8_t *ip = frame + PACKET_ETHERNET_LEN, *l4 = ip + (v6 ? IPV6_LEN : IPV4_LEN);
	uint32_t len, cap_len;

	memset(frame, 0, PACKET_REBUILT_MAX);
	put16(frame + 12, v6 ? ETH_P_IPV6 : ETH_P_IP);
	if (flow->proto == IPPROTO_TCP)
		len = put_tcp(flow, tcp, l4);
	else if (flow->proto == IPPROTO_UDP)
		len = put_udp(flow, tcp, l4);
	else if (flow->proto == IPPROTO_ICMP || flow->proto == IPPROTO_ICMPV6)
		len = put_echo(flow, tcp, l4);
	else
		return 0;
	if (v6)
		put_ipv6(flow, len + tcp->payload_len, ip);
	else
		put_ipv4(flow, len + tcp->payload_len, ip);
	cap_len = (uint32_t)(l4 - frame) + len;
	*frame_len = cap_len + tcp->payload_len;
	return cap_len;
}
