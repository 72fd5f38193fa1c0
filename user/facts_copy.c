// SPDX-License-Identifier: GPL-2.0-only
// Reads a copy of another host's /proc, taken for a support case or written by a test.
#include "facts_copy.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "escape.h"
#include "facts_internal.h"

enum { NAME_TEXT_LEN = 512 };

static const char *path_of(const struct proc_root *root, const char *name,
			   char path[PROC_PATH_LEN + NAME_TEXT_LEN])
{
	snprintf(path, PROC_PATH_LEN + NAME_TEXT_LEN, "%s/%s", root->path, name);
	return path;
}

ssize_t proc_text(const struct proc_root *root, const char *name, char *buf, size_t len)
{
	char path[PROC_PATH_LEN + NAME_TEXT_LEN];

	return file_text(path_of(root, name, path), buf, len);
}

int proc_number(const struct proc_root *root, const char *name, int64_t *value)
{
	char path[PROC_PATH_LEN + NAME_TEXT_LEN];

	return file_number(path_of(root, name, path), value);
}

static bool is_dir(const struct proc_root *root, const char *name)
{
	char path[PROC_PATH_LEN + NAME_TEXT_LEN];
	struct stat st;

	return !stat(path_of(root, name, path), &st) && S_ISDIR(st.st_mode);
}

static int refuse(const char *dir, const char *reason, char *why, size_t why_len)
{
	char text[NAME_TEXT_LEN];

	snprintf(why, why_len, "--proc: '%s': %s",
		 escape_text(dir, strlen(dir), text, sizeof(text)), reason);
	return -EINVAL;
}

static int open_root(struct proc_root *root, const char *dir, char *why, size_t why_len)
{
	struct stat st;

	if (snprintf(root->path, sizeof(root->path) - sizeof("/before"), "%s", dir) >=
	    (int)(sizeof(root->path) - sizeof("/before")))
		return refuse(dir, strerror(ENAMETOOLONG), why, why_len);
	if (stat(dir, &st))
		return refuse(dir, strerror(errno), why, why_len);
	if (!S_ISDIR(st.st_mode))
		return refuse(dir, strerror(ENOTDIR), why, why_len);
	root->is_copy = true;
	root->is_finished = is_dir(root, "before") && is_dir(root, "after");
	if (!root->is_finished && !is_dir(root, "net") && !is_dir(root, "sys"))
		return refuse(dir, "has neither net nor sys in it: no copy of /proc", why, why_len);
	return 0;
}

int facts_open_proc(struct facts **out, const char *dir, char *why, size_t why_len)
{
	struct counter_snapshot before = {};
	struct proc_root root = {};
	int err = open_root(&root, dir, why, why_len);

	*out = NULL;
	if (err)
		return err;
	if (root.is_finished) {
		snprintf(root.path, sizeof(root.path), "%s/before", dir);
		err = counters_read(&root, &before);
		snprintf(root.path, sizeof(root.path), "%s/after", dir);
		if (err)
			return refuse(dir, "before/net/netstat and before/net/snmp are not there",
				      why, why_len);
	}
	err = facts_new(out, &root);
	if (!err && root.is_finished)
		(*out)->counters.kept[(*out)->counters.n++] = before;
	return err;
}
