// SPDX-License-Identifier: GPL-2.0-only
// The libpcap source: the probes' packets, captured on this host's interfaces.
#include <errno.h>
#include <linux/if_packet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>

#include "frame.h"
#include "probe.h"
#include "source.h"
#include "source_pcap_iface.h"

enum { READ_AT_ONCE = 64, PACKETS_AT_ONCE = 4096, MAC_LEN = 6 };

struct source_pcap {
	struct pcap_ifaces ifaces;
	struct strangers strangers;
	uint64_t checked_ns; /* for losses */
	uint64_t event[FRAME_EVENT_MAX / sizeof(uint64_t) + 1];
};

/* One call of drain(), and the interface that it reads. */
struct reading {
	struct source_pcap *source;
	const struct pcap_iface *iface;
	const struct event_sink *to;
	uint64_t now_ns;
	int64_t offset_ns; /* CLOCK_REALTIME - CLOCK_MONOTONIC */
	uint64_t last_ns;
	int err;
};

static void close_pcap(void *self)
{
	struct source_pcap *source = self;

	pcap_ifaces_close(&source->ifaces);
	free(source);
}

static int open_pcap(void **out, const struct options *options, const struct source_report *report)
{
	struct source_pcap *source = calloc(1, sizeof(*source));
	int err;

	*out = NULL;
	if (!source)
		return -ENOMEM;
	source->ifaces = (struct pcap_ifaces){.options = options, .report = *report, .epoll = -1};
	err = pcap_ifaces_open(&source->ifaces);
	if (err)
		close_pcap(source);
	else
		*out = source;
	return err;
}

static int event_fd(const void *self)
{
	return ((const struct source_pcap *)self)->ifaces.epoll;
}

static int link_fd(const void *self)
{
	return link_changes_fd(((const struct source_pcap *)self)->ifaces.changes);
}

/* The kernel names no rule here, but for what rule tracing and rule counters say. */
static int open_facts(void *self, struct facts **out, char *why, size_t why_len)
{
	const struct options *options = ((struct source_pcap *)self)->ifaces.options;
	int err;

	if (options->proc)
		return facts_open_proc(out, options->proc, why, why_len);
	err = facts_open(out, NULL, NULL);
	if (!err && !options->no_rule_trace)
		err = facts_trace_open(*out, options);
	return err;
}

/*
 * Packets have the time of CLOCK_REALTIME (net/packet/af_packet.c, tpacket_get_timestamp()), which
 * may be set at any time; events have that of CLOCK_MONOTONIC. The difference is the one of now.
 */
static int64_t clock_offset(void)
{
	struct timespec wall, mono;

	clock_gettime(CLOCK_MONOTONIC, &mono);
	clock_gettime(CLOCK_REALTIME, &wall);
	return (int64_t)(wall.tv_sec - mono.tv_sec) * 1000000000 + wall.tv_nsec - mono.tv_nsec;
}

static uint64_t time_of(const struct reading *r, const struct pcap_pkthdr *header)
{
	int64_t part = header->ts.tv_usec, time;

	time = (int64_t)header->ts.tv_sec * 1000000000 + (r->iface->in_ns ? part : part * 1000) -
	       r->offset_ns;
	return time > 0 ? (uint64_t)time : 0;
}

/* Of Ethernet; loopback has the addresses, all zero. */
static bool has_macs(const struct frame *frame)
{
	static const uint8_t none[2 * MAC_LEN];

	return frame->link_type == DLT_EN10MB && frame->cap_len >= sizeof(none) &&
	       memcmp(frame->data, none, sizeof(none)) != 0;
}

static bool is_to_us(const struct source_pcap *source, const struct frame *frame)
{
	return frame->data[0] & 1 || pcap_ifaces_have(&source->ifaces, frame->data);
}

static bool is_from_us(const struct source_pcap *source, const struct frame *frame)
{
	return pcap_ifaces_have(&source->ifaces, frame->data + MAC_LEN);
}

/*
 * A probe comes in, an answer goes out. The other way round it is what this host forwards to a
 * container or machine of its own, translated or not; and what a bridge of this host passes on
 * between others is none of its business.
 */
static bool is_ours(const struct source_pcap *source, const struct frame *frame)
{
	const struct options *options = source->ifaces.options;
	const struct ev_packet *p = (const void *)source->event;
	bool asks, answers;

	if (p->hdr.type != EV_PACKET || !has_macs(frame))
		return true;
	asks = p->pkt_type != PACKET_OUTGOING;
	/* This host's own address may be among the sources. */
	answers = !asks || (!(p->flow.proto == IPPROTO_TCP && is_syn(&p->tcp)) &&
			    options_have_source(options, p->flow.daddr));
	return (asks && is_to_us(source, frame) && !is_from_us(source, frame)) ||
	       (answers && is_from_us(source, frame));
}

static bool is_stranger(const struct source_pcap *source, const struct pcap_iface *iface,
			const struct frame *frame)
{
	return iface->strangers && has_macs(frame) && is_to_us(source, frame) &&
	       !is_from_us(source, frame);
}

static void take_packet(u_char *user, const struct pcap_pkthdr *header, const u_char *data)
{
	struct reading *r = (void *)user;
	struct source_pcap *source = r->source;
	const struct frame frame = {
		.link_type = r->iface->link_type,
		.data = data,
		.cap_len = header->caplen,
		.frame_len = header->len,
		.time_ns = time_of(r, header),
		.ifindex = (uint32_t)r->iface->link.ifindex,
	};

	r->last_ns = frame.time_ns;
	if (r->err)
		return;
	if (frame_event(&frame, source->ifaces.options, source->event)) {
		if (is_ours(source, &frame))
			r->err = r->to->push(r->to->ctx, (const struct ev_hdr *)source->event);
	} else if (is_stranger(source, r->iface, &frame)) {
		frame_stranger(&frame, source->ifaces.options, &source->strangers);
	}
}

/* What the kernel has dropped since the last call, its ring being full. */
static int push_losses(struct source_pcap *source, uint64_t now_ns, const struct event_sink *to)
{
	struct ev_lost lost = {
		.hdr = {.type = EV_LOST, .size = sizeof(lost), .time_ns = now_ns},
		.since_ns = source->checked_ns,
	};
	struct pcap_iface *iface;
	struct pcap_stat stat;

	source->checked_ns = now_ns;
	for (iface = source->ifaces.first; iface; iface = iface->next) {
		if (!iface->pcap || pcap_stats(iface->pcap, &stat))
			continue;
		lost.events += (uint32_t)(stat.ps_drop - iface->dropped);
		iface->dropped = stat.ps_drop;
	}
	return lost.events ? to->push(to->ctx, &lost.hdr) : 0;
}

static int drain(void *self, uint64_t now_ns, const struct event_sink *to, uint64_t *until_ns)
{
	struct source_pcap *source = self;
	struct reading r = {
		.source = source, .to = to, .now_ns = now_ns, .offset_ns = clock_offset()};
	struct epoll_event events[READ_AT_ONCE];
	struct pcap_iface *iface;
	int ready, n;

	*until_ns = now_ns;
	r.err = push_losses(source, now_ns, to);
	ready = epoll_wait(source->ifaces.epoll, events, READ_AT_ONCE, 0);
	for (int i = 0; i < ready && !r.err; i++) {
		r.iface = iface = events[i].data.ptr;
		n = pcap_dispatch(iface->pcap, PACKETS_AT_ONCE, take_packet, (u_char *)&r);
		if (n < 0)
			pcap_iface_failed(&source->ifaces, iface);
		if (n >= PACKETS_AT_ONCE && r.last_ns < *until_ns)
			*until_ns = r.last_ns;
	}
	return r.err;
}

static int links_changed(void *self, uint64_t now_ns, const struct event_sink *to)
{
	return pcap_ifaces_changed(&((struct source_pcap *)self)->ifaces, now_ns, to);
}

static void strangers(const void *self, struct strangers *out)
{
	*out = ((const struct source_pcap *)self)->strangers;
}

const struct source_ops source_pcap_ops = {
	.open = open_pcap,
	.close = close_pcap,
	.event_fd = event_fd,
	.link_fd = link_fd,
	.open_facts = open_facts,
	.drain = drain,
	.links_changed = links_changed,
	.strangers = strangers,
};
