// SPDX-License-Identifier: GPL-2.0-only
// The small template language of the cause table's texts.
#include "template.h"

#include <string.h>

struct writer {
	char *out;
	size_t len;
	size_t at;
};

static void put(struct writer *w, const char *text, size_t len)
{
	size_t room = w->len - 1 - w->at;

	if (len > room)
		len = room;
	memcpy(w->out + w->at, text, len);
	w->at += len;
	w->out[w->at] = 0;
}

/* text points behind the '{'. Returns behind the '}', or NULL if the name has no value. */
static const char *put_value(struct writer *w, const char *text,
			     const struct template_values *values)
{
	size_t len = strcspn(text, "}");
	char value[512];

	if (!values->value(values->ctx, text, len, value, sizeof(value)))
		return NULL;
	put(w, value, strlen(value));
	return text + len + (text[len] == '}');
}

/* text points behind the '['; rolls back what was written if a name in it has no value. */
static const char *put_optional(struct writer *w, const char *text,
				const struct template_values *values)
{
	const char *end = strchr(text, ']');
	size_t start = w->at;

	if (!end)
		end = text + strlen(text);
	while (text && text < end) {
		if (*text == '{') {
			text = put_value(w, text + 1, values);
		} else {
			text += *text == '\\' && text + 1 < end;
			put(w, text++, 1);
		}
	}
	if (!text) {
		w->at = start;
		w->out[start] = 0;
	}
	return *end ? end + 1 : end;
}

bool template_expand(const char *text, const struct template_values *values, char *out,
		     size_t out_len)
{
	struct writer w = {.out = out, .len = out_len};

	out[0] = 0;
	while (*text) {
		if (*text == '{') {
			text = put_value(&w, text + 1, values);
			if (!text) {
				out[0] = 0;
				return false;
			}
		} else if (*text == '[') {
			text = put_optional(&w, text + 1, values);
		} else {
			text += *text == '\\' && text[1];
			put(&w, text++, 1);
		}
	}
	return w.at > 0;
}
