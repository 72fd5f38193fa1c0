// SPDX-License-Identifier: GPL-2.0-only
/* Builds the prober's TCP segments byte by byte, and reads those that come back. */
#include <arpa/inet.h>
#include <string.h>
#include <sys/socket.h>

#include "prober.h"
#include "prober_ip.h"

enum { TCP_HEADER = 20 };
enum { OPT_MSS = 2, OPT_TIMESTAMP = 8, OPT_MD5 = 19 };

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

/* Returns the packet's length, network header first; 0 if it does not fit. */
size_t segment_build(const struct prober_options *opt, const struct probe *probe,
		     const struct segment *segment, uint8_t *buf, size_t size)
{
	size_t ip_len = ip_header_len(opt);
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
	put16(tcp + 16, transport_checksum(opt, probe, IPPROTO_TCP, tcp, len));
	put_ip(opt, probe, IPPROTO_TCP, buf, len);
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

/* A TCP segment of the target's port. */
bool segment_parse(const struct prober_options *opt, const uint8_t *p, size_t len,
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
