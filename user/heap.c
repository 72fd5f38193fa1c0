// SPDX-License-Identifier: GPL-2.0-only
// A binary min-heap of 64-bit keys whose entries know their place, so that a key can change.
#include "heap.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

static bool before(const struct heap_node *a, const struct heap_node *b)
{
	return a->key != b->key ? a->key < b->key : a->tie < b->tie;
}

static void place(struct heap *heap, struct heap_node *node, size_t i)
{
	heap->nodes[i] = node;
	node->at = i + 1;
}

static void sift(struct heap *heap, struct heap_node *node)
{
	size_t i = node->at - 1;

	while (i > 0 && before(node, heap->nodes[(i - 1) / 2])) {
		place(heap, heap->nodes[(i - 1) / 2], i);
		i = (i - 1) / 2;
	}
	for (;;) {
		size_t child = 2 * i + 1;

		if (child + 1 < heap->n && before(heap->nodes[child + 1], heap->nodes[child]))
			child++;
		if (child >= heap->n || !before(heap->nodes[child], node))
			break;
		place(heap, heap->nodes[child], i);
		i = child;
	}
	place(heap, node, i);
}

int heap_set(struct heap *heap, struct heap_node *node)
{
	if (!node->at) {
		if (heap->n == heap->room) {
			size_t room = heap->room ? 2 * heap->room : 64;
			struct heap_node **nodes = realloc(heap->nodes, room * sizeof(*nodes));

			if (!nodes)
				return -ENOMEM;
			heap->nodes = nodes;
			heap->room = room;
		}
		place(heap, node, heap->n++);
	}
	sift(heap, node);
	return 0;
}

void heap_remove(struct heap *heap, struct heap_node *node)
{
	struct heap_node *last;

	if (!node->at)
		return;
	last = heap->nodes[--heap->n];
	if (last != node) {
		place(heap, last, node->at - 1);
		sift(heap, last);
	}
	node->at = 0;
}

struct heap_node *heap_first(const struct heap *heap)
{
	return heap->n ? heap->nodes[0] : NULL;
}

void heap_free(struct heap *heap)
{
	free(heap->nodes);
	*heap = (struct heap){0};
}
