// SPDX-License-Identifier: GPL-2.0-only
// What prober and service said to each other: the first bytes each way, and what they are.
#include "exchange.h"

#include <stdio.h>
#include <string.h>

#include "escape.h"

static bool reads(struct tls_alert *alert, const struct stream *s)
{
	return tls_alert(s->data, s->len, alert) && alert->description != TLS_CLOSE_NOTIFY;
}

static evidence_t http_evidence(struct exchange *x, enum http_kind request)
{
	const struct stream *answer = &x->said[TO_PROBER];
	struct http_response response;

	http_response_parse(answer->data, answer->len, &response);
	x->status = response.status;
	x->undecided = response.kind == HTTP_PART && !response.status;
	x->line_ended = response.status &&
			response.line.data + response.line.len < answer->data + answer->len;
	if (!answer->len)
		return 0;
	if (response.status == 400 && http_wants_tls(answer->data, answer->len))
		return E(WANTS_TLS);
	if (response.kind == HTTP_NONE || (response.kind == HTTP_2 && request != HTTP_2))
		return E(NOT_HTTP);
	return 0;
}

/* To a request in HTTP/2 that is answered in HTTP/1, as to any other. */
static evidence_t plain_evidence(struct exchange *x, enum http_kind request)
{
	const struct stream *answer = &x->said[TO_PROBER];
	evidence_t bits = 0;

	if (answer->len && tls_kind(answer->data, answer->len) == TLS_ALERT &&
	    tls_alert(answer->data, answer->len, &x->alert))
		return E(SERVER_ALERT) | (request == HTTP_NONE ? 0 : E(HTTP_REQUEST));
	if (request == HTTP_WHOLE || request == HTTP_2)
		bits |= E(HTTP_REQUEST) | http_evidence(x, request);
	return bits;
}

static evidence_t tls_evidence(struct exchange *x)
{
	const struct stream *request = &x->said[FROM_PROBER], *answer = &x->said[TO_PROBER];
	bool tls13 = tls_server_version(answer->data, answer->len) >= 0x0304;
	evidence_t bits = E(TLS_REQUEST);

	if (answer->len && tls_kind(answer->data, answer->len) == TLS_NONE)
		return bits | E(NOT_TLS);
	if (reads(&x->alert, answer))
		bits |= E(SERVER_ALERT);
	else if (reads(&x->alert, request))
		bits |= E(PROBER_ALERT);
	else if (tls13 && tls_refuses_encrypted(request->data, request->len))
		bits |= E(PROBER_REFUSED);
	if (answer->len && tls_encrypts(request->data, request->len))
		bits |= E(TLS_ENCRYPTED);
	return bits;
}

evidence_t exchange_add(struct exchange *x, enum exchange_way way, uint64_t time_ns, int32_t offset,
			const uint8_t *data, size_t len)
{
	const struct stream *request = &x->said[FROM_PROBER];
	struct http_request http;

	if (!x->first_ns[way])
		x->first_ns[way] = time_ns;
	x->last_ns[way] = time_ns;
	if (len && stream_add(&x->said[way], offset, data, len))
		return 0; /* without memory less is known */
	if (!request->len)
		return 0;
	if (tls_kind(request->data, request->len) == TLS_HANDSHAKE)
		return tls_evidence(x);
	http_request_parse(request->data, request->len, &http);
	return plain_evidence(x, http.kind);
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
	return x->said[FROM_PROBER].len &&
	       tls_client_hello(x->said[FROM_PROBER].data, x->said[FROM_PROBER].len, out);
}

bool exchange_offer_words(const struct exchange *x, char *out, size_t out_len)
{
	struct tls_client_hello hello;
	char name[104];
	size_t at;

	if (!exchange_client_hello(x, &hello))
		return false;
	at = (size_t)snprintf(out, out_len, "offered");
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
