// SPDX-License-Identifier: GPL-2.0-only
// Writes a legacy iptables rule as iptables -S does, from what its parts are known to mean.
#include <arpa/inet.h>
#include <linux/netfilter.h>
#include <linux/netfilter/xt_comment.h>
#include <linux/netfilter/xt_conntrack.h>
#include <linux/netfilter/xt_CT.h>
#include <linux/netfilter/xt_mark.h>
#include <linux/netfilter/xt_multiport.h>
#include <linux/netfilter/xt_state.h>
#include <linux/netfilter/xt_tcpudp.h>
#include <linux/netfilter_ipv4/ip_tables.h>
#include <linux/netfilter_ipv4/ipt_REJECT.h>
#include <linux/netfilter_ipv6/ip6_tables.h>
#include <stdarg.h>
#include <string.h>

#include "facts_internal.h"
#include "facts_iptables.h"

struct text {
	char *out;
	size_t len;
	size_t at;
};

__attribute__((format(printf, 2, 3))) static void add(struct text *text, const char *format, ...)
{
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(text->out + text->at, text->len - text->at, format, args);
	va_end(args);
	if (n > 0)
		text->at += (size_t)n < text->len - text->at ? (size_t)n : text->len - text->at - 1;
}

static const char *not_if(bool invert)
{
	return invert ? " !" : "";
}

static void add_addr(struct text *text, int family, const void *addr, const void *mask, bool invert,
		     const char *option)
{
	const size_t len = family == AF_INET ? 4 : 16;
	char addr_str[INET6_ADDRSTRLEN], mask_str[INET6_ADDRSTRLEN];
	const uint8_t *bytes = mask;
	unsigned int bits = 0;

	while (bits < len * 8 && bytes[bits / 8] & 0x80 >> bits % 8)
		bits++;
	for (unsigned int i = bits; i < len * 8; i++)
		if (bytes[i / 8] & 0x80 >> i % 8)
			bits = 255;
	if (!bits && !invert)
		return;
	inet_ntop(family, addr, addr_str, sizeof(addr_str));
	inet_ntop(family, mask, mask_str, sizeof(mask_str));
	if (bits == 255)
		add(text, "%s %s %s/%s", not_if(invert), option, addr_str, mask_str);
	else
		add(text, "%s %s %s/%u", not_if(invert), option, addr_str, bits);
}

static void add_device(struct text *text, const char name[IFNAMSIZ],
		       const unsigned char mask[IFNAMSIZ], bool invert, const char *option)
{
	if (!mask[0])
		return;
	/* A name without its end in the mask is the start of names. */
	add(text, "%s %s %.*s%s", not_if(invert), option, IFNAMSIZ, name,
	    mask[strnlen(name, IFNAMSIZ - 1)] ? "" : "+");
}

static void add_proto(struct text *text, uint16_t proto, bool invert)
{
	static const struct {
		uint16_t proto;
		const char *name;
	} names[] = {
		{IPPROTO_TCP, "tcp"},	       {IPPROTO_UDP, "udp"},   {IPPROTO_ICMP, "icmp"},
		{IPPROTO_ICMPV6, "ipv6-icmp"}, {IPPROTO_SCTP, "sctp"},
	};

	if (!proto)
		return;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (names[i].proto == proto) {
			add(text, "%s -p %s", not_if(invert), names[i].name);
			return;
		}
	}
	add(text, "%s -p %u", not_if(invert), proto);
}

static void add_header4(struct text *text, const struct ipt_ip *ip)
{
	add_addr(text, AF_INET, &ip->src, &ip->smsk, ip->invflags & IPT_INV_SRCIP, "-s");
	add_addr(text, AF_INET, &ip->dst, &ip->dmsk, ip->invflags & IPT_INV_DSTIP, "-d");
	add_device(text, ip->iniface, ip->iniface_mask, ip->invflags & IPT_INV_VIA_IN, "-i");
	add_device(text, ip->outiface, ip->outiface_mask, ip->invflags & IPT_INV_VIA_OUT, "-o");
	add_proto(text, ip->proto, ip->invflags & IPT_INV_PROTO);
	if (ip->flags & IPT_F_FRAG)
		add(text, "%s -f", not_if(ip->invflags & IPT_INV_FRAG));
}

static void add_header6(struct text *text, const struct ip6t_ip6 *ip)
{
	add_addr(text, AF_INET6, &ip->src, &ip->smsk, ip->invflags & IP6T_INV_SRCIP, "-s");
	add_addr(text, AF_INET6, &ip->dst, &ip->dmsk, ip->invflags & IP6T_INV_DSTIP, "-d");
	add_device(text, ip->iniface, ip->iniface_mask, ip->invflags & IP6T_INV_VIA_IN, "-i");
	add_device(text, ip->outiface, ip->outiface_mask, ip->invflags & IP6T_INV_VIA_OUT, "-o");
	if (ip->flags & IP6T_F_PROTO)
		add_proto(text, ip->proto, ip->invflags & IP6T_INV_PROTO);
}

static void add_ports(struct text *text, const char *option, const uint16_t range[2], bool invert)
{
	if (range[0] == 0 && range[1] == UINT16_MAX && !invert)
		return;
	add(text, "%s %s %u", not_if(invert), option, range[0]);
	if (range[1] != range[0])
		add(text, ":%u", range[1]);
}

static void add_flags(struct text *text, uint8_t flags)
{
	static const char *const names[] = {"FIN", "SYN", "RST", "PSH", "ACK", "URG"};
	const char *before = " ";

	for (int i = 0; i < 6; i++) {
		if (!(flags & 1 << i))
			continue;
		add(text, "%s%s", before, names[i]);
		before = ",";
	}
	if (*before == ' ')
		add(text, " NONE");
}

static void add_tcp(struct text *text, const struct xt_tcp *tcp)
{
	add_ports(text, "--sport", tcp->spts, tcp->invflags & XT_TCP_INV_SRCPT);
	add_ports(text, "--dport", tcp->dpts, tcp->invflags & XT_TCP_INV_DSTPT);
	if (tcp->flg_mask || tcp->invflags & XT_TCP_INV_FLAGS) {
		add(text, "%s --tcp-flags", not_if(tcp->invflags & XT_TCP_INV_FLAGS));
		add_flags(text, tcp->flg_mask);
		add_flags(text, tcp->flg_cmp);
	}
	if (tcp->option)
		add(text, "%s --tcp-option %u", not_if(tcp->invflags & XT_TCP_INV_OPTION),
		    tcp->option);
}

static void add_multiport(struct text *text, const struct xt_multiport_v1 *ports)
{
	static const char *const names[] = {"--sports", "--dports", "--ports"};

	add(text, "%s %s ", not_if(ports->invert), names[ports->flags % 3]);
	for (int i = 0; i < ports->count && i < XT_MULTI_PORTS; i++)
		add(text, "%s%u", i == 0 ? "" : ports->pflags[i - 1] ? ":" : ",", ports->ports[i]);
}

static void add_states(struct text *text, const char *option, uint32_t mask, bool invert)
{
	static const struct {
		uint32_t bit;
		const char *name;
	} names[] = {
		{XT_CONNTRACK_STATE_INVALID, "INVALID"},
		{XT_CONNTRACK_STATE_BIT(IP_CT_NEW), "NEW"},
		{XT_CONNTRACK_STATE_BIT(IP_CT_RELATED), "RELATED"},
		{XT_CONNTRACK_STATE_BIT(IP_CT_ESTABLISHED), "ESTABLISHED"},
		{XT_CONNTRACK_STATE_UNTRACKED, "UNTRACKED"},
		{XT_CONNTRACK_STATE_SNAT, "SNAT"},
		{XT_CONNTRACK_STATE_DNAT, "DNAT"},
	};
	const char *before = " ";

	add(text, "%s %s", not_if(invert), option);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (!(mask & names[i].bit))
			continue;
		add(text, "%s%s", before, names[i].name);
		before = ",";
	}
}

static void add_conntrack(struct text *text, const struct legacy_part *part)
{
	const struct xt_conntrack_mtinfo2 *info = part->data;

	/* Revisions 2 and 3 begin alike. */
	if (part->revision >= 2 && part->size >= sizeof(*info) &&
	    info->match_flags & XT_CONNTRACK_STATE)
		add_states(text, "--ctstate", info->state_mask,
			   info->invert_flags & XT_CONNTRACK_STATE);
}

static void add_match(struct text *text, const struct legacy_part *part)
{
	const struct xt_comment_info *comment = part->data;
	const struct xt_mark_mtinfo1 *mark = part->data;
	const struct xt_udp *udp = part->data;

	add(text, " -m %s", part->name);
	if (!strcmp(part->name, "tcp") && part->size >= sizeof(struct xt_tcp)) {
		add_tcp(text, part->data);
	} else if (!strcmp(part->name, "udp") && part->size >= sizeof(*udp)) {
		add_ports(text, "--sport", udp->spts, udp->invflags & XT_UDP_INV_SRCPT);
		add_ports(text, "--dport", udp->dpts, udp->invflags & XT_UDP_INV_DSTPT);
	} else if (!strcmp(part->name, "multiport") && part->revision == 1 &&
		   part->size >= sizeof(struct xt_multiport_v1)) {
		add_multiport(text, part->data);
	} else if (!strcmp(part->name, "comment") && part->size >= sizeof(*comment)) {
		add(text, " --comment \"%.*s\"", XT_MAX_COMMENT_LEN, comment->comment);
	} else if (!strcmp(part->name, "conntrack")) {
		add_conntrack(text, part);
	} else if (!strcmp(part->name, "state") && part->size >= sizeof(struct xt_state_info)) {
		add_states(text, "--state",
			   ((const struct xt_state_info *)part->data)->statemask &
				   (XT_CONNTRACK_STATE_SNAT - 1),
			   false);
	} else if (!strcmp(part->name, "mark") && part->revision == 1 &&
		   part->size >= sizeof(*mark)) {
		add(text, "%s --mark 0x%x", not_if(mark->invert), mark->mark);
		if (mark->mask != UINT32_MAX)
			add(text, "/0x%x", mark->mask);
	} else {
		add(text, " ..."); /* it has conditions that are not known here */
	}
}

static const char *reject_type(uint8_t pf, uint32_t with)
{
	static const char *const v4[] = {"icmp-net-unreachable",
					 "icmp-host-unreachable",
					 "icmp-proto-unreachable",
					 "icmp-port-unreachable",
					 "echo-reply",
					 "icmp-net-prohibited",
					 "icmp-host-prohibited",
					 "tcp-reset",
					 "icmp-admin-prohibited"};
	static const char *const v6[] = {"icmp6-no-route",
					 "icmp6-adm-prohibited",
					 "icmp6-no-route",
					 "icmp6-addr-unreachable",
					 "icmp6-port-unreachable",
					 "echo-reply",
					 "tcp-reset",
					 "icmp6-policy-fail",
					 "icmp6-reject-route"};

	if (with >= sizeof(v4) / sizeof(v4[0]))
		return "?";
	return pf == NFPROTO_IPV4 ? v4[with] : v6[with];
}

static void add_target(struct text *text, const struct legacy_ruleset *table,
		       const struct legacy_rule *rule)
{
	const struct legacy_chain *chain = table->chains.data;
	const struct legacy_part target = legacy_target(table, rule);
	const struct legacy_rule *rules = table->rules.data;
	uint16_t queue, queues;
	bool bypass;

	if (rule->action == LEGACY_JUMP || rule->action == LEGACY_GOTO)
		add(text, " %s %s", rule->action == LEGACY_JUMP ? "-j" : "-g",
		    chain[rules[rule->to].chain].name);
	else if (*target.name)
		add(text, " -j %s", target.name);
	else if (rule->action == LEGACY_DROP)
		add(text, " -j DROP");
	else if (rule->action == LEGACY_ACCEPT)
		add(text, " -j ACCEPT");
	else if (rule->action == LEGACY_RETURN)
		add(text, " -j RETURN");
	else if (rule->action == LEGACY_QUEUE)
		add(text, " -j QUEUE");
	if (rule->action == LEGACY_REJECT && target.size >= sizeof(struct ipt_reject_info))
		add(text, " --reject-with %s",
		    reject_type(table->pf, ((const struct ipt_reject_info *)target.data)->with));
	if (*target.name && rule->action == LEGACY_QUEUE &&
	    legacy_queue_of(&target, &queue, &queues, &bypass)) {
		if (queues > 1)
			add(text, " --queue-balance %u:%u", queue, queue + queues - 1);
		else
			add(text, " --queue-num %u", queue);
		add(text, "%s", bypass ? " --queue-bypass" : "");
	}
}

void legacy_render(const struct legacy_ruleset *table, const struct legacy_rule *rule, char *out,
		   size_t len)
{
	const struct legacy_chain *chain =
		(const struct legacy_chain *)table->chains.data + rule->chain;
	const void *entry = table->blob + rule->offset;
	struct text text = {out, len, 0};
	struct legacy_part part;
	uint32_t at = 0;

	if (rule->is_tail) {
		add(&text, "-P %s %s", chain->name,
		    rule->action == LEGACY_ACCEPT ? "ACCEPT" : "DROP");
		return;
	}
	add(&text, "-A %s", chain->name);
	if (table->pf == NFPROTO_IPV4)
		add_header4(&text, &((const struct ipt_entry *)entry)->ip);
	else
		add_header6(&text, &((const struct ip6t_entry *)entry)->ipv6);
	while (legacy_next_match(table, rule, &at, &part))
		add_match(&text, &part);
	add_target(&text, table, rule);
}
