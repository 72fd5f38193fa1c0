// SPDX-License-Identifier: GPL-2.0-only
/* The prober's command line: one table, from which the help comes too. */
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "prober.h"

struct choice {
	const char *name;
	int value;
};

static const struct choice modes[] = {
	{"half-open", MODE_HALF_OPEN},
	{"silent", MODE_SILENT},
	{"ack", MODE_ACK},
	{"fin", MODE_FIN},
	{"rst", MODE_RST},
	{"read", MODE_READ},
	{"request", MODE_REQUEST},
	{"udp", MODE_UDP},
	{"ping", MODE_PING},
	{NULL, 0},
};

enum kind { UINT, U32, PORT, FLAG, TEXT, MODE, SOURCE, MAC, PAYLOAD, FILE_PAYLOAD, CLOSE, HELP };

struct option_row {
	const char *name, *arg, *help;
	enum kind kind;
	size_t offset;	/* of the value in struct prober_options */
	size_t present; /* of the flag that says it was given; 0: none */
	unsigned int max;
};

#define AT(field) offsetof(struct prober_options, field)

static const struct option_row rows[] = {
	{"mode", "MODE",
	 "after the SYN-ACK: half-open (RST; default), silent, ack, fin, rst, read, request;\n"
	 "udp: a datagram, ok unless an ICMP error comes; ping: an echo request",
	 MODE, AT(mode), 0, 0},
	{"send", "TEXT",
	 "the request, \\r \\n \\xHH understood; implies --mode request, unless it is udp or\n"
	 "ping: then the datagram",
	 PAYLOAD, 0, 0, 0},
	{"send-file", "FILE", "the same from a file, up to 4096 bytes (a datagram: 1200)",
	 FILE_PAYLOAD, 0, 0, 0},
	{"pieces", "N", "N bytes of the request to a segment (1200)", UINT, AT(piece), 0,
	 PROBER_MAX_SEGMENT},
	{"pieces-reversed", NULL, "the last segment of the request goes out first", FLAG,
	 AT(pieces_reversed), 0, 0},
	{"close", "HOW",
	 "after the answer: fin (default), rst, or peer: wait until the peer closes", CLOSE, 0, 0,
	 0},
	{"source", "ADDR", "probe from ADDR; repeatable: in turn (100.64.1.10, fd00:64::10)",
	 SOURCE, 0, 0, 0},
	{"sport", "PORT", "source port (ping: identifier) of the first probe; later ones count up",
	 PORT, AT(sport), 0, 65535},
	{"count", "N", "so many probes (1)", UINT, AT(count), 0, 1000000},
	{"rate", "N", "so many a second (0: at once)", UINT, AT(rate), 0, 1000000},
	{"isn", "N", "initial sequence number (random; ping: its sequence number, 1)", U32, AT(isn),
	 AT(have_isn), 0},
	{"tsval", "N", "timestamps, from N on, one a millisecond (none)", U32, AT(tsval),
	 AT(have_tsval), 0},
	{"syns", "N", "SYNs in all, if unanswered (1)", UINT, AT(syns), 0, 100},
	{"syn-interval", "MS", "between SYNs (1000)", UINT, AT(syn_interval_ms), 0, 60000},
	{"ack-delay", "MS", "hold the final ACK back (0)", UINT, AT(ack_delay_ms), 0, 60000},
	{"acks-together", NULL, "hold final ACKs until every probe has its SYN-ACK", FLAG,
	 AT(acks_together), 0, 0},
	{"rst-on-ack", NULL, "answer an ACK to the SYN with RST, as full stacks do", FLAG,
	 AT(rst_on_ack), 0, 0},
	{"timeout", "MS", "a probe gives up after (1000)", UINT, AT(timeout_ms), 0, 60000},
	{"linger", "MS", "after the last probe, note what still comes (0)", UINT, AT(linger_ms), 0,
	 60000},
	{"bad-tcp-checksum", NULL, "in every packet (or UDP's, ICMP's)", FLAG, AT(bad_tcp_checksum),
	 0, 0},
	{"bad-ip-checksum", NULL, "in every packet", FLAG, AT(bad_ip_checksum), 0, 0},
	{"md5", NULL, "a TCP-MD5 option (no true digest) in every packet", FLAG, AT(md5), 0, 0},
	{"data-offset", "WORDS", "TCP header length to claim", UINT, AT(data_offset), 0, 15},
	{"to-mac", "MAC", "destination MAC (02:00:00:00:20:0f, the lab's server)", MAC, 0, 0, 0},
	{"interface", "NAME", "(lb0)", TEXT, AT(interface), 0, 0},
	{"quiet", NULL, "no lines", FLAG, AT(quiet), 0, 0},
	{"help", NULL, "this", HELP, 0, 0, 0},
};

#define N_ROWS (sizeof(rows) / sizeof(rows[0]))

static void print_help(void)
{
	const char *line;
	char left[32];
	size_t i, len;

	puts("usage: prober [OPTIONS] ADDRESS PORT\n       prober --mode ping [OPTIONS] ADDRESS\n\n"
	     "Probes a port as a load balancer does, with packets of its own making. The "
	     "source addresses must\n"
	     "not be addresses of this namespace: its kernel then ignores the answers, and cannot "
	     "reset what it did\n"
	     "not open. They must be routed here from the target. One line a probe says what came "
	     "back. Exit status:\n"
	     "0 all probes succeeded, 1 some did not, 2 bad usage.\n");
	for (i = 0; i < N_ROWS; i++) {
		snprintf(left, sizeof(left), "--%s %s", rows[i].name,
			 rows[i].arg ? rows[i].arg : "");
		for (line = rows[i].help;; line += len + 1) {
			len = strcspn(line, "\n");
			printf("  %-20s %.*s\n", left, (int)len, line);
			if (!line[len])
				break;
			left[0] = 0;
		}
	}
}

static int parse_number(const char *text, unsigned long max, unsigned long *out)
{
	char *end;

	errno = 0;
	*out = strtoul(text, &end, 0);
	return errno || end == text || *end || *text == '-' || *out > max ? -EINVAL : 0;
}

static int parse_source(struct prober_options *opt, const char *text)
{
	struct in6_addr *address = &opt->sources[opt->n_sources];
	int family = strchr(text, ':') ? AF_INET6 : AF_INET;

	if (opt->n_sources == PROBER_MAX_SOURCES || (opt->n_sources && family != opt->family))
		return -EINVAL;
	opt->family = family;
	opt->n_sources++;
	return inet_pton(family, text, address) == 1 ? 0 : -EINVAL;
}

static int parse_mac(struct prober_options *opt, const char *text)
{
	uint8_t *m = opt->mac;
	char rest;

	return sscanf(text, "%hhx:%hhx:%hhx:%hhx:%hhx:%hhx%c", &m[0], &m[1], &m[2], &m[3], &m[4],
		      &m[5], &rest) == 6
		       ? 0
		       : -EINVAL;
}

static int parse_mode(struct prober_options *opt, const char *text)
{
	const struct choice *mode;

	for (mode = modes; mode->name; mode++) {
		if (!strcmp(mode->name, text)) {
			opt->mode = (enum prober_mode)mode->value;
			return 0;
		}
	}
	return -EINVAL;
}

static int parse_scalar(struct prober_options *opt, const struct option_row *row, const char *text)
{
	void *at = (char *)opt + row->offset;
	unsigned long number;

	if (parse_number(text, row->kind == U32 ? UINT32_MAX : row->max, &number))
		return -EINVAL;
	if (row->kind == PORT)
		*(uint16_t *)at = (uint16_t)number;
	else
		*(uint32_t *)at = (uint32_t)number;
	if (row->present)
		*((bool *)((char *)opt + row->present)) = true;
	return 0;
}

static int parse_row(struct prober_options *opt, const struct option_row *row, const char *text)
{
	switch (row->kind) {
	case FLAG:
		*(bool *)((char *)opt + row->offset) = true;
		return 0;
	case TEXT:
		opt->interface = text;
		return 0;
	case MODE:
		return parse_mode(opt, text);
	case SOURCE:
		return parse_source(opt, text);
	case MAC:
		return parse_mac(opt, text);
	case PAYLOAD:
		return payload_parse(opt, text);
	case FILE_PAYLOAD:
		return payload_read(opt, text);
	case CLOSE:
		opt->close_with_rst = !strcmp(text, "rst");
		opt->close_after_peer = !strcmp(text, "peer");
		return opt->close_with_rst || opt->close_after_peer || !strcmp(text, "fin")
			       ? 0
			       : -EINVAL;
	case HELP:
		print_help();
		exit(0);
	default:
		return parse_scalar(opt, row, text);
	}
}

static int parse_target(struct prober_options *opt, int argc, char **argv)
{
	unsigned long port = 0;
	int family;

	if (argc != 2 && !(argc == 1 && opt->mode == MODE_PING)) {
		fprintf(stderr, "prober: ADDRESS and PORT expected; see --help\n");
		return -EINVAL;
	}
	family = strchr(argv[0], ':') ? AF_INET6 : AF_INET;
	if (inet_pton(family, argv[0], &opt->target) != 1 ||
	    (opt->n_sources && family != opt->family)) {
		fprintf(stderr, "prober: %s: not an address, or not of the sources' family\n",
			argv[0]);
		return -EINVAL;
	}
	/* An echo request has an identifier on the prober's side alone. */
	if (argc == 2 && (parse_number(argv[1], 65535, &port) || !port)) {
		fprintf(stderr, "prober: %s: not a port\n", argv[1]);
		return -EINVAL;
	}
	opt->family = family;
	opt->port = opt->mode == MODE_PING ? 0 : (uint16_t)port;
	return opt->n_sources
		       ? 0
		       : parse_source(opt, family == AF_INET6 ? "fd00:64::10" : "100.64.1.10");
}

static int check_ranges(struct prober_options *opt)
{
	unsigned int ports = (opt->count + opt->n_sources - 1) / opt->n_sources;

	if (!opt->sport)
		opt->sport = (uint16_t)(20000 + random() % 40000 * (ports < 5000));
	if (!opt->count || !opt->syns || opt->sport + ports - 1 > 65535) {
		fprintf(stderr, "prober: --count, --syns or --sport out of range\n");
		return -EINVAL;
	}
	if ((opt->mode == MODE_UDP || opt->mode == MODE_PING) &&
	    opt->payload_len > PROBER_MAX_SEGMENT) {
		fprintf(stderr, "prober: a datagram is sent whole: %d bytes at most\n",
			PROBER_MAX_SEGMENT);
		return -EINVAL;
	}
	return 0;
}

/* Fills opt from the command line; says on stderr what is wrong. */
int prober_options_parse(struct prober_options *opt, int argc, char **argv)
{
	struct option longs[N_ROWS + 1] = {0};
	int index = 0, c;
	size_t i;

	*opt = (struct prober_options){
		.mac = {2, 0, 0, 0, 0x20, 0x0f},
		.interface = "lb0",
		.syns = 1,
		.syn_interval_ms = 1000,
		.timeout_ms = 1000,
		.count = 1,
		.data_offset = -1,
	};
	for (i = 0; i < N_ROWS; i++) {
		longs[i].name = rows[i].name;
		longs[i].has_arg = rows[i].arg ? required_argument : no_argument;
	}
	while ((c = getopt_long(argc, argv, "", longs, &index)) != -1) {
		if (c == '?')
			return -EINVAL;
		if (parse_row(opt, &rows[index], optarg)) {
			fprintf(stderr, "prober: --%s: bad value: %s\n", rows[index].name, optarg);
			return -EINVAL;
		}
	}
	if (parse_target(opt, argc - optind, argv + optind))
		return -EINVAL;
	return check_ranges(opt);
}
