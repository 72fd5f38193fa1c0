/* SPDX-License-Identifier: GPL-2.0-only */
/* What of TLS is readable without keys: records, hellos, alerts (RFC 8446, RFC 5246). */
#ifndef CLBTRACE_TLS_H
#define CLBTRACE_TLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	TLS_VERSIONS_MAX = 8,
	TLS_SNI_LEN = 256,
	TLS_RECORD_HEADER = 5,
	TLS_CLOSE_NOTIFY = 0,
	TLS_ALERT_SIZE = 37, /* the largest encrypted alert record (TLS 1.2, AES-CBC with SHA-1) */
};

enum tls_kind {
	TLS_NONE,      /* these bytes cannot begin a TLS connection */
	TLS_PART,      /* they can, but are too few to tell */
	TLS_HANDSHAKE, /* a record of that type (22) */
	TLS_ALERT,     /* (21) */
	TLS_OTHER,     /* another record: change_cipher_spec (20), application data (23) */
};

/* What a side's first bytes are. */
enum tls_kind tls_kind(const uint8_t *data, size_t len);

struct tls_client_hello {
	bool whole; /* all of it was there; else the rest may be missing */
	unsigned int n_versions;
	uint16_t versions[TLS_VERSIONS_MAX]; /* offered, 0x0303 for 1.2; GREASE left out */
	char sni[TLS_SNI_LEN]; /* server_name as sent, not escaped, terminated; "": none */
};

/* Whether the bytes begin with a ClientHello (also one in several records); out is filled as far as
 * they go. */
bool tls_client_hello(const uint8_t *data, size_t len, struct tls_client_hello *out);

/* The version that a ServerHello at the beginning chose, 0 if there is none or it is cut before it
 * tells. */
uint16_t tls_server_version(const uint8_t *data, size_t len);

struct tls_alert {
	uint8_t level; /* 1 warning, 2 fatal */
	uint8_t description;
};

/* The first alert that can be read in these bytes, which begin at a record; encrypted ones cannot.
 */
bool tls_alert(const uint8_t *data, size_t len, struct tls_alert *out);

/*
 * Whether these bytes of a side, from its first on, have an encrypted record: application data, or
 * behind change_cipher_spec a handshake record that is no hello (RFC 8446, section 4.1.4: after a
 * HelloRetryRequest another one comes, in the clear).
 */
bool tls_encrypts(const uint8_t *data, size_t len);

/*
 * Whether the client's first encrypted record under TLS 1.3 has the length of an alert, which then
 * cannot be read, and not of its Certificate or Finished message (RFC 8446, section 5.2: an alert
 * is 2 bytes, its type 1, the tag 8 or 16; an empty Certificate message 8, a Finished message 36 or
 * more).
 */
bool tls_refuses_encrypted(const uint8_t *data, size_t len);

/* As in RFC 8446, section 6: "handshake_failure". NULL: unknown. */
const char *tls_alert_name(uint8_t description);
/* "TLS 1.2", "SSL 3.0"; NULL: unknown. */
const char *tls_version_name(uint16_t version);

#endif
