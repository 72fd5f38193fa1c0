// SPDX-License-Identifier: GPL-2.0-only
// The files of a recording: written in whole blocks, cut back to those, begun anew at their size.
#define _GNU_SOURCE /* asprintf */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "open_output.h"
#include "pcapng.h"
#include "record_internal.h"

static const char suffix[] = ".pcapng";

/* FILE.pcapng, or FILE-00001.pcapng where there will be several. NULL without memory. */
static char *path_of(const struct options *options, uint32_t part)
{
	size_t len = strlen(options->write);
	char *path;

	if (!options->rotate_bytes)
		return strdup(options->write);
	if (len >= sizeof(suffix) - 1)
		len -= sizeof(suffix) - 1;
	if (asprintf(&path, "%.*s-%05" PRIu32 "%s", (int)len, options->write, part, suffix) < 0)
		return NULL;
	return path;
}

int record_file_open(struct record_file *file, const struct options *options, uint32_t part)
{
	char *path = path_of(options, part);
	int fd;

	if (!path)
		return -ENOMEM;
	fd = output_open(path);
	if (fd < 0) {
		free(path);
		return fd;
	}
	free(file->path);
	file->path = path;
	file->fd = fd;
	file->len = 0;
	return 0;
}

/* Bytes of those that are whole blocks. */
static size_t whole_blocks(const uint8_t *blocks, size_t len)
{
	size_t at = 0;
	uint32_t block;

	while (len - at >= PCAPNG_HEAD) {
		memcpy(&block, blocks + at + 4, sizeof(block));
		if (block < PCAPNG_HEAD || block > len - at)
			break;
		at += block;
	}
	return at;
}

int record_file_write(struct record_file *file, const uint8_t *blocks, size_t len)
{
	size_t done = 0;
	int err = 0;

	while (done < len && !err) {
		ssize_t n = write(file->fd, blocks + done, len - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			err = n ? -errno : -EIO;
		else
			done += (size_t)n;
	}
	file->len += err ? whole_blocks(blocks, done) : len;
	/* Nothing can be done about it if that fails too. */
	if (err && ftruncate(file->fd, (off_t)file->len))
		return err;
	return err;
}

int record_file_rotate(struct record_file *file, const struct options *options, uint32_t part)
{
	uint64_t keep = options->rotate_files;
	char *old = keep && part > keep ? path_of(options, part - (uint32_t)keep) : NULL;

	if (file->previous_fd >= 0)
		close(file->previous_fd);
	file->previous_fd = file->fd;
	file->fd = -1;
	if (old)
		unlink(old);
	free(old);
	return record_file_open(file, options, part);
}

int record_file_close(struct record_file *file)
{
	int err = 0;

	if (file->previous_fd >= 0)
		close(file->previous_fd);
	if (file->fd >= 0 && close(file->fd))
		err = -errno;
	free(file->path);
	*file = (struct record_file){.fd = -1, .previous_fd = -1};
	return err;
}
