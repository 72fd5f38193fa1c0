// SPDX-License-Identifier: GPL-2.0-only
// Unit tests of what the kernel remembers of the prober: answers made by hand, and this kernel's.
#include <arpa/inet.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <linux/tcp_metrics.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "facts_internal.h"
#include "facts_tcp_metrics.h"

struct answer {
	char buf[512];
	struct nlmsghdr *nlh;
};

/* As tcp_metrics_fill_info() begins. */
static void begin(struct answer *answer)
{
	struct genlmsghdr *genl;

	memset(answer, 0, sizeof(*answer));
	answer->nlh = mnl_nlmsg_put_header(answer->buf);
	answer->nlh->nlmsg_type = GENL_ID_CTRL + 5;
	genl = mnl_nlmsg_put_extra_header(answer->nlh, sizeof(*genl));
	genl->cmd = TCP_METRICS_CMD_GET;
	genl->version = TCP_METRICS_GENL_VERSION;
	mnl_attr_put_u32(answer->nlh, TCP_METRICS_ATTR_ADDR_IPV4, inet_addr("100.64.1.10"));
	mnl_attr_put_u64(answer->nlh, TCP_METRICS_ATTR_AGE, 4321);
}

static void test_parse(void **state)
{
	struct fact_tcp_metric fact = {0};
	struct answer answer;

	(void)state;
	begin(&answer);
	mnl_attr_put_u32(answer.nlh, TCP_METRICS_ATTR_TW_TS_STAMP, 7);
	mnl_attr_put_u32(answer.nlh, TCP_METRICS_ATTR_TW_TSVAL, 0xfffffff0);
	mnl_attr_put_u16(answer.nlh, TCP_METRICS_ATTR_FOPEN_MSS, 1460);
	assert_true(tcp_metrics_parse(answer.nlh, &fact));
	assert_int_equal(fact.tsval, 0xfffffff0);
	assert_int_equal(fact.age_s, 7);
}

static void test_parse_half(void **state)
{
	static const uint16_t types[] = {TCP_METRICS_ATTR_TW_TS_STAMP, TCP_METRICS_ATTR_TW_TSVAL};
	struct fact_tcp_metric fact;
	struct answer answer;

	(void)state;
	begin(&answer);
	assert_false(tcp_metrics_parse(answer.nlh, &fact));
	for (int i = 0; i < 2; i++) {
		begin(&answer);
		mnl_attr_put_u32(answer.nlh, types[i], 7);
		assert_false(tcp_metrics_parse(answer.nlh, &fact));
		mnl_attr_put_u16(answer.nlh, types[!i], 7);
		assert_false(tcp_metrics_parse(answer.nlh, &fact));
	}
}

static void test_parse_clock_back(void **state)
{
	struct fact_tcp_metric fact;
	struct answer answer;

	(void)state;
	begin(&answer);
	mnl_attr_put_u32(answer.nlh, TCP_METRICS_ATTR_TW_TS_STAMP, (uint32_t)-3);
	mnl_attr_put_u32(answer.nlh, TCP_METRICS_ATTR_TW_TSVAL, 99000);
	assert_false(tcp_metrics_parse(answer.nlh, &fact));
}

static void test_parse_short(void **state)
{
	struct nlmsghdr nlh = {.nlmsg_len = sizeof(nlh)};
	struct fact_tcp_metric fact;

	(void)state;
	assert_false(tcp_metrics_parse(&nlh, &fact));
}

static void test_family(void **state)
{
	static struct netlink generic = {.bus = NETLINK_GENERIC};
	uint16_t family = 1;

	(void)state;
	assert_int_equal(tcp_metrics_family(&generic, &family), 0);
	assert_true(!family || family > GENL_ID_CTRL);
	netlink_close(&generic);
}

static int push(void *ctx, const struct ev_hdr *ev)
{
	struct fact_done *done = ctx;

	assert_int_equal(ev->type, EV_FACT_DONE);
	memcpy(done, ev, sizeof(*done));
	return 0;
}

/* Of a host that nobody has talked with nothing comes, and that is an answer. */
static void test_gather(void **state)
{
	static const char *const sources[] = {"::ffff:192.0.2.77", "2001:db8::77"};
	struct fact_request request = {.needs = NEED_TCP_METRICS};
	struct fact_done done;
	const struct event_sink sink = {.push = push, .ctx = &done};
	struct facts *facts;

	(void)state;
	assert_int_equal(facts_open(&facts, NULL, NULL), 0);
	for (int i = 0; i < 2; i++) {
		memset(&done, 0, sizeof(done));
		request.probe.family = i ? 6 : 4;
		inet_pton(AF_INET6, sources[i], request.probe.saddr);
		inet_pton(AF_INET6, i ? "::1" : "::ffff:127.0.0.1", request.probe.daddr);
		assert_int_equal(facts_gather(facts, &request, facts_clock_ns(), &sink), 0);
		assert_int_equal(done.needs, NEED_TCP_METRICS);
	}
	facts_close(facts);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),	    cmocka_unit_test(test_parse_half),
		cmocka_unit_test(test_parse_short), cmocka_unit_test(test_parse_clock_back),
		cmocka_unit_test(test_family),	    cmocka_unit_test(test_gather),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
