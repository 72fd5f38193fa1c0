// SPDX-License-Identifier: GPL-2.0-only
// Unit tests of exchanges that end early: answers cut short, probers that do not wait, TLS refused.
#include <string.h>

#include "fixture.h"

enum { FIN = 1, RST = 4, ACK = 16 };
enum { CHANGE_CIPHER_SPEC = 20, APPLICATION_DATA = 23, ENCRYPTED_ALERT = 19, FINISHED = 53 };

static const char get[] = "GET /health HTTP/1.1\r\nHost: x\r\n\r\n";

/* The header section ends, or it does not. */
static void test_answer_cut(void **state)
{
	struct fixture *f = *state;
	const struct verdict *v;

	fx_connect(f);
	fx_request(f, get);
	fx_respond(f, "HTTP/1.1 200 OK\r\nContent-");
	fx_send(f, FIN | ACK);
	v = fx_expect_now(f, "app-no-response", CONFIDENCE_CERTAIN);
	fx_says(v, "it began to answer (\"HTTP/1.1 200 OK\") and did not finish before it closed");
}

static void test_answer_whole(void **state)
{
	struct fixture *f = *state;

	fx_connect(f);
	fx_request(f, get);
	fx_respond(f, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
	fx_send(f, FIN | ACK);
	fx_expect_now(f, "healthy", CONFIDENCE_CERTAIN);
}

/* The prober has read what it wanted. */
static void test_prober_closes_early(void **state)
{
	struct fixture *f = *state;

	fx_connect(f);
	fx_request(f, get);
	fx_respond(f, "HTTP/1.1 200 OK\r\nContent-");
	fx_fin(f, true, FX_ENTRY);
	fx_expect_now(f, "healthy", CONFIDENCE_CERTAIN);
}

static void test_no_waiting(void **state)
{
	struct fixture *f = *state;

	fx_connect(f);
	fx_request(f, "hello");
	fx_rst(f, true, FX_ENTRY);
	fx_says(fx_expect_now(f, "healthy", CONFIDENCE_LIKELY),
		"data received, then reset by the prober without waiting");
}

static void test_gave_up(void **state)
{
	struct fixture *f = *state;

	fx_connect(f);
	fx_request(f, get);
	fx_at(f, 300000);
	fx_rst(f, true, FX_ENTRY);
	fx_says(fx_expect_now(f, "app-no-response", CONFIDENCE_CERTAIN), "no answer within 300 ms");
}

/* It asks nothing: a TCP check by a balancer that announces the client. */
static void test_proxy_header_only(void **state)
{
	struct fixture *f = *state;

	fx_connect(f);
	fx_request(f, "PROXY TCP4 100.64.1.10 172.16.32.15 53738 80\r\n");
	fx_rst(f, true, FX_ENTRY);
	fx_expect_now(f, "healthy", CONFIDENCE_CERTAIN);
}

static void test_http2_to_http1(void **state)
{
	struct fixture *f = *state;
	const struct verdict *v;

	fx_connect(f);
	fx_request(f, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
	fx_respond(f, "HTTP/1.1 400 Bad Request\r\n\r\n");
	fx_send(f, FIN | ACK);
	v = fx_expect_now(f, "http-status", CONFIDENCE_CERTAIN);
	fx_fixes(v, "the check speaks HTTP/2 (gRPC), the service HTTP/1");
}

/* Under TLS 1.3 a server tells that it wants a certificate by an alert that cannot be read. */
static void finished(struct fixture *f)
{
	fx_tls_hello(f);
	fx_tls_server_hello(f);
	fx_tls_record(f, true, CHANGE_CIPHER_SPEC, 1);
	fx_tls_record(f, true, APPLICATION_DATA, FINISHED);
}

static void test_tls_refused(void **state)
{
	struct fixture *f = *state;
	const struct verdict *v;

	finished(f);
	fx_tls_record(f, false, APPLICATION_DATA, ENCRYPTED_ALERT);
	fx_send(f, FIN | ACK);
	v = fx_expect_now(f, "tls-handshake-failed", CONFIDENCE_LIKELY);
	fx_says(v, "it refuses what the prober sent, as a missing client certificate");
}

static void test_tls_answered(void **state)
{
	struct fixture *f = *state;

	finished(f);
	fx_tls_record(f, false, APPLICATION_DATA, 300);
	fx_send(f, FIN | ACK);
	fx_expect_now(f, "healthy", CONFIDENCE_LIKELY);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fx_setup, fx_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_answer_cut),	   TEST(test_answer_whole), TEST(test_prober_closes_early),
		TEST(test_no_waiting),	   TEST(test_gave_up),	    TEST(test_proxy_header_only),
		TEST(test_http2_to_http1), TEST(test_tls_refused),  TEST(test_tls_answered),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
