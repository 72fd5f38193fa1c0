// SPDX-License-Identifier: GPL-2.0-only
// Tells the BPF programs of this process from others.
#include <bpf/bpf.h>
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "facts_internal.h"

/* Descriptors of programs, and of links, show the program's id. */
static uint32_t parse_prog_id(const char *text)
{
	static const char key[] = "prog_id:";
	const char *at = strstr(text, key);

	return at ? strtoul(at + sizeof(key) - 1, NULL, 10) : 0;
}

void own_programs_read(struct own_programs *own)
{
	char path[300], text[1024];
	struct dirent *entry;
	uint32_t id;
	DIR *dir;

	own->n = 0;
	dir = opendir("/proc/self/fdinfo");
	if (!dir)
		return;
	while ((entry = readdir(dir)) && own->n < OWN_PROGRAMS_MAX) {
		snprintf(path, sizeof(path), "/proc/self/fdinfo/%s", entry->d_name);
		id = file_text(path, text, sizeof(text)) > 0 ? parse_prog_id(text) : 0;
		if (id && !own_program(own, id))
			own->id[own->n++] = id;
	}
	closedir(dir);
}

bool own_program(const struct own_programs *own, uint32_t id)
{
	for (size_t i = 0; i < own->n; i++)
		if (own->id[i] == id)
			return true;
	return false;
}

void bpf_program_name(uint32_t id, char *out, size_t len)
{
	struct bpf_prog_info info = {0};
	__u32 info_len = sizeof(info);
	int fd;

	*out = '\0';
	fd = bpf_prog_get_fd_by_id(id);
	if (fd < 0)
		return;
	if (!bpf_prog_get_info_by_fd(fd, &info, &info_len))
		snprintf(out, len, "%s", info.name);
	close(fd);
}
