// SPDX-License-Identifier: GPL-2.0-only
// Unit tests of probes in HTTP: pieces, interim answers, what is no HTTP.
#include <string.h>

#include "fixture.h"

enum { FIN = 1, ACK = 16 };

static const char get[] = "GET /health HTTP/1.1\r\nHost: check.example\r\n\r\n";
static const char ok[] = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";

static void test_request_in_pieces(void **state)
{
	struct fixture *f = *state;
	const struct verdict *v;

	fx_connect(f);
	fx_listener(f, "0.0.0.0", 80, "nginx");
	fx_piece(f, true, 12, " HTTP/1.0\r\nHost: a.example\r\n\r\n");
	fx_piece(f, true, 5, "/health HTTP/1.");
	fx_piece(f, true, 5, "/sneaky");
	fx_piece(f, true, 0, "HEAD ");
	fx_respond(f, "HTTP/1.1 503 Busy\r\n\r\n");
	v = fx_expect_now(f, "http-status", CONFIDENCE_CERTAIN);
	fx_says(v, "nginx (pid 812) answered \"HTTP/1.1 503 Busy\" to \"HEAD /health HTTP/1.0\" "
		   "(Host: a.example); expected: 100-499");
}

static void test_status_in_pieces(void **state)
{
	struct fixture *f = *state;
	const struct verdict *v;

	fx_connect(f);
	fx_request(f, get);
	fx_piece(f, false, 12, " Broken\r\n");
	fx_piece(f, false, 6, ".1 50");
	fx_piece(f, false, 9, "200");
	fx_piece(f, false, 0, "HTTP/1.1");
	fx_piece(f, false, 0, "HTTP/1.1 200 OK\r\n");
	fx_send(f, FIN | ACK);
	v = fx_expect_now(f, "http-status", CONFIDENCE_CERTAIN);
	fx_says(v, "answered \"HTTP/1.1 500 Broken\" to \"GET /health HTTP/1.1\"");
}

/* A beginning that may yet become one is waited for. */
static void test_status_slowly(void **state)
{
	struct fixture *f = *state;

	fx_connect(f);
	fx_request(f, get);
	fx_piece(f, false, 0, "HTTP/1.");
	fx_play(f);
	fx_until(f, 500000);
	assert_int_equal(f->n_verdicts, 0);
	fx_at(f, 600000);
	fx_piece(f, false, 7, "1 200 OK\r\n\r\n");
	f->sent[0] = 19;
	fx_send(f, FIN | ACK);
	fx_says(fx_expect_now(f, "healthy", CONFIDENCE_CERTAIN), ": \"HTTP/1.1 200 OK\"");
}

static void cut(struct fixture *f, const char *part)
{
	const struct verdict *v;

	fx_connect(f);
	fx_request(f, get);
	fx_respond(f, part);
	fx_send(f, FIN | ACK);
	fx_listener(f, "0.0.0.0", 80, "app");
	v = fx_expect_now(f, "http-status", CONFIDENCE_CERTAIN);
	fx_says(v, "which is no HTTP response");
	fx_says(v, part);
	fx_fixes(v, "is it the right port?");
}

/* Closed in the middle of the status line. */
static void test_cut_short(void **state)
{
	static const char *const parts[] = {"H", "HTTP/1", "HTTP/1.1 2", "HTTP/1.0"};

	(void)state;
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		struct fixture *f = fx_new(16);

		cut(f, parts[i]);
		fx_free(f);
	}
}

static void test_cut_short_at_timeout(void **state)
{
	struct fixture *f = *state;

	fx_connect(f);
	fx_request(f, get);
	fx_respond(f, "HTTP/1.1 2");
	fx_play(f);
	fx_until(f, 1900000);
	assert_int_equal(f->n_verdicts, 0);
	fx_expect(f, "http-status", CONFIDENCE_CERTAIN);
}

static void test_interim(void **state)
{
	struct fixture *f = *state;
	const struct verdict *v;

	fx_exchange(f, get, "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 503 Busy\r\n\r\n");
	v = fx_expect_now(f, "http-status", CONFIDENCE_CERTAIN);
	fx_says(v, "answered \"HTTP/1.1 503 Busy\"");
}

static void test_interim_then_good(void **state)
{
	struct fixture *f = *state;
	const struct verdict *v;

	fx_expect_status(f, 200, 399);
	fx_exchange(f, get, "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 204 None\r\n\r\n");
	v = fx_expect_now(f, "healthy", CONFIDENCE_CERTAIN);
	fx_says(v, ": \"HTTP/1.1 204 None\"");
}

static void test_version_without_status(void **state)
{
	struct fixture *f = *state;

	fx_exchange(f, get, "HTTP/1.0\r\n\r\n");
	fx_says(fx_expect_now(f, "http-status", CONFIDENCE_CERTAIN),
		"answered \"HTTP/1.0\", which is no HTTP response, to \"GET /health HTTP/1.1\"");
}

static void test_version_with_status(void **state)
{
	struct fixture *f = *state;

	fx_exchange(f, "GET / HTTP/1.0\r\n\r\n", "HTTP/1.0 200\r\n\r\n");
	fx_expect_now(f, "healthy", CONFIDENCE_CERTAIN);
}

static const char ssh[] = "SSH-2.0-OpenSSH_9.2p1\r\n";

static void test_greeting_after(void **state)
{
	struct fixture *f = *state;
	const struct verdict *v;

	fx_connect(f);
	fx_request(f, get);
	fx_respond(f, ssh);
	fx_listener(f, "0.0.0.0", 80, "sshd");
	v = fx_expect_now(f, "http-status", CONFIDENCE_CERTAIN);
	fx_says(v, "sshd (pid 812) answered \"SSH-2.0-OpenSSH_9.2p1\", which is no HTTP response, "
		   "to \"GET /health");
	fx_fixes(v, "is it the right port?");
}

/* Servers that greet do so before anything is asked. */
static void test_greeting_before(void **state)
{
	struct fixture *f = *state;

	fx_connect(f);
	fx_respond(f, ssh);
	fx_at(f, 100000);
	fx_request(f, get);
	fx_says(fx_expect_now(f, "http-status", CONFIDENCE_CERTAIN), "\"SSH-2.0-OpenSSH_9.2p1\"");
}

/* A TCP check that reads a greeting. */
static void test_greeting_wanted(void **state)
{
	struct fixture *f = *state;

	fx_connect(f);
	fx_respond(f, ssh);
	fx_fin(f, true, FX_ENTRY);
	fx_expect_now(f, "healthy", CONFIDENCE_CERTAIN);
}

static const char preface[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
static const char settings[] = "\0\0\6\4\0\0\0\0\0\0\3\0\0\0\144";

static void test_http2(void **state)
{
	struct fixture *f = *state;

	fx_connect(f);
	fx_say(f, true, preface, sizeof(preface) - 1);
	fx_say(f, false, settings, sizeof(settings) - 1);
	fx_fin(f, true, FX_ENTRY);
	fx_expect_now(f, "healthy", CONFIDENCE_CERTAIN);
}

static void test_http2_to_http1(void **state)
{
	struct fixture *f = *state;
	const struct verdict *v;

	fx_exchange(f, preface, "HTTP/1.1 505 HTTP Version Not Supported\r\n\r\n");
	v = fx_expect_now(f, "http-status", CONFIDENCE_CERTAIN);
	fx_says(v, "answered \"HTTP/1.1 505 HTTP Version Not Supported\" to \"PRI * HTTP/2.0\"");
}

static void test_custom_text(void **state)
{
	static const char *const texts[][2] = {{"PING", "PONG"},
					       {"PING\r\n", "+PONG\r\n"},
					       {"\1\2\3", "\4"},
					       {"stats", "STAT pid 1\r\n"}};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct fixture *f = fx_new(16);

		fx_exchange(f, texts[i][0], texts[i][1]);
		fx_expect_now(f, "healthy", CONFIDENCE_CERTAIN);
		fx_free(f);
	}
}

/* What was not captured is not called anything. */
static void not_captured(size_t request, size_t response)
{
	struct fixture *f = fx_new(16);

	fx_connect(f);
	fx_say_captured(f, true, get, request);
	fx_say_captured(f, false, "garbage", response);
	fx_send(f, FIN | ACK);
	fx_expect_now(f, "healthy", CONFIDENCE_CERTAIN);
	fx_free(f);
}

static void test_not_captured(void **state)
{
	(void)state;
	not_captured(0, 0);
	not_captured(sizeof(get) - 1, 0);
	not_captured(0, 7);
	not_captured(4, 7);
}

/* Not even its headers. */
static void test_cut_in_headers(void **state)
{
	struct fixture *f = *state;

	fx_connect(f);
	fx_payload(f, true, get, sizeof(get) - 1, FX_ENTRY)->cap_len = 40;
	f->sent[1] += sizeof(get) - 1;
	fx_payload(f, false, "garbage", 7, FX_EXIT)->cap_len = 0;
	fx_send(f, FIN | ACK);
	fx_expect_now(f, "healthy", CONFIDENCE_CERTAIN);
}

/* Nor is what comes behind a piece that was not seen. */
static void test_gap(void **state)
{
	struct fixture *f = *state;

	fx_connect(f);
	fx_request(f, get);
	fx_piece(f, false, 100, "garbage");
	fx_send(f, FIN | ACK);
	fx_expect_now(f, "healthy", CONFIDENCE_CERTAIN);
}

static void test_no_gap(void **state)
{
	struct fixture *f = *state;

	fx_connect(f);
	fx_request(f, get);
	fx_say_captured(f, false, "garbage", 7);
	fx_expect_now(f, "http-status", CONFIDENCE_CERTAIN);
}

static void test_good(void **state)
{
	struct fixture *f = *state;

	fx_exchange(f, get, ok);
	fx_says(fx_expect_now(f, "healthy", CONFIDENCE_CERTAIN), ": \"HTTP/1.1 200 OK\"");
}

/* What becomes of the connection after the timeout is not the probe's outcome. */
static void test_closed_after_timeout(void **state)
{
	struct fixture *f = *state;

	fx_connect(f);
	fx_request(f, get);
	fx_play(f);
	fx_until(f, 2100000);
	fx_verdict(f, 0, "app-no-response");
	fx_at(f, 3000000);
	fx_send(f, FIN | ACK);
	fx_expect(f, "app-no-response", CONFIDENCE_CERTAIN);
}

/* An interim answer is not the answer, whether its code is expected or not. */
static void test_interim_alone(void **state)
{
	struct fixture *f = *state;

	fx_expect_status(f, 200, 399);
	fx_connect(f);
	fx_request(f, get);
	fx_respond(f, "HTTP/1.1 100 Continue\r\n\r\n");
	fx_at(f, 5000);
	fx_respond(f, ok);
	fx_send(f, FIN | ACK);
	fx_expect(f, "healthy", CONFIDENCE_CERTAIN);
}

/* A server of HTTP/2 alone, gRPC's for one, does not answer such a request. */
static void test_http1_to_http2(void **state)
{
	struct fixture *f = *state;

	fx_connect(f);
	fx_request(f, get);
	fx_say(f, false, settings, sizeof(settings) - 1);
	fx_send(f, FIN | ACK);
	fx_expect_now(f, "http-status", CONFIDENCE_CERTAIN);
}

/* Who has asked all that it wants to ask still waits for the answer's end. */
static void test_half_closed_in_pieces(void **state)
{
	struct fixture *f = *state;

	fx_connect(f);
	fx_request(f, get);
	fx_fin(f, true, FX_ENTRY);
	fx_at(f, 5000);
	fx_respond(f, "HTTP/1.");
	fx_at(f, 10000);
	fx_respond(f, "1 200 OK\r\n\r\n");
	fx_send(f, FIN | ACK);
	fx_expect(f, "healthy", CONFIDENCE_CERTAIN);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fx_setup, fx_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_interim_alone),
		TEST(test_http1_to_http2),
		TEST(test_half_closed_in_pieces),
		TEST(test_closed_after_timeout),
		TEST(test_request_in_pieces),
		TEST(test_status_in_pieces),
		TEST(test_status_slowly),
		cmocka_unit_test(test_cut_short),
		TEST(test_cut_short_at_timeout),
		TEST(test_interim),
		TEST(test_interim_then_good),
		TEST(test_version_without_status),
		TEST(test_version_with_status),
		TEST(test_greeting_after),
		TEST(test_greeting_before),
		TEST(test_greeting_wanted),
		TEST(test_http2),
		TEST(test_http2_to_http1),
		cmocka_unit_test(test_custom_text),
		cmocka_unit_test(test_not_captured),
		TEST(test_cut_in_headers),
		TEST(test_gap),
		TEST(test_no_gap),
		TEST(test_good),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
