// SPDX-License-Identifier: GPL-2.0-only
// Unit tests of probes whose TLS handshake succeeded: what can be told without keys of the rest.
#include <string.h>

#include "fixture.h"

enum { FIN = 1, ACK = 16 };
enum { CHANGE_CIPHER_SPEC = 20, APPLICATION_DATA = 23 };
enum { PROBER_FINISHED = 53 }; /* length of the record under TLS 1.3 */

/* To the end of the handshake, and the request. */
static void encrypted(struct fixture *f)
{
	fx_tls_hello(f);
	fx_tls_server_hello(f);
	fx_tls_record(f, true, CHANGE_CIPHER_SPEC, 1);
	fx_tls_record(f, true, APPLICATION_DATA, PROBER_FINISHED);
	fx_tls_record(f, true, APPLICATION_DATA, 100);
}

static void test_healthy(void **state)
{
	struct fixture *f = *state;

	encrypted(f);
	fx_tls_record(f, false, APPLICATION_DATA, 300);
	fx_at(f, 20000);
	fx_fin(f, true, FX_ENTRY);
	fx_says(fx_expect_now(f, "healthy", CONFIDENCE_LIKELY),
		"TLS 1.3 handshake, then encrypted data both ways: the status code could not be "
		"read");
}

/* So much may be the prober's own slowness. */
static void test_silent_for_short(void **state)
{
	struct fixture *f = *state;

	encrypted(f);
	fx_at(f, 200000);
	fx_fin(f, true, FX_ENTRY);
	fx_expect_now(f, "healthy", CONFIDENCE_LIKELY);
}

static void test_silent_until_fin(void **state)
{
	struct fixture *f = *state;
	const struct verdict *v;

	encrypted(f);
	fx_conn(f, "php-fpm", 0);
	fx_at(f, 1500000);
	fx_fin(f, true, FX_ENTRY);
	fx_at(f, 1500150);
	fx_packet(f, false, ACK, FX_EXIT);
	v = fx_expect_now(f, "app-no-response", CONFIDENCE_POSSIBLE);
	fx_says(v, "TLS handshake done and encrypted data received, then silence for 1499.9 ms, "
		   "until the prober closed: php-fpm (pid 813) has not answered and is sleeping");
}

/* A prober that gives up does so by its own timeout, or a little later. */
static void test_silent_until_timeout(void **state)
{
	struct fixture *f = *state;
	const struct verdict *v;

	encrypted(f);
	fx_conn(f, "php-fpm", 0); /* it has read the request */
	fx_play(f);
	fx_until(f, 2050000);
	assert_int_equal(f->n_verdicts, 0);
	fx_at(f, 2100000);
	fx_fin(f, true, FX_ENTRY);
	v = fx_expect_now(f, "app-no-response", CONFIDENCE_POSSIBLE);
	fx_says(v, "then silence for 2099.9 ms, until the prober closed: php-fpm");
}

/* One that does not has its answer, and keeps the connection. */
static void test_silent_and_open(void **state)
{
	struct fixture *f = *state;

	encrypted(f);
	fx_conn(f, "php-fpm", 0);
	fx_play(f);
	fx_until(f, 2400000);
	assert_int_equal(f->n_verdicts, 0);
	fx_expect(f, "healthy", CONFIDENCE_LIKELY);
}

/* That the request is unread leaves nothing to guess. */
static void test_silent_and_unread(void **state)
{
	struct fixture *f = *state;

	encrypted(f);
	fx_conn(f, "php-fpm", 105);
	fx_says(fx_expect(f, "app-no-response", CONFIDENCE_CERTAIN),
		"105 bytes of it still unread");
}

/* A connection that is kept open after its answer, which came late in the timeout. */
static void test_kept_open(void **state)
{
	struct fixture *f = *state;

	encrypted(f);
	fx_at(f, 1200000);
	fx_tls_record(f, false, APPLICATION_DATA, 300);
	fx_expect(f, "healthy", CONFIDENCE_LIKELY);
}

static void test_late(void **state)
{
	struct fixture *f = *state;
	const struct verdict *v;

	encrypted(f);
	fx_conn(f, "php-fpm", 105);
	fx_play(f);
	fx_until(f, 2600000);
	fx_verdict(f, 0, "app-no-response");
	fx_at(f, 3250000);
	fx_tls_record(f, false, APPLICATION_DATA, 300);
	fx_fin(f, true, FX_ENTRY);
	fx_play(f);
	fx_until(f, 20000000);
	v = fx_verdict(f, 1, "slow-response");
	assert_int_equal(f->n_verdicts, 2);
	assert_true(v->revised);
	assert_int_equal(v->confidence, CONFIDENCE_CERTAIN);
	assert_string_equal(v->was_cause, "app-no-response");
	fx_says(v, "3250.0 ms after the probe's SYN; the balancer waits 2000 ms");
}

/* The prober's own end, after the timeout, is no answer. */
static void test_late_fin(void **state)
{
	struct fixture *f = *state;

	encrypted(f);
	fx_conn(f, "php-fpm", 105);
	fx_play(f);
	fx_until(f, 2600000);
	fx_verdict(f, 0, "app-no-response");
	fx_at(f, 3250000);
	fx_fin(f, true, FX_ENTRY);
	fx_play(f);
	fx_until(f, 20000000);
	assert_int_equal(f->n_verdicts, 1);
}

/* Who closes first does not matter once there was an answer. */
static void test_closed_by_server(void **state)
{
	struct fixture *f = *state;

	encrypted(f);
	fx_tls_record(f, false, APPLICATION_DATA, 300);
	fx_send(f, FIN | ACK);
	fx_expect_now(f, "healthy", CONFIDENCE_LIKELY);
}

static void test_closed_by_both(void **state)
{
	struct fixture *f = *state;

	fx_tls_hello(f);
	fx_tls_server_hello(f);
	fx_fin(f, true, FX_ENTRY);
	fx_send(f, FIN | ACK);
	fx_expect_now(f, "healthy", CONFIDENCE_LIKELY);
}

/* It counts until the prober's close, not until what comes behind that. */
static void test_silent_until_close(void **state)
{
	struct fixture *f = *state;

	encrypted(f);
	fx_at(f, 200000);
	fx_fin(f, true, FX_ENTRY);
	fx_at(f, 200150);
	fx_packet(f, false, ACK, FX_EXIT);
	fx_expect_now(f, "healthy", CONFIDENCE_LIKELY);
}

/* Where nothing was asked, no answer is missing. */
static void test_nothing_asked(void **state)
{
	struct fixture *f = *state;

	fx_tls_hello(f);
	fx_tls_server_hello(f);
	fx_at(f, 1900000);
	fx_fin(f, true, FX_ENTRY);
	fx_expect_now(f, "healthy", CONFIDENCE_LIKELY);
}

static void test_nothing_asked_and_open(void **state)
{
	struct fixture *f = *state;

	fx_tls_hello(f);
	fx_tls_server_hello(f);
	fx_expect(f, "healthy", CONFIDENCE_LIKELY);
}

/* The prober may keep the connection open behind the answer. */
static void test_late_and_open(void **state)
{
	struct fixture *f = *state;

	encrypted(f);
	fx_conn(f, "php-fpm", 105);
	fx_play(f);
	fx_until(f, 2600000);
	fx_verdict(f, 0, "app-no-response");
	fx_at(f, 3250000);
	fx_tls_record(f, false, APPLICATION_DATA, 300);
	fx_play(f);
	fx_until(f, 20000000);
	assert_true(fx_verdict(f, 1, "slow-response")->revised);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fx_setup, fx_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_late_and_open),    TEST(test_silent_until_close),
		TEST(test_nothing_asked),    TEST(test_nothing_asked_and_open),
		TEST(test_closed_by_server), TEST(test_closed_by_both),
		TEST(test_healthy),	     TEST(test_silent_for_short),
		TEST(test_silent_until_fin), TEST(test_silent_until_timeout),
		TEST(test_silent_and_open),  TEST(test_silent_and_unread),
		TEST(test_kept_open),	     TEST(test_late),
		TEST(test_late_fin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
