/* SPDX-License-Identifier: GPL-2.0-only */
/* The capture filter that lets the probes' packets through, in libpcap's language. */
#ifndef CLBTRACE_SOURCE_PCAP_FILTER_H
#define CLBTRACE_SOURCE_PCAP_FILTER_H

#include <stddef.h>

#include "options.h"

/*
 * How much of the options is in a filter. The kernel takes programs of a limited length: with many
 * sources or ports the filter lets more through, and frame_event() picks out the probes.
 */
enum filter_detail {
	FILTER_WHOLE,	/* sources and ports; SYNs from anybody else too, to be counted */
	FILTER_SOURCES, /* sources, any port */
	FILTER_PROTOCOL,
	FILTER_DETAILS,
};

/*
 * Writes the filter's text. Returns its length, or -E2BIG: it has no room in len bytes, or more
 * sources or ranges of ports than a filter should have.
 */
int pcap_filter_text(const struct options *options, enum filter_detail detail, char *out,
		     size_t len);

#endif
