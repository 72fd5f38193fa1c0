/* SPDX-License-Identifier: GPL-2.0-only */
/* What the running kernel's BTF says: which hooks there are, and the names of its reasons. */
#ifndef CLBTRACE_BPF_KERNEL_H
#define CLBTRACE_BPF_KERNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The name of the reason where the kernel gives none (before 5.17), as where it does not know. */
#define DROP_WITHOUT_REASON "NOT_SPECIFIED"

struct bpf_kernel;
struct btf;

/* Where the kernel has its own; libbpf looks in some more places. */
#define BPF_KERNEL_BTF "/sys/kernel/btf/vmlinux"

/*
 * file: where the running kernel's BTF is read from; NULL: its own. Returns 0, -ENOENT (there is
 * none), or another -errno.
 */
int bpf_kernel_open(struct bpf_kernel **out, const char *file);
/* Whether the file is a kernel's BTF as a whole. Returns 0, or -EINVAL with one line in why. */
int bpf_kernel_check_file(const char *file, char *why, size_t why_len);
void bpf_kernel_close(struct bpf_kernel *kernel);

/* The kernel's types; NULL once they are settled. */
const struct btf *bpf_kernel_btf(const struct bpf_kernel *kernel);

bool bpf_kernel_has_function(const struct bpf_kernel *kernel, const char *name);
/* Arguments of a tracepoint; -ENOENT if there is none of that name. */
int bpf_kernel_tracepoint_args(const struct bpf_kernel *kernel, const char *name);
/* The function's id in these types, or 0 if it is not there with as many arguments. */
int bpf_kernel_function(const struct btf *btf, const char *name, int args);
/*
 * Whether programs may be attached to the entry and the exit of a function, given by its id and its
 * module's BTF (0: the kernel's own). A kernel that refuses trampolines (lockdown, no kprobes)
 * refuses one to an empty program too.
 */
bool bpf_kernel_may_attach(int function, int module_fd);
/* The same: 0, or the kernel's -errno. */
int bpf_kernel_try_attach(int function, int module_fd);
/* Frees the BTF (megabytes), keeps the names. */
void bpf_kernel_settle(struct bpf_kernel *kernel);

/*
 * A drop reason without SKB_DROP_REASON_, a reset reason without SK_RST_REASON_; a number if it has
 * no name.
 */
void bpf_kernel_drop_reason(const struct bpf_kernel *kernel, uint32_t reason, char *buf,
			    size_t len);
void bpf_kernel_reset_reason(const struct bpf_kernel *kernel, uint32_t reason, char *buf,
			     size_t len);

#endif
