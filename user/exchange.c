// SPDX-License-Identifier: GPL-2.0-only
// What prober and service said to each other: the first bytes each way, and what they are.
#include "exchange.h"

#include <stdio.h>
#include <string.h>

#include "escape.h"

/* So many bytes of a request tell what it is: a TLS record's header, or a method and a path. */
enum { ASKED_TOLD = 16 };

struct text {
	const uint8_t *data;
	size_t len;
};

/* What the prober says, without a balancer's PROXY protocol header. */
static struct text request_of(const struct exchange *x)
{
	const struct stream *s = &x->said[FROM_PROBER];
	size_t header = s->len ? http_proxy_header(s->data, s->len) : 0;

	return s->len ? (struct text){s->data + header, s->len - header} : (struct text){0};
}

static bool reads(struct tls_alert *alert, const uint8_t *data, size_t len)
{
	return tls_alert(data, len, alert) && alert->description != TLS_CLOSE_NOTIFY;
}

/* A status line counts whatever it answers; that it is none only where the request is HTTP. */
static evidence_t answer_evidence(struct exchange *x, enum http_kind request)
{
	const struct stream *answer = &x->said[TO_PROBER];
	bool http = request == HTTP_WHOLE || request == HTTP_2;
	evidence_t bits = http ? E(HTTP_REQUEST) : 0;
	struct http_response response;

	if (!answer->len)
		return bits;
	http_response_parse(answer->data, answer->len, &response);
	x->status = response.status;
	x->undecided = http && response.kind == HTTP_PART && !response.status;
	x->line_ended = response.status &&
			response.line.data + response.line.len < answer->data + answer->len;
	if (response.status == 400 && http_wants_tls(answer->data, answer->len))
		bits |= E(WANTS_TLS);
	x->cut_short =
		http && response.status >= 200 && !response.headed && answer->len < STREAM_KEPT;
	/* A request in HTTP/2 is answered in HTTP/2; any other is not. */
	if (http &&
	    (response.kind == HTTP_NONE || (response.kind == HTTP_2) != (request == HTTP_2)) &&
	    (response.kind != HTTP_PART || response.status))
		bits |= E(NOT_HTTP);
	return bits;
}

static evidence_t plain_evidence(struct exchange *x)
{
	const struct stream *request = &x->said[FROM_PROBER], *answer = &x->said[TO_PROBER];
	struct http_request http;
	evidence_t bits;

	http_request_parse(request->data, request->len, &http);
	bits = answer_evidence(x, http.kind);
	if (answer->len && tls_kind(answer->data, answer->len) == TLS_ALERT &&
	    tls_alert(answer->data, answer->len, &x->alert))
		bits = (bits & ~E(NOT_HTTP)) | E(SERVER_ALERT);
	return bits;
}

static evidence_t tls_evidence(struct exchange *x)
{
	const struct stream *answer = &x->said[TO_PROBER];
	const struct text asked = request_of(x);
	evidence_t bits = E(TLS_REQUEST);

	x->is_tls13 = tls_server_version(answer->data, answer->len) >= 0x0304;
	if (answer->len && tls_kind(answer->data, answer->len) == TLS_NONE)
		return bits | E(NOT_TLS);
	if (reads(&x->alert, answer->data, answer->len))
		bits |= E(SERVER_ALERT);
	else if (reads(&x->alert, asked.data, asked.len))
		bits |= E(PROBER_ALERT);
	else if (x->is_tls13 && tls_refuses_encrypted(asked.data, asked.len))
		bits |= E(PROBER_REFUSED);
	if (answer->len && tls_encrypts(asked.data, asked.len))
		bits |= E(TLS_ENCRYPTED);
	return bits;
}

static void extend(struct exchange *x, enum exchange_way way, const struct said *said)
{
	const int64_t end = said->offset + (int64_t)said->size;

	if (end > (int64_t)x->reach[way])
		x->reach[way] = end < STREAM_KEPT ? (size_t)end : STREAM_KEPT;
}

evidence_t exchange_add(struct exchange *x, enum exchange_way way, const struct said *said)
{
	struct text asked;

	if (!x->first_ns[way])
		x->first_ns[way] = said->time_ns;
	x->last_ns[way] = said->time_ns;
	extend(x, way, said);
	asked = request_of(x);
	if (way == TO_PROBER && asked.len && tls_encrypts(asked.data, asked.len))
		x->encrypted += said->size;
	if (said->len && stream_add(&x->said[way], said->offset, said->data, said->len))
		return 0; /* without memory less is known */
	asked = request_of(x);
	if (!asked.len)
		return 0;
	return tls_kind(asked.data, asked.len) == TLS_HANDSHAKE ? tls_evidence(x)
								: plain_evidence(x);
}

bool exchange_lacks(const struct exchange *x)
{
	return x->reach[FROM_PROBER] > x->said[FROM_PROBER].len ||
	       x->reach[TO_PROBER] > x->said[TO_PROBER].len;
}

bool exchange_is_unread(const struct exchange *x)
{
	const struct stream *asked = &x->said[FROM_PROBER];
	struct http_request request;

	if (!exchange_lacks(x) || x->status)
		return false;
	if (asked->len < ASKED_TOLD && x->reach[FROM_PROBER] > asked->len)
		return true; /* it may have been anything */
	if (tls_kind(asked->data, asked->len) == TLS_HANDSHAKE)
		return true;
	http_request_parse(asked->data, asked->len, &request);
	return request.kind != HTTP_NONE;
}

bool exchange_is_header_only(const struct exchange *x)
{
	return x->said[FROM_PROBER].len && !request_of(x).len;
}

void exchange_free(struct exchange *x)
{
	stream_free(&x->said[FROM_PROBER]);
	stream_free(&x->said[TO_PROBER]);
}

bool exchange_http_request(const struct exchange *x, struct http_request *out)
{
	http_request_parse(x->said[FROM_PROBER].data, x->said[FROM_PROBER].len, out);
	return out->kind == HTTP_WHOLE || out->kind == HTTP_2;
}

bool exchange_http_response(const struct exchange *x, struct http_response *out)
{
	http_response_parse(x->said[TO_PROBER].data, x->said[TO_PROBER].len, out);
	return out->status;
}

bool exchange_client_hello(const struct exchange *x, struct tls_client_hello *out)
{
	const struct text asked = request_of(x);

	return asked.len && tls_client_hello(asked.data, asked.len, out);
}

bool exchange_offer_words(const struct exchange *x, char *out, size_t out_len)
{
	struct tls_client_hello hello;
	char name[104];
	size_t at;

	if (!exchange_client_hello(x, &hello))
		return false;
	at = (size_t)snprintf(out, out_len,
			      hello.n_versions ? "offered" : "its offer was not read");
	for (unsigned int i = 0; i < hello.n_versions && at < out_len; i++) {
		const char *version = tls_version_name(hello.versions[i]);

		at += (size_t)snprintf(out + at, out_len - at, "%s %s", i ? "," : "",
				       version ? version : "a version not known");
	}
	if (at >= out_len)
		return true;
	if (hello.sni[0])
		snprintf(out + at, out_len - at, "; SNI %s",
			 escape_text(hello.sni, strlen(hello.sni), name, sizeof(name)));
	else if (hello.whole)
		snprintf(out + at, out_len - at, "; no SNI");
	return true;
}
