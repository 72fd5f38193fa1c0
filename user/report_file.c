// SPDX-License-Identifier: GPL-2.0-only
// The report's file: checked before the run, replaced at its end by a whole page.
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "escape.h"
#include "open_output.h"
#include "report.h"

static const char suffix[] = ".part";

static int check_directory(const char *path)
{
	const char *slash = strrchr(path, '/');
	char *directory;
	int err = 0;

	directory = slash ? strndup(path, (size_t)(slash - path) + 1) : strdup(".");
	if (!directory)
		return -ENOMEM;
	if (access(directory, W_OK | X_OK))
		err = -errno;
	free(directory);
	return err;
}

/* The rules of output_open(). */
int report_check(const char *path)
{
	struct stat st;

	if (strlen(path) + sizeof(suffix) > PATH_MAX)
		return -ENAMETOOLONG;
	if (!lstat(path, &st)) {
		if (S_ISLNK(st.st_mode))
			return -ELOOP;
		if (!S_ISREG(st.st_mode) || st.st_uid != geteuid() || st.st_nlink != 1)
			return -EEXIST;
	} else if (errno != ENOENT) {
		return -errno;
	}
	return check_directory(path);
}

/* Takes fd over. */
static int print_to(struct report *report, int fd)
{
	FILE *file = fdopen(fd, "w");
	int err;

	if (!file) {
		err = -errno;
		close(fd);
		return err;
	}
	err = report_print(report, file);
	if (!err && fsync(fd))
		err = -errno;
	if (fclose(file) && !err)
		err = -errno;
	return err;
}

int report_write(struct report *report, const char *path)
{
	int err = report_check(path), fd;
	char part[PATH_MAX];

	if (err)
		return err;
	snprintf(part, sizeof(part), "%s%s", path, suffix);
	fd = output_open(part);
	if (fd < 0)
		return fd;
	err = print_to(report, fd);
	if (!err && rename(part, path))
		err = -errno;
	if (err)
		unlink(part);
	return err;
}

void report_complain(const char *path, int err)
{
	char text[512];

	fprintf(stderr, "clbtrace: --report: '%s': %s\n",
		escape_text(path, strlen(path), text, sizeof(text)), output_error(err));
}
