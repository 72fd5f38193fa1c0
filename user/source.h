/* SPDX-License-Identifier: GPL-2.0-only */
/* What live mode asks of whatever its events come from. */
#ifndef CLBTRACE_SOURCE_H
#define CLBTRACE_SOURCE_H

#include <stddef.h>
#include <stdint.h>

#include "event_sink.h"
#include "facts.h"
#include "options.h"
#include "strangers.h"

/* Where a source tells what happens to it; notice may be NULL. */
struct source_report {
	void (*notice)(void *ctx, const char *text);
	void *ctx;
	char *err; /* one line when it cannot be opened: what is missing and what to do */
	size_t err_len;
};

/* self is what open() left in *out. */
struct source_ops {
	/*
	 * Opens everything; options and what report points to for notices are kept by reference.
	 * Returns 0, -EPERM, -ENOTSUP (this kernel lacks what it cannot do without), -ENODEV (no
	 * such interface, or none up), -EBUSY, -EINVAL (the options want what it cannot do), or
	 * another -errno.
	 */
	int (*open)(void **out, const struct options *options, const struct source_report *report);
	void (*close)(void *self);
	/* Readable when events wait, or when interfaces changed. */
	int (*event_fd)(const void *self);
	int (*link_fd)(const void *self);
	/*
	 * Opens the facts that go with this source. Returns 0, -EINVAL (why then says, in one line,
	 * what is wrong with the options) or another -errno.
	 */
	int (*open_facts)(void *self, struct facts **out, char *why, size_t why_len);
	/* Pushes what is known of the source itself before any event; NULL: nothing. */
	int (*introduce)(const void *self, uint64_t now_ns, const struct event_sink *to);
	/*
	 * Pushes waiting events; before them an EV_LOST if any were lost since the last call.
	 * until_ns gets the time up to which every event has been pushed: now_ns, or less if there
	 * are too many for one call. Returns 0 or the -errno of push.
	 */
	int (*drain)(void *self, uint64_t now_ns, const struct event_sink *to, uint64_t *until_ns);
	/*
	 * Reads interface changes: leaves those that are gone (a notice each), takes new ones that
	 * are up when no --interface was given, and pushes EV_FACT_LINK for new names.
	 */
	int (*links_changed)(void *self, uint64_t now_ns, const struct event_sink *to);
	/* Lets go of a connection (prober -> this host); NULL: none is kept. */
	void (*forget)(void *self, const struct ev_flow *probe);
	/* SYNs seen that were not from a configured source, and one example. */
	void (*strangers)(const void *self, struct strangers *out);
};

struct source {
	const struct source_ops *ops;
	void *self; /* NULL: not open */
};

extern const struct source_ops source_bpf_ops;
extern const struct source_ops source_pcap_ops;

/*
 * Opens the source that the options ask for. Without --backend that is BPF, or libpcap, with a
 * notice, where BPF cannot be used. Returns 0 or what its open() returned.
 */
int source_open(struct source *source, const struct options *options,
		const struct source_report *report);
void source_close(struct source *source);

#endif
