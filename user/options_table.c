// SPDX-License-Identifier: GPL-2.0-only
// The table of options: name, value, effect and help of each.
#include "options_table.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clouds.h"
#include "parse.h"

int options_add_source(struct options *options, const struct prefix *source)
{
	struct prefix *sources;

	for (size_t i = 0; i < options->n_sources; i++)
		if (options->sources[i].len == source->len &&
		    !memcmp(options->sources[i].addr, source->addr, 16))
			return 0;
	sources = realloc(options->sources, (options->n_sources + 1) * sizeof(*sources));
	if (!sources)
		return -ENOMEM;
	options->sources = sources;
	sources[options->n_sources++] = *source;
	return 0;
}

static int take_source(struct parsing *p, const char *value)
{
	struct prefix source;
	int err = parse_prefix(value, &source, p->why, sizeof(p->why));

	p->options->named_sources = true;
	return err ? err : options_add_source(p->options, &source);
}

static int take_no_default_source(struct parsing *p, const char *value)
{
	(void)value;
	p->default_source = false;
	return 0;
}

static int take_cloud(struct parsing *p, const char *value)
{
	char ids[100];

	p->options->cloud = cloud_find(value);
	if (p->options->cloud)
		return 0;
	snprintf(p->why, sizeof(p->why), "not a cloud that is known: %s",
		 cloud_ids(ids, sizeof(ids)));
	return -EINVAL;
}

static int take_udp(struct parsing *p, const char *value)
{
	(void)value;
	p->options->udp = true;
	return 0;
}

/* "." and ".." are no namespaces either, but directories. */
static int take_netns(struct parsing *p, const char *value)
{
	p->options->netns = value;
	if (*value && strlen(value) <= NAME_MAX && !strchr(value, '/') && strcmp(value, ".") != 0 &&
	    strcmp(value, "..") != 0)
		return 0;
	snprintf(p->why, sizeof(p->why), "a name of ip netns, or a process id, expected");
	return -EINVAL;
}

static int take_port(struct parsing *p, const char *value)
{
	if (p->options->all_ports)
		memset(p->options->ports, 0, sizeof(p->options->ports));
	p->options->all_ports = false;
	p->options->named_ports = true;
	return parse_ports(value, p->options->ports, p->why, sizeof(p->why));
}

static int take_interface(struct parsing *p, const char *value)
{
	struct options *options = p->options;
	size_t room = sizeof(*options->interfaces);
	char(*names)[16];

	if (!*value || strlen(value) >= room || strpbrk(value, "/ \t\n")) {
		snprintf(p->why, sizeof(p->why),
			 "not an interface name, 1 to 15 characters expected");
		return -EINVAL;
	}
	for (size_t i = 0; i < options->n_interfaces; i++)
		if (!strcmp(options->interfaces[i], value))
			return 0;
	names = realloc(options->interfaces, (options->n_interfaces + 1) * room);
	if (!names)
		return -ENOMEM;
	options->interfaces = names;
	snprintf(names[options->n_interfaces++], room, "%s", value);
	return 0;
}

static int take_count(struct parsing *p, const char *value)
{
	return parse_number(value, 1, 1000000000000, &p->options->count, p->why, sizeof(p->why));
}

static int take_duration(struct parsing *p, const char *value)
{
	int err =
		parse_number(value, 1, 31536000, &p->options->duration_ms, p->why, sizeof(p->why));

	p->options->duration_ms *= 1000;
	return err;
}

static int take_timeout(struct parsing *p, const char *value)
{
	p->options->named_timeout = true;
	return parse_number(value, 1, 600000, &p->options->timeout_ms, p->why, sizeof(p->why));
}

static int take_max_probes(struct parsing *p, const char *value)
{
	uint64_t n;
	int err;

	p->options->named_max_probes = true;
	err = parse_number(value, 16, 1048576, &n, p->why, sizeof(p->why));

	if (!err)
		p->options->max_probes = (uint32_t)n;
	return err;
}

static bool ends_with(const char *text, const char *end)
{
	size_t text_len = strlen(text), end_len = strlen(end);

	return text_len > end_len && !strcmp(text + text_len - end_len, end);
}

static int take_write(struct parsing *p, const char *value)
{
	p->options->write = value;
	p->options->write_packets_only = ends_with(value, ".pcap");
	if (p->options->write_packets_only || ends_with(value, ".pcapng"))
		return 0;
	snprintf(p->why, sizeof(p->why), "a file name that ends in .pcapng or .pcap expected");
	return -EINVAL;
}

static int take_rotate(struct parsing *p, const char *value)
{
	return parse_rotation(value, &p->options->rotate_bytes, &p->options->rotate_files, p->why,
			      sizeof(p->why));
}

static int take_report(struct parsing *p, const char *value)
{
	p->options->report = value;
	if (ends_with(value, ".html"))
		return 0;
	snprintf(p->why, sizeof(p->why), "a file name that ends in .html expected");
	return -EINVAL;
}

/* Finds value among names. Returns its index or -EINVAL. */
static int choose(struct parsing *p, const char *value, const char *const names[3])
{
	for (int i = 0; i < 3; i++)
		if (!strcmp(value, names[i]))
			return i;
	snprintf(p->why, sizeof(p->why), "%s, %s or %s expected", names[0], names[1], names[2]);
	return -EINVAL;
}

static int take_backend(struct parsing *p, const char *value)
{
	static const char *const names[] = {
		[BACKEND_AUTO] = "auto", [BACKEND_BPF] = "bpf", [BACKEND_PCAP] = "pcap"};
	int chosen = choose(p, value, names);

	if (chosen >= 0)
		p->options->backend = (enum backend)chosen;
	return chosen < 0 ? chosen : 0;
}

static int take_btf(struct parsing *p, const char *value)
{
	p->options->btf = value;
	if (*value)
		return 0;
	snprintf(p->why, sizeof(p->why), "a file expected");
	return -EINVAL;
}

static int take_proc(struct parsing *p, const char *value)
{
	p->options->proc = value;
	if (*value)
		return 0;
	snprintf(p->why, sizeof(p->why), "a directory expected");
	return -EINVAL;
}

static int take_expect_status(struct parsing *p, const char *value)
{
	if (!p->options->named_status)
		memset(p->options->expect_status, 0, sizeof(p->options->expect_status));
	p->options->named_status = true;
	return parse_status_list(value, p->options->expect_status, p->why, sizeof(p->why));
}

static int take_color(struct parsing *p, const char *value)
{
	static const char *const names[] = {
		[COLOR_AUTO] = "auto", [COLOR_ALWAYS] = "always", [COLOR_NEVER] = "never"};

	int chosen = choose(p, value, names);

	if (chosen >= 0)
		p->options->color = (enum color_mode)chosen;
	return chosen < 0 ? chosen : 0;
}

static int take_json(struct parsing *p, const char *value)
{
	(void)value;
	p->options->json = true;
	return 0;
}

static int take_verbose(struct parsing *p, const char *value)
{
	(void)value;
	p->options->verbose = true;
	return 0;
}

static int take_xdp(struct parsing *p, const char *value)
{
	(void)value;
	p->options->xdp = true;
	return 0;
}

static int take_no_rule_trace(struct parsing *p, const char *value)
{
	(void)value;
	p->options->no_rule_trace = true;
	return 0;
}

static int take_help(struct parsing *p, const char *value)
{
	(void)value;
	*p->action = OPTIONS_HELP;
	return 0;
}

static int take_version(struct parsing *p, const char *value)
{
	(void)value;
	*p->action = OPTIONS_VERSION;
	return 0;
}

enum {
	LIVE = MODE_LIVE,
	BOTH = MODE_LIVE | MODE_REPLAY,
	HERE = MODE_LIVE | MODE_DOCTOR, /* about this host */
	ALL = MODE_LIVE | MODE_REPLAY | MODE_DOCTOR,
};

const struct option_row option_rows[N_OPTION_ROWS] = {
	{'s', "source", "CIDR", take_source, BOTH,
	 "addresses that probe this host, in addition to\n100.64.0.0/10, or to the cloud's own; "
	 "repeatable"},
	{0, "vip", "CIDR", take_source, BOTH, "the same as --source"},
	{0, "no-default-source", NULL, take_no_default_source, BOTH,
	 "leave 100.64.0.0/10, or the cloud's own, out"},
	{0, "cloud", "NAME", take_cloud, BOTH,
	 "sources, timeout and status of that cloud's load\nbalancer instead of the defaults; see "
	 "below"},
	{0, "udp", NULL, take_udp, BOTH, "watch the sources' datagrams and echo requests too"},
	{'p', "port", "LIST", take_port, BOTH, "only these ports: 80,443,8000-8100"},
	{'i', "interface", "NAME", take_interface, HERE,
	 "only this interface; repeatable (default: every\ninterface that is up, loopback aside)"},
	{0, "netns", "NAME|PID", take_netns, HERE,
	 "trace in that network namespace: one of ip netns,\nor of a process"},
	{'n', "count", "N", take_count, BOTH, "stop after N verdicts"},
	{'d', "duration", "SEC", take_duration, LIVE, "stop after SEC seconds"},
	{'t', "timeout", "MS", take_timeout, BOTH,
	 "a probe unanswered for so long has failed\n(default: 2000, or the cloud's)"},
	{'w', "write", "FILE", take_write, LIVE,
	 "FILE.pcapng: a recording, for clbtrace replay;\nFILE.pcap: the probes' packets only"},
	{0, "rotate", "SIZE[,FILES]", take_rotate, LIVE,
	 "begin a new file at SIZE (100M), keep the last\nFILES of them"},
	{0, "report", "FILE", take_report, BOTH, "write a page about it all to FILE.html"},
	{'j', "json", NULL, take_json, ALL, "one JSON object a line on standard output"},
	{'v', "verbose", NULL, take_verbose, BOTH, "the evidence, step by step, with times"},
	{0, "expect-status", "LIST", take_expect_status, BOTH,
	 "HTTP status codes that count as healthy: 1xx-4xx\nor 200,301-302 (default: 100-499, or "
	 "the cloud's)"},
	{0, "xdp", NULL, take_xdp, HERE,
	 "attach an XDP program too, to see what other XDP\nprograms hide"},
	{0, "no-rule-trace", NULL, take_no_rule_trace, LIVE,
	 "never add a packet-filter rule to find which rule\ndropped a probe"},
	{0, "backend", "NAME", take_backend, HERE,
	 "auto, bpf, or pcap: packets and counters alone,\nfor kernels without BPF (default: "
	 "auto)"},
	{0, "btf", "FILE", take_btf, HERE,
	 "BTF of the running kernel, where it has none in\n/sys/kernel/btf/vmlinux"},
	{0, "proc", "DIR", take_proc, BOTH,
	 "with packets alone: read the host's counters and\nsettings from a copy of /proc"},
	{0, "max-probes", "N", take_max_probes, BOTH,
	 "follow at most N probes at once (default: 65536)"},
	{0, "color", "WHEN", take_color, ALL, "auto, always or never (default: auto)"},
	{'h', "help", NULL, take_help, ALL, "show this help"},
	{'V', "version", NULL, take_version, ALL, "show the version"},
};
