/* SPDX-License-Identifier: GPL-2.0-only */
/* The programs on nf_tables that name the rule that stopped a packet, and what they have named. */
#ifndef CLBTRACE_BPF_RULE_H
#define CLBTRACE_BPF_RULE_H

#include <stdbool.h>

#include "bpf_kernel.h"
#include "fact.h"

struct clbtrace_bpf;
struct bpf_rules;

/*
 * Whether this kernel lets programs be attached to nf_tables, and nf_tables is in it: one that is
 * loaded later is not attached to before clbtrace is started again. Loads a program to see, and
 * lets go of it.
 */
bool bpf_rules_available(const struct bpf_kernel *kernel);

/* Before skel is loaded: which of the programs are to be, for the modules there are. */
int bpf_rules_choose(struct clbtrace_bpf *skel, const struct bpf_kernel *kernel, bool available);

/*
 * Attaches what was chosen. *out is NULL if nothing was, or if it cannot be attached: that is no
 * error. Returns 0 or -ENOMEM.
 */
int bpf_rules_open(struct bpf_rules **out, struct clbtrace_bpf *skel);
void bpf_rules_close(struct bpf_rules *rules);

/* Takes what the programs have named by now. */
void bpf_rules_drain(struct bpf_rules *rules);

/*
 * The rule that stopped the packet of a request for NEED_RULE, without its text, header and flow.
 * It is named some microseconds after the drop is reported: waits for it, up to some milliseconds
 * after the probe's first packet. Returns whether it is known.
 */
bool bpf_rules_find(struct bpf_rules *rules, const struct fact_request *request,
		    struct fact_rule *out);

#endif
