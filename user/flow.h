/* SPDX-License-Identifier: GPL-2.0-only */
/* Flows and addresses: comparison, orientation, text. */
#ifndef CLBTRACE_FLOW_H
#define CLBTRACE_FLOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fact.h"

enum {
	FLOW_ADDR_LEN = 46,	/* INET6_ADDRSTRLEN */
	FLOW_ENDPOINT_LEN = 56, /* [address]:port */
};

bool flow_equal(const struct ev_flow *a, const struct ev_flow *b);
/* The flow of the opposite direction. */
struct ev_flow flow_reverse(const struct ev_flow *flow);
/* A 64-bit hash over addresses, ports, protocol and family; the same for equal flows. */
uint64_t flow_hash(const struct ev_flow *flow);

/* proto: IPPROTO_*. "tcp", "udp", "icmp" for either version's echo. */
const char *flow_proto_name(uint8_t proto);

bool addr_is_v4(const uint8_t addr[16]);       /* ::ffff:0:0/96 */
bool addr_is_any(const uint8_t addr[16]);      /* :: or ::ffff:0.0.0.0 */
bool addr_is_loopback(const uint8_t addr[16]); /* 127.0.0.0/8 or ::1 */

/* IPv4 as a.b.c.d, else RFC 5952. Returns buf. */
const char *addr_text(const uint8_t addr[16], char buf[FLOW_ADDR_LEN]);
/* a.b.c.d:port or [address]:port. Returns buf. */
const char *endpoint_text(const uint8_t addr[16], uint16_t port, char buf[FLOW_ENDPOINT_LEN]);

#endif
