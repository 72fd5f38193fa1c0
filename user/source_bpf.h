/* SPDX-License-Identifier: GPL-2.0-only */
/* The BPF source: loads, attaches and reads the programs of bpf/. */
#ifndef CLBTRACE_SOURCE_BPF_H
#define CLBTRACE_SOURCE_BPF_H

#include <stdbool.h>
#include <stdint.h>

#include "event_sink.h"
#include "facts.h"
#include "options.h"
#include "strangers.h"

struct source_bpf;

/*
 * Opens, loads and attaches everything; err (err_len bytes) gets one line on failure: what is
 * missing and what to do. Notices (an optional hook this kernel lacks) go to notice(), which may be
 * NULL. Returns 0, -EPERM (not root), -ENOTSUP (this kernel lacks something it cannot do without),
 * -ENODEV (no such interface, or none up), -EBUSY (--xdp: the slot is held), or another -errno.
 */
int source_bpf_open(struct source_bpf **out, const struct options *options,
		    void (*notice)(void *ctx, const char *text), void *ctx, char *err,
		    size_t err_len);
void source_bpf_close(struct source_bpf *source);

/* Readable when events wait, or when interfaces changed (netlink). Two fds, in this order. */
int source_bpf_ring_fd(const struct source_bpf *source);
int source_bpf_link_fd(const struct source_bpf *source);

/* Pushes one EV_FACT_HOOK (HOOK_WAYPOINT) for each netfilter program: where it stands. 0 or push's
 * -errno. */
int source_bpf_waypoints(const struct source_bpf *source, uint64_t now_ns,
			 const struct event_sink *to);

/*
 * Pushes waiting events; before them an EV_LOST if any were lost since the last call. until_ns gets
 * the time up to which every event has been pushed: now_ns, or less if there are too many for one
 * call. Returns 0 or the -errno of push.
 */
int source_bpf_drain(struct source_bpf *source, uint64_t now_ns, const struct event_sink *to,
		     uint64_t *until_ns);

/*
 * Reads interface changes: detaches from interfaces that are gone (a notice each), attaches to new
 * ones that are up when no --interface was given, and pushes EV_FACT_LINK for new names.
 */
int source_bpf_links_changed(struct source_bpf *source, uint64_t now_ns,
			     const struct event_sink *to);

/* Forgets a connection (prober -> this host), which makes room in the kernel's connection table. */
void source_bpf_forget(struct source_bpf *source, const struct ev_flow *probe);

/* For facts_open(): ctx is the struct source_bpf. */
int source_bpf_walk_hook(void *ctx, unsigned int pf, unsigned int hook, struct hook_entry *out,
			 int max);

/*
 * Whether the programs tell which rule of nf_tables stopped a packet: then nothing on the host has
 * to change for that.
 */
bool source_bpf_names_rules(const struct source_bpf *source);

/* For facts_rules_named(): ctx is the struct source_bpf. */
bool source_bpf_find_rule(void *ctx, const struct fact_request *request, struct fact_rule *out);

/* SYNs seen that were not from a configured source, and one example; for "not-arriving". */
void source_bpf_strangers(const struct source_bpf *source, struct strangers *out);

#endif
