// SPDX-License-Identifier: GPL-2.0-only
// The packets of a capture, pcap or pcapng, read by libpcap from an input.
#define _GNU_SOURCE /* fopencookie, ppoll */
#include "capture_file.h"

#include <errno.h>
#include <pcap/pcap.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "escape.h"
#include "stop.h"

#define NS_PER_S 1000000000ULL
/* So that no sum of times overflows: the year 2184. */
#define TIME_MAX_S 6750000000LL

enum { BUFFER_LEN = 1 << 17 };

struct capture_file {
	struct input *input;
	struct capture_idle idle;
	FILE *stream;
	pcap_t *pcap;
	int err; /* of reading the input */
	char buffer[BUFFER_LEN];
};

/* Waits for bytes, letting the idle callback have its say. Returns 0 or -errno. */
static int wait_for_input(struct capture_file *file, int fd)
{
	struct pollfd in = {.fd = fd, .events = POLLIN};
	sigset_t none;

	sigemptyset(&none);
	for (;;) {
		const struct timespec at_once = {0};
		struct timespec timeout;
		uint64_t wait_ns;
		int n = ppoll(&in, 1, &at_once, &none);

		if (!n) {
			wait_ns = file->idle.idle(file->idle.ctx);
			if (!wait_ns)
				return -EINTR;
			timeout = (struct timespec){.tv_sec = (time_t)(wait_ns / NS_PER_S),
						    .tv_nsec = (long)(wait_ns % NS_PER_S)};
			n = ppoll(&in, 1, wait_ns == UINT64_MAX ? NULL : &timeout, &none);
		}
		if (stop_requested())
			return -EINTR;
		if (n > 0)
			return 0;
		if (n < 0 && errno != EINTR)
			return -errno;
	}
}

static ssize_t read_input(void *cookie, char *buf, size_t len)
{
	struct capture_file *file = cookie;
	int fd = input_fd(file->input);
	ssize_t n = fd < 0 ? 0 : wait_for_input(file, fd);

	if (!n)
		n = input_read(file->input, buf, len);
	if (n >= 0)
		return n;
	file->err = (int)n;
	errno = (int)-n;
	return -1;
}

/* What libpcap says can quote the file. */
static int broken(struct capture_file *file, const char *message, char *why)
{
	if (file->err == -EBADMSG)
		message = "the compressed data are broken or cut off";
	else if (file->err)
		return file->err;
	escape_text(message, strlen(message), why, CAPTURE_WHY_LEN);
	return -EBADMSG;
}

static int check_link_type(struct capture_file *file, char *why)
{
	int type = pcap_datalink(file->pcap);
	const char *name = pcap_datalink_val_to_name(type);

	if (frame_knows(type))
		return 0;
	snprintf(why, CAPTURE_WHY_LEN,
		 "packets of link type %s (%d) are not understood: Ethernet, Linux cooked, raw IP "
		 "and loopback are",
		 name ? name : "unknown", type);
	return -EBADMSG;
}

static int open_pcap(struct capture_file *file, char *why)
{
	const cookie_io_functions_t functions = {.read = read_input};
	char message[PCAP_ERRBUF_SIZE] = "";

	file->stream = fopencookie(file, "r", functions);
	if (!file->stream)
		return -ENOMEM;
	setvbuf(file->stream, file->buffer, _IOFBF, sizeof(file->buffer));
	file->pcap = pcap_fopen_offline_with_tstamp_precision(file->stream,
							      PCAP_TSTAMP_PRECISION_NANO, message);
	if (!file->pcap)
		return broken(file, message, why);
	file->stream = NULL; /* libpcap's now */
	return check_link_type(file, why);
}

int capture_file_open(struct capture_file **out, struct input *input,
		      const struct capture_idle *idle, char *why)
{
	struct capture_file *file = calloc(1, sizeof(*file));
	int err;

	*out = NULL;
	if (!file)
		return -ENOMEM;
	file->input = input;
	file->idle = *idle;
	err = open_pcap(file, why);
	if (err)
		capture_file_close(file);
	else
		*out = file;
	return err;
}

void capture_file_close(struct capture_file *file)
{
	if (!file)
		return;
	if (file->pcap)
		pcap_close(file->pcap);
	if (file->stream)
		fclose(file->stream);
	free(file);
}

/* A broken header can hold any number. */
static uint64_t time_of(const struct pcap_pkthdr *header)
{
	int64_t seconds = header->ts.tv_sec, ns = header->ts.tv_usec;

	if (seconds < 0 || ns < 0)
		return 0;
	if (seconds > TIME_MAX_S)
		seconds = TIME_MAX_S;
	return (uint64_t)seconds * NS_PER_S + (uint64_t)ns % (4 * NS_PER_S);
}

int capture_file_next(struct capture_file *file, struct frame *out, char *why)
{
	struct pcap_pkthdr *header;
	const u_char *data;
	int ret = pcap_next_ex(file->pcap, &header, &data);

	if (ret == PCAP_ERROR_BREAK)
		return 0;
	if (ret != 1)
		return broken(file, pcap_geterr(file->pcap), why);
	*out = (struct frame){.link_type = pcap_datalink(file->pcap),
			      .data = data,
			      .cap_len = header->caplen,
			      .frame_len = header->len,
			      .time_ns = time_of(header)};
	return 1;
}
