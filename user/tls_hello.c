// SPDX-License-Identifier: GPL-2.0-only
// What the hellos of a TLS handshake offer and choose (RFC 8446, section 4.1).
#include "tls.h"

#include <string.h>

#include "tls_record.h"

enum {
	MESSAGE_HEADER = 4, /* type, and a length of 3 bytes */
	MESSAGE_MAX = 4096, /* of a message, its header included, is read */
	RANDOM_LEN = 32,
	SERVER_NAME = 0, /* extensions, RFC 6066 section 3 */
	SUPPORTED_VERSIONS = 43,
	HOST_NAME = 0, /* type of a server_name */
};

/* Bytes to read from, the rest of them cut off if they should be more. */
struct span {
	const uint8_t *data;
	size_t len;
	bool cut;
};

/* The fields behind a hello's random, and its extensions. */
struct hello {
	uint16_t version; /* legacy_version */
	bool whole;	  /* up to here all was there, and well-formed */
	struct span extensions;
};

/* A big-endian number of size bytes. */
static bool take_number(struct span *from, size_t size, uint32_t *out)
{
	if (from->len < size)
		return false;
	*out = 0;
	for (size_t i = 0; i < size; i++)
		*out = *out << 8 | from->data[i];
	from->data += size;
	from->len -= size;
	return true;
}

static bool skip(struct span *from, size_t len)
{
	if (from->len < len)
		return false;
	from->data += len;
	from->len -= len;
	return true;
}

/* A vector with its length in front, in size bytes; out is cut where from is too short for it. */
static bool take_vector(struct span *from, size_t size, struct span *out)
{
	uint32_t len;

	if (!take_number(from, size, &len))
		return false;
	out->data = from->data;
	out->cut = len > from->len;
	out->len = out->cut ? from->len : len;
	return skip(from, out->len);
}

/*
 * Puts the first handshake message together from its records. Returns how much of it is there, at
 * most MESSAGE_MAX. Alerts before it are warnings: unrecognized_name comes in front of a
 * ServerHello (RFC 6066, section 3).
 */
static size_t first_message(const uint8_t *data, size_t len, uint8_t message[MESSAGE_MAX])
{
	struct tls_records records = {data, len};
	struct tls_record record;
	size_t there = 0, part;

	while (there < MESSAGE_MAX && tls_next_record(&records, &record)) {
		if (record.type == TLS_TYPE_ALERT && !there)
			continue;
		if (record.type != TLS_TYPE_HANDSHAKE)
			break;
		part = record.there < MESSAGE_MAX - there ? record.there : MESSAGE_MAX - there;
		memcpy(message + there, record.data, part);
		there += part;
	}
	return there;
}

/* The body of the first message, if it is of that type. */
static bool message_body(const uint8_t *message, size_t len, uint8_t type, struct span *out)
{
	struct span all = {message, len, false};
	uint32_t is;

	return take_number(&all, 1, &is) && is == type &&
	       take_vector(&all, MESSAGE_HEADER - 1, out);
}

/* Reads up to the extensions. client: of a ClientHello, which has lists where a ServerHello has the
 * chosen one. False: it ends before that. */
static bool take_fields(struct span *body, bool client, struct hello *out)
{
	struct span list; /* session id, cipher suites, compression methods: each is stepped over */
	uint32_t version;

	if (!take_number(body, 2, &version))
		return false;
	out->version = (uint16_t)version;
	if (!skip(body, RANDOM_LEN) || !take_vector(body, 1, &list))
		return false;
	if (!client)
		return skip(body, 3); /* cipher_suite, compression_method */
	return take_vector(body, 2, &list) && take_vector(body, 1, &list) && !list.cut;
}

/* The whole hello: extensions may be absent (RFC 5246, section 7.4.1.2). */
static void take_hello(struct span *body, bool client, struct hello *out)
{
	*out = (struct hello){0};
	if (!take_fields(body, client, out))
		return;
	if (!body->len) {
		out->whole = !body->cut;
		return;
	}
	if (take_vector(body, 2, &out->extensions))
		out->whole = !out->extensions.cut && !body->cut && !body->len;
}

/* Takes the next extension. False at the end of them; clears *whole where one is cut. */
static bool next_extension(struct hello *hello, uint32_t *type, struct span *out)
{
	if (!hello->extensions.len)
		return false;
	if (!take_number(&hello->extensions, 2, type) || !take_vector(&hello->extensions, 2, out)) {
		hello->whole = false;
		return false;
	}
	hello->whole &= !out->cut;
	return true;
}

/* RFC 8701: 0x0a0a, 0x1a1a, ... */
static bool is_grease(uint32_t value)
{
	return (value & 0x0f0f) == 0x0a0a && value >> 8 == (value & 0xff);
}

static void offered_versions(struct span extension, struct tls_client_hello *out)
{
	struct span list;
	uint32_t version;

	if (!take_vector(&extension, 1, &list))
		return;
	while (out->n_versions < TLS_VERSIONS_MAX && take_number(&list, 2, &version)) {
		if (!is_grease(version))
			out->versions[out->n_versions++] = (uint16_t)version;
	}
}

/* The first host_name. One that holds a NUL would be shown as another: it is left out. */
static void server_name(struct span extension, struct tls_client_hello *out)
{
	struct span list, name;
	uint32_t type;

	if (!take_vector(&extension, 2, &list))
		return;
	while (take_number(&list, 1, &type) && take_vector(&list, 2, &name)) {
		if (type != HOST_NAME)
			continue;
		if (name.cut || !name.len || name.len >= TLS_SNI_LEN ||
		    memchr(name.data, '\0', name.len))
			return;
		memcpy(out->sni, name.data, name.len);
		out->sni[name.len] = '\0';
		return;
	}
}

bool tls_client_hello(const uint8_t *data, size_t len, struct tls_client_hello *out)
{
	uint8_t message[MESSAGE_MAX];
	size_t there;
	struct span body, extension;
	struct hello hello;
	bool versions = false, name = false;
	uint32_t type;

	memset(out, 0, sizeof(*out));
	if (tls_kind(data, len) != TLS_HANDSHAKE)
		return false;
	there = first_message(data, len, message);
	if (!there || message[0] != TLS_CLIENT_HELLO)
		return false;
	if (!message_body(message, there, TLS_CLIENT_HELLO, &body))
		return true;
	take_hello(&body, true, &hello);
	while (next_extension(&hello, &type, &extension)) {
		if (type == SUPPORTED_VERSIONS && !versions) {
			offered_versions(extension, out);
			versions = true;
		} else if (type == SERVER_NAME && !name) {
			server_name(extension, out);
			name = true;
		}
	}
	out->whole = hello.whole;
	/* While it is cut, the extension may still come. */
	if (!versions && hello.whole)
		out->versions[out->n_versions++] = hello.version;
	return true;
}

uint16_t tls_server_version(const uint8_t *data, size_t len)
{
	uint8_t message[MESSAGE_MAX];
	struct span body, extension;
	struct hello hello;
	uint32_t type, version;

	if (!message_body(message, first_message(data, len, message), TLS_SERVER_HELLO, &body))
		return 0;
	take_hello(&body, false, &hello);
	while (next_extension(&hello, &type, &extension)) {
		if (type == SUPPORTED_VERSIONS)
			return take_number(&extension, 2, &version) ? (uint16_t)version : 0;
	}
	return hello.whole ? hello.version : 0;
}
