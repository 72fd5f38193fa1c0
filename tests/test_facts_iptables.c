// SPDX-License-Identifier: GPL-2.0-only
// Unit tests of the walk through tables of legacy iptables, built here byte by byte; tables that
// do not hold together too.
#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/xt_addrtype.h>
#include <linux/netfilter/xt_conntrack.h>
#include <linux/netfilter/xt_iprange.h>
#include <linux/netfilter/xt_limit.h>
#include <linux/netfilter/xt_mark.h>
#include <linux/netfilter/xt_multiport.h>
#include <linux/netfilter/xt_NFQUEUE.h>
#include <linux/netfilter/xt_tcpudp.h>
#include <linux/netfilter_ipv4/ip_tables.h>
#include <linux/netfilter_ipv4/ipt_REJECT.h>
#include <linux/rtnetlink.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "facts_internal.h"

enum {
	BLOB_MAX = 32768,
	HOOK = NF_INET_LOCAL_IN,
	DROP = -NF_DROP - 1,
	ACCEPT = -NF_ACCEPT - 1,
	RETURN = XT_RETURN,
	SYN = 2,
};

/* A table with one base chain, INPUT, being built. */
struct builder {
	struct legacy_ruleset table;
	uint32_t entry;	  /* offset of the one being built */
	uint64_t packets; /* what the next ones have counted */
};

static struct ipt_entry *current(struct builder *b)
{
	return (struct ipt_entry *)(b->table.blob + b->entry);
}

static void init(struct builder *b)
{
	memset(b, 0, sizeof(*b));
	b->table.blob = calloc(1, BLOB_MAX);
	assert_non_null(b->table.blob);
	b->table.pf = NFPROTO_IPV4;
	b->table.valid_hooks = 1 << HOOK;
	b->packets = 1;
	strcpy(b->table.name, "filter");
}

/* Begins a rule; its matches and target follow. Returns its offset. */
static uint32_t rule(struct builder *b)
{
	struct ipt_entry *entry;

	assert_true(b->table.size + 1024 < BLOB_MAX);
	b->entry = b->table.size;
	entry = current(b);
	entry->target_offset = entry->next_offset = sizeof(*entry);
	entry->counters.pcnt = b->packets;
	b->table.size += sizeof(*entry);
	return b->entry;
}

static void *add_part(struct builder *b, const char *name, uint8_t revision, size_t size)
{
	struct xt_entry_match *part = (void *)(b->table.blob + b->table.size);

	part->u.match_size = XT_ALIGN(sizeof(*part) + size);
	strcpy(part->u.user.name, name);
	part->u.user.revision = revision;
	b->table.size += part->u.match_size;
	current(b)->next_offset += part->u.match_size;
	return part->data;
}

static void *match(struct builder *b, const char *name, uint8_t revision, size_t size)
{
	void *data = add_part(b, name, revision, size);

	current(b)->target_offset = current(b)->next_offset;
	return data;
}

static void *target(struct builder *b, const char *name, size_t size)
{
	return add_part(b, name, 0, size);
}

/* A verdict, or the offset to jump to. */
static void verdict(struct builder *b, int to)
{
	memcpy(target(b, "", sizeof(to)), &to, sizeof(to));
}

static uint32_t simple(struct builder *b, int to)
{
	uint32_t at = rule(b);

	verdict(b, to);
	return at;
}

static void policy(struct builder *b, int to)
{
	b->table.underflow[HOOK] = simple(b, to);
}

/* Returns the offset of its first rule. */
static uint32_t chain(struct builder *b, const char *name)
{
	rule(b);
	strcpy(target(b, XT_ERROR_TARGET, XT_FUNCTION_MAXNAMELEN), name);
	return b->table.size;
}

static void set_jump(struct builder *b, uint32_t at, uint32_t to)
{
	struct ipt_entry *entry = (struct ipt_entry *)(b->table.blob + at);

	((struct xt_standard_target *)ipt_get_target(entry))->verdict = to;
}

static void set_goto(struct builder *b, uint32_t at)
{
	((struct ipt_entry *)(b->table.blob + at))->ip.flags |= IPT_F_GOTO;
}

static int end(struct builder *b)
{
	chain(b, "ERROR");
	return legacy_parse(&b->table);
}

static void unknown(struct builder *b)
{
	match(b, "recent", 0, 64);
}

static void tcp_dport(struct builder *b, uint16_t port)
{
	struct xt_tcp *tcp;

	current(b)->ip.proto = IPPROTO_TCP;
	tcp = match(b, "tcp", 0, sizeof(*tcp));
	tcp->spts[1] = UINT16_MAX;
	tcp->dpts[0] = tcp->dpts[1] = port;
}

static struct legacy_packet syn(void)
{
	return (struct legacy_packet){
		.pf = NFPROTO_IPV4,
		.proto = IPPROTO_TCP,
		.src = {[10] = 0xff, 0xff, 100, 64, 1, 10},
		.dst = {[10] = 0xff, 0xff, 172, 16, 0, 1},
		.sport = 40000,
		.dport = 80,
		.tcp_flags = SYN,
		.in_known = true,
		.in = "eth0",
		.out_known = true,
		.states = XT_CONNTRACK_STATE_BIT(IP_CT_NEW),
		.mark_known = true,
	};
}

/* Parses, walks, and compares what was found with the offsets, which 0 ends. */
static bool walk_as(struct builder *b, struct legacy_packet packet, const uint32_t *offsets, int n)
{
	struct legacy_walk walk = {.packet = packet, .found.size = sizeof(struct legacy_found)};
	const struct legacy_found *found;
	const struct legacy_rule *rules;
	bool through;

	assert_int_equal(end(b), 0);
	legacy_compare(&b->table, NULL);
	through = legacy_walk_table(&walk, &b->table, HOOK);
	assert_int_equal(walk.error, 0);
	assert_int_equal(walk.found.n, n);
	found = walk.found.data;
	rules = b->table.rules.data;
	for (int i = 0; i < n; i++)
		assert_int_equal(rules[found[i].rule].offset, offsets[i]);
	vec_free(&walk.found);
	legacy_table_free(&b->table);
	return through;
}

static bool walk(struct builder *b, const uint32_t *offsets, int n)
{
	return walk_as(b, syn(), offsets, n);
}

static void test_first(void **state)
{
	struct builder b;
	uint32_t at;

	(void)state;
	init(&b);
	rule(&b);
	tcp_dport(&b, 81);
	verdict(&b, DROP);
	at = rule(&b);
	tcp_dport(&b, 80);
	verdict(&b, DROP);
	simple(&b, DROP);
	policy(&b, DROP);
	assert_false(walk(&b, &at, 1));
}

static void test_accepted(void **state)
{
	struct builder b;

	(void)state;
	init(&b);
	rule(&b);
	tcp_dport(&b, 80);
	verdict(&b, ACCEPT);
	simple(&b, DROP);
	policy(&b, DROP);
	assert_true(walk(&b, NULL, 0));
}

/* A rule that has not counted cannot have been it; nor can one that let the packet through. */
static void test_still(void **state)
{
	struct builder b;
	uint32_t at;

	(void)state;
	init(&b);
	b.packets = 0;
	simple(&b, ACCEPT);
	simple(&b, DROP);
	b.packets = 1;
	policy(&b, DROP);
	at = b.table.underflow[HOOK];
	assert_false(walk(&b, &at, 1));
}

static void test_still_policy(void **state)
{
	struct builder b;

	(void)state;
	init(&b);
	b.packets = 0;
	policy(&b, DROP);
	assert_true(walk(&b, NULL, 0));
}

/* What is not known leaves several: each is named, and the way goes on. */
static void test_unknown(void **state)
{
	struct builder b;
	uint32_t at[3];

	(void)state;
	init(&b);
	at[0] = rule(&b);
	unknown(&b);
	verdict(&b, DROP);
	rule(&b);
	unknown(&b);
	verdict(&b, RETURN);
	at[1] = rule(&b);
	target(&b, "REJECT", sizeof(struct ipt_reject_info));
	policy(&b, DROP);
	at[2] = b.table.underflow[HOOK];
	assert_false(walk(&b, at, 3));
	/* It may have been accepted: another table may have dropped it. */
	init(&b);
	rule(&b);
	unknown(&b);
	verdict(&b, ACCEPT);
	at[0] = simple(&b, DROP);
	policy(&b, ACCEPT);
	assert_true(walk(&b, at, 1));
}

static void test_jumps(void **state)
{
	struct builder b;
	uint32_t at, first, second, inner, outer;

	(void)state;
	init(&b);
	first = simple(&b, 0);
	simple(&b, ACCEPT);
	policy(&b, ACCEPT);
	outer = chain(&b, "outer");
	second = simple(&b, 0);
	at = simple(&b, DROP);
	simple(&b, RETURN);
	inner = chain(&b, "inner");
	simple(&b, RETURN);
	simple(&b, DROP);
	simple(&b, RETURN);
	set_jump(&b, first, outer);
	set_jump(&b, second, inner);
	assert_false(walk(&b, &at, 1));
}

/* What a goto's chain returns goes to where the chain with the goto was called from. */
static void test_goto(void **state)
{
	struct builder b;
	uint32_t at, first, second, inner, outer;

	(void)state;
	init(&b);
	first = simple(&b, 0);
	at = simple(&b, DROP);
	policy(&b, ACCEPT);
	outer = chain(&b, "outer");
	second = simple(&b, 0);
	simple(&b, ACCEPT);
	simple(&b, RETURN);
	inner = chain(&b, "inner");
	simple(&b, RETURN);
	set_jump(&b, first, outer);
	set_jump(&b, second, inner);
	set_goto(&b, second);
	assert_false(walk(&b, &at, 1));
}

/* Either way: to behind the call of the chain with the goto, or on in that chain. */
static void test_goto_unknown(void **state)
{
	uint32_t at[2], first, second, inner, outer;
	struct builder b;

	(void)state;
	init(&b);
	first = simple(&b, 0);
	at[1] = simple(&b, DROP);
	policy(&b, ACCEPT);
	outer = chain(&b, "outer");
	second = rule(&b);
	unknown(&b);
	verdict(&b, 0);
	at[0] = simple(&b, DROP);
	simple(&b, RETURN);
	inner = chain(&b, "inner");
	simple(&b, RETURN);
	set_jump(&b, first, outer);
	set_jump(&b, second, inner);
	set_goto(&b, second);
	assert_false(walk(&b, at, 2));
}

/* One rule marks, the next ones ask for it. */
static void add_marks(struct builder *b, bool certain)
{
	struct xt_mark_tginfo2 *set;
	struct xt_mark_mtinfo1 *mark;

	rule(b);
	if (!certain)
		unknown(b);
	set = add_part(b, "MARK", 2, sizeof(*set));
	*set = (struct xt_mark_tginfo2){.mark = 0x40, .mask = 0xf0};
	for (uint32_t want = 0; want <= 0x40; want += 0x40) {
		rule(b);
		mark = match(b, "mark", 1, sizeof(*mark));
		*mark = (struct xt_mark_mtinfo1){.mark = want, .mask = 0xff};
		verdict(b, DROP);
	}
	policy(b, ACCEPT);
}

static void test_mark(void **state)
{
	const uint32_t length = sizeof(struct ipt_entry) + 32 + 8; /* of the rule that marks */
	const uint32_t wanted = sizeof(struct ipt_entry) + 32 + 16 + 40;
	uint32_t at[2] = {length, length + wanted};
	struct builder b;

	(void)state;
	init(&b);
	add_marks(&b, true);
	assert_false(walk(&b, &at[1], 1));
	init(&b);
	add_marks(&b, false);
	at[0] += 32 + 64;
	at[1] += 32 + 64;
	assert_true(walk(&b, at, 2));
}

/* A rule without a target is a jump to the next one. */
static void test_no_target(void **state)
{
	struct builder b;
	uint32_t at, none;

	(void)state;
	init(&b);
	none = simple(&b, 0);
	at = b.table.size;
	simple(&b, DROP);
	policy(&b, ACCEPT);
	set_jump(&b, none, at);
	assert_false(walk(&b, &at, 1));
}

/* A return that is not certain, in a chain of its own, leaves what is behind the jump certain. */
static void test_return_in_jump(void **state)
{
	struct builder b;
	uint32_t at, jump, to;

	(void)state;
	init(&b);
	jump = simple(&b, 0);
	at = simple(&b, DROP);
	simple(&b, DROP);
	policy(&b, DROP);
	to = chain(&b, "log");
	rule(&b);
	unknown(&b);
	verdict(&b, RETURN);
	rule(&b);
	target(&b, "LOG", 40);
	simple(&b, RETURN);
	set_jump(&b, jump, to);
	assert_false(walk(&b, &at, 1));
}

/* A queue that has a reader gives packets back; a target that is not known may go on. */
static bool comes_back(void *ctx, const struct legacy_part *part)
{
	(void)ctx;
	return part->size > 0;
}

static void test_targets(void **state)
{
	struct legacy_walk w = {.packet = syn(),
				.found.size = sizeof(struct legacy_found),
				.queue_returns = comes_back};
	struct builder b;
	uint32_t at[2];

	(void)state;
	init(&b);
	at[0] = rule(&b);
	target(&b, "TARPIT", 8);
	at[1] = simple(&b, DROP);
	policy(&b, ACCEPT);
	assert_true(walk(&b, at, 2));
	init(&b);
	at[0] = rule(&b);
	target(&b, "NFQUEUE", sizeof(struct xt_NFQ_info_v3));
	simple(&b, DROP);
	policy(&b, ACCEPT);
	assert_int_equal(end(&b), 0);
	legacy_compare(&b.table, NULL);
	assert_true(legacy_walk_table(&w, &b.table, HOOK));
	assert_int_equal(w.found.n, 1);
	vec_free(&w.found);
	legacy_table_free(&b.table);
}

static enum legacy_answer answer(struct builder *b, const struct legacy_packet *packet)
{
	enum legacy_answer got;

	verdict(b, DROP);
	policy(b, ACCEPT);
	assert_int_equal(end(b), 0);
	got = legacy_match(packet, &b->table, b->table.rules.data);
	legacy_table_free(&b->table);
	return got;
}

static void test_header(void **state)
{
	static const struct {
		const char *src, *mask, *in;
		uint8_t proto, flags, inv;
		enum legacy_answer want;
	} cases[] = {
		{"100.64.0.0", "255.192.0.0", "", 0, 0, 0, LEGACY_YES},
		{"100.64.0.0", "255.192.0.0", "", 0, 0, IPT_INV_SRCIP, LEGACY_NO},
		{"100.65.0.0", "255.255.0.0", "", 0, 0, 0, LEGACY_NO},
		{"100.65.0.0", "255.255.0.0", "", 0, 0, IPT_INV_SRCIP, LEGACY_YES},
		{"0.0.0.0", "0.0.0.0", "eth0", 0, 0, 0, LEGACY_YES},
		{"0.0.0.0", "0.0.0.0", "eth0", 0, 0, IPT_INV_VIA_IN, LEGACY_NO},
		{"0.0.0.0", "0.0.0.0", "eth1", 0, 0, 0, LEGACY_NO},
		{"0.0.0.0", "0.0.0.0", "eth", 0, 0, 0, LEGACY_NO},
		{"0.0.0.0", "0.0.0.0", "eth+", 0, 0, 0, LEGACY_YES},
		{"0.0.0.0", "0.0.0.0", "", IPPROTO_TCP, 0, 0, LEGACY_YES},
		{"0.0.0.0", "0.0.0.0", "", IPPROTO_UDP, 0, 0, LEGACY_NO},
		{"0.0.0.0", "0.0.0.0", "", IPPROTO_UDP, 0, IPT_INV_PROTO, LEGACY_YES},
		{"0.0.0.0", "0.0.0.0", "", 0, IPT_F_FRAG, 0, LEGACY_NO},
		{"0.0.0.0", "0.0.0.0", "", 0, IPT_F_FRAG, IPT_INV_FRAG, LEGACY_YES},
	};
	struct legacy_packet packet = syn();
	struct builder b;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		size_t len = strlen(cases[i].in);
		struct ipt_ip *ip;

		init(&b);
		rule(&b);
		ip = &current(&b)->ip;
		inet_pton(AF_INET, cases[i].src, &ip->src);
		inet_pton(AF_INET, cases[i].mask, &ip->smsk);
		strcpy(ip->iniface, cases[i].in);
		if (len && cases[i].in[len - 1] == '+')
			memset(ip->iniface_mask, 0xff, len - 1);
		else if (len)
			memset(ip->iniface_mask, 0xff, len + 1);
		ip->proto = cases[i].proto;
		ip->flags = cases[i].flags;
		ip->invflags = cases[i].inv;
		assert_int_equal(answer(&b, &packet), cases[i].want);
	}
}

static enum legacy_answer tcp_answer(uint8_t mask, uint8_t cmp, uint8_t option, uint8_t inv)
{
	struct legacy_packet packet = syn();
	struct xt_tcp *tcp;
	struct builder b;

	init(&b);
	rule(&b);
	tcp = match(&b, "tcp", 0, sizeof(*tcp));
	*tcp = (struct xt_tcp){.spts = {0, UINT16_MAX},
			       .dpts = {70, 80},
			       .flg_mask = mask,
			       .flg_cmp = cmp,
			       .option = option,
			       .invflags = inv};
	return answer(&b, &packet);
}

static void test_tcp(void **state)
{
	(void)state;
	assert_int_equal(tcp_answer(0, 0, 0, 0), LEGACY_YES);
	assert_int_equal(tcp_answer(0, 0, 0, XT_TCP_INV_DSTPT), LEGACY_NO);
	assert_int_equal(tcp_answer(0, 0, 0, XT_TCP_INV_SRCPT), LEGACY_NO);
	assert_int_equal(tcp_answer(0x17, SYN, 0, 0), LEGACY_YES);
	assert_int_equal(tcp_answer(0x17, SYN, 0, XT_TCP_INV_FLAGS), LEGACY_NO);
	assert_int_equal(tcp_answer(0x17, 0x10, 0, 0), LEGACY_NO);
	assert_int_equal(tcp_answer(0, 0, 8, 0), LEGACY_NO); /* no timestamp */
	assert_int_equal(tcp_answer(0, 0, 8, XT_TCP_INV_OPTION), LEGACY_YES);
	assert_int_equal(tcp_answer(0, 0, 2, 0), LEGACY_MAYBE);
}

static enum legacy_answer states_answer(uint16_t mask, uint16_t invert, uint32_t states, bool loose)
{
	struct legacy_packet packet = syn();
	struct xt_conntrack_mtinfo3 *info;
	struct builder b;

	packet.states = states;
	packet.loose = loose;
	init(&b);
	rule(&b);
	info = match(&b, "conntrack", 3, sizeof(*info));
	info->match_flags = XT_CONNTRACK_STATE;
	info->invert_flags = invert;
	info->state_mask = mask;
	return answer(&b, &packet);
}

static void test_states(void **state)
{
	const uint16_t fresh = XT_CONNTRACK_STATE_BIT(IP_CT_NEW), inv = XT_CONNTRACK_STATE;
	const uint16_t old = XT_CONNTRACK_STATE_BIT(IP_CT_ESTABLISHED);
	const uint16_t bad = XT_CONNTRACK_STATE_INVALID;

	(void)state;
	assert_int_equal(states_answer(fresh, 0, fresh, false), LEGACY_YES);
	assert_int_equal(states_answer(bad, 0, fresh, false), LEGACY_NO);
	assert_int_equal(states_answer(bad, 0, fresh, true), LEGACY_MAYBE);
	assert_int_equal(states_answer(bad, inv, fresh, false), LEGACY_YES);
	assert_int_equal(states_answer(old, 0, fresh | old, false), LEGACY_MAYBE);
	assert_int_equal(states_answer(old | fresh, 0, fresh | old, false), LEGACY_YES);
}

static void test_multiport(void **state)
{
	struct legacy_packet packet = syn();
	struct xt_multiport_v1 *ports;
	struct builder b;

	(void)state;
	for (uint8_t flags = XT_MULTIPORT_SOURCE; flags <= XT_MULTIPORT_EITHER; flags++) {
		init(&b);
		rule(&b);
		ports = match(&b, "multiport", 1, sizeof(*ports));
		ports->flags = flags;
		ports->count = 3;
		ports->ports[0] = 443;
		ports->ports[1] = 79;
		ports->pflags[1] = 1;
		ports->ports[2] = 81;
		assert_int_equal(answer(&b, &packet),
				 flags == XT_MULTIPORT_SOURCE ? LEGACY_NO : LEGACY_YES);
	}
	/* A range whose second end lies behind the array. */
	init(&b);
	rule(&b);
	ports = match(&b, "multiport", 1, sizeof(*ports));
	ports->count = 255;
	memset(ports->pflags, 1, sizeof(ports->pflags));
	assert_int_equal(answer(&b, &packet), LEGACY_NO);
}

static void test_others(void **state)
{
	struct legacy_packet packet = syn();
	struct xt_addrtype_info_v1 *type;
	struct xt_iprange_mtinfo *range;
	struct builder b;

	(void)state;
	init(&b);
	rule(&b);
	range = match(&b, "iprange", 1, sizeof(*range));
	range->flags = IPRANGE_SRC;
	inet_pton(AF_INET, "100.64.1.1", &range->src_min);
	inet_pton(AF_INET, "100.64.1.10", &range->src_max);
	assert_int_equal(answer(&b, &packet), LEGACY_YES);
	packet.dst_type = RTN_LOCAL;
	init(&b);
	rule(&b);
	type = match(&b, "addrtype", 1, sizeof(*type));
	type->dest = XT_ADDRTYPE_LOCAL;
	assert_int_equal(answer(&b, &packet), LEGACY_YES);
	/* A match that is too short for what it says it is, and one of a later revision. */
	init(&b);
	rule(&b);
	match(&b, "conntrack", 3, 8);
	assert_int_equal(answer(&b, &packet), LEGACY_MAYBE);
	init(&b);
	rule(&b);
	match(&b, "conntrack", 9, 256);
	assert_int_equal(answer(&b, &packet), LEGACY_MAYBE);
}

static void test_text(void **state)
{
	struct ipt_reject_info *info;
	struct builder b;
	char text[256], cut[8];

	(void)state;
	init(&b);
	rule(&b);
	inet_pton(AF_INET, "100.64.0.0", &current(&b)->ip.src);
	inet_pton(AF_INET, "255.192.0.0", &current(&b)->ip.smsk);
	strcpy(current(&b)->ip.iniface, "eth");
	memset(current(&b)->ip.iniface_mask, 0xff, 3);
	tcp_dport(&b, 80);
	unknown(&b);
	info = target(&b, "REJECT", sizeof(*info));
	info->with = IPT_TCP_RESET;
	policy(&b, DROP);
	assert_int_equal(end(&b), 0);
	legacy_render(&b.table, b.table.rules.data, text, sizeof(text));
	assert_string_equal(text, "-A INPUT -s 100.64.0.0/10 -i eth+ -p tcp -m tcp --dport 80 "
				  "-m recent ... -j REJECT --reject-with tcp-reset");
	legacy_render(&b.table, (struct legacy_rule *)b.table.rules.data + 1, text, sizeof(text));
	assert_string_equal(text, "-P INPUT DROP");
	legacy_render(&b.table, b.table.rules.data, cut, sizeof(cut));
	assert_string_equal(cut, "-A INPU");
	legacy_table_free(&b.table);
}

/* Counters of the same rules, wherever they are by now. */
static void test_compare(void **state)
{
	struct legacy_counts base = {0};
	struct legacy_rule *rules;
	struct builder b;

	(void)state;
	for (int i = 0; i < 2 * LEGACY_TABLES; i++)
		base.table[i].size = sizeof(struct legacy_count);
	init(&b);
	b.packets = 5;
	rule(&b);
	tcp_dport(&b, 80);
	verdict(&b, DROP);
	policy(&b, ACCEPT);
	assert_int_equal(end(&b), 0);
	assert_int_equal(legacy_counts_take(&base, &b.table), 0);
	legacy_table_free(&b.table);
	init(&b);
	b.packets = 5;
	rule(&b);
	current(&b)->ip.invflags = IPT_INV_PROTO;
	tcp_dport(&b, 80);
	verdict(&b, DROP);
	rule(&b);
	tcp_dport(&b, 80);
	verdict(&b, DROP);
	b.packets = 3;
	policy(&b, ACCEPT);
	assert_int_equal(end(&b), 0);
	legacy_compare(&b.table, &base);
	rules = b.table.rules.data;
	assert_false(rules[0].still); /* new */
	assert_true(rules[1].still);
	assert_false(rules[2].still); /* set back since */
	assert_true(b.table.counted);
	legacy_table_free(&b.table);
	for (int i = 0; i < 2 * LEGACY_TABLES; i++)
		vec_free(&base.table[i]);
}

static void test_baseline(void **state)
{
	static struct legacy_state legacy;

	(void)state;
	assert_null(legacy_baseline(&legacy, 100));
	legacy.kept[0].time_ns = 50;
	legacy.kept[1].time_ns = 90;
	legacy.kept[2].time_ns = 110;
	assert_ptr_equal(legacy_baseline(&legacy, 100), &legacy.kept[1]);
	assert_null(legacy_baseline(&legacy, 40));
}

static void test_queues(void **state)
{
	struct vec readers = {.size = sizeof(struct legacy_reader)};
	const struct legacy_reader *reader;

	(void)state;
	assert_int_equal(legacy_parse_queues("    5   1234     0 2 65531     0     0       17  1\n"
					     "nonsense\n70000 1\n    6 4294963200 0 2 0 0 0 0 1",
					     &readers),
			 0);
	assert_int_equal(readers.n, 2);
	reader = readers.data;
	assert_int_equal(reader[0].queue, 5);
	assert_int_equal(reader[0].portid, 1234);
	assert_int_equal(reader[1].portid, 4294963200);
	vec_free(&readers);
	assert_int_equal(legacy_parse_socket("sk Eth Pid Groups Rmem Wmem Dump Locks Drops Inode\n"
					     "00000000 0   1234 00000000 0 0 0 2 0 77\n"
					     "00000000 12  1234 00000000 0 0 0 2 0 78\n",
					     1234),
			 78);
}

/* Each 16-bit and 32-bit field of a sound table made wrong in turn: refused or walked, no more. */
static void test_hostile(void **state)
{
	static const uint32_t values[] = {0,	  1,	      7,	  8,	      39,
					  0x7fff, 0xffff,     0x7fffffff, 0x80000000, 0xffffffff,
					  0x100,  0xfffffff8, 152};
	struct builder sound, b;
	uint32_t jump, to;

	(void)state;
	init(&sound);
	jump = simple(&sound, 0);
	rule(&sound);
	tcp_dport(&sound, 80);
	unknown(&sound);
	verdict(&sound, DROP);
	policy(&sound, DROP);
	to = chain(&sound, "other");
	simple(&sound, RETURN);
	set_jump(&sound, jump, to);
	chain(&sound, "ERROR");
	for (uint32_t at = 0; at + 4 <= sound.table.size; at += 2) {
		for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
			struct legacy_walk w = {.packet = syn(),
						.found.size = sizeof(struct legacy_found)};
			char text[64];

			b = sound;
			/* Not a byte more: what reads behind it is found out. */
			b.table.blob = malloc(sound.table.size);
			memcpy(b.table.blob, sound.table.blob, sound.table.size);
			memcpy(b.table.blob + at, &values[i], i % 2 ? 4 : 2);
			if (!legacy_parse(&b.table)) {
				legacy_compare(&b.table, NULL);
				legacy_walk_table(&w, &b.table, HOOK);
				for (size_t j = 0; j < b.table.rules.n; j++)
					legacy_render(&b.table,
						      (struct legacy_rule *)b.table.rules.data + j,
						      text, sizeof(text));
			}
			vec_free(&w.found);
			legacy_table_free(&b.table);
		}
	}
	free(sound.table.blob);
}

/* Chains that call each other, which the kernel would not have taken. */
static void test_loop(void **state)
{
	struct legacy_walk w = {.packet = syn(), .found.size = sizeof(struct legacy_found)};
	struct builder b;
	uint32_t jump, back, to;

	(void)state;
	init(&b);
	jump = simple(&b, 0);
	policy(&b, DROP);
	to = chain(&b, "loop");
	simple(&b, 0);
	rule(&b);
	target(&b, "LOG", 8);
	back = simple(&b, 0);
	simple(&b, RETURN);
	set_jump(&b, jump, to);
	set_jump(&b, to, back); /* forward inside the chain */
	set_jump(&b, back, to);
	assert_int_equal(end(&b), 0);
	legacy_compare(&b.table, NULL);
	legacy_walk_table(&w, &b.table, HOOK);
	assert_int_equal(w.error, -E2BIG);
	vec_free(&w.found);
	legacy_table_free(&b.table);
}

/* Chains that each call the next one twice: sound, but a way of 2^24 rules. */
static void test_long(void **state)
{
	struct legacy_walk w = {.packet = syn(), .found.size = sizeof(struct legacy_found)};
	struct builder b;
	uint32_t calls[2], to;
	char name[16];

	(void)state;
	init(&b);
	calls[0] = simple(&b, 0);
	calls[1] = simple(&b, 0);
	policy(&b, DROP);
	for (int i = 0; i < 24; i++) {
		snprintf(name, sizeof(name), "chain%d", i);
		to = chain(&b, name);
		set_jump(&b, calls[0], to);
		set_jump(&b, calls[1], to);
		calls[0] = simple(&b, RETURN);
		if (i < 23)
			calls[1] = simple(&b, RETURN);
		simple(&b, RETURN);
	}
	assert_int_equal(end(&b), 0);
	legacy_compare(&b.table, NULL);
	legacy_walk_table(&w, &b.table, HOOK);
	assert_int_equal(w.error, -E2BIG);
	vec_free(&w.found);
	legacy_table_free(&b.table);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_first),	     cmocka_unit_test(test_accepted),
		cmocka_unit_test(test_still),	     cmocka_unit_test(test_still_policy),
		cmocka_unit_test(test_unknown),	     cmocka_unit_test(test_jumps),
		cmocka_unit_test(test_goto),	     cmocka_unit_test(test_return_in_jump),
		cmocka_unit_test(test_targets),	     cmocka_unit_test(test_header),
		cmocka_unit_test(test_tcp),	     cmocka_unit_test(test_states),
		cmocka_unit_test(test_multiport),    cmocka_unit_test(test_others),
		cmocka_unit_test(test_text),	     cmocka_unit_test(test_compare),
		cmocka_unit_test(test_baseline),     cmocka_unit_test(test_queues),
		cmocka_unit_test(test_goto_unknown), cmocka_unit_test(test_no_target),
		cmocka_unit_test(test_mark),	     cmocka_unit_test(test_hostile),
		cmocka_unit_test(test_loop),	     cmocka_unit_test(test_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
