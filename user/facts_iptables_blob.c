// SPDX-License-Identifier: GPL-2.0-only
// Takes the entries of a legacy iptables table apart into chains and rules.
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter_ipv4/ip_tables.h>
#include <linux/netfilter_ipv6/ip6_tables.h>
#include <stdlib.h>
#include <string.h>

#include "facts_internal.h"
#include "facts_iptables.h"

enum { ALIGNMENT = 8 /* XT_ALIGN() */, DATA_AT = sizeof(struct xt_entry_target) };

_Static_assert(sizeof(struct xt_entry_match) == sizeof(struct xt_entry_target), "part");

struct legacy_entry legacy_entry(const struct legacy_ruleset *table, uint32_t offset)
{
	const void *at = table->blob + offset;

	if (table->pf == NFPROTO_IPV4) {
		const struct ipt_entry *entry = at;

		return (struct legacy_entry){entry->target_offset, entry->next_offset,
					     entry->counters.pcnt, sizeof(*entry)};
	} else {
		const struct ip6t_entry *entry = at;

		return (struct legacy_entry){entry->target_offset, entry->next_offset,
					     entry->counters.pcnt, sizeof(*entry)};
	}
}

static bool is_ended(const char *text, size_t len)
{
	return memchr(text, 0, len) != NULL;
}

/* Each match and the target lie inside the entry, one behind the other, with names that end. */
static bool parts_fit(const uint8_t *entry, uint32_t from, uint32_t target, uint32_t end)
{
	const struct xt_entry_match *part;
	bool is_target;

	for (uint32_t at = from; at <= target; at += part->u.match_size) {
		is_target = at == target;
		if (at + DATA_AT > (is_target ? end : target))
			return false;
		part = (const void *)(entry + at);
		if (part->u.match_size < DATA_AT || part->u.match_size % ALIGNMENT ||
		    at + part->u.match_size > (is_target ? end : target) ||
		    !is_ended(part->u.user.name, sizeof(part->u.user.name)))
			return false;
		if (is_target)
			return true;
	}
	return false;
}

static bool entry_fits(const struct legacy_ruleset *table, uint32_t offset)
{
	const uint32_t header =
		table->pf == NFPROTO_IPV4 ? sizeof(struct ipt_entry) : sizeof(struct ip6t_entry);
	struct legacy_entry entry;

	if (table->size - offset < header)
		return false;
	entry = legacy_entry(table, offset);
	return entry.next_offset <= table->size - offset && entry.next_offset % ALIGNMENT == 0 &&
	       entry.target_offset >= header && entry.target_offset % ALIGNMENT == 0 &&
	       entry.target_offset < entry.next_offset &&
	       parts_fit(table->blob + offset, header, entry.target_offset, entry.next_offset);
}

static struct legacy_part part_at(const uint8_t *at)
{
	const struct xt_entry_match *part = (const void *)at;

	return (struct legacy_part){.name = part->u.user.name,
				    .data = part->data,
				    .size = part->u.match_size - DATA_AT,
				    .revision = part->u.user.revision};
}

bool legacy_next_match(const struct legacy_ruleset *table, const struct legacy_rule *rule,
		       uint32_t *at, struct legacy_part *out)
{
	struct legacy_entry entry = legacy_entry(table, rule->offset);

	if (!*at)
		*at = entry.header;
	if (*at >= entry.target_offset)
		return false;
	*out = part_at(table->blob + rule->offset + *at);
	*at += DATA_AT + out->size;
	return true;
}

struct legacy_part legacy_target(const struct legacy_ruleset *table, const struct legacy_rule *rule)
{
	return part_at(table->blob + rule->offset +
		       legacy_entry(table, rule->offset).target_offset);
}

static int add_rules(struct legacy_ruleset *table)
{
	struct legacy_entry entry;
	struct legacy_rule *rule;

	for (uint32_t at = 0; at < table->size; at += entry.next_offset) {
		if (!entry_fits(table, at))
			return -EBADMSG;
		entry = legacy_entry(table, at);
		rule = vec_push(&table->rules);
		if (!rule)
			return -ENOMEM;
		rule->offset = at;
		rule->packets = entry.packets;
	}
	return table->rules.n ? 0 : -EBADMSG;
}

static int hook_at(const struct legacy_ruleset *table, uint32_t offset)
{
	for (int hook = 0; hook < LEGACY_HOOKS; hook++)
		if (table->valid_hooks & 1U << hook && table->hook_entry[hook] == offset)
			return hook;
	return -1;
}

static int add_chain(struct legacy_ruleset *table, const char *name, int hook, uint32_t first)
{
	struct legacy_chain *chain = vec_push(&table->chains);

	if (!chain)
		return -ENOMEM;
	snprintf(chain->name, sizeof(chain->name), "%s", name);
	chain->hook = hook;
	chain->first = first;
	return 0;
}

/* A user-defined chain begins behind an entry whose target is ERROR with its name. */
static bool is_head(const struct legacy_part *target)
{
	return !strcmp(target->name, XT_ERROR_TARGET) && target->size >= XT_FUNCTION_MAXNAMELEN &&
	       is_ended(target->data, XT_FUNCTION_MAXNAMELEN);
}

static int add_chains(struct legacy_ruleset *table)
{
	static const char *const names[] = {"PREROUTING", "INPUT", "FORWARD", "OUTPUT",
					    "POSTROUTING"};
	struct legacy_rule *rule = table->rules.data;
	struct legacy_chain *chain = NULL;
	struct legacy_part target;
	int err = 0, hook;

	for (uint32_t i = 0; i < table->rules.n && !err; i++) {
		target = legacy_target(table, &rule[i]);
		hook = hook_at(table, rule[i].offset);
		if (hook >= 0)
			err = add_chain(table, names[hook], hook, i);
		else if (is_head(&target))
			err = add_chain(table, target.data, -1, i + 1);
		if (err || !table->chains.n)
			return err ? err : -EBADMSG;
		chain = (struct legacy_chain *)table->chains.data + table->chains.n - 1;
		rule[i].chain = table->chains.n - 1;
		rule[i].number = i + 1 - chain->first;
		chain->tail = i;
	}
	return err;
}

struct legacy_rule *legacy_rule_at(const struct legacy_ruleset *table, uint32_t offset)
{
	struct legacy_rule *rule = table->rules.data;
	size_t low = 0, high = table->rules.n, mid;

	while (low < high) {
		mid = low + (high - low) / 2;
		if (rule[mid].offset == offset)
			return &rule[mid];
		if (rule[mid].offset < offset)
			low = mid + 1;
		else
			high = mid;
	}
	return NULL;
}

/* A chain ends with its policy, or with a return; the last chain is the table's end marker. */
static int end_chains(struct legacy_ruleset *table)
{
	struct legacy_chain *chain = table->chains.data;
	struct legacy_rule *rule = table->rules.data;

	for (size_t i = 0; i < table->chains.n; i++) {
		if (chain[i].first > chain[i].tail) {
			if (i != table->chains.n - 1)
				return -EBADMSG;
			continue;
		}
		rule[chain[i].tail].is_tail = true;
		if (chain[i].hook >= 0 &&
		    table->underflow[chain[i].hook] != rule[chain[i].tail].offset)
			return -EBADMSG;
	}
	for (int hook = 0; hook < LEGACY_HOOKS; hook++)
		if (table->valid_hooks & 1U << hook &&
		    !legacy_rule_at(table, table->hook_entry[hook]))
			return -EBADMSG;
	return 0;
}

static uint64_t mix(uint64_t hash, uint64_t word)
{
	hash = (hash ^ word) * 0x9e3779b97f4a7c15ULL;
	return hash ^ hash >> 29;
}

static uint64_t mix_bytes(uint64_t hash, const void *data, size_t len)
{
	const uint8_t *at = data;
	uint64_t word;

	for (; len >= sizeof(word); len -= sizeof(word), at += sizeof(word)) {
		memcpy(&word, at, sizeof(word));
		hash = mix(hash, word);
	}
	word = 0;
	memcpy(&word, at, len);
	return mix(hash, word + len);
}

/* Offsets are left out: they move when another rule is added. */
static uint64_t hash_rule(const struct legacy_ruleset *table, const struct legacy_rule *rule)
{
	const size_t ip =
		table->pf == NFPROTO_IPV4 ? sizeof(struct ipt_ip) : sizeof(struct ip6t_ip6);
	const struct legacy_chain *chain = table->chains.data;
	const struct legacy_entry entry = legacy_entry(table, rule->offset);
	const struct legacy_rule *rules = table->rules.data;
	const uint8_t *at = table->blob + rule->offset;
	uint32_t end = entry.next_offset;
	uint64_t hash;

	hash = mix_bytes(rule->action, chain[rule->chain].name, LEGACY_NAME_LEN);
	hash = mix_bytes(hash, at, ip);
	if (!*legacy_target(table, rule).name)
		end = entry.target_offset;
	hash = mix_bytes(hash, at + entry.header, end - entry.header);
	if (rule->action == LEGACY_JUMP || rule->action == LEGACY_GOTO)
		hash = mix_bytes(hash, chain[rules[rule->to].chain].name, LEGACY_NAME_LEN);
	return hash;
}

int legacy_parse(struct legacy_ruleset *table)
{
	struct legacy_rule *rule;
	int err;

	table->rules.size = sizeof(struct legacy_rule);
	table->chains.size = sizeof(struct legacy_chain);
	err = add_rules(table);
	if (!err)
		err = add_chains(table);
	if (!err)
		err = end_chains(table);
	if (!err)
		err = legacy_set_actions(table);
	rule = table->rules.data;
	table->hash = 0;
	for (size_t i = 0; i < table->rules.n && !err; i++) {
		rule[i].hash = hash_rule(table, &rule[i]);
		table->hash = mix(table->hash, rule[i].hash);
	}
	return err;
}

void legacy_table_free(struct legacy_ruleset *table)
{
	free(table->blob);
	table->blob = NULL;
	vec_free(&table->rules);
	vec_free(&table->chains);
}
