/* SPDX-License-Identifier: GPL-2.0-only */
/* The records of one side of a TLS connection (RFC 8446, section 5.1). */
#ifndef CLBTRACE_TLS_RECORD_H
#define CLBTRACE_TLS_RECORD_H

#include "tls.h"

enum {
	TLS_TYPE_CHANGE_CIPHER_SPEC = 20,
	TLS_TYPE_ALERT = 21,
	TLS_TYPE_HANDSHAKE = 22,
	TLS_TYPE_APPLICATION_DATA = 23,
	TLS_TYPE_HEARTBEAT = 24, /* RFC 6520 */
	TLS_CLIENT_HELLO = 1,	 /* types of handshake messages */
	TLS_SERVER_HELLO = 2,
};

struct tls_record {
	uint8_t type;
	size_t len;	     /* of its fragment, as its header says */
	const uint8_t *data; /* the fragment */
	size_t there;	     /* how much of it the bytes hold */
};

struct tls_records {
	const uint8_t *data;
	size_t len; /* what is left of the bytes */
};

/* Takes the next record. False: its header is not complete, or is none. */
bool tls_next_record(struct tls_records *records, struct tls_record *out);

#endif
