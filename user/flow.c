// SPDX-License-Identifier: GPL-2.0-only
// Flows and addresses: comparison, orientation, text.
#include "flow.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

static const uint8_t v4_mapped[12] = {[10] = 0xff, [11] = 0xff};

bool flow_equal(const struct ev_flow *a, const struct ev_flow *b)
{
	return a->sport == b->sport && a->dport == b->dport && a->proto == b->proto &&
	       !memcmp(a->saddr, b->saddr, 16) && !memcmp(a->daddr, b->daddr, 16);
}

struct ev_flow flow_reverse(const struct ev_flow *flow)
{
	struct ev_flow r = *flow;

	memcpy(r.saddr, flow->daddr, 16);
	memcpy(r.daddr, flow->saddr, 16);
	r.sport = flow->dport;
	r.dport = flow->sport;
	return r;
}

static uint64_t mix(uint64_t h, uint64_t v)
{
	h ^= v;
	h *= 0x9e3779b97f4a7c15ULL;
	return h ^ (h >> 29);
}

uint64_t flow_hash(const struct ev_flow *flow)
{
	uint64_t words[4];
	uint64_t h = flow->proto;

	memcpy(words, flow->saddr, 16);
	memcpy(words + 2, flow->daddr, 16);
	for (int i = 0; i < 4; i++)
		h = mix(h, words[i]);
	return mix(h, (uint64_t)flow->sport << 16 | flow->dport);
}

bool addr_is_v4(const uint8_t addr[16])
{
	return !memcmp(addr, v4_mapped, sizeof(v4_mapped));
}

bool addr_is_any(const uint8_t addr[16])
{
	static const uint8_t zero[16];

	return !memcmp(addr, zero, 16) || (addr_is_v4(addr) && !memcmp(addr + 12, zero, 4));
}

bool addr_is_loopback(const uint8_t addr[16])
{
	static const uint8_t one[16] = {[15] = 1};

	return !memcmp(addr, one, 16) || (addr_is_v4(addr) && addr[12] == 127);
}

const char *addr_text(const uint8_t addr[16], char buf[FLOW_ADDR_LEN])
{
	if (addr_is_v4(addr))
		inet_ntop(AF_INET, addr + 12, buf, FLOW_ADDR_LEN);
	else
		inet_ntop(AF_INET6, addr, buf, FLOW_ADDR_LEN);
	return buf;
}

const char *endpoint_text(const uint8_t addr[16], uint16_t port, char buf[FLOW_ENDPOINT_LEN])
{
	char text[FLOW_ADDR_LEN];

	addr_text(addr, text);
	snprintf(buf, FLOW_ENDPOINT_LEN, addr_is_v4(addr) ? "%s:%u" : "[%s]:%u", text, port);
	return buf;
}

const char *flow_proto_name(uint8_t proto)
{
	if (proto == IPPROTO_UDP)
		return "udp";
	return proto == IPPROTO_TCP ? "tcp" : "icmp";
}
