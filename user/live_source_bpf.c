// SPDX-License-Identifier: GPL-2.0-only
// The BPF source as live mode wants it.
#include <errno.h>
#include <stdlib.h>

#include "source.h"
#include "source_bpf.h"

struct bpf_self {
	struct source_bpf *source;
	const struct options *options;
};

static void close_bpf(void *self)
{
	struct bpf_self *bpf = self;

	source_bpf_close(bpf->source);
	free(bpf);
}

static int open_bpf(void **out, const struct options *options, const struct source_report *report)
{
	struct bpf_self *bpf = calloc(1, sizeof(*bpf));
	int err;

	*out = NULL;
	if (!bpf)
		return -ENOMEM;
	bpf->options = options;
	err = source_bpf_open(&bpf->source, options, report->notice, report->ctx, report->err,
			      report->err_len);
	if (err)
		free(bpf);
	else
		*out = bpf;
	return err;
}

static int event_fd(const void *self)
{
	return source_bpf_ring_fd(((const struct bpf_self *)self)->source);
}

static int link_fd(const void *self)
{
	return source_bpf_link_fd(((const struct bpf_self *)self)->source);
}

static int open_facts(void *self, struct facts **out, char *why, size_t why_len)
{
	struct bpf_self *bpf = self;
	int err = facts_open(out, source_bpf_walk_hook, bpf->source);

	(void)why;
	(void)why_len;
	if (err)
		return err;
	facts_rules_named(*out, source_bpf_find_rule, bpf->source);
	if (bpf->options->no_rule_trace || source_bpf_names_rules(bpf->source))
		return 0;
	return facts_trace_open(*out, bpf->options);
}

static int introduce(const void *self, uint64_t now_ns, const struct event_sink *to)
{
	return source_bpf_waypoints(((const struct bpf_self *)self)->source, now_ns, to);
}

static int drain(void *self, uint64_t now_ns, const struct event_sink *to, uint64_t *until_ns)
{
	return source_bpf_drain(((struct bpf_self *)self)->source, now_ns, to, until_ns);
}

static int links_changed(void *self, uint64_t now_ns, const struct event_sink *to)
{
	return source_bpf_links_changed(((struct bpf_self *)self)->source, now_ns, to);
}

static void forget(void *self, const struct ev_flow *probe)
{
	source_bpf_forget(((struct bpf_self *)self)->source, probe);
}

static void strangers(const void *self, struct strangers *out)
{
	source_bpf_strangers(((const struct bpf_self *)self)->source, out);
}

const struct source_ops source_bpf_ops = {
	.open = open_bpf,
	.close = close_bpf,
	.event_fd = event_fd,
	.link_fd = link_fd,
	.open_facts = open_facts,
	.introduce = introduce,
	.drain = drain,
	.links_changed = links_changed,
	.forget = forget,
	.strangers = strangers,
};
