// SPDX-License-Identifier: GPL-2.0-only
// Tells whether a packet meets a match of legacy iptables.
#include <arpa/inet.h>
#include <linux/icmp.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/xt_addrtype.h>
#include <linux/netfilter/xt_conntrack.h>
#include <linux/netfilter/xt_iprange.h>
#include <linux/netfilter/xt_mark.h>
#include <linux/netfilter/xt_multiport.h>
#include <linux/netfilter/xt_pkttype.h>
#include <linux/netfilter/xt_state.h>
#include <linux/netfilter/xt_tcpudp.h>
#include <linux/netfilter_ipv4/ip_tables.h>
#include <linux/netfilter_ipv6/ip6_tables.h>
#include <linux/rtnetlink.h>
#include <string.h>

#include "facts_internal.h"
#include "facts_iptables.h"

enum { OPT_TIMESTAMP = 8, OPT_MD5 = 19, ANY_ICMP_TYPE = 0xff };

typedef enum legacy_answer (*match_fn)(const struct legacy_packet *packet, const void *data);

static enum legacy_answer invert_if(enum legacy_answer answer, bool invert)
{
	return invert ? (enum legacy_answer)(LEGACY_YES - answer) : answer;
}

static bool in_range(uint16_t value, const uint16_t range[2])
{
	return value >= range[0] && value <= range[1];
}

/* tcp_mt(), net/netfilter/xt_tcpudp.c. */
static enum legacy_answer match_tcp_option(const struct legacy_packet *packet, uint8_t option)
{
	if (!packet->tcp_flags)
		return LEGACY_MAYBE;
	if (option == OPT_TIMESTAMP)
		return legacy_yes_if(packet->tcp_options & TCPOPT_SEEN_TS);
	if (option == OPT_MD5)
		return legacy_yes_if(packet->tcp_options & TCPOPT_SEEN_MD5);
	return LEGACY_MAYBE;
}

static enum legacy_answer match_tcp(const struct legacy_packet *packet, const void *data)
{
	const struct xt_tcp *tcp = data;
	enum legacy_answer answer = LEGACY_MAYBE;

	if (in_range(packet->sport, tcp->spts) == !!(tcp->invflags & XT_TCP_INV_SRCPT) ||
	    in_range(packet->dport, tcp->dpts) == !!(tcp->invflags & XT_TCP_INV_DSTPT))
		return LEGACY_NO;
	if (!tcp->flg_mask && !tcp->flg_cmp)
		answer = LEGACY_YES;
	else if (packet->tcp_flags)
		answer = legacy_yes_if((packet->tcp_flags & tcp->flg_mask) == tcp->flg_cmp);
	answer = invert_if(answer, tcp->invflags & XT_TCP_INV_FLAGS);
	if (tcp->option)
		answer = legacy_both(answer, invert_if(match_tcp_option(packet, tcp->option),
						       tcp->invflags & XT_TCP_INV_OPTION));
	return answer;
}

static enum legacy_answer match_udp(const struct legacy_packet *packet, const void *data)
{
	const struct xt_udp *udp = data;

	return legacy_yes_if(
		in_range(packet->sport, udp->spts) != !!(udp->invflags & XT_UDP_INV_SRCPT) &&
		in_range(packet->dport, udp->dpts) != !!(udp->invflags & XT_UDP_INV_DSTPT));
}

/* icmp_type_code_match(), net/netfilter/xt_tcpudp.c; an echo's code is 0. */
static enum legacy_answer match_icmp(const struct legacy_packet *packet, const void *data)
{
	const struct ipt_icmp *icmp = data;
	bool yes =
		icmp->type == ANY_ICMP_TYPE || (icmp->type == packet->icmp_type && !icmp->code[0]);

	return legacy_yes_if(yes != !!(icmp->invflags & IPT_ICMP_INV));
}

static enum legacy_answer match_icmp6(const struct legacy_packet *packet, const void *data)
{
	const struct ip6t_icmp *icmp = data;
	bool yes = icmp->type == packet->icmp_type && !icmp->code[0];

	return legacy_yes_if(yes != !!(icmp->invflags & IP6T_ICMP_INV));
}

static bool port_meant(const struct legacy_packet *packet, uint8_t which, const uint16_t range[2])
{
	if (which != XT_MULTIPORT_DESTINATION && in_range(packet->sport, range))
		return true;
	return which != XT_MULTIPORT_SOURCE && in_range(packet->dport, range);
}

/* ports_match_v1(), net/netfilter/xt_multiport.c. */
static enum legacy_answer match_multiport(const struct legacy_packet *packet, const void *data)
{
	const struct xt_multiport_v1 *ports = data;
	bool yes = false;

	for (int i = 0; i < ports->count && i < XT_MULTI_PORTS && !yes; i++) {
		uint16_t range[2] = {ports->ports[i], ports->ports[i]};

		if (ports->pflags[i] && i + 1 < XT_MULTI_PORTS)
			range[1] = ports->ports[++i];
		yes = port_meant(packet, ports->flags, range);
	}
	return legacy_yes_if(yes != !!ports->invert);
}

static enum legacy_answer match_comment(const struct legacy_packet *packet, const void *data)
{
	(void)packet;
	(void)data;
	return LEGACY_YES;
}

static enum legacy_answer match_states(const struct legacy_packet *packet, uint32_t mask)
{
	if (packet->state_bits & mask)
		return LEGACY_YES;
	if (packet->loose || mask & XT_CONNTRACK_STATE_SNAT)
		return LEGACY_MAYBE;
	if (!(packet->states & mask))
		return LEGACY_NO;
	return packet->states & ~mask ? LEGACY_MAYBE : LEGACY_YES;
}

/* conntrack_mt(), net/netfilter/xt_conntrack.c. */
static enum legacy_answer match_conntrack(const struct legacy_packet *packet, uint32_t flags,
					  uint32_t invert, uint32_t mask)
{
	enum legacy_answer answer = LEGACY_YES;

	if (flags & XT_CONNTRACK_STATE)
		answer = invert_if(match_states(packet, mask), invert & XT_CONNTRACK_STATE);
	if (flags & XT_CONNTRACK_DIRECTION)
		answer = legacy_both(
			answer, legacy_usual(packet, packet->is_reply ==
							     !!(invert & XT_CONNTRACK_DIRECTION)));
	if (flags & ~(XT_CONNTRACK_STATE | XT_CONNTRACK_STATE_ALIAS | XT_CONNTRACK_DIRECTION))
		answer = legacy_both(answer, LEGACY_MAYBE);
	return answer;
}

static enum legacy_answer match_conntrack1(const struct legacy_packet *packet, const void *data)
{
	const struct xt_conntrack_mtinfo1 *info = data;

	return match_conntrack(packet, info->match_flags, info->invert_flags, info->state_mask);
}

static enum legacy_answer match_conntrack2(const struct legacy_packet *packet, const void *data)
{
	const struct xt_conntrack_mtinfo2 *info = data;

	return match_conntrack(packet, info->match_flags, info->invert_flags, info->state_mask);
}

static enum legacy_answer match_conntrack3(const struct legacy_packet *packet, const void *data)
{
	const struct xt_conntrack_mtinfo3 *info = data;

	return match_conntrack(packet, info->match_flags, info->invert_flags, info->state_mask);
}

/* state_mt(), net/netfilter/xt_state.c: all but untracked as conntrack has it. */
static enum legacy_answer match_state(const struct legacy_packet *packet, const void *data)
{
	const struct xt_state_info *info = data;
	uint32_t mask = info->statemask & (XT_CONNTRACK_STATE_SNAT - 1);

	if (info->statemask & XT_STATE_UNTRACKED)
		mask |= XT_CONNTRACK_STATE_UNTRACKED;
	return match_states(packet, mask);
}

static enum legacy_answer match_type(const struct legacy_packet *packet, uint8_t type,
				     uint16_t mask, bool invert)
{
	if (!mask)
		return LEGACY_YES;
	if (type == RTN_UNSPEC || type > RTN_MULTICAST)
		return LEGACY_MAYBE;
	return legacy_usual(packet, !!(mask & 1U << type) != invert);
}

/* addrtype_mt_v1(), net/netfilter/xt_addrtype.c. */
static enum legacy_answer match_addrtype1(const struct legacy_packet *packet, const void *data)
{
	const struct xt_addrtype_info_v1 *info = data;

	if (info->flags & (XT_ADDRTYPE_LIMIT_IFACE_IN | XT_ADDRTYPE_LIMIT_IFACE_OUT))
		return LEGACY_MAYBE;
	return legacy_both(match_type(packet, packet->src_type, info->source,
				      info->flags & XT_ADDRTYPE_INVERT_SOURCE),
			   match_type(packet, packet->dst_type, info->dest,
				      info->flags & XT_ADDRTYPE_INVERT_DEST));
}

static enum legacy_answer match_addrtype0(const struct legacy_packet *packet, const void *data)
{
	const struct xt_addrtype_info *info = data;

	return legacy_both(match_type(packet, packet->src_type, info->source, info->invert_source),
			   match_type(packet, packet->dst_type, info->dest, info->invert_dest));
}

static enum legacy_answer match_mark(const struct legacy_packet *packet, const void *data)
{
	const struct xt_mark_mtinfo1 *info = data;

	if (!packet->mark_known)
		return LEGACY_MAYBE;
	return legacy_usual(packet, ((packet->mark & info->mask) == info->mark) != !!info->invert);
}

static enum legacy_answer match_pkttype(const struct legacy_packet *packet, const void *data)
{
	const struct xt_pkttype_info *info = data;

	return legacy_usual(packet, (info->pkttype == 0 /* PACKET_HOST */) != !!info->invert);
}

static bool addr_between(const struct legacy_packet *packet, const uint8_t addr[16],
			 const union nf_inet_addr *min, const union nf_inet_addr *max)
{
	const uint8_t *bytes;
	size_t len;

	bytes = legacy_addr_bytes(packet, addr, &len);
	return memcmp(bytes, min, len) >= 0 && memcmp(bytes, max, len) <= 0;
}

/* iprange_mt4() and iprange_mt6(), net/netfilter/xt_iprange.c. */
static enum legacy_answer match_iprange(const struct legacy_packet *packet, const void *data)
{
	const struct xt_iprange_mtinfo *info = data;

	if (info->flags & IPRANGE_SRC &&
	    addr_between(packet, packet->src, &info->src_min, &info->src_max) ==
		    !!(info->flags & IPRANGE_SRC_INV))
		return LEGACY_NO;
	return legacy_yes_if(!(info->flags & IPRANGE_DST) ||
			     addr_between(packet, packet->dst, &info->dst_min, &info->dst_max) !=
				     !!(info->flags & IPRANGE_DST_INV));
}

static const struct match {
	const char *name;
	uint8_t revision;
	uint8_t proto; /* only packets of this one meet it; 0: any */
	uint16_t size;
	match_fn fn;
} matches[] = {
	{"tcp", 0, IPPROTO_TCP, sizeof(struct xt_tcp), match_tcp},
	{"udp", 0, IPPROTO_UDP, sizeof(struct xt_udp), match_udp},
	{"icmp", 0, IPPROTO_ICMP, sizeof(struct ipt_icmp), match_icmp},
	{"icmp6", 0, IPPROTO_ICMPV6, sizeof(struct ip6t_icmp), match_icmp6},
	{"multiport", 1, 0, sizeof(struct xt_multiport_v1), match_multiport},
	{"comment", 0, 0, 0, match_comment},
	{"conntrack", 1, 0, sizeof(struct xt_conntrack_mtinfo1), match_conntrack1},
	{"conntrack", 2, 0, sizeof(struct xt_conntrack_mtinfo2), match_conntrack2},
	{"conntrack", 3, 0, sizeof(struct xt_conntrack_mtinfo3), match_conntrack3},
	{"state", 0, 0, sizeof(struct xt_state_info), match_state},
	{"addrtype", 0, 0, sizeof(struct xt_addrtype_info), match_addrtype0},
	{"addrtype", 1, 0, sizeof(struct xt_addrtype_info_v1), match_addrtype1},
	{"mark", 1, 0, sizeof(struct xt_mark_mtinfo1), match_mark},
	{"pkttype", 0, 0, sizeof(struct xt_pkttype_info), match_pkttype},
	{"iprange", 1, 0, sizeof(struct xt_iprange_mtinfo), match_iprange},
};

enum legacy_answer legacy_match_part(const struct legacy_packet *packet,
				     const struct legacy_part *part)
{
	for (size_t i = 0; i < sizeof(matches) / sizeof(matches[0]); i++) {
		const struct match *match = &matches[i];

		if (strcmp(match->name, part->name) || match->revision != part->revision ||
		    part->size < match->size)
			continue;
		if (match->proto && match->proto != packet->proto)
			return LEGACY_NO;
		return match->fn(packet, part->data);
	}
	return LEGACY_MAYBE;
}
