/* SPDX-License-Identifier: GPL-2.0-only */
/* Attaches the tc and XDP programs to one interface. */
#ifndef CLBTRACE_BPF_ATTACH_H
#define CLBTRACE_BPF_ATTACH_H

#include <stdbool.h>

#include "bpf_clsact.h"
#include "bpf_report.h"
#include "link_list.h"

struct clbtrace_bpf;
struct bpf_link;

struct bpf_attached {
	struct bpf_link *in;
	struct bpf_link *out;
	struct bpf_clsact *clsact; /* NULL: links are used */
	struct bpf_filters filters;
	int xdp; /* link's fd, -1 if none */
};

/* Whether the programs find the IP header in packets of a hardware type (ARPHRD_*). */
bool bpf_attach_knows(unsigned int arphrd);
/*
 * Egress before ingress: ingress starts to follow connections. clsact is NULL where the kernel has
 * tcx. On failure nothing stays attached. Returns 0 or -errno, with the report's error set.
 */
int bpf_attach(struct bpf_attached *to, struct clbtrace_bpf *skel, struct bpf_clsact *clsact,
	       const struct link_entry *link, bool xdp, const struct bpf_report *report);
void bpf_detach(struct bpf_attached *from);

#endif
