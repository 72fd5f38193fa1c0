/* SPDX-License-Identifier: GPL-2.0-only */
/* The packets of a capture, pcap or pcapng, read by libpcap from an input. */
#ifndef CLBTRACE_CAPTURE_FILE_H
#define CLBTRACE_CAPTURE_FILE_H

#include "frame.h"
#include "input.h"

struct capture_file;

/* Called while the next bytes have not come yet; returns how long to wait until it is called again,
 * in nanoseconds; UINT64_MAX: until they come; 0: no more is to be read. */
struct capture_idle {
	uint64_t (*idle)(void *ctx);
	void *ctx;
};

enum { CAPTURE_WHY_LEN = 400 };

/*
 * Reads the capture's beginning. Returns 0; -EBADMSG, why (CAPTURE_WHY_LEN bytes) saying in a line
 * what is wrong with the file; -EINTR: clbtrace has been asked to stop; or another -errno.
 */
int capture_file_open(struct capture_file **out, struct input *input,
		      const struct capture_idle *idle, char *why);
void capture_file_close(struct capture_file *file);

/*
 * The next packet; its data are valid until the next call, its time is CLOCK_REALTIME. Returns 1, 0
 * at the end, or an error as capture_file_open().
 */
int capture_file_next(struct capture_file *file, struct frame *out, char *why);

#endif
