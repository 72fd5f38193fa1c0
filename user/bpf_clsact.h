/* SPDX-License-Identifier: GPL-2.0-only */
/* Attaches the tc programs as filters, where the kernel has no tcx (before 6.6). */
#ifndef CLBTRACE_BPF_CLSACT_H
#define CLBTRACE_BPF_CLSACT_H

#include <stdbool.h>
#include <stdint.h>

#include "bpf_report.h"

struct bpf_clsact;
struct bpf_program;

/* The filters of one interface. */
struct bpf_filters {
	int ifindex;	      /* 0: none */
	uint16_t priority[2]; /* at ingress, at egress; 0: none */
	bool made_qdisc;
};

/* Removes what killed runs have left, on all interfaces. Returns 0 or -errno, with the report's
 * error set. */
int bpf_clsact_open(struct bpf_clsact **out, const struct bpf_report *report);
void bpf_clsact_close(struct bpf_clsact *clsact);

/* Whether an ingress qdisc has its place: 0, -EBUSY with the report's error set, or another -errno.
 */
int bpf_clsact_check(int ifindex, const char *ifname, const struct bpf_report *report);

/*
 * First at ingress, last at egress; a clsact qdisc is made if there is none. Returns 0, -EBUSY (an
 * ingress qdisc has its place) or another -errno, with the report's error set.
 */
int bpf_clsact_attach(struct bpf_clsact *clsact, struct bpf_filters *to,
		      const struct bpf_program *in, const struct bpf_program *out, int ifindex,
		      const char *ifname, const struct bpf_report *report);
/* Removes the filters, and the qdisc if it was made here and has no others. */
void bpf_clsact_detach(struct bpf_clsact *clsact, struct bpf_filters *from);

#endif
