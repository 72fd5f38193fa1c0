// SPDX-License-Identifier: GPL-2.0-only
// Explains a recording: gives the correlator what it was given when it was made, in that order.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "escape.h"
#include "flow.h"
#include "record_about.h"
#include "record_read.h"
#include "replay.h"
#include "replay_settings.h"
#include "stop.h"

enum { NOTICE_MAX = 1024 };

struct player {
	struct replay *replay;
	struct record_reader *reader;
	struct replay_settings settings;
	struct corr *corr; /* NULL before the settings are there */
	uint64_t start_ns;
	uint64_t now_ns;       /* the latest time */
	struct record_end end; /* window_ns 0: not there */
	bool finished;	       /* the correlator was told that this is the end */
	bool complete;	       /* nothing is missing behind what was read */
};

bool replay_is_recording(const uint8_t *start, size_t len)
{
	return record_is_one(start, len);
}

static bool is_answer(const struct record_item *item, const struct ev_flow *probe)
{
	const struct ev_hdr *ev = item->data;

	return item->kind == RECORD_EVENT && ev->type >= EV_FACT_FIRST &&
	       flow_equal((const void *)(ev + 1), probe);
}

/*
 * Facts were gathered while the correlator waited for them, so they come next. With other options
 * than when they were gathered they may not: then there are none.
 */
static void take_facts(void *ctx, const struct fact_request *request)
{
	struct player *player = ctx;
	const struct fact_done none = {
		.hdr = {.type = EV_FACT_DONE, .size = sizeof(none), .time_ns = player->now_ns},
		.flow = request->probe,
	};
	struct record_item item;

	while (record_peek(player->reader, &item) > 0 && is_answer(&item, &request->probe)) {
		const struct ev_hdr *ev = item.data;
		bool done = ev->type == EV_FACT_DONE;

		results_failed(&player->replay->results, corr_push(player->corr, ev),
			       "reading events");
		record_take(player->reader);
		if (done)
			return;
	}
	results_failed(&player->replay->results, corr_push(player->corr, &none.hdr),
		       "reading events");
}

static void take_verdict(void *ctx, const struct verdict *v)
{
	struct player *player = ctx;

	results_verdict(&player->replay->results, v);
}

static int begin(struct player *player)
{
	struct corr_config config = replay_settings_config(&player->settings);
	const struct corr_ops ops = {.ctx = player, .verdict = take_verdict, .need = take_facts};

	player->start_ns = player->now_ns = player->settings.record.start_ns;
	/* Half of the time goes into their texts. */
	config.brief = results_brief(player->replay->options);
	return corr_new(&player->corr, &config, &ops);
}

static void take_notice(struct player *player, const struct record_item *item)
{
	const struct record_notice *notice = item->data;
	size_t len = item->len - sizeof(*notice);
	char text[NOTICE_MAX];

	if (len >= sizeof(text))
		len = sizeof(text) - 1;
	memcpy(text, notice + 1, len);
	text[len] = 0;
	escape_tame(text);
	results_notice(&player->replay->results, text, notice->wall_ns);
}

static uint64_t time_of(const struct record_item *item)
{
	return *(const __u64 *)item->data;
}

static void advance(struct player *player, uint64_t now_ns)
{
	if (now_ns > player->now_ns)
		player->now_ns = now_ns;
	corr_advance(player->corr, now_ns);
}

static int take_event(struct player *player, const struct ev_hdr *ev)
{
	if (ev->time_ns > player->now_ns)
		player->now_ns = ev->time_ns;
	return replay_settings_want(&player->settings, ev) ? corr_push(player->corr, ev) : 0;
}

static void finish(struct player *player, uint64_t now_ns)
{
	if (!player->finished)
		corr_finish(player->corr, now_ns);
	player->finished = true;
}

/* Returns 0 or -errno; -EBADMSG: it cannot be there. */
static int take_record(struct player *player, const struct record_item *item)
{
	player->complete = false;
	switch (item->kind) {
	case RECORD_EVENT:
		return take_event(player, item->data);
	case RECORD_HOST:
		/* Known already if the part before was read too. */
		return player->settings.parts > 1 ? 0 : corr_push(player->corr, item->data);
	case RECORD_ADVANCE:
		advance(player, time_of(item));
		return 0;
	case RECORD_FINISH:
		player->now_ns = time_of(item);
		finish(player, player->now_ns);
		return 0;
	case RECORD_NOTICE:
		take_notice(player, item);
		return 0;
	case RECORD_END:
		memcpy(&player->end, item->data, sizeof(player->end));
		player->complete = true;
		return 0;
	case RECORD_CONTINUED:
		player->complete = true;
		return 0;
	default:
		return -EBADMSG;
	}
}

/* Takes the record at hand. Returns 0 or -errno. */
static int step(struct player *player, const struct record_item *item)
{
	struct results *results = &player->replay->results;
	int ret = replay_settings_take(&player->settings, item);

	if (!ret) {
		/* It must be out of the way of the facts that may be asked for. */
		struct record_item taken = *item;

		record_take(player->reader);
		ret = take_record(player, &taken);
		if (ret && ret != -EBADMSG)
			results_failed(results, ret, "reading events");
		return ret;
	}
	record_take(player->reader);
	if (ret == 1 && !player->corr)
		ret = begin(player);
	return ret < 0 ? ret : 0;
}

/* The count that was in force then ended it then: what is left is the end. */
static bool has_enough(const struct player *player)
{
	return player->replay->results.enough && player->replay->options->count;
}

/* Returns 0 at the end, or -errno. */
static int play(struct player *player)
{
	const struct results *results = &player->replay->results;
	struct record_item item;
	int ret = 0;

	while (!ret && !results->err && !has_enough(player)) {
		ret = record_peek(player->reader, &item);
		if (ret <= 0)
			return ret;
		ret = step(player, &item);
	}
	return ret;
}

static int summarize(struct player *player, bool broken)
{
	struct results *results = &player->replay->results;
	bool all = player->end.window_ns && !has_enough(player);

	/* Those that are still open are judged by what is known of them. */
	if (!results->enough && !results->err)
		finish(player, player->now_ns);
	results->summary->window_ns =
		all ? player->end.window_ns : player->now_ns - player->start_ns;
	if (all)
		results->summary->strangers = player->end.strangers;
	results_summary(results, player->corr);
	return broken ? -EINVAL : results_status(results);
}

static void tell(const struct player *player, int err)
{
	const char *why = record_why(player->reader);

	if (!*why)
		why = err == -EBADMSG ? "a record that cannot be there"
		      : err	      ? strerror(-err)
				      : "it has no end: what wrote it was killed, or had no room";
	fprintf(stderr, "clbtrace: replay: '%s': %s\n", player->replay->name, why);
}

static int explain(struct player *player)
{
	struct results *results = &player->replay->results;
	int err = play(player), ret = -EINVAL;
	bool broken;

	if (err == -EINTR && stop_requested())
		err = 0;
	else if (!err && !results->err && !has_enough(player) && !player->complete)
		err = -EPIPE;
	broken = err && !results->err;
	if (player->corr)
		ret = summarize(player, broken);
	if (broken)
		tell(player, err == -EPIPE ? 0 : err);
	return ret;
}

static void tell_report(struct replay *replay, const struct record_about *about)
{
	if (replay->results.report)
		report_about_host(replay->results.report, about->host, about->kernel,
				  about->version);
}

int replay_recording(struct replay *replay)
{
	struct player player = {.replay = replay};
	struct record_about about;
	const uint8_t *start;
	ssize_t len = input_peek(replay->input, &start, INPUT_PEEK_MAX);
	int err, ret = -EINVAL;

	record_about(start, len > 0 ? (size_t)len : 0, &about);

	replay_settings_begin(&player.settings, replay->options);
	err = record_reader_new(&player.reader, replay->input);
	if (!err)
		err = results_open(&replay->results, &player.settings.options);
	if (!err) {
		tell_report(replay, &about);
		ret = explain(&player);
	} else if (err != -EINVAL) { /* then it has been said */
		fprintf(stderr, "clbtrace: replay: %s\n", strerror(-err));
	}
	corr_free(player.corr);
	results_close(&replay->results);
	record_reader_free(player.reader);
	replay_settings_end(&player.settings);
	return ret;
}
