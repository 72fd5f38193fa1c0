// SPDX-License-Identifier: GPL-2.0-only
/* The bytes of the prober's request or datagram, from its command line or a file. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "prober.h"

/* --mode may come before or after: of udp and ping the bytes are the datagram's. */
static void imply_request(struct prober_options *opt)
{
	if (opt->mode != MODE_UDP && opt->mode != MODE_PING)
		opt->mode = MODE_REQUEST;
}

int payload_read(struct prober_options *opt, const char *path)
{
	FILE *file = fopen(path, "re");
	int ret = -EINVAL;

	if (!file)
		return -errno;
	imply_request(opt);
	opt->payload_len = fread(opt->payload, 1, sizeof(opt->payload), file);
	if (!ferror(file) && fgetc(file) == EOF)
		ret = 0;
	fclose(file);
	return ret;
}

int payload_parse(struct prober_options *opt, const char *text)
{
	char hex[3] = "";

	imply_request(opt);
	opt->payload_len = 0;
	while (*text && opt->payload_len < sizeof(opt->payload)) {
		char c = *text++;

		if (c == '\\' && *text == 'x' && text[1] && text[2]) {
			memcpy(hex, text + 1, 2);
			c = (char)strtoul(hex, NULL, 16);
			text += 3;
		} else if (c == '\\' && *text) {
			c = *text == 'r' ? '\r' : *text == 'n' ? '\n' : *text;
			text++;
		}
		opt->payload[opt->payload_len++] = c;
	}
	return *text ? -EINVAL : 0;
}
