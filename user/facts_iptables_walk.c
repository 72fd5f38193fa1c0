// SPDX-License-Identifier: GPL-2.0-only
// Takes a packet through a legacy iptables table, as far as it is known what its rules answer.
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/xt_conntrack.h>
#include <linux/netfilter/xt_mark.h>
#include <string.h>

#include "facts_internal.h"
#include "facts_iptables.h"

enum { STEPS_MAX = 1000000, DEPTH_MAX = 256 };

/* Whether the packet's way ends in what was walked, by any verdict. */
enum end { END_NEVER, END_MAYBE, END_ALWAYS };

struct frame {
	struct legacy_walk *walk;
	const struct legacy_ruleset *table;
	unsigned int depth;
	uint8_t hook;
	bool certain;  /* that the packet came here at all */
	bool returned; /* it may have left the chain by a return before */
	bool ended;    /* or its way may have ended */
};

static void found(const struct frame *frame, uint32_t rule)
{
	struct legacy_walk *walk = frame->walk;
	const uint32_t in = ((const struct legacy_rule *)frame->table->rules.data)[rule].chain + 1;
	const struct legacy_found *known = walk->found.data;
	struct legacy_found *one;

	/* One that is reached by two ways is one. */
	for (size_t i = 0; i < walk->found.n; i++)
		if (known[i].table == frame->table && known[i].rule == rule &&
		    known[i].hook == frame->hook)
			return;
	one = vec_push(&walk->found);
	if (!one) {
		walk->error = -ENOMEM;
		return;
	}
	*one = (struct legacy_found){.table = frame->table, .rule = rule, .hook = frame->hook};
	one->via = walk->chain == in ? walk->earlier : walk->chain;
}

/* mark_tg(), net/netfilter/xt_mark.c. */
static void set_mark(struct legacy_packet *packet, const struct legacy_part *target, bool certain)
{
	const struct xt_mark_tginfo2 *info = target->data;

	packet->mark_known = packet->mark_known && certain && target->revision == 2 &&
			     target->size >= sizeof(*info);
	if (packet->mark_known)
		packet->mark = (packet->mark & ~info->mask) ^ info->mark;
}

static void set_untracked(struct legacy_packet *packet, bool certain)
{
	if (certain)
		packet->states = XT_CONNTRACK_STATE_UNTRACKED;
	else
		packet->states |= XT_CONNTRACK_STATE_UNTRACKED;
}

/* What a target does besides: whether the packet goes on behind it. */
static bool goes_on(const struct frame *frame, const struct legacy_rule *rule, bool certain)
{
	struct legacy_part target = legacy_target(frame->table, rule);

	if (rule->action == LEGACY_SET_MARK)
		set_mark(&frame->walk->packet, &target, certain);
	else if (rule->action == LEGACY_NOTRACK)
		set_untracked(&frame->walk->packet, certain);
	else if (rule->action == LEGACY_CONTINUE && !strcmp(target.name, "CONNMARK"))
		frame->walk->packet.mark_known = false; /* restored from the connection's */
	else
		return rule->action == LEGACY_CONTINUE;
	return true;
}

/* Takes a verdict that ends the way. Returns whether it surely does. */
static bool take_verdict(const struct frame *frame, const struct legacy_rule *rule)
{
	struct legacy_walk *walk = frame->walk;
	struct legacy_part target = legacy_target(frame->table, rule);

	if (rule->action == LEGACY_ACCEPT) {
		walk->accepts = true;
		return true;
	}
	found(frame, rule - (const struct legacy_rule *)frame->table->rules.data);
	if (rule->action == LEGACY_OTHER)
		walk->accepts = true;
	if (rule->action == LEGACY_QUEUE && walk->queue_returns &&
	    walk->queue_returns(walk->ctx, &target))
		walk->accepts = true;
	return rule->action != LEGACY_OTHER;
}

static enum end walk_chain(const struct frame *from, uint32_t at);

static enum end so_far(const struct frame *frame)
{
	return frame->ended ? END_MAYBE : END_NEVER;
}

/* The end of a chain in which the packet's way ends, if it was still in it. */
static enum end end_here(const struct frame *frame)
{
	return frame->returned ? END_MAYBE : END_ALWAYS;
}

static void enter(const struct frame *frame, uint32_t to)
{
	const uint32_t chain = ((const struct legacy_rule *)frame->table->rules.data)[to].chain + 1;
	struct legacy_walk *walk = frame->walk;

	if (chain == walk->chain)
		return;
	walk->earlier = walk->chain;
	walk->chain = chain;
}

/* A rule that is met, or may be. Returns whether the chain is left; *out: how. */
static bool take_jump(struct frame *frame, const struct legacy_rule *rule, bool met, enum end *out)
{
	const bool certain = met && frame->certain && !frame->returned && !frame->ended;
	struct frame sub = {frame->walk, frame->table, frame->depth + 1, frame->hook, certain,
			    false,	 false};
	enum end end;

	if (met)
		enter(frame, rule->to);
	end = walk_chain(&sub, rule->to);
	if (met && end == END_ALWAYS) {
		*out = end_here(frame);
		return true;
	}
	frame->ended = frame->ended || end != END_NEVER;
	if (rule->action == LEGACY_JUMP)
		return false;
	frame->returned = frame->returned || end != END_ALWAYS;
	*out = so_far(frame);
	return met;
}

static bool take_rule(struct frame *frame, const struct legacy_rule *rule, bool met, enum end *out)
{
	const bool certain = met && frame->certain && !frame->returned && !frame->ended;

	if (goes_on(frame, rule, certain))
		return false;
	if (rule->action == LEGACY_JUMP || rule->action == LEGACY_GOTO)
		return take_jump(frame, rule, met, out);
	if (rule->action == LEGACY_RETURN) {
		frame->returned = true;
		*out = so_far(frame);
		return met;
	}
	if (take_verdict(frame, rule) && met) {
		*out = end_here(frame);
		return true;
	}
	frame->ended = true;
	return false;
}

static enum end walk_chain(const struct frame *from, uint32_t at)
{
	const struct legacy_rule *rule = from->table->rules.data;
	struct frame frame = *from;
	enum legacy_answer answer;
	enum end end = END_ALWAYS;

	if (frame.depth > DEPTH_MAX)
		frame.walk->error = -E2BIG;
	for (; !frame.walk->error; at++) {
		if (++frame.walk->steps > STEPS_MAX)
			frame.walk->error = -E2BIG;
		if (rule[at].is_tail)
			return so_far(&frame);
		answer = rule[at].still ? LEGACY_NO
					: legacy_match(&frame.walk->packet, frame.table, &rule[at]);
		if (answer != LEGACY_NO && take_rule(&frame, &rule[at], answer == LEGACY_YES, &end))
			return end;
	}
	return END_ALWAYS;
}

static const struct legacy_chain *base_chain(const struct legacy_ruleset *table, uint8_t hook)
{
	const struct legacy_chain *chain = table->chains.data;

	for (size_t i = 0; i < table->chains.n; i++)
		if (chain[i].hook == hook)
			return &chain[i];
	return NULL;
}

/* Of a packet that is through the chain: the policy, whose counter moves like a rule's. */
static void take_policy(const struct frame *frame, uint32_t tail)
{
	const struct legacy_rule *rule =
		(const struct legacy_rule *)frame->table->rules.data + tail;

	if (rule->action == LEGACY_ACCEPT)
		frame->walk->accepts = true;
	else if (!rule->still)
		found(frame, tail);
}

bool legacy_walk_table(struct legacy_walk *walk, const struct legacy_ruleset *table, uint8_t hook)
{
	const struct frame frame = {.walk = walk, .table = table, .hook = hook, .certain = true};
	const struct legacy_chain *chain = base_chain(table, hook);
	const size_t before = walk->found.n;

	if (!chain)
		return true;
	walk->accepts = false;
	walk->chain = walk->earlier = 0;
	if (walk_chain(&frame, chain->first) != END_ALWAYS)
		take_policy(&frame, chain->tail);
	return walk->accepts || walk->found.n == before;
}
