// SPDX-License-Identifier: GPL-2.0-only
// The place in the packet filter in words: backend, table, chain, rule.
#define _GNU_SOURCE /* memmem */
#include <stdio.h>
#include <string.h>

#include "escape.h"
#include "firewall.h"
#include "rule_owner.h"

static const char *backend_name(const struct fact_hook *h)
{
	switch (h->backend) {
	case HOOK_NFT:
		return "nft";
	case HOOK_IPTABLES_LEGACY:
		return "iptables-legacy";
	default:
		return "module";
	}
}

static void copy_name(char *out, size_t out_len, const char *name, size_t name_len)
{
	escape_text(name, strnlen(name, name_len), out, out_len);
}

void firewall_rule(const struct firewall_place *place, struct verdict_rule *rule)
{
	const struct fact_hook *h = place->entry;
	const struct fact_rule *r = place->rule;

	*rule = (struct verdict_rule){.known = place->hook[0] || h, .handle = -1, .number = -1};
	snprintf(rule->hook, sizeof(rule->hook), "%s", place->hook);
	if (!h)
		return;
	snprintf(rule->backend, sizeof(rule->backend), "%s", backend_name(h));
	copy_name(rule->family, sizeof(rule->family), h->family, sizeof(h->family));
	copy_name(rule->table, sizeof(rule->table), h->table, sizeof(h->table));
	copy_name(rule->chain, sizeof(rule->chain), h->chain, sizeof(h->chain));
	/* Of several that may have decided none is the one. */
	if (!r || place->rules > 1)
		return;
	copy_name(rule->chain, sizeof(rule->chain), r->chain, sizeof(r->chain));
	copy_name(rule->set, sizeof(rule->set), r->set, sizeof(r->set));
	copy_name(rule->element, sizeof(rule->element), r->element, sizeof(r->element));
	if (r->verdict == RULE_POLICY)
		snprintf(rule->text, sizeof(rule->text), "policy drop");
	else
		copy_name(rule->text, sizeof(rule->text), r->text, sizeof(r->text));
	if (r->handle)
		rule->handle = (int64_t)r->handle;
	if (r->number)
		rule->number = r->number;
	rule->owner = rule_owner_name(rule_owner(r));
}

static const char *policy_words(const struct fact_hook *h)
{
	if (!h->policy_drop)
		return "";
	return h->drop_rules ? " (a rule, or its policy drop)" : " (policy drop)";
}

/* A rule for what is not in its set, as nft and iptables print it. */
static bool is_negated(const struct fact_rule *r)
{
	return memmem(r->text, strnlen(r->text, sizeof(r->text)), "!= @", 4) ||
	       memmem(r->text, strnlen(r->text, sizeof(r->text)), "! --match-set", 13);
}

/* "chain web (from INPUT), rule 2, with 100.64.0.0/10 in set blocked" */
static void rule_words(const struct firewall_place *place, const struct verdict_rule *v, char *out,
		       size_t out_len)
{
	const struct fact_rule *r = place->rule;
	char base[FACT_TABLE_LEN] = "", number[24] = "", set[3 * FACT_TABLE_LEN] = "";

	if (r->verdict == RULE_POLICY) {
		snprintf(out, out_len, "policy drop of base chain %s",
			 v->chain[0] ? v->chain : place->hook);
		return;
	}
	if (strncmp(r->base, r->chain, sizeof(r->base)))
		copy_name(base, sizeof(base), r->base, sizeof(r->base));
	if (r->number)
		snprintf(number, sizeof(number), ", rule %u", r->number);
	if (v->set[0])
		snprintf(set, sizeof(set), ", %s%sset %s", v->element,
			 v->element[0]	 ? " is in "
			 : is_negated(r) ? "the probe is not in "
					 : "",
			 v->set);
	snprintf(out, out_len, "chain %s%s%s%s%s%s", v->chain, base[0] ? " (from " : "", base,
		 base[0] ? ")" : "", number, set);
}

static void several_words(const struct firewall_place *place, char *out, size_t out_len)
{
	snprintf(out, out_len, "base chain %.63s: one of %u rules that match%s",
		 place->entry->chain[0] ? place->entry->chain : place->hook, place->rules,
		 place->rule->how == RULE_COUNTED ? " and have counted" : "");
}

/* What is no packet filter: a module's function, or a BPF program. Names are the kernel's. */
static void hook_words(const struct fact_hook *h, char *out, size_t out_len)
{
	char function[4 * EV_NAME_LEN], module[4 * sizeof(h->module)];

	copy_name(function, sizeof(function), h->function, sizeof(h->function));
	copy_name(module, sizeof(module), h->module, sizeof(h->module));
	if (h->prog_id)
		snprintf(out, out_len, "BPF program %s%s(id %u) at priority %d", function,
			 *function ? " " : "", h->prog_id, h->priority);
	else
		snprintf(out, out_len, "hook function %s%s%s at priority %d",
			 *function ? function : "without a name", *module ? " of module " : "",
			 module, h->priority);
}

bool firewall_chain_words(const struct firewall_place *place, char *out, size_t out_len)
{
	const struct fact_hook *h = place->entry;
	char what[400];
	struct verdict_rule r;

	if (!h)
		return false;
	firewall_rule(place, &r);
	if (h->backend == HOOK_OTHER) {
		hook_words(h, out, out_len);
		return true;
	}
	if (place->rule && place->rules == 1)
		rule_words(place, &r, what, sizeof(what));
	else if (place->rule)
		several_words(place, what, sizeof(what));
	else
		snprintf(what, sizeof(what), "base chain %s%s%s",
			 r.chain[0] ? r.chain : place->hook, policy_words(h),
			 place->candidates > 1 ? " (or another at this hook)" : "");
	snprintf(out, out_len, "%stable %s %s, %s%s%s",
		 h->backend == HOOK_IPTABLES_LEGACY ? "iptables-legacy " : "", r.family, r.table,
		 what, r.owner ? ", made by " : "", r.owner ? r.owner : "");
	return true;
}
