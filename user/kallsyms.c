// SPDX-License-Identifier: GPL-2.0-only
// Names kernel addresses from /proc/kallsyms.
#include "kallsyms.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	SYMBOL_LEN = 512, /* KSYM_NAME_LEN */
	MODULE_LEN = 64,  /* MODULE_NAME_LEN and brackets */
	READ_BUFFER = 1 << 16,
};

/* No function is longer: an address further behind a symbol is in something that has no symbol. */
#define SYMBOL_REACH (4ULL << 20)

struct symbol {
	uint64_t addr;
	char name[SYMBOL_LEN];
	char module[MODULE_LEN];
};

struct search {
	uint64_t addr;
	bool any_address; /* some symbol had one */
	struct symbol best;
};

static bool is_text(char type)
{
	return type == 't' || type == 'T' || type == 'w' || type == 'W';
}

/* A line is "ffffffff81000000 T name", and for a module "\t[module]" after that. */
static void search_line(struct search *search, const char *line)
{
	const char *name, *module;
	uint64_t addr;
	char *end;
	size_t len;

	addr = strtoull(line, &end, 16);
	if (!addr)
		return;
	search->any_address = true;
	if (addr > search->addr || addr < search->best.addr || *end != ' ' || !is_text(end[1]) ||
	    end[2] != ' ')
		return;
	name = end + 3;
	/* Padding before each function (CONFIG_CALL_PADDING) has symbols of its own, next to it. */
	if (!strncmp(name, "__pfx_", 6))
		return;
	len = strcspn(name, "\t\n");
	module = name + len;
	search->best.addr = addr;
	snprintf(search->best.name, sizeof(search->best.name), "%.*s", (int)len, name);
	module += strspn(module, "\t[");
	len = strcspn(module, "]\n");
	snprintf(search->best.module, sizeof(search->best.module), "%.*s", (int)len, module);
}

static int search_file(struct search *search, FILE *file)
{
	char line[SYMBOL_LEN + MODULE_LEN + 32];

	while (fgets(line, sizeof(line), file))
		search_line(search, line);
	if (ferror(file))
		return -EIO;
	if (!search->any_address)
		return -EPERM;
	if (!search->best.addr || search->addr - search->best.addr > SYMBOL_REACH)
		return -ENOENT;
	return 0;
}

int kallsyms_lookup(uint64_t addr, char *name, size_t name_len, char *module, size_t module_len)
{
	struct search search = {.addr = addr};
	char *buffer = NULL;
	FILE *file;
	int err;

	file = fopen("/proc/kallsyms", "re");
	if (!file)
		return -errno;
	/* Larger reads than stdio's own: the kernel formats the file anew for each. */
	buffer = malloc(READ_BUFFER);
	if (buffer)
		setvbuf(file, buffer, _IOFBF, READ_BUFFER);
	err = search_file(&search, file);
	if (err)
		goto out;
	if (name)
		snprintf(name, name_len, "%s", search.best.name);
	if (module)
		snprintf(module, module_len, "%s", search.best.module);
out:
	fclose(file);
	free(buffer);
	return err;
}
