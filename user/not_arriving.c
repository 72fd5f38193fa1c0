// SPDX-License-Identifier: GPL-2.0-only
// What can be said, and checked, when no probe was seen.
#include "not_arriving.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "causes.h"
#include "clouds.h"
#include "escape.h"
#include "flow.h"
#include "parse.h"
#include "template.h"

#define NS_PER_S 1000000000ULL
/* Checks come every 5 s by default; three of them should have been seen. */
#define SHORT_WINDOW_NS (15 * NS_PER_S)

/* Text of bounded length that is appended to; what does not fit is cut. */
struct line {
	char *text;
	size_t len;
};

__attribute__((format(printf, 2, 3))) static void append(struct line *line, const char *format, ...)
{
	size_t at = strlen(line->text);
	va_list args;

	va_start(args, format);
	vsnprintf(line->text + at, line->len - at, format, args);
	va_end(args);
}

__attribute__((format(printf, 2, 3))) static void add_check(struct summary *s, const char *format,
							    ...)
{
	va_list args;

	if (s->n_checks == SUMMARY_CHECKS_MAX)
		return;
	va_start(args, format);
	vsnprintf(s->checks[s->n_checks++], sizeof(s->checks[0]), format, args);
	va_end(args);
}

/* Tenths only where they matter. */
static void append_seconds(struct line *line, uint64_t ns)
{
	uint64_t tenths = ns / (NS_PER_S / 10);

	if (tenths < 100 && tenths % 10)
		append(line, "%" PRIu64 ".%" PRIu64 " s", tenths / 10, tenths % 10);
	else
		append(line, "%" PRIu64 " s", tenths / 10);
}

static void append_sources(struct line *line, const struct options *options)
{
	char text[PREFIX_TEXT_LEN];

	for (size_t i = 0; i < options->n_sources && i < 6; i++)
		append(line, "%s%s", i ? ", " : " from ", prefix_text(&options->sources[i], text));
	if (options->n_sources > 6)
		append(line, " and %zu more", options->n_sources - 6);
}

static void append_ports(struct line *line, const struct options *options)
{
	const char *before = " to port ";
	unsigned int last;

	if (options->all_ports)
		return;
	for (unsigned int port = 1; port <= UINT16_MAX; port = last + 2) {
		last = port - 1;
		if (!options_have_port(options, port))
			continue;
		while (options_have_port(options, last + 1))
			last++;
		if (strlen(line->text) > line->len / 2) {
			append(line, ", ...");
			return;
		}
		append(line, last > port ? "%s%u-%u" : "%s%u", before, port, last);
		before = ",";
	}
}

static void append_interfaces(struct line *line, const struct options *options)
{
	char text[80];

	for (size_t i = 0; i < options->n_interfaces && i < 6; i++)
		append(line, "%s%s", i ? ", " : " on ",
		       escape_text(options->interfaces[i], strlen(options->interfaces[i]), text,
				   sizeof(text)));
	if (options->n_interfaces > 6)
		append(line, " and %zu more", options->n_interfaces - 6);
}

static void append_netns(struct line *line, const struct options *options)
{
	char text[80];

	if (options->netns)
		append(line, " in network namespace %s",
		       escape_text(options->netns, strlen(options->netns), text, sizeof(text)));
}

static void add_strangers(struct summary *s)
{
	const struct ev_flow *example = &s->strangers.example;
	char addr[FLOW_ADDR_LEN];
	bool one = s->strangers.syns == 1;

	if (!s->strangers.syns || !example->family)
		return;
	addr_text(example->saddr, addr);
	add_check(s,
		  "%" PRIu64
		  " connection attempt%s from addresses that are not sources, %s%s -> :%u: "
		  "if that is the load balancer's VIP, run again with --source %s",
		  (uint64_t)s->strangers.syns, one ? "" : "s", one ? "" : "e.g. ", addr,
		  example->dport, addr);
}

/* Nothing is known of a probe that was not seen: what a text says of one is left out. */
static bool no_value(void *ctx, const char *name, size_t name_len, char *out, size_t out_len)
{
	(void)ctx;
	(void)name;
	(void)name_len;
	(void)out;
	(void)out_len;
	return false;
}

static void add_catalogue(struct summary *s, const struct cause *cause)
{
	const struct template_values values = {.value = no_value};
	char text[VERDICT_FIX_LEN];

	for (int i = 0; i < CAUSE_FIX_MAX && cause->fix[i]; i++)
		if (template_expand(cause->fix[i], &values, text, sizeof(text)))
			add_check(s, "%s", text);
}

/* What lets probes in is said in the vendor's own terms; the catalogue's are Tencent's. */
static void add_cloud(struct summary *s, const struct cloud *cloud)
{
	for (int i = 0; i < CLOUD_CHECKS_MAX && cloud->checks[i]; i++)
		add_check(s, "%s", cloud->checks[i]);
}

static void explain_loss(struct summary *s)
{
	snprintf(s->text, sizeof(s->text),
		 "no probe was seen, but %" PRIu64
		 " events were lost: whether probes arrive is not known",
		 s->lost_events + s->evicted);
	add_check(s,
		  "run again when the host is less busy, or for less traffic: --port, --interface");
}

/* Packets of the sources, and no SYN of theirs: they arrive, whatever else is wrong. */
static void explain_middle(struct summary *s)
{
	snprintf(
		s->text, sizeof(s->text),
		"no probe begins in this capture, but %" PRIu64
		" packet%s to or from the sources %s in it: it began in the middle of connections, "
		"or lacks what the prober sends",
		s->sources_packets, s->sources_packets == 1 ? "" : "s",
		s->sources_packets == 1 ? "is" : "are");
	add_check(s, "capture both directions, on every interface and for longer (tcpdump -i any): "
		     "a probe is judged from its SYN on");
}

void not_arriving_explain(struct summary *s, const struct options *options)
{
	const struct cause *cause = cause_find("not-arriving");
	struct line line = {s->text, sizeof(s->text)};

	if (s->lost_events || s->evicted || !cause) {
		explain_loss(s);
		return;
	}
	if (s->of_capture && s->sources_packets) {
		explain_middle(s);
		return;
	}
	s->cause = cause->id;
	s->stage = cause->stage;
	append(&line, "%s ", s->of_capture ? "no probe in this capture of" : cause->summary);
	append(&line, "%s", s->of_capture ? "" : "in ");
	append_seconds(&line, s->window_ns);
	append(&line, "; %s: connections%s", s->of_capture ? "looked for" : "watched",
	       options->udp ? ", datagrams and echo requests" : "");
	append_sources(&line, options);
	append_ports(&line, options);
	append_interfaces(&line, options);
	append_netns(&line, options);
	add_strangers(s);
	if (s->of_capture)
		add_check(s, "was it taken on the server itself, on every interface (tcpdump -i "
			     "any), without a filter that leaves probes out?");
	if (s->window_ns < SHORT_WINDOW_NS)
		add_check(s, "checks come every 5 s or more seldom: %s for longer",
			  s->of_capture ? "capture" : "watch");
	if (options->cloud && options->cloud->checks[0])
		add_cloud(s, options->cloud);
	else
		add_catalogue(s, cause);
	if (!options->xdp && !s->of_capture)
		add_check(s, "an XDP program can take probes before they are seen: run again with "
			     "--xdp");
}
