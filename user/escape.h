/* SPDX-License-Identifier: GPL-2.0-only */
/* Escaping of bytes that came off the wire or from another process, before they reach any output.
 */
#ifndef CLBTRACE_ESCAPE_H
#define CLBTRACE_ESCAPE_H

#include <stddef.h>

/*
 * Writes len bytes of data to out as printable ASCII, always terminated: \r \n \t \\ by letter,
 * every other byte outside 0x20..0x7e as \xHH. Ends with "..." where out_len (at least 4) does not
 * suffice. Returns out.
 */
const char *escape_text(const void *data, size_t len, char *out, size_t out_len);

/* No byte that a terminal acts on stays: each outside 0x20..0x7e becomes "?". */
void escape_tame(char *text);

/* The text as one word of a POSIX shell: quoted unless all of it is harmless. Returns out. */
const char *shell_word(const char *text, char *out, size_t out_len);

#endif
