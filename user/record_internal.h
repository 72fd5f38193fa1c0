/* SPDX-License-Identifier: GPL-2.0-only */
/* What the parts of the writer of recordings share. */
#ifndef CLBTRACE_RECORD_INTERNAL_H
#define CLBTRACE_RECORD_INTERNAL_H

#include "byte_buffer.h"
#include "probe.h"
#include "record.h"
#include "record_format.h"

/* One file of a recording, and the one before it. */
struct record_file {
	int fd; /* -1: none */
	uint64_t len;
	char *path;	 /* with the number of the part, if there are several */
	int previous_fd; /* what was decided late is still put there; -1: none */
};

struct record_interface {
	uint32_t ifindex;
	char name[FACT_IFNAME_LEN];
	uint64_t packets;
};

struct record_packets;

struct record {
	const struct options *options;
	uint64_t wall_offset_ns;
	uint64_t run;
	uint32_t part;		    /* which file this is, from 1 */
	struct corr_host host;	    /* interfaces and waypoints: each file has them */
	struct byte_buffer records; /* of the block that is not ended yet */
	struct byte_buffer out;	    /* whole blocks that are not written yet */
	struct record_file file;
	struct record_packets *packets;
	struct record_interface *interfaces; /* of this file */
	size_t n_interfaces;
	uint64_t now_ns;     /* the latest time that was told */
	uint64_t advance_ns; /* told, and nothing came of it so far; 0: none such */
	uint64_t lost;	     /* events, since the beginning */
	uint64_t told_lost;  /* of these, by statistics */
	int err;	     /* the first -errno */
};

/* record.c: appends a record; what is behind data may be NULL. */
void record_put(struct record *record, enum record_kind kind, const void *data, size_t len);
void record_put_two(struct record *record, enum record_kind kind, const void *data, size_t len,
		    const void *more, size_t more_len);
/* Makes a block of the records so far. */
void record_end_block(struct record *record);

/* record_section.c: the beginning of each file; an interface's number in it, which it is given now
 * if it has none; the statistics of losses so far, or (at_end) of each interface. */
void record_begin_section(struct record *record, uint64_t now_ns);
uint32_t record_interface_id(struct record *record, uint32_t ifindex);
void record_put_statistics(struct record *record, bool at_end);

/* record_file.c: each returns 0 or -errno. */
int record_file_open(struct record_file *file, const struct options *options, uint32_t part);
/* Whole blocks; when that fails, those that are not complete are cut off. */
int record_file_write(struct record_file *file, const uint8_t *blocks, size_t len);
/* Ends this file and begins the next; removes the one that is too old. */
int record_file_rotate(struct record_file *file, const struct options *options, uint32_t part);
int record_file_close(struct record_file *file);

/* record_packets.c */
int record_packets_new(struct record_packets **out); /* 0 or -ENOMEM */
void record_packets_free(struct record_packets *packets);
/* A step on the way of a packet, if the event is one. */
void record_packets_event(struct record *record, const struct ev_hdr *ev);
/* Turns those whose way is known into blocks; all: every one. */
void record_packets_release(struct record *record, bool all);

#endif
