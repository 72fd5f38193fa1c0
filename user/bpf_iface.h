/* SPDX-License-Identifier: GPL-2.0-only */
/* The interfaces traced: finds them, attaches the tc and XDP programs, follows their changes. */
#ifndef CLBTRACE_BPF_IFACE_H
#define CLBTRACE_BPF_IFACE_H

#include <stdbool.h>
#include <stdint.h>

#include "bpf_report.h"
#include "event_sink.h"
#include "link_list.h"
#include "options.h"

struct clbtrace_bpf;
struct bpf_ifaces;

/* Whether it is one to trace: named, or, if none is, up and not loopback. */
bool bpf_iface_is_wanted(const struct options *options, const struct link_entry *link);
/*
 * Attaches everywhere, by links, or by filters without tcx. Returns 0, -ENODEV, -EBUSY (XDP) or
 * another -errno, with the report's error set.
 */
int bpf_ifaces_open(struct bpf_ifaces **out, struct clbtrace_bpf *skel, bool has_tcx,
		    const struct options *options, const struct bpf_report *report);
void bpf_ifaces_close(struct bpf_ifaces *ifaces);
/* A netlink socket, readable when an interface changed. */
int bpf_ifaces_fd(const struct bpf_ifaces *ifaces);
/* As source_bpf_links_changed(). */
int bpf_ifaces_changed(struct bpf_ifaces *ifaces, uint64_t now_ns, const struct event_sink *to,
		       const struct bpf_report *report);

#endif
