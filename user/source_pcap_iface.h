/* SPDX-License-Identifier: GPL-2.0-only */
/* The interfaces that libpcap captures on: finds them, opens them, follows their changes. */
#ifndef CLBTRACE_SOURCE_PCAP_IFACE_H
#define CLBTRACE_SOURCE_PCAP_IFACE_H

#include <pcap/pcap.h>
#include <stdbool.h>
#include <stdint.h>

#include "link_list.h"
#include "source.h"
#include "source_pcap_filter.h"

enum { PCAP_ERR_LEN = 384 };

struct pcap_iface {
	struct pcap_iface *next;
	struct link_entry link;
	pcap_t *pcap; /* NULL: it is down, or cannot be read */
	int link_type;
	bool in_ns;	/* its times have nanoseconds */
	bool strangers; /* its filter lets SYNs from no source through */
	bool seen;	/* in the list that is being gone through */
	bool refused;	/* not tried again while it exists */
	uint32_t dropped;
};

struct pcap_ifaces {
	const struct options *options;
	struct source_report report;
	struct mnl_socket *changes;
	struct pcap_iface *first;
	uint8_t (*macs)[6]; /* of every interface, sorted */
	size_t n_macs;
	int epoll;
};

/* Both fds are valid after success. Returns 0, -ENODEV, or another -errno, with the report's error
 * set. */
int pcap_ifaces_open(struct pcap_ifaces *ifaces);
void pcap_ifaces_close(struct pcap_ifaces *ifaces);
/* As source_ops.links_changed(). */
int pcap_ifaces_changed(struct pcap_ifaces *ifaces, uint64_t now_ns, const struct event_sink *to);
/* Whether an interface of this host has this address. */
bool pcap_ifaces_have(const struct pcap_ifaces *ifaces, const uint8_t mac[6]);
/* Reading it failed: it is opened again if it is up by now. */
void pcap_iface_failed(struct pcap_ifaces *ifaces, struct pcap_iface *iface);

#endif
