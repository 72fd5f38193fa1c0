// SPDX-License-Identifier: GPL-2.0-only
// Lists the cgroup programs that the listening process's packets meet.
#include <bpf/bpf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <string.h>
#include <unistd.h>

#include "facts_internal.h"

enum { CGROUP_PROGRAMS_MAX = 64 };

/* The end of a path says more than its beginning. */
static void copy_tail(char *out, size_t len, const char *path)
{
	size_t n = strlen(path);

	if (n < len)
		memcpy(out, path, n + 1);
	else
		snprintf(out, len, "...%s", path + n - (len - 4));
}

static int add_programs(struct gather *g, int fd, const char *path, enum bpf_attach_type type)
{
	__u32 ids[CGROUP_PROGRAMS_MAX], n = CGROUP_PROGRAMS_MAX;
	int err = 0;

	/* EINVAL: a kernel without CONFIG_CGROUP_BPF. */
	if (bpf_prog_query(fd, type, 0, NULL, ids, &n))
		return errno == EINVAL ? 0 : -errno;
	for (__u32 i = 0; i < n && !err; i++) {
		struct fact_program fact = {.id = ids[i]};

		if (own_program(&g->facts->own, ids[i]))
			continue;
		fact.place =
			type == BPF_CGROUP_INET_INGRESS ? PROG_CGROUP_INGRESS : PROG_CGROUP_EGRESS;
		bpf_program_name(ids[i], fact.kind, sizeof(fact.kind));
		copy_tail(fact.name, sizeof(fact.name), path);
		err = gather_add(g, EV_FACT_PROGRAM, &fact, sizeof(fact));
	}
	return err;
}

/* mount: where the hierarchy is; path: from there, beginning with a slash. */
static int add_cgroup(struct gather *g, const char *mount, const char *path)
{
	char full[2 * PATH_MAX];
	int err, fd;

	snprintf(full, sizeof(full), "%s%s", mount, path);
	fd = open(full, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	err = add_programs(g, fd, path, BPF_CGROUP_INET_INGRESS);
	if (!err)
		err = add_programs(g, fd, path, BPF_CGROUP_INET_EGRESS);
	close(fd);
	return err;
}

bool cgroup_parse_path(const char *text, char *out, size_t len)
{
	/* 0:: is the unified hierarchy. */
	for (; text; text = strchr(text, '\n'), text += text != NULL) {
		if (strncmp(text, "0::/", 4))
			continue;
		snprintf(out, len, "%.*s", (int)strcspn(text + 3, "\n"), text + 3);
		return true;
	}
	return false;
}

bool cgroup_parse_mount(const char *text, char *out, size_t len)
{
	const char *line, *next, *type;
	char root[PATH_MAX], mount[PATH_MAX];

	for (line = text; *line; line = *next ? next + 1 : next) {
		next = line + strcspn(line, "\n");
		type = strstr(line, " - cgroup2 ");
		if (!type || type > next)
			continue;
		if (sscanf(line, "%*s %*s %*s %4095s %4095s", root, mount) != 2 ||
		    strcmp(root, "/"))
			continue;
		snprintf(out, len, "%s", mount);
		return true;
	}
	return false;
}

/* From the root down: the order in which the kernel has them decide does not matter, each can drop.
 */
static int add_with_ancestors(struct gather *g, const char *mount, const char *path)
{
	char part[PATH_MAX];
	const char *end;
	int err;

	err = add_cgroup(g, mount, "/");
	for (end = path; *end && path[1] && !err;) {
		end += 1 + strcspn(end + 1, "/");
		snprintf(part, sizeof(part), "%.*s", (int)(end - path), path);
		err = add_cgroup(g, mount, part);
	}
	return err;
}

static int add_process(struct gather *g, uint32_t pid, const char *mount)
{
	char text[FILE_TEXT_LEN], path[PATH_MAX], file[64];

	snprintf(file, sizeof(file), "/proc/%u/cgroup", pid);
	if (file_text(file, text, sizeof(text)) < 0 || !cgroup_parse_path(text, path, sizeof(path)))
		return 0;
	return add_with_ancestors(g, mount, path);
}

/*
 * Without a listener's process, or a unified hierarchy, there is nothing to list. Goes to the
 * service's namespace, and stays there: the last thing that gather_programs() does.
 */
int cgroup_programs(struct gather *g)
{
	struct vec listeners = {.size = sizeof(struct fact_listener)};
	char text[FILE_TEXT_LEN], mount[PATH_MAX];
	const struct fact_listener *listener;
	int err;

	if (g->flow->proto != IPPROTO_TCP && g->flow->proto != IPPROTO_UDP)
		return 0;
	if (file_text("/proc/self/mountinfo", text, sizeof(text)) < 0 ||
	    !cgroup_parse_mount(text, mount, sizeof(mount)))
		return 0;
	if (service_enter(g))
		return 0;
	err = listeners_dump(&g->facts->at->diag, g->flow->proto, g->flow->dport, &listeners);
	if (err)
		goto out;
	listeners_owners(g->facts, g->loaded, &listeners);
	listener = listeners.data;
	for (size_t i = 0; i < listeners.n; i++) {
		if (!listener[i].pid)
			continue;
		err = add_process(g, listener[i].pid, mount);
		break;
	}
out:
	vec_free(&listeners);
	return err;
}
