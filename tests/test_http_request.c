// SPDX-License-Identifier: GPL-2.0-only
// Unit tests of the reading of HTTP requests.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../user/http.h"

#define PROXY_V2 "\r\n\r\n\0\r\nQUIT\n"
#define PREFACE	 "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"

static uint8_t *copy; /* of just the size: the sanitizer sees what is read beyond it */

static struct http_request parse(const char *text, size_t len)
{
	struct http_request request;

	free(copy);
	copy = malloc(len);
	assert_true(copy || !len);
	if (len)
		memcpy(copy, text, len);
	memset(&request, 0xa5, sizeof(request));
	http_request_parse(copy, len, &request);
	return request;
}

static int free_copy(void **state)
{
	(void)state;
	free(copy);
	copy = NULL;
	return 0;
}

static void is(struct http_text text, const char *want)
{
	assert_int_equal(text.len, strlen(want));
	if (text.len)
		assert_memory_equal(text.data, want, text.len);
}

static void is_empty(const struct http_request *request)
{
	is(request->line, "");
	is(request->method, "");
	is(request->target, "");
	is(request->version, "");
	is(request->host, "");
	is(request->user_agent, "");
	assert_false(request->host_known);
}

static void test_whole(void **state)
{
	static const char text[] =
		"HEAD /healthz?x=1 HTTP/1.1\r\nAccept: */*\r\nhOST: \t a.example:80"
		" \r\nUser-Agent:clb-healthcheck\r\nHost: second\r\n\r\nHost: body";
	struct http_request request = parse(text, sizeof(text) - 1);

	(void)state;
	assert_int_equal(request.kind, HTTP_WHOLE);
	is(request.line, "HEAD /healthz?x=1 HTTP/1.1");
	is(request.method, "HEAD");
	is(request.target, "/healthz?x=1");
	is(request.version, "HTTP/1.1");
	is(request.host, "a.example:80");
	is(request.user_agent, "clb-healthcheck");
	assert_true(request.host_known);
}

/* Cut anywhere, it is a part up to the end of the first line; fields come with the ends of theirs.
 */
static void test_cut(void **state)
{
	static const char text[] = "GET / HTTP/1.0\r\nUser-Agent: a\r\nHost: b\r\n\r\n";
	const size_t line = 16, agent = 31, host = 40;

	(void)state;
	for (size_t len = 0; len < sizeof(text); len++) {
		struct http_request request = parse(text, len);

		assert_int_equal(request.kind, len < line ? HTTP_PART : HTTP_WHOLE);
		is(request.method, len > 3 ? "GET" : "");
		is(request.target, len > 5 ? "/" : "");
		is(request.version, len > 13 ? "HTTP/1.0" : "");
		assert_int_equal(request.line.len, len < 14 ? len : 14);
		is(request.user_agent, len < agent ? "" : "a");
		is(request.host, len < host ? "" : "b");
		assert_int_equal(request.host_known, len >= host);
	}
}

static void test_host(void **state)
{
	static const struct {
		const char *text, *host;
		bool known;
	} cases[] = {
		{"GET / HTTP/1.1\r\n", "", false},
		{"GET / HTTP/1.1\r\n\r\n", "", true},
		{"GET / HTTP/1.1\n\n", "", true},
		{"GET / HTTP/1.1\nHost: x\n", "x", true},
		{"GET / HTTP/1.1\r\nHost:\r\n", "", true},
		{"GET / HTTP/1.1\r\nHost: \t \r\nHost: x\r\n", "", true},
		{"GET / HTTP/1.1\r\nHost: x", "", false}, /* it may go on */
		{"GET / HTTP/1.1\r\nHost : x\r\n", "", false},
		{"GET / HTTP/1.1\r\n Host: x\r\n", "", false},
		{"GET / HTTP/1.1\r\nX-Host: x\r\nHosts: y\r\n", "", false},
		{"GET / HTTP/1.1\r\nHos\r\n", "", false},
		{"GET / HTTP/1.1\r\n\r\nHost: body\r\n", "", true},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct http_request request = parse(cases[i].text, strlen(cases[i].text));

		assert_int_equal(request.kind, HTTP_WHOLE);
		is(request.host, cases[i].host);
		if (request.host_known != cases[i].known)
			fail_msg("\"%s\"", cases[i].text);
	}
}

static const struct {
	const char *text;
	enum http_kind kind;
} kinds[] = {
	{"", HTTP_PART},
	{"GE", HTTP_PART},
	{"GET", HTTP_PART},
	{"GET ", HTTP_PART},
	{"GET /x", HTTP_PART},
	{"GET /x ", HTTP_PART},
	{"GET /x HT", HTTP_PART},
	{"GET /x HTTP/1", HTTP_PART},
	{"GET /x HTTP/1.1", HTTP_PART},
	{"GET /x HTTP/1.1\r", HTTP_PART},
	{"GET /x HTTP/1.1\r\n", HTTP_WHOLE},
	{"GET /x HTTP/1.1\n", HTTP_WHOLE},
	{"GET /x HTTP/2\r\n", HTTP_WHOLE},
	{"OPTIONS * HTTP/1.1\r\n", HTTP_WHOLE},
	{"CONNECT a:443 HTTP/1.1\r\n", HTTP_WHOLE},
	{"!#$%&'*+-.^_`|~09azAZ x HTTP/1.1\n", HTTP_WHOLE},
	{"GET /\xc3\xa4 HTTP/1.1\n", HTTP_WHOLE},
	{"12345678901234567890123456789012 / HTTP/1.1\n", HTTP_WHOLE},
	{"12345678901234567890123456789012", HTTP_PART},
	{"123456789012345678901234567890123", HTTP_NONE},
	{"GET /\r\n", HTTP_NONE}, /* HTTP/0.9 */
	{"GET / \r\n", HTTP_NONE},
	{"GET\r\n", HTTP_NONE},
	{"GET\t/ HTTP/1.1", HTTP_NONE},
	{"GET  / HTTP/1.1", HTTP_NONE},
	{"GET  HTTP/1.1\r\n", HTTP_NONE},
	{"GET /  HTTP/1.1", HTTP_NONE},
	{"GET /\t HTTP/1.1", HTTP_NONE},
	{"GET /\x7f HTTP/1.1", HTTP_NONE},
	{"GET / b", HTTP_NONE},
	{"GET / http/1.1\r\n", HTTP_NONE},
	{"GET / HTTP/x", HTTP_NONE},
	{"GET / HTTP/1.x", HTTP_NONE},
	{"GET / HTTP/11", HTTP_NONE},
	{"GET / HTTP/1.11", HTTP_NONE},
	{"GET / HTTP/1.1 \r\n", HTTP_NONE},
	{"GET / HTTP/1.1\rx", HTTP_NONE},
	{"GET / HTTP/1.\r\n", HTTP_NONE},
	{" GET / HTTP/1.1\r\n", HTTP_NONE},
	{"PING\r\n", HTTP_NONE},
	{"hello", HTTP_PART},
	{"hello\n", HTTP_NONE},
	{"hello there\n", HTTP_NONE},
	{"HTTP/1.1 200 OK\r\n", HTTP_NONE},
	{"G(T", HTTP_NONE},
	{"\x16\x03\x01", HTTP_NONE},
	{"G\xc3", HTTP_NONE},
};

static void test_kinds(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		struct http_request request = parse(kinds[i].text, strlen(kinds[i].text));

		if (request.kind != kinds[i].kind)
			fail_msg("\"%s\": %d", kinds[i].text, request.kind);
		if (request.kind == HTTP_NONE)
			is_empty(&request);
	}
	assert_int_equal(parse("GE\0", 3).kind, HTTP_NONE);
	assert_int_equal(parse("GET /\0 HTTP/1.1\n", 16).kind, HTTP_NONE);
}

static void test_preface(void **state)
{
	static const char text[] = PREFACE "\0\0\0\4";
	struct http_request request;

	(void)state;
	for (size_t len = 0; len < sizeof(text); len++)
		assert_int_equal(parse(text, len).kind, len < 24 ? HTTP_PART : HTTP_2);
	request = parse(text, sizeof(text));
	is(request.line, "PRI * HTTP/2.0");
	assert_false(request.host_known);
	assert_int_equal(parse("PRI * HTTP/2.0\r\nHost: a\r\n", 25).kind, HTTP_WHOLE);
}

/* A PROXY header is stepped over; with it cut, all is open still. */
static void proxied(const char *proxy, size_t proxy_len)
{
	static const char rest[] = "GET /x HTTP/1.1\r\nHost: h\r\n\r\n";
	char text[512];
	struct http_request request;

	assert_true(proxy_len + sizeof(rest) <= sizeof(text));
	memcpy(text, proxy, proxy_len);
	memcpy(text + proxy_len, rest, sizeof(rest));
	for (size_t len = 0; len < proxy_len + sizeof(rest); len++)
		assert_int_equal(parse(text, len).kind,
				 len < proxy_len + 17 ? HTTP_PART : HTTP_WHOLE);
	request = parse(text, proxy_len + sizeof(rest) - 1);
	is(request.line, "GET /x HTTP/1.1");
	is(request.method, "GET");
	is(request.host, "h");

	memcpy(text + proxy_len, PREFACE, sizeof(PREFACE) - 1);
	assert_int_equal(parse(text, proxy_len + sizeof(PREFACE) - 1).kind, HTTP_2);
	text[proxy_len] = '(';
	assert_int_equal(parse(text, proxy_len + 1).kind, HTTP_NONE);
}

static void test_proxy(void **state)
{
	static const char v1[] = "PROXY TCP4 100.64.1.10 172.16.32.15 53738 80\r\n";
	static const char v1_6[] = "PROXY TCP6 ::1 ::2 1 2\r\n";
	static const char unknown[] = "PROXY UNKNOWN\r\n";
	static const char v2[] = PROXY_V2 "\x21\x11\0\x0c"
					  "\x64\x40\1\x0a\xac\x10\x20\x0f\1\2\0\x50";
	static const char v2_local[] = PROXY_V2 "\x20\0\0\0";

	(void)state;
	proxied(v1, sizeof(v1) - 1);
	proxied(v1_6, sizeof(v1_6) - 1);
	proxied(unknown, sizeof(unknown) - 1);
	proxied(v2, sizeof(v2) - 1);
	proxied(v2_local, sizeof(v2_local) - 1);
}

static void test_proxy_bad(void **state)
{
	char line[120];

	(void)state;
	memset(line, '1', sizeof(line));
	memcpy(line, "PROXY TCP4 ", 11);
	assert_int_equal(parse(line, 106).kind, HTTP_PART);
	assert_int_equal(parse(line, 107).kind, HTTP_NONE);
	memcpy(line + 105, "\r\nGET / HTTP/1.0\r\n", 15);
	assert_int_equal(parse(line, 107 + 5).kind, HTTP_PART); /* just within the limit */
	memcpy(line + 105, "1\r\n", 3);
	assert_int_equal(parse(line, 108).kind, HTTP_NONE);
	assert_int_equal(parse("PROXY TCP4 1\n", 13).kind, HTTP_NONE);
	assert_int_equal(parse("PROXY TCP5 1", 12).kind, HTTP_NONE);
	assert_int_equal(parse("PROXY / HTTP/1.1\r\n", 18).kind, HTTP_WHOLE); /* a method */
	assert_int_equal(parse(PROXY_V2 "\x31", 13).kind, HTTP_NONE);
	assert_int_equal(parse("\r\n\r\n\1", 5).kind, HTTP_NONE);
	assert_int_equal(parse("\r\nGET / HTTP/1.0\r\n", 18).kind, HTTP_NONE);
	/* Longer than all that is kept. */
	assert_int_equal(parse(PROXY_V2 "\x21\x11\xff\xff"
					"GET / HTTP/1.0\r\n",
			       32)
				 .kind,
			 HTTP_PART);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole),	  cmocka_unit_test(test_cut),
		cmocka_unit_test(test_host),	  cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_preface),	  cmocka_unit_test(test_proxy),
		cmocka_unit_test(test_proxy_bad),
	};

	return cmocka_run_group_tests(tests, NULL, free_copy);
}
