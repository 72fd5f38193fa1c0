// SPDX-License-Identifier: GPL-2.0-only
// What "clbtrace doctor" has found, for people.
#include <linux/netfilter.h>
#include <stdio.h>
#include <string.h>

#include "doctor.h"
#include "escape.h"

enum {
	WIDTH = 79,
	ID_WIDTH = 22, /* tcp_retransmit_synack */
	HOOKS_SHOWN = 64,
	NAME_LEN = 4 * EV_NAME_LEN + 4,
};

struct page {
	const struct doctor *d;
	bool colored;
};

/* Prints text in lines of at most WIDTH, from column at on; further lines begin at indent. */
static void print_wrapped(const char *text, int at, int indent)
{
	bool begins = true;

	while (*text) {
		int len = (int)strcspn(text, " ");

		if (!begins && at + 1 + len > WIDTH) {
			printf("\n%*s", indent, "");
			at = indent;
			begins = true;
		}
		at += printf("%s%.*s", begins ? "" : " ", len, text);
		begins = false;
		text += len;
		text += strspn(text, " ");
	}
	putchar('\n');
}

static void print_title(const struct page *page, const char *title)
{
	printf("\n%s%s%s\n", page->colored ? "\033[1m" : "", title, page->colored ? "\033[0m" : "");
}

static const char *paint(const struct page *page, bool good)
{
	if (!page->colored)
		return "";
	return good ? "\033[32m" : "\033[1;31m";
}

static void count_causes(const struct doctor *d, unsigned int *total, unsigned int *certain,
			 unsigned int *untold)
{
	const struct cause *cause = NULL;
	struct coverage coverage;

	*total = *certain = *untold = 0;
	while ((cause = cause_next(cause))) {
		if (cause->outcome != OUTCOME_FAILED)
			continue;
		coverage = coverage_of(cause, &d->sight);
		++*total;
		*untold += !coverage.tellable;
		*certain += coverage.tellable && coverage.confidence == CONFIDENCE_CERTAIN;
	}
}

static void print_first(const struct page *page)
{
	const struct doctor *d = page->d;
	const char *end = page->colored ? "\033[0m" : "";
	unsigned int total, certain, untold;
	char text[DOCTOR_TEXT_LEN + 64];

	count_causes(d, &total, &certain, &untold);
	if (!d->works)
		printf("%sclbtrace does not work here%s: ", paint(page, false), end);
	else if (d->backend == BACKEND_BPF)
		printf("%sclbtrace works here%s, with BPF: ", paint(page, true), end);
	else
		printf("%sclbtrace works here%s, with packets and counters alone: ",
		       paint(page, true), end);
	if (!d->works)
		printf("%s\n", d->why);
	else
		printf("of %u causes %u for certain, %u not at all\n", total, certain, untold);
	if (d->works && *d->why) {
		snprintf(text, sizeof(text), "no BPF: %s", d->why);
		print_wrapped(text, 0, 0);
	}
	printf("kernel %s %s%s%s\n", d->release, d->machine, *d->btf ? ", BTF: " : ", no BTF",
	       d->btf);
}

static void print_disturbances(const struct page *page)
{
	const struct doctor *d = page->d;

	if (!d->n_disturbances)
		return;
	print_title(page, "may disturb");
	for (size_t i = 0; i < d->n_disturbances && i < DOCTOR_DISTURBANCES_MAX; i++) {
		fputs("  ", stdout);
		print_wrapped(d->disturbances[i].text, 2, 4);
	}
	if (d->n_disturbances > DOCTOR_DISTURBANCES_MAX)
		printf("  and %zu more\n", d->n_disturbances - DOCTOR_DISTURBANCES_MAX);
}

static void print_waypoints(const struct page *page)
{
	char text[3 * DOCTOR_TEXT_LEN];

	print_title(page, "waypoints");
	for (int way = 0; way < WAY_COUNT; way++) {
		const struct doctor_waypoint *w = &page->d->waypoints[way];
		bool works = page->d->sight.waypoints >> way & 1;

		if (!works && (!*w->why || !strcmp(w->why, DOCTOR_NO_BPF)))
			continue;
		printf("  %-*s %s%-4s%s", ID_WIDTH, way_id((enum way)way), paint(page, works),
		       works ? "yes" : "no", page->colored ? "\033[0m" : "");
		snprintf(text, sizeof(text), "%s%s%s%s%s", w->how, works && *w->why ? "; " : "",
			 w->why, *w->enable ? "; " : "", w->enable);
		print_wrapped(text, ID_WIDTH + 7, ID_WIDTH + 7);
	}
}

static const char *way_names(uint32_t bits, char *out, size_t len)
{
	size_t at = 0;

	*out = '\0';
	for (int way = 0; way < WAY_COUNT && at < len; way++)
		if (bits >> way & 1)
			at += (size_t)snprintf(out + at, len - at, "%s%s", at ? ", " : "",
					       way_id((enum way)way));
	return out;
}

static bool is_same(const struct coverage *a, const struct coverage *b)
{
	if (a->tellable != b->tellable)
		return false;
	if (!a->tellable)
		return a->missing == b->missing;
	return a->confidence == b->confidence && a->by == b->by;
}

/* Whether one before this cause was as sure, by the same: then it is in that one's line. */
static bool is_listed(const struct cause *cause, const struct coverage *coverage,
		      const struct sight *sight)
{
	const struct cause *before = NULL;
	struct coverage other;

	while ((before = cause_next(before)) && before != cause) {
		other = coverage_of(before, sight);
		if (is_same(&other, coverage))
			return true;
	}
	return false;
}

static void print_group(const struct cause *first, const struct coverage *coverage,
			const struct sight *sight)
{
	const struct cause *cause = first;
	char names[256], text[2048];
	struct coverage other;
	size_t at;

	way_names(coverage->tellable ? coverage->by : coverage->missing, names, sizeof(names));
	at = (size_t)snprintf(text, sizeof(text), "%s%s:", coverage->tellable ? "" : "needs ",
			      *names ? names : "whatever is seen");
	for (; cause && at < sizeof(text); cause = cause_next(cause)) {
		other = coverage_of(cause, sight);
		if (is_same(&other, coverage))
			at += (size_t)snprintf(text + at, sizeof(text) - at, " %s", cause->id);
	}
	fputs("  ", stdout);
	print_wrapped(text, 2, 6);
}

/* By how sure they are; in a line those that the same waypoints decide. */
static void print_causes(const struct page *page)
{
	static const struct coverage levels[] = {
		{.tellable = true, .confidence = CONFIDENCE_CERTAIN},
		{.tellable = true, .confidence = CONFIDENCE_LIKELY},
		{.tellable = true, .confidence = CONFIDENCE_POSSIBLE},
		{.tellable = false},
	};
	const struct sight *sight = &page->d->sight;
	struct coverage coverage;
	char title[64];

	for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++) {
		const struct cause *cause = NULL;
		bool titled = false;

		while ((cause = cause_next(cause))) {
			coverage = coverage_of(cause, sight);
			if (strcmp(doctor_confidence(&coverage), doctor_confidence(&levels[i])) !=
				    0 ||
			    is_listed(cause, &coverage, sight))
				continue;
			snprintf(title, sizeof(title), "causes, %s%s",
				 doctor_confidence(&levels[i]),
				 levels[i].tellable ? " at best, by" : "");
			if (!titled)
				print_title(page, title);
			titled = true;
			print_group(cause, &coverage, sight);
		}
	}
}

static void print_programs(const struct page *page)
{
	const struct doctor *d = page->d;
	const struct fact_program *program;
	char name[NAME_LEN], ifname[4 * FACT_IFNAME_LEN + 4];

	if (!d->n_programs)
		return;
	print_title(page, "XDP and tc programs of others");
	for (program = d->programs; program < d->programs + d->n_programs; program++) {
		printf("  %-15s %-14s",
		       escape_text(program->ifname,
				   strnlen(program->ifname, sizeof(program->ifname)), ifname,
				   sizeof(ifname)),
		       doctor_place_name(program->place));
		if (program->place == PROG_TC_INGRESS || program->place == PROG_TC_EGRESS)
			printf(" prio %u %s", program->prio, program->kind);
		if (program->id)
			printf(" program %u", program->id);
		printf(" %s\n",
		       escape_text(program->name, strnlen(program->name, sizeof(program->name)),
				   name, sizeof(name)));
	}
}

static void print_hook(const struct fact_hook *hook)
{
	char function[NAME_LEN], table[4 * FACT_TABLE_LEN + 4], chain[4 * FACT_TABLE_LEN + 4];

	escape_text(hook->function, strnlen(hook->function, sizeof(hook->function)), function,
		    sizeof(function));
	escape_text(hook->table, strnlen(hook->table, sizeof(hook->table)), table, sizeof(table));
	escape_text(hook->chain, strnlen(hook->chain, sizeof(hook->chain)), chain, sizeof(chain));
	printf("  %-3s %-11s %11d  %s",
	       hook->pf == NFPROTO_IPV4	  ? "ip"
	       : hook->pf == NFPROTO_IPV6 ? "ip6"
					  : "dev",
	       doctor_hook_name(hook), hook->priority, function);
	if (*hook->module)
		printf(" [%s]", hook->module);
	if (hook->prog_id)
		printf(" (program %u)", hook->prog_id);
	if (*chain)
		printf("%s%s %s %s%s", *function ? "  " : "", hook->family, table, chain,
		       hook->policy_drop ? ", policy drop" : "");
	else if (*table)
		printf("%stable %s", *function ? "  " : "", table);
	putchar('\n');
}

static void print_hooks(const struct page *page)
{
	const struct doctor *d = page->d;

	print_title(page, d->n_hooks ? "netfilter hook functions, by priority"
				     : "netfilter hook functions: none");
	for (size_t i = 0; i < d->n_hooks && i < HOOKS_SHOWN; i++)
		print_hook(&d->hooks[i]);
	if (d->n_hooks > HOOKS_SHOWN)
		printf("  and %zu more: --json has all\n", d->n_hooks - HOOKS_SHOWN);
}

void doctor_print_text(const struct doctor *d, bool colored)
{
	const struct page page = {.d = d, .colored = colored};

	print_first(&page);
	print_disturbances(&page);
	print_waypoints(&page);
	if (d->works)
		print_causes(&page);
	print_programs(&page);
	print_hooks(&page);
}
