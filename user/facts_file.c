// SPDX-License-Identifier: GPL-2.0-only
// Reads the small text files of /proc.
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "facts_internal.h"

ssize_t file_text(const char *path, char *buf, size_t len)
{
	ssize_t got, total = 0;
	int fd;

	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	/* /proc hands out at most a page or a line at a time. */
	while ((size_t)total < len - 1) {
		got = read(fd, buf + total, len - 1 - total);
		if (got < 0)
			total = -errno;
		if (got <= 0)
			break;
		total += got;
	}
	close(fd);
	if (total >= 0)
		buf[total] = '\0';
	return total;
}

int file_number(const char *path, int64_t *value)
{
	char text[64], *end;
	ssize_t len;

	len = file_text(path, text, sizeof(text));
	if (len < 0)
		return len;
	errno = 0;
	*value = strtoll(text, &end, 10);
	if (end == text || errno || (*end && *end != '\n'))
		return -EINVAL;
	return 0;
}
