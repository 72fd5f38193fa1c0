/* SPDX-License-Identifier: GPL-2.0-only */
/* A run as live mode does one, recorded as it goes; and its replay. */
#ifndef CLBTRACE_TEST_RECORDING_SAMPLE_H
#define CLBTRACE_TEST_RECORDING_SAMPLE_H

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../user/correlate.h"
#include "../user/input.h"
#include "../user/record.h"
#include "../user/replay.h"
#include "../user/results.h"

#define RUN_START_NS 1000000000000ULL /* 1000 s after boot */
#define RUN_WALL_NS  1795333272118123000ULL
#define RUN_US	     1000ULL
#define RUN_MS	     1000000ULL

enum { RUN_FRAME_LEN = 60, RUN_IFINDEX = 2, RUN_PORT = 80, RUN_ISN = 1000 };

struct run {
	struct options options;
	struct results results;
	struct record *record;
	struct corr *corr;
	uint64_t now_ns;
	uint64_t skb; /* of the packet at hand */
	bool answers; /* facts come */
};

static inline struct ev_flow run_flow(uint16_t sport, bool incoming)
{
	const uint8_t prober[16] = {[10] = 0xff, 0xff, 100, 64, 1, 10};
	const uint8_t host[16] = {[10] = 0xff, 0xff, 172, 16, 32, 15};
	struct ev_flow flow = {.sport = incoming ? sport : RUN_PORT,
			       .dport = incoming ? RUN_PORT : sport,
			       .proto = 6,
			       .family = 4};

	memcpy(flow.saddr, incoming ? prober : host, 16);
	memcpy(flow.daddr, incoming ? host : prober, 16);
	return flow;
}

static inline void run_push(struct run *run, const void *event)
{
	record_event(run->record, event);
	if (corr_push(run->corr, event))
		abort();
}

static inline void run_verdict(void *ctx, const struct verdict *v)
{
	struct run *run = ctx;

	record_verdict(run->record, v);
	results_verdict(&run->results, v);
}

static inline void run_gather(void *ctx, const struct fact_request *request)
{
	struct run *run = ctx;
	const struct ev_hdr hdr = {.time_ns = run->now_ns};
	struct fact_sysctl sysctl = {
		.hdr = hdr, .flow = request->probe, .name = "net.ipv4.ip_forward"};
	struct fact_counter counter = {
		.hdr = hdr, .flow = request->probe, .name = "TcpExtListenDrops", .delta = 3};
	struct fact_done done = {.hdr = hdr, .flow = request->probe, .needs = request->needs};

	sysctl.hdr.type = EV_FACT_SYSCTL;
	sysctl.hdr.size = sizeof(sysctl);
	counter.hdr.type = EV_FACT_COUNTER;
	counter.hdr.size = sizeof(counter);
	done.hdr.type = EV_FACT_DONE;
	done.hdr.size = sizeof(done);
	if (!run->answers)
		return;
	run_push(run, &sysctl);
	run_push(run, &counter);
	run_push(run, &done);
}

static inline void run_link(struct run *run)
{
	struct fact_link link = {
		.hdr = {.type = EV_FACT_LINK, .size = sizeof(link), .time_ns = run->now_ns},
		.ifindex = RUN_IFINDEX,
		.ifname = "eth0",
	};

	run_push(run, &link);
}

/* With these options; results go to stdout as JSON. Returns 0 or -errno of record_open(). */
static inline int run_begin(struct run *run, const struct options *options)
{
	struct corr_config config = {.timeout_ns = options->timeout_ms * RUN_MS,
				     .wall_offset_ns = RUN_WALL_NS - RUN_START_NS,
				     .max_probes = options->max_probes};
	const struct corr_ops ops = {.ctx = run, .verdict = run_verdict, .need = run_gather};
	int err;

	*run = (struct run){.options = *options, .now_ns = RUN_START_NS, .skb = 1, .answers = true};
	memcpy(config.expect_status, options->expect_status, sizeof(config.expect_status));
	if (results_open(&run->results, &run->options) || corr_new(&run->corr, &config, &ops) ||
	    record_new(&run->record, &run->options, config.wall_offset_ns, run->now_ns))
		abort();
	err = record_open(run->record);
	run_link(run);
	return err;
}

/* The time passes; returns what record_flush() does. */
static inline int run_until(struct run *run, uint64_t ns)
{
	run->now_ns = RUN_START_NS + ns;
	record_advance(run->record, run->now_ns, corr_deadline(run->corr));
	corr_advance(run->corr, run->now_ns);
	return record_flush(run->record, run->now_ns, corr_idle(run->corr));
}

static inline void run_notice(struct run *run, const char *text)
{
	record_notice(run->record, text, run->now_ns);
	results_notice(&run->results, text, run->now_ns);
}

/* killed: it ends without an end. Returns the first error of the recording. */
static inline int run_end(struct run *run, bool killed)
{
	struct strangers strangers = {.syns = 3, .example = run_flow(1, true)};
	int err;

	if (!killed && !run->results.enough) {
		record_finish(run->record, run->now_ns);
		corr_finish(run->corr, run->now_ns);
	}
	run->results.summary->window_ns = run->now_ns - RUN_START_NS + 700 * RUN_MS;
	run->results.summary->strangers = strangers;
	if (!killed)
		record_end(run->record, run->results.summary->window_ns, &strangers);
	results_summary(&run->results, run->corr);
	err = record_close(run->record);
	corr_free(run->corr);
	results_close(&run->results);
	return err;
}

/* A packet of the probe from that port, with its frame at tc and without it in netfilter. */
static inline void run_packet(struct run *run, uint16_t sport, uint8_t flags,
			      enum waypoint waypoint, uint8_t hook)
{
	uint64_t room[(sizeof(struct ev_packet) + RUN_FRAME_LEN + 7) / 8] = {0};
	struct ev_packet *p = (void *)room;
	const bool incoming = !(flags & 16) || flags == 16;
	const bool framed = waypoint != WP_NETFILTER;

	p->ifindex = RUN_IFINDEX;
	p->l2_len = 14;
	p->hdr = (struct ev_hdr){.type = EV_PACKET,
				 .size = (uint16_t)(sizeof(*p) + (framed ? RUN_FRAME_LEN : 0)),
				 .time_ns = run->now_ns,
				 .skb = run->skb};
	p->flow = run_flow(sport, incoming);
	p->tcp = (struct ev_tcp){.flags = flags, .seq = incoming ? RUN_ISN : 7};
	if (flags == 4)
		p->tcp.seq++;
	p->cap_len = framed ? RUN_FRAME_LEN : 0;
	p->frame_len = RUN_FRAME_LEN;
	p->waypoint = (uint8_t)waypoint;
	p->hook = hook;
	p->pf = 2;
	p->priority = 2147483646;
	memset(p->data, 0xaa, p->cap_len);
	if (framed) {
		p->data[12] = 8; /* IPv4 */
		p->data[13] = 0;
	}
	run_push(run, p);
	run->now_ns += RUN_US;
}

/* The packet at hand is dropped by a packet filter. */
static inline void run_drop(struct run *run, uint16_t sport)
{
	struct ev_drop drop = {.hdr = {.type = EV_DROP,
				       .size = sizeof(drop),
				       .time_ns = run->now_ns,
				       .skb = run->skb},
			       .flow = run_flow(sport, true),
			       .tcp = {.flags = 2, .seq = RUN_ISN},
			       .reason_name = "NETFILTER_DROP"};

	run_push(run, &drop);
	run->now_ns += RUN_US;
	run->skb++;
}

static inline void run_lost(struct run *run, uint64_t events)
{
	struct ev_lost lost = {
		.hdr = {.type = EV_LOST, .size = sizeof(lost), .time_ns = run->now_ns},
		.since_ns = run->now_ns - RUN_MS,
		.events = events};

	run_push(run, &lost);
}

/* A SYN comes in. */
static inline void run_arrive(struct run *run, uint16_t sport)
{
	run_packet(run, sport, 2, WP_TC_INGRESS, 0);
	run_packet(run, sport, 2, WP_NETFILTER, 0);
}

/* A half-open check that goes well. */
static inline void run_healthy(struct run *run, uint16_t sport)
{
	run_arrive(run, sport);
	run_packet(run, sport, 2, WP_NETFILTER, 1);
	run->skb++;
	run_packet(run, sport, 18, WP_NETFILTER, 3);
	run_packet(run, sport, 18, WP_TC_EGRESS, 0);
	run->skb++;
	run_packet(run, sport, 4, WP_TC_INGRESS, 0);
	run->skb++;
}

/* Options as for "live --json -w path". */
static inline struct options run_options(const char *path)
{
	struct options options = {.mode = MODE_LIVE,
				  .all_ports = true,
				  .timeout_ms = 600,
				  .max_probes = 64,
				  .write = path,
				  .json = true};

	memset(options.ports, 0xff, sizeof(options.ports));
	memset(options.expect_status, 0xff, sizeof(options.expect_status));
	return options;
}

/* Replays the file, its results on stdout. Returns what replay_recording() does. */
static inline int run_replay(const char *path, const struct options *named)
{
	struct replay replay = {.options = named, .name = "test"};
	int ret;

	if (input_open(&replay.input, path))
		abort();
	ret = replay_recording(&replay);
	input_close(replay.input);
	return ret;
}

#endif
