/* SPDX-License-Identifier: GPL-2.0-only */
/* A file, or standard input, as bytes: gzip is undone, and the beginning can be looked at first. */
#ifndef CLBTRACE_INPUT_H
#define CLBTRACE_INPUT_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct input;

enum { INPUT_PEEK_MAX = 4096 };

/*
 * Opens path ("-": standard input) for reading, and finds out whether it is compressed. Returns 0
 * or -errno; -EISDIR for a directory.
 */
int input_open(struct input **out, const char *path);
void input_close(struct input *input);

/*
 * The first bytes that are not read yet, without reading them: waits for want of them (at most
 * INPUT_PEEK_MAX) or the end. Returns how many there are, or -errno.
 */
ssize_t input_peek(struct input *input, const uint8_t **data, size_t want);

/*
 * Reads what is there, 1 to len bytes, waiting for the first. Returns how many; 0 at the end;
 * -EBADMSG: the compressed data are broken or cut off; -EINTR: clbtrace has been asked to stop; or
 * another -errno.
 */
ssize_t input_read(struct input *input, void *buf, size_t len);

/* Reads len bytes. Returns len, fewer at the end, or -errno as input_read(). */
ssize_t input_read_all(struct input *input, void *buf, size_t len);

/*
 * What to poll before input_read() when nothing may be waited for; -1: there are bytes at hand, no
 * need to.
 */
int input_fd(const struct input *input);

#endif
