// SPDX-License-Identifier: GPL-2.0-only
// Live mode: sets everything up, and says in the end how it went.
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "commands.h"
#include "escape.h"
#include "live_loop.h"
#include "live_start.h"
#include "open_output.h"
#include "stop.h"

#define NS_PER_S  1000000000ULL
#define NS_PER_MS 1000000ULL

enum { ERR_LEN = 512 };

static uint64_t wall_offset(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec - live_now();
}

static int open_file(struct live *live)
{
	const char *path = live->options->write;
	char text[512];
	int err = live_file_open(live->file);

	if (!err)
		return 0;
	fprintf(stderr, "clbtrace: --write: '%s': %s\n",
		escape_text(path, strlen(path), text, sizeof(text)), output_error(err));
	return -EINVAL;
}

static int open_source(struct live *live)
{
	char why[ERR_LEN] = "";
	const struct source_report report = {live_notice, live, why, sizeof(why)};
	int err = source_open(&live->source, live->options, &report);

	if (!err)
		return 0;
	fprintf(stderr, "clbtrace: %s\n", *why ? why : strerror(-err));
	/* One that was there a moment ago. */
	if (err == -ENODEV && live->options->n_interfaces)
		return -EINVAL;
	return err == -EINVAL ? -EINVAL : -ENOTSUP;
}

static int open_facts(struct live *live)
{
	char why[ERR_LEN] = "";
	int err = live->source.ops->open_facts(live->source.self, &live->facts, why, sizeof(why));

	if (err && *why)
		fprintf(stderr, "clbtrace: %s\n", why);
	else if (err)
		fprintf(stderr, "clbtrace: cannot look up this host's sockets and routes: %s\n",
			strerror(-err));
	return err;
}

static int open_correlator(struct live *live)
{
	struct corr_config config = {
		.timeout_ns = live->options->timeout_ms * NS_PER_MS,
		.wall_offset_ns = live->wall_offset_ns,
		.max_probes = live->options->max_probes,
		.brief = results_brief(live->options),
	};
	const struct corr_ops ops = live_corr_ops(live);
	const struct event_sink to = live_events(live);
	int err;

	memcpy(config.expect_status, live->options->expect_status, sizeof(config.expect_status));
	err = corr_new(&live->corr, &config, &ops);

	if (!err)
		err = facts_links(live->facts, live_now(), &to);
	if (!err && live->source.ops->introduce)
		err = live->source.ops->introduce(live->source.self, live_now(), &to);
	if (err)
		fprintf(stderr, "clbtrace: cannot start: %s\n", strerror(-err));
	return err;
}

static int set_up(struct live *live)
{
	int err = start_check_root();

	if (!err)
		err = results_open(&live->results, live->options);
	if (!err)
		err = live_file_new(&live->file, live->options, live->wall_offset_ns, live_now());
	/* Before anything is opened: sockets and links belong to the namespace they were made in.
	 */
	if (!err)
		err = start_enter_netns(live->options);
	if (!err)
		err = start_check_files(live->options);
	if (!err)
		err = open_source(live);
	/* It may empty a file: not before it is sure that there will be something to put in it. */
	if (!err)
		err = open_file(live);
	if (!err)
		err = open_facts(live);
	if (!err)
		err = open_correlator(live);
	return err == -EINVAL || !err ? err : -ENOTSUP;
}

static void tear_down(struct live *live)
{
	int err = live_file_close(live->file);

	if (err)
		fprintf(stderr, "clbtrace: writing %s failed: %s\n", live->options->write,
			strerror(-err));
	corr_free(live->corr);
	facts_close(live->facts);
	source_close(&live->source);
	results_close(&live->results);
}

/* What is pasted into a shell runs where the shell is. */
static void tell_netns(struct live *live)
{
	const char *name = live->options->netns;
	bool pid = name && !name[strspn(name, "0123456789")];
	char text[256], plain[4 * 64];

	if (!name)
		return;
	escape_text(name, strlen(name), plain, sizeof(plain));
	snprintf(text, sizeof(text),
		 pid ? "commands of fixes are for the network namespace of process %.100s: nsenter "
		       "-t "
		       "%.100s -n COMMAND"
		     : "commands of fixes are for network namespace %.100s: ip netns exec %.100s "
		       "COMMAND",
		 plain, plain);
	live_notice(live, text);
}

static int trace(struct live *live)
{
	int err = set_up(live);

	if (err)
		return err;
	facts_snapshot(live->facts, live_now());
	live_trace_rules(live);
	fputs("clbtrace: ready\n", stderr);
	tell_netns(live);
	live_run(live);
	live->source.ops->strangers(live->source.self, &live->results.summary->strangers);
	live_file_end(live->file, live->results.summary);
	results_summary(&live->results, live->corr);
	return results_status(&live->results);
}

int cmd_live(int argc, char **argv)
{
	enum options_action action;
	struct options options;
	struct live live = {.options = &options};
	char why[ERR_LEN] = "";
	int ret = options_parse(&options, MODE_LIVE, argc, argv, &action, why, sizeof(why));

	if (ret) {
		fprintf(stderr, "clbtrace: %s\n", why);
	} else if (action == OPTIONS_HELP) {
		options_help(MODE_LIVE);
	} else if (action == OPTIONS_VERSION) {
		puts("clbtrace " VERSION);
	} else {
		live.wall_offset_ns = wall_offset();
		stop_catch_signals();
		ret = trace(&live);
		tear_down(&live);
	}
	options_free(&options);
	return ret;
}
