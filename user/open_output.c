// SPDX-License-Identifier: GPL-2.0-only
// Opens the files that options name for writing, so that root writes nowhere else.
#include "open_output.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* Two that write one file spoil it. A file system without locks has none. */
static int claim(int fd)
{
	return flock(fd, LOCK_EX | LOCK_NB) && errno == EWOULDBLOCK ? -EBUSY : 0;
}

/*
 * O_EXCL first: a name that somebody plants in between is refused, not followed. O_NONBLOCK: a FIFO
 * must not hold us up.
 */
int output_open(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	struct stat st;
	int err = 0;

	if (fd < 0 && errno != EEXIST)
		return -errno;
	if (fd >= 0) {
		claim(fd);
		return fd;
	}
	fd = open(path, O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (fstat(fd, &st))
		err = -errno;
	else if (!S_ISREG(st.st_mode) || st.st_uid != geteuid() || st.st_nlink != 1)
		err = -EEXIST;
	else if (claim(fd))
		err = -EBUSY;
	else if (fchmod(fd, 0600) || ftruncate(fd, 0))
		err = -errno;
	if (!err)
		return fd;
	close(fd);
	return err;
}

const char *output_error(int err)
{
	if (err == -ELOOP)
		return "is a symbolic link; name the file itself";
	if (err == -EEXIST)
		return "exists, and is not a plain file of yours";
	if (err == -EBUSY)
		return "is being written by another clbtrace";
	return strerror(-err);
}
