/* SPDX-License-Identifier: GPL-2.0-only */
/* Places the netfilter programs among the hook functions that are there. */
#ifndef CLBTRACE_BPF_NETFILTER_H
#define CLBTRACE_BPF_NETFILTER_H

#include "bpf_kernel.h"
#include "bpf_report.h"
#include "facts.h"

struct clbtrace_bpf;
struct bpf_netfilter;

/*
 * Has those programs loaded that this kernel can run: links if it has them (6.4), else on the
 * functions that call the hooks. udp: what is not TCP is followed too.
 */
void bpf_netfilter_choose(struct clbtrace_bpf *skel, const struct bpf_kernel *kernel, bool udp);
/* Whether it can do either. */
bool bpf_netfilter_is_seen(const struct clbtrace_bpf *skel);

/* Returns 0 or -errno with the report's error set. */
int bpf_netfilter_attach(struct bpf_netfilter **out, struct clbtrace_bpf *skel,
			 const struct bpf_report *report);
void bpf_netfilter_detach(struct bpf_netfilter *netfilter);

/* Pushes one EV_FACT_HOOK (HOOK_WAYPOINT) for each program. Returns 0 or the -errno of push. */
int bpf_netfilter_waypoints(const struct bpf_netfilter *netfilter, uint64_t now_ns,
			    const struct event_sink *to);

/* As hook_walk_fn in facts.h, skel's own programs left out; -EOPNOTSUPP before 5.14. */
int bpf_netfilter_walk(struct clbtrace_bpf *skel, unsigned int pf, unsigned int hook,
		       struct hook_entry *out, int max);

#endif
