/* SPDX-License-Identifier: GPL-2.0-only */
/* Opens, configures and loads the BPF programs that this kernel can run. */
#ifndef CLBTRACE_BPF_LOAD_H
#define CLBTRACE_BPF_LOAD_H

#include "bpf_kernel.h"
#include "bpf_report.h"
#include "options.h"

struct clbtrace_bpf;

/* Returns 0, -EPERM, -ENOTSUP or another -errno with the report's error set. */
int bpf_load(struct clbtrace_bpf **out, const struct bpf_kernel *kernel,
	     const struct options *options, const struct bpf_report *report);
/* Whether it may, and what the kernel's BTF says. Returns 0, -EPERM, -ENOTSUP (no BTF) or another
 * -errno, with the report's error set. */
int bpf_load_kernel(struct bpf_kernel **out, const struct options *options,
		    const struct bpf_report *report);
/* Whether the process may do what is needed at all. */
int bpf_load_permitted(const struct bpf_report *report);
/* libbpf's own messages go nowhere unless CLBTRACE_DEBUG is set. */
void bpf_load_quiet(void);

#endif
