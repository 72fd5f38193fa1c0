// SPDX-License-Identifier: GPL-2.0-only
// The values that the cause table's texts can name, looked up by name.
#include "values.h"

#include <string.h>

#include "values_internal.h"

bool values_get(void *ctx, const char *name, size_t name_len, char *out, size_t out_len)
{
	const struct value *const tables[] = {values_socket, values_network, values_words};

	for (size_t t = 0; t < sizeof(tables) / sizeof(tables[0]); t++)
		for (const struct value *v = tables[t]; v->name; v++)
			if (strlen(v->name) == name_len && !memcmp(v->name, name, name_len))
				return v->get(ctx, out, out_len);
	return false;
}
