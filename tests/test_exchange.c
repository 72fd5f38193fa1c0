// SPDX-License-Identifier: GPL-2.0-only
// Unit tests of what follows from the bytes of an exchange, whatever pieces they come in.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "../user/exchange.h"
#include "tls_sample.h"

static const char get[] = "GET /a HTTP/1.1\r\nHost: b\r\n\r\n";

/* Bits are wider than what cmocka compares. */
static void same(evidence_t a, evidence_t b)
{
	if (a == b)
		return;
	for (int i = 0; i < EVI_COUNT; i++)
		if ((a ^ b) >> i & 1)
			print_error("%s: %s\n", a >> i & 1 ? "unexpected" : "missing",
				    evidence_text((enum evidence_index)i));
	fail();
}

static evidence_t add_at(struct exchange *x, enum exchange_way way, uint64_t time_ns,
			 int32_t offset, const void *data, size_t len)
{
	const struct said said = {
		.time_ns = time_ns, .offset = offset, .size = len, .data = data, .len = len};

	return exchange_add(x, way, &said);
}

static evidence_t add(struct exchange *x, enum exchange_way way, int32_t offset, const void *data,
		      size_t len)
{
	return add_at(x, way, 1000, offset, data, len);
}

/* What follows from these two texts. */
static evidence_t after(struct exchange *x, const char *request, const char *response)
{
	*x = (struct exchange){0};
	add(x, FROM_PROBER, 0, request, strlen(request));
	return add(x, TO_PROBER, 0, response, strlen(response));
}

static void texts(const char *request, const char *response, evidence_t bits, unsigned int status)
{
	struct exchange x;

	same(after(&x, request, response), bits);
	assert_int_equal(x.status, status);
	exchange_free(&x);
}

static void test_texts(void **state)
{
	(void)state;
	texts(get, "HTTP/1.1 204 No\r\n\r\n", E(HTTP_REQUEST), 204);
	texts(get, "HTTP/1.1 503", E(HTTP_REQUEST), 503);
	texts(get, "HTTP/1.1 5", E(HTTP_REQUEST), 0);
	texts(get, "HTTP/1.1 600 x\r\n", E(HTTP_REQUEST) | E(NOT_HTTP), 0);
	texts(get, "+OK\r\n", E(HTTP_REQUEST) | E(NOT_HTTP), 0);
	texts(get, "HTTP/1.1 400 x\r\n\r\nThe plain HTTP request was sent to HTTPS port",
	      E(HTTP_REQUEST) | E(WANTS_TLS), 400);
	texts(get, "HTTP/1.1 404 x\r\n\r\nThe plain HTTP request was sent to HTTPS port",
	      E(HTTP_REQUEST), 404);
	texts("GET /a", "+OK\r\n", 0, 0); /* it may become another thing */
	texts("PING\r\n", "+PONG\r\n", 0, 0);
	texts("PING\r\n", "HTTP/1.1 500 x\r\n", 0, 500); /* whatever was asked */
	texts("PING\r\n", "\025\003\003", 0, 0);
	texts(get, "\025\003\003", E(HTTP_REQUEST) | E(NOT_HTTP), 0);
}

/* The final answer's, once it is there. */
static void test_interim(void **state)
{
	static const char interim[] = "HTTP/1.1 100 Continue\r\n\r\n";
	struct exchange x = {0};

	(void)state;
	after(&x, get, interim);
	add(&x, TO_PROBER, sizeof(interim) - 1, "HTTP/1.1 500 x\r\n", 16);
	assert_int_equal(x.status, 500);
	exchange_free(&x);
}

/* The answer so far may yet become a status line; it is known once it is there. */
static void test_undecided(void **state)
{
	struct exchange x = {0};

	(void)state;
	assert_false(x.undecided);
	after(&x, get, "HTTP/1");
	assert_true(x.undecided);
	add(&x, TO_PROBER, 6, ".1 200 OK\r\n", 11);
	assert_false(x.undecided);
	assert_int_equal(x.status, 200);
	exchange_free(&x);
}

static void test_alert(void **state)
{
	static const uint8_t alert[] = {21, 3, 3, 0, 2, 2, 40};
	static const uint8_t close_notify[] = {21, 3, 3, 0, 2, 1, 0};
	struct exchange x = {0};

	(void)state;
	add(&x, FROM_PROBER, 0, get, sizeof(get) - 1);
	same(add(&x, TO_PROBER, 0, alert, sizeof(alert)), E(HTTP_REQUEST) | E(SERVER_ALERT));
	assert_int_equal(x.alert.description, 40);
	exchange_free(&x);

	x = (struct exchange){0};
	add(&x, FROM_PROBER, 0, tls_sample_client_13, sizeof(tls_sample_client_13));
	same(add(&x, TO_PROBER, 0, alert, sizeof(alert)), E(TLS_REQUEST) | E(SERVER_ALERT));
	exchange_free(&x);

	x = (struct exchange){0};
	add(&x, FROM_PROBER, 0, tls_sample_client_13, sizeof(tls_sample_client_13));
	same(add(&x, TO_PROBER, 0, close_notify, sizeof(close_notify)), E(TLS_REQUEST));
	same(add(&x, FROM_PROBER, sizeof(tls_sample_client_13), alert, sizeof(alert)),
	     E(TLS_REQUEST) | E(PROBER_ALERT));
	exchange_free(&x);
}

/* The record of so many bytes behind what the prober said. */
static evidence_t tls13(struct exchange *x, size_t record, const uint8_t *hello, size_t hello_len)
{
	uint8_t data[64] = {23, 3, 3, 0, (uint8_t)record};

	*x = (struct exchange){0};
	add(x, FROM_PROBER, 0, tls_sample_client_13, sizeof(tls_sample_client_13));
	add(x, TO_PROBER, 0, hello, hello_len);
	return add(x, FROM_PROBER, sizeof(tls_sample_client_13), data, record + 5);
}

static void test_encrypted(void **state)
{
	static const uint8_t *hello = tls_sample_server_13;
	const size_t len = sizeof(tls_sample_server_13);
	struct exchange x;

	(void)state;
	same(tls13(&x, 53, hello, len), E(TLS_REQUEST) | E(TLS_ENCRYPTED));
	exchange_free(&x);
	same(tls13(&x, 19, hello, len), E(TLS_REQUEST) | E(TLS_ENCRYPTED) | E(PROBER_REFUSED));
	exchange_free(&x);
	same(tls13(&x, 25, hello, len), E(TLS_REQUEST) | E(TLS_ENCRYPTED));
	exchange_free(&x);
	/* Under TLS 1.2 that is no alert; and what was not answered is early data. */
	same(tls13(&x, 19, tls_sample_server_12, sizeof(tls_sample_server_12)),
	     E(TLS_REQUEST) | E(TLS_ENCRYPTED));
	exchange_free(&x);
	same(tls13(&x, 53, NULL, 0), E(TLS_REQUEST));
	exchange_free(&x);
}

static void test_not_tls(void **state)
{
	struct exchange x = {0};

	(void)state;
	same(add(&x, FROM_PROBER, 0, tls_sample_client_12, sizeof(tls_sample_client_12)),
	     E(TLS_REQUEST));
	same(add(&x, TO_PROBER, 0, "\026\003", 2), E(TLS_REQUEST));
	exchange_free(&x);
	x = (struct exchange){0};
	add(&x, FROM_PROBER, 0, tls_sample_client_12, sizeof(tls_sample_client_12));
	same(add(&x, TO_PROBER, 0, "HTTP", 4), E(TLS_REQUEST) | E(NOT_TLS));
	exchange_free(&x);
}

/* In whatever pieces and order they come, the same follows at the end. */
static void test_pieces(void **state)
{
	static const char response[] = "HTTP/1.1 418 Teapot\r\n\r\n";
	const size_t len = sizeof(response) - 1;

	(void)state;
	for (size_t step = 1; step <= 7; step++) {
		struct exchange x = {0};
		evidence_t bits = 0;

		add(&x, FROM_PROBER, 0, get, sizeof(get) - 1);
		for (size_t end = len; end > 0;) {
			size_t at = end > step ? end - step : 0;

			bits = add(&x, TO_PROBER, (int32_t)at, response + at,
				   end - at + (end < len));
			end = at;
		}
		same(bits, E(HTTP_REQUEST));
		assert_int_equal(x.status, 418);
		exchange_free(&x);
	}
}

/* Segments before the beginning (keep-alives) and far beyond what is kept. */
static void test_outside(void **state)
{
	struct exchange x = {0};

	(void)state;
	add(&x, FROM_PROBER, -1, "\0", 1);
	assert_int_equal(x.said[FROM_PROBER].len, 0);
	add(&x, FROM_PROBER, -2, "xxGET / HTTP/1.0\r\n\r\n", 20);
	assert_int_equal(x.said[FROM_PROBER].len, 18);
	same(add(&x, TO_PROBER, INT32_MAX, "x", 1), E(HTTP_REQUEST));
	same(add(&x, TO_PROBER, INT32_MIN, "x", 1), E(HTTP_REQUEST));
	exchange_free(&x);
}

/* The first and the latest of each side, also of what was not captured. */
static void test_times(void **state)
{
	struct exchange x = {0};

	(void)state;
	same(add_at(&x, FROM_PROBER, 5, 0, NULL, 0), 0);
	add_at(&x, FROM_PROBER, 7, 0, get, sizeof(get) - 1);
	add_at(&x, TO_PROBER, 9, 0, NULL, 0);
	add_at(&x, TO_PROBER, 11, 0, NULL, 0);
	assert_int_equal(x.first_ns[FROM_PROBER], 5);
	assert_int_equal(x.last_ns[FROM_PROBER], 7);
	assert_int_equal(x.first_ns[TO_PROBER], 9);
	assert_int_equal(x.last_ns[TO_PROBER], 11);
	exchange_free(&x);
}

static void test_parsed(void **state)
{
	struct http_request request;
	struct http_response response;
	struct tls_client_hello hello;
	struct exchange x = {0};

	(void)state;
	assert_false(exchange_http_request(&x, &request));
	assert_false(exchange_http_response(&x, &response));
	assert_false(exchange_client_hello(&x, &hello));
	after(&x, get, "HTTP/1.1 200 OK\r\n");
	assert_true(exchange_http_request(&x, &request));
	assert_memory_equal(request.host.data, "b", 1);
	assert_true(exchange_http_response(&x, &response));
	assert_int_equal(response.status, 200);
	assert_false(exchange_client_hello(&x, &hello));
	exchange_free(&x);
	assert_null(x.said[FROM_PROBER].data);
	x = (struct exchange){0};
	add(&x, FROM_PROBER, 0, tls_sample_client_13, sizeof(tls_sample_client_13));
	assert_true(exchange_client_hello(&x, &hello));
	assert_string_equal(hello.sni, "backend.example");
	assert_false(exchange_http_request(&x, &request));
	exchange_free(&x);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_texts),	  cmocka_unit_test(test_undecided),
		cmocka_unit_test(test_interim),	  cmocka_unit_test(test_alert),
		cmocka_unit_test(test_encrypted), cmocka_unit_test(test_not_tls),
		cmocka_unit_test(test_pieces),	  cmocka_unit_test(test_outside),
		cmocka_unit_test(test_times),	  cmocka_unit_test(test_parsed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
