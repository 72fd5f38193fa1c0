// SPDX-License-Identifier: GPL-2.0-only
// A fuzzer of captured frames: the decoder, and the correlator on what it makes of them.
#include <pcap/dlt.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../user/correlate.h"
#include "../user/flow.h"
#include "../user/frame.h"

/*
 * The input is a byte that chooses the link type, then frames: a byte of flags, the time since the
 * one before (2 bytes, in units of 64 us), the frame's length (2 bytes), its bytes (as many as are
 * left, at most).
 */
enum { FLAG_BACK = 1 /* the clock is set back */, FLAG_LONGER = 2 /* not all was captured */ };

enum { HEAD_LEN = 5 };

static const int link_types[] = {DLT_EN10MB,	DLT_LINUX_SLL, DLT_LINUX_SLL2, DLT_RAW, DLT_IPV4,
				 DLT_IPV6,	DLT_NULL,      DLT_LOOP,       101,	14,
				 DLT_IEEE802_11};

enum { LINK_TYPES = sizeof(link_types) / sizeof(link_types[0]) };

struct run {
	struct corr *corr;
	uint64_t time_ns;
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

static void check(bool holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "does not hold: %s\n", what);
	abort();
}

static void check_text(const char *text, size_t room)
{
	check(memchr(text, 0, room), "a text is terminated");
	for (; *text; text++)
		check(*text >= 0x20 && *text < 0x7f, "a text is printable");
}

static void take_verdict(void *ctx, const struct verdict *v)
{
	(void)ctx;
	check(v->source && !strcmp(v->source, "capture"), "it is of a capture");
	check(v->syns > 0, "something was sent");
	check(v->summary[0], "it says something");
	check_text(v->summary, sizeof(v->summary));
	for (unsigned int i = 0; i < v->n_steps; i++)
		check_text(v->steps[i].what, sizeof(v->steps[i].what));
	for (unsigned int i = 0; i < v->n_fix; i++)
		check_text(v->fix[i], sizeof(v->fix[i]));
}

static void no_facts(void *ctx, const struct fact_request *request)
{
	const struct run *run = ctx;
	const struct fact_done done = {
		.hdr = {.type = EV_FACT_DONE, .size = sizeof(done), .time_ns = run->time_ns},
		.flow = request->probe};

	check(!corr_push(run->corr, &done.hdr), "an answer is taken");
}

static void check_event(const struct frame *frame, const uint64_t *event, uint32_t size)
{
	const struct ev_packet *p = (const void *)event;

	check(size == p->hdr.size && p->hdr.time_ns == frame->time_ns, "the header");
	if (p->hdr.type != EV_PACKET) {
		check(p->hdr.type == EV_ICMP && size == sizeof(struct ev_icmp), "the type");
		return;
	}
	check(size == sizeof(*p) + p->cap_len && size <= FRAME_EVENT_MAX, "the size");
	check(p->cap_len <= frame->cap_len && p->cap_len <= p->frame_len, "what was captured");
	check(p->tcp.payload_len <= p->frame_len, "the payload");
	check(frame_knows(frame->link_type), "the link type");
}

static void take_frame(struct run *run, const struct options *options, struct frame *frame)
{
	static uint64_t event[(FRAME_EVENT_MAX + 7) / 8];
	struct strangers strangers = {0};
	uint32_t size = frame_event(frame, options, event);

	frame_stranger(frame, options, &strangers);
	if (size) {
		check_event(frame, event, size);
		check(!corr_push(run->corr, (void *)event), "the correlator takes it");
	}
	corr_advance(run->corr, run->time_ns);
}

static size_t next_frame(struct run *run, const uint8_t *data, size_t size, struct frame *frame,
			 uint8_t **copy)
{
	size_t len;

	if (size < HEAD_LEN)
		return 0;
	if (data[0] & FLAG_BACK) {
		corr_restart(run->corr, run->time_ns);
		run->time_ns = 0;
	}
	run->time_ns += (uint64_t)(data[1] << 8 | data[2]) * 64000;
	len = (size_t)(data[3] << 8 | data[4]);
	if (len > size - HEAD_LEN)
		len = size - HEAD_LEN;
	*copy = malloc(len); /* of just that size: the sanitizer sees what is read beyond */
	check(*copy || !len, "there is memory");
	if (len)
		memcpy(*copy, data + HEAD_LEN, len);
	frame->data = *copy;
	frame->cap_len = (uint32_t)len;
	frame->frame_len = (uint32_t)len + (data[0] & FLAG_LONGER ? 1000 : 0);
	frame->time_ns = run->time_ns;
	return HEAD_LEN + len;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct prefix sources[] = {
		{.addr = {[10] = 0xff, [11] = 0xff, [12] = 100, [13] = 64}, .len = 106},
		{.addr = {0xfd, 0x64}, .len = 16}};
	const struct options options = {
		.sources = sources, .n_sources = 2, .all_ports = true, .udp = true};
	const struct corr_config config = {.timeout_ns = 2000000000, .max_probes = 8};
	struct run run = {.time_ns = 1000000000};
	const struct corr_ops ops = {.ctx = &run, .verdict = take_verdict, .need = no_facts};
	struct frame frame = {0};
	uint8_t *copy;
	size_t taken;

	if (!size)
		return 0;
	frame.link_type = link_types[data[0] % LINK_TYPES];
	check(!corr_new(&run.corr, &config, &ops), "there is memory for a correlator");
	for (data++, size--; (taken = next_frame(&run, data, size, &frame, &copy));) {
		take_frame(&run, &options, &frame);
		free(copy);
		data += taken;
		size -= taken;
	}
	corr_finish(run.corr, run.time_ns);
	corr_free(run.corr);
	return 0;
}

/* An exchange over IPv4 and IPv6, as frames of raw IP. */
static const struct {
	uint8_t flags; /* of TCP; 0: an ICMP error */
	bool reply;
	const char *data;
} exchange[] = {
	{2, false, ""},
	{2, false, ""},
	{18, true, ""},
	{16, false, ""},
	{24, false, "GET / HTTP/1.0\r\n\r\n"},
	{24, true, "HTTP/1.0 503 Busy\r\n\r\n"},
	{17, true, ""},
	{17, false, ""},
	{4, false, ""},
	{20, true, ""},
	{16, true, ""},
	{0, true, ""},
};

static size_t put_tcp(uint8_t *at, bool reply, uint8_t flags, const char *data)
{
	static const uint8_t ports[] = {0xd1, 0xea, 0, 80};
	const uint8_t options[] = {1, 1, 8, 10, 0, 1, 0, 0, 0, 0, 0, 5};

	memset(at, 0, 20);
	memcpy(at, ports + (reply ? 2 : 0), 2);
	memcpy(at + 2, ports + (reply ? 0 : 2), 2);
	at[7] = flags & 2 ? 7 : 8;
	at[11] = flags & 16 ? 8 : 0;
	at[12] = 8 << 4;
	at[13] = flags;
	memcpy(at + 20, options, sizeof(options));
	memcpy(at + 32, data, strlen(data));
	return 32 + strlen(data);
}

static size_t put_ip(uint8_t *at, bool v6, bool reply, uint8_t proto, size_t payload)
{
	static const uint8_t a4[] = {100, 64, 1, 10, 172, 16, 32, 15};
	uint8_t a6[32] = {0xfd, 0x64, [15] = 16, [16] = 0xfd, [31] = 21};
	const uint8_t *addr = v6 ? a6 : a4;
	const size_t len = v6 ? 16 : 4, header = v6 ? 40 : 20, total = v6 ? payload : 20 + payload;

	memset(at, 0, header);
	at[0] = v6 ? 0x60 : 0x45;
	at[v6 ? 4 : 2] = (uint8_t)(total >> 8);
	at[v6 ? 5 : 3] = (uint8_t)total;
	at[v6 ? 6 : 9] = proto;
	at[v6 ? 7 : 8] = 64;
	memcpy(at + (v6 ? 8 : 12), addr + (reply ? len : 0), len);
	memcpy(at + (v6 ? 24 : 16), addr + (reply ? 0 : len), len);
	return header;
}

static void put_seed(FILE *file, bool v6, size_t i)
{
	uint8_t frame[256], payload[200] = {v6 ? 1 : 3, v6 ? 4 : 3};
	uint8_t head[HEAD_LEN] = {0, 0, 16, 0, 0};
	size_t len, ip;

	if (exchange[i].flags) {
		len = put_tcp(payload, exchange[i].reply, exchange[i].flags, exchange[i].data);
		ip = put_ip(frame, v6, exchange[i].reply, 6, len);
	} else {
		len = 8 + put_ip(payload + 8, v6, false, 6, 32);
		len += put_tcp(payload + len, false, 2, "");
		ip = put_ip(frame, v6, true, v6 ? 58 : 1, len);
	}
	memcpy(frame + ip, payload, len);
	head[4] = (uint8_t)(ip + len);
	fwrite(head, 1, sizeof(head), file);
	fwrite(frame, 1, ip + len, file);
}

/* Writes the seeds to the directory that FUZZ_SEEDS names, before the corpus is read. */
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	const char *directory = getenv("FUZZ_SEEDS");
	enum { EXCHANGE = sizeof(exchange) / sizeof(exchange[0]) };

	(void)argc;
	(void)argv;
	for (int v6 = 0; directory && v6 < 2; v6++) {
		for (size_t first = 0; first < EXCHANGE; first++) {
			char path[4096];
			FILE *file;

			snprintf(path, sizeof(path), "%s/frames%d-%zu", directory, v6, first);
			file = fopen(path, "w");
			if (!file) {
				perror(path);
				exit(1);
			}
			putc(3, file); /* raw IP */
			put_seed(file, v6, 0);
			for (size_t i = first; i < EXCHANGE; i++)
				put_seed(file, v6, i);
			fclose(file);
		}
	}
	return 0;
}
