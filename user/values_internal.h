/* SPDX-License-Identifier: GPL-2.0-only */
/* Tables of named values; values.c looks a name up in each. */
#ifndef CLBTRACE_VALUES_INTERNAL_H
#define CLBTRACE_VALUES_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>

#include "probe.h"
#include "values.h"

struct value {
	const char *name;
	/* Returns false if the probe has no such value. */
	bool (*get)(const struct values_of *of, char *out, size_t out_len);
};

/* How most values are written. Both return true. */
bool value_put(char *out, size_t out_len, const char *text);
bool value_put_number(char *out, size_t out_len, int64_t number);

/* How long was waited, in milliseconds: the timeout, or less if tracing ended before. */
uint64_t value_waited_ms(const struct values_of *of);

/* How a healthy exchange in TLS went. */
bool value_tls_exchange(const struct values_of *of, char *out, size_t out_len);

/* "nginx (pid 12)", as the value process; "the service" if that is not known. */
const char *value_service_words(const struct values_of *of, char *out, size_t out_len);

enum { VALUE_QUOTE_LEN = 124 };
/* The first line of what was said, escaped, in quotes. Returns out. */
const char *value_quote(const uint8_t *data, size_t len, char *out, size_t out_len);

/* Each ends with a NULL name. */
extern const struct value values_socket[];  /* listeners, queues, timestamps */
extern const struct value values_network[]; /* interfaces, routes, addresses */
extern const struct value values_filters[]; /* programs, connection tracking, packet filter */

extern const struct value values_service[];  /* processes, containers, datagrams' sockets */
extern const struct value values_exchange[]; /* what was said, and when */
extern const struct value values_tls[];	     /* hellos, alerts */

/* How the probe went, in words: values_words.c */
extern const struct value values_words[];

/* Of a capture, what its packets tell and what else accounts for them: values_capture.c */
extern const struct value values_capture[];
bool value_captured_words(const struct values_of *of, char *out, size_t out_len);

#endif
