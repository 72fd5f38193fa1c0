/* SPDX-License-Identifier: GPL-2.0-only */
/* The kinds of files that "clbtrace replay" explains. */
#ifndef CLBTRACE_REPLAY_H
#define CLBTRACE_REPLAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "input.h"
#include "results.h"

struct replay {
	const struct options *options;
	struct input *input;
	struct results results; /* each kind opens them, once it knows the options */
	const char *name;	/* of the input, escaped, for messages */
};

/* Whether a pcapng file that starts with these bytes is a recording of clbtrace. */
bool replay_is_recording(const uint8_t *start, size_t len);

/*
 * Each reads the input to its end, prints what it says, and returns the exit status, or -EINVAL
 * having said on stderr, in one line, what is wrong with the file; what came before the wrong place
 * has then been explained.
 */
int replay_recording(struct replay *replay);
int replay_capture(struct replay *replay); /* pcap and pcapng */
int replay_json(struct replay *replay);	   /* results of --json, for --report */

#endif
