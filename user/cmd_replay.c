// SPDX-License-Identifier: GPL-2.0-only
// "clbtrace replay": finds out what kind of file it is, and explains it.
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "escape.h"
#include "replay.h"
#include "stop.h"

enum { NAME_LEN = 512 };

static bool begins(const uint8_t *start, size_t len, const char *magic)
{
	return len >= 4 && !memcmp(start, magic, 4);
}

/* pcap in both byte orders, with microseconds or nanoseconds (draft-ietf-opsawg-pcap section 4). */
static bool is_pcap(const uint8_t *start, size_t len)
{
	return begins(start, len, "\xa1\xb2\xc3\xd4") || begins(start, len, "\xd4\xc3\xb2\xa1") ||
	       begins(start, len, "\xa1\xb2\x3c\x4d") || begins(start, len, "\x4d\x3c\xb2\xa1");
}

static int explain(struct replay *replay)
{
	const uint8_t *start;
	ssize_t len = input_peek(replay->input, &start, INPUT_PEEK_MAX);
	const char *why = "is no capture (pcap, pcapng), no recording and no output of --json";

	if (len < 0)
		why = strerror((int)-len);
	else if (!len)
		why = "is empty";
	else if (replay_is_recording(start, (size_t)len))
		return replay_recording(replay);
	else if (is_pcap(start, (size_t)len) || begins(start, (size_t)len, "\x0a\x0d\x0d\x0a"))
		return replay_capture(replay);
	else if (*start == '{')
		return replay_json(replay);
	fprintf(stderr, "clbtrace: replay: '%s': %s\n", replay->name, why);
	return -EINVAL;
}

static int replay_file(const struct options *options)
{
	struct replay replay = {.options = options};
	char name[NAME_LEN];
	int ret = input_open(&replay.input, options->file);

	replay.name = escape_text(options->file, strlen(options->file), name, sizeof(name));
	if (ret) {
		fprintf(stderr, "clbtrace: replay: '%s': %s\n", replay.name, strerror(-ret));
		return -EINVAL;
	}
	ret = explain(&replay);
	input_close(replay.input);
	return ret;
}

int cmd_replay(int argc, char **argv)
{
	enum options_action action;
	struct options options;
	char why[NAME_LEN] = "";
	int ret = options_parse(&options, MODE_REPLAY, argc, argv, &action, why, sizeof(why));

	if (ret) {
		fprintf(stderr, "clbtrace: %s\n", why);
	} else if (action == OPTIONS_HELP) {
		options_help(MODE_REPLAY);
	} else if (action == OPTIONS_VERSION) {
		puts("clbtrace " VERSION);
	} else {
		stop_catch_signals();
		ret = replay_file(&options);
	}
	options_free(&options);
	return ret;
}
