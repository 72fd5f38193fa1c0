/* SPDX-License-Identifier: GPL-2.0-only */
/* Creates the files that clbtrace writes. */
#ifndef CLBTRACE_FILE_CREATE_H
#define CLBTRACE_FILE_CREATE_H

/*
 * A new file, mode 0600, or a regular file of ours, emptied; never through a symbolic link. Returns
 * a descriptor for writing or -errno: -ELOOP for a symbolic link, -EEXIST for what is no plain file
 * of ours.
 */
int file_create(const char *path);

#endif
