/* SPDX-License-Identifier: GPL-2.0-only */
/* Names the functions that free packets, where the kernel does not (bpf_snprintf(), 5.13). */
#ifndef CLBTRACE_BPF_LOCATION_H
#define CLBTRACE_BPF_LOCATION_H

#include <stddef.h>
#include <stdint.h>

enum { LOCATIONS_MAX = 64, LOCATION_NAME_LEN = 48 };

/* Those that were asked for; zeroed at first. */
struct bpf_locations {
	unsigned int n;
	struct {
		uint64_t address;
		char name[LOCATION_NAME_LEN];
	} known[LOCATIONS_MAX];
};

/*
 * The function in which a call returns to that address; empty if the host withholds addresses.
 * Reads /proc/kallsyms once for each address.
 */
void bpf_location_name(struct bpf_locations *locations, uint64_t address, char *out, size_t len);

#endif
