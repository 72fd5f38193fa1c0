/* SPDX-License-Identifier: GPL-2.0-only */
/* Tries what can only be known by attaching, in a network namespace made for it and thrown away. */
#ifndef CLBTRACE_BPF_TRIAL_H
#define CLBTRACE_BPF_TRIAL_H

#include <stdbool.h>

#include "bpf_kernel.h"
#include "options.h"

struct clbtrace_bpf;

enum trial {
	TRIAL_TC,	 /* a tcx link, or clsact with filters, on loopback */
	TRIAL_XDP,	 /* an XDP link, on loopback: generic */
	TRIAL_NETFILTER, /* links at all hooks */
	TRIAL_RULE,	 /* a table that traces rules */
	TRIAL_PACKET,	 /* a packet socket, as libpcap uses */
	TRIAL_COUNT,
};

struct trial_result {
	bool tried;
	int err; /* 0, or -errno with why */
	char why[256];
};

struct trials {
	struct trial_result of[TRIAL_COUNT];
	bool plain_tables; /* the kernel has no owner tables */
	char refused[128]; /* why nothing could be tried; "": it could */
};

/*
 * wanted: bits 1 << TRIAL_*. skel is loaded, or NULL: then only what needs no program can be tried.
 * What the kernel would load a module for is the caller's to leave out.
 */
void bpf_trials(struct trials *out, unsigned int wanted, struct clbtrace_bpf *skel,
		const struct bpf_kernel *kernel, const struct options *options);

#endif
