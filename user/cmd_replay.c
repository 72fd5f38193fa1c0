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

static bool is_pcapng(const uint8_t *start, size_t len)
{
	return begins(start, len, "\x0a\x0d\x0d\x0a");
}

/*
 * Of pcapng the first block, which says what wrote it (draft-ietf-opsawg-pcapng section 4.1: type,
 * length, byte-order magic). No more: a pipe may bring the next bytes much later.
 */
static ssize_t look(struct replay *replay, const uint8_t **start)
{
	enum { HEAD_LEN = 12 };
	ssize_t len = input_peek(replay->input, start, HEAD_LEN);
	const uint8_t *at = *start;
	uint32_t block;

	if (len < HEAD_LEN || !is_pcapng(at, (size_t)len))
		return len;
	block = at[8] == 0x1a ? (uint32_t)at[4] << 24 | (uint32_t)at[5] << 16 |
					(uint32_t)at[6] << 8 | at[7]
			      : (uint32_t)at[7] << 24 | (uint32_t)at[6] << 16 |
					(uint32_t)at[5] << 8 | at[4];
	if (block <= HEAD_LEN)
		return len;
	return input_peek(replay->input, start, block < INPUT_PEEK_MAX ? block : INPUT_PEEK_MAX);
}

static int explain(struct replay *replay)
{
	const uint8_t *start;
	ssize_t len = look(replay, &start);
	const char *why = "is no capture (pcap, pcapng), no recording and no output of --json";

	if (len < 0)
		why = len == -EBADMSG ? "the compressed data are broken or cut off"
				      : strerror((int)-len);
	else if (!len)
		why = "is empty";
	else if (replay_is_recording(start, (size_t)len))
		return replay_recording(replay);
	else if (is_pcap(start, (size_t)len) || is_pcapng(start, (size_t)len))
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
