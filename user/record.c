// SPDX-License-Identifier: GPL-2.0-only
// A recording (-w FILE.pcapng): all that went into the correlator, and the probes' packets.
#include "record.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "corr_host.h"
#include "pcapng.h"
#include "record_internal.h"

/* What is waiting is written before the caller asks for it, from here on. */
enum { WAITING_MAX = 1 << 20 };

void record_put_two(struct record *record, enum record_kind kind, const void *data, size_t len,
		    const void *more, size_t more_len)
{
	const struct record_head head = {.len = (uint32_t)(len + more_len), .kind = (uint16_t)kind};
	struct byte_buffer *to = &record->records;

	if (to->len >= RECORD_BLOCK_FULL)
		record_end_block(record);
	bytes_put(to, &head, sizeof(head));
	bytes_put(to, data, len);
	bytes_put(to, more, more_len);
	bytes_align(to, 0, RECORD_ALIGN);
}

void record_put(struct record *record, enum record_kind kind, const void *data, size_t len)
{
	record_put_two(record, kind, data, len, NULL, 0);
}

void record_end_block(struct record *record)
{
	const struct record_block head = {.magic = RECORD_MAGIC, .version = RECORD_VERSION};
	struct byte_buffer *from = &record->records;
	size_t begin;

	if (!from->len)
		return;
	begin = pcapng_begin(&record->out, RECORD_BLOCK);
	bytes_put(&record->out, &head, sizeof(head));
	bytes_put(&record->out, from->data, from->len);
	pcapng_end(&record->out, begin);
	record->out.failed |= from->failed;
	from->len = 0;
}

static void write_out(struct record *record)
{
	struct byte_buffer *out = &record->out;

	if (record->err || record->file.fd < 0)
		return;
	record->err = out->failed ? -ENOMEM : record_file_write(&record->file, out->data, out->len);
	out->len = 0;
}

/* Between two calls of record_flush() not much more than this is kept. */
static void check_waiting(struct record *record)
{
	if (record->out.len >= WAITING_MAX)
		write_out(record);
}

int record_new(struct record **out, const struct options *options, uint64_t wall_offset_ns,
	       uint64_t now_ns)
{
	struct record *record = calloc(1, sizeof(*record));

	*out = record;
	if (!record)
		return -ENOMEM;
	record->options = options;
	record->wall_offset_ns = wall_offset_ns;
	record->run = wall_offset_ns + now_ns;
	record->part = 1;
	record->now_ns = now_ns;
	record->file.fd = record->file.previous_fd = -1;
	if (record_packets_new(&record->packets)) {
		record_close(record);
		*out = NULL;
		return -ENOMEM;
	}
	record_begin_section(record, now_ns);
	return 0;
}

int record_open(struct record *record)
{
	int err = record_file_open(&record->file, record->options, record->part);

	if (!err)
		err = record_flush(record, record->now_ns, false);
	return err;
}

/* The time that was told last, if that was not recorded yet: what follows depends on it. */
static void put_advance(struct record *record)
{
	if (record->advance_ns)
		record_put(record, RECORD_ADVANCE, &record->advance_ns, sizeof(record->advance_ns));
	record->advance_ns = 0;
}

void record_event(struct record *record, const struct ev_hdr *ev)
{
	if (record->err)
		return;
	put_advance(record);
	corr_host_take(&record->host, ev);
	record_put(record, RECORD_EVENT, ev, ev->size);
	if (ev->type == EV_LOST) {
		record->lost += ((const struct ev_lost *)ev)->events;
		record_put_statistics(record, false);
	}
	record_packets_event(record, ev);
	check_waiting(record);
}

void record_advance(struct record *record, uint64_t now_ns, uint64_t deadline_ns)
{
	record->now_ns = now_ns;
	record->advance_ns = now_ns;
	if (!record->err && deadline_ns <= now_ns)
		put_advance(record);
}

void record_finish(struct record *record, uint64_t now_ns)
{
	if (record->err)
		return;
	put_advance(record);
	record_put(record, RECORD_FINISH, &now_ns, sizeof(now_ns));
}

void record_notice(struct record *record, const char *text, uint64_t wall_ns)
{
	const struct record_notice notice = {wall_ns};

	if (!record->err)
		record_put_two(record, RECORD_NOTICE, &notice, sizeof(notice), text, strlen(text));
}

void record_end(struct record *record, uint64_t window_ns, const struct strangers *strangers)
{
	const struct record_end end = {.window_ns = window_ns, .strangers = *strangers};

	if (record->err)
		return;
	put_advance(record);
	record_put(record, RECORD_END, &end, sizeof(end));
}

/* The file is to end at its limit; if it can, at a moment before that when no probe is cut apart.
 */
static bool is_full(const struct record *record, bool idle)
{
	uint64_t limit = record->options->rotate_bytes;

	return limit && record->file.len >= (idle ? limit - limit / 8 : limit);
}

/* What ends each file. */
static void put_end_of_file(struct record *record)
{
	record_packets_release(record, true);
	record_end_block(record);
	record_put_statistics(record, true);
	write_out(record);
}

static void rotate(struct record *record)
{
	put_advance(record);
	record_put(record, RECORD_CONTINUED, &record->now_ns, sizeof(record->now_ns));
	put_end_of_file(record);
	record->part++;
	if (!record->err)
		record->err = record_file_rotate(&record->file, record->options, record->part);
	record_begin_section(record, record->now_ns);
	write_out(record);
}

int record_flush(struct record *record, uint64_t now_ns, bool idle)
{
	record->now_ns = now_ns;
	record_packets_release(record, false);
	record_end_block(record);
	write_out(record);
	if (!record->err && is_full(record, idle))
		rotate(record);
	return record->err;
}

int record_close(struct record *record)
{
	int err, closed;

	if (!record)
		return 0;
	if (!record->err && record->file.fd >= 0)
		put_end_of_file(record);
	closed = record_file_close(&record->file);
	err = record->err ? record->err : closed;
	bytes_free(&record->records);
	bytes_free(&record->out);
	record_packets_free(record->packets);
	corr_host_free(&record->host);
	free(record->interfaces);
	free(record);
	return err;
}
