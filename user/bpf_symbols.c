// SPDX-License-Identifier: GPL-2.0-only
// Remembers the names of the few kernel addresses that packets are dropped from.
#include "bpf_symbols.h"

#include <stdio.h>

#include "kallsyms.h"

void bpf_symbols_name(struct bpf_symbols *symbols, uint64_t addr, char *buf, size_t len)
{
	unsigned int i;

	for (i = 0; i < BPF_SYMBOLS; i++)
		if (symbols->known[i].addr == addr)
			break;
	if (i == BPF_SYMBOLS) {
		i = symbols->next++ % BPF_SYMBOLS;
		symbols->known[i].addr = addr;
		/* A return address may be that of the next function: the call can be a function's
		 * last instruction. */
		if (kallsyms_lookup(addr - 1, symbols->known[i].name,
				    sizeof(symbols->known[i].name), NULL, 0))
			symbols->known[i].name[0] = '\0';
	}
	snprintf(buf, len, "%s", symbols->known[i].name);
}
