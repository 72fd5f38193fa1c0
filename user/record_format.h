/* SPDX-License-Identifier: GPL-2.0-only */
/* What a recording has besides its packets: blocks of records (docs/recording.md). */
#ifndef CLBTRACE_RECORD_FORMAT_H
#define CLBTRACE_RECORD_FORMAT_H

#include "fact.h"
#include "http.h"
#include "strangers.h"

/*
 * A block type for local use (draft-ietf-opsawg-pcapng section 11.1): every reader passes over it.
 * A custom block would be a row of its own in Wireshark.
 */
#define RECORD_BLOCK 0x80000c1bU
#define RECORD_MAGIC 0x54424c43U /* "CLBT" */

/* To be raised whenever a structure here, in bpf/event.h or in fact.h changes its layout. */
enum { RECORD_VERSION = 1 };

enum {
	RECORD_BLOCK_FULL = 256 << 10, /* a writer begins a new block from here on */
	RECORD_BLOCK_MAX = 1 << 20,    /* a reader refuses longer ones */
	RECORD_ALIGN = 8,
};

/* How a block begins; records follow, each at a multiple of RECORD_ALIGN from here. */
struct record_block {
	__u32 magic;
	__u16 version;
	__u16 pad;
};

enum record_kind {
	RECORD_SETTINGS = 1,   /* struct record_settings: first in each section, and only there */
	RECORD_SOURCE = 2,     /* struct record_source, one for each */
	RECORD_PORTS = 3,      /* the ports watched, a bit for each; not there: all */
	RECORD_INTERFACE = 4,  /* a name of --interface, FACT_IFNAME_LEN bytes */
	RECORD_HOST = 5,       /* an event of an earlier file that still holds */
	RECORD_EVENT = 6,      /* an event that the correlator was given */
	RECORD_ADVANCE = 7,    /* it was told the time (__u64) */
	RECORD_FINISH = 8,     /* it was told that this is the end (__u64) */
	RECORD_NOTICE = 9,     /* struct record_notice, then its text */
	RECORD_END = 10,       /* struct record_end: the run has ended */
	RECORD_CONTINUED = 11, /* it goes on in the next file from that time (__u64) */
};

struct record_head {
	__u32 len; /* of what follows, padding aside */
	__u16 kind;
	__u16 pad;
};

struct record_settings {
	__u64 run;  /* the same in all files of a run */
	__u32 part; /* which of them, from 1 */
	__u32 max_probes;
	__u64 start_ns; /* CLOCK_MONOTONIC, of the file */
	__u64 wall_offset_ns;
	__u64 timeout_ms;
	__u64 count; /* of verdicts to stop after; 0: none */
	__u8 expect_status[HTTP_STATUS_BYTES];
	__u8 udp;
	__u8 xdp;
	__u8 pad[3];
	char cloud[16];	 /* its id; "": none */
	char netns[256]; /* as given; "": none */
};

struct record_source {
	__u8 addr[16];
	__u8 len; /* of the prefix, 0..128 */
	__u8 pad[7];
};

struct record_notice {
	__u64 wall_ns;
};

struct record_end {
	__u64 window_ns; /* how long was watched */
	struct strangers strangers;
};

EVENT_ASSERT_SIZE(record_settings, 400);
EVENT_ASSERT_SIZE(record_source, 24);
EVENT_ASSERT_SIZE(record_end, 56);

#endif
