// SPDX-License-Identifier: GPL-2.0-only
// The packets of a recording: each is held until its way is known, and gets the verdict it decided.
#include <errno.h>
#include <inttypes.h>
#include <linux/if_packet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "escape.h"
#include "flow.h"
#include "packet_sight.h"
#include "pcapng.h"
#include "record_internal.h"
#include "steps.h"

enum {
	ENTRIES = 1 << 16, /* packets remembered, for what is decided about them later */
	BUCKETS = 1 << 14,
	HELD_MAX = 4096, /* packets held; then the oldest is written with what is known */
	WAY_LEN = 1000,
	LINE_LEN = 512,
	RESERVE = 4 + LINE_LEN,
};

/* A packet whose probe has no verdict yet is held so long. */
#define HOLD_NS 300000000ULL

struct held {
	const uint8_t *frame; /* NULL: it was not seen where frames are */
	uint64_t time_ns;     /* of the frame */
	uint32_t ifindex;
	uint32_t cap_len;
	uint32_t frame_len;
	bool outbound;
	size_t way_len;
	char first[VERDICT_STEP_LEN]; /* its first step */
	char way[WAY_LEN];
	char verdict[LINE_LEN];
};

struct entry {
	struct packet_sight sight;
	struct held *held;   /* NULL: written, or there was nothing to write */
	uint64_t reserve_at; /* where in its file a verdict can be put; 0: nowhere */
	uint32_t part;	     /* that file */
	uint32_t next;	     /* the next older one in its bucket: its number + 1 */
	bool judged;	     /* its probe has had its verdict */
};

struct record_packets {
	uint64_t added; /* entries, ever: number added % ENTRIES comes next */
	uint64_t released;
	uint32_t buckets[BUCKETS]; /* the newest entry's number + 1 */
	struct entry entries[ENTRIES];
};

int record_packets_new(struct record_packets **out)
{
	/* Large, but only what is used takes memory. */
	*out = calloc(1, sizeof(**out));
	return *out ? 0 : -ENOMEM;
}

static void free_held(struct entry *entry)
{
	if (entry->held)
		free((void *)entry->held->frame);
	free(entry->held);
	entry->held = NULL;
}

void record_packets_free(struct record_packets *packets)
{
	if (!packets)
		return;
	for (; packets->released < packets->added; packets->released++)
		free_held(&packets->entries[packets->released % ENTRIES]);
	free(packets);
}

/* Both directions of a connection are in one bucket. */
static uint32_t *bucket_of(struct record_packets *packets, const struct ev_flow *flow)
{
	const struct ev_flow back = flow_reverse(flow);

	return &packets->buckets[(flow_hash(flow) ^ flow_hash(&back)) % BUCKETS];
}

static struct entry *entry_of(struct record_packets *packets, uint32_t number_and_1)
{
	return number_and_1 ? &packets->entries[number_and_1 - 1] : NULL;
}

/* Takes the oldest entry, which is the last of its bucket, out of it. */
static void forget(struct record_packets *packets, uint32_t number)
{
	struct entry *entry = &packets->entries[number];
	uint32_t *at = bucket_of(packets, &entry->sight.flow);

	while (*at && *at != number + 1)
		at = &packets->entries[*at - 1].next;
	if (*at)
		*at = entry->next;
}

/* The packet of this connection that was seen before, either way. */
static bool was_judged(struct record_packets *packets, const struct packet_sight *sight)
{
	const struct ev_flow back = flow_reverse(&sight->flow);
	const struct entry *entry = entry_of(packets, *bucket_of(packets, &sight->flow));

	for (; entry; entry = entry_of(packets, entry->next))
		if (flow_equal(&entry->sight.flow, &sight->flow) ||
		    flow_equal(&entry->sight.flow, &back))
			return entry->judged && !begins_attempt(&sight->flow, &sight->tcp);
	return false;
}

static struct entry *add(struct record *record, const struct packet_sight *sight)
{
	struct record_packets *packets = record->packets;
	uint32_t number = (uint32_t)(packets->added % ENTRIES), *bucket;
	struct held *held = calloc(1, sizeof(*held));
	struct entry *entry = &packets->entries[number];
	bool judged;

	if (!held)
		return NULL;
	if (packets->added >= ENTRIES)
		forget(packets, number);
	judged = was_judged(packets, sight);
	bucket = bucket_of(packets, &sight->flow);
	*entry = (struct entry){.sight = *sight, .held = held, .next = *bucket, .judged = judged};
	*bucket = number + 1;
	packets->added++;
	return entry;
}

/* What the events say about a packet; false: it is about none. Of some, the address has to do. */
static bool sight_of(const struct ev_hdr *ev, struct packet_sight *out, bool *by_address)
{
	const struct ev_packet *packet = (const void *)ev;
	const struct ev_drop *drop = (const void *)ev;
	const struct ev_reset *reset = (const void *)ev;

	*by_address = ev->type == EV_SOCKET || ev->type == EV_ICMP;
	if (ev->type == EV_PACKET)
		*out = packet_sight(packet);
	else if (ev->type == EV_DROP)
		*out = (struct packet_sight){.flow = drop->flow, .tcp = drop->tcp};
	else if (ev->type == EV_RESET && !reset->active)
		*out = (struct packet_sight){.flow = reset->flow, .tcp = reset->tcp};
	else if (ev->type == EV_SOCKET ||
		 (ev->type == EV_ICMP && !((const struct ev_icmp *)ev)->at_exit))
		*out = (struct packet_sight){.flow = *(const struct ev_flow *)(ev + 1)};
	else
		return false;
	out->skb = ev->skb;
	out->time_ns = ev->time_ns;
	return true;
}

/* The packet that is still held, NULL if there is none. */
static struct entry *find(struct record_packets *packets, const struct packet_sight *sight,
			  bool by_address)
{
	struct entry *entry = entry_of(packets, *bucket_of(packets, &sight->flow));

	for (; entry; entry = entry_of(packets, entry->next)) {
		struct packet_sight wanted = *sight;

		if (by_address)
			wanted.tcp = entry->sight.tcp;
		if (by_address && !wanted.skb)
			continue;
		if (packet_is_same(&entry->sight, &wanted))
			return entry;
	}
	return NULL;
}

/* The words that two steps begin with are not said again. */
static const char *new_words(const char *first, const char *what)
{
	size_t same = 0;

	while (first[same] && first[same] == what[same])
		same++;
	while (same && what[same - 1] != ' ')
		same--;
	if (same > 4 && !strncmp(what + same - 4, " on ", 4))
		same -= 3;
	return what + same;
}

static void add_step(struct record *record, struct entry *entry, const struct ev_hdr *ev)
{
	int64_t us = ((int64_t)ev->time_ns - (int64_t)entry->sight.time_ns) / 1000;
	struct held *held = entry->held;
	struct verdict_step step = {0};
	const char *what = step.what;

	if (!step_of_event(ev, &record->host, &step))
		return;
	if (held->way_len)
		what = new_words(held->first, step.what);
	else
		snprintf(held->first, sizeof(held->first), "%s", step.what);
	escape_tame(step.what);
	held->way_len += (size_t)snprintf(held->way + held->way_len, WAY_LEN - held->way_len,
					  "%s%" PRId64 " us %s: %s", held->way_len ? "; " : "", us,
					  step.at, what);
	if (held->way_len >= WAY_LEN)
		held->way_len = WAY_LEN - 1;
}

static void add_frame(struct held *held, const struct ev_packet *packet)
{
	uint8_t *frame = malloc(PACKET_ETHERNET_LEN + packet->cap_len);

	if (!frame)
		return;
	held->cap_len = packet_frame(packet, frame, &held->frame_len);
	held->frame = frame;
	held->time_ns = packet->hdr.time_ns;
	held->ifindex = packet->ifindex;
	held->outbound = packet->waypoint == WP_TC_EGRESS || packet->pkt_type == PACKET_OUTGOING;
}

static void write_packet(struct record *record, struct entry *entry)
{
	const struct held *held = entry->held;
	struct pcapng_packet packet = {
		.wall_ns = held->time_ns + record->wall_offset_ns,
		.frame = held->frame,
		.cap_len = held->cap_len,
		.frame_len = held->frame_len,
		.outbound = held->outbound,
		.comments = {held->way, held->verdict},
		.reserve = entry->judged ? 0 : RESERVE,
	};
	size_t reserve_at;

	packet.interface = record_interface_id(record, held->ifindex);
	record->interfaces[packet.interface].packets++;
	reserve_at = pcapng_put_packet(&record->out, &packet);
	if (reserve_at)
		entry->reserve_at = record->file.len + reserve_at;
	entry->part = record->part;
}

static uint64_t due_ns(const struct entry *entry)
{
	return entry->sight.time_ns + (entry->judged ? PACKET_WAY_NS : HOLD_NS);
}

/* In the order in which they came: those that are due, and more if more than hold are held. */
static void release(struct record *record, uint64_t hold)
{
	struct record_packets *packets = record->packets;

	record_end_block(record);
	for (; packets->released < packets->added; packets->released++) {
		struct entry *entry = &packets->entries[packets->released % ENTRIES];

		if (packets->added - packets->released <= hold && due_ns(entry) > record->now_ns)
			return;
		if (entry->held->frame)
			write_packet(record, entry);
		free_held(entry);
	}
}

void record_packets_release(struct record *record, bool all)
{
	release(record, all ? 0 : HELD_MAX);
}

void record_packets_event(struct record *record, const struct ev_hdr *ev)
{
	struct packet_sight sight;
	struct entry *entry;
	bool by_address;

	if (!sight_of(ev, &sight, &by_address))
		return;
	entry = find(record->packets, &sight, by_address);
	if (!entry && ev->type == EV_PACKET)
		entry = add(record, &sight);
	if (!entry)
		return;
	if (!entry->sight.skb)
		entry->sight.skb = sight.skb;
	if (!entry->held)
		return;
	if (!entry->held->frame && packet_has_frame(ev))
		add_frame(entry->held, (const void *)ev);
	add_step(record, entry, ev);
	if (record->packets->added - record->packets->released > HELD_MAX)
		release(record, HELD_MAX / 2);
}

uint64_t record_deadline(const struct record *record)
{
	const struct record_packets *packets = record->packets;
	const struct entry *entry = &packets->entries[packets->released % ENTRIES];

	if (record->err || packets->released == packets->added)
		return UINT64_MAX;
	return due_ns(entry);
}

/* The last packet before the outcome was decided, of those that have a place for the verdict. */
static struct entry *find_decisive(struct record_packets *packets, const struct verdict *v)
{
	const uint64_t decided_ns = v->first_ns + v->duration_us * 1000 + 999;
	const struct ev_flow back = flow_reverse(&v->probe);
	struct entry *entry = entry_of(packets, *bucket_of(packets, &v->probe)), *best = NULL;

	for (; entry; entry = entry_of(packets, entry->next)) {
		uint64_t at = entry->sight.time_ns;

		if (!flow_equal(&entry->sight.flow, &v->probe) &&
		    !flow_equal(&entry->sight.flow, &back))
			continue;
		if (at + PACKET_WAY_NS < v->first_ns)
			break;
		entry->judged = true;
		if (!entry->reserve_at && (!entry->held || !entry->held->frame))
			continue;
		/* Without one before, the earliest. */
		if (!best || (best->sight.time_ns > decided_ns && at < best->sight.time_ns) ||
		    (at <= decided_ns && at > best->sight.time_ns))
			best = entry;
	}
	return best;
}

static void patch(struct record *record, struct entry *entry, const char *line)
{
	int fd = entry->part == record->part	   ? record->file.fd
		 : entry->part + 1 == record->part ? record->file.previous_fd
						   : -1;
	uint64_t at = entry->reserve_at;
	uint8_t bytes[RESERVE];

	pcapng_fill_reserve(bytes, sizeof(bytes), line);
	if (entry->part == record->part && at >= record->file.len) {
		if (at - record->file.len + RESERVE <= record->out.len)
			memcpy(record->out.data + (at - record->file.len), bytes, sizeof(bytes));
	} else if (fd >= 0 && pwrite(fd, bytes, sizeof(bytes), (off_t)at) != sizeof(bytes)) {
		record->err = -EIO;
	}
	entry->reserve_at = 0;
}

void record_verdict(struct record *record, const struct verdict *v)
{
	struct entry *entry = find_decisive(record->packets, v);
	char line[LINE_LEN];

	if (!entry || record->err)
		return;
	snprintf(line, sizeof(line), "%s: %s%s%s%s%s%s: %.420s",
		 v->revised ? "revised verdict" : "verdict", outcome_name(v->outcome),
		 v->outcome == OUTCOME_FAILED ? ", " : "",
		 v->outcome == OUTCOME_FAILED ? v->cause : "",
		 v->outcome == OUTCOME_FAILED ? " (" : "",
		 v->outcome == OUTCOME_FAILED ? confidence_name(v->confidence) : "",
		 v->outcome == OUTCOME_FAILED ? ")" : "", v->summary);
	if (entry->held)
		memcpy(entry->held->verdict, line, sizeof(line));
	else
		patch(record, entry, line);
}
