// SPDX-License-Identifier: GPL-2.0-only
// Explains the results that --json printed: says the same again, in the form that is wanted now.
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json_read.h"
#include "replay.h"

enum {
	READ_LEN = 1 << 16,
	/* A summary of all the lines that are kept is the longest by far, and takes less. */
	LINE_MAX_LEN = 1 << 24,
	WHY_LEN = 200,
};

/* The stream, a line at a time. */
struct lines {
	struct input *input;
	char *text;
	size_t room, n; /* bytes of text: there is room for, there are */
	size_t at;	/* where the next line begins */
	uint64_t number;
	bool ended;
};

static int make_room(struct lines *lines)
{
	size_t room = lines->room ? lines->room * 2 : 2 * READ_LEN;
	char *text;

	if (lines->at)
		memmove(lines->text, lines->text + lines->at, lines->n - lines->at);
	lines->n -= lines->at;
	lines->at = 0;
	if (lines->room - lines->n >= READ_LEN)
		return 0;
	if (room > LINE_MAX_LEN)
		return -EMSGSIZE;
	text = realloc(lines->text, room);
	if (!text)
		return -ENOMEM;
	lines->text = text;
	lines->room = room;
	return 0;
}

/* Reads more. Returns 0 or -errno. */
static int read_more(struct lines *lines)
{
	ssize_t n = make_room(lines);

	if (!n)
		n = input_read(lines->input, lines->text + lines->n, READ_LEN);
	if (n < 0)
		return (int)n;
	lines->ended = !n;
	lines->n += (size_t)n;
	return 0;
}

/* Returns the length of the next line, which is at *line and without its end, 0 at the end of the
 * stream, or -errno. */
static ssize_t next_line(struct lines *lines, const char **line)
{
	size_t searched = 0;

	for (;;) {
		const char *begin = lines->text + lines->at;
		size_t left = lines->n - lines->at;
		const char *end = left ? memchr(begin + searched, '\n', left - searched) : NULL;
		size_t len = end ? (size_t)(end - begin) : left;
		int err;

		if (end || (lines->ended && left)) {
			lines->at += len + (end != NULL);
			lines->number++;
			*line = begin;
			if (len)
				return (ssize_t)len;
			searched = 0;
			continue;
		}
		if (lines->ended)
			return 0;
		searched = left;
		err = read_more(lines);
		if (err)
			return err;
	}
}

static int say_verdict(struct results *results, const json_t *object, const char **why)
{
	struct verdict *v = malloc(sizeof(*v));
	int err = v ? json_read_verdict(object, v, why) : -ENOMEM;

	if (!err)
		results_verdict(results, v);
	free(v);
	return err;
}

static int say_notice(struct results *results, const json_t *object, const char **why)
{
	const char *text = json_string_value(json_object_get(object, "text"));
	uint64_t wall_ns;

	*why = "time";
	if (json_read_time(json_object_get(object, "time"), &wall_ns))
		return -EINVAL;
	*why = "text";
	if (!text || !json_read_is_plain(text))
		return -EINVAL;
	results_notice(results, text, wall_ns);
	return 0;
}

/* Returns 0, or -EINVAL with why, -ENOMEM. */
static int say(struct replay *replay, const char *line, size_t len, char why[WHY_LEN])
{
	json_error_t error;
	json_t *object = json_loadb(line, len, JSON_REJECT_DUPLICATES, &error);
	const char *type = json_string_value(json_object_get(object, "type")), *key = NULL;
	int err = -EINVAL;

	snprintf(why, WHY_LEN, "%s", object ? "is not an object of --json" : "is not JSON");
	if (type && !strcmp(type, "verdict"))
		err = say_verdict(&replay->results, object, &key);
	else if (type && !strcmp(type, "summary"))
		err = json_read_summary(object, replay->results.summary, &key);
	else if (type && !strcmp(type, "notice"))
		err = say_notice(&replay->results, object, &key);
	if (err && key)
		snprintf(why, WHY_LEN, "'%s' is missing or wrong", key);
	json_decref(object);
	return err;
}

/* Says all that the stream says. Returns 0, or -errno having said what is wrong. */
static int say_all(struct replay *replay, struct lines *lines)
{
	char why[WHY_LEN] = "";
	const char *line = NULL;
	ssize_t len = 1;
	int err = 0;

	while (!err && !replay->results.enough && !replay->results.err) {
		len = next_line(lines, &line);
		if (len <= 0)
			break;
		err = say(replay, line, (size_t)len, why);
	}
	if (err == -EINVAL) {
		fprintf(stderr, "clbtrace: replay: '%s': line %llu %s\n", replay->name,
			(unsigned long long)lines->number, why);
		return err;
	}
	if (len < 0 && len != -EINTR)
		err = (int)len;
	if (err)
		fprintf(stderr, "clbtrace: replay: '%s': behind line %llu: %s\n", replay->name,
			(unsigned long long)lines->number,
			err == -EBADMSG	   ? "the compressed data are broken or cut off"
			: err == -EMSGSIZE ? "a line is too long"
					   : strerror(-err));
	return err;
}

/* A stream that was cut off before it said anything is about nothing that arrived. */
static void complete_summary(struct summary *s)
{
	if (!summary_probes(s->counts) && !*s->text)
		snprintf(s->text, sizeof(s->text), "these results have no verdict, and no summary");
}

int replay_json(struct replay *replay)
{
	struct lines lines = {.input = replay->input};
	int err = results_open(&replay->results, replay->options);

	if (err) {
		if (err != -EINVAL)
			fprintf(stderr, "clbtrace: replay: %s\n", strerror(-err));
		return err;
	}
	err = say_all(replay, &lines);
	complete_summary(replay->results.summary);
	results_end(&replay->results);
	if (err)
		err = -EINVAL;
	else
		err = results_status(&replay->results);
	results_close(&replay->results);
	free(lines.text);
	return err;
}
