// SPDX-License-Identifier: GPL-2.0-only
// Keeps answers for a moment while there are many requests.
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "facts_internal.h"
#include "flow.h"

#define BUSY_PER_SEC 50

int record_add(struct record *record, const void *event, size_t size)
{
	size_t cap = record->cap ? record->cap : 1024;
	uint8_t *data;

	while (cap < record->len + size)
		cap *= 2;
	if (cap != record->cap) {
		data = realloc(record->data, cap);
		if (!data)
			return -ENOMEM;
		record->data = data;
		record->cap = cap;
	}
	memcpy(record->data + record->len, event, size);
	record->len += size;
	return 0;
}

bool rate_count(struct rate *rate, uint64_t now_ns)
{
	uint64_t age = now_ns - rate->start_ns;

	if (age >= NS_PER_SEC) {
		rate->last = age < 2 * NS_PER_SEC ? rate->count : 0;
		rate->count = 0;
		rate->start_ns = now_ns;
	}
	rate->count++;
	return rate->count > BUSY_PER_SEC || rate->last > BUSY_PER_SEC;
}

struct cache_slot *cache_find(struct cache_slot slots[CACHE_SLOTS], const struct cache_key *key,
			      uint64_t now_ns, bool *fresh)
{
	uint64_t hash = flow_hash(&key->flow) + flow_hash(&key->service) * 31 + key->ifindex +
			key->netns + key->need * 0x9e3779b97f4a7c15ULL;
	struct cache_slot *slot = &slots[(hash ^ hash >> 32) % CACHE_SLOTS];

	*fresh = slot->time_ns && now_ns - slot->time_ns < REUSE_NS &&
		 !memcmp(&slot->key, key, sizeof(*key));
	return slot;
}
