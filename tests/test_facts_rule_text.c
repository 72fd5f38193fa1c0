// SPDX-License-Identifier: GPL-2.0-only
// Unit tests of rules' texts: found in what tools print, or made from the kernel's messages.
#include <arpa/inet.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "facts_internal.h"

static const char listing[] = "table inet f { # handle 9\n"
			      "\tchain in { # handle 1\n"
			      "\t\ttype filter hook input priority filter; policy accept;\n"
			      "\t\ttcp dport 9 counter accept # handle 6\n"
			      "\t\tip saddr { 100.64.0.1, 100.64.0.2,\n"
			      "\t\t\t   100.64.0.3 } drop # handle 7\n"
			      "\t\ttcp dport 80 drop comment \"not # handle 8\" # handle 17\n"
			      "\t}\n"
			      "}\n";

static void check_nft(uint64_t handle, const char *want)
{
	char text[FACT_RULE_TEXT_LEN];

	assert_int_equal(rule_text_of_nft(listing, handle, text, sizeof(text)), want != NULL);
	assert_string_equal(text, want ? want : "");
}

static void test_nft(void **state)
{
	char text[12];

	(void)state;
	check_nft(6, "tcp dport 9 counter accept");
	check_nft(7, "ip saddr { 100.64.0.1, 100.64.0.2, 100.64.0.3 } drop");
	check_nft(17, "tcp dport 80 drop comment \"not # handle 8\"");
	check_nft(1, NULL);
	check_nft(8, NULL);
	check_nft(9, NULL);
	assert_true(rule_text_of_nft(listing, 6, text, sizeof(text)));
	assert_string_equal(text, "tcp dport 9");
	assert_false(rule_text_of_nft("", 1, text, sizeof(text)));
}

static void test_iptables(void **state)
{
	static const char output[] = "-P INPUT ACCEPT\n-A INPUT -s 192.0.2.0/24 -j ACCEPT\n"
				     "-A INPUT -p tcp -j DROP\n";
	char text[FACT_RULE_TEXT_LEN];

	(void)state;
	assert_true(rule_text_of_iptables(output, 2, 2, text, sizeof(text)));
	assert_string_equal(text, "-A INPUT -p tcp -j DROP");
	/* It was changed since it was counted. */
	assert_false(rule_text_of_iptables(output, 2, 3, text, sizeof(text)));
	assert_false(rule_text_of_iptables(output, 3, 2, text, sizeof(text)));
}

static void test_queue(void **state)
{
	(void)state;
	assert_int_equal(queue_parse_port("    3  70001     0 2 65531     0     0        0  1\n"
					  "    7  4294963  0 2 65531     0     0        0  1\n",
					  7),
			 4294963);
	assert_int_equal(queue_parse_port("    3  70001     0 2\n", 7), 0);
	assert_int_equal(queue_parse_port("", 0), 0);
	assert_int_equal(
		queue_parse_inode("sk               Eth Pid        Groups   Rmem     Wmem  "
				  "   Dump  Locks    Drops    Inode\n"
				  "00000000abcdef01 0   70001      00000000 0        0     "
				  "   0     2        0        11\n"
				  "00000000abcdef01 12  70001      00000000 0        0     "
				  "   0     2        0        12\n",
				  70001),
		12);
	assert_int_equal(queue_parse_inode("", 70001), 0);
}

struct draft {
	char buf[1024];
	struct nlmsghdr *nlh;
	struct nlattr *list, *element, *data;
};

static void begin(struct draft *d)
{
	struct nfgenmsg *msg;

	memset(d, 0, sizeof(*d));
	d->nlh = mnl_nlmsg_put_header(d->buf);
	msg = mnl_nlmsg_put_extra_header(d->nlh, sizeof(*msg));
	msg->nfgen_family = NFPROTO_IPV4;
	d->list = mnl_attr_nest_start(d->nlh, NFTA_RULE_EXPRESSIONS);
}

static void open_expr(struct draft *d, const char *name)
{
	d->element = mnl_attr_nest_start(d->nlh, NFTA_LIST_ELEM);
	mnl_attr_put_strz(d->nlh, NFTA_EXPR_NAME, name);
	d->data = mnl_attr_nest_start(d->nlh, NFTA_EXPR_DATA);
}

static void close_expr(struct draft *d)
{
	mnl_attr_nest_end(d->nlh, d->data);
	mnl_attr_nest_end(d->nlh, d->element);
}

static void payload(struct draft *d, uint32_t base, uint32_t offset, uint32_t len)
{
	open_expr(d, "payload");
	mnl_attr_put_u32(d->nlh, NFTA_PAYLOAD_DREG, htonl(NFT_REG_1));
	mnl_attr_put_u32(d->nlh, NFTA_PAYLOAD_BASE, htonl(base));
	mnl_attr_put_u32(d->nlh, NFTA_PAYLOAD_OFFSET, htonl(offset));
	mnl_attr_put_u32(d->nlh, NFTA_PAYLOAD_LEN, htonl(len));
	close_expr(d);
}

static void compare(struct draft *d, uint32_t op, const void *value, uint16_t len)
{
	struct nlattr *nest;

	open_expr(d, "cmp");
	mnl_attr_put_u32(d->nlh, NFTA_CMP_SREG, htonl(NFT_REG_1));
	mnl_attr_put_u32(d->nlh, NFTA_CMP_OP, htonl(op));
	nest = mnl_attr_nest_start(d->nlh, NFTA_CMP_DATA);
	mnl_attr_put(d->nlh, NFTA_DATA_VALUE, len, value);
	mnl_attr_nest_end(d->nlh, nest);
	close_expr(d);
}

static void lookup(struct draft *d, const char *set)
{
	open_expr(d, "lookup");
	mnl_attr_put_u32(d->nlh, NFTA_LOOKUP_SREG, htonl(NFT_REG_1));
	mnl_attr_put_strz(d->nlh, NFTA_LOOKUP_SET, set);
	close_expr(d);
}

static void counter(struct draft *d, uint64_t packets)
{
	open_expr(d, "counter");
	mnl_attr_put_u64(d->nlh, NFTA_COUNTER_PACKETS, packets);
	close_expr(d);
}

static void sample(struct draft *d, uint64_t packets, const char *set)
{
	static const uint8_t net[] = {100, 64, 0}, port[] = {0, 80};

	begin(d);
	payload(d, NFT_PAYLOAD_NETWORK_HEADER, 12, 3);
	compare(d, NFT_CMP_EQ, net, sizeof(net));
	payload(d, NFT_PAYLOAD_TRANSPORT_HEADER, 2, 2);
	compare(d, NFT_CMP_NEQ, port, sizeof(port));
	lookup(d, set);
	counter(d, packets);
	open_expr(d, "reject");
	close_expr(d);
	mnl_attr_nest_end(d->nlh, d->list);
}

static void test_view(void **state)
{
	struct rule_view view, again;
	struct draft d;

	(void)state;
	sample(&d, 1, "ports");
	rule_view(d.nlh, &view);
	assert_string_equal(view.text, "ip saddr 100.64.0.0/24 th dport != 80 th dport @ports "
				       "counter reject");
	assert_int_equal(view.verdict, RULE_REJECT);
	assert_string_equal(view.set, "ports");
	assert_int_equal(view.key.len, 2);
	assert_true(view.is_compat);
	/* A counter that moved leaves it the same rule; another set does not. */
	sample(&d, 2, "ports");
	rule_view(d.nlh, &again);
	assert_true(again.hash == view.hash);
	sample(&d, 2, "porta");
	rule_view(d.nlh, &again);
	assert_true(again.hash != view.hash);
	/* A set without a name of its own. */
	sample(&d, 2, "__set7");
	rule_view(d.nlh, &again);
	assert_string_equal(again.set, "");
}

static void test_matches(void **state)
{
	struct ev_flow flow = {.family = 4,
			       .proto = IPPROTO_TCP,
			       .dport = 443,
			       .saddr = {[10] = 0xff, 0xff, 100, 64, 0, 9}};
	static const uint8_t port[] = {1, 187};
	struct draft d;

	(void)state;
	sample(&d, 1, "ports");
	assert_int_equal(rule_matches(d.nlh, &flow), MATCH_MAYBE);
	flow.dport = 80;
	assert_int_equal(rule_matches(d.nlh, &flow), MATCH_NO);
	flow.dport = 443;
	flow.saddr[14] = 1;
	assert_int_equal(rule_matches(d.nlh, &flow), MATCH_NO);
	begin(&d);
	payload(&d, NFT_PAYLOAD_TRANSPORT_HEADER, 2, 2);
	compare(&d, NFT_CMP_LTE, port, sizeof(port));
	counter(&d, 1);
	mnl_attr_nest_end(d.nlh, d.list);
	assert_int_equal(rule_matches(d.nlh, &flow), MATCH_YES);
	flow.dport = 444;
	assert_int_equal(rule_matches(d.nlh, &flow), MATCH_NO);
}

/* A tool that does not end is killed, and one that fails or is not there has no output. */
static void test_tool(void **state)
{
	const char *const echo[] = {"/bin/echo", "a  b; c", NULL}, *const sleep[] = {"/bin/sleep",
										     "9", NULL};
	const char *const none[] = {"/nonexistent", NULL}, *const fails[] = {"/bin/false", NULL};
	uint64_t start = facts_clock_ns();
	char *out = tool_run(echo, start + 5 * NS_PER_SEC);

	(void)state;
	assert_non_null(out);
	assert_string_equal(out, "a  b; c\n");
	free(out);
	assert_null(tool_run(none, start + 5 * NS_PER_SEC));
	assert_null(tool_run(fails, start + 5 * NS_PER_SEC));
	start = facts_clock_ns();
	assert_null(tool_run(sleep, start + NS_PER_SEC / 5));
	assert_in_range(facts_clock_ns() - start, NS_PER_SEC / 5, 2 * NS_PER_SEC);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nft),	cmocka_unit_test(test_iptables),
		cmocka_unit_test(test_queue),	cmocka_unit_test(test_view),
		cmocka_unit_test(test_matches), cmocka_unit_test(test_tool),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
