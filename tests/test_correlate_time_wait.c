// SPDX-License-Identifier: GPL-2.0-only
// Unit tests of SYNs that meet a connection in TIME_WAIT.
#include <string.h>

#include "fixture.h"

enum { SYN = 2, RST = 4, ACK = 16 };
enum { STATE_NEW_SYN_RECV = 12 };

/* The SYN of the same source port, 3 s after the connection that is now in TIME_WAIT. */
static void meet_time_wait(struct fixture *f, uint32_t ts_recent, uint32_t rcv_nxt)
{
	fx_syn(f, FX_ENTRY);
	fx_time_wait(f, ts_recent, 3, rcv_nxt);
	fx_syn(f, FX_PRE);
	fx_syn(f, FX_IN);
}

static void test_timestamp(void **state)
{
	struct fixture *f = *state;
	const struct verdict *v;

	meet_time_wait(f, 99000, 500);
	fx_send(f, ACK);
	fx_drop(f, true, SYN, "TCP_RFC7323_TW_PAWS");
	fx_counter(f, "TcpExtPAWSTimewait", 1);
	v = fx_expect_now(f, "timestamp-reject", CONFIDENCE_CERTAIN);
	fx_says(v, "100.64.1.10:53738 was used before and is in TIME_WAIT here, last timestamp "
		   "99000 (3 s ago)");
	fx_says(v, "this SYN's timestamp 88123 is older: answered with an ACK");
	fx_steps(v, "TIME_WAIT: last timestamp 99000, next sequence number 500");
}

/* Before 6.16: dropped without a reason. */
static void test_timestamp_old(void **state)
{
	struct fixture *f = *state;

	meet_time_wait(f, 99000, 500);
	fx_send(f, ACK);
	fx_drop(f, true, SYN, "NOT_SPECIFIED");
	fx_expect_now(f, "timestamp-reject", CONFIDENCE_CERTAIN);
}

/* The ACK was not seen, as it is rate-limited (tcp_invalid_ratelimit). */
static void test_timestamp_silent(void **state)
{
	struct fixture *f = *state;
	const struct verdict *v;

	meet_time_wait(f, 99000, 500);
	fx_drop(f, true, SYN, "NOT_SPECIFIED");
	v = fx_expect_now(f, "timestamp-reject", CONFIDENCE_LIKELY);
	fx_says(v, "refused, without a SYN-ACK");
}

static void test_timestamp_timeout(void **state)
{
	struct fixture *f = *state;

	meet_time_wait(f, 99000, 500);
	fx_expect(f, "timestamp-reject", CONFIDENCE_LIKELY);
}

/* Newer timestamps: the kernel reuses the TIME_WAIT entry, and the probe is as good as any. */
static void test_time_wait_reused(void **state)
{
	struct fixture *f = *state;

	meet_time_wait(f, 80000, 500);
	fx_answer(f);
	fx_rst(f, true, FX_ENTRY);
	fx_expect_now(f, "healthy", CONFIDENCE_CERTAIN);
}

static void test_sequence(void **state)
{
	struct fixture *f = *state;
	const struct verdict *v;

	f->tsval = 0;
	meet_time_wait(f, 0, 2000);
	fx_send(f, ACK);
	fx_drop(f, true, SYN, "NOT_SPECIFIED");
	v = fx_expect_now(f, "time-wait-collision", CONFIDENCE_CERTAIN);
	fx_says(v, "sequence number 1829 is not after the old connection's 2000");
}

static void test_sequence_timeout(void **state)
{
	struct fixture *f = *state;

	f->tsval = 0;
	meet_time_wait(f, 0, 2000);
	fx_expect(f, "time-wait-collision", CONFIDENCE_LIKELY);
}

static void test_sequence_silent(void **state)
{
	struct fixture *f = *state;

	f->tsval = 0;
	meet_time_wait(f, 0, 1829); /* equal: not after it */
	fx_drop(f, true, SYN, "NOT_SPECIFIED");
	fx_expect_now(f, "time-wait-collision", CONFIDENCE_LIKELY);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fx_setup, fx_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_timestamp),	     TEST(test_timestamp_old),
		TEST(test_timestamp_silent), TEST(test_timestamp_timeout),
		TEST(test_time_wait_reused), TEST(test_sequence),
		TEST(test_sequence_timeout), TEST(test_sequence_silent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
