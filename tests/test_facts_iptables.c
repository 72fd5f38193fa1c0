// SPDX-License-Identifier: GPL-2.0-only
// Unit tests of the walk through tables of legacy iptables.
#include "legacy_sample.h"

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_first),	       cmocka_unit_test(test_accepted),
		cmocka_unit_test(test_still),	       cmocka_unit_test(test_still_policy),
		cmocka_unit_test(test_unknown),	       cmocka_unit_test(test_jumps),
		cmocka_unit_test(test_goto),	       cmocka_unit_test(test_goto_unknown),
		cmocka_unit_test(test_mark),	       cmocka_unit_test(test_no_target),
		cmocka_unit_test(test_return_in_jump), cmocka_unit_test(test_targets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
