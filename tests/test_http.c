// SPDX-License-Identifier: GPL-2.0-only
// Unit tests of the reading of HTTP responses.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../user/http.h"

/* In memory of just that size: the sanitizer sees what is read beyond it. */
static uint8_t *copy_of(const char *text, size_t len)
{
	uint8_t *copy = malloc(len);

	assert_true(copy || !len);
	if (len)
		memcpy(copy, text, len);
	return copy;
}

static void test_status(void **state)
{
	static const struct {
		const char *text;
		unsigned int status;
	} lines[] = {
		{"HTTP/1.1 200 OK\r\n", 200}, {"HTTP/1.0 404 Not Found\r\n", 404},
		{"HTTP/1.1 503", 503}, /* without a reason, or cut there */
		{"HTTP/1.1 204\r\n", 204},    {"HTTP/1.1 204\n", 204},
		{"HTTP/1.1 200 ", 200},	      {"HTTP/1.1 100 Continue\r\n", 100},
		{"HTTP/1.1 599 x", 599},      {"HTTP/1.1 600 x", 0}, /* has no bit */
		{"HTTP/1.1 999 x", 0},	      {"HTTP/1.1 000 x", 0},
		{"HTTP/1.1 2000 x", 0},	      {"HTTP/1.1 200x", 0},
		{"HTTP/1.1 200\t", 0},	      {"HTTP/1.1 20", 0},
		{"HTTP/1.1 20 OK", 0},	      {"HTTP/1.1 2a0 OK", 0},
		{"HTTP/1.1 -20 OK", 0},	      {"HTTP/1.1  200 OK", 0},
		{"HTTP/1.1\t200 OK", 0},      {"HTTP/2 200 OK", 200},
		{"HTTP/1.12 200 OK", 0},      {"HTTP/1. 200 OK", 0},
		{"HTTP/1.1 099 x", 0},	      {"http/1.1 200 OK", 0},
		{" HTTP/1.1 200 OK", 0},      {"GET / HTTP/1.1\r\n", 0},
		{"\r\nHTTP/1.1 200 OK", 0},   {"", 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		size_t len = strlen(lines[i].text);
		uint8_t *data = copy_of(lines[i].text, len);

		if (http_status(data, len) != lines[i].status)
			fail_msg("\"%s\": %u", lines[i].text, http_status(data, len));
		free(data);
	}
}

/* Cut anywhere: all of the code must be there. */
static void test_status_cut(void **state)
{
	static const char text[] = "HTTP/1.1 301 Moved Permanently\r\n";

	(void)state;
	for (size_t len = 0; len < sizeof(text); len++) {
		uint8_t *data = copy_of(text, len);

		assert_int_equal(http_status(data, len), len < 12 ? 0 : 301);
		free(data);
	}
}

/* Every code that is told has a bit in the set of expected ones. */
static void test_status_bits(void **state)
{
	(void)state;
	for (unsigned int code = 0; code < 1000; code++) {
		uint8_t data[12] = "HTTP/1.1 xxx";

		data[9] = (uint8_t)('0' + code / 100);
		data[10] = (uint8_t)('0' + code / 10 % 10);
		data[11] = (uint8_t)('0' + code % 10);
		assert_int_equal(http_status(data, sizeof(data)),
				 code >= 100 && code < 600 ? code : 0);
		assert_true(http_status(data, sizeof(data)) / 8 < HTTP_STATUS_BYTES);
	}
}

static size_t first_line(const char *text, size_t len)
{
	uint8_t *data = copy_of(text, len);
	size_t line = http_first_line(data, len);

	free(data);
	return line;
}

static void test_first_line(void **state)
{
	(void)state;
	assert_int_equal(first_line("GET / HTTP/1.1\r\nHost: x", 23), 14);
	assert_int_equal(first_line("GET /\nmore", 10), 5);
	assert_int_equal(first_line("GET /\rmore", 10), 5);
	assert_int_equal(first_line("no end", 6), 6);
	assert_int_equal(first_line("end\r\n", 3), 3); /* the end is not in it */
	assert_int_equal(first_line("end\r\n", 4), 3);
	assert_int_equal(first_line("\r\nx", 3), 0);
	assert_int_equal(first_line("\n", 1), 0);
	assert_int_equal(first_line("", 0), 0);
	assert_int_equal(first_line("a\0b\r\n", 5), 3); /* a zero byte is no end */
}

static struct http_response parse(const char *text, size_t len, char line[64])
{
	uint8_t *data = copy_of(text, len);
	struct http_response response;

	memset(&response, 0xa5, sizeof(response));
	http_response_parse(data, len, &response);
	assert_true(!response.line.len || (response.line.data >= data &&
					   response.line.data + response.line.len <= data + len));
	assert_true(response.line.len < 64);
	if (response.line.len)
		memcpy(line, response.line.data, response.line.len);
	line[response.line.len] = '\0';
	free(data);
	return response;
}

static void test_response(void **state)
{
	static const struct {
		const char *text;
		enum http_kind kind;
		unsigned int status;
		const char *line;
	} cases[] = {
		{"", HTTP_PART, 0, ""},
		{"HT", HTTP_PART, 0, "HT"},
		{"HTTP/1", HTTP_PART, 0, "HTTP/1"},
		{"HTTP/1.1 ", HTTP_PART, 0, "HTTP/1.1 "},
		{"HTTP/1.1 20", HTTP_PART, 0, "HTTP/1.1 20"},
		{"HTTP/1.1 200", HTTP_PART, 200, "HTTP/1.1 200"},
		{"HTTP/1.1 200 O", HTTP_WHOLE, 200, "HTTP/1.1 200 O"},
		{"HTTP/1.1 200 OK\r\nServer: x", HTTP_WHOLE, 200, "HTTP/1.1 200 OK"},
		{"HTTP/1.1 200\r", HTTP_WHOLE, 200, "HTTP/1.1 200"},
		{"HTTP/1.1 200\n", HTTP_WHOLE, 200, "HTTP/1.1 200"},
		{"HTTP/3 599 \n", HTTP_WHOLE, 599, "HTTP/3 599 "},
		{"HTTP/1.0", HTTP_PART, 0, "HTTP/1.0"},
		{"HTTP/1.0\r\n", HTTP_NONE, 0, ""},
		{"HTTP/1.0 \r\n", HTTP_NONE, 0, ""},
		{"HTTP/1.1 2000", HTTP_NONE, 0, ""},
		{"HTTP/1.1 6", HTTP_NONE, 0, ""},
		{"HTTP/1.1 0", HTTP_NONE, 0, ""},
		{"HTTP/x", HTTP_NONE, 0, ""},
		{"HTTQ", HTTP_NONE, 0, ""},
		{"SSH-2.0-x\r\n", HTTP_NONE, 0, ""},
		{"<html>", HTTP_NONE, 0, ""},
		{"\x15\x03\x01", HTTP_NONE, 0, ""},
	};
	char line[64];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct http_response response = parse(cases[i].text, strlen(cases[i].text), line);

		if (response.kind != cases[i].kind || response.status != cases[i].status)
			fail_msg("\"%s\": %d %u", cases[i].text, response.kind, response.status);
		assert_string_equal(line, cases[i].line);
	}
}

/* Interim responses are stepped over once the final one's status line is there. */
static void test_interim(void **state)
{
	static const char text[] = "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
				   "HTTP/1.1 100 Continue\n\nHTTP/1.1 503 Busy\r\n\r\n";
	const size_t hints = 13, next = 37 + 13, final = 60 + 13;
	char line[64];

	(void)state;
	for (size_t len = hints; len < sizeof(text); len++) {
		unsigned int want = len < next ? 103 : len < final ? 100 : 503;
		struct http_response response = parse(text, len, line);

		assert_int_equal(response.kind, HTTP_WHOLE);
		assert_int_equal(response.status, want);
	}
	assert_string_equal(line, "HTTP/1.1 503 Busy");
	assert_int_equal(parse("HTTP/1.1 102 P\r\n\r\nHTTP/1.1 404 x", 32, line).status, 404);
	/* Behind 101 comes another protocol; behind 100, not always HTTP. */
	assert_int_equal(parse("HTTP/1.1 101 S\r\n\r\nHTTP/1.1 404 x", 32, line).status, 101);
	assert_int_equal(parse("HTTP/1.1 100 C\r\n\r\nHTTQ/1.1 404 x", 32, line).status, 100);
	assert_int_equal(parse("HTTP/1.1 200 O\r\n\r\nHTTP/1.1 404 x", 32, line).status, 200);
}

static void test_settings(void **state)
{
	static const char whole[] = "\0\0\x12\4\0\0\0\0\0\0\3\0\0\0\x80";
	static const char *const none[] = {"\x1",	 "\0\x40",	 "\0\0\x11",
					   "\0\0\x12\5", "\0\0\x12\4\1", "\0\0\x12\4\0\0\0\0\1"};
	static const size_t none_len[] = {1, 2, 3, 4, 5, 9};
	char line[64];

	(void)state;
	for (size_t len = 0; len < sizeof(whole); len++) {
		struct http_response response = parse(whole, len, line);

		assert_int_equal(response.kind, len < 9 ? HTTP_PART : HTTP_2);
		assert_int_equal(response.status, 0);
		assert_string_equal(line, "");
	}
	assert_int_equal(parse("\0\0\0\4\0\0\0\0\0", 9, line).kind, HTTP_2);
	for (size_t i = 0; i < sizeof(none_len) / sizeof(none_len[0]); i++) {
		assert_int_equal(parse(none[i], none_len[i] - 1, line).kind, HTTP_PART);
		assert_int_equal(parse(none[i], none_len[i], line).kind, HTTP_NONE);
	}
}

/* At the end of a response, with the data cut to its size. */
static bool wants_tls(const char *head, const char *body, size_t less)
{
	size_t head_len = strlen(head), len = head_len + strlen(body);
	char *text = malloc(len + 1);
	uint8_t *data;
	bool wants;

	assert_non_null(text);
	memcpy(text, head, head_len);
	memcpy(text + head_len, body, len - head_len + 1);
	data = copy_of(text, len - less);
	wants = http_wants_tls(data, len - less);
	free(data);
	free(text);
	return wants;
}

static void test_wants_tls(void **state)
{
	static const char *const bodies[] = {
		"<html>\r\n<head><title>400 The plain HTTP request was sent to HTTPS port",
		"Reason: You're speaking plain HTTP to an SSL-enabled server port",
		"Client sent an HTTP request to an HTTPS server",
		"Bad Request\r\nThis combination of host and port requires TLS",
		"The client sent a plain HTTP request, but this server only speaks HTTPS",
	};
	static const char head[] = "HTTP/1.1 400 Bad Request\r\nServer: x\r\n\r\n";

	(void)state;
	for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
		assert_true(wants_tls(head, bodies[i], 0));
		assert_true(
			wants_tls("HTTP/1.1 100 C\r\n\r\nHTTP/1.0 400 B\r\n\r\n", bodies[i], 0));
		assert_false(wants_tls(head, bodies[i], 1));
		assert_false(wants_tls("HTTP/1.1 403 Forbidden\r\n\r\n", bodies[i], 0));
		assert_false(wants_tls("", bodies[i], 0));
	}
	assert_false(wants_tls(head, "<html>Bad Request", 0));
	assert_false(wants_tls(head, "", 0));
	assert_false(wants_tls("", "", 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_status),	    cmocka_unit_test(test_status_cut),
		cmocka_unit_test(test_status_bits), cmocka_unit_test(test_first_line),
		cmocka_unit_test(test_response),    cmocka_unit_test(test_interim),
		cmocka_unit_test(test_settings),    cmocka_unit_test(test_wants_tls),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
