// SPDX-License-Identifier: GPL-2.0-only
// Reads which container a process belongs to from its cgroup paths.
#define _GNU_SOURCE /* memmem */
#include <stdlib.h>
#include <string.h>

#include "facts_internal.h"

enum {
	ID_LEN = 64,	   /* hexadecimal digits of a container's id */
	ID_SHOWN_LEN = 12, /* that docker ps and crictl ps show */
};

/* How sure a form is: the id is looked for in every line before a name is taken. */
enum form { FORM_NONE, FORM_MACHINE, FORM_LXC, FORM_ID };

/* Part of a path. */
struct span {
	const char *text;
	size_t len;
};

static bool has_prefix(struct span part, const char *prefix)
{
	return part.len >= strlen(prefix) && !strncmp(part.text, prefix, strlen(prefix));
}

static bool cut_prefix(struct span *part, const char *prefix)
{
	if (!has_prefix(*part, prefix))
		return false;
	part->text += strlen(prefix);
	part->len -= strlen(prefix);
	return part->len > 0;
}

static bool cut_suffix(struct span *part, const char *suffix)
{
	size_t len = strlen(suffix);

	if (part->len <= len || strncmp(part->text + part->len - len, suffix, len))
		return false;
	part->len -= len;
	return true;
}

/*
 * ID alone (cgroupfs drivers), or behind the runtime's name: docker-ID.scope, cri-containerd-ID,
 * crio-ID, libpod-ID, kubepods-...slice:cri-containerd:ID. crio-conmon-ID and libpod-conmon-ID are
 * the monitor's, outside the container.
 */
static bool parse_id(struct span part, struct span *out)
{
	const char *id;

	cut_suffix(&part, ".scope");
	if (part.len < ID_LEN)
		return false;
	id = part.text + part.len - ID_LEN;
	if (strspn(id, "0123456789abcdef") < ID_LEN)
		return false;
	part.len -= ID_LEN;
	if (part.len && part.text[part.len - 1] != '-' && part.text[part.len - 1] != ':')
		return false;
	if (part.len && memmem(part.text, part.len, "conmon", 6))
		return false;
	*out = (struct span){id, ID_SHOWN_LEN};
	return true;
}

/* before: the part in front of it. lxc.monitor.NAME is outside the container. */
static bool parse_lxc(struct span part, struct span before, struct span *out)
{
	*out = part;
	if (cut_prefix(out, "lxc.payload."))
		return true;
	return (before.len == 3 && has_prefix(before, "lxc")) ||
	       (before.len == 11 && has_prefix(before, "lxc.payload"));
}

/* systemd-machined's: machine-NAME.scope, or nspawn's own unit, both below machine.slice. */
static bool parse_machine(struct span part, struct span before, struct span *out)
{
	if (before.len != 13 || !has_prefix(before, "machine.slice"))
		return false;
	*out = part;
	if (cut_prefix(out, "machine-"))
		return cut_suffix(out, ".scope");
	return cut_prefix(out, "systemd-nspawn@") && cut_suffix(out, ".service");
}

static enum form parse_part(struct span part, struct span before, struct span *out)
{
	if (parse_id(part, out))
		return FORM_ID;
	if (parse_lxc(part, before, out))
		return FORM_LXC;
	return parse_machine(part, before, out) ? FORM_MACHINE : FORM_NONE;
}

/* The innermost of the surest form: a container may run in another one. */
static void parse_path(struct span path, enum form *best, struct span *out)
{
	struct span part = {path.text, 0}, before, found;
	const char *end = path.text + path.len, *next;
	enum form form;

	while (part.text < end) {
		before = part;
		part.text += part.len + (part.text[part.len] == '/');
		if (part.text >= end)
			break;
		next = memchr(part.text, '/', end - part.text);
		part.len = (next ? next : end) - part.text;
		form = parse_part(part, before, &found);
		if (form == FORM_NONE || form < *best)
			continue;
		*best = form;
		*out = found;
	}
}

static char unescape(const char *text, size_t len)
{
	char digits[3] = "";

	if (len < 4 || strncmp(text, "\\x", 2))
		return 0;
	memcpy(digits, text + 2, 2);
	return strspn(digits, "0123456789abcdef") == 2 ? (char)strtoul(digits, NULL, 16) : 0;
}

/* systemd writes bytes that a unit's name cannot have as \xNN (unit_name_escape). */
static void copy_name(char *out, size_t len, struct span name)
{
	size_t n = 0;
	char byte;

	for (size_t i = 0; i < name.len && n < len - 1; i++) {
		byte = unescape(name.text + i, name.len - i);
		out[n++] = byte ? byte : name.text[i];
		if (byte)
			i += 3;
	}
	out[n] = '\0';
}

void container_parse(const char *text, char out[FACT_CONTAINER_LEN])
{
	enum form best = FORM_NONE;
	struct span name = {0};
	const char *path;
	size_t len;

	/* HIERARCHY:CONTROLLERS:PATH, where neither of the first two has a slash. */
	for (; *text; text += len + (text[len] == '\n')) {
		len = strcspn(text, "\n");
		path = memchr(text, '/', len);
		if (path)
			parse_path((struct span){path, text + len - path}, &best, &name);
	}
	copy_name(out, FACT_CONTAINER_LEN, name);
}
