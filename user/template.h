/* SPDX-License-Identifier: GPL-2.0-only */
/* The small template language of the cause table's texts. */
#ifndef CLBTRACE_TEMPLATE_H
#define CLBTRACE_TEMPLATE_H

#include <stdbool.h>
#include <stddef.h>

/*
 * {name} is replaced by its value. A part in [ ] is left out when a name in it has no value; so is
 * all of a text with a valueless name outside [ ]. No nesting; \ before a bracket or brace takes it
 * literally. A name that begins with ? is a condition: it has a value, an empty one, where it
 * holds.
 */
struct template_values {
	/* Writes name's value (name_len bytes, not terminated) to out. Returns false if it has
	 * none. */
	bool (*value)(void *ctx, const char *name, size_t name_len, char *out, size_t out_len);
	void *ctx;
};

/* Returns false, and an empty out, if the text has to be left out. Cuts at out_len - 1. */
bool template_expand(const char *text, const struct template_values *values, char *out,
		     size_t out_len);

#endif
