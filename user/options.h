/* SPDX-License-Identifier: GPL-2.0-only */
/* The command lines of live mode, replay and doctor: one table that parses them and prints their
 * help.
 */
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

/* What a command line is for; the bits of the modes that an option is for. */
enum options_mode { MODE_LIVE = 1, MODE_REPLAY = 2, MODE_DOCTOR = 4 };

enum backend { BACKEND_AUTO, BACKEND_BPF, BACKEND_PCAP };

enum color_mode { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER };

struct options {
	enum options_mode mode;
	const char *file;	/* replay: what to read; "-": standard input */
	struct prefix *sources; /* the defaults first, unless --no-default-source */
	size_t n_sources;
	uint64_t ports[1024]; /* bit p % 64 of word p / 64; all set by default */
	bool all_ports;
	char (*interfaces)[16]; /* names given with --interface; none: every one that is up */
	size_t n_interfaces;
	uint64_t count;		   /* 0: no limit */
	uint64_t duration_ms;	   /* 0: no limit */
	const struct cloud *cloud; /* NULL: none was named */
	uint64_t timeout_ms;	   /* default 2000, or the cloud's */
	uint32_t max_probes;	   /* default 65536 */
	const char *write;	   /* NULL: no file */
	bool write_packets_only;   /* write a classic pcap, no recording */
	uint64_t rotate_bytes;	   /* begin a new file at this size; 0: never */
	uint64_t rotate_files;	   /* keep so many of them; 0: all */
	const char *report;	   /* HTML page to write; NULL: none */
	enum backend backend;
	const char *btf;			  /* BTF of the running kernel; NULL: its own */
	const char *proc;			  /* what to read instead of /proc; NULL: /proc */
	uint8_t expect_status[HTTP_STATUS_BYTES]; /* a bit per status code 0..599 */
	const char *netns; /* NULL: the one that clbtrace runs in; a name or a process id */
	bool udp;	   /* datagrams and echo requests too */
	bool json;
	bool verbose;
	bool xdp;
	bool no_rule_trace; /* add no rule to the host */
	enum color_mode color;
	/* What the command line named, as opposed to a default. */
	bool named_sources, named_ports, named_timeout, named_status, named_max_probes;
};

enum options_action { OPTIONS_RUN, OPTIONS_HELP, OPTIONS_VERSION };

/*
 * Parses argv[1..]; replay: its FILE too, before, after or between the options. On -EINVAL err has
 * one line naming the argument. Strings are kept by reference. Returns 0 or -EINVAL, -ENOMEM.
 */
int options_parse(struct options *options, enum options_mode mode, int argc, char **argv,
		  enum options_action *action, char *err, size_t err_len);
void options_free(struct options *options);

/* Whether the address is one of a source, and the port (0 to 65535) one that is watched. */
bool options_have_source(const struct options *options, const uint8_t addr[16]);
bool options_have_port(const struct options *options, unsigned int port);
void options_help(enum options_mode mode);

#endif
