// SPDX-License-Identifier: GPL-2.0-only
// A growing array.
#include <stdlib.h>
#include <string.h>

#include "facts_internal.h"

void *vec_push(struct vec *vec)
{
	size_t cap = vec->cap ? vec->cap * 2 : 8;
	char *data = vec->data;

	if (vec->n == vec->cap) {
		data = reallocarray(vec->data, cap, vec->size);
		if (!data)
			return NULL;
		vec->data = data;
		vec->cap = cap;
	}
	return memset(data + vec->n++ * vec->size, 0, vec->size);
}

void vec_free(struct vec *vec)
{
	free(vec->data);
	*vec = (struct vec){.size = vec->size};
}
