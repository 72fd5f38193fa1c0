// SPDX-License-Identifier: GPL-2.0-only
// Keeps what nf_tables reports of traced packets.
#include "facts_trace.h"

#include <arpa/inet.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <netinet/in.h>
#include <string.h>

#include "facts_internal.h"
#include "flow.h"

enum {
	IPV4_LEN = 20,
	IPV6_LEN = 40,
	SEQ_END = 8,	     /* bytes of a TCP or echo header up to its sequence number's end */
	VERDICT_BITS = 0xff, /* NF_VERDICT_MASK: above it is a queue's number, or an errno */
};

static uint16_t get16(const uint8_t *at)
{
	return (uint16_t)(at[0] << 8 | at[1]);
}

static void parse_ports(struct trace_message *out, const uint8_t *at)
{
	struct ev_flow *flow = &out->flow;

	if (flow->proto == IPPROTO_TCP || flow->proto == IPPROTO_UDP) {
		flow->sport = get16(at);
		flow->dport = get16(at + 2);
		out->seq = (uint32_t)get16(at + 4) << 16 | get16(at + 6);
		return;
	}
	/* The identifier is the port of who asks. */
	if (at[0] == 8 || at[0] == 128)
		flow->sport = get16(at + 4);
	else
		flow->dport = get16(at + 4);
	out->seq = get16(at + 6);
}

/* __nft_trace_packet() in nf_tables_trace.c: both headers, cut at 40 and 20 bytes. */
static void parse_packet(struct trace_message *out, const struct nlattr *network,
			 const struct nlattr *transport)
{
	const uint8_t *ip = mnl_attr_get_payload(network);
	const uint16_t len = mnl_attr_get_payload_len(network);
	struct ev_flow *flow = &out->flow;

	if (!transport || mnl_attr_get_payload_len(transport) < SEQ_END || len < IPV4_LEN)
		return;
	if (ip[0] >> 4 == 4) {
		flow->family = 4;
		flow->proto = ip[9];
		memset(flow->saddr + 10, 0xff, 2);
		memcpy(flow->saddr + 12, ip + 12, 4);
		memset(flow->daddr + 10, 0xff, 2);
		memcpy(flow->daddr + 12, ip + 16, 4);
	} else if (ip[0] >> 4 == 6 && len >= IPV6_LEN) {
		flow->family = 6;
		flow->proto = ip[6];
		memcpy(flow->saddr, ip + 8, 16);
		memcpy(flow->daddr, ip + 24, 16);
	} else {
		return;
	}
	parse_ports(out, mnl_attr_get_payload(transport));
}

static bool parse_verdict(struct trace_message *out, const struct nlattr *const *attrs)
{
	const struct nlattr *verdict[NFTA_VERDICT_MAX + 1];

	if (out->type == NFT_TRACETYPE_POLICY) {
		out->code = netlink_get_be32(attrs[NFTA_TRACE_POLICY]);
		return attrs[NFTA_TRACE_POLICY];
	}
	netlink_nested(attrs[NFTA_TRACE_VERDICT], verdict, NFTA_VERDICT_MAX);
	out->code = netlink_get_be32(verdict[NFTA_VERDICT_CODE]);
	return verdict[NFTA_VERDICT_CODE];
}

bool trace_parse(const struct nlmsghdr *nlh, struct trace_message *out)
{
	const struct nlattr *attrs[NFTA_TRACE_POLICY + 1];

	memset(out, 0, sizeof(*out));
	if (nlh->nlmsg_type != (NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_TRACE) ||
	    mnl_nlmsg_get_payload_len(nlh) < sizeof(struct nfgenmsg))
		return false;
	netlink_attrs(nlh, sizeof(struct nfgenmsg), attrs, NFTA_TRACE_POLICY);
	if (!attrs[NFTA_TRACE_ID] || !attrs[NFTA_TRACE_TYPE] || !attrs[NFTA_TRACE_TABLE] ||
	    !attrs[NFTA_TRACE_CHAIN])
		return false;
	out->family = nft_family_of(nlh);
	out->id = netlink_get_be32(attrs[NFTA_TRACE_ID]);
	out->type = netlink_get_be32(attrs[NFTA_TRACE_TYPE]);
	netlink_get_text(attrs[NFTA_TRACE_TABLE], out->table, sizeof(out->table));
	netlink_get_text(attrs[NFTA_TRACE_CHAIN], out->chain, sizeof(out->chain));
	if (attrs[NFTA_TRACE_RULE_HANDLE])
		out->handle = be64toh(mnl_attr_get_u64(attrs[NFTA_TRACE_RULE_HANDLE]));
	out->has_packet = attrs[NFTA_TRACE_NETWORK_HEADER];
	if (out->has_packet)
		parse_packet(out, attrs[NFTA_TRACE_NETWORK_HEADER],
			     attrs[NFTA_TRACE_TRANSPORT_HEADER]);
	return parse_verdict(out, attrs);
}

bool trace_is_end(const struct trace_message *message)
{
	const uint32_t code = message->code & VERDICT_BITS;

	if ((int32_t)message->code < 0 && message->type != NFT_TRACETYPE_POLICY &&
	    (int32_t)message->code >= NFT_RETURN)
		return false;
	return code == NF_DROP || code == NF_STOLEN || code == NF_QUEUE;
}

/* The place of this id; else the one to give up: an empty one, one that passed, the oldest. */
static struct traced_packet *find_place(struct trace_table *table, uint32_t id)
{
	struct traced_packet *set = table->packets[id % TRACE_SETS], *worst = set;
	bool passed, worst_passed;

	for (struct traced_packet *p = set; p < set + TRACE_WAYS; p++)
		if (p->order && p->last.id == id)
			return p;
	for (struct traced_packet *p = set; p < set + TRACE_WAYS; p++) {
		passed = !p->order || !trace_is_end(&p->last);
		worst_passed = !worst->order || !trace_is_end(&worst->last);
		if (passed == worst_passed ? p->order < worst->order : passed)
			worst = p;
	}
	return worst;
}

/*
 * An id is a hash of the packet's address in memory, which is used again soon: the first message
 * of a chain of ours begins a new packet.
 */
void trace_take(struct trace_table *table, const struct trace_message *message, bool is_first,
		uint64_t now_ns)
{
	struct traced_packet *packet = find_place(table, message->id);

	if ((is_first && message->has_packet) || !packet->order || packet->last.id != message->id)
		memset(packet, 0, sizeof(*packet));
	packet->order = ++table->order;
	if (!packet->time_ns)
		packet->time_ns = now_ns;
	packet->last = *message;
	if (!message->has_packet) {
		if (strncmp(message->chain, packet->base, sizeof(packet->base)))
			memcpy(packet->via, message->chain, sizeof(packet->via));
		return;
	}
	packet->via[0] = '\0';
	/* A rule or the policy of a base chain comes before those of chains that it jumps to. */
	memcpy(packet->base, message->chain, sizeof(packet->base));
	packet->now = message->flow;
	if (!packet->first.family) {
		packet->first = message->flow;
		packet->seq = message->seq;
	}
}

const struct traced_packet *trace_find(const struct trace_table *table, const struct ev_flow *flow,
				       bool with_seq, uint32_t seq)
{
	const struct traced_packet *found = NULL, *packet = &table->packets[0][0];

	for (size_t i = 0; i < (size_t)TRACE_SETS * TRACE_WAYS; i++, packet++) {
		if (!packet->order || (with_seq && packet->seq != seq) ||
		    (found && found->order > packet->order))
			continue;
		if (flow_equal(&packet->first, flow) || flow_equal(&packet->now, flow))
			found = packet;
	}
	return found;
}
