// SPDX-License-Identifier: GPL-2.0-only
// A fuzzer of what is read off the wire: segments each way, put together, every parser on them.
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../user/http.h"
#include "../user/stream.h"
#include "../user/tls.h"
#include "tls_sample.h"

/*
 * The input is a list of segments: a byte of flags, its offset, its length in one byte, its bytes
 * (as many as are left, at most). The offset is one byte, signed, from where the side's last
 * segment ended, or with FLAG_FAR four bytes, little-endian, from the beginning.
 */
enum { FLAG_SERVER = 1, FLAG_FAR = 2, FLAG_LONG = 4 /* the length is in units of 8 */ };

enum { SINGLE_STEPS = 64 }; /* a growth up to that is tried byte by byte */

/* What the parsers said of a prefix. */
struct reading {
	struct http_request request;
	struct http_response response;
	struct tls_client_hello hello;
	struct tls_alert alert;
	enum tls_kind kind;
	uint16_t server_version;
	bool is_hello, has_alert, wants_tls, encrypts, refuses;
};

struct side {
	struct stream stream;
	uint8_t bytes[STREAM_KEPT]; /* the same, put together byte by byte */
	bool there[STREAM_KEPT];
	int64_t next; /* behind the last segment */
	struct reading last;
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

static void check(bool holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "does not hold: %s\n", what);
	abort();
}

static void check_text(struct http_text text, const uint8_t *data, size_t len)
{
	if (text.len)
		check(text.data >= data && text.len <= len &&
			      (size_t)(text.data - data) <= len - text.len,
		      "a text is inside the data");
}

static void read_http(struct reading *now, const uint8_t *data, size_t len)
{
	struct http_request *request = &now->request;
	struct http_response *response = &now->response;

	http_request_parse(data, len, request);
	check_text(request->line, data, len);
	check_text(request->method, data, len);
	check_text(request->target, data, len);
	check_text(request->version, data, len);
	check_text(request->host, data, len);
	check_text(request->user_agent, data, len);
	check(request->kind != HTTP_WHOLE || (request->method.len && request->target.len),
	      "a whole request has method and target");
	http_response_parse(data, len, response);
	check_text(response->line, data, len);
	check(!response->status || (response->status >= 100 && response->status < 600),
	      "a status is 100 to 599");
	check(response->kind != HTTP_WHOLE || response->status, "a whole response has a status");
	check(http_status(data, len) == response->status, "it is the same status");
	check(http_first_line(data, len) <= len, "the first line is inside the data");
	now->wants_tls = http_wants_tls(data, len);
}

static void read_tls(struct reading *now, const uint8_t *data, size_t len)
{
	now->kind = tls_kind(data, len);
	now->is_hello = tls_client_hello(data, len, &now->hello);
	now->server_version = tls_server_version(data, len);
	now->has_alert = tls_alert(data, len, &now->alert);
	now->encrypts = tls_encrypts(data, len);
	now->refuses = tls_refuses_encrypted(data, len);
	check(now->hello.n_versions <= TLS_VERSIONS_MAX, "versions fit");
	check(memchr(now->hello.sni, '\0', TLS_SNI_LEN), "the SNI is terminated");
	check(!now->is_hello || now->kind == TLS_HANDSHAKE, "a hello is a handshake");
	check(!now->refuses || now->encrypts, "an encrypted alert is encrypted");
	check(!now->has_alert || now->alert.level == 1 || now->alert.level == 2, "alert's level");
}

/* What was said of a shorter prefix is not taken back. */
static void check_http(const struct reading *old, const struct reading *now)
{
	check(old->request.kind == HTTP_PART || old->request.kind == now->request.kind,
	      "a request stays what it was");
	check(!old->request.host_known || now->request.host_known, "Host stays known");
	check(old->request.host.len == 0 || old->request.host.len == now->request.host.len,
	      "Host stays the same");
	check(old->response.kind == HTTP_PART || old->response.kind == now->response.kind,
	      "a response stays what it was");
	check(old->response.kind != HTTP_WHOLE || old->response.status < 200 ||
		      old->response.status == now->response.status,
	      "a final status stays");
	check(!old->wants_tls || now->wants_tls, "it still wants TLS");
}

static void check_tls(const struct reading *old, const struct reading *now)
{
	check(old->kind == TLS_PART || old->kind == now->kind, "TLS stays what it was");
	check(!old->is_hello || now->is_hello, "a hello stays one");
	check(!old->hello.whole || !memcmp(&old->hello, &now->hello, sizeof(now->hello)),
	      "a whole hello stays the same");
	check(old->hello.n_versions <= now->hello.n_versions &&
		      !memcmp(old->hello.versions, now->hello.versions,
			      old->hello.n_versions * sizeof(old->hello.versions[0])),
	      "versions stay offered");
	check(!old->hello.sni[0] || !strcmp(old->hello.sni, now->hello.sni), "the SNI stays");
	check(!old->server_version || old->server_version == now->server_version,
	      "the version stays");
	check(!old->has_alert ||
		      (now->has_alert && !memcmp(&old->alert, &now->alert, sizeof(now->alert))),
	      "an alert stays the first");
	check(!old->encrypts || now->encrypts, "it stays encrypted");
	check(!old->refuses || now->refuses, "it stays refused");
}

/* Every parser, in memory of just that size: the sanitizer sees what is read beyond it. */
static void read_prefix(struct side *side, size_t len)
{
	uint8_t *data = malloc(len);
	struct reading now;

	if (len && !data)
		abort();
	if (len)
		memcpy(data, side->stream.data, len);
	memset(&now, 0xa5, sizeof(now));
	read_http(&now, data, len);
	read_tls(&now, data, len);
	check_http(&side->last, &now);
	check_tls(&side->last, &now);
	side->last = now;
	free(data);
}

static void refer(struct side *side, int32_t offset, const uint8_t *data, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		int64_t at = (int64_t)offset + (int64_t)i;

		if (at < 0 || at >= STREAM_KEPT || side->there[at])
			continue;
		side->bytes[at] = data[i];
		side->there[at] = true;
	}
}

static void segment(struct side *side, int32_t offset, const uint8_t *data, size_t len)
{
	size_t old = side->stream.len, want = 0;

	refer(side, offset, data, len);
	check(!stream_add(&side->stream, offset, data, len), "there is memory");
	while (want < STREAM_KEPT && side->there[want])
		want++;
	check(side->stream.len == want, "the stream is as long as it should be");
	check(!want || !memcmp(side->stream.data, side->bytes, want), "the first copies stay");
	side->next = (int64_t)offset + (int64_t)len;
	if (want - old <= SINGLE_STEPS) {
		while (++old < want)
			read_prefix(side, old);
	}
	read_prefix(side, want);
}

/* Takes a segment's head. Returns how long that is, 0 where the input ends. */
static size_t head(const uint8_t *data, size_t size, struct side sides[2], int32_t *offset,
		   size_t *len)
{
	const bool far = size && data[0] & FLAG_FAR;
	const size_t head_len = far ? 6 : 3;
	const struct side *side;

	if (size < head_len)
		return 0;
	side = &sides[data[0] & FLAG_SERVER];
	if (far)
		*offset = (int32_t)((uint32_t)data[1] | (uint32_t)data[2] << 8 |
				    (uint32_t)data[3] << 16 | (uint32_t)data[4] << 24);
	else /* wraps as sequence numbers do */
		*offset = (int32_t)(uint32_t)(side->next + (int8_t)data[1]);
	*len = (size_t)data[head_len - 1] * (data[0] & FLAG_LONG ? 8 : 1);
	if (*len > size - head_len)
		*len = size - head_len;
	return head_len;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct side sides[2];
	size_t head_len, len;
	int32_t offset;

	memset(sides, 0, sizeof(sides));
	for (size_t i = 0; i < 2; i++) {
		sides[i].last.request.kind = HTTP_PART;
		sides[i].last.response.kind = HTTP_PART;
		sides[i].last.kind = TLS_PART;
	}
	while ((head_len = head(data, size, sides, &offset, &len))) {
		segment(&sides[data[0] & FLAG_SERVER], offset, data + head_len, len);
		data += head_len + len;
		size -= head_len + len;
	}
	stream_free(&sides[0].stream);
	stream_free(&sides[1].stream);
	return 0;
}

static const uint8_t fill[STREAM_KEPT + 1] = "GET /"; /* more than is kept */

/* What exchanges begin with. */
static const struct {
	const char *name;
	const void *client;
	size_t client_len;
	const void *server;
	size_t server_len;
} seeds[] = {
#define TEXT(text)    text, sizeof(text) - 1
#define BYTES(sample) sample, sizeof(sample)
	{"http", TEXT("HEAD / HTTP/1.1\r\nHost: a\r\nUser-Agent: clb-healthcheck\r\n\r\n"),
	 TEXT("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 503 Busy\r\nServer: x\r\n\r\n")},
	{"nginx", TEXT("GET /x HTTP/1.0\r\n\r\n"),
	 TEXT("HTTP/1.1 400 Bad Request\r\n\r\n<title>400 The plain HTTP request was sent to HTTPS "
	      "port</title>")},
	{"apache", TEXT("PROXY TCP4 10.0.0.1 10.0.0.2 1 80\r\nGET / HTTP/1.0\nhost:b\n\n"),
	 TEXT("HTTP/1.1 400 B\n\nYou're speaking plain HTTP to an SSL-enabled server port")},
	{"go", TEXT("PROXY UNKNOWN\r\nGET / HTTP/1.0\n\n"),
	 TEXT("HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n")},
	{"tomcat",
	 TEXT("\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c"
	      "abcdabcdxxyyGET / HTTP/1.0\r\n\r\n"),
	 TEXT("HTTP/1.1 103 E\r\nA: b\r\n\r\nHTTP/1.1 400 \r\n\r\nThis combination of host and "
	      "port "
	      "requires TLS.")},
	{"cheroot", TEXT("GET / HTTP/1.0\r\n\r\n"),
	 TEXT("HTTP/1.1 400 B\r\n\r\nThe client sent a plain HTTP request, but this server only "
	      "speaks HTTPS on this port.")},
	{"http2", TEXT("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0"),
	 TEXT("\0\0\x12\4\0\0\0\0\0\0\3\0\0\0\x80\0\4\0\1\0\0\0\5\0\xff\xff\xff")},
	{"tls13", BYTES(tls_sample_client_13), BYTES(tls_sample_server_13)},
	{"tls12", BYTES(tls_sample_client_12), BYTES(tls_sample_server_12)},
	{"retry", BYTES(tls_sample_client_13), BYTES(tls_sample_retry)},
	{"full", BYTES(fill), BYTES(fill)},
	{"alert", BYTES(tls_sample_client_12), TEXT("\x15\3\3\0\2\2\x46")},
	{"refused", TEXT("\x14\3\3\0\1\1\x17\3\3\0\x13 nineteen bytes of it"),
	 TEXT("\x14\3\3\0\1\1\x16\3\3\0\x08 finished\x17\3\3\0\3abc")},
};

static void put_side(FILE *file, uint8_t flags, const uint8_t *data, size_t len)
{
	while (len) {
		const uint8_t part = len < 120 ? (uint8_t)len : 120;
		const uint8_t head_bytes[] = {flags, 0, part};

		fwrite(head_bytes, 1, sizeof(head_bytes), file);
		fwrite(data, 1, part, file);
		data += part;
		len -= part;
	}
}

/* Writes the seeds to the directory that FUZZ_SEEDS names, before the corpus is read. */
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	const char *directory = getenv("FUZZ_SEEDS");

	(void)argc;
	(void)argv;
	for (size_t i = 0; directory && i < sizeof(seeds) / sizeof(seeds[0]); i++) {
		char path[4096];
		FILE *file;

		snprintf(path, sizeof(path), "%s/%s", directory, seeds[i].name);
		file = fopen(path, "w");
		if (!file) {
			perror(path);
			exit(1);
		}
		put_side(file, 0, seeds[i].client, seeds[i].client_len);
		put_side(file, FLAG_SERVER, seeds[i].server, seeds[i].server_len);
		fclose(file);
	}
	return 0;
}
