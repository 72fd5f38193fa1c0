// SPDX-License-Identifier: GPL-2.0-only
// Unit tests of HTTP status codes: which are expected, what is typical for one that is not.
#include <stdio.h>
#include <string.h>

#include "fixture.h"

enum { FIN = 1, ACK = 16 };

static const char get[] = "GET /health HTTP/1.1\r\nHost: check.example\r\n\r\n";

/* Against what is expected: 200 to 399. */
static const struct verdict *status(struct fixture *f, const char *request, const char *response)
{
	fx_expect_status(f, 200, 399);
	fx_exchange(f, request, response);
	return fx_expect_now(f, "http-status", CONFIDENCE_CERTAIN);
}

static void test_expected(void **state)
{
	struct fixture *f = *state;
	const struct verdict *v;

	v = status(f, get, "HTTP/1.1 404 Not Found\r\n\r\n");
	fx_says(v, "expected: 200-399");
	fx_fixes(v, "the check path does not exist");
}

static void test_expected_edges(void **state)
{
	static const struct {
		const char *response;
		bool healthy;
	} edges[] = {{"HTTP/1.1 199 x\r\n\r\n", false},
		     {"HTTP/1.1 200 x\r\n\r\n", true},
		     {"HTTP/1.1 399 x\r\n\r\n", true},
		     {"HTTP/1.1 400 x\r\n\r\n", false}};

	(void)state;
	for (size_t i = 0; i < sizeof(edges) / sizeof(edges[0]); i++) {
		struct fixture *f = fx_new(16);

		fx_expect_status(f, 200, 399);
		fx_exchange(f, get, edges[i].response);
		fx_expect_now(f, edges[i].healthy ? "healthy" : "http-status", CONFIDENCE_CERTAIN);
		fx_free(f);
	}
}

/* A vendor that takes 5xx too. */
static void test_expect_all(void **state)
{
	struct fixture *f = *state;

	fx_expect_status(f, 100, 599);
	fx_exchange(f, get, "HTTP/1.1 599 x\r\n\r\n");
	fx_expect_now(f, "healthy", CONFIDENCE_CERTAIN);
}

static void test_typical(void **state)
{
	static const struct {
		const char *status, *fix;
	} typical[] = {
		{"301 Moved", "the check is redirected (to HTTPS?)"},
		{"302 Found", "the check is redirected (to HTTPS?)"},
		{"308 Moved", "the check is redirected (to HTTPS?)"},
		{"400 Bad Request", "the service calls the request malformed"},
		{"401 Unauthorized", "use a check path that needs no login"},
		{"403 Forbidden", "without login"},
		{"404 Not Found", "the check path does not exist"},
		{"405 Method Not Allowed", "use GET"},
		{"501 Not Implemented", "use GET"},
		{"500 Internal Server Error", "log and load: it answers with an error"},
		{"502 Bad Gateway", "look at its backend"},
		{"503 Service Unavailable", "the service says that it cannot serve"},
		{"504 Gateway Timeout", "look at its backend"},
		{"505 HTTP Version", "log and load: it answers with an error"},
		{"418 Teapot", "expected status codes to what the service answers"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(typical) / sizeof(typical[0]); i++) {
		struct fixture *f = fx_new(16);
		const struct verdict *v;
		char response[80];

		snprintf(response, sizeof(response), "HTTP/1.1 %s\r\n\r\n", typical[i].status);
		fx_expect_status(f, 200, 299);
		fx_exchange(f, get, response);
		v = fx_expect_now(f, "http-status", CONFIDENCE_CERTAIN);
		fx_says(v, typical[i].status);
		if (!strstr(v->fix[0], typical[i].fix))
			fail_msg("%s: %s", typical[i].status, v->fix[0]);
		assert_int_equal(v->n_fix, 1); /* nothing of overload */
		fx_free(f);
	}
}

/* It took more than a quarter of the timeout. */
static void answer_after(const char *response, uint64_t ms, const char *overload)
{
	struct fixture *f = fx_new(16);
	const struct verdict *v;

	fx_expect_status(f, 200, 299);
	fx_connect(f);
	fx_at(f, 1000);
	fx_request(f, get);
	fx_at(f, 1000 + ms * 1000);
	fx_respond(f, response);
	fx_send(f, FIN | ACK);
	v = fx_expect_now(f, "http-status", CONFIDENCE_CERTAIN);
	if (overload)
		fx_fixes(v, overload);
	else
		fx_fixes_not(v, "overload");
	fx_free(f);
}

static void test_overload(void **state)
{
	(void)state;
	answer_after("HTTP/1.1 500 x\r\n\r\n", 501,
		     "it took 501.0 ms: overload? ss -lnt sport = :80");
	answer_after("HTTP/1.1 504 x\r\n\r\n", 1900, "it took 1900.0 ms: overload?");
	answer_after("HTTP/1.1 500 x\r\n\r\n", 400, NULL);
	answer_after("HTTP/1.1 404 x\r\n\r\n", 1900, NULL);
}

static void test_host(void **state)
{
	static const struct {
		const char *request, *says;
		bool domain; /* is what is missing */
	} hosts[] = {
		{"GET / HTTP/1.1\r\nHost: a.b\r\n\r\n", "to \"GET / HTTP/1.1\" (Host: a.b); ",
		 false},
		{"GET / HTTP/1.1\r\nX: Host: a\r\n\r\n", "to \"GET / HTTP/1.1\" (no Host); ", true},
		{"GET / HTTP/1.1\r\nhost:\r\n\r\n", "to \"GET / HTTP/1.1\" (no Host); ", true},
		{"GET / HTTP/1.0\r\n\r\n", "to \"GET / HTTP/1.0\" (no Host); ", false},
		/* Its header section is not complete: there may be one. */
		{"GET / HTTP/1.1\r\nX: y\r\n", "to \"GET / HTTP/1.1\"; ", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++) {
		struct fixture *f = fx_new(16);
		const struct verdict *v =
			status(f, hosts[i].request, "HTTP/1.1 400 Bad Request\r\n\r\n");

		fx_says(v, hosts[i].says);
		if (hosts[i].domain)
			fx_fixes(v, "give the check a domain: HTTP/1.1 without Host");
		else
			fx_fixes(v, "malformed");
		fx_free(f);
	}
}

/* Behind a PROXY protocol header. */
static void test_proxy(void **state)
{
	struct fixture *f = *state;
	const struct verdict *v;

	v = status(f, "PROXY TCP4 100.64.1.10 172.16.32.15 1 80\r\nGET /p HTTP/1.0\r\n\r\n",
		   "HTTP/1.0 403 Forbidden\r\n\r\n");
	fx_says(v, "to \"GET /p HTTP/1.0\" (no Host)");
}

/* What is missing is of interest where it is what was complained of. */
static void test_no_host_and_404(void **state)
{
	struct fixture *f = *state;
	const struct verdict *v = status(f, "GET / HTTP/1.1\r\n\r\n", "HTTP/1.1 404 x\r\n\r\n");

	fx_says(v, "(no Host)");
	fx_fixes_not(v, "domain");
}

static void test_expect_errors(void **state)
{
	struct fixture *f = *state;

	fx_expect_status(f, 503, 599);
	fx_exchange(f, get, "HTTP/1.1 200 OK\r\n\r\n");
	fx_says(fx_expect_now(f, "http-status", CONFIDENCE_CERTAIN), "; expected: 503-599");
}

static void test_expect_one(void **state)
{
	struct fixture *f = *state;

	fx_expect_status(f, 200, 200);
	fx_exchange(f, get, "HTTP/1.1 204 x\r\n\r\n");
	fx_says(fx_expect_now(f, "http-status", CONFIDENCE_CERTAIN), "; expected: 200");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fx_setup, fx_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_no_host_and_404),
		TEST(test_expect_errors),
		TEST(test_expect_one),
		TEST(test_expected),
		cmocka_unit_test(test_expected_edges),
		TEST(test_expect_all),
		cmocka_unit_test(test_typical),
		cmocka_unit_test(test_overload),
		cmocka_unit_test(test_host),
		TEST(test_proxy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
