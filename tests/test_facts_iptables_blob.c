// SPDX-License-Identifier: GPL-2.0-only
// Unit tests of legacy iptables' counters, queues, and tables that do not hold together.
#include "legacy_sample.h"

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
	assert_int_equal(queue_parse_inode("sk Eth Pid Groups Rmem Wmem Dump Locks Drops Inode\n"
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
		cmocka_unit_test(test_compare), cmocka_unit_test(test_baseline),
		cmocka_unit_test(test_queues),	cmocka_unit_test(test_hostile),
		cmocka_unit_test(test_loop),	cmocka_unit_test(test_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
