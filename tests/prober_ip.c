// SPDX-License-Identifier: GPL-2.0-only
/* The network header around the prober's packets, and the bytes of any header. */
#include "prober_ip.h"

#include <string.h>
#include <sys/socket.h>

enum { IP4_HEADER = 20, IP6_HEADER = 40 };

void put16(uint8_t *p, uint16_t v)
{
	p[0] = v >> 8;
	p[1] = v & 0xff;
}

void put32(uint8_t *p, uint32_t v)
{
	put16(p, v >> 16);
	put16(p + 2, v & 0xffff);
}

uint16_t get16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

uint32_t get32(const uint8_t *p)
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

size_t ip_header_len(const struct prober_options *opt)
{
	return opt->family == AF_INET ? IP4_HEADER : IP6_HEADER;
}

uint16_t transport_checksum(const struct prober_options *opt, const struct probe *probe, int proto,
			    const uint8_t *p, size_t len)
{
	size_t alen = opt->family == AF_INET ? 4 : 16;
	uint32_t sum = 0;
	uint16_t check;

	if (proto != IPPROTO_ICMP) {
		sum = (uint32_t)proto + (uint32_t)len;
		sum = sum16((const uint8_t *)&opt->sources[probe->source], alen, sum);
		sum = sum16((const uint8_t *)&opt->target, alen, sum);
	}
	check = fold(sum16(p, len, sum));
	/* RFC 768: 0 would say that there is none. */
	if (proto == IPPROTO_UDP && !check)
		check = 0xffff;
	return opt->bad_tcp_checksum ? check ^ 0x5555 : check;
}

void put_ip(const struct prober_options *opt, const struct probe *probe, int proto, uint8_t *ip,
	    size_t len)
{
	uint16_t check;

	if (opt->family == AF_INET6) {
		ip[0] = 0x60;
		put16(ip + 4, (uint16_t)len);
		ip[6] = (uint8_t)proto;
		ip[7] = 64;
		memcpy(ip + 8, &opt->sources[probe->source], 16);
		memcpy(ip + 24, &opt->target, 16);
		return;
	}
	ip[0] = 0x45;
	put16(ip + 2, (uint16_t)(IP4_HEADER + len));
	put16(ip + 6, 0x4000);
	ip[8] = 64;
	ip[9] = (uint8_t)proto;
	memcpy(ip + 12, &opt->sources[probe->source], 4);
	memcpy(ip + 16, &opt->target, 4);
	check = fold(sum16(ip, IP4_HEADER, 0));
	put16(ip + 10, opt->bad_ip_checksum ? check ^ 0x5555 : check);
}

size_t parse_ip(const struct prober_options *opt, const uint8_t *buf, size_t *len, bool to_target,
		int *proto, struct in6_addr *ours)
{
	size_t alen = opt->family == AF_INET ? 4 : 16;
	size_t header, total;
	const uint8_t *src, *dst;

	if (opt->family == AF_INET) {
		if (*len < IP4_HEADER || buf[0] >> 4 != 4)
			return 0;
		header = (size_t)(buf[0] & 15) * 4;
		total = get16(buf + 2);
		/* Not the first fragment: no transport header. */
		if (get16(buf + 6) & 0x1fff)
			return 0;
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
