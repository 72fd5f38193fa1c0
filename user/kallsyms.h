/* SPDX-License-Identifier: GPL-2.0-only */
/* Names kernel addresses from /proc/kallsyms. */
#ifndef CLBTRACE_KALLSYMS_H
#define CLBTRACE_KALLSYMS_H

#include <stddef.h>
#include <stdint.h>

/*
 * The function that addr lies in and the module it belongs to (empty for the kernel proper). Reads
 * the whole file, tens of milliseconds: keep the answer. name and module may be NULL. Returns 0,
 * -ENOENT, -EPERM (the kernel hides its addresses), or another -errno.
 */
int kallsyms_lookup(uint64_t addr, char *name, size_t name_len, char *module, size_t module_len);

#endif
