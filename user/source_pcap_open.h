/* SPDX-License-Identifier: GPL-2.0-only */
/* Opens one interface for capturing, with a filter that the kernel takes. */
#ifndef CLBTRACE_SOURCE_PCAP_OPEN_H
#define CLBTRACE_SOURCE_PCAP_OPEN_H

#include "source_pcap_iface.h"

/*
 * Returns 0, -ENETDOWN (it is not up), -EPROTONOSUPPORT (a link type that cannot be read), or
 * another -errno; why then says it, in words, except for -ENETDOWN.
 */
int pcap_iface_open(struct pcap_iface *iface, const struct options *options,
		    char why[PCAP_ERR_LEN]);
void pcap_iface_close(struct pcap_iface *iface);

#endif
