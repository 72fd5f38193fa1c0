// SPDX-License-Identifier: GPL-2.0-only
// The file that a live run writes: a recording, or the packets alone.
#include "live_file.h"

#include <errno.h>
#include <stdlib.h>

#include "record.h"
#include "sink.h"

/* One of the two. */
struct live_file {
	const struct options *options;
	uint64_t wall_offset_ns;
	struct record *record;
	struct sink_pcap *pcap;
	int err; /* that was told */
};

int live_file_new(struct live_file **out, const struct options *options, uint64_t wall_offset_ns,
		  uint64_t now_ns)
{
	struct live_file *file;

	*out = NULL;
	if (!options->write)
		return 0;
	file = calloc(1, sizeof(*file));
	if (!file)
		return -ENOMEM;
	file->options = options;
	file->wall_offset_ns = wall_offset_ns;
	if (!options->write_packets_only &&
	    record_new(&file->record, options, wall_offset_ns, now_ns)) {
		free(file);
		return -ENOMEM;
	}
	*out = file;
	return 0;
}

int live_file_open(struct live_file *file)
{
	if (!file)
		return 0;
	return file->record
		       ? record_open(file->record)
		       : sink_pcap_open(&file->pcap, file->options->write, file->wall_offset_ns);
}

int live_file_close(struct live_file *file)
{
	int err, told;

	if (!file)
		return 0;
	told = file->err;
	err = record_close(file->record);
	if (!err)
		err = sink_pcap_close(file->pcap);
	free(file);
	return told ? 0 : err;
}

int live_file_event(struct live_file *file, const struct ev_hdr *ev)
{
	if (!file)
		return 0;
	if (file->record)
		record_event(file->record, ev);
	else if (file->pcap)
		file->err = sink_pcap_push(file->pcap, ev);
	return file->err;
}

void live_file_advance(struct live_file *file, uint64_t now_ns, uint64_t deadline_ns)
{
	if (file && file->record)
		record_advance(file->record, now_ns, deadline_ns);
}

void live_file_finish(struct live_file *file, uint64_t now_ns)
{
	if (file && file->record)
		record_finish(file->record, now_ns);
}

void live_file_notice(struct live_file *file, const char *text, uint64_t wall_ns)
{
	if (file && file->record)
		record_notice(file->record, text, wall_ns);
}

void live_file_verdict(struct live_file *file, const struct verdict *v)
{
	if (file && file->record)
		record_verdict(file->record, v);
}

void live_file_end(struct live_file *file, const struct summary *s)
{
	if (file && file->record)
		record_end(file->record, s->window_ns, &s->strangers);
}

int live_file_flush(struct live_file *file, uint64_t now_ns, bool idle)
{
	if (!file)
		return 0;
	if (file->record)
		file->err = record_flush(file->record, now_ns, idle);
	else if (file->pcap)
		file->err = sink_pcap_flush(file->pcap);
	return file->err;
}

uint64_t live_file_deadline(const struct live_file *file)
{
	return file && file->record ? record_deadline(file->record) : UINT64_MAX;
}
