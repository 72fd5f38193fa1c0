// SPDX-License-Identifier: GPL-2.0-only
// Unit tests of the reading of TLS records.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../user/tls.h"
#include "tls_sample.h"

/* Records, in memory of just their size: the sanitizer sees what is read beyond it. */
struct side {
	uint8_t *data;
	size_t len;
};

static void put_bytes(struct side *side, const void *data, size_t len)
{
	side->data = realloc(side->data, side->len + len);
	assert_non_null(side->data);
	memcpy(side->data + side->len, data, len);
	side->len += len;
}

/* A record of that length whose first byte is first, the rest 0xee. */
static void put(struct side *side, uint8_t type, size_t len, uint8_t first)
{
	const uint8_t header[] = {type, 3, 3, (uint8_t)(len >> 8), (uint8_t)len};
	uint8_t data[512];

	assert_true(len && len <= sizeof(data));
	memset(data, 0xee, len);
	data[0] = first;
	put_bytes(side, header, sizeof(header));
	put_bytes(side, data, len);
}

static void drop(struct side *side)
{
	free(side->data);
	*side = (struct side){0};
}

/* Cut anywhere; each time in memory of just that size. */
static size_t first_true(const struct side *side, bool (*test)(const uint8_t *data, size_t len))
{
	size_t first = side->len + 1;

	for (size_t len = 0; len <= side->len; len++) {
		uint8_t *copy = malloc(len);
		bool is;

		assert_true(copy || !len);
		if (len)
			memcpy(copy, side->data, len);
		is = test(copy, len);
		free(copy);
		if (is && first > len)
			first = len;
		assert_true(is || first > len); /* is not taken back */
	}
	return first;
}

static void test_kind(void **state)
{
	static const struct {
		const char *data;
		size_t len;
		enum tls_kind kind;
	} cases[] = {
		{"", 0, TLS_PART},
		{"\x16", 1, TLS_PART},
		{"\x16\3", 2, TLS_PART},
		{"\x16\3\1", 3, TLS_PART},
		{"\x16\3\1\2", 4, TLS_PART},
		{"\x16\3\1\2\0", 5, TLS_HANDSHAKE},
		{"\x16\3\0\2\0\1", 6, TLS_HANDSHAKE},
		{"\x15\3\3\0\2\2\x28", 7, TLS_ALERT},
		{"\x14\3\3\0\1\1", 6, TLS_OTHER},
		{"\x17\3\3\0\0", 5, TLS_OTHER},
		{"\x18\3\3\0\3", 5, TLS_OTHER},
		{"\x16\3\3\x48\0", 5, TLS_HANDSHAKE},
		{"\x16\3\3\x48\1", 5, TLS_NONE},
		{"\x16\3\3\x49", 4, TLS_NONE},
		{"\x16\3\3\0\0", 5, TLS_NONE},
		{"\x15\3\3\0\0", 5, TLS_NONE},
		{"\x13", 1, TLS_NONE},
		{"\x19", 1, TLS_NONE},
		{"\x16\2", 2, TLS_NONE},
		{"\x16\3\5", 3, TLS_NONE},
		{"HTTP/1.1", 8, TLS_NONE},
		{"\x80\x2e\1\3\1", 5, TLS_NONE}, /* SSL 2.0 */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct side side = {0};

		if (cases[i].len)
			put_bytes(&side, cases[i].data, cases[i].len);
		if (tls_kind(side.data, side.len) != cases[i].kind)
			fail_msg("case %zu: %d", i, tls_kind(side.data, side.len));
		drop(&side);
	}
}

static bool has_alert(const uint8_t *data, size_t len)
{
	struct tls_alert alert;

	return tls_alert(data, len, &alert);
}

static void test_alert(void **state)
{
	struct side side = {0};
	struct tls_alert alert;

	(void)state;
	put_bytes(&side, "\x15\3\1\0\2\2\x46", 7);
	assert_int_equal(first_true(&side, has_alert), 7);
	assert_true(tls_alert(side.data, side.len, &alert));
	assert_int_equal(alert.level, 2);
	assert_int_equal(alert.description, 70);
	drop(&side);

	/* Behind others, the first one counts. */
	put_bytes(&side, tls_sample_server_12, sizeof(tls_sample_server_12));
	put(&side, 20, 1, 1);
	put_bytes(&side, "\x15\3\3\0\2\1\0\x15\3\3\0\2\2\x28", 14);
	assert_int_equal(first_true(&side, has_alert), side.len - 7);
	assert_true(tls_alert(side.data, side.len, &alert));
	assert_int_equal(alert.level, 1);
	assert_int_equal(alert.description, TLS_CLOSE_NOTIFY);
	drop(&side);
}

static void test_alert_none(void **state)
{
	struct side side = {0};

	(void)state;
	put_bytes(&side, tls_sample_client_12, sizeof(tls_sample_client_12));
	put(&side, 20, 1, 1);
	put(&side, 22, 40, 0x5b);
	put(&side, 21, 26, 1); /* encrypted */
	put_bytes(&side, "\x15\3\3\0\2\0\0\x15\3\3\0\2\3\0", 14);
	put_bytes(&side, "\x15\3\3\0\1\2", 6);
	assert_int_equal(first_true(&side, has_alert), side.len + 1);
	/* What is no record ends it. */
	put_bytes(&side, "HTTP/1.1 400\r\n\x15\3\3\0\2\2\x28", 21);
	assert_int_equal(first_true(&side, has_alert), side.len + 1);
	drop(&side);
}

/* As OpenSSL 3.0 does it. */
static void test_encrypts_12(void **state)
{
	struct side side = {0};

	(void)state;
	put_bytes(&side, tls_sample_client_12, sizeof(tls_sample_client_12));
	put(&side, 22, 37, 16);
	put(&side, 20, 1, 1);
	assert_int_equal(first_true(&side, tls_encrypts), side.len + 1);
	put(&side, 22, 40, 0x5b); /* Finished */
	assert_int_equal(first_true(&side, tls_encrypts), side.len - 40 + 6);
	/* An application's 3 bytes under ChaCha20: not an alert of TLS 1.3. */
	put(&side, 23, 19, 0xee);
	assert_int_equal(first_true(&side, tls_refuses_encrypted), side.len + 1);
	drop(&side);
	put(&side, 20, 1, 1);
	put(&side, 22, 19, 0x5b);
	assert_int_equal(first_true(&side, tls_refuses_encrypted), side.len + 1);
	drop(&side);
}

static void test_encrypts_13(void **state)
{
	struct side side = {0};

	(void)state;
	put_bytes(&side, tls_sample_server_13, sizeof(tls_sample_server_13));
	put(&side, 20, 1, 1);
	put_bytes(&side, "\x15\3\3\0\2\2\x28", 7);
	put(&side, 21, 26, 0xee);
	assert_int_equal(first_true(&side, tls_encrypts), side.len + 1);
	put(&side, 23, 23, 0xee);
	assert_int_equal(first_true(&side, tls_encrypts), side.len - 23);
	drop(&side);
}

/* With a HelloRetryRequest the hellos come on both sides of change_cipher_spec. */
static void test_encrypts_retry(void **state)
{
	struct side side = {0};

	(void)state;
	put_bytes(&side, tls_sample_retry, sizeof(tls_sample_retry));
	put(&side, 20, 1, 1);
	put_bytes(&side, tls_sample_server_13, sizeof(tls_sample_server_13));
	assert_int_equal(first_true(&side, tls_encrypts), side.len + 1);
	drop(&side);

	put_bytes(&side, tls_sample_client_13, sizeof(tls_sample_client_13));
	put(&side, 20, 1, 1);
	put_bytes(&side, tls_sample_client_13, sizeof(tls_sample_client_13));
	put(&side, 20, 1, 1);
	assert_int_equal(first_true(&side, tls_encrypts), side.len + 1);
	put(&side, 23, 19, 0xee);
	assert_int_equal(first_true(&side, tls_refuses_encrypted), side.len - 19);
	drop(&side);

	/* An encrypted one that happens to begin as a hello does. */
	put(&side, 20, 1, 1);
	put(&side, 22, 40, 1);
	assert_int_equal(first_true(&side, tls_encrypts), 6 + 5 + 6);
	drop(&side);
	put(&side, 20, 1, 1);
	put_bytes(&side, "\x16\3\3\0\7\1\0\0\2\3\3\0", 12);
	assert_int_equal(first_true(&side, tls_encrypts), 6 + 5 + 6);
	put(&side, 24, 40, 1);
	drop(&side);
	put(&side, 24, 40, 1);
	assert_int_equal(first_true(&side, tls_encrypts), side.len + 1);
	put(&side, 20, 1, 1);
	put(&side, 24, 40, 1);
	assert_int_equal(first_true(&side, tls_encrypts), side.len - 40);
	drop(&side);
}

static void test_refuses(void **state)
{
	static const struct {
		size_t len;
		bool refuses;
	} cases[] = {
		{11, true},  {19, true},  {10, false}, {12, false}, {18, false},
		{20, false}, {17, false}, {25, false}, /* a Certificate message without a
							  certificate */
		{23, false}, {45, false}, {53, false}, {69, false}, {300, false},
	};
	struct side side = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		put_bytes(&side, tls_sample_client_13, sizeof(tls_sample_client_13));
		assert_int_equal(first_true(&side, tls_refuses_encrypted), side.len + 1);
		put(&side, 20, 1, 1);
		put(&side, 23, cases[i].len, 0xee);
		put(&side, 23, 19, 0xee); /* close_notify: not the first */
		if ((first_true(&side, tls_refuses_encrypted) <= side.len) != cases[i].refuses)
			fail_msg("%zu", cases[i].len);
		drop(&side);
	}
}

static void test_names(void **state)
{
	unsigned int known = 0;

	(void)state;
	assert_string_equal(tls_alert_name(TLS_CLOSE_NOTIFY), "close_notify");
	assert_string_equal(tls_alert_name(40), "handshake_failure");
	assert_string_equal(tls_alert_name(41), "no_certificate");
	assert_string_equal(tls_alert_name(48), "unknown_ca");
	assert_string_equal(tls_alert_name(70), "protocol_version");
	assert_string_equal(tls_alert_name(100), "no_renegotiation");
	assert_string_equal(tls_alert_name(112), "unrecognized_name");
	assert_string_equal(tls_alert_name(120), "no_application_protocol");
	for (unsigned int i = 0; i <= UINT8_MAX; i++)
		known += tls_alert_name((uint8_t)i) != NULL;
	assert_int_equal(known, 34);
	assert_null(tls_alert_name(1));
	assert_null(tls_alert_name(255));

	assert_string_equal(tls_version_name(0x0300), "SSL 3.0");
	assert_string_equal(tls_version_name(0x0301), "TLS 1.0");
	assert_string_equal(tls_version_name(0x0302), "TLS 1.1");
	assert_string_equal(tls_version_name(0x0303), "TLS 1.2");
	assert_string_equal(tls_version_name(0x0304), "TLS 1.3");
	assert_null(tls_version_name(0x0305));
	assert_null(tls_version_name(0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kind),	    cmocka_unit_test(test_alert),
		cmocka_unit_test(test_alert_none),  cmocka_unit_test(test_encrypts_12),
		cmocka_unit_test(test_encrypts_13), cmocka_unit_test(test_encrypts_retry),
		cmocka_unit_test(test_refuses),	    cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
