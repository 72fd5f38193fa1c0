// SPDX-License-Identifier: GPL-2.0-only
// Explains a capture: what its packets alone tell.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "capture_file.h"
#include "facts.h"
#include "replay.h"
#include "stop.h"

#define NS_PER_S  1000000000ULL
#define NS_PER_MS 1000000ULL

/* Packets of several queues and interfaces come so far out of order. */
#define DISORDER_NS (10 * NS_PER_MS)
/* Further back the clock was set, or another capture was appended. */
#define SET_BACK_NS (2 * NS_PER_S)
/* A capture that is read while it is made is behind by so much: capturing programs write in
 * batches. */
#define BATCH_NS NS_PER_S

struct capture {
	struct replay *replay;
	const struct options *options;
	struct capture_file *file;
	struct corr *corr;
	struct facts *facts; /* of a copy of its host's /proc; NULL: there is none */
	uint64_t due_ns;     /* when the correlator next has something to do */
	uint64_t start_ns;   /* the first packet's time, since the clock was last set back */
	uint64_t newest_ns;  /* the latest packet's; 0: there was none */
	uint64_t read_ns;    /* when that was read, CLOCK_MONOTONIC */
	uint64_t event[(FRAME_EVENT_MAX + 7) / 8];
};

static uint64_t monotonic(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

static int push_fact(void *ctx, const struct ev_hdr *ev)
{
	struct capture *capture = ctx;

	return corr_push(capture->corr, ev);
}

/* A capture says nothing of its host: whatever is asked, the answer is that it is not known. */
static void gather_facts(void *ctx, const struct fact_request *request)
{
	struct capture *capture = ctx;
	const struct fact_done done = {
		.hdr = {.type = EV_FACT_DONE, .size = sizeof(done), .time_ns = capture->newest_ns},
		.flow = request->probe};
	const struct event_sink to = {push_fact, capture};
	int err;

	if (capture->facts)
		err = facts_gather(capture->facts, request, capture->newest_ns, &to);
	else
		err = corr_push(capture->corr, &done.hdr);
	results_failed(&capture->replay->results, err, "reading events");
}

static void take_verdict(void *ctx, const struct verdict *v)
{
	struct capture *capture = ctx;

	results_verdict(&capture->replay->results, v);
}

static void let_pass(struct capture *capture, uint64_t now_ns)
{
	if (now_ns < capture->due_ns)
		return;
	corr_advance(capture->corr, now_ns);
	capture->due_ns = corr_deadline(capture->corr);
}

/* While a pipe is silent the time passes all the same: unanswered probes get their verdicts. */
static uint64_t idle(void *ctx)
{
	struct capture *capture = ctx;
	const struct results *results = &capture->replay->results;
	uint64_t now_ns, late = capture->newest_ns - BATCH_NS;

	capture->read_ns = capture->read_ns ? capture->read_ns : monotonic();
	if (capture->newest_ns < BATCH_NS || capture->due_ns == UINT64_MAX)
		return UINT64_MAX;
	now_ns = late + (monotonic() - capture->read_ns);
	let_pass(capture, now_ns);
	if (results->enough || results->err)
		return 0;
	if (capture->due_ns == UINT64_MAX)
		return UINT64_MAX;
	return capture->due_ns > now_ns ? capture->due_ns - now_ns : 1;
}

static void add_window(struct capture *capture)
{
	capture->replay->results.summary->window_ns += capture->newest_ns - capture->start_ns;
}

static void take_time(struct capture *capture, uint64_t time_ns)
{
	if (capture->newest_ns && time_ns + SET_BACK_NS < capture->newest_ns) {
		corr_restart(capture->corr, capture->newest_ns);
		add_window(capture);
		capture->newest_ns = 0;
		capture->due_ns = UINT64_MAX;
	}
	if (!capture->newest_ns)
		capture->start_ns = time_ns;
	if (time_ns > capture->newest_ns)
		capture->newest_ns = time_ns;
	capture->read_ns = 0;
}

static void take_frame(struct capture *capture, const struct frame *frame)
{
	struct results *results = &capture->replay->results;

	take_time(capture, frame->time_ns);
	if (frame_event(frame, capture->options, capture->event)) {
		results_failed(results, corr_push(capture->corr, (void *)capture->event),
			       "reading events");
		results->summary->sources_packets++;
		capture->due_ns = corr_deadline(capture->corr);
	} else if (!results->summary->sources_packets) {
		frame_stranger(frame, capture->options, &results->summary->strangers);
	}
	if (capture->newest_ns > DISORDER_NS)
		let_pass(capture, capture->newest_ns - DISORDER_NS);
}

static int read_frames(struct capture *capture, char *why)
{
	const struct results *results = &capture->replay->results;
	struct frame frame;
	int ret = 1;

	while (!stop_requested() && !results->enough && !results->err) {
		ret = capture_file_next(capture->file, &frame, why);
		if (ret <= 0)
			break;
		take_frame(capture, &frame);
	}
	if (!results->enough && !results->err)
		corr_finish(capture->corr, capture->newest_ns);
	add_window(capture);
	return ret < 0 ? ret : 0;
}

static int open_correlator(struct capture *capture)
{
	const struct options *options = capture->options;
	struct corr_config config = {
		.timeout_ns = options->timeout_ms * NS_PER_MS,
		.max_probes = options->max_probes,
		/* Half of the time goes into their texts. */
		.brief = results_brief(options),
	};
	const struct corr_ops ops = {.ctx = capture, .verdict = take_verdict, .need = gather_facts};

	memcpy(config.expect_status, options->expect_status, sizeof(config.expect_status));
	return corr_new(&capture->corr, &config, &ops);
}

static int open_facts(struct capture *capture, char why[CAPTURE_WHY_LEN])
{
	const char *dir = capture->options->proc;

	return dir ? facts_open_proc(&capture->facts, dir, why, CAPTURE_WHY_LEN) : 0;
}

static int explain(struct capture *capture)
{
	const struct capture_idle while_idle = {idle, capture};
	struct replay *replay = capture->replay;
	char why[CAPTURE_WHY_LEN] = "";
	bool opened;
	int err = open_correlator(capture);

	if (!err)
		err = capture_file_open(&capture->file, replay->input, &while_idle, why);
	opened = !err;
	if (opened)
		err = read_frames(capture, why);
	if (opened || err == -EINTR)
		results_summary(&replay->results, capture->corr);
	if (err && err != -EINTR && !replay->results.err) {
		fprintf(stderr, "clbtrace: replay: '%s': %s\n", replay->name,
			*why ? why : strerror(-err));
		return -EINVAL;
	}
	return results_status(&replay->results);
}

int replay_capture(struct replay *replay)
{
	struct capture *capture = calloc(1, sizeof(*capture));
	int ret = capture ? results_open(&replay->results, replay->options) : -ENOMEM;
	char why[CAPTURE_WHY_LEN] = "";

	if (ret) {
		if (ret != -EINVAL) /* then it has been said */
			fprintf(stderr, "clbtrace: replay: %s\n", strerror(-ret));
		free(capture);
		return -EINVAL;
	}
	capture->replay = replay;
	capture->options = replay->options;
	replay->results.summary->of_capture = true;
	capture->due_ns = UINT64_MAX;
	ret = open_facts(capture, why);
	if (ret)
		fprintf(stderr, "clbtrace: %s\n", *why ? why : strerror(-ret));
	ret = ret ? -EINVAL : explain(capture);
	capture_file_close(capture->file);
	corr_free(capture->corr);
	facts_close(capture->facts);
	results_close(&replay->results);
	free(capture);
	return ret;
}
