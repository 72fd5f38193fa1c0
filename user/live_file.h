/* SPDX-License-Identifier: GPL-2.0-only */
/* The file that a live run writes: a recording, or the packets alone. */
#ifndef CLBTRACE_LIVE_FILE_H
#define CLBTRACE_LIVE_FILE_H

#include "options.h"
#include "summary.h"

struct live_file;

/*
 * What is said before it is opened is kept for it. *out is NULL without --write; all that follows
 * does nothing then. Returns 0 or -ENOMEM.
 */
int live_file_new(struct live_file **out, const struct options *options, uint64_t wall_offset_ns,
		  uint64_t now_ns);
/* Returns 0 or -errno, as output_open(). */
int live_file_open(struct live_file *file);
/* Returns 0 or the first -errno that was not told yet. */
int live_file_close(struct live_file *file);

/* See record.h. Those that return something return 0 or -errno: the file has ended. */
int live_file_event(struct live_file *file, const struct ev_hdr *ev);
void live_file_advance(struct live_file *file, uint64_t now_ns, uint64_t deadline_ns);
void live_file_finish(struct live_file *file, uint64_t now_ns);
void live_file_notice(struct live_file *file, const char *text, uint64_t wall_ns);
void live_file_verdict(struct live_file *file, const struct verdict *v);
void live_file_end(struct live_file *file, const struct summary *s);
int live_file_flush(struct live_file *file, uint64_t now_ns, bool idle);
uint64_t live_file_deadline(const struct live_file *file);

#endif
