// SPDX-License-Identifier: GPL-2.0-only
// Reads a recording, record by record; nothing in it is trusted.
#include "record_read.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "corr_host.h"
#include "input.h"
#include "pcapng.h"

/* Other blocks may be longer, as in libpcap (sf-pcapng.c, MAX_BLOCKSIZE). */
enum { OTHER_BLOCK_MAX = 16 << 20, SCRATCH_LEN = 64 << 10 };

struct record_reader {
	struct input *input;
	uint64_t offset; /* of the block at hand */
	uint8_t *body;	 /* room for RECORD_BLOCK_MAX */
	size_t len;	 /* of the records in it; 0: none are left */
	size_t at;	 /* the next one */
	size_t item_len; /* of the one that was looked at, with head and padding; 0: none was */
	struct record_item item;
	int err; /* stays */
	char why[RECORD_WHY_LEN];
};

bool record_is_one(const uint8_t *start, size_t len)
{
	struct record_block block;
	uint32_t first, type;

	if (len < PCAPNG_HEAD)
		return false;
	memcpy(&first, start + 4, sizeof(first));
	if (first < PCAPNG_HEAD || first > len || len - first < PCAPNG_HEAD + sizeof(block))
		return false;
	memcpy(&type, start + first, sizeof(type));
	memcpy(&block, start + first + PCAPNG_HEAD, sizeof(block));
	return type == RECORD_BLOCK && block.magic == RECORD_MAGIC;
}

int record_reader_new(struct record_reader **out, struct input *input)
{
	struct record_reader *reader = calloc(1, sizeof(*reader));

	*out = reader;
	if (!reader)
		return -ENOMEM;
	reader->input = input;
	reader->body = malloc(RECORD_BLOCK_MAX);
	if (reader->body)
		return 0;
	record_reader_free(reader);
	*out = NULL;
	return -ENOMEM;
}

void record_reader_free(struct record_reader *reader)
{
	if (!reader)
		return;
	free(reader->body);
	free(reader);
}

const char *record_why(const struct record_reader *reader)
{
	return reader->why;
}

static int broken(struct record_reader *reader, const char *why)
{
	snprintf(reader->why, sizeof(reader->why), "broken at byte %" PRIu64 ": %s", reader->offset,
		 why);
	return -EBADMSG;
}

/* Returns len, or 0 at the end if that may be here, or -errno. */
static ssize_t get(struct record_reader *reader, void *to, size_t len, bool may_end)
{
	ssize_t n = input_read_all(reader->input, to, len);

	if (n < 0) {
		snprintf(reader->why, sizeof(reader->why), "%s",
			 n == -EBADMSG ? "the compressed data are broken or cut off"
				       : strerror((int)-n));
		return n;
	}
	if (!n && may_end)
		return 0;
	return (size_t)n == len ? n : broken(reader, "it ends in the middle of a block");
}

static int skip(struct record_reader *reader, size_t len)
{
	uint8_t scratch[SCRATCH_LEN];

	while (len) {
		size_t part = len < sizeof(scratch) ? len : sizeof(scratch);
		ssize_t n = get(reader, scratch, part, false);

		if (n < 0)
			return (int)n;
		len -= part;
	}
	return 0;
}

/* A section's header begins with a word that tells the byte order, of its own length too. */
static int read_order(struct record_reader *reader)
{
	uint32_t order;
	ssize_t n = get(reader, &order, sizeof(order), false);

	if (n < 0)
		return (int)n;
	if (order == __builtin_bswap32(PCAPNG_BYTE_ORDER))
		return broken(reader, "recorded on a machine of another byte order");
	return order == PCAPNG_BYTE_ORDER ? 0 : broken(reader, "a section header that is none");
}

static int read_records(struct record_reader *reader, size_t body)
{
	struct record_block head;
	ssize_t n;

	if (body < sizeof(head))
		return skip(reader, body);
	n = get(reader, &head, sizeof(head), false);
	if (n < 0)
		return (int)n;
	body -= sizeof(head);
	if (head.magic != RECORD_MAGIC) /* somebody else's */
		return skip(reader, body);
	if (head.version != RECORD_VERSION) {
		snprintf(reader->why, sizeof(reader->why),
			 "is a recording of format %u; this clbtrace reads format %d", head.version,
			 RECORD_VERSION);
		return -EBADMSG;
	}
	if (body > RECORD_BLOCK_MAX)
		return broken(reader, "a block of absurd length");
	n = get(reader, reader->body, body, false);
	if (n < 0)
		return (int)n;
	reader->len = body;
	reader->at = 0;
	return 0;
}

/* Returns 1 for a block, 0 at the end, or -errno. */
static int read_block(struct record_reader *reader)
{
	uint32_t head[2], tail;
	ssize_t n = get(reader, head, sizeof(head), true);
	int err;

	if (n <= 0)
		return (int)n;
	if (head[0] == PCAPNG_SECTION) {
		err = read_order(reader);
		if (err)
			return err;
	}
	if (head[1] < PCAPNG_HEAD + PCAPNG_TAIL + (head[0] == PCAPNG_SECTION ? 4 : 0) ||
	    head[1] % 4 || head[1] > OTHER_BLOCK_MAX)
		return broken(reader, "a block of absurd length");
	if (head[0] == PCAPNG_SECTION)
		err = skip(reader, head[1] - PCAPNG_HEAD - PCAPNG_TAIL - sizeof(uint32_t));
	else if (head[0] == RECORD_BLOCK)
		err = read_records(reader, head[1] - PCAPNG_HEAD - PCAPNG_TAIL);
	else
		err = skip(reader, head[1] - PCAPNG_HEAD - PCAPNG_TAIL);
	if (err)
		return err;
	n = get(reader, &tail, sizeof(tail), false);
	if (n < 0) {
		reader->len = 0; /* not a whole block: nothing of it counts */
		return (int)n;
	}
	if (tail != head[1]) {
		reader->len = 0;
		return broken(reader, "a block whose two lengths differ");
	}
	reader->offset += head[1];
	return 1;
}

/* The least that a kind has; UINT32_MAX: one that is not known. */
static uint32_t least_of(uint16_t kind)
{
	static const uint32_t least[] = {
		[RECORD_SETTINGS] = sizeof(struct record_settings),
		[RECORD_SOURCE] = sizeof(struct record_source),
		[RECORD_PORTS] = 65536 / 8,
		[RECORD_INTERFACE] = FACT_IFNAME_LEN,
		[RECORD_HOST] = sizeof(struct ev_hdr),
		[RECORD_EVENT] = sizeof(struct ev_hdr),
		[RECORD_ADVANCE] = sizeof(__u64),
		[RECORD_FINISH] = sizeof(__u64),
		[RECORD_NOTICE] = sizeof(struct record_notice),
		[RECORD_END] = sizeof(struct record_end),
		[RECORD_CONTINUED] = sizeof(__u64),
	};

	return kind && kind < sizeof(least) / sizeof(least[0]) ? least[kind] : UINT32_MAX;
}

/* Returns 1, 0 for a kind that is not known, or -EBADMSG. */
static int parse(struct record_reader *reader)
{
	const struct record_head *head = (const void *)(reader->body + reader->at);
	size_t left = reader->len - reader->at;
	uint32_t least;

	if (left < sizeof(*head) || head->len > left - sizeof(*head))
		return broken(reader, "a record that is longer than its block");
	least = least_of(head->kind);
	reader->item_len =
		sizeof(*head) + (head->len + RECORD_ALIGN - 1) / RECORD_ALIGN * RECORD_ALIGN;
	if (reader->item_len > reader->len - reader->at)
		reader->item_len = reader->len - reader->at;
	if (least == UINT32_MAX)
		return 0;
	reader->item = (struct record_item){(enum record_kind)head->kind, head + 1, head->len};
	if (head->len < least)
		return broken(reader, "a record that is too short");
	if (head->kind == RECORD_EVENT || head->kind == RECORD_HOST) {
		const struct ev_hdr *ev = reader->item.data;

		if (ev->size < sizeof(*ev) || ev->size > head->len || event_check(ev))
			return broken(reader, "an event that is none");
	}
	return 1;
}

void record_take(struct record_reader *reader)
{
	reader->at += reader->item_len;
	reader->item_len = 0;
	if (reader->at >= reader->len)
		reader->at = reader->len = 0;
}

int record_peek(struct record_reader *reader, struct record_item *item)
{
	int ret = 1;

	while (!reader->err && !reader->item_len) {
		if (!reader->len) {
			ret = read_block(reader);
			if (!ret)
				return 0;
		} else {
			ret = parse(reader);
			if (!ret)
				record_take(reader);
		}
		if (ret < 0)
			reader->err = ret;
	}
	if (reader->err)
		return reader->err;
	*item = reader->item;
	return 1;
}
