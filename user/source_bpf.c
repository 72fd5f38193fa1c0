// SPDX-License-Identifier: GPL-2.0-only
// The BPF source: puts its parts together.
#include "source_bpf.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bpf_iface.h"
#include "bpf_kernel.h"
#include "bpf_load.h"
#include "bpf_netfilter.h"
#include "bpf_report.h"
#include "bpf_ring.h"
#include "bpf_rule.h"
#include "clbtrace.skel.h"

#include "../bpf/shared.h"

enum { TRACEPOINTS = 7 };

struct source_bpf {
	struct bpf_report report;
	struct bpf_kernel *kernel;
	struct clbtrace_bpf *skel;
	struct bpf_ring *ring;
	struct bpf_link *tracepoints[TRACEPOINTS];
	struct bpf_netfilter *netfilter;
	struct bpf_rules *rules; /* NULL: they cannot be named here */
	struct bpf_ifaces *ifaces;
	int cpus;
};

static int attach_tracepoints(struct source_bpf *source)
{
	struct bpf_program *const programs[TRACEPOINTS] = {
		source->skel->progs.on_kfree_skb_reason,
		source->skel->progs.on_kfree_skb,
		source->skel->progs.on_tcp_send_reset_reason,
		source->skel->progs.on_tcp_send_reset,
		source->skel->progs.on_icmp_send,
		source->skel->progs.on_inet_sock_set_state,
		source->skel->progs.on_tcp_retransmit_synack,
	};

	for (int i = 0; i < TRACEPOINTS; i++) {
		if (!bpf_program__autoload(programs[i]))
			continue;
		source->tracepoints[i] = bpf_program__attach(programs[i]);
		if (!source->tracepoints[i])
			return bpf_fail(&source->report, -errno, "cannot attach %s: %s",
					bpf_program__name(programs[i]), strerror(errno));
	}
	return 0;
}

static int open_ring(struct source_bpf *source)
{
	const struct clbtrace_bpf *skel = source->skel;
	int err;

	err = bpf_ring_open(&source->ring, bpf_map__fd(skel->maps.events),
			    bpf_map__fd(skel->maps.losses), source->kernel);
	return err ? bpf_fail(&source->report, err, "cannot read the ring buffer: %s",
			      strerror(-err))
		   : 0;
}

/* Interfaces come last: a connection is followed from when its SYN is seen at one. */
static int attach(struct source_bpf *source, const struct options *options)
{
	int err = attach_tracepoints(source);

	if (!err)
		err = bpf_rules_open(&source->rules, source->skel);
	if (!err)
		err = bpf_netfilter_attach(&source->netfilter, source->skel, &source->report);
	if (!err)
		err = bpf_ifaces_open(&source->ifaces, source->skel,
				      bpf_kernel_has_function(source->kernel, "tcx_link_attach"),
				      options, &source->report);
	return err;
}

int source_bpf_open(struct source_bpf **out, const struct options *options,
		    void (*notice)(void *ctx, const char *text), void *ctx, char *err_text,
		    size_t err_len)
{
	struct source_bpf *source;
	int err;

	bpf_load_quiet();
	source = calloc(1, sizeof(*source));
	*out = source;
	if (!source)
		return -ENOMEM;
	source->report = (struct bpf_report){notice, ctx, err_text, err_len};
	source->cpus = libbpf_num_possible_cpus();
	err = bpf_load_kernel(&source->kernel, options, &source->report);
	if (!err)
		err = bpf_load(&source->skel, source->kernel, options, &source->report);
	if (!err)
		err = open_ring(source);
	if (!err)
		err = attach(source, options);
	if (err) {
		source_bpf_close(source);
		*out = NULL;
		return err;
	}
	bpf_kernel_settle(source->kernel);
	source->report.err = NULL;
	return 0;
}

void source_bpf_close(struct source_bpf *source)
{
	if (!source)
		return;
	bpf_ifaces_close(source->ifaces);
	bpf_netfilter_detach(source->netfilter);
	bpf_rules_close(source->rules);
	for (int i = 0; i < TRACEPOINTS; i++)
		bpf_link__destroy(source->tracepoints[i]);
	bpf_ring_close(source->ring);
	clbtrace_bpf__destroy(source->skel);
	bpf_kernel_close(source->kernel);
	free(source);
}

int source_bpf_ring_fd(const struct source_bpf *source)
{
	return bpf_ring_fd(source->ring);
}

int source_bpf_link_fd(const struct source_bpf *source)
{
	return bpf_ifaces_fd(source->ifaces);
}

int source_bpf_waypoints(const struct source_bpf *source, uint64_t now_ns,
			 const struct event_sink *to)
{
	return bpf_netfilter_waypoints(source->netfilter, now_ns, to);
}

int source_bpf_drain(struct source_bpf *source, uint64_t now_ns, const struct event_sink *to,
		     uint64_t *until_ns)
{
	bpf_rules_drain(source->rules);
	return bpf_ring_drain(source->ring, now_ns, to, until_ns);
}

int source_bpf_links_changed(struct source_bpf *source, uint64_t now_ns,
			     const struct event_sink *to)
{
	return bpf_ifaces_changed(source->ifaces, now_ns, to, &source->report);
}

/* An alias may have become another connection's since. */
static void forget_alias(const struct source_bpf *source, const struct ev_flow *alias,
			 const struct ev_flow *probe)
{
	int fd = bpf_map__fd(source->skel->maps.aliases);
	struct ev_flow of;

	if (!bpf_map_lookup_elem(fd, alias, &of) && !memcmp(&of, probe, sizeof(of)))
		bpf_map_delete_elem(fd, alias);
}

void source_bpf_forget(struct source_bpf *source, const struct ev_flow *probe)
{
	int fd = bpf_map__fd(source->skel->maps.connections);
	struct conn conn;

	/* In one step from 5.14 on (EINVAL before). */
	if (bpf_map_lookup_and_delete_elem(fd, probe, &conn) &&
	    (bpf_map_lookup_elem(fd, probe, &conn) || bpf_map_delete_elem(fd, probe)))
		return;
	for (int i = 0; i < ALIASES; i++)
		if (conn.aliases[i].family)
			forget_alias(source, &conn.aliases[i], probe);
}

int source_bpf_walk_hook(void *ctx, unsigned int pf, unsigned int hook, struct hook_entry *out,
			 int max)
{
	struct source_bpf *source = ctx;

	return bpf_netfilter_walk(source->skel, pf, hook, out, max);
}

bool source_bpf_names_rules(const struct source_bpf *source)
{
	return source->rules;
}

bool source_bpf_find_rule(void *ctx, const struct fact_request *request, struct fact_rule *out)
{
	struct source_bpf *source = ctx;

	return bpf_rules_find(source->rules, request, out);
}

void source_bpf_strangers(const struct source_bpf *source, struct strangers *out)
{
	struct stranger *all;
	uint64_t latest = 0;
	__u32 zero = 0;

	*out = (struct strangers){};
	all = calloc(source->cpus, sizeof(*all));
	if (!all || bpf_map__lookup_elem(source->skel->maps.strangers, &zero, sizeof(zero), all,
					 source->cpus * sizeof(*all), 0))
		goto out;
	for (int i = 0; i < source->cpus; i++) {
		out->syns += all[i].syns;
		if (all[i].syns && all[i].time_ns >= latest) {
			latest = all[i].time_ns;
			out->example = all[i].example;
		}
	}
out:
	free(all);
}
