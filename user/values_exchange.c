// SPDX-License-Identifier: GPL-2.0-only
// Values about what prober and service said to each other, and how long it took.
#include <inttypes.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "escape.h"
#include "flow.h"
#include "values_internal.h"

uint64_t value_waited_ms(const struct values_of *of)
{
	const struct attempt *a = &of->probe->attempt;

	/* The prober's own patience, where it showed. */
	if (a->prober_closed && !(a->bits & E(RESPONSE)))
		return (a->close_ns - a->start_ns) / 1000000;
	return of->probe->cut_short_ms ? of->probe->cut_short_ms : of->host->timeout_ns / 1000000;
}

const char *value_quote(const uint8_t *data, size_t len, char *out, size_t out_len)
{
	size_t line = http_first_line(data, len);
	char text[VALUE_QUOTE_LEN - 2];

	/* A line of blanks only, or none, shows nothing: then whatever is there. */
	escape_text(data, line ? line : len, text, sizeof(text));
	snprintf(out, out_len, "\"%s\"", text);
	return out;
}

static bool timeout(const struct values_of *of, char *out, size_t out_len)
{
	snprintf(out, out_len, "%" PRIu64, value_waited_ms(of));
	return true;
}

static void duration_words(uint64_t from, uint64_t to, char *out, size_t out_len)
{
	uint64_t us = to > from ? (to - from) / 1000 : 0;

	if (us < 1000)
		snprintf(out, out_len, "%" PRIu64 " us", us);
	else
		snprintf(out, out_len, "%" PRIu64 ".%" PRIu64 " ms", us / 1000, us % 1000 / 100);
}

/* " after 1.2 ms", "" if one of the times is not known. */
static const char *after(uint64_t from, uint64_t to, char out[48])
{
	char took[32];

	out[0] = 0;
	if (from && to) {
		duration_words(from, to, took, sizeof(took));
		snprintf(out, 48, " after %s", took);
	}
	return out;
}

static void answered_words(const struct probe *probe, char *out, size_t out_len)
{
	const struct exchange *x = &probe->exchange;
	const struct stream *answer = &x->said[TO_PROBER];
	uint64_t asked = x->first_ns[FROM_PROBER];
	char took[48], quote[VALUE_QUOTE_LEN] = "";
	struct http_response response;

	/* Behind an interim response the final one is what the prober judges by. */
	if (exchange_http_response(x, &response))
		value_quote(response.line.data, response.line.len, quote, sizeof(quote));
	else if (answer->len)
		value_quote(answer->data, answer->len, quote, sizeof(quote));
	snprintf(out, out_len, "answered%s%s%s%s",
		 after(asked ? asked : probe->first_ns, probe->attempt.response_ns, took),
		 answer->len ? ": " : "", quote,
		 probe->attempt.bits & E(RESET_UNREAD) && !probe->attempt.prober_closed
			 ? ", then closed with unread data: the reset may destroy the answer"
		 : probe->attempt.bits & E(CAPTURE) && exchange_is_unread(x)
			 ? "; not all of it was captured (tcpdump -s 0): the status could not be "
			   "read"
			 : "");
}

static void datagram_words(const struct probe *probe, char *out, size_t out_len)
{
	const struct attempt *a = &probe->attempt;
	char took[48];

	if (a->bits & E(RESPONSE))
		snprintf(out, out_len, "%s%s", a->bits & E(ECHO) ? "echo reply" : "answered",
			 after(a->start_ns, a->response_ns, took));
	else
		snprintf(out, out_len, "%s, no answer and no ICMP error: healthy for a UDP check",
			 a->bits & (E(DELIVERED) | E(LONG)) ? "delivered" : "handed on");
}

static void connected_words(const struct probe *probe, char *out, size_t out_len)
{
	const struct attempt *a = &probe->attempt;
	char took[48];

	snprintf(out, out_len, "%s%s, %s", a->bits & E(HANDSHAKE) ? "connected" : "SYN-ACK",
		 after(a->start_ns, a->synack_ns, took),
		 a->bits & E(REQUEST) ? "data received, then reset by the prober without waiting"
		 : a->bits & E(PROBER_RST) ? "then reset by the prober"
		 : a->bits & E(PROBER_FIN) ? "then closed by the prober"
		 : a->bits & E(SERVER_FIN) ? "then closed by this host"
					   : "nothing was asked");
}

static bool exchange(const struct values_of *of, char *out, size_t out_len)
{
	evidence_t bits = of->probe->attempt.bits;

	if (bits & (E(DATAGRAM) | E(ECHO)))
		datagram_words(of->probe, out, out_len);
	else if (bits & E(TLS_REQUEST) && bits & E(RESPONSE))
		return value_tls_exchange(of, out, out_len);
	else if (bits & E(RESPONSE))
		answered_words(of->probe, out, out_len);
	else
		connected_words(of->probe, out, out_len);
	return true;
}

/* Of an answer that began. */
static void unfinished_words(const struct probe *probe, char *out, size_t out_len)
{
	const struct stream *answer = &probe->exchange.said[TO_PROBER];
	const char *then = probe->attempt.prober_closed ? "until the prober gave up"
			   : probe->timed_out		? "before the timeout"
							: "before it closed";
	char quote[VALUE_QUOTE_LEN];

	snprintf(out, out_len, "it began to answer (%s) and did not finish %s",
		 value_quote(answer->data, answer->len, quote, sizeof(quote)), then);
}

static bool no_answer_words(const struct values_of *of, char *out, size_t out_len)
{
	const struct exchange *x = &of->probe->exchange;
	const struct attempt *a = &of->probe->attempt;
	char took[32];

	if (a->bits & E(DROP_RCVBUF))
		return value_put(out, out_len,
				 "datagram dropped: the socket's receive buffer is full, nobody "
				 "reads it");
	if (x->cut_short) {
		unfinished_words(of->probe, out, out_len);
		return true;
	}
	if (!(a->bits & E(TLS_ENCRYPTED))) {
		snprintf(out, out_len, "request received, no answer within %" PRIu64 " ms",
			 value_waited_ms(of));
		return true;
	}
	duration_words(x->last_ns[TO_PROBER],
		       a->prober_closed ? a->close_ns : a->start_ns + value_waited_ms(of) * 1000000,
		       took, sizeof(took));
	snprintf(out, out_len,
		 "TLS handshake done and encrypted data received, then silence for %s%s", took,
		 a->prober_closed ? ", until the prober closed" : "");
	return true;
}

static bool status_line(const struct values_of *of, char *out, size_t out_len)
{
	const struct stream *answer = &of->probe->exchange.said[TO_PROBER];
	struct http_response response;
	char quote[VALUE_QUOTE_LEN];

	if (!answer->len)
		return false;
	if (exchange_http_response(&of->probe->exchange, &response)) {
		value_quote(response.line.data, response.line.len, out, out_len);
		return true;
	}
	value_quote(answer->data, answer->len, quote, sizeof(quote));
	snprintf(out, out_len, "%s, which is no HTTP response,",
		 response.kind == HTTP_2 ? "in HTTP/2" : quote);
	return true;
}

/* A request line names method, path and version; the Host is of interest with it. */
static bool request_line(const struct values_of *of, char *out, size_t out_len)
{
	const struct stream *asked = &of->probe->exchange.said[FROM_PROBER];
	char quote[VALUE_QUOTE_LEN], host[96];
	struct http_request request;

	if (!asked->len)
		return value_put(out, out_len, "the request");
	if (!exchange_http_request(&of->probe->exchange, &request)) {
		value_quote(asked->data, asked->len, out, out_len);
		return true;
	}
	value_quote(request.line.data, request.line.len, quote, sizeof(quote));
	if (request.host.len)
		snprintf(out, out_len, "%s (Host: %s)", quote,
			 escape_text(request.host.data, request.host.len, host, sizeof(host)));
	else
		snprintf(out, out_len, "%s%s", quote, request.host_known ? " (no Host)" : "");
	return true;
}

/* The codes of --expect-status, as ranges. */
static bool expected(const struct values_of *of, char *out, size_t out_len)
{
	const uint8_t *bits = of->host->expect_status;
	size_t at = 0;

	out[0] = 0;
	for (unsigned int code = 0, last; code < 600 && at < out_len; code = last + 1) {
		last = code;
		if (!(bits[code / 8] >> code % 8 & 1))
			continue;
		while (last + 1 < 600 && bits[(last + 1) / 8] >> (last + 1) % 8 & 1)
			last++;
		at += (size_t)snprintf(out + at, out_len - at, last > code ? "%s%u-%u" : "%s%u",
				       at ? "," : "", code, last);
	}
	return at > 0;
}

/* Whether the request is HTTP/1.1 without Host, which RFC 9112, section 3.2 has answered by 400. */
static bool lacks_host(const struct exchange *x)
{
	struct http_request request;

	return exchange_http_request(x, &request) && request.host_known && !request.host.len &&
	       request.version.len == 8 && !memcmp(request.version.data, "HTTP/1.1", 8);
}

/* What is typical for a status code; the vendor's page, step 4. */
static const char *typical_fix(unsigned int status)
{
	static const struct {
		unsigned int first, last;
		const char *words;
	} typical[] = {
		{301, 303,
		 "the check is redirected (to HTTPS?): check the target of the redirect, or expect "
		 "3xx"},
		{307, 308,
		 "the check is redirected (to HTTPS?): check the target of the redirect, or expect "
		 "3xx"},
		{400, 400, "the service calls the request malformed: its log says why"},
		{401, 401, "use a check path that needs no login"},
		{403, 403, "use a check path that is open to the prober's address, without login"},
		{404, 404, "the check path does not exist: correct it, or create the page"},
		{405, 405, "the service refuses the check's method: use GET"},
		{421, 421, "set the check's domain to one that the service serves"},
		{501, 501, "the service refuses the check's method: use GET"},
		{502, 502, "what the service forwards to does not answer: look at its backend"},
		{503, 503,
		 "the service says that it cannot serve: its log, its dependencies, its limits"},
		{504, 504, "what the service forwards to does not answer: look at its backend"},
		{500, 599, "look at the service's log and load: it answers with an error"},
	};

	for (size_t i = 0; i < sizeof(typical) / sizeof(typical[0]); i++)
		if (status >= typical[i].first && status <= typical[i].last)
			return typical[i].words;
	return "set the check's path and expected status codes to what the service answers";
}

static bool status_fix(const struct values_of *of, char *out, size_t out_len)
{
	const struct exchange *x = &of->probe->exchange;
	struct http_request request;

	if (exchange_http_request(x, &request) && request.kind == HTTP_2)
		return value_put(
			out, out_len,
			"the check speaks HTTP/2 (gRPC), the service HTTP/1: set the check to "
			"HTTP, or have the service take HTTP/2");
	if (!x->status)
		return value_put(out, out_len,
				 "is it the right port? the service there does not answer in "
				 "HTTP/1: check another port, or use a TCP check");
	if (x->status == 400 && lacks_host(x))
		return value_put(out, out_len,
				 "give the check a domain: HTTP/1.1 without Host is refused with "
				 "400");
	return value_put(out, out_len, typical_fix(x->status));
}

/* Only to other methods nginx says in words that it wants TLS. */
static bool head_400(const struct values_of *of, char *out, size_t out_len)
{
	const struct exchange *x = &of->probe->exchange;
	struct http_request request;

	(void)out_len;
	out[0] = 0;
	return x->status == 400 && exchange_http_request(x, &request) && request.method.len == 4 &&
	       !memcmp(request.method.data, "HEAD", 4);
}

/* An error that took long comes from overload more often than not. */
static bool overload(const struct values_of *of, char *out, size_t out_len)
{
	const struct exchange *x = &of->probe->exchange;
	uint64_t asked = x->first_ns[FROM_PROBER], answered = x->first_ns[TO_PROBER];

	if (x->status < 500 || !asked || answered < asked + of->host->timeout_ns / 4)
		return false;
	duration_words(asked, answered, out, out_len);
	return true;
}

/* How long the prober waited: as it showed, else as it is set. */
static bool patience(const struct values_of *of, char *out, size_t out_len)
{
	const struct attempt *a = &of->probe->attempt;
	char took[32];

	if (a->bits & E(HALF_CLOSED)) {
		duration_words(a->start_ns, a->half_closed_ns, took, sizeof(took));
		snprintf(out, out_len, "the prober had given up after %s", took);
	} else {
		snprintf(out, out_len, "the balancer waits %" PRIu64 " ms",
			 of->host->timeout_ns / 1000000);
	}
	return true;
}

static bool late_words(const struct values_of *of, char *out, size_t out_len)
{
	duration_words(of->probe->attempt.start_ns, of->probe->attempt.response_ns, out, out_len);
	return true;
}

const struct value values_exchange[] = {
	{"timeout", timeout},
	{"exchange", exchange},
	{"no_answer_words", no_answer_words},
	{"late_words", late_words},
	{"patience", patience},
	{"status_line", status_line},
	{"request_line", request_line},
	{"status_fix", status_fix},
	{"?head_400", head_400},
	{"overload", overload},
	{"expected", expected},
	{NULL, NULL},
};
