// SPDX-License-Identifier: GPL-2.0-only
// The rules that the kernel has named: found by the packet that they stopped, and told as facts.
#include "fixture.h"

#include <stdlib.h>
#include <string.h>

#include "../user/flow.h"
#include "../user/rule_records.h"

enum {
	SEQ = 1829,
	VERDICT_DROP = 0,
	VERDICT_STOLEN_EPERM = 2 | 1 << 16,
	VERDICT_QUEUE_7 = 3 | 7 << 16
};

static struct ev_flow probe_flow(uint16_t sport)
{
	struct ev_flow flow = {.sport = sport, .dport = 80, .proto = 6, .family = 4};

	memcpy(flow.saddr, "\0\0\0\0\0\0\0\0\0\0\xff\xff\x64\x40\x01\x0a", 16);
	memcpy(flow.daddr, "\0\0\0\0\0\0\0\0\0\0\xff\xff\xac\x10\x20\x0f", 16);
	return flow;
}

static struct rule_record a_record(uint16_t sport, uint64_t handle)
{
	struct rule_record record = {
		.handle = handle,
		.number = 2,
		.code = VERDICT_DROP,
		.flow = probe_flow(sport),
		.tcp.seq = SEQ,
		.priority = -10,
		.hook = 1,
		.pf = 2,
		.family = 1,
		.table = "guard",
		.chain = "two",
		.base = "in",
	};

	return record;
}

static struct fact_request a_request(uint16_t sport)
{
	return (struct fact_request){
		.probe = probe_flow(sport), .needs = NEED_RULE, .tcp.seq = SEQ};
}

static int new_records(void **state)
{
	*state = calloc(1, sizeof(struct rule_records));
	return *state ? 0 : -1;
}

static int free_records(void **state)
{
	free(*state);
	return 0;
}

static void nothing_is_found_in_an_empty_table(void **state)
{
	const struct fact_request request = a_request(1000);

	assert_null(rule_records_find(*state, &request));
}

static void the_newest_of_a_packet_is_found(void **state)
{
	const struct rule_record records[] = {a_record(1000, 4), a_record(1000, 5),
					      a_record(1001, 6)};
	const struct fact_request request = a_request(1000);
	const struct rule_record *found;

	for (size_t i = 0; i < 3; i++)
		rule_records_add(*state, &records[i]);
	found = rule_records_find(*state, &request);
	assert_non_null(found);
	assert_int_equal(found->handle, 5);
}

static void another_packet_of_the_flow_is_not_taken(void **state)
{
	const struct rule_record record = a_record(1000, 4);
	struct fact_request request = a_request(1000);

	rule_records_add(*state, &record);
	request.tcp.seq++;
	assert_null(rule_records_find(*state, &request));
}

static void an_answer_is_told_from_the_probe(void **state)
{
	struct rule_record reply = a_record(1000, 4);
	struct fact_request request = a_request(1000);

	reply.flow = flow_reverse(&reply.flow);
	reply.is_reply = 1;
	rule_records_add(*state, &reply);
	assert_null(rule_records_find(*state, &request));
	request.is_reply = 1;
	assert_non_null(rule_records_find(*state, &request));
}

static void the_oldest_makes_room(void **state)
{
	const struct fact_request first = a_request(1000), second = a_request(1001);
	struct rule_record record;

	for (unsigned int i = 0; i <= RULE_RECORDS; i++) {
		record = a_record((uint16_t)(1000 + i), i + 1);
		rule_records_add(*state, &record);
	}
	assert_null(rule_records_find(*state, &first));
	assert_non_null(rule_records_find(*state, &second));
}

static void a_rule_becomes_a_fact(void **state)
{
	const struct rule_record record = a_record(1000, 12);
	const struct fact_rule fact = rule_record_fact(&record);

	(void)state;
	assert_int_equal(fact.how, RULE_TRACED);
	assert_int_equal(fact.backend, HOOK_NFT);
	assert_int_equal(fact.verdict, RULE_DROP);
	assert_int_equal(fact.handle, 12);
	assert_int_equal(fact.number, 2);
	assert_int_equal(fact.priority, -10);
	assert_int_equal(fact.hook, 1);
	assert_int_equal(fact.pf, 2);
	assert_string_equal(fact.family, "inet");
	assert_string_equal(fact.table, "guard");
	assert_string_equal(fact.chain, "two");
	assert_string_equal(fact.base, "in");
}

static void verdicts_are_told_apart(void **state)
{
	struct rule_record record = a_record(1000, 12);

	(void)state;
	record.code = VERDICT_STOLEN_EPERM;
	assert_int_equal(rule_record_fact(&record).verdict, RULE_DROP);
	record.rejects = 1;
	assert_int_equal(rule_record_fact(&record).verdict, RULE_REJECT);
	record.rejects = 0;
	record.code = VERDICT_QUEUE_7;
	assert_int_equal(rule_record_fact(&record).verdict, RULE_QUEUE);
	assert_int_equal(rule_record_fact(&record).queue, 7);
	record.code = VERDICT_DROP;
	record.handle = 0;
	assert_int_equal(rule_record_fact(&record).verdict, RULE_POLICY);
	assert_int_equal(rule_record_fact(&record).queue, 0);
}

static void a_device_hook_of_an_inet_table(void **state)
{
	struct rule_record record = a_record(1000, 12);

	(void)state;
	record.pf = 5;
	record.hook = 5;
	assert_int_equal(rule_record_fact(&record).hook, 0);
	record.hook = 1;
	assert_int_equal(rule_record_fact(&record).hook, 1);
}

static void names_of_families(void **state)
{
	static const struct {
		uint8_t family;
		const char *name;
	} all[] = {{1, "inet"}, {2, "ip"}, {3, "arp"}, {5, "netdev"}, {7, "bridge"},
		   {10, "ip6"}, {4, ""},   {11, ""},   {255, ""}};
	struct rule_record record = a_record(1000, 12);

	(void)state;
	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++) {
		record.family = all[i].family;
		assert_string_equal(rule_record_fact(&record).family, all[i].name);
	}
}

static void names_end(void **state)
{
	struct rule_record record = a_record(1000, 12);

	(void)state;
	memset(record.table, 'x', sizeof(record.table));
	assert_int_equal(strlen(rule_record_fact(&record).table), FACT_TABLE_LEN - 1);
}

#define RECORDS_TEST(name) cmocka_unit_test_setup_teardown(name, new_records, free_records)

int main(void)
{
	const struct CMUnitTest tests[] = {
		RECORDS_TEST(nothing_is_found_in_an_empty_table),
		RECORDS_TEST(the_newest_of_a_packet_is_found),
		RECORDS_TEST(another_packet_of_the_flow_is_not_taken),
		RECORDS_TEST(an_answer_is_told_from_the_probe),
		RECORDS_TEST(the_oldest_makes_room),
		cmocka_unit_test(a_rule_becomes_a_fact),
		cmocka_unit_test(verdicts_are_told_apart),
		cmocka_unit_test(a_device_hook_of_an_inet_table),
		cmocka_unit_test(names_of_families),
		cmocka_unit_test(names_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
