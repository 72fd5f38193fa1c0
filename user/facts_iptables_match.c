// SPDX-License-Identifier: GPL-2.0-only
// Tells whether a packet meets the conditions of a legacy iptables rule.
#include <linux/netfilter.h>
#include <linux/netfilter_ipv4/ip_tables.h>
#include <linux/netfilter_ipv6/ip6_tables.h>
#include <string.h>

#include "facts_internal.h"
#include "facts_iptables.h"

static enum legacy_answer match_addr(const struct legacy_packet *packet, const uint8_t addr[16],
				     const void *want, const void *mask, bool invert)
{
	const uint8_t *wanted = want, *masked = mask, *bytes;
	bool same = true;
	size_t len;

	bytes = legacy_addr_bytes(packet, addr, &len);
	for (size_t i = 0; i < len; i++)
		same = same && (bytes[i] & masked[i]) == wanted[i];
	return legacy_yes_if(same != invert);
}

static enum legacy_answer match_device(const struct legacy_packet *packet, bool known,
				       const char name[IFNAMSIZ], const char want[IFNAMSIZ],
				       const unsigned char mask[IFNAMSIZ], bool invert)
{
	bool any = true, same = true;

	for (int i = 0; i < IFNAMSIZ; i++) {
		any = any && !mask[i];
		same = same && !((name[i] ^ want[i]) & mask[i]);
	}
	if (any)
		return legacy_yes_if(!invert);
	return known ? legacy_usual(packet, same != invert) : LEGACY_MAYBE;
}

/* ip_packet_match(), net/ipv4/netfilter/ip_tables.c; a first fragment is none for it. */
static enum legacy_answer match_ip(const struct legacy_packet *packet, const struct ipt_ip *ip)
{
	enum legacy_answer answer;

	if ((ip->proto && (ip->proto != packet->proto) != !!(ip->invflags & IPT_INV_PROTO)) ||
	    !!(ip->flags & IPT_F_FRAG) != !!(ip->invflags & IPT_INV_FRAG))
		return LEGACY_NO;
	answer = legacy_both(
		match_addr(packet, packet->src, &ip->src, &ip->smsk, ip->invflags & IPT_INV_SRCIP),
		match_addr(packet, packet->dst, &ip->dst, &ip->dmsk, ip->invflags & IPT_INV_DSTIP));
	answer = legacy_both(answer, match_device(packet, packet->in_known, packet->in, ip->iniface,
						  ip->iniface_mask, ip->invflags & IPT_INV_VIA_IN));
	return legacy_both(answer,
			   match_device(packet, packet->out_known, packet->out, ip->outiface,
					ip->outiface_mask, ip->invflags & IPT_INV_VIA_OUT));
}

/* ip6_packet_match(), net/ipv6/netfilter/ip6_tables.c. */
static enum legacy_answer match_ip6(const struct legacy_packet *packet, const struct ip6t_ip6 *ip)
{
	enum legacy_answer answer;

	if (ip->flags & IP6T_F_PROTO && ip->proto &&
	    (ip->proto != packet->proto) != !!(ip->invflags & IP6T_INV_PROTO))
		return LEGACY_NO;
	answer = legacy_both(
		match_addr(packet, packet->src, &ip->src, &ip->smsk, ip->invflags & IP6T_INV_SRCIP),
		match_addr(packet, packet->dst, &ip->dst, &ip->dmsk,
			   ip->invflags & IP6T_INV_DSTIP));
	answer =
		legacy_both(answer, match_device(packet, packet->in_known, packet->in, ip->iniface,
						 ip->iniface_mask, ip->invflags & IP6T_INV_VIA_IN));
	return legacy_both(answer,
			   match_device(packet, packet->out_known, packet->out, ip->outiface,
					ip->outiface_mask, ip->invflags & IP6T_INV_VIA_OUT));
}

enum legacy_answer legacy_match(const struct legacy_packet *packet,
				const struct legacy_ruleset *table, const struct legacy_rule *rule)
{
	const void *entry = table->blob + rule->offset;
	enum legacy_answer answer;
	struct legacy_part part;
	uint32_t at = 0;

	if (table->pf == NFPROTO_IPV4)
		answer = match_ip(packet, &((const struct ipt_entry *)entry)->ip);
	else
		answer = match_ip6(packet, &((const struct ip6t_entry *)entry)->ipv6);
	while (answer != LEGACY_NO && legacy_next_match(table, rule, &at, &part))
		answer = legacy_both(answer, legacy_match_part(packet, &part));
	return answer;
}
