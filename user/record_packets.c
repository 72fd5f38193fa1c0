// SPDX-License-Identifier: GPL-2.0-only
// The packets of a recording: each is held until its way is known.
#include <errno.h>
#include <inttypes.h>
#include <linux/if_packet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "escape.h"
#include "flow.h"
#include "packet_rebuild.h"
#include "pcapng.h"
#include "record_packets.h"
#include "steps.h"

enum { HOOK_OUTPUT = 3 }; /* NF_INET_LOCAL_OUT; behind it is NF_INET_POST_ROUTING only */

/* A packet whose probe has no verdict yet is held so long. */
#define HOLD_NS 300000000ULL
/* A SYN of the same number is sent again after a second (RFC 6298 section 2). */
#define RETRANSMIT_NS 900000000ULL

int record_packets_new(struct record_packets **out)
{
	/* Large, but only what is used takes memory. */
	*out = calloc(1, sizeof(**out));
	return *out ? 0 : -ENOMEM;
}

static void free_held(struct packet_entry *entry)
{
	if (entry->held)
		free(entry->held->frame);
	free(entry->held);
	entry->held = NULL;
}

void record_packets_free(struct record_packets *packets)
{
	if (!packets)
		return;
	for (; packets->released < packets->added; packets->released++)
		free_held(&packets->entries[packets->released % PACKET_ENTRIES]);
	free(packets);
}

uint32_t *record_bucket(struct record_packets *packets, const struct ev_flow *flow)
{
	const struct ev_flow back = flow_reverse(flow);

	return &packets->buckets[(flow_hash(flow) ^ flow_hash(&back)) % PACKET_BUCKETS];
}

struct packet_entry *record_entry(struct record_packets *packets, uint32_t number_and_1)
{
	return number_and_1 ? &packets->entries[number_and_1 - 1] : NULL;
}

/* Takes the oldest entry, which is the last of its bucket, out of it. */
static void forget(struct record_packets *packets, uint32_t number)
{
	struct packet_entry *entry = &packets->entries[number];
	uint32_t *at = record_bucket(packets, &entry->sight.flow);

	while (*at && *at != number + 1)
		at = &packets->entries[*at - 1].next;
	if (*at)
		*at = entry->next;
}

/* The packet of this connection that was seen before, either way. */
static bool was_judged(struct record_packets *packets, const struct packet_sight *sight)
{
	const struct ev_flow back = flow_reverse(&sight->flow);
	const struct packet_entry *entry =
		record_entry(packets, *record_bucket(packets, &sight->flow));

	for (; entry; entry = record_entry(packets, entry->next))
		if (flow_equal(&entry->sight.flow, &sight->flow) ||
		    flow_equal(&entry->sight.flow, &back))
			return entry->judged && !begins_attempt(&sight->flow, &sight->tcp);
	return false;
}

static struct packet_entry *add(struct record *record, const struct packet_sight *sight)
{
	struct record_packets *packets = record->packets;
	uint32_t number = (uint32_t)(packets->added % PACKET_ENTRIES), *bucket;
	struct packet_held *held = calloc(1, sizeof(*held));
	struct packet_entry *entry = &packets->entries[number];
	bool judged;

	if (!held)
		return NULL;
	if (packets->added >= PACKET_ENTRIES)
		forget(packets, number);
	judged = was_judged(packets, sight);
	bucket = record_bucket(packets, &sight->flow);
	*entry = (struct packet_entry){
		.sight = *sight, .held = held, .next = *bucket, .judged = judged};
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
static struct packet_entry *find(struct record_packets *packets, const struct packet_sight *sight,
				 bool by_address)
{
	struct packet_entry *entry = record_entry(packets, *record_bucket(packets, &sight->flow));

	for (; entry; entry = record_entry(packets, entry->next)) {
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

static void add_step(struct record *record, struct packet_entry *entry, const struct ev_hdr *ev)
{
	int64_t us = ((int64_t)ev->time_ns - (int64_t)entry->sight.time_ns) / 1000;
	struct packet_held *held = entry->held;
	struct verdict_step step = {0};
	const char *what = step.what;

	if (!step_of_event(ev, &record->host, &step))
		return;
	if (held->way_len)
		what = new_words(held->first, step.what);
	else
		snprintf(held->first, sizeof(held->first), "%s", step.what);
	escape_tame(step.what);
	held->way_len += (size_t)snprintf(held->way + held->way_len, PACKET_WAY_LEN - held->way_len,
					  "%s%" PRId64 " us %s: %s", held->way_len ? "; " : "", us,
					  step.at, what);
	if (held->way_len >= PACKET_WAY_LEN)
		held->way_len = PACKET_WAY_LEN - 1;
}

static void add_frame(struct packet_held *held, const struct ev_packet *packet)
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

static const char rebuilt[] =
	"no frame of this packet was seen: this is made of what is known of its headers";

static void write_packet(struct record *record, struct packet_entry *entry)
{
	const struct packet_held *held = entry->held;
	struct pcapng_packet packet = {
		.wall_ns = held->time_ns + record->wall_offset_ns,
		.frame = held->frame,
		.cap_len = held->cap_len,
		.frame_len = held->frame_len,
		.outbound = held->outbound,
		.comments = {held->way, held->verdict, held->rebuilt ? rebuilt : NULL},
		.reserve = entry->judged ? 0 : VERDICT_RESERVE,
	};
	size_t reserve_at;

	packet.interface = record_interface_id(record, held->ifindex);
	record->interfaces[packet.interface].packets++;
	reserve_at = pcapng_put_packet(&record->out, &packet);
	if (reserve_at)
		entry->reserve_at = record->file.len + reserve_at;
	entry->part = record->part;
}

/* A packet that is dropped before frames are seen is known by its headers. */
static void rebuild_frame(struct packet_entry *entry, const struct ev_drop *drop)
{
	struct packet_held *held = entry->held;
	uint8_t *frame = malloc(PACKET_REBUILT_MAX);
	uint32_t len = 0;

	if (frame)
		len = packet_rebuild(&drop->flow, &drop->tcp, frame, &held->frame_len);
	if (!len) {
		free(frame);
		return;
	}
	held->frame = frame;
	held->cap_len = len;
	held->time_ns = entry->sight.time_ns;
	held->rebuilt = true;
	if (!held->ifindex)
		held->ifindex = drop->ifindex;
}

static void take_frame(struct packet_entry *entry, const struct ev_hdr *ev)
{
	const struct ev_packet *packet = (const void *)ev;

	if (entry->held->frame)
		return;
	if (packet_has_frame(ev)) {
		add_frame(entry->held, packet);
	} else if (ev->type == EV_PACKET && packet->waypoint == WP_NETFILTER) {
		entry->held->ifindex = packet->ifindex;
		entry->held->outbound = packet->hook >= HOOK_OUTPUT;
	} else if (ev->type == EV_DROP) {
		rebuild_frame(entry, (const void *)ev);
	}
}

/* A SYN that is dropped before it is seen anywhere; not one that was seen and is dropped late. */
static bool is_new_attempt(struct record_packets *packets, const struct packet_sight *sight)
{
	const struct packet_entry *entry =
		record_entry(packets, *record_bucket(packets, &sight->flow));

	if (!begins_attempt(&sight->flow, &sight->tcp))
		return false;
	for (; entry; entry = record_entry(packets, entry->next))
		if (flow_equal(&entry->sight.flow, &sight->flow) &&
		    entry->sight.tcp.seq == sight->tcp.seq &&
		    entry->sight.time_ns + RETRANSMIT_NS > sight->time_ns)
			return false;
	return true;
}

static uint64_t due_ns(const struct packet_entry *entry)
{
	return entry->sight.time_ns + (entry->judged ? PACKET_WAY_NS : HOLD_NS);
}

/* In the order in which they came: those that are due, and more if more than hold are held. */
static void release(struct record *record, uint64_t hold)
{
	struct record_packets *packets = record->packets;

	record_end_block(record);
	for (; packets->released < packets->added; packets->released++) {
		struct packet_entry *entry = &packets->entries[packets->released % PACKET_ENTRIES];

		if (packets->added - packets->released <= hold && due_ns(entry) > record->now_ns)
			return;
		if (entry->held->frame)
			write_packet(record, entry);
		free_held(entry);
	}
}

void record_packets_release(struct record *record, bool all)
{
	release(record, all ? 0 : PACKETS_HELD_MAX);
}

void record_packets_event(struct record *record, const struct ev_hdr *ev)
{
	struct packet_sight sight;
	struct packet_entry *entry;
	bool by_address;

	if (!sight_of(ev, &sight, &by_address))
		return;
	entry = find(record->packets, &sight, by_address);
	if (!entry && (ev->type == EV_PACKET ||
		       (ev->type == EV_DROP && is_new_attempt(record->packets, &sight))))
		entry = add(record, &sight);
	if (!entry)
		return;
	if (!entry->sight.skb)
		entry->sight.skb = sight.skb;
	if (!entry->held)
		return;
	take_frame(entry, ev);
	add_step(record, entry, ev);
	if (record->packets->added - record->packets->released > PACKETS_HELD_MAX)
		release(record, PACKETS_HELD_MAX / 2);
}

uint64_t record_deadline(const struct record *record)
{
	const struct record_packets *packets = record->packets;
	const struct packet_entry *entry = &packets->entries[packets->released % PACKET_ENTRIES];

	if (record->err || packets->released == packets->added)
		return UINT64_MAX;
	return due_ns(entry);
}
