// SPDX-License-Identifier: GPL-2.0-only
// The loop of live mode, between "ready" and the summary.
#define _GNU_SOURCE /* ppoll */
#include "live_loop.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "stop.h"

#define NS_PER_S  1000000000ULL
#define NS_PER_MS 1000000ULL

enum { FD_EVENTS, FD_LINK, FD_RULES, FD_STDOUT, N_FDS };

/* At the end what waits is read, but not for ever if it fills as fast. */
enum { LAST_DRAINS = 16 };

uint64_t live_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

void live_notice(void *ctx, const char *text)
{
	struct live *live = ctx;
	uint64_t wall_ns = live_now() + live->wall_offset_ns;

	live_file_notice(live->file, text, wall_ns);
	results_notice(&live->results, text, wall_ns);
}

/* Verdicts matter more than the file: a full disk ends the file, not the tracing. */
static void check_file(struct live *live, int err)
{
	char text[256];

	if (!err)
		return;
	snprintf(text, sizeof(text), "writing %.100s failed: %s; going on without it",
		 live->options->write, strerror(-err));
	live_file_close(live->file);
	live->file = NULL;
	live_notice(live, text);
}

static int push_event(void *ctx, const struct ev_hdr *ev)
{
	struct live *live = ctx;
	int err;

	check_file(live, live_file_event(live->file, ev));
	if (ev->type == EV_LOST && !live->told_loss) {
		live->told_loss = true;
		live_notice(live, "more happens than can be read: events were lost, their probes "
				  "are incomplete");
	}
	err = corr_push(live->corr, ev);
	results_failed(&live->results, err, "reading events");
	return err;
}

struct event_sink live_events(struct live *live)
{
	return (struct event_sink){.push = push_event, .ctx = live};
}

static void take_verdict(void *ctx, const struct verdict *v)
{
	struct live *live = ctx;

	live_file_verdict(live->file, v);
	results_verdict(&live->results, v);
}

static void gather_facts(void *ctx, const struct fact_request *request)
{
	struct live *live = ctx;
	struct event_sink to = live_events(live);

	facts_gather(live->facts, request, live_now(), &to);
}

void live_trace_rules(struct live *live)
{
	char note[256];

	facts_trace_rules(live->facts, live_now(), note, sizeof(note));
	if (*note)
		live_notice(live, note);
}

static void forget(void *ctx, const struct ev_flow *probe)
{
	struct live *live = ctx;

	if (live->source.ops->forget)
		live->source.ops->forget(live->source.self, probe);
}

struct corr_ops live_corr_ops(struct live *live)
{
	return (struct corr_ops){
		.ctx = live, .verdict = take_verdict, .need = gather_facts, .forget = forget};
}

/* Sleeps until something is to be read, a signal, or the time until_ns. */
static void wait_for_events(struct live *live, struct pollfd fds[N_FDS], uint64_t until_ns)
{
	uint64_t now = live_now(), left = until_ns > now ? until_ns - now : 0;
	struct timespec timeout = {.tv_sec = (time_t)(left / NS_PER_S),
				   .tv_nsec = (long)(left % NS_PER_S)};
	sigset_t none;

	sigemptyset(&none);
	if (ppoll(fds, N_FDS, &timeout, &none) < 0) {
		for (int i = 0; i < N_FDS; i++)
			fds[i].revents = 0;
		if (errno != EINTR)
			results_failed(&live->results, -errno, "waiting for events");
	}
	/* Nothing is asked of stdout, so what is reported is that its reader has gone. */
	if (fds[FD_STDOUT].revents)
		results_failed(&live->results, -EPIPE, "writing results");
}

/* Takes what is there, and lets the correlator judge. Returns whether that was all. */
static bool read_events(struct live *live, bool links_changed)
{
	const struct source *source = &live->source;
	struct event_sink to = live_events(live);
	uint64_t until_ns = 0;
	int err = 0;

	live->now_ns = live_now(); /* before draining: all that is older is there by now */
	if (links_changed)
		err = source->ops->links_changed(source->self, live->now_ns, &to);
	if (!err)
		err = source->ops->drain(source->self, live->now_ns, &to, &until_ns);
	results_failed(&live->results, err, "reading events");
	live_file_advance(live->file, until_ns, corr_deadline(live->corr));
	corr_advance(live->corr, until_ns);
	check_file(live, live_file_flush(live->file, live->now_ns, corr_idle(live->corr)));
	return err || until_ns == live->now_ns;
}

static uint64_t earliest(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

void live_run(struct live *live)
{
	const uint64_t duration_ns = live->options->duration_ms * NS_PER_MS;
	const uint64_t start_ns = live_now();
	const uint64_t end_ns = duration_ns ? start_ns + duration_ns : UINT64_MAX;
	const struct source *source = &live->source;
	struct pollfd fds[N_FDS] = {
		[FD_EVENTS] = {.fd = source->ops->event_fd(source->self), .events = POLLIN},
		[FD_LINK] = {.fd = source->ops->link_fd(source->self), .events = POLLIN},
		[FD_RULES] = {.events = POLLIN},
		[FD_STDOUT] = {.fd = STDOUT_FILENO},
	};
	/* Every second, also while nothing happens: the next probe's growth is measured from the
	 * last. */
	uint64_t snapshot_ns = start_ns + NS_PER_S;

	while (!stop_requested() && !live->results.enough && !live->results.err &&
	       live_now() < end_ns) {
		uint64_t until = earliest(earliest(snapshot_ns, end_ns), corr_deadline(live->corr));

		until = earliest(until, live_file_deadline(live->file));
		/* From the first chain of nf_tables on. */
		fds[FD_RULES].fd = facts_trace_fd(live->facts);
		wait_for_events(live, fds, until);
		if (fds[FD_RULES].revents)
			facts_trace_drain(live->facts, live_now());
		read_events(live, fds[FD_LINK].revents != 0);
		if (live->now_ns >= snapshot_ns) {
			facts_snapshot(live->facts, live->now_ns);
			live_trace_rules(live);
			snapshot_ns = live->now_ns + NS_PER_S;
		}
	}
	if (!live->results.enough && !live->results.err) {
		for (int i = 0; i < LAST_DRAINS && !read_events(live, false); i++)
			;
		live_file_finish(live->file, live->now_ns);
		corr_finish(live->corr, live->now_ns);
	}
	live->results.summary->window_ns = live_now() - start_ns;
}
