// SPDX-License-Identifier: GPL-2.0-only
// Describes a rule of nf_tables from its message.
#include <arpa/inet.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nf_tables_compat.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "facts_internal.h"
#include "facts_rule.h"

static const uint64_t fnv_offset = 0xcbf29ce484222325, fnv_prime = 0x100000001b3;

__attribute__((format(printf, 2, 3))) static void add(struct rule_view *view, const char *format,
						      ...)
{
	size_t len = strlen(view->text);
	va_list args;

	va_start(args, format);
	vsnprintf(view->text + len, sizeof(view->text) - len, format, args);
	va_end(args);
}

static const char *payload_name(const struct rule_key *key)
{
	static const struct {
		uint32_t base, offset, len;
		const char *name;
	} names[] = {
		{NFT_PAYLOAD_NETWORK_HEADER, 8, 16, "ip6 saddr"},
		{NFT_PAYLOAD_NETWORK_HEADER, 24, 16, "ip6 daddr"},
		{NFT_PAYLOAD_NETWORK_HEADER, 12, 4, "ip saddr"},
		{NFT_PAYLOAD_NETWORK_HEADER, 16, 4, "ip daddr"},
		{NFT_PAYLOAD_NETWORK_HEADER, 9, 1, "ip protocol"},
		{NFT_PAYLOAD_TRANSPORT_HEADER, 0, 2, "th sport"},
		{NFT_PAYLOAD_TRANSPORT_HEADER, 2, 2, "th dport"},
		{NFT_PAYLOAD_TRANSPORT_HEADER, 13, 1, "tcp flags"},
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i].base == key->base && names[i].offset == key->offset &&
		    (names[i].len == key->len || (names[i].len == 4 && key->len < 4)))
			return names[i].name;
	return NULL;
}

static const char *meta_name(uint32_t key)
{
	switch (key) {
	case NFT_META_NFPROTO:
		return "meta nfproto";
	case NFT_META_L4PROTO:
		return "meta l4proto";
	case NFT_META_PROTOCOL:
		return "meta protocol";
	case NFT_META_MARK:
		return "meta mark";
	case NFT_META_IIFNAME:
		return "iifname";
	case NFT_META_OIFNAME:
		return "oifname";
	case NFT_META_IIF:
		return "iif";
	case NFT_META_OIF:
		return "oif";
	default:
		return "meta";
	}
}

static void add_key(struct rule_view *view, const struct rule_key *key)
{
	char mask[40];

	if (key->source == FROM_META)
		add(view, " %s", meta_name(key->base));
	else if (key->source == FROM_CT)
		add(view, key->base == NFT_CT_STATE ? " ct state" : " ct");
	else if (key->source == FROM_PAYLOAD && payload_name(key))
		add(view, " %s", payload_name(key));
	else if (key->source == FROM_PAYLOAD)
		add(view, " @%s,%u,%u", key->base == NFT_PAYLOAD_TRANSPORT_HEADER ? "th" : "nh",
		    key->offset * 8, key->len * 8);
	else
		add(view, " ?");
	if (!key->masked)
		return;
	rule_value_text(key, key->mask, key->len && key->len <= 16 ? key->len : 4, mask,
			sizeof(mask));
	add(view, " & %s", mask);
}

static void view_compare(struct rule_view *view, const struct rule_registers *registers,
			 const struct nlattr *data)
{
	static const char *const ops[] = {"", "!= ", "< ", "<= ", "> ", ">= "};
	const struct nlattr *attrs[NFTA_CMP_MAX + 1], *value[NFTA_DATA_MAX + 1];
	const struct rule_key *key;
	const uint8_t *bytes;
	char text[64];
	uint32_t len, op;

	netlink_nested(data, attrs, NFTA_CMP_MAX);
	netlink_nested(attrs[NFTA_CMP_DATA], value, NFTA_DATA_MAX);
	if (!value[NFTA_DATA_VALUE])
		return;
	key = rule_register(registers, attrs[NFTA_CMP_SREG]);
	bytes = mnl_attr_get_payload(value[NFTA_DATA_VALUE]);
	len = mnl_attr_get_payload_len(value[NFTA_DATA_VALUE]);
	op = netlink_get_be32(attrs[NFTA_CMP_OP]);
	if (key->source == FROM_META &&
	    (key->base == NFT_META_IIFNAME || key->base == NFT_META_OIFNAME))
		snprintf(text, sizeof(text), "\"%.*s\"", (int)strnlen((const char *)bytes, len),
			 (const char *)bytes);
	else
		rule_value_text(key, bytes, len, text, sizeof(text));
	add_key(view, key);
	add(view, " %s%s", op < sizeof(ops) / sizeof(ops[0]) ? ops[op] : "? ", text);
}

/* Sets without a name of their own have one that the kernel numbers: "__set0", "__map0". */
static void view_lookup(struct rule_view *view, const struct rule_registers *registers,
			const struct nlattr *data)
{
	const struct nlattr *attrs[NFTA_LOOKUP_MAX + 1];
	char set[FACT_TABLE_LEN];
	bool map;

	netlink_nested(data, attrs, NFTA_LOOKUP_MAX);
	if (!attrs[NFTA_LOOKUP_SET])
		return;
	netlink_get_text(attrs[NFTA_LOOKUP_SET], set, sizeof(set));
	map = attrs[NFTA_LOOKUP_DREG] &&
	      netlink_get_be32(attrs[NFTA_LOOKUP_DREG]) == NFT_REG_VERDICT;
	if (strncmp(set, "__set", 5) != 0 && strncmp(set, "__map", 5) != 0) {
		memcpy(view->set, set, sizeof(view->set));
		view->key = *rule_register(registers, attrs[NFTA_LOOKUP_SREG]);
	}
	add_key(view, rule_register(registers, attrs[NFTA_LOOKUP_SREG]));
	add(view,
	    netlink_get_be32(attrs[NFTA_LOOKUP_FLAGS]) & NFT_LOOKUP_F_INV ? " != %s@%s" : " %s@%s",
	    map ? "vmap " : "", set);
}

static void view_verdict(struct rule_view *view, const struct nlattr *data)
{
	const struct nlattr *attrs[NFTA_IMMEDIATE_MAX + 1], *value[NFTA_DATA_MAX + 1];
	const struct nlattr *verdict[NFTA_VERDICT_MAX + 1];
	char chain[FACT_TABLE_LEN] = "";
	int32_t code;

	netlink_nested(data, attrs, NFTA_IMMEDIATE_MAX);
	netlink_nested(attrs[NFTA_IMMEDIATE_DATA], value, NFTA_DATA_MAX);
	netlink_nested(value[NFTA_DATA_VERDICT], verdict, NFTA_VERDICT_MAX);
	if (!verdict[NFTA_VERDICT_CODE])
		return;
	if (verdict[NFTA_VERDICT_CHAIN])
		netlink_get_text(verdict[NFTA_VERDICT_CHAIN], chain, sizeof(chain));
	code = (int32_t)netlink_get_be32(verdict[NFTA_VERDICT_CODE]);
	if (code == NF_DROP)
		add(view, " drop");
	else if (code == NF_ACCEPT)
		add(view, " accept");
	else if (code == NFT_RETURN)
		add(view, " return");
	else if (code == NFT_JUMP || code == NFT_GOTO)
		add(view, " %s %s", code == NFT_JUMP ? "jump" : "goto", chain);
}

static void view_queue(struct rule_view *view, const struct nlattr *data)
{
	const struct nlattr *attrs[NFTA_QUEUE_MAX + 1];

	netlink_nested(data, attrs, NFTA_QUEUE_MAX);
	view->verdict = RULE_QUEUE;
	if (attrs[NFTA_QUEUE_NUM])
		view->queue = ntohs(mnl_attr_get_u16(attrs[NFTA_QUEUE_NUM]));
	add(view, " queue to %u", view->queue);
}

/* struct nft_expr of nft_compat.c: matches and targets of xtables. */
static void view_compat(struct rule_view *view, const struct nlattr *data, bool target)
{
	const struct nlattr *attrs[NFTA_TARGET_MAX + 1];
	char name[32] = "";

	_Static_assert((int)NFTA_TARGET_NAME == (int)NFTA_MATCH_NAME, "name");
	netlink_nested(data, attrs, NFTA_TARGET_MAX);
	if (attrs[NFTA_TARGET_NAME])
		netlink_get_text(attrs[NFTA_TARGET_NAME], name, sizeof(name));
	view->is_compat = true;
	add(view, target ? " xt target \"%s\"" : " xt match \"%s\"", name);
	if (target && !strcmp(name, "REJECT"))
		view->verdict = RULE_REJECT;
	if (!target || strcmp(name, "NFQUEUE") != 0)
		return;
	/* struct xt_NFQ_info begins with the number. */
	view->verdict = RULE_QUEUE;
	if (attrs[NFTA_TARGET_INFO] && mnl_attr_get_payload_len(attrs[NFTA_TARGET_INFO]) >= 2)
		view->queue = mnl_attr_get_u16(attrs[NFTA_TARGET_INFO]);
}

static void view_expression(struct rule_view *view, struct rule_registers *registers,
			    const struct rule_expr *expr)
{
	rule_registers_take(registers, expr);
	if (rule_expr_is(expr, "cmp")) {
		view_compare(view, registers, expr->data);
	} else if (rule_expr_is(expr, "lookup")) {
		view_lookup(view, registers, expr->data);
	} else if (rule_expr_is(expr, "immediate")) {
		view_verdict(view, expr->data);
	} else if (rule_expr_is(expr, "queue")) {
		view_queue(view, expr->data);
	} else if (rule_expr_is(expr, "match") || rule_expr_is(expr, "target")) {
		view_compat(view, expr->data, rule_expr_is(expr, "target"));
	} else if (rule_expr_is(expr, "reject")) {
		view->verdict = RULE_REJECT;
		add(view, " reject");
	} else if (!rule_expr_is(expr, "payload") && !rule_expr_is(expr, "meta") &&
		   !rule_expr_is(expr, "ct") && !rule_expr_is(expr, "bitwise")) {
		add(view, " %s", expr->name);
	}
}

static uint64_t hash_of(uint64_t hash, const struct nlattr *attr)
{
	const uint8_t *bytes = mnl_attr_get_payload(attr);

	for (size_t i = 0; i < mnl_attr_get_payload_len(attr); i++)
		hash = (hash ^ bytes[i]) * fnv_prime;
	return hash;
}

static bool counts(const struct rule_expr *expr)
{
	return rule_expr_is(expr, "counter") || rule_expr_is(expr, "quota") ||
	       rule_expr_is(expr, "last");
}

void rule_view(const struct nlmsghdr *nlh, struct rule_view *out)
{
	const struct nlattr *attrs[NFTA_RULE_EXPRESSIONS + 1], *element;
	struct rule_registers registers = {0};
	struct rule_expr expr;

	*out = (struct rule_view){.verdict = RULE_DROP, .hash = fnv_offset};
	netlink_attrs(nlh, sizeof(struct nfgenmsg), attrs, NFTA_RULE_EXPRESSIONS);
	if (!attrs[NFTA_RULE_EXPRESSIONS])
		return;
	mnl_attr_for_each_nested(element, attrs[NFTA_RULE_EXPRESSIONS])
	{
		if (!rule_expr_read(element, &expr))
			continue;
		/* iptables-nft counts in every rule. */
		out->is_compat |= rule_expr_is(&expr, "counter");
		if (!counts(&expr))
			out->hash = hash_of(out->hash, element);
		view_expression(out, &registers, &expr);
	}
	memmove(out->text, out->text + (*out->text == ' '), sizeof(out->text) - 1);
}
