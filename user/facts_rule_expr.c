// SPDX-License-Identifier: GPL-2.0-only
// Follows the values that a rule of nf_tables compares.
#include <arpa/inet.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <stdio.h>
#include <string.h>

#include "facts_rule.h"
#include "flow.h"

bool rule_expr_read(const struct nlattr *element, struct rule_expr *out)
{
	const struct nlattr *expr[NFTA_EXPR_MAX + 1];

	netlink_nested(element, expr, NFTA_EXPR_MAX);
	if (!expr[NFTA_EXPR_NAME])
		return false;
	netlink_get_text(expr[NFTA_EXPR_NAME], out->name, sizeof(out->name));
	out->data = expr[NFTA_EXPR_DATA];
	return true;
}

bool rule_expr_is(const struct rule_expr *expr, const char *name)
{
	return !strcmp(expr->name, name);
}

/* A register of 16 bytes is the first of four of 4 bytes (nft_parse_register()). */
static size_t register_index(uint32_t number)
{
	size_t index = number < NFT_REG32_00 ? (size_t)(number ? number - 1 : 0) * 4
					     : number - NFT_REG32_00;

	return index < RULE_REGISTERS ? index : RULE_REGISTERS - 1;
}

const struct rule_key *rule_register(const struct rule_registers *registers,
				     const struct nlattr *number)
{
	return &registers->key[register_index(netlink_get_be32(number))];
}

static void take_payload(struct rule_registers *registers, const struct nlattr *data)
{
	const struct nlattr *attrs[NFTA_PAYLOAD_LEN + 1];

	netlink_nested(data, attrs, NFTA_PAYLOAD_LEN);
	if (!attrs[NFTA_PAYLOAD_DREG])
		return;
	registers->key[register_index(netlink_get_be32(attrs[NFTA_PAYLOAD_DREG]))] =
		(struct rule_key){.source = FROM_PAYLOAD,
				  .base = netlink_get_be32(attrs[NFTA_PAYLOAD_BASE]),
				  .offset = netlink_get_be32(attrs[NFTA_PAYLOAD_OFFSET]),
				  .len = netlink_get_be32(attrs[NFTA_PAYLOAD_LEN])};
}

static void take_bitwise(struct rule_registers *registers, const struct nlattr *data)
{
	const struct nlattr *attrs[NFTA_BITWISE_MAX + 1], *value[NFTA_DATA_MAX + 1];
	struct rule_key key;
	size_t len;

	netlink_nested(data, attrs, NFTA_BITWISE_MAX);
	netlink_nested(attrs[NFTA_BITWISE_MASK], value, NFTA_DATA_MAX);
	key = *rule_register(registers, attrs[NFTA_BITWISE_SREG]);
	if (!value[NFTA_DATA_VALUE]) {
		key.source = FROM_UNKNOWN;
	} else {
		len = mnl_attr_get_payload_len(value[NFTA_DATA_VALUE]);
		memcpy(key.mask, mnl_attr_get_payload(value[NFTA_DATA_VALUE]),
		       len < sizeof(key.mask) ? len : sizeof(key.mask));
		key.masked = true;
	}
	registers->key[register_index(netlink_get_be32(attrs[NFTA_BITWISE_DREG]))] = key;
}

/* meta and ct have their register and key in the same places. */
static void take_key(struct rule_registers *registers, const struct nlattr *data,
		     enum rule_source source)
{
	const struct nlattr *attrs[NFTA_META_KEY + 1];

	_Static_assert((int)NFTA_META_DREG == (int)NFTA_CT_DREG, "register");
	_Static_assert((int)NFTA_META_KEY == (int)NFTA_CT_KEY, "key");
	netlink_nested(data, attrs, NFTA_META_KEY);
	if (attrs[NFTA_META_DREG])
		registers->key[register_index(netlink_get_be32(attrs[NFTA_META_DREG]))] =
			(struct rule_key){.source = source,
					  .base = netlink_get_be32(attrs[NFTA_META_KEY])};
}

void rule_registers_take(struct rule_registers *registers, const struct rule_expr *expr)
{
	if (rule_expr_is(expr, "payload"))
		take_payload(registers, expr->data);
	else if (rule_expr_is(expr, "meta"))
		take_key(registers, expr->data, FROM_META);
	else if (rule_expr_is(expr, "ct"))
		take_key(registers, expr->data, FROM_CT);
	else if (rule_expr_is(expr, "bitwise"))
		take_bitwise(registers, expr->data);
}

static size_t network_value(const struct rule_key *key, const struct ev_flow *flow, uint8_t out[16])
{
	const bool v4 = flow->family == 4;
	const uint32_t len = v4 ? 4 : 16, source = v4 ? 12 : 8;
	const uint8_t *addr;

	if (key->offset == (v4 ? 9 : 6) && key->len == 1) {
		out[0] = flow->proto;
		return 1;
	}
	if (key->offset != source && key->offset != source + len)
		return 0;
	/* Fewer bytes are a prefix of whole bytes (iptables-nft). */
	if (key->len > len)
		return 0;
	addr = key->offset == source ? flow->saddr : flow->daddr;
	memcpy(out, addr + 16 - len, key->len);
	return key->len;
}

size_t rule_key_value(const struct rule_key *key, const struct ev_flow *flow, uint8_t out[16])
{
	const bool ports = flow->proto == IPPROTO_TCP || flow->proto == IPPROTO_UDP;
	uint16_t port;

	if (key->source == FROM_META && key->base == NFT_META_L4PROTO) {
		out[0] = flow->proto;
		return 1;
	}
	/* Of the families of a bridge and a device it is another. */
	if (key->source == FROM_META && key->base == NFT_META_NFPROTO) {
		out[0] = flow->family == 4 ? NFPROTO_IPV4 : NFPROTO_IPV6;
		return 1;
	}
	if (key->source != FROM_PAYLOAD)
		return 0;
	if (key->base == NFT_PAYLOAD_NETWORK_HEADER)
		return network_value(key, flow, out);
	if (key->base != NFT_PAYLOAD_TRANSPORT_HEADER || !ports || key->len != 2 ||
	    (key->offset != 0 && key->offset != 2))
		return 0;
	port = htons(key->offset ? flow->dport : flow->sport);
	memcpy(out, &port, sizeof(port));
	return sizeof(port);
}

static bool is_address(const struct rule_key *key)
{
	if (key->source != FROM_PAYLOAD || key->base != NFT_PAYLOAD_NETWORK_HEADER)
		return false;
	return key->len == 16 || ((key->offset == 12 || key->offset == 16) && key->len <= 4);
}

void rule_value_text(const struct rule_key *key, const uint8_t *value, uint32_t len, char *out,
		     size_t out_len)
{
	uint8_t addr[16] = {0};
	char text[INET6_ADDRSTRLEN];
	size_t at = 0;

	if (is_address(key) && len == key->len) {
		memcpy(addr, value, len);
		inet_ntop(len == 16 ? AF_INET6 : AF_INET, addr, text, sizeof(text));
		snprintf(out, out_len, len < 4 ? "%s/%u" : "%s", text, 8 * len);
	} else if (len == 2 && key->source == FROM_PAYLOAD) {
		snprintf(out, out_len, "%u", (unsigned int)value[0] << 8 | value[1]);
	} else if (len == 1) {
		snprintf(out, out_len, "%u", value[0]);
	} else {
		at = (size_t)snprintf(out, out_len, "0x");
		for (uint32_t i = 0; i < len && at + 3 <= out_len; i++)
			at += (size_t)snprintf(out + at, out_len - at, "%02x", value[i]);
	}
}
