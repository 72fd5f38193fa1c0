// SPDX-License-Identifier: GPL-2.0-only
// A file, or standard input, as bytes: gzip is undone, and the beginning can be looked at first.
#include "input.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "stop.h"

enum { RAW_LEN = 1 << 16 };

struct input {
	int fd;
	bool ended;  /* the file has no more bytes */
	uint8_t *at; /* those of raw that are not taken yet */
	size_t n;
	bool compressed;
	bool in_stream; /* of compressed data: not at the end of one */
	bool inflating; /* there may be output that needs no input */
	z_stream z;
	uint8_t peeked[INPUT_PEEK_MAX];
	size_t peeked_at, peeked_n;
	uint8_t raw[RAW_LEN + 1]; /* one byte more: see look_at_format() */
};

/* Gets bytes into raw, which is empty. Returns how many, 0 at the end, or -errno. */
static ssize_t fill(struct input *input)
{
	ssize_t n = -1;

	if (input->ended)
		return 0;
	stop_let(true);
	if (stop_requested())
		errno = EINTR;
	else
		n = read(input->fd, input->raw, RAW_LEN);
	stop_let(false);
	if (n < 0)
		return -errno;
	input->ended = !n;
	input->at = input->raw;
	input->n = (size_t)n;
	return n;
}

static ssize_t read_plain(struct input *input, void *buf, size_t len)
{
	ssize_t n;

	if (!input->n) {
		n = fill(input);
		if (n <= 0)
			return n;
	}
	if (len > input->n)
		len = input->n;
	memcpy(buf, input->at, len);
	input->at += len;
	input->n -= len;
	return (ssize_t)len;
}

/* A file can be several streams, one after the other (RFC 1952 section 2.2). */
static ssize_t inflate_some(struct input *input, void *buf, size_t len)
{
	z_stream *z = &input->z;
	int ret;

	z->next_in = input->at;
	z->avail_in = (uInt)input->n;
	z->next_out = buf;
	z->avail_out = (uInt)len;
	ret = inflate(z, Z_NO_FLUSH);
	input->at = z->next_in;
	input->n = z->avail_in;
	input->in_stream = ret != Z_STREAM_END;
	input->inflating = input->in_stream && !z->avail_out;
	if (ret == Z_STREAM_END)
		ret = inflateReset(z);
	if (ret != Z_OK && ret != Z_BUF_ERROR)
		return ret == Z_MEM_ERROR ? -ENOMEM : -EBADMSG;
	return (ssize_t)(len - z->avail_out);
}

static ssize_t read_compressed(struct input *input, void *buf, size_t len)
{
	ssize_t n;

	if (len > 1 << 30)
		len = 1 << 30;
	for (;;) {
		if (!input->n && !input->inflating) {
			n = fill(input);
			if (n <= 0)
				return n || !input->in_stream ? n : -EBADMSG;
		}
		n = inflate_some(input, buf, len);
		if (n)
			return n;
		input->inflating = false;
	}
}

ssize_t input_read(struct input *input, void *buf, size_t len)
{
	if (!input->peeked_n)
		return input->compressed ? read_compressed(input, buf, len)
					 : read_plain(input, buf, len);
	if (len > input->peeked_n)
		len = input->peeked_n;
	memcpy(buf, input->peeked + input->peeked_at, len);
	input->peeked_at += len;
	input->peeked_n -= len;
	return (ssize_t)len;
}

ssize_t input_read_all(struct input *input, void *buf, size_t len)
{
	size_t have = 0;

	while (have < len) {
		ssize_t n = input_read(input, (uint8_t *)buf + have, len - have);

		if (n < 0)
			return n;
		if (!n)
			break;
		have += (size_t)n;
	}
	return (ssize_t)have;
}

ssize_t input_peek(struct input *input, const uint8_t **data, size_t want)
{
	size_t have = input->peeked_n;

	memmove(input->peeked, input->peeked + input->peeked_at, have);
	input->peeked_at = 0;
	input->peeked_n = 0;
	while (have < want && have < sizeof(input->peeked)) {
		ssize_t n = input_read(input, input->peeked + have, sizeof(input->peeked) - have);

		if (n < 0 && have && n != -EINTR)
			break; /* what came before the wrong place can be read; then it comes again
				*/
		if (n < 0)
			return n;
		if (!n)
			break;
		have += (size_t)n;
	}
	input->peeked_n = have;
	*data = input->peeked;
	return (ssize_t)have;
}

int input_fd(const struct input *input)
{
	return input->peeked_n || input->n || input->inflating || input->ended ? -1 : input->fd;
}

static int open_path(struct input *input, const char *path)
{
	struct stat st;

	/* A FIFO waits for its writer, as everywhere. */
	input->fd = !strcmp(path, "-") ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
	if (input->fd < 0 || fstat(input->fd, &st))
		return -errno;
	return S_ISDIR(st.st_mode) ? -EISDIR : 0;
}

/* Whether what begins here is compressed (RFC 1952 section 2.3.1). */
static int look_at_format(struct input *input)
{
	size_t have = 0;

	/* A pipe may give a byte at a time. */
	while (have < 2 && !input->ended) {
		const uint8_t first = input->raw[0];
		ssize_t n = fill(input);

		if (n < 0)
			return (int)n;
		if (have && n)
			memmove(input->raw + 1, input->raw, (size_t)n);
		if (have)
			input->raw[0] = first;
		have += (size_t)n;
	}
	input->n = have;
	if (have < 2 || input->raw[0] != 0x1f || input->raw[1] != 0x8b)
		return 0;
	input->compressed = true;
	input->in_stream = true;
	return inflateInit2(&input->z, 16 + MAX_WBITS) == Z_OK ? 0 : -ENOMEM;
}

int input_open(struct input **out, const char *path)
{
	struct input *input = calloc(1, sizeof(*input));
	int err;

	*out = NULL;
	if (!input)
		return -ENOMEM;
	input->fd = -1;
	err = open_path(input, path);
	if (!err)
		err = look_at_format(input);
	if (err)
		input_close(input);
	else
		*out = input;
	return err;
}

void input_close(struct input *input)
{
	if (!input)
		return;
	if (input->compressed)
		inflateEnd(&input->z);
	if (input->fd > STDIN_FILENO)
		close(input->fd);
	free(input);
}
