// SPDX-License-Identifier: GPL-2.0-only
// Unit tests of probes that speak TLS to what does not, or the other way round, or do not agree.
#include <string.h>

#include "fixture.h"
#include "tls_sample.h"

enum { FIN = 1, RST = 4, ACK = 16 };
enum { STATE_ESTABLISHED = 1 };
enum { CHANGE_CIPHER_SPEC = 20, ALERT, HANDSHAKE, APPLICATION_DATA };
enum { PROBER_FINISHED = 53, REFUSAL = 19 }; /* lengths of records of TLS 1.3 */

static const char get[] = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

/* A record of so many bytes that tell nothing. */
static void record(struct fixture *f, bool incoming, uint8_t type, size_t len)
{
	uint8_t data[1024] = {type, 3, 3, (uint8_t)(len >> 8), (uint8_t)len};

	memset(data + 5, type == CHANGE_CIPHER_SPEC ? 1 : 0xaa, len);
	fx_say(f, incoming, data, 5 + len);
}

static void alert(struct fixture *f, bool incoming, uint8_t level, uint8_t description)
{
	const uint8_t data[] = {ALERT, 3, 3, 0, 2, level, description};

	fx_say(f, incoming, data, sizeof(data));
}

static void hello(struct fixture *f)
{
	fx_connect(f);
	fx_listener(f, "0.0.0.0", 80, "nginx");
	fx_say(f, true, tls_sample_client_13, sizeof(tls_sample_client_13));
}

static void server_hello(struct fixture *f)
{
	fx_say(f, false, tls_sample_server_13, sizeof(tls_sample_server_13));
	record(f, false, CHANGE_CIPHER_SPEC, 1);
	record(f, false, APPLICATION_DATA, 900);
}

/* To the end of the handshake, and the request. */
static void encrypted(struct fixture *f)
{
	hello(f);
	server_hello(f);
	record(f, true, CHANGE_CIPHER_SPEC, 1);
	record(f, true, APPLICATION_DATA, PROBER_FINISHED);
	record(f, true, APPLICATION_DATA, 100);
}

static void test_answered_in_plaintext(void **state)
{
	struct fixture *f = *state;
	const struct verdict *v;

	hello(f);
	fx_respond(f, "HTTP/1.1 400 Bad Request\r\nServer: \033[2J\r\n\r\n");
	v = fx_expect_now(f, "tls-mismatch", CONFIDENCE_CERTAIN);
	fx_says(v, "the probe speaks TLS (offered TLS 1.3, TLS 1.2; SNI backend.example), nginx "
		   "(pid 812) on port 80 does not: it answered \"HTTP/1.1 400 Bad Request\"");
	fx_fixes(v, "set the check to the protocol of port 80");
}

static void test_answered_by_greeting(void **state)
{
	struct fixture *f = *state;

	fx_connect(f);
	fx_respond(f, "SSH-2.0-x\r\n");
	fx_say(f, true, tls_sample_client_12, sizeof(tls_sample_client_12));
	fx_says(fx_expect_now(f, "tls-mismatch", CONFIDENCE_CERTAIN),
		"(offered TLS 1.2; SNI backend.example), on port 80 does not: it answered "
		"\"SSH-2.0-x\"");
}

static void test_reset(void **state)
{
	struct fixture *f = *state;

	hello(f);
	fx_reset(f, 0, "TCP_ABORT_ON_CLOSE", STATE_ESTABLISHED)->active = 1;
	fx_send(f, RST | ACK);
	fx_says(fx_expect_now(f, "tls-mismatch", CONFIDENCE_LIKELY),
		"it answered the ClientHello with a reset");
}

static void test_reset_seen(void **state)
{
	struct fixture *f = *state;

	hello(f);
	fx_send(f, RST | ACK);
	fx_says(fx_expect_now(f, "tls-mismatch", CONFIDENCE_LIKELY), "with a reset");
}

/* Before anything was said it is not about TLS. */
static void test_reset_before(void **state)
{
	struct fixture *f = *state;

	fx_connect(f);
	fx_reset(f, 0, "TCP_ABORT_ON_LINGER", STATE_ESTABLISHED)->active = 1;
	fx_send(f, RST | ACK);
	fx_expect_now(f, "reset-by-app", CONFIDENCE_CERTAIN);
}

static void test_closed(void **state)
{
	struct fixture *f = *state;

	hello(f);
	fx_send(f, FIN | ACK);
	fx_says(fx_expect_now(f, "tls-mismatch", CONFIDENCE_LIKELY),
		"it closed the connection at the ClientHello");
}

/* The same of a request that is not TLS. */
static void test_plaintext_closed(void **state)
{
	struct fixture *f = *state;
	const struct verdict *v;

	fx_connect(f);
	fx_request(f, get);
	fx_send(f, FIN | ACK);
	v = fx_expect_now(f, "closed-without-response", CONFIDENCE_CERTAIN);
	fx_fixes(v, "does port 80 speak TLS?");
}

static void test_server_alert(void **state)
{
	struct fixture *f = *state;
	const struct verdict *v;

	hello(f);
	alert(f, false, 2, 112);
	fx_send(f, FIN | ACK);
	v = fx_expect_now(f, "tls-handshake-failed", CONFIDENCE_CERTAIN);
	fx_says(v, "nginx (pid 812) sent the TLS alert unrecognized_name (112) (offered TLS 1.3, "
		   "TLS 1.2; SNI backend.example)");
	fx_fixes(v, "give the check the domain that the service has a certificate for");
	fx_fixes(v, "openssl s_client -connect 172.16.32.15:80 -servername backend.example");
}

static void test_alert_fixes(void **state)
{
	static const struct {
		uint8_t description;
		bool prober;
		const char *name, *fix;
	} alerts[] = {
		{40, false, "handshake_failure (40)", "allow a cipher or curve"},
		{70, false, "protocol_version (70)", "allow a TLS version"},
		{80, false, "internal_error (80)", "it names the reason"},
		{116, false, "certificate_required (116)", "wants a client certificate"},
		{120, false, "no_application_protocol (120)", "ALPN"},
		{48, false, "unknown_ca (48)", "does not accept the prober's certificate"},
		{48, true, "unknown_ca (48)", "does not accept the service's certificate"},
		{45, true, "certificate_expired (45)", "renew it"},
		{199, false, "not known (199)", "it names the reason"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(alerts) / sizeof(alerts[0]); i++) {
		struct fixture *f = fx_new(16);
		const struct verdict *v;

		hello(f);
		fx_say(f, false, tls_sample_server_12, sizeof(tls_sample_server_12));
		alert(f, alerts[i].prober, 2, alerts[i].description);
		v = fx_expect_now(f, "tls-handshake-failed", CONFIDENCE_CERTAIN);
		fx_says(v, alerts[i].name);
		fx_says(v, alerts[i].prober ? "the prober sent" : "nginx (pid 812) sent");
		if (!strstr(v->fix[0], alerts[i].fix))
			fail_msg("%s: %s", alerts[i].name, v->fix[0]);
		fx_free(f);
	}
}

/* The end of a connection that went well. */
static void test_close_notify(void **state)
{
	struct fixture *f = *state;

	hello(f);
	fx_say(f, false, tls_sample_server_12, sizeof(tls_sample_server_12));
	alert(f, true, 1, 0);
	fx_fin(f, true, FX_ENTRY);
	fx_says(fx_expect_now(f, "healthy", CONFIDENCE_CERTAIN),
		"TLS 1.2 handshake answered, nothing more was asked");
}

static void test_encrypted_refusal(void **state)
{
	struct fixture *f = *state;
	const struct verdict *v;

	hello(f);
	server_hello(f);
	record(f, true, CHANGE_CIPHER_SPEC, 1);
	record(f, true, APPLICATION_DATA, REFUSAL);
	fx_fin(f, true, FX_ENTRY);
	v = fx_expect_now(f, "tls-handshake-failed", CONFIDENCE_LIKELY);
	fx_says(v, "the prober refused what nginx (pid 812) sent, with an encrypted alert");
	fx_fixes(v, "most often the certificate");
}

/* Under TLS 1.2 the first encrypted record is no alert. */
static void test_tls12(void **state)
{
	struct fixture *f = *state;

	fx_connect(f);
	fx_say(f, true, tls_sample_client_12, sizeof(tls_sample_client_12));
	fx_say(f, false, tls_sample_server_12, sizeof(tls_sample_server_12));
	record(f, true, CHANGE_CIPHER_SPEC, 1);
	record(f, true, HANDSHAKE, 40);
	record(f, false, CHANGE_CIPHER_SPEC, 1);
	record(f, false, HANDSHAKE, 40);
	record(f, true, APPLICATION_DATA, REFUSAL);
	record(f, false, APPLICATION_DATA, 300);
	fx_fin(f, true, FX_ENTRY);
	fx_says(fx_expect_now(f, "healthy", CONFIDENCE_CERTAIN),
		"TLS 1.2 handshake, then encrypted data both ways: the status code cannot be read");
}

static void test_alert_to_plaintext(void **state)
{
	struct fixture *f = *state;
	const struct verdict *v;

	fx_connect(f);
	fx_request(f, get);
	alert(f, false, 2, 10);
	fx_listener(f, "0.0.0.0", 80, "haproxy");
	v = fx_expect_now(f, "plaintext-to-tls", CONFIDENCE_CERTAIN);
	fx_says(v, "the probe speaks plaintext, haproxy (pid 812) on port 80 TLS: \"GET / "
		   "HTTP/1.1\" (Host: a) was answered with the TLS alert unexpected_message (10)");
	fx_fixes(v, "set the check to HTTPS");
}

static void test_alert_to_custom_text(void **state)
{
	struct fixture *f = *state;

	fx_connect(f);
	fx_request(f, "PING");
	alert(f, false, 2, 70);
	fx_says(fx_expect_now(f, "plaintext-to-tls", CONFIDENCE_CERTAIN),
		"\"PING\" was answered with the TLS alert protocol_version (70)");
}

static void bad_request(struct fixture *f, const char *body)
{
	fx_expect_status(f, 200, 499);
	fx_connect(f);
	fx_request(f, get);
	fx_respond(f, "HTTP/1.1 400 Bad Request\r\n\r\n");
	fx_respond(f, body);
	fx_send(f, FIN | ACK);
}

/* Whatever status codes are expected: the check does not reach the service. */
static void test_usual_400(void **state)
{
	struct fixture *f = *state;
	const struct verdict *v;

	bad_request(f, "<center>The plain HTTP request was sent to HTTPS port</center>");
	v = fx_expect_now(f, "plaintext-to-tls", CONFIDENCE_CERTAIN);
	fx_says(v,
		"was answered with \"HTTP/1.1 400 Bad Request\", as TLS ports answer plain HTTP");
}

static void test_other_400(void **state)
{
	struct fixture *f = *state;

	bad_request(f, "<center>The plain truth</center>");
	fx_expect_now(f, "healthy", CONFIDENCE_CERTAIN);
}

static void test_healthy(void **state)
{
	struct fixture *f = *state;

	encrypted(f);
	record(f, false, APPLICATION_DATA, 300);
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
	v = fx_expect_now(f, "app-no-response", CONFIDENCE_POSSIBLE);
	fx_says(v, "TLS handshake done and encrypted data received, then no answer for 1499.9 ms, "
		   "until the prober gave up: php-fpm (pid 813) has not answered and is sleeping");
}

static void test_silent_until_timeout(void **state)
{
	struct fixture *f = *state;
	const struct verdict *v;

	encrypted(f);
	fx_play(f);
	fx_until(f, 1999000);
	assert_int_equal(f->n_verdicts, 0);
	v = fx_expect(f, "app-no-response", CONFIDENCE_POSSIBLE);
	fx_says(v, "then no answer for 1999.9 ms (or the prober keeps the connection open)");
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
	record(f, false, APPLICATION_DATA, 300);
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
	record(f, false, APPLICATION_DATA, 300);
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

static void test_broken_off(void **state)
{
	struct fixture *f = *state;
	const struct verdict *v;

	hello(f);
	server_hello(f);
	fx_send(f, FIN | ACK);
	v = fx_expect_now(f, "tls-handshake-failed", CONFIDENCE_LIKELY);
	fx_says(v, "nginx (pid 812) ended the connection in the middle of it");
	fx_fixes(v, "it names the reason");
}

static void test_broken_off_by_reset(void **state)
{
	struct fixture *f = *state;

	hello(f);
	server_hello(f);
	fx_reset(f, 0, "TCP_ABORT_ON_LINGER", STATE_ESTABLISHED)->active = 1;
	fx_send(f, RST | ACK);
	fx_expect_now(f, "tls-handshake-failed", CONFIDENCE_LIKELY);
}

/* Who only wants to know whether TLS is spoken has seen enough. */
static void test_hello_only(void **state)
{
	struct fixture *f = *state;

	hello(f);
	server_hello(f);
	fx_rst(f, true, FX_ENTRY);
	fx_says(fx_expect_now(f, "healthy", CONFIDENCE_CERTAIN),
		"TLS 1.3 handshake answered, nothing more was asked");
}

/* Both hellos of a retry are in the clear. */
static void test_retry(void **state)
{
	struct fixture *f = *state;

	hello(f);
	fx_say(f, false, tls_sample_retry, sizeof(tls_sample_retry));
	record(f, true, CHANGE_CIPHER_SPEC, 1);
	fx_say(f, true, tls_sample_client_13, sizeof(tls_sample_client_13));
	alert(f, false, 2, 40);
	fx_says(fx_expect_now(f, "tls-handshake-failed", CONFIDENCE_CERTAIN), "handshake_failure");
}

/* In pieces, the last first. */
static void test_hello_in_pieces(void **state)
{
	const size_t half = sizeof(tls_sample_client_13) / 2;
	const uint32_t rest = (uint32_t)(sizeof(tls_sample_client_13) - half);
	struct fixture *f = *state;

	fx_connect(f);
	f->sent[1] = (uint32_t)half;
	fx_payload(f, true, tls_sample_client_13 + half, rest, FX_ENTRY);
	f->sent[1] = 0;
	fx_say(f, true, tls_sample_client_13, half);
	f->sent[1] += rest;
	alert(f, false, 2, 40);
	fx_says(fx_expect_now(f, "tls-handshake-failed", CONFIDENCE_CERTAIN),
		"(offered TLS 1.3, TLS 1.2; SNI backend.example)");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fx_setup, fx_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_answered_in_plaintext),
		TEST(test_answered_by_greeting),
		TEST(test_reset),
		TEST(test_reset_seen),
		TEST(test_reset_before),
		TEST(test_closed),
		TEST(test_plaintext_closed),
		TEST(test_server_alert),
		cmocka_unit_test(test_alert_fixes),
		TEST(test_close_notify),
		TEST(test_encrypted_refusal),
		TEST(test_tls12),
		TEST(test_alert_to_plaintext),
		TEST(test_alert_to_custom_text),
		TEST(test_usual_400),
		TEST(test_other_400),
		TEST(test_healthy),
		TEST(test_silent_for_short),
		TEST(test_silent_until_fin),
		TEST(test_silent_until_timeout),
		TEST(test_silent_and_unread),
		TEST(test_kept_open),
		TEST(test_late),
		TEST(test_late_fin),
		TEST(test_broken_off),
		TEST(test_broken_off_by_reset),
		TEST(test_hello_only),
		TEST(test_retry),
		TEST(test_hello_in_pieces),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
