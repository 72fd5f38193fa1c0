// SPDX-License-Identifier: GPL-2.0-only
// Answers which rules of legacy iptables dropped a packet.
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter_ipv4.h>
#include <string.h>

#include "facts_internal.h"
#include "facts_iptables.h"
#include "facts_rule.h"
#include "flow.h"

enum { RULES_MAX = 16, TOOL_SHARE = 10, READ_SHARE = 10 };

/* Reads the tables; under load the last reading serves, if it cannot have missed the packet. */
static int read_tables(struct gather *g, uint8_t pf)
{
	struct legacy_state *state = &g->facts->legacy;
	const uint64_t now = facts_clock_ns();
	uint64_t reuse = REUSE_NS;
	int n;

	if (READ_SHARE * state->read_took_ns > reuse)
		reuse = READ_SHARE * state->read_took_ns;
	if ((g->loaded || g->request->either_way) && state->read_ns && state->read_pf == pf &&
	    state->read_netns == g->facts->at->inode && now - state->read_ns < reuse &&
	    state->read_ns > g->request->since_ns + REUSE_NS)
		return 0;
	legacy_tables_free(state->tables, state->n_tables);
	memset(state->tables, 0, sizeof(state->tables));
	state->n_tables = 0;
	state->read_ns = 0;
	n = legacy_read(pf, state->tables);
	if (n < 0)
		return n;
	state->n_tables = n;
	state->read_pf = pf;
	state->read_netns = g->facts->at->inode;
	state->read_ns = now;
	state->read_took_ns = facts_clock_ns() - now;
	return 0;
}

static uint8_t verdict_of(const struct legacy_rule *rule)
{
	if (rule->is_tail)
		return RULE_POLICY;
	if (rule->action == LEGACY_REJECT)
		return RULE_REJECT;
	return rule->action == LEGACY_QUEUE ? RULE_QUEUE : RULE_DROP;
}

/* xt_table structures of net/ipv4/netfilter/iptable_*.c. */
static int32_t priority_of(const char *table, uint8_t hook)
{
	if (!strcmp(table, "raw"))
		return NF_IP_PRI_RAW;
	if (!strcmp(table, "mangle"))
		return NF_IP_PRI_MANGLE;
	if (!strcmp(table, "security"))
		return NF_IP_PRI_SECURITY;
	if (!strcmp(table, "nat"))
		return hook == NF_INET_PRE_ROUTING || hook == NF_INET_LOCAL_OUT ? NF_IP_PRI_NAT_DST
										: NF_IP_PRI_NAT_SRC;
	return NF_IP_PRI_FILTER;
}

/* Whether the tool's words end like the rule: the table may have changed since it was read. */
static bool is_of(const char *text, const char *rendered)
{
	const char *target = strstr(rendered, " -j ");

	return !target || strstr(text, target);
}

static void ask_tool(struct legacy_state *state, const struct legacy_ruleset *table,
		     const struct legacy_rule *rule, struct legacy_text *out)
{
	const struct legacy_chain *chain = table->chains.data;
	const char *path = legacy_tool_path(table->pf);
	uint64_t begin = facts_clock_ns();
	char text[sizeof(out->text)];

	if (!path || begin < state->tool_not_before_ns)
		return;
	if (!legacy_tool_rule(path, table->name, chain[rule->chain].name, rule->number, text,
			      sizeof(text)) &&
	    is_of(text, out->text))
		memcpy(out->text, text, sizeof(text));
	if (facts_clock_ns() - begin > CHEAP_NS)
		state->tool_not_before_ns =
			facts_clock_ns() + TOOL_SHARE * (facts_clock_ns() - begin);
}

/* The rule's words; those of the tool are kept for as long as the table is the same. */
static const char *text_of(struct gather *g, const struct legacy_ruleset *table, uint32_t index)
{
	const struct legacy_rule *rule = (const struct legacy_rule *)table->rules.data + index;
	struct legacy_state *state = &g->facts->legacy;
	const struct legacy_text key = {
		.hash = table->hash, .rule = index, .netns = g->facts->at->inode, .pf = table->pf};
	struct legacy_text *text;

	for (int i = 0; i < LEGACY_TEXTS; i++) {
		text = &state->texts[i];
		if (*text->text && text->hash == key.hash && text->rule == key.rule &&
		    text->netns == key.netns && text->pf == key.pf)
			return text->text;
	}
	text = &state->texts[state->n_texts++ % LEGACY_TEXTS];
	*text = key;
	legacy_render(table, rule, text->text, sizeof(text->text));
	if (!rule->is_tail)
		ask_tool(state, table, rule, text);
	return text->text;
}

static void set_queue(struct gather *g, const struct legacy_found *found, const struct vec *readers,
		      struct fact_rule *fact)
{
	const struct legacy_rule *rule =
		(const struct legacy_rule *)found->table->rules.data + found->rule;
	struct legacy_part target = legacy_target(found->table, rule);
	struct process_info info = {0};
	uint16_t n;
	bool bypass;

	if (!legacy_queue_of(&target, &fact->queue, &n, &bypass))
		return;
	for (uint32_t i = 0; i < n && !fact->queue_pid; i++)
		fact->queue_pid = legacy_queue_pid(g->facts, readers, fact->queue + i);
	if (!fact->queue_pid)
		return;
	process_describe(fact->queue_pid, &info);
	memcpy(fact->queue_comm, info.comm, sizeof(fact->queue_comm));
}

static int add_rule(struct gather *g, const struct legacy_found *found, const struct vec *readers)
{
	static const char *const bases[] = {"PREROUTING", "INPUT", "FORWARD", "OUTPUT",
					    "POSTROUTING"};
	const struct legacy_ruleset *table = found->table;
	const struct legacy_rule *rule =
		(const struct legacy_rule *)table->rules.data + found->rule;
	const struct legacy_chain *chain = table->chains.data;
	const struct ev_flow flow =
		g->request->is_reply ? flow_reverse(&g->request->probe) : g->request->probe;
	struct fact_rule fact = {
		.priority = priority_of(table->name, found->hook),
		.pf = table->pf,
		.hook = found->hook,
		.backend = HOOK_IPTABLES_LEGACY,
		.how = table->counted ? RULE_COUNTED : RULE_POSSIBLE,
		.verdict = verdict_of(rule),
		.is_reply = g->request->is_reply,
		.number = rule->is_tail ? 0 : rule->number,
	};

	snprintf(fact.family, sizeof(fact.family), "%s", nft_family_name(table->pf));
	snprintf(fact.table, sizeof(fact.table), "%s", table->name);
	snprintf(fact.chain, sizeof(fact.chain), "%s", chain[rule->chain].name);
	snprintf(fact.base, sizeof(fact.base), "%s", bases[found->hook]);
	if (found->via)
		snprintf(fact.via, sizeof(fact.via), "%s", chain[found->via - 1].name);
	snprintf(fact.text, sizeof(fact.text), "%s", text_of(g, table, found->rule));
	ipset_element(&fact, &flow);
	if (fact.verdict == RULE_QUEUE)
		set_queue(g, found, readers, &fact);
	return gather_add(g, EV_FACT_RULE, &fact, sizeof(fact));
}

/* Without readers a queue drops what it gets, unless it is told to let it pass. */
static bool queue_returns(void *ctx, const struct legacy_part *target)
{
	const struct vec *readers = ctx;
	const struct legacy_reader *reader = readers->data;
	uint16_t first, n;
	bool bypass;

	if (!legacy_queue_of(target, &first, &n, &bypass) || bypass)
		return true;
	for (size_t i = 0; i < readers->n; i++)
		if (reader[i].queue >= first && reader[i].queue - first < n)
			return true;
	return false;
}

/* What is usual is taken for granted, until nothing explains the drop then. */
static int walk_ways(struct gather *g, struct legacy_walk *walk)
{
	const struct legacy_state *state = &g->facts->legacy;
	struct legacy_way way;
	int err;

	legacy_way_init(g, &way);
	err = legacy_way_walk(&way, state->tables, state->n_tables, walk);
	if (err || walk->found.n)
		return err;
	way.loose = true;
	return legacy_way_walk(&way, state->tables, state->n_tables, walk);
}

int gather_rules_legacy(struct gather *g)
{
	struct legacy_state *state = &g->facts->legacy;
	const struct legacy_counts *base = NULL;
	struct vec readers = {.size = sizeof(struct legacy_reader)};
	struct legacy_walk walk = {.found.size = sizeof(struct legacy_found),
				   .queue_returns = queue_returns,
				   .ctx = &readers};
	const struct legacy_found *found;
	int err;

	err = read_tables(g, g->flow->family == 4 ? NFPROTO_IPV4 : NFPROTO_IPV6);
	if (err || !state->n_tables)
		return err;
	/* Of another namespace no snapshot was taken. */
	if (g->facts->at == &g->facts->home)
		base = legacy_baseline(state, g->request->since_ns);
	for (int i = 0; i < state->n_tables; i++)
		legacy_compare(&state->tables[i], base);
	err = legacy_readers(&readers);
	if (!err)
		err = walk_ways(g, &walk);
	found = walk.found.data;
	for (size_t i = 0; i < walk.found.n && i < RULES_MAX && !err; i++)
		err = add_rule(g, &found[i], &readers);
	vec_free(&walk.found);
	vec_free(&readers);
	return err;
}
