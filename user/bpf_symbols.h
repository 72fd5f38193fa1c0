/* SPDX-License-Identifier: GPL-2.0-only */
/* Remembers the names of the few kernel addresses that packets are dropped from. */
#ifndef CLBTRACE_BPF_SYMBOLS_H
#define CLBTRACE_BPF_SYMBOLS_H

#include <stddef.h>
#include <stdint.h>

enum { BPF_SYMBOLS = 32 };

struct bpf_symbols {
	struct {
		uint64_t addr; /* 0: free */
		char name[48];
	} known[BPF_SYMBOLS];
	unsigned int next; /* to be overwritten when all are taken */
};

/* Empty if it has no name. */
void bpf_symbols_name(struct bpf_symbols *symbols, uint64_t addr, char *buf, size_t len);

#endif
