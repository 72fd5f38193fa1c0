/* SPDX-License-Identifier: GPL-2.0-only */
/* Where a recording was made, as its section header says for every reader of such files. */
#ifndef CLBTRACE_RECORD_ABOUT_H
#define CLBTRACE_RECORD_ABOUT_H

#include <stddef.h>
#include <stdint.h>

struct record_about {
	char host[256], kernel[256], version[64]; /* "": not known; not escaped */
};

/* From the first bytes of the file. */
void record_about(const uint8_t *start, size_t len, struct record_about *about);

#endif
