/* SPDX-License-Identifier: GPL-2.0-only */
/* With what a recording was made, and what the command line of its replay has instead. */
#ifndef CLBTRACE_REPLAY_SETTINGS_H
#define CLBTRACE_REPLAY_SETTINGS_H

#include "correlate.h"
#include "options.h"
#include "record_read.h"

struct replay_settings {
	const struct options *named;   /* the command line's own */
	struct options options;	       /* what counts: together */
	struct record_settings record; /* of the latest section; run 0: none yet */
	unsigned int parts;	       /* sections so far */
	char netns[sizeof(((struct record_settings *)NULL)->netns)];
};

void replay_settings_begin(struct replay_settings *settings, const struct options *named);
void replay_settings_end(struct replay_settings *settings);

/*
 * Takes a record, if it is a setting. Returns 1, 0 if it is none, -ENOMEM, or -EBADMSG: a setting
 * that cannot be.
 */
int replay_settings_take(struct replay_settings *settings, const struct record_item *item);

/* For corr_new(). */
struct corr_config replay_settings_config(const struct replay_settings *settings);

/* Whether the probe that the event is about is one of those asked for on the command line. */
bool replay_settings_want(const struct replay_settings *settings, const struct ev_hdr *ev);

#endif
