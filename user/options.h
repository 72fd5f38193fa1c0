/* SPDX-License-Identifier: GPL-2.0-only */
/* The command line of live mode: one table that parses it and prints its help. */
#ifndef CLBTRACE_OPTIONS_H
#define CLBTRACE_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "http.h"

struct cloud;

/* An address prefix; address as in struct ev_flow (IPv4 as ::ffff:a.b.c.d, its length + 96). */
struct prefix {
	uint8_t addr[16];
	uint8_t len; /* bits of the 16-byte form, 0..128 */
};

enum color_mode { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER };

struct options {
	struct prefix *sources; /* the defaults first, unless --no-default-source */
	size_t n_sources;
	uint64_t ports[1024]; /* bit p % 64 of word p / 64; all set by default */
	bool all_ports;
	char (*interfaces)[16]; /* names given with --interface; none: every one that is up */
	size_t n_interfaces;
	uint64_t count;				  /* 0: no limit */
	uint64_t duration_ms;			  /* 0: no limit */
	const struct cloud *cloud;		  /* NULL: none was named */
	uint64_t timeout_ms;			  /* default 2000, or the cloud's */
	uint32_t max_probes;			  /* default 65536 */
	const char *write;			  /* NULL: no file */
	uint8_t expect_status[HTTP_STATUS_BYTES]; /* a bit per status code 0..599 */
	const char *netns; /* NULL: the one that clbtrace runs in; a name or a process id */
	bool udp;	   /* datagrams and echo requests too */
	bool json;
	bool verbose;
	bool xdp;
	bool no_rule_trace; /* add no rule to the host */
	enum color_mode color;
};

enum options_action { OPTIONS_RUN, OPTIONS_HELP, OPTIONS_VERSION };

/*
 * Parses argv[1..]. On -EINVAL err has one line naming the argument. Strings are kept by reference.
 * Returns 0 or -EINVAL, -ENOMEM.
 */
int options_parse(struct options *options, int argc, char **argv, enum options_action *action,
		  char *err, size_t err_len);
void options_free(struct options *options);
void options_help(void);

#endif
