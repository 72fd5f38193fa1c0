/* SPDX-License-Identifier: GPL-2.0-only */
/* What is in the packets' way on this host, asked without changing anything on it. */
#ifndef CLBTRACE_FACTS_DOCTOR_H
#define CLBTRACE_FACTS_DOCTOR_H

#include "doctor.h"
#include "facts.h"

/*
 * Fills in the doctor's hooks, programs and disturbances for the network namespace that the process
 * is in, and the interfaces that the options name, or else those that are up. walk as for
 * facts_open(). No module is loaded by it: what would make the kernel load one is not asked.
 * Returns 0 or -errno.
 */
int facts_doctor(struct doctor *d, const struct options *options, hook_walk_fn walk,
		 void *walk_ctx);

/* Whether nf_tables is there: a request to it makes no kernel load a module. */
bool facts_doctor_has_nft(void);
/* Whether the kernel has this function, built in or in a module that is loaded. */
bool facts_doctor_has_symbol(const char *function);
/* Whether the module can be loaded: modules.dep of this kernel names it. name: cls_bpf */
bool facts_doctor_has_module(const char *name);

#endif
