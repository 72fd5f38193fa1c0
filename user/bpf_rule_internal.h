/* SPDX-License-Identifier: GPL-2.0-only */
/* What the parts of bpf_rule.h share: the functions of nf_tables that programs are attached to. */
#ifndef CLBTRACE_BPF_RULE_INTERNAL_H
#define CLBTRACE_BPF_RULE_INTERNAL_H

#include "bpf_rule.h"

struct bpf_program;

enum {
	RULE_TARGETS = 11,
	RULE_TARGETS_NEEDED = 3, /* the first ones */
};

struct rule_target {
	const char *module;
	const char *function;
	int args;
};

const struct rule_target *rule_target(int index);
struct bpf_program *rule_program(const struct clbtrace_bpf *skel, int index);

#endif
