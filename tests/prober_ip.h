/* SPDX-License-Identifier: GPL-2.0-only */
/* The network header around the prober's packets, and the bytes of any header. */
#ifndef CLBTRACE_TESTS_PROBER_IP_H
#define CLBTRACE_TESTS_PROBER_IP_H

#include "prober.h"

void put16(uint8_t *p, uint16_t v);
void put32(uint8_t *p, uint32_t v);
uint16_t get16(const uint8_t *p);
uint32_t get32(const uint8_t *p);

size_t ip_header_len(const struct prober_options *opt);

/*
 * The checksum of len bytes of this protocol, whose own field is 0; a wrong one if that is asked
 * for. TCP, UDP and ICMPv6 include a pseudo-header (RFC 9293 section 3.1, RFC 8200 section 8.1),
 * ICMP does not.
 */
uint16_t transport_checksum(const struct prober_options *opt, const struct probe *probe, int proto,
			    const uint8_t *p, size_t len);

/* The network header in front of len bytes; ip has been zeroed. */
void put_ip(const struct prober_options *opt, const struct probe *probe, int proto, uint8_t *ip,
	    size_t len);

/*
 * Returns the network header's length, 0 if it is none, or, with to_target, if it is not one to the
 * target. *len becomes the packet's own length, ours our address in it.
 */
size_t parse_ip(const struct prober_options *opt, const uint8_t *buf, size_t *len, bool to_target,
		int *proto, struct in6_addr *ours);

#endif
