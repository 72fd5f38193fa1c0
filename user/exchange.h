/* SPDX-License-Identifier: GPL-2.0-only */
/* What prober and service said to each other: the first bytes each way, and what they are. */
#ifndef CLBTRACE_EXCHANGE_H
#define CLBTRACE_EXCHANGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "evidence.h"
#include "http.h"
#include "stream.h"
#include "tls.h"

enum exchange_way { FROM_PROBER, TO_PROBER };

/* All zero: nothing was said. Times in CLOCK_MONOTONIC, 0: not yet. */
struct exchange {
	struct stream said[2]; /* by enum exchange_way */
	size_t reach[2];       /* how far what was sent goes, read or not; up to STREAM_KEPT */
	uint64_t first_ns[2];  /* the first payload */
	uint64_t last_ns[2];   /* the latest */
	unsigned int status;   /* of the HTTP response, 0: none was read */
	bool cut_short;	       /* of the HTTP response, the header section is not complete */
	uint64_t encrypted;    /* bytes that the service sent since the prober encrypts */
	bool is_tls13;
	bool line_ended; /* the status line is whole, its reason phrase too */
	bool undecided;	 /* an HTTP request, and the answer so far may yet become a status line */
	struct tls_alert alert; /* where E(SERVER_ALERT) or E(PROBER_ALERT) */
};

/* The payload of one packet. */
struct said {
	uint64_t time_ns;
	int32_t offset; /* of its first byte in what that side sends */
	size_t size;	/* of it all */
	const uint8_t *data;
	size_t len; /* what was captured of it */
};

/* Takes it. Returns the evidence (E(...)) that follows from all that was said so far. */
evidence_t exchange_add(struct exchange *x, enum exchange_way way, const struct said *said);

/*
 * Whether bytes are missing of what was said first: a capture that keeps too little of each packet
 * (tcpdump -s), or that has missed packets.
 */
bool exchange_lacks(const struct exchange *x);

/* Whether bytes that are missing could tell how the service is: the answer's HTTP status, or how a
 * TLS handshake went on. */
bool exchange_is_unread(const struct exchange *x);

/* Whether the prober has sent nothing but a PROXY protocol header. */
bool exchange_is_header_only(const struct exchange *x);
void exchange_free(struct exchange *x);

/* Each is parsed anew from what was said; false if it is not of that kind. */
bool exchange_http_request(const struct exchange *x, struct http_request *out);
bool exchange_http_response(const struct exchange *x, struct http_response *out);
bool exchange_client_hello(const struct exchange *x, struct tls_client_hello *out);

/* "offered TLS 1.3, TLS 1.2; SNI www.example", escaped; false if there is no ClientHello. */
bool exchange_offer_words(const struct exchange *x, char *out, size_t out_len);

#endif
