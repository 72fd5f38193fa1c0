// SPDX-License-Identifier: GPL-2.0-only
// Fuzzes recordings: any bytes are replayed; what is written is read back as it was.
#define _GNU_SOURCE /* memfd_create */
#include <stdint.h>
#include <sys/mman.h>

#include "../user/corr_host.h"
#include "../user/pcapng.h"
#include "../user/record_read.h"
#include "recording_sample.h"

/* The first byte: what the others are. */
enum { A_FILE, RECORDS, CALLS, MODES };

enum { PATH_LEN = 64, EVENT_MAX = 4096, CALLS_MAX = 512, ROOM = 1 << 20 };

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What replay may be told besides. */
static void explain(int fd, uint8_t how)
{
	struct options named = run_options(NULL);
	char path[PATH_LEN];

	named.mode = MODE_REPLAY;
	named.named_max_probes = true; /* room for a million would take its time each time */
	named.named_timeout = how & 1;
	named.count = how & 2 ? 1 : 0;
	named.named_ports = how & 4;
	named.json = !(how & 8);
	named.verbose = true;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	run_replay(path, &named);
}

static int new_file(const void *data, size_t len)
{
	int fd = memfd_create("fuzz", MFD_CLOEXEC);

	if (fd < 0 || write(fd, data, len) != (ssize_t)len)
		abort();
	return fd;
}

static void replay_bytes(uint8_t how, const uint8_t *data, size_t size)
{
	int fd = new_file(data, size);

	record_is_one(data, size);
	explain(fd, how);
	close(fd);
}

static void put_settings(struct byte_buffer *out)
{
	struct record_settings s = {.run = 1,
				    .part = 1,
				    .max_probes = 64,
				    .start_ns = RUN_START_NS,
				    .wall_offset_ns = RUN_WALL_NS,
				    .timeout_ms = 600};
	const struct record_head head = {.len = sizeof(s), .kind = RECORD_SETTINGS};

	bytes_put(out, &head, sizeof(head));
	bytes_put(out, &s, sizeof(s));
}

/* The bytes are records in a block that is sound; each length is made to fit. */
static void replay_records(uint8_t how, const uint8_t *data, size_t size)
{
	const struct record_block block = {.magic = RECORD_MAGIC, .version = RECORD_VERSION};
	struct byte_buffer out = {0};
	size_t begin;

	pcapng_put_section(&out, &(struct pcapng_section){.os = "fuzz"});
	begin = pcapng_begin(&out, RECORD_BLOCK);
	bytes_put(&out, &block, sizeof(block));
	put_settings(&out);
	while (size >= 3) {
		struct record_head head = {.kind = data[0] % 12};
		size_t len = data[1] | data[2] << 8;

		data += 3;
		size -= 3;
		if (len > size)
			len = size;
		head.len = (uint32_t)len;
		bytes_put(&out, &head, sizeof(head));
		if ((head.kind == RECORD_EVENT || head.kind == RECORD_HOST) && len >= 4) {
			/* The size that it says it has is the one thing that is hard to guess. */
			const uint16_t event_size = (uint16_t)len;

			bytes_put(&out, data, 2);
			bytes_put(&out, &event_size, sizeof(event_size));
			bytes_put(&out, data + 4, len - 4);
		} else {
			bytes_put(&out, data, len);
		}
		bytes_align(&out, 0, 4);
		while ((out.len - begin - PCAPNG_HEAD) % RECORD_ALIGN)
			bytes_add(&out, 4);
		data += len;
		size -= len;
	}
	pcapng_end(&out, begin);
	replay_bytes(how, out.data, out.len);
	bytes_free(&out);
}

/* What was recorded, in order. */
struct written {
	struct byte_buffer items; /* a record_head and its bytes each */
	uint64_t advanced;	  /* told, and not needed to be there yet */
};

static void expect(struct written *w, enum record_kind kind, const void *data, size_t len)
{
	const struct record_head head = {.kind = (uint16_t)kind, .len = (uint32_t)len};

	if (w->advanced && kind != RECORD_ADVANCE) {
		uint64_t time_ns = w->advanced;

		w->advanced = 0;
		expect(w, RECORD_ADVANCE, &time_ns, sizeof(time_ns));
	}
	bytes_put(&w->items, &head, sizeof(head));
	bytes_put(&w->items, data, len);
}

static void write_event(struct record *record, struct written *w, const uint8_t *data, size_t len)
{
	static uint64_t room[EVENT_MAX / 8];
	struct ev_hdr *ev = (void *)room;

	memcpy(room, data, len);
	ev->size = (uint16_t)len;
	if (event_check(ev))
		return;
	expect(w, RECORD_EVENT, ev, len);
	record_event(record, ev);
}

static void write_verdict(struct record *record, const uint8_t *data, size_t len)
{
	struct verdict v = {.outcome = OUTCOME_FAILED, .cause = "no-listener", .summary = "text"};

	if (len >= sizeof(v.probe))
		memcpy(&v.probe, data, sizeof(v.probe));
	if (len >= sizeof(v.probe) + sizeof(v.first_ns))
		memcpy(&v.first_ns, data + sizeof(v.probe), sizeof(v.first_ns));
	memset(v.summary, 'x', len % sizeof(v.summary));
	record_verdict(record, &v);
}

/* One call: its kind, a length, its bytes. Returns how many bytes it took. */
static size_t call(struct record *record, struct written *w, const uint8_t *data, size_t size)
{
	size_t len = data[1] | (data[2] & 0xf) << 8;
	uint64_t time_ns = 0;

	if (len > size - 3)
		len = size - 3;
	memcpy(&time_ns, data + 3, len < 7 ? len : 7);
	switch (data[0] % 8) {
	case 0:
		record_advance(record, time_ns, UINT64_MAX);
		w->advanced = time_ns;
		break;
	case 1:
		w->advanced = 0;
		record_advance(record, time_ns, time_ns);
		if (time_ns)
			expect(w, RECORD_ADVANCE, &time_ns, sizeof(time_ns));
		break;
	case 2:
		if (record_flush(record, time_ns, data[2] & 0x80))
			abort();
		break;
	case 3:
		write_verdict(record, data + 3, len);
		break;
	case 4:
		expect(w, RECORD_FINISH, &time_ns, sizeof(time_ns));
		record_finish(record, time_ns);
		break;
	default:
		write_event(record, w, data + 3, len);
		break;
	}
	return len + 3;
}

static void compare(struct written *w, const char *path)
{
	struct record_reader *reader;
	struct record_item item;
	struct input *input;
	size_t at = 0;
	int ret;

	if (input_open(&input, path) || record_reader_new(&reader, input))
		abort();
	while ((ret = record_peek(reader, &item)) > 0) {
		struct record_head head;

		if (item.kind >= RECORD_EVENT && item.kind < RECORD_END) {
			if (w->items.len - at < sizeof(head))
				abort();
			memcpy(&head, w->items.data + at, sizeof(head));
			if (head.kind != item.kind || head.len != item.len ||
			    memcmp(w->items.data + at + sizeof(head), item.data, item.len))
				abort();
			at += sizeof(head) + head.len;
		}
		record_take(reader);
	}
	if (ret || at != w->items.len)
		abort();
	record_reader_free(reader);
	input_close(input);
}

static void write_and_read(uint8_t how, const uint8_t *data, size_t size)
{
	static char path[PATH_LEN];
	const struct strangers strangers = {.syns = 1};
	struct options options = run_options(path);
	struct written w = {0};
	struct record *record;

	if (!*path)
		snprintf(path, sizeof(path), "/dev/shm/clbtrace-fuzz-%d.pcapng", (int)getpid());
	if (record_new(&record, &options, RUN_WALL_NS, RUN_START_NS) ||
	    (!(how & 1) && record_open(record)))
		abort();
	for (int i = 0; i < CALLS_MAX && size >= 3; i++) {
		size_t n = call(record, &w, data, size);

		data += n;
		size -= n;
	}
	if (how & 1 && record_open(record))
		abort();
	expect(&w, RECORD_END, NULL, 0);
	w.items.len -= sizeof(struct record_head);
	record_end(record, 1, &strangers);
	if (record_close(record))
		abort();
	compare(&w, path);
	unlink(path);
	bytes_free(&w.items);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 2)
		return 0;
	if (data[0] % MODES == A_FILE)
		replay_bytes(data[1], data + 2, size - 2);
	else if (data[0] % MODES == RECORDS)
		replay_records(data[1], data + 2, size - 2);
	else
		write_and_read(data[1], data + 2, size - 2);
	return 0;
}

/* A recording of several probes, as the bytes of a file. */
static size_t make_recording(uint8_t *out, size_t room)
{
	char path[PATH_LEN];
	struct options options = run_options(path);
	struct run run;
	size_t len;
	FILE *file;

	snprintf(path, sizeof(path), "/dev/shm/clbtrace-seed-%d.pcapng", (int)getpid());
	if (run_begin(&run, &options))
		abort();
	run_healthy(&run, 40001);
	run_until(&run, 10 * RUN_MS);
	run_arrive(&run, 40002);
	run_drop(&run, 40002);
	run_notice(&run, "a notice");
	run_until(&run, 20 * RUN_MS);
	run_arrive(&run, 40003);
	run_lost(&run, 7);
	run_until(&run, 900 * RUN_MS);
	run_end(&run, false);
	file = fopen(path, "r");
	len = file ? fread(out, 1, room, file) : 0;
	if (file)
		fclose(file);
	unlink(path);
	return len;
}

static void put_seed(const char *directory, const char *name, uint8_t mode, const uint8_t *data,
		     size_t len)
{
	const uint8_t head[] = {mode, 0};
	char path[4096];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	file = fopen(path, "w");
	if (!file) {
		perror(path);
		exit(1);
	}
	fwrite(head, 1, sizeof(head), file);
	fwrite(data, 1, len, file);
	fclose(file);
}

/* The recording's records as replay_records() and write_and_read() take them. */
static void put_record_seeds(const char *directory, const uint8_t *file, size_t len)
{
	struct byte_buffer records = {0}, calls = {0};
	struct record_reader *reader;
	struct record_item item;
	struct input *input;
	char path[PATH_LEN];
	int fd = new_file(file, len);

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (input_open(&input, path) || record_reader_new(&reader, input))
		abort();
	for (; record_peek(reader, &item) > 0; record_take(reader)) {
		const uint8_t head[] = {(uint8_t)item.kind, (uint8_t)item.len,
					(uint8_t)(item.len >> 8)};
		const uint8_t as_call[] = {item.kind == RECORD_EVENT ? 5 : item.kind % 5, head[1],
					   head[2]};

		if (item.kind == RECORD_SETTINGS)
			continue;
		bytes_put(&records, head, sizeof(head));
		bytes_put(&records, item.data, item.len);
		bytes_put(&calls, as_call, sizeof(as_call));
		bytes_put(&calls, item.data, item.len);
	}
	put_seed(directory, "records", RECORDS, records.data, records.len);
	put_seed(directory, "calls", CALLS, calls.data, calls.len);
	bytes_free(&records);
	bytes_free(&calls);
	record_reader_free(reader);
	input_close(input);
	close(fd);
}

/* Writes the seeds to the directory that FUZZ_SEEDS names, before the corpus is read. */
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	static uint8_t file[ROOM];
	const char *directory = getenv("FUZZ_SEEDS");
	size_t len;

	(void)argc;
	(void)argv;
	if (!directory)
		return 0;
	len = make_recording(file, sizeof(file));
	put_seed(directory, "recording", A_FILE, file, len);
	put_record_seeds(directory, file, len);
	return 0;
}
