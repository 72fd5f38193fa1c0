/* SPDX-License-Identifier: GPL-2.0-only */
/* Maps and configuration of all programs; weak, so that the linker keeps one of each. */
#ifndef CLBTRACE_MAPS_BPF_H
#define CLBTRACE_MAPS_BPF_H

#include "kernel.h"

#include "shared.h"

char LICENSE[] __weak SEC("license") = "GPL";

/* Set before load. Bit b of the bitmaps: some source's first address byte is b. */
const volatile __u32 own_netns __weak = 0;
const volatile __u32 has_ports __weak = 0;
const volatile __u32 has_udp __weak = 0; /* 0: the verifier takes out all that is for it */
const volatile __u64 first_v4[4] __weak = {};
const volatile __u64 first_v6[4] __weak = {};

/*
 * The same of these and of the sources in the map aliases: most packets are rejected by it alone.
 * Set before load as first_v4 and first_v6. Of what passes, one byte more is looked at, the last:
 * an alias is often of the network that most of a host's traffic is in. A byte each, never cleared:
 * kernels before 5.12 have no atomic or.
 */
__u8 known_v4[256] __weak = {};
__u8 known_v6[256] __weak = {};
__u8 alias_last[256] __weak = {};

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 16 << 20);
} events __weak SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 65536);
	__type(key, struct source_key);
	__type(value, __u32);
} sources __weak SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 65536); /* options->max_probes */
	__type(key, struct ev_flow);
	__type(value, struct conn);
} connections __weak SEC(".maps");

/* Flows of connections whose addresses were translated, to the keys in the map connections. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 65536 * ALIASES); /* options->max_probes */
	__type(key, struct ev_flow);
	__type(value, struct ev_flow);
} aliases __weak SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct port_set);
} ports __weak SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct loss);
} losses __weak SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct stranger);
} strangers __weak SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, IN_FLIGHTS);
	__type(key, __u32);
	__type(value, struct in_flight);
} in_flights __weak SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, NF_SLOTS * 2 * NF_HOOKS);
	__type(key, __u32);
	__type(value, __s32);
} nf_priorities __weak SEC(".maps");

static __always_inline bool has_byte(const volatile __u64 bitmap[4], __u8 byte)
{
	return bitmap[byte >> 6] >> (byte & 63) & 1;
}

/* Whether this may be a source's address or an alias's; bitmap: first_v4 or first_v6. */
static __always_inline bool maybe_known(const volatile __u64 bitmap[4], __u8 first, __u8 last)
{
	return has_byte(bitmap, first) || alias_last[last];
}

static __always_inline bool is_source(const __u8 addr[16])
{
	struct source_key key = {.prefix_len = 128};

	__builtin_memcpy(key.addr, addr, 16);
	return bpf_map_lookup_elem(&sources, &key);
}

static __always_inline bool is_wanted_port(__u16 port)
{
	struct port_set *set;
	__u32 zero = 0;

	if (!has_ports)
		return true;
	set = bpf_map_lookup_elem(&ports, &zero);
	return set && set->bits[port >> 6] >> (port & 63) & 1;
}

static __always_inline void count_lost_event(void)
{
	__u32 zero = 0;
	struct loss *loss = bpf_map_lookup_elem(&losses, &zero);

	if (loss)
		__sync_fetch_and_add(&loss->events, 1);
}

static __always_inline void count_evicted(void)
{
	__u32 zero = 0;
	struct loss *loss = bpf_map_lookup_elem(&losses, &zero);

	if (loss)
		__sync_fetch_and_add(&loss->evicted, 1);
}

/*
 * Room in the ring for an event, its fixed part (size bytes) zeroed and its header filled in. room
 * is what is reserved, a constant; header.size says how much of it is valid.
 */
static __always_inline void *event_begin(__u16 type, __u32 size, __u32 room, __u64 skb)
{
	struct ev_hdr *hdr = bpf_ringbuf_reserve(&events, room, 0);

	if (!hdr) {
		count_lost_event();
		return NULL;
	}
	__builtin_memset(hdr, 0, size);
	hdr->type = type;
	hdr->size = size;
	hdr->cpu = bpf_get_smp_processor_id();
	hdr->time_ns = bpf_ktime_get_ns();
	hdr->skb = skb;
	return hdr;
}

#define EVENT_BEGIN(type, id, skb)                                                                 \
	((struct type *)event_begin(id, sizeof(struct type), sizeof(struct type), skb))

#endif
