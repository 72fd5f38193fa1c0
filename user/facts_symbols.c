// SPDX-License-Identifier: GPL-2.0-only
// Resolves kernel addresses to functions.
#include <stdlib.h>
#include <string.h>

#include "facts_internal.h"

enum { KALLSYMS_BUF_LEN = 65536 };

/* A line: address, type, name, and for a module's symbol a tab and its name in brackets. */
static void match_line(char *line, struct symbol *symbols, size_t n)
{
	char *name, *module, *end;
	uint64_t address;

	address = strtoull(line, &end, 16);
	/* Of several symbols with one address the first is taken. */
	for (size_t i = 0; i < n; i++) {
		if (symbols[i].address != address || *symbols[i].name || strlen(end) < 4)
			continue;
		name = end + 3;
		module = strchr(name, '[');
		snprintf(symbols[i].name, sizeof(symbols[i].name), "%.*s",
			 (int)strcspn(name, " \t\n"), name);
		if (module)
			snprintf(symbols[i].module, sizeof(symbols[i].module), "%.*s",
				 (int)strcspn(module + 1, "]\n"), module + 1);
	}
}

void symbols_resolve(struct symbol *symbols, size_t n, FILE *kallsyms)
{
	char *line = NULL;
	size_t size = 0;

	while (getline(&line, &size, kallsyms) > 0)
		match_line(line, symbols, n);
	free(line);
}

bool symbols_have(const char *name, FILE *kallsyms)
{
	const size_t len = strlen(name);
	char *line = NULL, *end;
	size_t size = 0;
	bool found = false;

	while (!found && getline(&line, &size, kallsyms) > 0) {
		strtoull(line, &end, 16);
		found = strlen(end) > len + 3 && !strncmp(end + 3, name, len) &&
			strchr(" \t\n", end[len + 3]);
	}
	free(line);
	return found;
}

/* The kernel answers a read with at most a page, but not with more than it is asked for. */
static FILE *open_kallsyms(char buf[KALLSYMS_BUF_LEN])
{
	FILE *kallsyms = fopen("/proc/kallsyms", "re");

	if (kallsyms)
		setvbuf(kallsyms, buf, _IOFBF, KALLSYMS_BUF_LEN);
	return kallsyms;
}

void symbols_read(struct symbol *symbols, size_t n)
{
	char buf[KALLSYMS_BUF_LEN];
	FILE *kallsyms = open_kallsyms(buf);

	if (!kallsyms)
		return;
	symbols_resolve(symbols, n, kallsyms);
	fclose(kallsyms);
}

bool symbols_exist(const char *name)
{
	char buf[KALLSYMS_BUF_LEN];
	FILE *kallsyms = open_kallsyms(buf);
	bool found;

	if (!kallsyms)
		return false;
	found = symbols_have(name, kallsyms);
	fclose(kallsyms);
	return found;
}
