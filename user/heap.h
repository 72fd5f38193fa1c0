/* SPDX-License-Identifier: GPL-2.0-only */
/* A binary min-heap of 64-bit keys whose entries know their place, so that a key can change. */
#ifndef CLBTRACE_HEAP_H
#define CLBTRACE_HEAP_H

#include <stddef.h>
#include <stdint.h>

/* Embedded in what is kept in a heap. */
struct heap_node {
	uint64_t key;
	uint64_t tie; /* equal keys: the smaller one first */
	size_t at;    /* place + 1; 0: not in a heap */
};

struct heap {
	struct heap_node **nodes;
	size_t n;
	size_t room;
};

/* Adds the node, or moves it after its key changed. Returns 0 or -ENOMEM (adding only). */
int heap_set(struct heap *heap, struct heap_node *node);
void heap_remove(struct heap *heap, struct heap_node *node);
/* The node with the smallest key, NULL if empty. */
struct heap_node *heap_first(const struct heap *heap);
void heap_free(struct heap *heap);

#endif
