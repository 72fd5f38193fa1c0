// SPDX-License-Identifier: GPL-2.0-only
// The command lines of live mode, replay and doctor: one table that parses them and prints their
// help.
#include "options.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clouds.h"
#include "escape.h"
#include "options_table.h"
#include "parse.h"

enum {
	LONG_BASE = 256, /* getopt_long() returns LONG_BASE + row for a long option */
	WORD = 1,	 /* what it returns for a word that is no option */
	HELP_COLUMN = 28,
};

static void print_row(const struct option_row *row)
{
	const char *line = row->help;
	const char letter[] = {'-', row->letter, ',', 0};
	int at = printf("  %3s --%s%s%s", row->letter ? letter : "", row->name,
			row->value ? " " : "", row->value ? row->value : "");

	for (;;) {
		int len = (int)strcspn(line, "\n");

		printf("%*s%.*s\n", HELP_COLUMN - at, "", len, line);
		if (!line[len])
			return;
		line += len + 1;
		at = 0;
	}
}

static void print_clouds(void)
{
	char text[80];

	fputs("\n"
	      "Clouds: the sources, the timeout and the status codes of each\n",
	      stdout);
	for (const struct cloud *cloud = clouds; cloud < clouds + N_CLOUDS; cloud++)
		printf("  %-15s %s; %" PRIu64 " ms; %s\n  %-15s %s\n", cloud->id,
		       cloud_sources(cloud, text, sizeof(text)), cloud->timeout_ms, cloud->status,
		       "", cloud->about);
}

static const char live_help[] =
	"usage: clbtrace [live] [OPTIONS]        say why this host's health checks fail\n"
	"       clbtrace replay FILE [OPTIONS]   explain a recording or a capture\n"
	"       clbtrace doctor [OPTIONS]        what it can see and tell on this host\n"
	"       clbtrace causes [ID]             what it can say, or one cause in full\n"
	"\n"
	"Watches the load balancer's probes arrive, pass the packet filter, TCP and\n"
	"the application, and prints one verdict per probe. Needs root.\n"
	"Adds nothing to the host but a table that traces rules: --no-rule-trace.\n"
	"\n";

static const char replay_help[] =
	"usage: clbtrace replay FILE [OPTIONS]\n"
	"\n"
	"Explains a recording (-w FILE.pcapng) as it was explained live, or any pcap or\n"
	"pcapng capture by what packets alone can tell. -: standard input, as in\n"
	"tcpdump -w - | clbtrace replay -. Results of --json can be made a page of\n"
	"too (--report). Needs no root.\n"
	"\n";

static const char doctor_help[] =
	"usage: clbtrace doctor [OPTIONS]\n"
	"\n"
	"Says which waypoints this kernel lets clbtrace use, how, or why not, and how\n"
	"surely each cause can be told with them; what is in the packet's way on this\n"
	"host, and what may disturb. Changes nothing, attaches to nothing. Needs root.\n"
	"\n";

static const struct {
	enum options_mode mode;
	const char *command; /* as it is called */
	const char *help;
} modes[] = {
	{MODE_LIVE, "clbtrace", live_help},
	{MODE_REPLAY, "clbtrace replay", replay_help},
	{MODE_DOCTOR, "clbtrace doctor", doctor_help},
};

/* Its index in modes. */
static size_t mode_index(enum options_mode mode)
{
	size_t i = 0;

	while (i + 1 < sizeof(modes) / sizeof(modes[0]) && modes[i].mode != mode)
		i++;
	return i;
}

void options_help(enum options_mode mode)
{
	fputs(modes[mode_index(mode)].help, stdout);
	for (size_t i = 0; i < N_OPTION_ROWS; i++)
		if (option_rows[i].modes & mode)
			print_row(&option_rows[i]);
	if (mode == MODE_DOCTOR) {
		puts("\nExit status: 0 clbtrace works here, 2 bad usage, 4 it does not.");
		return;
	}
	print_clouds();
	printf("\n"
	       "Ctrl-C ends it with a summary. Exit status: 0 every probe healthy, 1 some\n"
	       "probe failed or stayed undetermined, 2 bad usage or input, 3 no probe seen%s.\n",
	       mode == MODE_LIVE ? ",\n4 cannot trace here" : "");
}

static const struct option_row *find_row(enum options_mode mode, int code)
{
	if (code >= LONG_BASE)
		return code < LONG_BASE + N_OPTION_ROWS ? &option_rows[code - LONG_BASE] : NULL;
	for (size_t i = 0; i < N_OPTION_ROWS; i++)
		if (option_rows[i].modes & mode && option_rows[i].letter &&
		    option_rows[i].letter == code)
			return &option_rows[i];
	return NULL;
}

static void fill_getopt(enum options_mode mode, struct option longs[N_OPTION_ROWS + 1],
			char shorts[2 * N_OPTION_ROWS + 3])
{
	struct option *next = longs;
	char *at = shorts;

	memset(longs, 0, (N_OPTION_ROWS + 1) * sizeof(*longs));
	*at++ = '-'; /* a word that is no option is returned in its turn */
	*at++ = ':';
	for (int i = 0; i < N_OPTION_ROWS; i++) {
		if (!(option_rows[i].modes & mode))
			continue;
		next->name = option_rows[i].name;
		next->has_arg = option_rows[i].value ? required_argument : no_argument;
		next++->val = LONG_BASE + i;
		if (!option_rows[i].letter)
			continue;
		*at++ = option_rows[i].letter;
		if (option_rows[i].value)
			*at++ = ':';
	}
	*at = 0;
}

/* err for an option that getopt_long() refused: code is its answer, word the argument it was in. */
static int refuse_option(enum options_mode mode, int code, int opt, const char *word, char *err,
			 size_t err_len)
{
	const struct option_row *row = find_row(mode, opt);
	const char *command = modes[mode_index(mode)].command;
	char text[80];

	if (code == ':' && row)
		snprintf(err, err_len, "--%s: %s expected after it", row->name, row->value);
	else if (row)
		snprintf(err, err_len, "--%s: takes no value", row->name);
	else if (opt)
		snprintf(err, err_len, "unknown option '-%s'; see %s --help",
			 escape_text(&(char){(char)opt}, 1, text, sizeof(text)), command);
	else
		snprintf(err, err_len, "unknown option '%s'; see %s --help",
			 escape_text(word, strlen(word), text, sizeof(text)), command);
	return -EINVAL;
}

static int take(struct parsing *p, const struct option_row *row, const char *value, char *err,
		size_t err_len)
{
	int ret = row->parse(p, value);
	char text[256];

	if (ret == -EINVAL)
		snprintf(err, err_len, "--%s: '%s': %s", row->name,
			 escape_text(value, strlen(value), text, sizeof(text)), p->why);
	else if (ret)
		snprintf(err, err_len, "out of memory");
	return ret;
}

/* A word that is no option: replay's file. */
static int take_word(struct options *options, const char *word, char *err, size_t err_len)
{
	char text[80];

	if (options->mode == MODE_REPLAY && !options->file) {
		options->file = word;
		return 0;
	}
	snprintf(err, err_len, "unexpected argument '%s'; see %s --help",
		 escape_text(word, strlen(word), text, sizeof(text)),
		 modes[mode_index(options->mode)].command);
	return -EINVAL;
}

static int parse_words(struct parsing *p, int argc, char **argv, char *err, size_t err_len)
{
	const enum options_mode mode = p->options->mode;
	struct option longs[N_OPTION_ROWS + 1];
	char shorts[2 * N_OPTION_ROWS + 3];
	int code, ret = 0;

	fill_getopt(mode, longs, shorts);
	optind = 0; /* glibc: start anew */
	opterr = 0;
	while (*p->action == OPTIONS_RUN && !ret) {
		code = getopt_long(argc, argv, shorts, longs, NULL);
		if (code == -1)
			break;
		if (code == '?' || code == ':')
			return refuse_option(mode, code, optopt, argv[optind - 1], err, err_len);
		ret = code == WORD ? take_word(p->options, optarg, err, err_len)
				   : take(p, find_row(mode, code), optarg, err, err_len);
	}
	/* What is behind "--". */
	while (*p->action == OPTIONS_RUN && !ret && optind < argc)
		ret = take_word(p->options, argv[optind++], err, err_len);
	return ret;
}

static int add_default_sources(struct options *options, char *err, size_t err_len)
{
	static const char *const standard[CLOUD_SOURCES_MAX] = {"100.64.0.0/10"};
	const char *const *texts = options->cloud ? options->cloud->sources : standard;
	struct prefix source;
	int ret = 0;

	for (size_t i = 0; !ret && i < CLOUD_SOURCES_MAX && texts[i]; i++) {
		ret = parse_prefix(texts[i], &source, err, err_len);
		if (!ret)
			ret = options_add_source(options, &source);
	}
	return ret;
}

/* The defaults in front of those that were named. */
static int put_default_sources(struct parsing *p, char *err, size_t err_len)
{
	struct options *options = p->options;
	struct prefix *named = options->sources;
	size_t n = options->n_sources;
	int ret;

	if (!p->default_source) {
		if (n)
			return 0;
		snprintf(err, err_len, "--no-default-source: no --source is left to watch");
		return -EINVAL;
	}
	options->sources = NULL;
	options->n_sources = 0;
	ret = add_default_sources(options, err, err_len);
	for (size_t i = 0; !ret && i < n; i++)
		ret = options_add_source(options, &named[i]);
	free(named);
	return ret;
}

/* What no option has set: only now is it known whether a cloud was named, and which. */
static int put_defaults(const struct parsing *p, char *err, size_t err_len)
{
	const struct cloud *cloud = p->options->cloud;

	if (!p->options->named_timeout)
		p->options->timeout_ms = cloud ? cloud->timeout_ms : 2000;
	return p->options->named_status
		       ? 0
		       : parse_status_list(cloud ? cloud->status : "100-499",
					   p->options->expect_status, err, err_len);
}

/* What goes together, and what has to be there. */
static int check_options(const struct options *options, char *err, size_t err_len)
{
	const bool packets = options->backend == BACKEND_PCAP || options->proc;

	if (options->mode == MODE_REPLAY && !options->file)
		snprintf(err, err_len, "replay: which FILE? see clbtrace replay --help");
	else if (options->rotate_bytes && (!options->write || options->write_packets_only))
		snprintf(err, err_len, "--rotate: needs a recording, --write FILE.pcapng");
	else if (options->proc && options->backend == BACKEND_BPF)
		snprintf(err, err_len,
			 "--proc: the bpf backend asks the kernel itself; only --backend pcap "
			 "reads a copy");
	else if (options->xdp && packets)
		snprintf(err, err_len,
			 "--xdp: an XDP program is BPF: not with packets alone (--backend pcap, "
			 "--proc)");
	else if (options->btf && packets)
		snprintf(err, err_len,
			 "--btf: with packets alone (--backend pcap, --proc) no BPF program is "
			 "loaded that needs it");
	else
		return 0;
	return -EINVAL;
}

int options_parse(struct options *options, enum options_mode mode, int argc, char **argv,
		  enum options_action *action, char *err, size_t err_len)
{
	struct parsing p = {.options = options, .action = action, .default_source = true};
	int ret;

	memset(options, 0, sizeof(*options));
	memset(options->ports, 0xff, sizeof(options->ports));
	options->mode = mode;
	options->all_ports = true;
	options->max_probes = 65536;
	*action = OPTIONS_RUN;
	ret = parse_words(&p, argc, argv, err, err_len);
	if (!ret && *action == OPTIONS_RUN)
		ret = put_default_sources(&p, err, err_len);
	if (!ret && *action == OPTIONS_RUN)
		ret = put_defaults(&p, err, err_len);
	if (!ret && *action == OPTIONS_RUN)
		ret = check_options(options, err, err_len);
	return ret;
}

void options_free(struct options *options)
{
	free(options->sources);
	free(options->interfaces);
	memset(options, 0, sizeof(*options));
}

static bool is_in(const uint8_t addr[16], const struct prefix *prefix)
{
	const unsigned int bytes = prefix->len / 8, bits = prefix->len % 8;

	return !memcmp(addr, prefix->addr, bytes) &&
	       (!bits || !((addr[bytes] ^ prefix->addr[bytes]) >> (8 - bits)));
}

bool options_have_source(const struct options *options, const uint8_t addr[16])
{
	for (size_t i = 0; i < options->n_sources; i++)
		if (is_in(addr, &options->sources[i]))
			return true;
	return false;
}

bool options_have_port(const struct options *options, unsigned int port)
{
	return port <= UINT16_MAX &&
	       (options->all_ports || options->ports[port / 64] >> port % 64 & 1);
}
