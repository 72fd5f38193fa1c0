// SPDX-License-Identifier: GPL-2.0-only
// "clbtrace causes": the catalogue, or one cause in full.
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "causes.h"
#include "commands.h"
#include "escape.h"
#include "template.h"

enum { WIDTH = 78, LABEL_WIDTH = 10, TEXT_LEN = 4096 };

/* In the order in which a probe travels. */
static const char *const stages[] = {
	"arrival",   "ingress", "ip",	       "netfilter", "listener",
	"handshake", "reply",	"application", "udp",	    "-",
};

static const char *stage_of(const struct cause *cause)
{
	return cause->stage ? cause->stage : "-";
}

static void list_stage(const char *stage)
{
	const struct cause *cause = NULL;

	while ((cause = cause_next(cause)))
		if (!strcmp(stage_of(cause), stage))
			printf("%-12s %-23s %-8s %s\n", stage, cause->id, cause->step,
			       cause->title);
}

static void list_causes(void)
{
	printf("%-12s %-23s %-8s %s\n", "STAGE", "ID", "STEP", "WHAT HAPPENED");
	for (size_t i = 0; i < sizeof(stages) / sizeof(*stages); i++)
		list_stage(stages[i]);
	printf("\nSTEP: of the cloud vendor's troubleshooting page. One in full: clbtrace causes "
	       "ID\n");
}

/* Prints text in lines of at most WIDTH, the first one after what is printed already, up to column
 * indent. */
static void print_wrapped(const char *text, int indent)
{
	int at = indent;

	while (*text) {
		int len = (int)strcspn(text, " ");

		if (at > indent && at + 1 + len > WIDTH) {
			printf("\n%*s", indent, "");
			at = indent;
		}
		at += printf("%s%.*s", at > indent ? " " : "", len, text);
		text += len;
		text += strspn(text, " ");
	}
	putchar('\n');
}

/* In the catalogue a value is shown by its name. */
static bool name_as_value(void *ctx, const char *name, size_t name_len, char *out, size_t out_len)
{
	(void)ctx;
	out[0] = 0;
	/* A condition prints nothing. */
	if (*name != '?')
		snprintf(out, out_len, "<%.*s>", (int)name_len, name);
	return true;
}

/* A text that is all made up by the verdict says nothing here, and is left out. */
static void print_template(const char *label, const char *text)
{
	const struct template_values values = {.value = name_as_value};
	char expanded[1024];

	if (template_expand(text, &values, expanded, sizeof(expanded)) &&
	    (*expanded != '<' || strchr(expanded, ' ')))
		printf("%-10s%s\n", label, expanded);
}

/* The words of the bits in one string, after before, joined by between; empty if there is none. */
static const char *bits_text(const char *before, const char *between, evidence_t bits,
			     char out[TEXT_LEN])
{
	size_t at = 0;

	out[0] = 0;
	for (int i = 0; i < EVI_COUNT && at < TEXT_LEN; i++) {
		if (!(bits >> i & 1))
			continue;
		at += (size_t)snprintf(out + at, TEXT_LEN - at, "%s%s", at ? between : before,
				       evidence_text((enum evidence_index)i));
	}
	return out;
}

static void print_rules(const struct cause *cause)
{
	char text[TEXT_LEN];

	for (int i = 0; i < CAUSE_RULES_MAX && cause->rules[i].require; i++) {
		const struct cause_rule *rule = &cause->rules[i];

		printf("%-10s", confidence_name(rule->confidence));
		print_wrapped(bits_text("if ", ", and ", rule->require, text), LABEL_WIDTH);
		if (!*bits_text("but not if ", ", or ", rule->exclude, text))
			continue;
		printf("%-10s", "");
		print_wrapped(text, LABEL_WIDTH);
	}
}

static void print_cause(const struct cause *cause)
{
	printf("%-10s%s\n", "cause:", cause->id);
	printf("%-10s%s\n", "what:", cause->title);
	printf("%-10s%s\n", "stage:", stage_of(cause));
	if (strcmp(cause->step, "-"))
		printf("%-10s%s of the vendor's page\n", "step:", cause->step);
	if (cause->explain) {
		putchar('\n');
		print_wrapped(cause->explain, 0);
	}
	putchar('\n');
	if (cause->summary)
		print_template("says:", cause->summary);
	for (int i = 0; i < CAUSE_FIX_MAX && cause->fix[i]; i++)
		print_template("fix:", cause->fix[i]);
	print_rules(cause);
}

static int print_one(const char *id)
{
	const struct cause *cause = cause_find(id);
	char text[80];

	if (!cause) {
		fprintf(stderr, "clbtrace: causes: no cause '%s'; clbtrace causes lists them\n",
			escape_text(id, strlen(id), text, sizeof(text)));
		return -EINVAL;
	}
	print_cause(cause);
	return STATUS_HEALTHY;
}

static void print_usage(void)
{
	fputs("usage: clbtrace causes        what clbtrace can say of a probe, as a table\n"
	      "       clbtrace causes ID     one cause in full\n",
	      stdout);
}

int cmd_causes(int argc, char **argv)
{
	const char *word = argc > 1 ? argv[1] : NULL;
	char text[80];

	if (word && (!strcmp(word, "--help") || !strcmp(word, "-h"))) {
		print_usage();
		return STATUS_HEALTHY;
	}
	if (word && *word == '-') {
		fprintf(stderr,
			"clbtrace: causes: unknown option '%s'; see clbtrace causes --help\n",
			escape_text(word, strlen(word), text, sizeof(text)));
		return -EINVAL;
	}
	if (argc > 2) {
		fprintf(stderr, "clbtrace: causes: unexpected argument '%s'; one ID at a time\n",
			escape_text(argv[2], strlen(argv[2]), text, sizeof(text)));
		return -EINVAL;
	}
	if (word)
		return print_one(word);
	list_causes();
	return STATUS_HEALTHY;
}
