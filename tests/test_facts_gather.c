// SPDX-License-Identifier: GPL-2.0-only
// Unit tests of requests as a whole: a listener of this process found, failures of the sink, reuse
// under load.
#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "facts_internal.h"

struct taken {
	int listeners, done, others;
	int fail_with;
	uint32_t needs;
	struct fact_listener listener;
	struct ev_flow flow;
};

static int push(void *ctx, const struct ev_hdr *ev)
{
	struct taken *taken = ctx;

	if (taken->fail_with)
		return taken->fail_with;
	if (ev->type == EV_FACT_LISTENER) {
		assert_int_equal(ev->size, sizeof(taken->listener));
		memcpy(&taken->listener, ev, sizeof(taken->listener));
		taken->listeners++;
	} else if (ev->type == EV_FACT_DONE) {
		assert_int_equal(ev->size, sizeof(struct fact_done));
		taken->needs = ((const struct fact_done *)ev)->needs;
		taken->flow = ((const struct fact_done *)ev)->flow;
		taken->done++;
	} else {
		taken->others++;
	}
	return 0;
}

struct bench {
	struct facts *facts;
	struct taken taken;
	struct event_sink sink;
	struct ev_flow probe;
	int fd;
};

static void setup(struct bench *bench)
{
	struct sockaddr_in addr = {.sin_family = AF_INET,
				   .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(addr);

	memset(bench, 0, sizeof(*bench));
	bench->sink = (struct event_sink){.push = push, .ctx = &bench->taken};
	bench->fd = socket(AF_INET, SOCK_STREAM, 0);
	assert_true(bench->fd >= 0);
	assert_int_equal(bind(bench->fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
	assert_int_equal(listen(bench->fd, 3), 0);
	assert_int_equal(getsockname(bench->fd, (struct sockaddr *)&addr, &len), 0);
	bench->probe = (struct ev_flow){
		.saddr = {[10] = 0xff, 0xff, 192, 0, 2, 1},
		.daddr = {[10] = 0xff, 0xff, 127, 0, 0, 1},
		.sport = 40000,
		.dport = ntohs(addr.sin_port),
		.proto = IPPROTO_TCP,
		.family = 4,
	};
	assert_int_equal(facts_open(&bench->facts, NULL, NULL), 0);
}

static void teardown(struct bench *bench)
{
	facts_close(bench->facts);
	if (bench->fd >= 0)
		close(bench->fd);
}

static int gather(struct bench *bench, uint32_t needs, uint64_t now_ns)
{
	const struct fact_request request = {.probe = bench->probe,
					     .service = bench->probe,
					     .ifindex = if_nametoindex("lo"),
					     .needs = needs,
					     .since_ns = now_ns};

	return facts_gather(bench->facts, &request, now_ns, &bench->sink);
}

static void test_listener(void **state)
{
	struct taken *taken;
	struct bench bench;

	(void)state;
	setup(&bench);
	taken = &bench.taken;
	assert_int_equal(gather(&bench, NEED_LISTENERS, NS_PER_SEC), 0);
	assert_int_equal(taken->listeners, 1);
	assert_int_equal(taken->others, 0);
	assert_int_equal(taken->done, 1);
	assert_int_equal(taken->needs, NEED_LISTENERS);
	assert_memory_equal(&taken->flow, &bench.probe, sizeof(bench.probe));
	assert_memory_equal(taken->listener.laddr, bench.probe.daddr, 16);
	assert_int_equal(taken->listener.port, bench.probe.dport);
	assert_int_equal(taken->listener.limit, 3);
	assert_int_equal(taken->listener.pid, getpid());
	assert_int_equal(taken->listener.family, 4);
	assert_int_equal(taken->listener.hdr.time_ns, NS_PER_SEC);
	teardown(&bench);
}

/* No snapshot was taken: there is nothing to measure growth from, and the answer says so. */
static void test_failed_look_up(void **state)
{
	struct bench bench;

	(void)state;
	setup(&bench);
	assert_int_equal(gather(&bench, NEED_COUNTERS | NEED_LISTENERS, NS_PER_SEC), 0);
	assert_int_equal(bench.taken.needs, NEED_LISTENERS);
	facts_snapshot(bench.facts, NS_PER_SEC);
	assert_int_equal(gather(&bench, NEED_COUNTERS | NEED_LISTENERS, NS_PER_SEC), 0);
	assert_int_equal(bench.taken.needs, NEED_COUNTERS | NEED_LISTENERS);
	teardown(&bench);
}

static void test_push_fails(void **state)
{
	struct bench bench;

	(void)state;
	setup(&bench);
	bench.taken.fail_with = -ENOSPC;
	assert_int_equal(gather(&bench, NEED_LISTENERS, NS_PER_SEC), -ENOSPC);
	assert_int_equal(gather(&bench, 0, NS_PER_SEC), -ENOSPC);
	teardown(&bench);
}

/* The listener goes away: only a request that is old news under load does not notice. */
static void test_reuse(void **state)
{
	uint64_t now = 5 * NS_PER_SEC;
	struct bench bench;

	(void)state;
	setup(&bench);
	for (int i = 0; i < 51; i++)
		assert_int_equal(gather(&bench, NEED_LISTENERS, now), 0);
	assert_int_equal(bench.taken.listeners, 51);
	close(bench.fd);
	bench.fd = -1;
	now += REUSE_NS - 1;
	assert_int_equal(gather(&bench, NEED_LISTENERS, now), 0);
	assert_int_equal(bench.taken.listeners, 52);
	assert_int_equal(bench.taken.listener.hdr.time_ns, now);
	assert_int_equal(gather(&bench, NEED_LISTENERS, now + 1), 0);
	assert_int_equal(bench.taken.listeners, 52);
	assert_int_equal(bench.taken.needs, NEED_LISTENERS);
	teardown(&bench);
}

static void test_not_reused_at_leisure(void **state)
{
	struct bench bench;

	(void)state;
	setup(&bench);
	for (int i = 0; i < 50; i++)
		assert_int_equal(gather(&bench, NEED_LISTENERS, NS_PER_SEC), 0);
	close(bench.fd);
	bench.fd = -1;
	assert_int_equal(bench.taken.listeners, 50);
	assert_int_equal(gather(&bench, NEED_LISTENERS, 3 * NS_PER_SEC), 0);
	assert_int_equal(bench.taken.listeners, 50);
	teardown(&bench);
}

static void test_rate(void **state)
{
	struct rate rate = {0};

	(void)state;
	for (int i = 0; i < 50; i++)
		assert_false(rate_count(&rate, 10 * NS_PER_SEC));
	assert_true(rate_count(&rate, 10 * NS_PER_SEC));
	/* It lasts through the next second, and no longer. */
	assert_true(rate_count(&rate, 11 * NS_PER_SEC));
	assert_false(rate_count(&rate, 12 * NS_PER_SEC));
	for (int i = 0; i < 60; i++)
		rate_count(&rate, 12 * NS_PER_SEC);
	assert_false(rate_count(&rate, 15 * NS_PER_SEC));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_listener),   cmocka_unit_test(test_failed_look_up),
		cmocka_unit_test(test_push_fails), cmocka_unit_test(test_reuse),
		cmocka_unit_test(test_rate),	   cmocka_unit_test(test_not_reused_at_leisure),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
