// SPDX-License-Identifier: GPL-2.0-only
// The values that the cause table's texts can name, looked up by name.
#include "values.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "escape.h"
#include "values_internal.h"

bool value_put(char *out, size_t out_len, const char *text)
{
	snprintf(out, out_len, "%s", text);
	return true;
}

bool value_put_number(char *out, size_t out_len, int64_t number)
{
	snprintf(out, out_len, "%" PRId64, number);
	return true;
}

/* Names that somebody else chose. */
static bool is_foreign_name(const char *name)
{
	static const char *const foreign[] = {"if",	   "out_if",	   "src_if",
					      "sysctl_if", "listener_dev", "sni"};

	for (size_t i = 0; i < sizeof(foreign) / sizeof(foreign[0]); i++)
		if (!strcmp(name, foreign[i]))
			return true;
	return false;
}

static bool get(const struct value *v, const struct values_of *of, char *out, size_t out_len)
{
	char plain[512];

	if (!of->quote || !is_foreign_name(v->name))
		return v->get(of, out, out_len);
	if (!v->get(of, plain, sizeof(plain)))
		return false;
	shell_word(plain, out, out_len);
	return true;
}

bool values_get(void *ctx, const char *name, size_t name_len, char *out, size_t out_len)
{
	const struct value *const tables[] = {values_socket,  values_service,  values_network,
					      values_filters, values_exchange, values_tls,
					      values_words,   values_capture};

	for (size_t t = 0; t < sizeof(tables) / sizeof(tables[0]); t++)
		for (const struct value *v = tables[t]; v->name; v++)
			if (strlen(v->name) == name_len && !memcmp(v->name, name, name_len))
				return get(v, ctx, out, out_len);
	return false;
}
