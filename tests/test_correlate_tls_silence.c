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
	fx_says(fx_expect_now(f, "healthy", CONFIDENCE_CERTAIN),
		"TLS 1.3 handshake, then encrypted data both ways: the status code cannot be read");
}

/* The first half of the timeout may be the prober's own slowness. */
static void test_silent_for_short(void **state)
{
	struct fixture *f = *state;

	encrypted(f);
	fx_at(f, 900000);
	fx_fin(f, true, FX_ENTRY);
	fx_expect_now(f, "healthy", CONFIDENCE_CERTAIN);
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
	fx_says(v, "TLS handshake done and encrypted data received, then no answer for 1499.9 ms, "
		   "until the prober gave up: php-fpm (pid 813) has not answered and is sleeping");
}

static void test_silent_until_timeout(void **state)
{
	struct fixture *f = *state;
	const struct verdict *v;

	encrypted(f);
	fx_conn(f, "php-fpm", 0); /* it has read the request */
	fx_play(f);
	fx_until(f, 1999000);
	assert_int_equal(f->n_verdicts, 0);
	v = fx_expect(f, "app-no-response", CONFIDENCE_POSSIBLE);
	fx_says(v,
		"then no answer for 1999.9 ms (or the prober keeps the connection open): php-fpm");
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
	fx_expect(f, "healthy", CONFIDENCE_CERTAIN);
}

static void test_late(void **state)
{
	struct fixture *f = *state;
	const struct verdict *v;

	encrypted(f);
	fx_play(f);
	fx_until(f, 2100000);
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
	fx_play(f);
	fx_until(f, 2100000);
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
	fx_expect_now(f, "healthy", CONFIDENCE_CERTAIN);
}

static void test_closed_by_both(void **state)
{
	struct fixture *f = *state;

	fx_tls_hello(f);
	fx_tls_server_hello(f);
	fx_fin(f, true, FX_ENTRY);
	fx_send(f, FIN | ACK);
	fx_expect_now(f, "healthy", CONFIDENCE_CERTAIN);
}

/* It counts until the prober's close, not until what comes behind that. */
static void test_silent_until_close(void **state)
{
	struct fixture *f = *state;

	encrypted(f);
	fx_at(f, 1000000);
	fx_fin(f, true, FX_ENTRY);
	fx_at(f, 1000150);
	fx_packet(f, false, ACK, FX_EXIT);
	fx_expect_now(f, "healthy", CONFIDENCE_CERTAIN);
}

/* Where nothing was asked, no answer is missing. */
static void test_nothing_asked(void **state)
{
	struct fixture *f = *state;

	fx_tls_hello(f);
	fx_tls_server_hello(f);
	fx_at(f, 1900000);
	fx_fin(f, true, FX_ENTRY);
	fx_expect_now(f, "healthy", CONFIDENCE_CERTAIN);
}

static void test_nothing_asked_and_open(void **state)
{
	struct fixture *f = *state;

	fx_tls_hello(f);
	fx_tls_server_hello(f);
	fx_expect(f, "healthy", CONFIDENCE_CERTAIN);
}

/* The prober may keep the connection open behind the answer. */
static void test_late_and_open(void **state)
{
	struct fixture *f = *state;

	encrypted(f);
	fx_play(f);
	fx_until(f, 2100000);
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
		TEST(test_late_and_open),
		TEST(test_silent_until_close),
		TEST(test_nothing_asked),
		TEST(test_nothing_asked_and_open),
		TEST(test_closed_by_server),
		TEST(test_closed_by_both),
		TEST(test_healthy),
		TEST(test_silent_for_short),
		TEST(test_silent_until_fin),
		TEST(test_silent_until_timeout),
		TEST(test_silent_and_unread),
		TEST(test_kept_open),
		TEST(test_late),
		TEST(test_late_fin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
