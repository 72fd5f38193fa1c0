/* SPDX-License-Identifier: GPL-2.0-only */
/* How the parts of the BPF source tell what went wrong: one error line, or notices. */
#ifndef CLBTRACE_BPF_REPORT_H
#define CLBTRACE_BPF_REPORT_H

#include <stddef.h>

struct bpf_report {
	void (*notice)(void *ctx, const char *text); /* may be NULL */
	void *ctx;
	char *err; /* NULL once the source is open: then an error becomes a notice */
	size_t err_len;
};

__attribute__((format(printf, 2, 3))) void bpf_notice(const struct bpf_report *report,
						      const char *format, ...);
/* Returns error. */
__attribute__((format(printf, 3, 4))) int bpf_fail(const struct bpf_report *report, int error,
						   const char *format, ...);

#endif
