/* SPDX-License-Identifier: GPL-2.0-only */
/* The values that the cause table's texts can name, worked out for one probe. */
#ifndef CLBTRACE_VALUES_H
#define CLBTRACE_VALUES_H

#include "template.h"

struct probe;
struct corr_host;

struct values_of {
	const struct probe *probe;
	const struct corr_host *host;
	bool quote; /* names as words for a shell: for what is to be pasted into one */
};

/* For struct template_values: ctx is a struct values_of. */
bool values_get(void *ctx, const char *name, size_t name_len, char *out, size_t out_len);

#endif
