// SPDX-License-Identifier: GPL-2.0-only
/* Builds the prober's datagrams and echo requests, and reads the answers; finds what an ICMP error
 * is about. */
#include <netinet/icmp6.h>
#include <netinet/ip_icmp.h>
#include <string.h>
#include <sys/socket.h>

#include "prober.h"
#include "prober_ip.h"

enum { HEADER = 8 }; /* of UDP and of ICMP */

static int icmp_proto(const struct prober_options *opt)
{
	return opt->family == AF_INET ? IPPROTO_ICMP : IPPROTO_ICMPV6;
}

static int probe_proto(const struct prober_options *opt)
{
	if (opt->mode == MODE_PING)
		return icmp_proto(opt);
	return opt->mode == MODE_UDP ? IPPROTO_UDP : IPPROTO_TCP;
}

static uint8_t echo_type(const struct prober_options *opt, bool reply)
{
	if (opt->family == AF_INET)
		return reply ? ICMP_ECHOREPLY : ICMP_ECHO;
	return reply ? ICMP6_ECHO_REPLY : ICMP6_ECHO_REQUEST;
}

/* The probe's datagram or echo request with its network header; 0 if it does not fit. */
size_t datagram_build(const struct prober_options *opt, const struct probe *probe, uint8_t *buf,
		      size_t size)
{
	size_t ip_len = ip_header_len(opt), len = HEADER + opt->payload_len;
	bool ping = opt->mode == MODE_PING;
	int proto = probe_proto(opt);
	uint8_t *p = buf + ip_len;

	if (size < ip_len + len)
		return 0;
	memset(buf, 0, ip_len + HEADER);
	if (ping) {
		p[0] = echo_type(opt, false);
		put16(p + 4, probe->sport);
		put16(p + 6, (uint16_t)probe->isn);
	} else {
		put16(p, probe->sport);
		put16(p + 2, opt->port);
		put16(p + 4, (uint16_t)len);
	}
	memcpy(p + HEADER, opt->payload, opt->payload_len);
	put16(p + (ping ? 2 : 6), transport_checksum(opt, probe, proto, p, len));
	put_ip(opt, probe, proto, buf, len);
	return ip_len + len;
}

static bool parse_udp(const struct prober_options *opt, const uint8_t *p, size_t len,
		      struct received *out)
{
	if (len < HEADER || get16(p) != opt->port)
		return false;
	out->sport = get16(p + 2);
	out->payload = p + HEADER;
	out->payload_len = len - HEADER;
	return true;
}

static bool parse_echo_reply(const uint8_t *p, size_t len, struct received *out)
{
	out->sport = get16(p + 4);
	out->seq = get16(p + 6);
	out->payload = p + HEADER;
	out->payload_len = len - HEADER;
	return true;
}

/* An ICMP error carries the packet it is about: ours if that went to the target's port. */
static bool parse_error(const struct prober_options *opt, const uint8_t *p, size_t len,
			struct received *out)
{
	size_t inner_len = len - HEADER, header;
	int proto;

	out->icmp = true;
	out->icmp_type = p[0];
	out->icmp_code = p[1];
	header = parse_ip(opt, p + HEADER, &inner_len, true, &proto, &out->to);
	if (!header || proto != probe_proto(opt) || inner_len < header + HEADER)
		return false;
	p += HEADER + header;
	if (opt->mode == MODE_PING) {
		out->sport = get16(p + 4);
		return p[0] == echo_type(opt, false);
	}
	out->sport = get16(p);
	return get16(p + 2) == opt->port;
}

/* True if the packet (network header first) belongs to a probe of ours. */
bool packet_parse(const struct prober_options *opt, const uint8_t *buf, size_t len,
		  struct received *out)
{
	size_t alen = opt->family == AF_INET ? 4 : 16, header;
	const uint8_t *from = buf + (opt->family == AF_INET ? 12 : 8);
	bool from_target;
	int proto;

	memset(out, 0, sizeof(*out));
	header = parse_ip(opt, buf, &len, false, &proto, &out->to);
	if (!header)
		return false;
	from_target = !memcmp(from, &opt->target, alen);
	buf += header;
	len -= header;
	if (proto == icmp_proto(opt) && len >= HEADER) {
		if (opt->mode == MODE_PING && from_target && buf[0] == echo_type(opt, true))
			return parse_echo_reply(buf, len, out);
		return parse_error(opt, buf, len, out);
	}
	if (!from_target || proto != probe_proto(opt))
		return false;
	return proto == IPPROTO_UDP ? parse_udp(opt, buf, len, out)
				    : segment_parse(opt, buf, len, out);
}
