// SPDX-License-Identifier: GPL-2.0-only
// Unit tests of what is kept of nf_tables' reports, on messages recorded from Linux 6.18.
#include <arpa/inet.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "facts_trace.h"
#include "sample.h"

/* 100.64.0.1:38348 -> 100.64.0.2:80: marked, jump, jump, drop in a chain two jumps deep. */
static const char mark[] =
	"b8000000110a000000000000000000000100000008000f00000000020800040000000003080006000ea0"
	"384e0b00020070726f626573000013000100636c6274726163652d323636373700000c00030000000000"
	"000000020c00050008000100ffffffff08000a000000000206000b0000010000180008004500003cd304"
	"400040069f3464400001644000021800090095cc005013081a8400000000a002faf0c8b1000012000700"
	"ba0b06f7fdd316aeb1d382ad08000000";
static const char pass[] =
	"58000000110a000000000000000000000100000008000f00000000020800040000000001080006000ea0"
	"384e0d0002006172726976696e670000000013000100636c6274726163652d3236363737000008001000"
	"00000001";
static const char jump[] =
	"b0000000110a000000000000000000000100000008000f00000000020800040000000003080006000ea0"
	"384e07000200696e000006000100660000000c000300000000000000000a1400050008000100fffffffd"
	"080002006d69640008000a000000000206000b0000010000180008004500003cd304400040069f346440"
	"0001644000021800090095cc005013081a8400000000a002faf0c8b1000012000700ba0b06f7fdd316ae"
	"b1d382ad08000000";
static const char deeper[] =
	"60000000110a000000000000000000000100000008000f00000000020800040000000003080006000ea0"
	"384e080002006d69640006000100660000000c00030000000000000000081800050008000100fffffffd"
	"090002006465657000000000";
static const char drop[] =
	"58000000110a000000000000000000000100000008000f00000000020800040000000003080006000ea0"
	"384e09000200646565700000000006000100660000000c00030000000000000000070c00050008000100"
	"00000000";

static uint8_t digit(char c)
{
	return (uint8_t)(c <= '9' ? c - '0' : c - 'a' + 10);
}

static bool parse(const char *hex, struct trace_message *out)
{
	_Alignas(8) uint8_t bytes[512];
	size_t n = strlen(hex) / 2;

	for (size_t i = 0; i < n; i++)
		bytes[i] = (uint8_t)(digit(hex[2 * i]) << 4 | digit(hex[2 * i + 1]));
	assert_true(mnl_nlmsg_ok((void *)bytes, (int)n));
	return trace_parse((const void *)bytes, out);
}

static struct ev_flow flow(uint16_t sport)
{
	struct ev_flow f = {.proto = IPPROTO_TCP, .family = 4, .sport = sport, .dport = 80};

	sample_address(f.saddr, "100.64.0.1");
	sample_address(f.daddr, "100.64.0.2");
	return f;
}

static void test_parse(void **state)
{
	const struct ev_flow want = flow(38348);
	struct trace_message m;

	(void)state;
	assert_true(parse(mark, &m));
	assert_string_equal(m.table, "clbtrace-26677");
	assert_string_equal(m.chain, "probes");
	assert_true(m.has_packet);
	assert_memory_equal(&m.flow, &want, sizeof(want));
	assert_int_equal(m.seq, 0x13081a84);
	assert_int_equal(m.type, NFT_TRACETYPE_RULE);
	assert_false(trace_is_end(&m));
	assert_true(parse(pass, &m));
	assert_int_equal(m.type, NFT_TRACETYPE_POLICY);
	assert_int_equal(m.code, NF_ACCEPT);
	assert_false(m.has_packet);
	assert_false(trace_is_end(&m));
	assert_true(parse(jump, &m));
	assert_int_equal((int32_t)m.code, NFT_JUMP);
	assert_int_equal(m.handle, 10);
	assert_false(trace_is_end(&m));
	assert_true(parse(drop, &m));
	assert_int_equal(m.id, 0x0ea0384e);
	assert_int_equal(m.family, NFPROTO_INET);
	assert_string_equal(m.table, "f");
	assert_string_equal(m.chain, "deep");
	assert_int_equal(m.handle, 7);
	assert_int_equal(m.code, NF_DROP);
	assert_true(trace_is_end(&m));
}

/* A message cut anywhere, or of another type, is none, and nothing behind it is read. */
static void test_parse_cut(void **state)
{
	struct trace_message m;
	_Alignas(8) uint8_t bytes[512];
	struct nlmsghdr *nlh;
	size_t n = strlen(mark) / 2;

	(void)state;
	for (size_t len = 16; len < n; len += 4) {
		nlh = malloc(len);
		assert_non_null(nlh);
		for (size_t i = 0; i < len; i++)
			((uint8_t *)nlh)[i] =
				(uint8_t)(digit(mark[2 * i]) << 4 | digit(mark[2 * i + 1]));
		nlh->nlmsg_len = (uint32_t)len;
		if (trace_parse(nlh, &m))
			assert_true(len > 92);
		free(nlh);
	}
	for (size_t i = 0; i < n; i++)
		bytes[i] = (uint8_t)(digit(mark[2 * i]) << 4 | digit(mark[2 * i + 1]));
	nlh = (void *)bytes;
	assert_true(trace_parse(nlh, &m));
	nlh->nlmsg_type--;
	assert_false(trace_parse(nlh, &m));
}

static void test_ends(void **state)
{
	struct trace_message m = {.type = NFT_TRACETYPE_RULE};

	(void)state;
	m.code = NF_DROP | 1 << 16; /* with an errno */
	assert_true(trace_is_end(&m));
	m.code = NF_QUEUE | 7 << 16;
	assert_true(trace_is_end(&m));
	m.code = NF_QUEUE | 0xfff0u << 16;
	assert_true(trace_is_end(&m));
	m.code = NF_STOLEN;
	assert_true(trace_is_end(&m));
	m.code = NF_ACCEPT;
	assert_false(trace_is_end(&m));
	m.code = (uint32_t)NFT_RETURN;
	assert_false(trace_is_end(&m));
	m.code = (uint32_t)NFT_GOTO;
	assert_false(trace_is_end(&m));
	m.type = NFT_TRACETYPE_POLICY;
	m.code = NF_DROP;
	assert_true(trace_is_end(&m));
}

static struct trace_table *new_table(void)
{
	struct trace_table *table = calloc(1, sizeof(*table));

	assert_non_null(table);
	return table;
}

static void take(struct trace_table *table, const char *hex, bool first)
{
	struct trace_message m;

	assert_true(parse(hex, &m));
	trace_take(table, &m, first, 1000);
}

static void test_way(void **state)
{
	struct trace_table *table = new_table();
	const struct ev_flow probe = flow(38348), other = flow(1);
	const struct traced_packet *packet;

	(void)state;
	take(table, mark, true);
	take(table, pass, true);
	packet = trace_find(table, &probe, true, 0x13081a84);
	/* The second message of our chain is of the same packet. */
	assert_non_null(packet);
	assert_false(trace_is_end(&packet->last));
	take(table, jump, false);
	take(table, deeper, false);
	take(table, drop, false);
	packet = trace_find(table, &probe, true, 0x13081a84);
	assert_non_null(packet);
	assert_string_equal(packet->base, "in");
	assert_string_equal(packet->last.chain, "deep");
	assert_true(trace_is_end(&packet->last));
	assert_null(trace_find(table, &probe, true, 1));
	assert_non_null(trace_find(table, &probe, false, 1));
	assert_null(trace_find(table, &other, false, 0));
	/* The same id again is another packet, of which no more than this is known. */
	take(table, mark, true);
	packet = trace_find(table, &probe, true, 0x13081a84);
	assert_non_null(packet);
	assert_false(trace_is_end(&packet->last));
	free(table);
}

static struct trace_message dropped(uint32_t id, uint16_t sport, uint32_t code)
{
	return (struct trace_message){.id = id,
				      .type = NFT_TRACETYPE_RULE,
				      .code = code,
				      .has_packet = true,
				      .flow = flow(sport),
				      .seq = sport,
				      .table = "f",
				      .chain = "in"};
}

/* After translation of its addresses a packet is still found by those it came with. */
static void test_translated(void **state)
{
	struct trace_table *table = new_table();
	struct trace_message m = dropped(5, 1000, NF_ACCEPT);
	const struct ev_flow probe = m.flow;
	const struct traced_packet *packet;

	(void)state;
	trace_take(table, &m, true, 1);
	m = dropped(5, 1000, NF_DROP);
	m.flow.dport = 8080;
	trace_take(table, &m, false, 2);
	packet = trace_find(table, &probe, true, 1000);
	assert_non_null(packet);
	assert_int_equal(packet->now.dport, 8080);
	assert_true(trace_is_end(&packet->last));
	assert_ptr_equal(trace_find(table, &m.flow, true, 1000), packet);
	free(table);
}

/* Of a full set the oldest that passed goes first, then the oldest that was stopped. */
static void test_evict(void **state)
{
	struct trace_table *table = new_table();
	struct trace_message m;
	struct ev_flow f;

	(void)state;
	for (uint16_t i = 0; i <= TRACE_WAYS; i++) {
		m = dropped(7 + i * TRACE_SETS, (uint16_t)(100 + i), i == 1 ? NF_ACCEPT : NF_DROP);
		trace_take(table, &m, true, i);
	}
	for (uint16_t i = 0; i <= TRACE_WAYS; i++) {
		f = flow((uint16_t)(100 + i));
		assert_int_equal(trace_find(table, &f, false, 0) != NULL, i != 1);
	}
	m = dropped(7 + 9 * TRACE_SETS, 200, NF_DROP);
	trace_take(table, &m, true, 9);
	f = flow(100);
	assert_null(trace_find(table, &f, false, 0));
	f = flow(102);
	assert_non_null(trace_find(table, &f, false, 0));
	free(table);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),	   cmocka_unit_test(test_parse_cut),
		cmocka_unit_test(test_ends),	   cmocka_unit_test(test_way),
		cmocka_unit_test(test_translated), cmocka_unit_test(test_evict),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
