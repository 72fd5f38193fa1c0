// SPDX-License-Identifier: GPL-2.0-only
// Names the functions that free packets, where the kernel does not (bpf_snprintf(), 5.13).
#include "bpf_location.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A line: address, type, name, and for a module's symbol a tab and its name in brackets. */
static void consider(char *line, uint64_t inside, uint64_t *best, char *name)
{
	uint64_t address;
	char *end;

	address = strtoull(line, &end, 16);
	if (address > inside || address <= *best || strlen(end) < 4 || !strchr("tTwW", end[1]))
		return;
	*best = address;
	snprintf(name, LOCATION_NAME_LEN, "%.*s", (int)strcspn(end + 3, " \t\n"), end + 3);
}

/* A return address may be that of the next function: the call can be the last instruction. */
static void look_up(uint64_t address, char *name)
{
	FILE *kallsyms = fopen("/proc/kallsyms", "re");
	uint64_t best = 0;
	char *line = NULL;
	size_t size = 0;

	*name = '\0';
	while (kallsyms && getline(&line, &size, kallsyms) > 0)
		consider(line, address - 1, &best, name);
	free(line);
	if (kallsyms)
		fclose(kallsyms);
}

void bpf_location_name(struct bpf_locations *locations, uint64_t address, char *out, size_t len)
{
	unsigned int i;

	for (i = 0; i < locations->n && i < LOCATIONS_MAX; i++)
		if (locations->known[i].address == address)
			break;
	if (i == locations->n || i == LOCATIONS_MAX) {
		/* A kernel has fewer that drop a probe; more replace the first ones. */
		i = locations->n++ % LOCATIONS_MAX;
		locations->known[i].address = address;
		look_up(address, locations->known[i].name);
	}
	snprintf(out, len, "%s", locations->known[i].name);
}
