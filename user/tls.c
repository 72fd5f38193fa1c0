// SPDX-License-Identifier: GPL-2.0-only
// What the records of a TLS connection tell without keys.
#include "tls.h"

#include "tls_record.h"

enum {
	FRAGMENT_MAX = 16384 + 2048, /* encrypted, RFC 5246, section 6.2.3 */
	ALERT_LEN = 2,
	LEVEL_WARNING = 1,
	LEVEL_FATAL = 2,
};

/* Whether these bytes begin a record, as far as they go. */
static bool is_header(const uint8_t *data, size_t len)
{
	size_t fragment;

	if (len > 0 && (data[0] < TLS_TYPE_CHANGE_CIPHER_SPEC || data[0] > TLS_TYPE_HEARTBEAT))
		return false;
	if (len > 1 && data[1] != 3)
		return false;
	if (len > 2 && data[2] > 4)
		return false;
	if (len > 3 && data[3] > FRAGMENT_MAX >> 8)
		return false;
	if (len < TLS_RECORD_HEADER)
		return true;
	fragment = (size_t)data[3] << 8 | data[4];
	/* Of these, only application data may be empty (RFC 5246, section 6.2.1). */
	return fragment <= FRAGMENT_MAX && (fragment || data[0] == TLS_TYPE_APPLICATION_DATA);
}

enum tls_kind tls_kind(const uint8_t *data, size_t len)
{
	if (!is_header(data, len))
		return TLS_NONE;
	if (len < TLS_RECORD_HEADER)
		return TLS_PART;
	if (data[0] == TLS_TYPE_HANDSHAKE)
		return TLS_HANDSHAKE;
	return data[0] == TLS_TYPE_ALERT ? TLS_ALERT : TLS_OTHER;
}

bool tls_next_record(struct tls_records *records, struct tls_record *out)
{
	const uint8_t *data = records->data;

	if (records->len < TLS_RECORD_HEADER || !is_header(data, records->len))
		return false;
	out->type = data[0];
	out->len = (size_t)data[3] << 8 | data[4];
	out->data = data + TLS_RECORD_HEADER;
	out->there = records->len - TLS_RECORD_HEADER;
	if (out->there > out->len)
		out->there = out->len;
	records->data = out->data + out->there;
	records->len -= TLS_RECORD_HEADER + out->there;
	return true;
}

/*
 * Two bytes with a level are never an encrypted alert: that has a tag or a MAC too, and under
 * TLS 1.3 the type of application data. So one behind change_cipher_spec is readable as well: there
 * it follows a HelloRetryRequest (RFC 8446, appendix D.4).
 */
bool tls_alert(const uint8_t *data, size_t len, struct tls_alert *out)
{
	struct tls_records records = {data, len};
	struct tls_record record;

	while (tls_next_record(&records, &record)) {
		if (record.type != TLS_TYPE_ALERT || record.len != ALERT_LEN ||
		    record.there != ALERT_LEN || record.data[0] < LEVEL_WARNING ||
		    record.data[0] > LEVEL_FATAL)
			continue;
		*out = (struct tls_alert){record.data[0], record.data[1]};
		return true;
	}
	return false;
}

/*
 * Whether a record is a hello that fills it, in the clear. Behind change_cipher_spec too: that
 * comes between the two ClientHellos, and the two ServerHellos, of a HelloRetryRequest.
 */
static bool is_hello(const struct tls_record *record)
{
	const uint8_t *data = record->data;
	size_t message;

	if (record->there < 6 || (data[0] != TLS_CLIENT_HELLO && data[0] != TLS_SERVER_HELLO))
		return false;
	message = (size_t)data[1] << 16 | (size_t)data[2] << 8 | data[3];
	return message + 4 == record->len && data[4] == 3 && data[5] <= 4;
}

/*
 * The first encrypted record. Of a handshake record behind change_cipher_spec that needs its first
 * bytes. An alert is none: it can be in the clear, and says nothing of a handshake that succeeded.
 */
static bool first_encrypted(const uint8_t *data, size_t len, struct tls_record *out)
{
	struct tls_records records = {data, len};
	bool ciphers = false;

	while (tls_next_record(&records, out)) {
		if (out->type == TLS_TYPE_APPLICATION_DATA)
			return true;
		if (out->type == TLS_TYPE_CHANGE_CIPHER_SPEC)
			ciphers = true;
		else if (ciphers && out->type == TLS_TYPE_HANDSHAKE && out->there >= 6 &&
			 !is_hello(out))
			return true;
		else if (ciphers && out->type == TLS_TYPE_HEARTBEAT)
			return true;
	}
	return false;
}

bool tls_encrypts(const uint8_t *data, size_t len)
{
	struct tls_record record;

	return first_encrypted(data, len, &record);
}

/*
 * Just these lengths, and not anything shorter than a Finished message: the Certificate message of
 * a client that was asked for one and has none is 8 bytes, its record 25 (measured, OpenSSL 3.0).
 * Under TLS 1.2 the first encrypted record is a handshake record.
 */
bool tls_refuses_encrypted(const uint8_t *data, size_t len)
{
	enum { TYPE = 1, TAG = 16, SHORT_TAG = 8 };
	struct tls_record record;

	return first_encrypted(data, len, &record) && record.type == TLS_TYPE_APPLICATION_DATA &&
	       (record.len == ALERT_LEN + TYPE + TAG || record.len == ALERT_LEN + TYPE + SHORT_TAG);
}
