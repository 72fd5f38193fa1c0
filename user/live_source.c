// SPDX-License-Identifier: GPL-2.0-only
// Chooses what the events of live mode come from.
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "source.h"

enum { WHY_LEN = 512 };

static int open_with(struct source *source, const struct source_ops *ops,
		     const struct options *options, const struct source_report *report)
{
	int err = ops->open(&source->self, options, report);

	source->ops = ops;
	if (err)
		source->self = NULL;
	/* A kernel may refuse a program with it: no fault of the command line. */
	return err == -EINVAL ? -ENOTSUP : err;
}

/* What is wrong with the interfaces, or for want of memory or files, is wrong with libpcap too. */
static bool lacks_bpf(int err)
{
	return err && err != -ENODEV && err != -EBUSY && err != -ENOMEM && err != -EMFILE &&
	       err != -ENFILE;
}

static int open_what_works(struct source *source, const struct options *options,
			   const struct source_report *report)
{
	char why[WHY_LEN] = "", text[2 * WHY_LEN];
	const struct source_report first = {report->notice, report->ctx, why, sizeof(why)};
	int err = open_with(source, &source_bpf_ops, options, &first);

	if (!err)
		return 0;
	if (options->xdp || !lacks_bpf(err)) {
		snprintf(report->err, report->err_len, "%s", *why ? why : strerror(-err));
		return err;
	}
	snprintf(text, sizeof(text),
		 "no BPF here: %s; going on with packets and counters alone, as with --backend "
		 "pcap: fewer causes can be told apart",
		 *why ? why : strerror(-err));
	if (report->notice)
		report->notice(report->ctx, text);
	return open_with(source, &source_pcap_ops, options, report);
}

int source_open(struct source *source, const struct options *options,
		const struct source_report *report)
{
	enum backend backend = options->backend;

	*source = (struct source){};
	if (backend == BACKEND_PCAP || options->proc)
		return open_with(source, &source_pcap_ops, options, report);
	if (backend == BACKEND_BPF)
		return open_with(source, &source_bpf_ops, options, report);
	return open_what_works(source, options, report);
}

void source_close(struct source *source)
{
	if (source->self)
		source->ops->close(source->self);
	source->self = NULL;
}
