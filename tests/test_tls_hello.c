// SPDX-License-Identifier: GPL-2.0-only
// Unit tests of the reading of TLS hellos.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../user/tls.h"
#include "tls_sample.h"

static uint8_t *copy_of(const uint8_t *data, size_t len)
{
	uint8_t *copy = malloc(len);

	assert_true(copy || !len);
	if (len)
		memcpy(copy, data, len);
	return copy;
}

/* In memory of just that size: the sanitizer sees what is read beyond it. */
static bool client(const uint8_t *data, size_t len, struct tls_client_hello *out)
{
	uint8_t *copy = copy_of(data, len);
	bool is;

	memset(out, 0xa5, sizeof(*out));
	is = tls_client_hello(copy, len, out);
	free(copy);
	assert_true(out->n_versions <= TLS_VERSIONS_MAX);
	assert_non_null(memchr(out->sni, '\0', sizeof(out->sni)));
	return is;
}

static uint16_t server(const uint8_t *data, size_t len)
{
	uint8_t *copy = copy_of(data, len);
	uint16_t version = tls_server_version(copy, len);

	free(copy);
	return version;
}

static void test_client_13(void **state)
{
	const size_t size = sizeof(tls_sample_client_13);
	struct tls_client_hello hello;

	(void)state;
	assert_true(client(tls_sample_client_13, size, &hello));
	assert_true(hello.whole);
	assert_int_equal(hello.n_versions, 2);
	assert_int_equal(hello.versions[0], 0x0304);
	assert_int_equal(hello.versions[1], 0x0303);
	assert_string_equal(hello.sni, "backend.example");
}

static void test_client_12(void **state)
{
	struct tls_client_hello hello;

	(void)state;
	assert_true(client(tls_sample_client_12, sizeof(tls_sample_client_12), &hello));
	assert_true(hello.whole);
	assert_int_equal(hello.n_versions, 1);
	assert_int_equal(hello.versions[0], 0x0303);
	assert_string_equal(hello.sni, "backend.example");
}

/* Cut anywhere, nothing is told that is taken back with more of it. */
static void cut_client(const uint8_t *data, size_t size, unsigned int n_versions)
{
	struct tls_client_hello hello;
	unsigned int told = 0;
	bool named = false;

	for (size_t len = 0; len <= size; len++) {
		assert_int_equal(client(data, len, &hello), len >= TLS_RECORD_HEADER + 1);
		assert_int_equal(hello.whole, len == size);
		assert_true(hello.n_versions >= told && hello.n_versions <= n_versions);
		told = hello.n_versions;
		if (hello.sni[0])
			assert_string_equal(hello.sni, "backend.example");
		assert_true(hello.sni[0] || !named);
		named = hello.sni[0];
	}
	assert_int_equal(told, n_versions);
	assert_true(named);
}

static void test_client_cut(void **state)
{
	(void)state;
	cut_client(tls_sample_client_13, sizeof(tls_sample_client_13), 2);
	cut_client(tls_sample_client_12, sizeof(tls_sample_client_12), 1);
}

static size_t put_record(uint8_t *out, uint8_t type, const uint8_t *data, size_t len)
{
	const uint8_t header[] = {type, 3, 1, (uint8_t)(len >> 8), (uint8_t)len};

	memcpy(out, header, sizeof(header));
	if (len)
		memcpy(out + sizeof(header), data, len);
	return sizeof(header) + len;
}

/* The sample's message in records of that size. Returns the length. */
static size_t split(const uint8_t *sample, size_t size, size_t fragment, uint8_t *out)
{
	const size_t message = size - TLS_RECORD_HEADER;
	size_t len = 0, part;

	for (size_t at = 0; at < message; at += part) {
		part = message - at < fragment ? message - at : fragment;
		len += put_record(out + len, 22, sample + TLS_RECORD_HEADER + at, part);
	}
	return len;
}

static void test_split(void **state)
{
	static uint8_t out[6 * sizeof(tls_sample_client_13)];
	static const size_t fragments[] = {1, 3, 4, 5, 39, 100, 511};
	struct tls_client_hello hello;

	(void)state;
	for (size_t i = 0; i < sizeof(fragments) / sizeof(fragments[0]); i++) {
		size_t len = split(tls_sample_client_13, sizeof(tls_sample_client_13), fragments[i],
				   out);

		assert_true(client(out, len, &hello));
		assert_true(hello.whole);
		assert_int_equal(hello.n_versions, 2);
		assert_string_equal(hello.sni, "backend.example");
		assert_true(client(out, len - 1, &hello));
		assert_false(hello.whole);
		len = split(tls_sample_server_13, sizeof(tls_sample_server_13), fragments[i], out);
		assert_int_equal(server(out, len), 0x0304);
	}
	/* Another record between them ends it. */
	memcpy(out, tls_sample_client_13, 5 + 100);
	out[3] = 0;
	out[4] = 100;
	put_record(out + 5 + 100, 23, tls_sample_client_13 + 5 + 100, 412);
	assert_true(client(out, 5 + 100 + 5 + 412, &hello));
	assert_false(hello.whole);
}

/* A ClientHello with these extensions, a whole block or NULL. Returns its length. */
static size_t build(uint8_t *out, const void *extensions, size_t len)
{
	uint8_t message[1024] = {1, 0, 0, 0, 3, 1};
	size_t at = 4 + 2 + 32;

	message[at++] = 0;		       /* session id */
	memcpy(message + at, "\0\2\0\x2f", 4); /* suites */
	memcpy(message + at + 4, "\1\0", 2);   /* compression */
	at += 6;
	if (extensions) {
		message[at++] = (uint8_t)(len >> 8);
		message[at++] = (uint8_t)len;
		memcpy(message + at, extensions, len);
		at += len;
	}
	message[2] = (uint8_t)((at - 4) >> 8);
	message[3] = (uint8_t)(at - 4);
	return put_record(out, 22, message, at);
}

static bool built(const void *extensions, size_t len, struct tls_client_hello *hello)
{
	uint8_t out[1200];

	return client(out, build(out, extensions, len), hello);
}

static void test_no_extensions(void **state)
{
	struct tls_client_hello hello;

	(void)state;
	assert_true(built(NULL, 0, &hello));
	assert_true(hello.whole);
	assert_int_equal(hello.n_versions, 1);
	assert_int_equal(hello.versions[0], 0x0301);
	assert_string_equal(hello.sni, "");
	assert_true(built("", 0, &hello)); /* an empty block */
	assert_true(hello.whole);
	assert_int_equal(hello.n_versions, 1);
}

static void test_versions(void **state)
{
	static const char grease[] = "\0\x2b\0\7\6\x7a\x7a\3\4\3\3";
	static const char only[] = "\0\x2b\0\3\2\x0a\x0a";
	static const char many[] = "\0\x2b\0\x15\x14\1\1\2\2\3\3\4\4\5\5\6\6\7\7\x8\x8\x9\x9\xa\xa";
	static const char twice[] = "\0\x2b\0\3\2\3\4\0\x2b\0\3\2\3\3";
	struct tls_client_hello hello;

	(void)state;
	assert_true(built(grease, sizeof(grease) - 1, &hello));
	assert_true(hello.whole);
	assert_int_equal(hello.n_versions, 2);
	assert_int_equal(hello.versions[0], 0x0304);
	assert_int_equal(hello.versions[1], 0x0303);
	/* The extension is there: the legacy version does not count. */
	assert_true(built(only, sizeof(only) - 1, &hello));
	assert_int_equal(hello.n_versions, 0);
	assert_true(built(many, sizeof(many) - 1, &hello));
	assert_true(hello.whole);
	assert_int_equal(hello.n_versions, TLS_VERSIONS_MAX);
	assert_int_equal(hello.versions[7], 0x0808);
	assert_true(built(twice, sizeof(twice) - 1, &hello));
	assert_int_equal(hello.n_versions, 1);
}

/* With a server_name extension of one name. */
static void named(const char *name, size_t len, const char *want)
{
	uint8_t extension[400] = {0};
	struct tls_client_hello hello;

	extension[2] = (uint8_t)((len + 5) >> 8);
	extension[3] = (uint8_t)(len + 5);
	extension[4] = (uint8_t)((len + 3) >> 8);
	extension[5] = (uint8_t)(len + 3);
	extension[7] = (uint8_t)(len >> 8);
	extension[8] = (uint8_t)len;
	memcpy(extension + 9, name, len);
	assert_true(built(extension, 9 + len, &hello));
	assert_true(hello.whole);
	assert_string_equal(hello.sni, want);
	extension[6] = 1; /* not a host_name */
	assert_true(built(extension, 9 + len, &hello));
	assert_string_equal(hello.sni, "");
}

static void test_sni(void **state)
{
	static const char other[] = "\0\0\0\x0d\0\x0b\7\0\3xyz\0\0\2ab";
	static const char beyond[] = "\0\0\0\6\0\4\0\0\2a";
	struct tls_client_hello hello;
	char name[257];

	(void)state;
	memset(name, 'n', 256);
	name[256] = '\0';
	named("a", 1, "a");
	named("", 0, "");
	named("\x1b[31m\xff", 6, "\x1b[31m\xff"); /* as it was sent */
	named("good\0bad", 8, "");
	named("\0", 1, "");
	named(name, 256, "");
	named(name, 255, name + 1);
	assert_true(built(other, sizeof(other) - 1, &hello));
	assert_string_equal(hello.sni, "ab");
	assert_true(built(beyond, sizeof(beyond) - 1, &hello));
	assert_string_equal(hello.sni, "");
}

/* What is no ClientHello, and one whose lengths do not fit. */
static void test_client_bad(void **state)
{
	struct tls_client_hello hello;
	uint8_t out[1200];
	size_t len;

	(void)state;
	assert_false(client(NULL, 0, &hello));
	assert_false(client(tls_sample_server_13, sizeof(tls_sample_server_13), &hello));
	assert_int_equal(hello.n_versions, 0);
	assert_false(client((const uint8_t *)"GET / HTTP/1.0\r\n\r\n", 18, &hello));
	assert_false(client((const uint8_t *)"\x15\3\1\0\2\1\0", 7, &hello));

	len = build(out, "\0\x2b\0\xff\2\3\4", 7); /* longer than the block */
	assert_true(client(out, len, &hello));
	assert_false(hello.whole);
	assert_int_equal(hello.n_versions, 1);
	len = build(out, "\0\x2b\0", 3);
	assert_true(client(out, len, &hello));
	assert_false(hello.whole);
	assert_int_equal(hello.n_versions, 0);
	len = build(out, "", 0);
	out[5 + 4 + 34] = 200; /* session id beyond the end */
	assert_true(client(out, len, &hello));
	assert_false(hello.whole);
	assert_int_equal(hello.n_versions, 0);
	len = build(out, NULL, 0);
	out[5 + 4 + 34 + 5] = 2; /* compression methods beyond the end */
	assert_true(client(out, len, &hello));
	assert_false(hello.whole);
	assert_int_equal(hello.n_versions, 0);
}

static void test_server(void **state)
{
	static const struct {
		const uint8_t *data;
		size_t size;
		uint16_t version;
	} samples[] = {
		{tls_sample_server_13, sizeof(tls_sample_server_13), 0x0304},
		{tls_sample_server_12, sizeof(tls_sample_server_12), 0x0303},
		{tls_sample_retry, sizeof(tls_sample_retry), 0x0304},
	};
	uint8_t warned[200] = {21, 3, 3, 0, 2, 1, 112}; /* unrecognized_name */

	(void)state;
	for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
		uint16_t told = 0;

		for (size_t len = 0; len <= samples[i].size; len++) {
			uint16_t version = server(samples[i].data, len);

			assert_true(version == told || !told);
			assert_true(!version || version == samples[i].version);
			told = version;
		}
		assert_int_equal(told, samples[i].version);
		memcpy(warned + 7, samples[i].data, samples[i].size);
		assert_int_equal(server(warned, 7 + samples[i].size), samples[i].version);
	}
	assert_int_equal(server(tls_sample_client_13, sizeof(tls_sample_client_13)), 0);
	assert_int_equal(server(warned, 7), 0);
	assert_int_equal(server((const uint8_t *)"HTTP/1.1 400 Bad", 16), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_client_13),     cmocka_unit_test(test_client_12),
		cmocka_unit_test(test_client_cut),    cmocka_unit_test(test_split),
		cmocka_unit_test(test_no_extensions), cmocka_unit_test(test_versions),
		cmocka_unit_test(test_sni),	      cmocka_unit_test(test_client_bad),
		cmocka_unit_test(test_server),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
