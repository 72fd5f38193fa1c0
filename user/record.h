/* SPDX-License-Identifier: GPL-2.0-only */
/* A recording (-w FILE.pcapng): all that went into the correlator, and the probes' packets. */
#ifndef CLBTRACE_RECORD_H
#define CLBTRACE_RECORD_H

#include <stdbool.h>
#include <stdint.h>

#include "options.h"
#include "strangers.h"
#include "verdict.h"

struct record;

/*
 * Begins a recording in memory: what is recorded before record_open() is written then. options are
 * kept by reference. now_ns is CLOCK_MONOTONIC. Returns 0 or -ENOMEM.
 */
int record_new(struct record **out, const struct options *options, uint64_t wall_offset_ns,
	       uint64_t now_ns);
/* Creates the file, or the first of several, as output_open() does. Returns 0 or -errno. */
int record_open(struct record *record);
/* Writes what is left, and ends the file. Returns 0 or the first -errno of all; NULL is fine. */
int record_close(struct record *record);

/*
 * What the correlator is about to be given, in that order: an event; the time (deadline_ns:
 * corr_deadline() before); the end. What cannot be kept is told by record_flush().
 */
void record_event(struct record *record, const struct ev_hdr *ev);
void record_advance(struct record *record, uint64_t now_ns, uint64_t deadline_ns);
void record_finish(struct record *record, uint64_t now_ns);
/* What was printed besides verdicts. */
void record_notice(struct record *record, const char *text, uint64_t wall_ns);
/* The rest of what the summary is made of. */
void record_end(struct record *record, uint64_t window_ns, const struct strangers *strangers);

/* The verdict is put on the packet that decided it. */
void record_verdict(struct record *record, const struct verdict *v);

/*
 * Makes what was recorded visible to a reader of the file. idle: no probe is open, which is a good
 * moment to begin a new file. Returns 0 or -errno: recording has ended, with the file intact up to
 * its last whole block.
 */
int record_flush(struct record *record, uint64_t now_ns, bool idle);
/* When to call it again at the latest, UINT64_MAX: no need to. */
uint64_t record_deadline(const struct record *record);

#endif
