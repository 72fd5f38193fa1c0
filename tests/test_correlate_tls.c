// SPDX-License-Identifier: GPL-2.0-only
// Unit tests of probes that speak TLS to what does not, or the other way round, or do not agree.
#include <string.h>

#include "fixture.h"
#include "tls_sample.h"

enum { FIN = 1, RST = 4, ACK = 16 };
enum { STATE_ESTABLISHED = 1 };
enum { CHANGE_CIPHER_SPEC = 20, ALERT, HANDSHAKE, APPLICATION_DATA };
enum { REFUSAL = 19 }; /* length of its record under TLS 1.3 */

static const char get[] = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

static void test_answered_in_plaintext(void **state)
{
	struct fixture *f = *state;
	const struct verdict *v;

	fx_tls_hello(f);
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
		"(offered TLS 1.2; SNI backend.example), the service on port 80 does not: it "
		"answered "
		"\"SSH-2.0-x\"");
}

static void test_reset(void **state)
{
	struct fixture *f = *state;

	fx_tls_hello(f);
	fx_reset(f, 0, "TCP_ABORT_ON_CLOSE", STATE_ESTABLISHED)->active = 1;
	fx_send(f, RST | ACK);
	fx_says(fx_expect_now(f, "tls-mismatch", CONFIDENCE_LIKELY),
		"on port 80 reset the connection at its ClientHello: it does not speak TLS, or "
		"refuses");
}

static void test_reset_seen(void **state)
{
	struct fixture *f = *state;

	fx_tls_hello(f);
	fx_send(f, RST | ACK);
	fx_says(fx_expect_now(f, "tls-mismatch", CONFIDENCE_LIKELY), "reset the connection");
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

	fx_tls_hello(f);
	fx_send(f, FIN | ACK);
	fx_says(fx_expect_now(f, "tls-mismatch", CONFIDENCE_LIKELY),
		"on port 80 closed the connection at its ClientHello: it does not speak TLS, or "
		"refuses");
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

	fx_tls_hello(f);
	fx_tls_alert(f, false, 2, 112);
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

		fx_tls_hello(f);
		fx_say(f, false, tls_sample_server_12, sizeof(tls_sample_server_12));
		fx_tls_alert(f, alerts[i].prober, 2, alerts[i].description);
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

	fx_tls_hello(f);
	fx_say(f, false, tls_sample_server_12, sizeof(tls_sample_server_12));
	fx_tls_alert(f, true, 1, 0);
	fx_fin(f, true, FX_ENTRY);
	fx_says(fx_expect_now(f, "healthy", CONFIDENCE_LIKELY),
		"TLS 1.2 handshake answered, nothing more was asked");
}

static void test_encrypted_refusal(void **state)
{
	struct fixture *f = *state;
	const struct verdict *v;

	fx_tls_hello(f);
	fx_tls_server_hello(f);
	fx_tls_record(f, true, CHANGE_CIPHER_SPEC, 1);
	fx_tls_record(f, true, APPLICATION_DATA, REFUSAL);
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
	fx_tls_record(f, true, CHANGE_CIPHER_SPEC, 1);
	fx_tls_record(f, true, HANDSHAKE, 40);
	fx_tls_record(f, false, CHANGE_CIPHER_SPEC, 1);
	fx_tls_record(f, false, HANDSHAKE, 40);
	fx_tls_record(f, true, APPLICATION_DATA, REFUSAL);
	fx_tls_record(f, false, APPLICATION_DATA, 300);
	fx_fin(f, true, FX_ENTRY);
	fx_says(fx_expect_now(f, "healthy", CONFIDENCE_LIKELY),
		"TLS 1.2 handshake, then encrypted data both ways: the status code could not be "
		"read");
}

static void test_alert_to_plaintext(void **state)
{
	struct fixture *f = *state;
	const struct verdict *v;

	fx_connect(f);
	fx_request(f, get);
	fx_tls_alert(f, false, 2, 10);
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
	fx_tls_alert(f, false, 2, 70);
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

static void test_broken_off(void **state)
{
	struct fixture *f = *state;
	const struct verdict *v;

	fx_tls_hello(f);
	fx_tls_server_hello(f);
	fx_send(f, FIN | ACK);
	v = fx_expect_now(f, "tls-handshake-failed", CONFIDENCE_LIKELY);
	fx_says(v, "nginx (pid 812) ended the connection in the middle of it");
	fx_fixes(v, "it names the reason");
}

static void test_broken_off_by_reset(void **state)
{
	struct fixture *f = *state;

	fx_tls_hello(f);
	fx_tls_server_hello(f);
	fx_reset(f, 0, "TCP_ABORT_ON_LINGER", STATE_ESTABLISHED)->active = 1;
	fx_send(f, RST | ACK);
	fx_expect_now(f, "tls-handshake-failed", CONFIDENCE_LIKELY);
}

/* Who only wants to know whether TLS is spoken has seen enough. */
static void test_hello_only(void **state)
{
	struct fixture *f = *state;

	fx_tls_hello(f);
	fx_tls_server_hello(f);
	fx_rst(f, true, FX_ENTRY);
	fx_says(fx_expect_now(f, "healthy", CONFIDENCE_LIKELY),
		"TLS 1.3 handshake answered, nothing more was asked");
}

/* Both hellos of a retry are in the clear. */
static void test_retry(void **state)
{
	struct fixture *f = *state;

	fx_tls_hello(f);
	fx_say(f, false, tls_sample_retry, sizeof(tls_sample_retry));
	fx_tls_record(f, true, CHANGE_CIPHER_SPEC, 1);
	fx_say(f, true, tls_sample_client_13, sizeof(tls_sample_client_13));
	fx_tls_alert(f, false, 2, 40);
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
	fx_tls_alert(f, false, 2, 40);
	fx_says(fx_expect_now(f, "tls-handshake-failed", CONFIDENCE_CERTAIN),
		"(offered TLS 1.3, TLS 1.2; SNI backend.example)");
}

/* That none is there is said only where all of it was seen. */
static void without_sni(size_t seen, bool says)
{
	uint8_t data[sizeof(tls_sample_client_12)];
	struct fixture *f = fx_new(16);
	const struct verdict *v;
	size_t name = 9;

	memcpy(data, tls_sample_client_12, sizeof(data));
	while (memcmp(data + name, "backend", 7))
		assert_true(++name < sizeof(data) - 7);
	data[name - 9] = data[name - 8] =
		0xfa; /* server_name becomes an extension that nobody knows */
	fx_connect(f);
	fx_say(f, true, data, seen);
	fx_respond(f, "nonsense");
	v = fx_expect_now(f, "tls-mismatch", CONFIDENCE_CERTAIN);
	fx_says_not(v, "backend");
	if (says)
		fx_says(v, "(offered TLS 1.2; no SNI)");
	else
		fx_says_not(v, "SNI");
	fx_free(f);
}

static void test_no_sni(void **state)
{
	(void)state;
	without_sni(sizeof(tls_sample_client_12), true);
	without_sni(60, false);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fx_setup, fx_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_sni),
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
		TEST(test_broken_off),
		TEST(test_broken_off_by_reset),
		TEST(test_hello_only),
		TEST(test_retry),
		TEST(test_hello_in_pieces),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
