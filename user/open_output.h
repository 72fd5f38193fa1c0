/* SPDX-License-Identifier: GPL-2.0-only */
/* Opens the files that options name for writing, so that root writes nowhere else. */
#ifndef CLBTRACE_OPEN_OUTPUT_H
#define CLBTRACE_OPEN_OUTPUT_H

/*
 * A new file, mode 0600, or a regular file of ours, emptied; never through a symbolic link. Returns
 * the descriptor or -errno: -ELOOP for a symbolic link, -EEXIST for what is no plain file of ours,
 * -EBUSY while another process has it from here.
 */
int output_open(const char *path);

/* What to tell the user of an error of output_open(). */
const char *output_error(int err);

#endif
