// SPDX-License-Identifier: GPL-2.0-only
/* Builds the prober's packets byte by byte, and reads what comes back. */
#include <arpa/inet.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <string.h>
#include <sys/socket.h>

#include "prober.h"

enum { ICMP_HEADER = 8, TCP_HEADER = 20, IP4_HEADER = 20, IP6_HEADER = 40 };
enum { OPT_MSS = 2, OPT_TIMESTAMP = 8, OPT_MD5 = 19 };

static void put16(uint8_t *p, uint16_t v)
{
	p[0] = v >> 8;
	p[1] = v & 0xff;
}

static void put32(uint8_t *p, uint32_t v)
{
	put16(p, v >> 16);
	put16(p + 2, v & 0xffff);
}

static uint16_t get16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static uint32_t get32(const uint8_t *p)
{
	return (uint32_t)get16(p) << 16 | get16(p + 2);
}

static uint32_t sum16(const uint8_t *p, size_t len, uint32_t sum)
{
	for (; len > 1; len -= 2, p += 2)
		sum += get16(p);
	if (len)
		sum += (uint32_t)(p[0] << 8);
	return sum;
}

static uint16_t fold(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

/* Returns the length of the options, padded to whole words. */
static size_t put_options(const struct prober_options *opt, const struct probe *probe,
			  const struct segment *segment, uint8_t *p)
{
	size_t n = 0;

	if (segment->flags & TH_SYN) {
		p[n++] = OPT_MSS;
		p[n++] = 4;
		put16(p + n, 1400);
		n += 2;
	}
	if (opt->have_tsval && !(segment->flags & TH_RST)) {
		p[n++] = OPT_TIMESTAMP;
		p[n++] = 10;
		put32(p + n, segment->tsval);
		put32(p + n + 4, probe->peer_tsval);
		n += 8;
	}
	if (opt->md5) {
		/* No key: a digest that cannot be right. */
		p[n++] = OPT_MD5;
		p[n++] = 18;
		memset(p + n, 0x5a, 16);
		n += 16;
	}
	while (n % 4)
		p[n++] = 1;
	return n;
}

static void finish_tcp(const struct prober_options *opt, const struct probe *probe, uint8_t *tcp,
		       size_t len)
{
	size_t alen = opt->family == AF_INET ? 4 : 16;
	uint32_t sum = IPPROTO_TCP + (uint32_t)len;
	uint16_t check;

	sum = sum16((const uint8_t *)&opt->sources[probe->source], alen, sum);
	sum = sum16((const uint8_t *)&opt->target, alen, sum);
	check = fold(sum16(tcp, len, sum));
	put16(tcp + 16, opt->bad_tcp_checksum ? check ^ 0x5555 : check);
}

static void put_ip(const struct prober_options *opt, const struct probe *probe, uint8_t *ip,
		   size_t len)
{
	uint16_t check;

	if (opt->family == AF_INET6) {
		ip[0] = 0x60;
		put16(ip + 4, (uint16_t)len);
		ip[6] = IPPROTO_TCP;
		ip[7] = 64;
		memcpy(ip + 8, &opt->sources[probe->source], 16);
		memcpy(ip + 24, &opt->target, 16);
		return;
	}
	ip[0] = 0x45;
	put16(ip + 2, (uint16_t)(IP4_HEADER + len));
	put16(ip + 6, 0x4000);
	ip[8] = 64;
	ip[9] = IPPROTO_TCP;
	memcpy(ip + 12, &opt->sources[probe->source], 4);
	memcpy(ip + 16, &opt->target, 4);
	check = fold(sum16(ip, IP4_HEADER, 0));
	put16(ip + 10, opt->bad_ip_checksum ? check ^ 0x5555 : check);
}

/* Returns the packet's length, network header first; 0 if it does not fit. */
size_t packet_build(const struct prober_options *opt, const struct probe *probe,
		    const struct segment *segment, uint8_t *buf, size_t size)
{
	size_t ip_len = opt->family == AF_INET ? IP4_HEADER : IP6_HEADER;
	uint8_t *tcp = buf + ip_len;
	size_t header, len;

	if (size < ip_len + TCP_HEADER + 40 + segment->payload_len)
		return 0;
	memset(buf, 0, ip_len + TCP_HEADER);
	put16(tcp, probe->sport);
	put16(tcp + 2, opt->port);
	put32(tcp + 4, segment->seq);
	put32(tcp + 8, segment->ack);
	header = TCP_HEADER + put_options(opt, probe, segment, tcp + TCP_HEADER);
	tcp[12] = (uint8_t)((opt->data_offset >= 0 ? (size_t)opt->data_offset : header / 4) << 4);
	tcp[13] = segment->flags;
	put16(tcp + 14, segment->flags & TH_RST ? 0 : 64240);
	if (segment->payload_len)
		memcpy(tcp + header, segment->payload, segment->payload_len);
	len = header + segment->payload_len;
	finish_tcp(opt, probe, tcp, len);
	put_ip(opt, probe, buf, len);
	return ip_len + len;
}

static uint32_t find_tsval(const uint8_t *p, size_t len)
{
	size_t i = 0;

	while (i < len && p[i] != 0) {
		if (p[i] == 1) {
			i++;
			continue;
		}
		if (i + 1 >= len || p[i + 1] < 2 || i + p[i + 1] > len)
			break;
		if (p[i] == OPT_TIMESTAMP && p[i + 1] == 10)
			return get32(p + i + 2);
		i += p[i + 1];
	}
	return 0;
}

/* The network header's length and next protocol, if it is a packet between source and target. */
static size_t parse_ip(const struct prober_options *opt, const uint8_t *buf, size_t *len,
		       bool to_target, int *proto, struct in6_addr *ours)
{
	size_t alen = opt->family == AF_INET ? 4 : 16;
	size_t header, total;
	const uint8_t *src, *dst;

	if (opt->family == AF_INET) {
		if (*len < IP4_HEADER || buf[0] >> 4 != 4)
			return 0;
		header = (size_t)(buf[0] & 15) * 4;
		total = get16(buf + 2);
		*proto = buf[9];
		src = buf + 12;
		dst = buf + 16;
	} else {
		if (*len < IP6_HEADER || buf[0] >> 4 != 6)
			return 0;
		header = IP6_HEADER;
		total = IP6_HEADER + get16(buf + 4);
		*proto = buf[6];
		src = buf + 8;
		dst = buf + 24;
	}
	if (*len < header)
		return 0;
	if (total >= header && total < *len)
		*len = total;
	memset(ours, 0, sizeof(*ours));
	memcpy(ours, to_target ? src : dst, alen);
	if (to_target && memcmp(dst, &opt->target, alen))
		return 0;
	return header;
}

static bool parse_tcp(const struct prober_options *opt, const uint8_t *p, size_t len,
		      struct received *out)
{
	size_t header;

	if (len < TCP_HEADER || get16(p) != opt->port)
		return false;
	header = (size_t)(p[12] >> 4) * 4;
	if (header < TCP_HEADER || header > len)
		return false;
	out->sport = get16(p + 2);
	out->seq = get32(p + 4);
	out->ack = get32(p + 8);
	out->flags = p[13];
	out->tsval = find_tsval(p + TCP_HEADER, header - TCP_HEADER);
	out->payload = p + header;
	out->payload_len = len - header;
	return true;
}

/* An ICMP error carries the packet it is about: ours if that went to the target's port. */
static bool parse_icmp(const struct prober_options *opt, const uint8_t *p, size_t len,
		       struct received *out)
{
	size_t inner_len, header;
	int proto;

	if (len < ICMP_HEADER)
		return false;
	out->icmp = true;
	out->icmp_type = p[0];
	out->icmp_code = p[1];
	inner_len = len - ICMP_HEADER;
	header = parse_ip(opt, p + ICMP_HEADER, &inner_len, true, &proto, &out->to);
	if (!header || proto != IPPROTO_TCP || inner_len < header + 4)
		return false;
	p += ICMP_HEADER + header;
	out->sport = get16(p);
	return get16(p + 2) == opt->port;
}

/* True if the packet (network header first) belongs to a probe of ours. */
bool packet_parse(const struct prober_options *opt, const uint8_t *buf, size_t len,
		  struct received *out)
{
	size_t alen = opt->family == AF_INET ? 4 : 16;
	const uint8_t *from = buf + (opt->family == AF_INET ? 12 : 8);
	size_t header;
	int proto;

	memset(out, 0, sizeof(*out));
	header = parse_ip(opt, buf, &len, false, &proto, &out->to);
	if (!header)
		return false;
	if (proto == IPPROTO_TCP)
		return !memcmp(from, &opt->target, alen) &&
		       parse_tcp(opt, buf + header, len - header, out);
	if (proto == (opt->family == AF_INET ? IPPROTO_ICMP : IPPROTO_ICMPV6))
		return parse_icmp(opt, buf + header, len - header, out);
	return false;
}
