// SPDX-License-Identifier: GPL-2.0-only
// Commands that show the rules of a place in the packet filter, and that let the probe pass there.
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "escape.h"
#include "firewall.h"
#include "flow.h"

enum { PREROUTING, INPUT, FORWARD, OUTPUT, POSTROUTING };
enum { PF_NETDEV = 5 };

/* NF_IP_PRI_NAT_DST, NF_IP_PRI_NAT_SRC: between them a redirected packet has its new addresses. */
enum { PRIORITY_DNAT = -100, PRIORITY_SNAT = 100 };

/* A table that iptables-nft keeps: these names, in the families of its own, with upper-case base
 * chains. */
static bool is_iptables_nft(const struct verdict_rule *r)
{
	static const char *const tables[] = {"filter", "raw", "mangle", "nat", "security"};
	bool known = false;

	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
		known = known || !strcmp(r->table, tables[i]);
	return known && (!strcmp(r->family, "ip") || !strcmp(r->family, "ip6")) &&
	       !strcmp(r->chain, r->hook);
}

/* The service's port as rules at that place see it: between nat PREROUTING and POSTROUTING, a
 * redirected one. */
static unsigned int port_there(const struct probe *probe, const struct firewall_place *place)
{
	const struct ev_flow *to = &probe->attempt.nat;
	const struct fact_hook *h = place->entry;

	if (!to->family || probe->attempt.drop.netns) /* in a container all is translated */
		return probe_service(probe)->dport;
	if (h->pf == PF_NETDEV || (h->hook == PREROUTING && h->priority <= PRIORITY_DNAT) ||
	    (h->hook == POSTROUTING && h->priority > PRIORITY_SNAT))
		return probe->flow.dport;
	return to->dport;
}

/* The rule with its names as words for a shell. */
static void pasteable_rule(const struct firewall_place *place, struct verdict_rule *r)
{
	char plain[FACT_TABLE_LEN];

	firewall_rule(place, r);
	/* What accepts at the beginning of the base chain keeps the packet from all that it calls.
	 */
	escape_text(place->entry->chain, strnlen(place->entry->chain, FACT_TABLE_LEN), r->chain,
		    sizeof(r->chain));
	memcpy(plain, r->table, sizeof(plain));
	shell_word(plain, r->table, sizeof(r->table));
	memcpy(plain, r->chain, sizeof(plain));
	shell_word(plain, r->chain, sizeof(r->chain));
}

void firewall_match(const struct probe *probe, unsigned int port, bool reply, bool iptables,
		    char *out, size_t out_len)
{
	bool v4 = probe->flow.family == 4;
	const char *proto = probe->flow.proto == IPPROTO_UDP ? "udp" : "tcp";

	if (probe->flow.proto != IPPROTO_TCP && probe->flow.proto != IPPROTO_UDP)
		snprintf(out, out_len, "%s",
			 iptables ? (v4 ? "-p icmp" : "-p icmpv6")
				  : (v4 ? "ip protocol icmp" : "meta l4proto ipv6-icmp"));
	else if (iptables)
		snprintf(out, out_len, "-p %s --%s %u", proto, reply ? "sport" : "dport", port);
	else
		snprintf(out, out_len, "%s %s %u", proto, reply ? "sport" : "dport", port);
}

/* The command that goes before one for the network namespace in which the service listens. */
static void enter_words(const struct probe *probe, char *out, size_t out_len)
{
	const struct fact_listener *l = NULL;

	while ((l = probe_fact(probe, EV_FACT_LISTENER, l)))
		if (!l->netns && l->pid)
			break;
	if (l)
		snprintf(out, out_len, "nsenter -t %u -n ", l->pid);
	else
		snprintf(out, out_len, "nsenter -t PID -n ");
}

bool firewall_fix(const struct probe *probe, const struct firewall_place *place, bool reply,
		  char *out, size_t out_len)
{
	const struct ev_drop *drop = reply ? &probe->attempt.reply_drop : &probe->attempt.drop;
	bool v4 = probe->flow.family == 4, iptables;
	char addr[FLOW_ADDR_LEN], match[64], where[32] = "";
	struct verdict_rule r;

	if (!place->entry || place->entry->backend == HOOK_OTHER)
		return false;
	pasteable_rule(place, &r);
	iptables = place->entry->backend == HOOK_IPTABLES_LEGACY || is_iptables_nft(&r);
	addr_text(drop->netns ? probe_service(probe)->saddr : probe->flow.saddr, addr);
	firewall_match(probe, port_there(probe, place), reply, iptables, match, sizeof(match));
	if (drop->netns)
		enter_words(probe, where, sizeof(where));
	if (iptables)
		snprintf(out, out_len, "%s%s%s%s%s -I %s %s %s %s -j ACCEPT", where,
			 v4 ? "iptables" : "ip6tables",
			 place->entry->backend == HOOK_IPTABLES_LEGACY ? "-legacy" : "",
			 strcmp(r.table, "filter") ? " -t " : "",
			 strcmp(r.table, "filter") ? r.table : "", r.hook, reply ? "-d" : "-s",
			 addr, match);
	else
		snprintf(out, out_len, "%snft insert rule %s %s %s %s %s %s %s accept", where,
			 r.family, r.table, r.chain, v4 ? "ip" : "ip6", reply ? "daddr" : "saddr",
			 addr, match);
	return true;
}

/* The command that lists the rules of the place. */
static void list_words(const struct firewall_place *place, char *out, size_t out_len)
{
	struct verdict_rule r;

	pasteable_rule(place, &r);
	if (place->entry->backend == HOOK_IPTABLES_LEGACY)
		snprintf(out, out_len, "%s-legacy -t %s -nvL --line-numbers",
			 strcmp(r.family, "ip6") ? "iptables" : "ip6tables", r.table);
	else if (is_iptables_nft(&r))
		snprintf(out, out_len, "%s -t %s -nvL --line-numbers",
			 strcmp(r.family, "ip6") ? "iptables" : "ip6tables", r.table);
	else
		snprintf(out, out_len, "nft -a list table %s %s", r.family, r.table);
}

bool firewall_show(const struct probe *probe, const struct firewall_place *place, char *out,
		   size_t out_len)
{
	char where[32] = "", list[200];

	if (place->elsewhere)
		enter_words(probe, where, sizeof(where));
	if (place->bridge) {
		snprintf(out, out_len,
			 "nft list ruleset bridge; ebtables-save  # the bridge's own rules");
		return true;
	}
	if (!place->entry || place->entry->backend == HOOK_OTHER) {
		snprintf(out, out_len,
			 "%snft list ruleset; %siptables-save; %sip6tables-save  # all "
			 "rules",
			 where, where, where);
		return true;
	}
	list_words(place, list, sizeof(list));
	snprintf(out, out_len, "%s%s  # the rules there", where, list);
	return true;
}
