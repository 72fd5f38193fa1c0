/* SPDX-License-Identifier: GPL-2.0-only */
/* Host facts: looks up, in the network namespaces of this host, what a verdict needs to know. */
#ifndef CLBTRACE_FACTS_H
#define CLBTRACE_FACTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "event_sink.h"

struct facts;
struct options;

/* One netfilter hook entry as the kernel has it, in order. */
struct hook_entry {
	uint64_t function; /* kernel address of the hook function */
	uint64_t priv;	   /* nf_hook_ops.priv */
	int32_t priority;
	uint32_t type; /* enum nf_hook_ops_type: 0 undefined, 1 nf_tables, 2 BPF, 3 flowtable ... */
	uint32_t prog_id; /* of a BPF program, else 0 */
};

/*
 * Lists the entries of hook (NF_INET_*) of family pf (NFPROTO_IPV4, NFPROTO_IPV6, ...) of the
 * current namespace, clbtrace's own left out. Returns their number, at most max, or -errno.
 */
typedef int (*hook_walk_fn)(void *ctx, unsigned int pf, unsigned int hook, struct hook_entry *out,
			    int max);

/*
 * The namespace that the process is in is the traced one; it must be in it whenever it calls these
 * functions, and is in it when they return. walk may be NULL: then hooks are listed from nfnetlink
 * alone. Returns 0 or -errno.
 */
int facts_open(struct facts **out, hook_walk_fn walk, void *walk_ctx);
void facts_close(struct facts *facts);

/*
 * The same from dir, a copy of another host's /proc, for packets that were captured there: its
 * listeners (net/tcp, tcp6, udp, udp6), sysctls (sys), counters (net/netstat, snmp, snmp6) and
 * conntrack counts; of this host nothing is asked, and all other needs stay unanswered. Files that
 * are not there are left out. Growth of counters is measured between snapshots, as on a live host
 * whose copy is renewed; or, if dir has two copies in it, before and after, between those two, and
 * everything else is read from after. Returns 0, -EINVAL (why, of why_len bytes, says in one line
 * what is wrong with dir) or another -errno.
 */
int facts_open_proc(struct facts **out, const char *dir, char *why, size_t why_len);

/*
 * The rule that stopped the packet of a request for NEED_RULE, if the kernel has named it: all of
 * out but its header, flow and text. Returns whether it has.
 */
typedef bool (*rule_find_fn)(void *ctx, const struct fact_request *request, struct fact_rule *out);
/* Whom to ask first which rule it was; find may be NULL. */
void facts_rules_named(struct facts *facts, rule_find_fn find, void *ctx);

/*
 * Takes the snapshot of the counters that later growth is measured from, and lets go of other
 * namespaces that are not asked about any more or have ended. Call at the start and
 * about once a second; the last 16 are kept, so that growth is measured from before the probe even
 * when its verdict comes seconds later.
 */
void facts_snapshot(struct facts *facts, uint64_t now_ns);

/*
 * Lets the kernel name the rule that drops a probe: from then on facts_trace_rules() sees to it
 * that probes (of the sources, ports and protocols of options, which are kept by reference) are
 * marked. Returns 0 or -ENOMEM.
 */
int facts_trace_open(struct facts *facts, const struct options *options);
/*
 * If the traced namespace has chains of nf_tables, adds a table that marks probes, which the kernel
 * removes when this process ends, however it ends. Call at the start and about once a second:
 * chains may come later. What is to be told about it is then in note, else that is empty.
 */
void facts_trace_rules(struct facts *facts, uint64_t now_ns, char *note, size_t len);
/* What to poll for reading, after which to call facts_trace_drain(); -1: nothing. */
int facts_trace_fd(const struct facts *facts);
void facts_trace_drain(struct facts *facts, uint64_t now_ns);

/* Pushes one EV_FACT_LINK for each interface (all zero flow). Returns 0 or -errno. */
int facts_links(struct facts *facts, uint64_t now_ns, const struct event_sink *to);

/*
 * Pushes the facts asked for, all with the flow request->probe, then EV_FACT_DONE. Goes to other
 * namespaces for it where it has to and may (setns, CAP_SYS_ADMIN); if the kernel does not let it
 * come back, it ends the process. A look-up that fails leaves its facts out, never
 * the EV_FACT_DONE; facts_done.needs then lacks its bit. Returns 0 or what push returned.
 */
int facts_gather(struct facts *facts, const struct fact_request *request, uint64_t now_ns,
		 const struct event_sink *to);

#endif
