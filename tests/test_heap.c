// SPDX-License-Identifier: GPL-2.0-only
// Unit tests of the heap.
#include <stdlib.h>
#include <string.h>

#include "../user/heap.h"
#include "fixture.h"

enum { NODES = 1000 };

static void test_empty(void **state)
{
	struct heap_node node = {.key = 1};
	struct heap heap = {0};

	(void)state;
	assert_null(heap_first(&heap));
	heap_remove(&heap, &node); /* not in it */
	assert_int_equal(heap.n, 0);
	heap_free(&heap);
}

/* Takes everything out: sorted by key, equal ones by tie. */
static void drain(struct heap *heap, size_t n)
{
	struct heap_node last = {0}, *node;

	for (; n; n--) {
		node = heap_first(heap);
		assert_non_null(node);
		assert_true(last.key < node->key ||
			    (last.key == node->key && last.tie <= node->tie));
		last = *node;
		heap_remove(heap, node);
		assert_int_equal(node->at, 0);
	}
	assert_null(heap_first(heap));
}

static void fill(struct heap *heap, struct heap_node *nodes, uint64_t seed)
{
	memset(nodes, 0, NODES * sizeof(*nodes));
	for (size_t i = 0; i < NODES; i++) {
		nodes[i].key = fx_random(&seed, 300);
		nodes[i].tie = fx_random(&seed, 300);
		assert_int_equal(heap_set(heap, &nodes[i]), 0);
	}
}

static void test_sorts(void **state)
{
	struct heap_node nodes[NODES];
	struct heap heap = {0};

	(void)state;
	for (uint64_t seed = 1; seed <= 20; seed++) {
		fill(&heap, nodes, seed);
		drain(&heap, NODES);
	}
	heap_free(&heap);
}

/* Keys that change in both directions, nodes that leave from the middle and come again. */
static void test_moves(void **state)
{
	struct heap_node nodes[NODES];
	struct heap heap = {0};
	uint64_t seed = 7;

	(void)state;
	fill(&heap, nodes, 3);
	for (unsigned int i = 0; i < 20 * NODES; i++) {
		struct heap_node *node = &nodes[fx_random(&seed, NODES)];

		if (fx_random(&seed, 3) == 0)
			heap_remove(&heap, node);
		node->key = fx_random(&seed, 1000);
		assert_int_equal(heap_set(&heap, node), 0);
	}
	assert_int_equal(heap.n, NODES);
	drain(&heap, NODES);
	heap_free(&heap);
}

static void test_removes(void **state)
{
	struct heap_node nodes[NODES];
	struct heap heap = {0};

	(void)state;
	fill(&heap, nodes, 5);
	for (size_t i = 0; i < NODES; i += 2) {
		heap_remove(&heap, &nodes[i]);
		heap_remove(&heap, &nodes[i]); /* once is enough */
	}
	assert_int_equal(heap.n, NODES / 2);
	drain(&heap, NODES / 2);
	heap_free(&heap);
	assert_null(heap.nodes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_sorts),
		cmocka_unit_test(test_moves),
		cmocka_unit_test(test_removes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
