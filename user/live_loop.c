// SPDX-License-Identifier: GPL-2.0-only
// The loop of live mode, between "ready" and the summary.
#define _GNU_SOURCE /* ppoll */
#include "live_loop.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define NS_PER_S  1000000000ULL
#define NS_PER_MS 1000000ULL

enum { FD_RING, FD_LINK, FD_RULES, FD_STDOUT, N_FDS };

/* At the end the ring is emptied, but not for ever if it fills as fast. */
enum { LAST_DRAINS = 16 };

static const char writing[] = "writing results";

static volatile sig_atomic_t stop_requested;

static void request_stop(int number)
{
	(void)number;
	stop_requested = 1;
}

static const int ending[] = {SIGINT, SIGTERM, SIGHUP};

static void let_signals(int how)
{
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < sizeof(ending) / sizeof(*ending); i++)
		sigaddset(&set, ending[i]);
	sigprocmask(how, &set, NULL);
}

/* Once asked to end, a reader gets two more seconds to read. */
static bool reader_reads(void)
{
	struct pollfd out = {.fd = STDOUT_FILENO, .events = POLLOUT};

	return poll(&out, 1, 2000) > 0;
}

int live_write(struct live *live, int (*write)(struct live *live, const void *what),
	       const void *what)
{
	int err = 0;

	let_signals(SIG_UNBLOCK);
	if (stop_requested && !reader_reads())
		err = -EINTR;
	if (!err)
		err = write(live, what);
	let_signals(SIG_BLOCK);
	if (err) {
		__fpurge(stdout);
		clearerr(stdout);
	}
	return err;
}

void live_catch_signals(void)
{
	const struct sigaction stop = {.sa_handler = request_stop};
	const struct sigaction ignore = {.sa_handler = SIG_IGN};
	struct sigaction now;

	sigaction(SIGPIPE, &ignore, NULL);
	sigaction(SIGXFSZ, &ignore, NULL); /* a file at its limit is an error like a full disk */
	/* Taken in ppoll() only: none can come between looking at the flag and sleeping. */
	for (size_t i = 0; i < sizeof(ending) / sizeof(*ending); i++) {
		/* nohup has SIGHUP ignored, and means it; a shell's "&" has SIGINT ignored, and
		 * does not. */
		if (ending[i] == SIGHUP && !sigaction(SIGHUP, NULL, &now) &&
		    now.sa_handler == SIG_IGN)
			continue;
		sigaction(ending[i], &stop, NULL);
	}
	let_signals(SIG_BLOCK);
}

uint64_t live_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

static void note_error(struct live *live, int err, const char *doing)
{
	if (!err || live->err)
		return;
	live->err = err;
	live->doing = doing;
}

static int write_notice(struct live *live, const void *what)
{
	return live->sink->notice(what, live_now() + live->wall_offset_ns, live->options);
}

static int write_verdict(struct live *live, const void *what)
{
	return live->sink->verdict(what, live->options);
}

void live_notice(void *ctx, const char *text)
{
	struct live *live = ctx;

	note_error(live, live_write(live, write_notice, text), writing);
}

/* Verdicts matter more than the file: a full disk ends the file, not the tracing. */
static void check_file(struct live *live, int err)
{
	char text[256];

	if (!err)
		return;
	snprintf(text, sizeof(text), "writing %.100s failed: %s; going on without it",
		 live->options->write, strerror(-err));
	sink_pcap_close(live->pcap);
	live->pcap = NULL;
	live_notice(live, text);
}

static int push_event(void *ctx, const struct ev_hdr *ev)
{
	struct live *live = ctx;
	int err;

	if (live->pcap)
		check_file(live, sink_pcap_push(live->pcap, ev));
	if (ev->type == EV_LOST && !live->told_loss) {
		live->told_loss = true;
		live_notice(live, "more happens than can be read: events were lost, their probes "
				  "are incomplete");
	}
	err = corr_push(live->corr, ev);
	note_error(live, err, "reading events");
	return err;
}

struct event_sink live_events(struct live *live)
{
	return (struct event_sink){.push = push_event, .ctx = live};
}

static void take_verdict(void *ctx, const struct verdict *v)
{
	struct live *live = ctx;

	/* After the last one asked for, or once nobody reads: not printed, so not counted either.
	 */
	if (live->enough || live->err)
		return;
	summary_add(live->summary, v);
	note_error(live, live_write(live, write_verdict, v), writing);
	if (!v->revised && ++live->verdicts == live->options->count)
		live->enough = true;
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

	source_bpf_forget(live->source, probe);
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
			note_error(live, -errno, "waiting for events");
	}
	/* Nothing is asked of stdout, so what is reported is that its reader has gone. */
	if (fds[FD_STDOUT].revents)
		note_error(live, -EPIPE, writing);
}

/* Takes what is there, and lets the correlator judge. Returns whether that was all. */
static bool read_events(struct live *live, bool links_changed)
{
	struct event_sink to = live_events(live);
	uint64_t until_ns = 0;
	int err = 0;

	live->now_ns = live_now(); /* before draining: all that is older is in the ring by now */
	if (links_changed)
		err = source_bpf_links_changed(live->source, live->now_ns, &to);
	if (!err)
		err = source_bpf_drain(live->source, live->now_ns, &to, &until_ns);
	note_error(live, err, "reading events");
	corr_advance(live->corr, until_ns);
	if (live->pcap)
		check_file(live, sink_pcap_flush(live->pcap));
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
	struct pollfd fds[N_FDS] = {
		[FD_RING] = {.fd = source_bpf_ring_fd(live->source), .events = POLLIN},
		[FD_LINK] = {.fd = source_bpf_link_fd(live->source), .events = POLLIN},
		[FD_RULES] = {.events = POLLIN},
		[FD_STDOUT] = {.fd = STDOUT_FILENO},
	};
	/* Every second, also while nothing happens: the next probe's growth is measured from the
	 * last. */
	uint64_t snapshot_ns = start_ns + NS_PER_S;

	while (!stop_requested && !live->enough && !live->err && live_now() < end_ns) {
		uint64_t until = earliest(earliest(snapshot_ns, end_ns), corr_deadline(live->corr));

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
	if (!live->enough && !live->err) {
		for (int i = 0; i < LAST_DRAINS && !read_events(live, false); i++)
			;
		corr_finish(live->corr, live->now_ns);
	}
	live->summary->window_ns = live_now() - start_ns;
}
