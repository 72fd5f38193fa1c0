// SPDX-License-Identifier: GPL-2.0-only
// Lists the rules of nf_tables that could have stopped a packet.
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <string.h>

#include "facts_internal.h"
#include "facts_rule.h"
#include "flow.h"

enum {
	POSSIBLE_MAX = 8,
	DEPTH_MAX = 16, /* NFT_JUMP_STACK_SIZE */
	STEPS_MAX = 100000,
};

/* A rule of the table that is gone through. */
struct listed_rule {
	char chain[FACT_TABLE_LEN];
	char target[FACT_TABLE_LEN]; /* chain that it jumps to */
	uint64_t handle;
	enum rule_match match;
	bool drops;
	int32_t code; /* what it does otherwise: NF_ACCEPT, NFT_RETURN, ...; NFT_CONTINUE: nothing
		       */
};

struct walk {
	struct gather *g;
	struct ev_flow flow;
	const struct nft_chain *base;
	struct vec rules; /* struct listed_rule, of the base chain's table */
	unsigned int found, steps;
	int err;
};

/* How a walk through a chain ends. */
enum walk_end { GOES_ON, RETURNS, DECIDED };

static void read_verdict(struct listed_rule *rule, const struct nlattr *data)
{
	const struct nlattr *attrs[NFTA_IMMEDIATE_MAX + 1], *value[NFTA_DATA_MAX + 1];
	const struct nlattr *verdict[NFTA_VERDICT_MAX + 1];

	netlink_nested(data, attrs, NFTA_IMMEDIATE_MAX);
	netlink_nested(attrs[NFTA_IMMEDIATE_DATA], value, NFTA_DATA_MAX);
	netlink_nested(value[NFTA_DATA_VERDICT], verdict, NFTA_VERDICT_MAX);
	if (!verdict[NFTA_VERDICT_CODE])
		return;
	rule->code = (int32_t)netlink_get_be32(verdict[NFTA_VERDICT_CODE]);
	if (verdict[NFTA_VERDICT_CHAIN])
		netlink_get_text(verdict[NFTA_VERDICT_CHAIN], rule->target, sizeof(rule->target));
}

static int on_rule(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *attrs[NFTA_RULE_EXPRESSIONS + 1], *element;
	struct listed_rule *rule;
	struct walk *walk = data;
	struct rule_expr expr;

	netlink_attrs(nlh, sizeof(struct nfgenmsg), attrs, NFTA_RULE_EXPRESSIONS);
	if (!attrs[NFTA_RULE_CHAIN] || !attrs[NFTA_RULE_HANDLE])
		return MNL_CB_OK;
	rule = vec_push(&walk->rules);
	if (!rule)
		return MNL_CB_ERROR;
	netlink_get_text(attrs[NFTA_RULE_CHAIN], rule->chain, sizeof(rule->chain));
	rule->handle = be64toh(mnl_attr_get_u64(attrs[NFTA_RULE_HANDLE]));
	rule->match = rule_matches(nlh, &walk->flow);
	rule->drops = nft_rule_drops(nlh);
	rule->code = NFT_CONTINUE;
	if (attrs[NFTA_RULE_EXPRESSIONS])
		mnl_attr_for_each_nested(
			element, attrs[NFTA_RULE_EXPRESSIONS]) if (rule_expr_read(element, &expr) &&
								   rule_expr_is(&expr, "immediate"))
			read_verdict(rule, expr.data);
	return MNL_CB_OK;
}

static int list_rules(struct walk *walk)
{
	struct netlink_request request;
	struct nfgenmsg *msg;

	netlink_prepare(&request, NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETRULE, 0, sizeof(*msg));
	msg = request.extra;
	msg->nfgen_family = walk->base->family;
	msg->version = NFNETLINK_V0;
	mnl_attr_put_strz(request.nlh, NFTA_RULE_TABLE, walk->base->table);
	return netlink_dump(&walk->g->facts->at->netfilter, &request, on_rule, walk,
			    &walk->rules.n);
}

static void add_possible(struct walk *walk, const struct listed_rule *rule)
{
	const struct nft_chain *base = walk->base;
	struct rule_place place = {.family = base->family};
	struct fact_rule fact = {.backend = HOOK_NFT, .how = RULE_POSSIBLE, .verdict = RULE_POLICY};
	const struct rule_entry *entry;

	if (walk->found++ >= POSSIBLE_MAX)
		return;
	fact.is_reply = walk->g->request->is_reply;
	fact.priority = base->priority;
	fact.hook = (uint8_t)base->hook;
	fact.pf = walk->flow.family == 4 ? NFPROTO_IPV4 : NFPROTO_IPV6;
	snprintf(fact.family, sizeof(fact.family), "%s", nft_family_name(base->family));
	memcpy(fact.table, base->table, sizeof(fact.table));
	memcpy(fact.base, base->name, sizeof(fact.base));
	memcpy(fact.chain, rule ? rule->chain : base->name, sizeof(fact.chain));
	if (rule) {
		memcpy(place.table, base->table, sizeof(place.table));
		memcpy(place.chain, rule->chain, sizeof(place.chain));
		fact.handle = place.handle = rule->handle;
		entry = rule_find(&walk->g->facts->rules, &walk->g->facts->at->netfilter, &place);
		if (!entry)
			return;
		rule_fill(&fact, entry);
		if (fact.verdict == RULE_QUEUE)
			queue_owner(walk->g, &fact);
	}
	if (!walk->err)
		walk->err = gather_add(walk->g, EV_FACT_RULE, &fact, sizeof(fact));
}

static enum walk_end walk_chain(struct walk *walk, const char *chain, unsigned int depth);

/* What the packet meets after this rule, if it may match. */
static enum walk_end walk_rule(struct walk *walk, const struct listed_rule *rule,
			       unsigned int depth)
{
	const bool sure = rule->match == MATCH_YES;
	enum walk_end end;

	if (rule->drops)
		add_possible(walk, rule);
	/* A verdict map, or a target of its own, may also let it go on. */
	if (rule->drops)
		return sure && rule->code == NF_DROP ? DECIDED : GOES_ON;
	if (rule->code == NFT_JUMP || rule->code == NFT_GOTO) {
		end = walk_chain(walk, rule->target, depth + 1);
		if (sure && end == DECIDED)
			return DECIDED;
		return sure && rule->code == NFT_GOTO ? RETURNS : GOES_ON;
	}
	if (sure && rule->code == NF_ACCEPT)
		return DECIDED;
	return sure && rule->code == NFT_RETURN ? RETURNS : GOES_ON;
}

static enum walk_end walk_chain(struct walk *walk, const char *chain, unsigned int depth)
{
	const struct listed_rule *rule = walk->rules.data;
	enum walk_end end = GOES_ON;

	for (size_t i = 0; i < walk->rules.n && depth <= DEPTH_MAX; i++, rule++) {
		if (++walk->steps > STEPS_MAX || walk->found > POSSIBLE_MAX)
			return DECIDED;
		if (rule->match == MATCH_NO || strcmp(rule->chain, chain) != 0)
			continue;
		end = walk_rule(walk, rule, depth);
		if (end != GOES_ON)
			break;
	}
	return end == DECIDED ? DECIDED : GOES_ON;
}

static bool is_on_way(const struct walk *walk, const struct nft_chain *chain)
{
	const uint32_t in = 1 << NF_INET_PRE_ROUTING | 1 << NF_INET_LOCAL_IN | 1 << NF_INET_FORWARD;
	const uint32_t out =
		1 << NF_INET_LOCAL_OUT | 1 << NF_INET_FORWARD | 1 << NF_INET_POST_ROUTING;
	const uint8_t family = walk->flow.family == 4 ? NFPROTO_IPV4 : NFPROTO_IPV6;

	if (!chain->active || chain->nat || !strncmp(chain->table, "clbtrace", 8) ||
	    (chain->family != family && chain->family != NFPROTO_INET))
		return false;
	return (walk->g->request->is_reply ? out : in) >> chain->hook & 1;
}

static int walk_base(struct walk *walk)
{
	int err = list_rules(walk);

	if (!err && walk_chain(walk, walk->base->name, 0) != DECIDED && walk->base->policy_drop)
		add_possible(walk, NULL);
	vec_free(&walk->rules);
	return err ? err : walk->err;
}

int gather_rules_possible(struct gather *g)
{
	const struct nft_ruleset *nft = &g->facts->at->nft;
	struct walk walk = {
		.g = g,
		.flow = *g->flow,
		.rules = {.size = sizeof(struct listed_rule)},
	};
	uint64_t start = facts_clock_ns(), took;
	const struct nft_chain *chain;
	int err = 0;

	if (start < g->facts->rules.possible_not_before_ns || !nft_present(g->facts))
		return 0;
	if (g->request->is_reply)
		walk.flow = flow_reverse(&walk.flow);
	err = nft_load(&g->facts->at->netfilter, &g->facts->at->nft);
	chain = nft->chains.data;
	for (size_t i = 0; i < nft->chains.n && !err; i++) {
		walk.base = &chain[i];
		if (is_on_way(&walk, walk.base) && walk.found < POSSIBLE_MAX)
			err = walk_base(&walk);
	}
	took = facts_clock_ns() - start;
	if (took > CHEAP_NS)
		g->facts->rules.possible_not_before_ns = start + 10 * took;
	return err;
}
