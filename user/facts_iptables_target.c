// SPDX-License-Identifier: GPL-2.0-only
// Tells what the rules of a legacy iptables table do with a packet.
#include <errno.h>
#include <limits.h>
#include <linux/netfilter.h>
#include <linux/netfilter/xt_CT.h>
#include <linux/netfilter_ipv4/ip_tables.h>
#include <linux/netfilter_ipv6/ip6_tables.h>
#include <string.h>

#include "facts_internal.h"
#include "facts_iptables.h"

static bool is_goto(const struct legacy_ruleset *table, uint32_t offset)
{
	const void *at = table->blob + offset;

	if (table->pf == NFPROTO_IPV4)
		return ((const struct ipt_entry *)at)->ip.flags & IPT_F_GOTO;
	return ((const struct ip6t_entry *)at)->ipv6.flags & IP6T_F_GOTO;
}

static int set_jump(const struct legacy_ruleset *table, struct legacy_rule *rule, int verdict)
{
	const struct legacy_chain *chain = table->chains.data;
	const struct legacy_rule *to = legacy_rule_at(table, verdict);

	if (!to || !to->number)
		return -EBADMSG;
	/* A rule without a target goes to the next one. */
	if (to == rule + 1) {
		rule->action = LEGACY_CONTINUE;
		return 0;
	}
	if (chain[to->chain].hook >= 0)
		return -EBADMSG;
	rule->to = to - (const struct legacy_rule *)table->rules.data;
	rule->action = is_goto(table, rule->offset) ? LEGACY_GOTO : LEGACY_JUMP;
	return 0;
}

static int set_standard(const struct legacy_ruleset *table, struct legacy_rule *rule,
			const struct legacy_part *target)
{
	int verdict;

	if (target->size < sizeof(verdict))
		return -EBADMSG;
	memcpy(&verdict, target->data, sizeof(verdict));
	if (verdict >= 0)
		return set_jump(table, rule, verdict);
	switch (verdict == XT_RETURN ? INT_MAX : -verdict - 1) {
	case NF_DROP:
		rule->action = LEGACY_DROP;
		break;
	case NF_ACCEPT:
		rule->action = LEGACY_ACCEPT;
		break;
	case NF_QUEUE:
		rule->action = LEGACY_QUEUE;
		break;
	case INT_MAX:
		rule->action = LEGACY_RETURN;
		break;
	default:
		rule->action = LEGACY_OTHER;
	}
	return 0;
}

static bool is_among(const char *name, const char *const *names, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(name, names[i]))
			return true;
	return false;
}

static uint8_t target_action(const struct legacy_part *target)
{
	/* Those whose functions always return XT_CONTINUE. */
	static const char *const going_on[] = {
		"LOG",	     "NFLOG",	"ULOG",	   "CONNMARK", "SECMARK",     "CONNSECMARK",
		"TOS",	     "DSCP",	"TTL",	   "HL",       "ECN",	      "TCPMSS",
		"CHECKSUM",  "SET",	"TRACE",   "TEE",      "TCPOPTSTRIP", "AUDIT",
		"IDLETIMER", "LED",	"RATEEST", "HMARK",    "CLASSIFY",    "SNPT",
		"DNPT",	     "ACCOUNT",
	};
	/* Those that end with NF_ACCEPT, but for want of memory. */
	static const char *const accepting[] = {"DNAT", "SNAT", "MASQUERADE", "REDIRECT", "NETMAP"};
	const struct xt_ct_target_info *ct = target->data;

	if (is_among(target->name, going_on, sizeof(going_on) / sizeof(going_on[0])))
		return LEGACY_CONTINUE;
	if (is_among(target->name, accepting, sizeof(accepting) / sizeof(accepting[0])))
		return LEGACY_ACCEPT;
	if (!strcmp(target->name, "MARK"))
		return LEGACY_SET_MARK;
	if (!strcmp(target->name, "NOTRACK"))
		return LEGACY_NOTRACK;
	if (!strcmp(target->name, "CT"))
		return target->size >= sizeof(ct->flags) && ct->flags & XT_CT_NOTRACK
			       ? LEGACY_NOTRACK
			       : LEGACY_CONTINUE;
	if (!strcmp(target->name, "REJECT"))
		return LEGACY_REJECT;
	return !strcmp(target->name, "NFQUEUE") ? LEGACY_QUEUE : LEGACY_OTHER;
}

int legacy_set_actions(struct legacy_ruleset *table)
{
	struct legacy_rule *rule = table->rules.data;
	struct legacy_part target;
	int err = 0;

	for (size_t i = 0; i < table->rules.n && !err; i++) {
		target = legacy_target(table, &rule[i]);
		if (!*target.name)
			err = set_standard(table, &rule[i], &target);
		else
			rule[i].action = target_action(&target);
	}
	return err;
}
