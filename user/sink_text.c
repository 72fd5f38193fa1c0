// SPDX-License-Identifier: GPL-2.0-only
// Results for people: a line per probe on stdout, more for a failed one.
#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "escape.h"
#include "flow.h"
#include "sink.h"
#include "text_form.h"

#define NS_PER_S 1000000000ULL
#define INDENT	 "    "

enum { ENDPOINTS_WIDTH = 42 }; /* a usual IPv4 pair */

bool text_colored(const struct options *options)
{
	const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");

	if (options->color != COLOR_AUTO)
		return options->color == COLOR_ALWAYS;
	if ((no_color && *no_color) || (term && !strcmp(term, "dumb")))
		return false;
	return isatty(STDOUT_FILENO);
}

const char *text_color(enum outcome outcome, bool colored)
{
	if (!colored)
		return "";
	if (outcome == OUTCOME_HEALTHY)
		return "\033[32m";
	return outcome == OUTCOME_FAILED ? "\033[1;31m" : "\033[1;33m";
}

const char *text_plain(bool colored)
{
	return colored ? "\033[0m" : "";
}

const char *text_time(uint64_t wall_ns, bool millis, char buf[TEXT_TIME_LEN])
{
	time_t seconds = (time_t)(wall_ns / NS_PER_S);
	size_t at = 0;
	struct tm tm;

	if (localtime_r(&seconds, &tm))
		at = strftime(buf, TEXT_TIME_LEN, "%H:%M:%S", &tm);
	buf[at] = 0;
	if (millis)
		snprintf(buf + at, TEXT_TIME_LEN - at, ".%03u",
			 (unsigned int)(wall_ns % NS_PER_S / 1000000));
	return buf;
}

/* What follows the verdict on its line: the cause, or how long a healthy probe took. */
static void print_cause(const struct verdict *v)
{
	if (v->outcome == OUTCOME_HEALTHY)
		printf("%" PRIu64 ".%03" PRIu64 " ms", v->duration_us / 1000,
		       v->duration_us % 1000);
	else if (strcmp(v->cause, outcome_name(v->outcome)))
		fputs(v->cause, stdout);
	if (v->outcome == OUTCOME_FAILED && v->source)
		printf(" (%s, by its packets)", confidence_name(v->confidence));
	else if (v->outcome == OUTCOME_FAILED && v->confidence != CONFIDENCE_CERTAIN)
		printf(" (%s)", confidence_name(v->confidence));
	if (v->syns > 1)
		printf(", after %u %s", v->syns,
		       v->probe.proto == IPPROTO_TCP ? "SYNs" : "packets");
	if (v->revised)
		printf(", revised: was %s", v->was == OUTCOME_FAILED && v->was_cause
						    ? v->was_cause
						    : outcome_name(v->was));
}

enum { TEXT_WAY_LEN = 3 * FLOW_ENDPOINT_LEN + 16 };

/* "udp 10.0.0.1:5000 -> 10.0.0.2:53 (172.17.0.2:53)": TCP goes without saying, the last is where
 * this host translates the addresses to. */
static const char *way_text(const struct verdict *v, char out[TEXT_WAY_LEN])
{
	char source[FLOW_ENDPOINT_LEN], target[FLOW_ENDPOINT_LEN], service[FLOW_ENDPOINT_LEN];
	const struct ev_flow *p = &v->probe;
	bool nat = v->service.family;

	if (p->proto != IPPROTO_TCP && p->proto != IPPROTO_UDP)
		snprintf(out, TEXT_WAY_LEN, "ping %s -> %s", addr_text(p->saddr, source),
			 addr_text(p->daddr, target));
	else
		snprintf(out, TEXT_WAY_LEN, "%s%s -> %s%s%s%s",
			 p->proto == IPPROTO_UDP ? "udp " : "",
			 endpoint_text(p->saddr, p->sport, source),
			 endpoint_text(p->daddr, p->dport, target), nat ? " (" : "",
			 nat ? endpoint_text(v->service.daddr, v->service.dport, service) : "",
			 nat ? ")" : "");
	return out;
}

static void print_first_line(const struct verdict *v, bool colored)
{
	char time[TEXT_TIME_LEN], way[TEXT_WAY_LEN];
	int width = printf("%s  %s", text_time(v->wall_ns, true, time), way_text(v, way));

	/* The time is 12 wide, and two spaces follow it. */
	width = ENDPOINTS_WIDTH + 14 - width;
	printf("%*s  %s%-8s%s", width > 0 ? width : 0, "", text_color(v->outcome, colored),
	       outcome_name(v->outcome), text_plain(colored));
	if (v->outcome != OUTCOME_UNDETERMINED && v->outcome != OUTCOME_INCOMPLETE)
		fputs("  ", stdout);
	print_cause(v);
	putchar('\n');
}

/* nft ip table filter chain web at INPUT rule 2 handle 12, and its text; what is not known is left
 * out. */
static void print_rule(const struct verdict_rule *rule)
{
	fputs(INDENT "rule:", stdout);
	if (*rule->backend)
		printf(" %s", rule->backend);
	if (*rule->family)
		printf(" %s", rule->family);
	if (*rule->table)
		printf(" table %s", rule->table);
	if (*rule->chain)
		printf(" chain %s", rule->chain);
	if (*rule->hook && strcmp(rule->hook, rule->chain))
		printf(" at %s", rule->hook);
	if (rule->number >= 0)
		printf(" rule %" PRId64, rule->number);
	if (rule->handle >= 0)
		printf(" handle %" PRId64, rule->handle);
	putchar('\n');
	if (*rule->text)
		printf(INDENT "      %s\n", rule->text);
}

static void print_steps(const struct verdict *v)
{
	for (unsigned int i = 0; i < v->n_steps; i++) {
		const struct verdict_step *step = &v->steps[i];
		uint64_t us = (uint64_t)llabs(step->t_us);

		printf(INDENT "%c%5" PRIu64 ".%03" PRIu64 " ms  %-14s %s\n",
		       step->t_us < 0 ? '-' : '+', us / 1000, us % 1000, step->at, step->what);
	}
}

static void print_probe(const struct verdict *v)
{
	char name[4 * FACT_IFNAME_LEN];

	printf(INDENT "%u %s%s", v->syns, v->probe.proto == IPPROTO_TCP ? "SYN" : "packet",
	       v->syns == 1 ? "" : "s");
	if (*v->interface)
		printf(" on %s", escape_text(v->interface, strnlen(v->interface, FACT_IFNAME_LEN),
					     name, sizeof(name)));
	printf(", decided after %" PRIu64 ".%03" PRIu64 " ms\n", v->duration_us / 1000,
	       v->duration_us % 1000);
}

/* "SYN-ACK after 0.031 ms, ACK 0.210 ms after that, ..." */
static void print_timing(const struct verdict_timing *t)
{
	const struct {
		const char *what;
		int64_t us;
	} parts[] = {{"SYN to SYN-ACK", t->syn_to_synack},
		     {"SYN-ACK to ACK", t->synack_to_ack},
		     {"request to first byte", t->request_to_first_byte},
		     {"first byte to close", t->first_byte_to_close}};
	const char *before = INDENT;

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		if (parts[i].us < 0)
			continue;
		printf("%s%s %" PRId64 ".%03" PRId64 " ms", before, parts[i].what,
		       parts[i].us / 1000, parts[i].us % 1000);
		before = ", ";
	}
	if (*before == ',')
		putchar('\n');
}

/* Returns 0 or -errno of what was written to stdout since errno was cleared. */
static int flushed(void)
{
	if (fflush(stdout) != EOF && !ferror(stdout))
		return 0;
	return -(errno ? errno : EIO);
}

static int print_verdict(const struct verdict *v, const struct options *options)
{
	bool colored = text_colored(options);
	bool decided = v->outcome == OUTCOME_HEALTHY || v->outcome == OUTCOME_FAILED;

	errno = 0;
	print_first_line(v, colored);
	if (v->outcome != OUTCOME_HEALTHY && *v->summary)
		printf(INDENT "%s\n", v->summary);
	/* The hook and the base chain are in the summary already. */
	if (v->rule.number >= 0 || v->rule.handle >= 0 || *v->rule.text)
		print_rule(&v->rule);
	if (options->verbose) {
		print_probe(v);
		print_timing(&v->timing);
	}
	/* Without a cause, what was seen is all there is. */
	if (options->verbose || !decided)
		print_steps(v);
	for (unsigned int i = 0; i < v->n_fix; i++)
		printf(INDENT "fix: %s\n", v->fix[i]);
	return flushed();
}

static int print_summary(const struct summary *s, const struct options *options)
{
	errno = 0;
	text_print_summary(s, options);
	return flushed();
}

static int print_notice(const char *text, uint64_t wall_ns, const struct options *options)
{
	(void)wall_ns;
	(void)options;
	/* A notice that cannot be written is not worth ending for. */
	fprintf(stderr, "clbtrace: notice: %s\n", text);
	return 0;
}

const struct sink_ops sink_text = {
	.verdict = print_verdict,
	.summary = print_summary,
	.notice = print_notice,
};
