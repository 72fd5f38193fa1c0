/* SPDX-License-Identifier: GPL-2.0-only */
/* One probe's evidence as a ladder: which packet went how far between the prober and the service.
 */
#ifndef CLBTRACE_LADDER_H
#define CLBTRACE_LADDER_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

/* From the prober to the application; a place in a ladder. */
enum lane { LANE_PROBER, LANE_NIC, LANE_FILTER, LANE_TCP, LANE_APP, LANES };

enum rung_kind {
	RUNG_PACKET, /* goes from one lane to another */
	RUNG_EVENT,  /* happens on a lane */
	RUNG_NOTE,   /* on no lane */
	RUNG_END,    /* the verdict, on the lane of its stage */
};

enum {
	LADDER_MAX = 72, /* rungs: a verdict's steps, and its end */
	LADDER_WAY_MAX = 12,
};

struct rung {
	enum rung_kind kind;
	int64_t t_us, last_us; /* of its first step and of its last */
	enum lane from, to;
	bool dropped; /* the packet was freed there */
	const char *at, *what;
	size_t name_len;     /* of a packet: so much of what is its name */
	unsigned long bytes; /* of a packet: its payload's length */
	bool lost_sight;     /* of a packet: seen at the entry, and not looked for behind it */
	const char *way[LADDER_WAY_MAX]; /* of a packet: where it was seen, each once */
	unsigned int n_way;
	const char *payload, *dropped_as; /* of a packet; NULL: none */
};

/*
 * Fills in the rungs of a verdict of json_form.h, whose strings they point into. Steps on the same
 * packet in the same direction become one rung. Returns how many.
 */
size_t ladder_of(const json_t *verdict, struct rung rungs[LADDER_MAX]);

#endif
