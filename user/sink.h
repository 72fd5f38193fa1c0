/* SPDX-License-Identifier: GPL-2.0-only */
/* What becomes of verdicts, the summary and notices: one interface, one implementation per form. */
#ifndef CLBTRACE_SINK_H
#define CLBTRACE_SINK_H

#include <stdbool.h>

#include "correlate.h"
#include "options.h"
#include "summary.h"
#include "verdict.h"

/* Each returns 0 or -errno; -EPIPE when the reader has gone. */
struct sink_ops {
	int (*verdict)(const struct verdict *v, const struct options *options);
	int (*summary)(const struct summary *s, const struct options *options);
	int (*notice)(const char *text, uint64_t wall_ns, const struct options *options);
};

extern const struct sink_ops sink_text; /* people: stdout, notices on stderr */
extern const struct sink_ops sink_json; /* one object a line on stdout */

/* The packets of the probes as a classic pcap file (-w FILE.pcap). */
struct sink_pcap;
/* Creates path, mode 0600, never through a symbolic link; truncates a regular file of ours. 0 or
 * -errno. */
int sink_pcap_open(struct sink_pcap **out, const char *path, uint64_t wall_offset_ns);
/* Takes every event, writes the packets among them that are the first sight of their skb. 0 or
 * -errno. */
int sink_pcap_push(struct sink_pcap *sink, const struct ev_hdr *ev);
/* Makes what was written visible to a reader of the file. 0 or -errno. */
int sink_pcap_flush(struct sink_pcap *sink);
int sink_pcap_close(struct sink_pcap *sink);

#endif
