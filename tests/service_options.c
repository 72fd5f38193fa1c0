// SPDX-License-Identifier: GPL-2.0-only
/* The service's command line. */
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "service.h"

enum { MAX_ANSWER = 1 << 20, MAX_DATAGRAM = 65507 };

static const char *const mode_names[] = {
	[SERVICE_NEVER] = "never", [SERVICE_HOLD] = "hold",   [SERVICE_READ] = "read",
	[SERVICE_CLOSE] = "close", [SERVICE_RESET] = "reset", [SERVICE_ANSWER] = "answer",
	[SERVICE_GREET] = "greet",
};

static const struct option longs[] = {
	{"mode", required_argument, NULL, 'm'},
	{"udp", no_argument, NULL, 'u'},
	{"backlog", required_argument, NULL, 'b'},
	{"answer", required_argument, NULL, 'a'},
	{"answer-file", required_argument, NULL, 'A'},
	{"delay", required_argument, NULL, 'D'},
	{"pieces", required_argument, NULL, 'p'},
	{"linger-answer", no_argument, NULL, 'l'},
	{"device", required_argument, NULL, 'd'},
	{"v6only", no_argument, NULL, '6'},
	{"drop-all", no_argument, NULL, 'f'},
	{"md5", required_argument, NULL, '5'},
	{"help", no_argument, NULL, 'h'},
	{NULL, 0, NULL, 0},
};

static const char help[] =
	"usage: service [OPTIONS] ADDRESS PORT\n\n"
	"Listens, writes \"ready\" on stdout, and goes on until it is killed.\n\n"
	"  --mode MODE     never: do not accept;\n"
	"                  hold: accept and keep, without reading (default);\n"
	"                  read: accept, read all that comes, close after the peer;\n"
	"                  close: accept and close; reset: accept and reset;\n"
	"                  answer: read a request, answer, close;\n"
	"                  greet: answer at once, read no request, close after the peer\n"
	"  --udp           datagrams. never: do not read; hold: read, and say nothing;\n"
	"                  answer: answer each one. No other mode\n"
	"  --answer TEXT   what is answered (HTTP/1.0 200 OK); empty: only the close\n"
	"  --answer-file FILE\n"
	"                  the same from a file, any bytes, up to 1 MiB (a datagram: 65507)\n"
	"  --delay MS      before answering or closing\n"
	"  --pieces N      N bytes of the answer to a segment, 3 ms apart\n"
	"  --linger-answer after the answer keep the connection until the peer closes\n"
	"  --backlog N     for listen (128)\n"
	"  --device NAME   SO_BINDTODEVICE\n"
	"  --v6only        IPV6_V6ONLY; otherwise :: takes IPv4 too\n"
	"  --drop-all      a socket filter that drops every packet\n"
	"  --md5 ADDR      a TCP-MD5 key for the peer ADDR\n\n"
	"A request is whole at an empty line, at the end of a TLS record, or when nothing\n"
	"follows for 100 ms.\n";

static int parse_number(const char *text, long min, long max, long *out)
{
	char *end;

	errno = 0;
	*out = strtol(text, &end, 10);
	return errno || end == text || *end || *out < min || *out > max ? -EINVAL : 0;
}

static int parse_address(const char *text, const char *port, struct service *service)
{
	long number;

	if (parse_number(port, 1, 65535, &number))
		return -EINVAL;
	if (strchr(text, ':')) {
		service->address.in6.sin6_family = AF_INET6;
		service->address.in6.sin6_port = htons((uint16_t)number);
		service->address_len = sizeof(service->address.in6);
		return inet_pton(AF_INET6, text, &service->address.in6.sin6_addr) == 1 ? 0
										       : -EINVAL;
	}
	service->address.in.sin_family = AF_INET;
	service->address.in.sin_port = htons((uint16_t)number);
	service->address_len = sizeof(service->address.in);
	return inet_pton(AF_INET, text, &service->address.in.sin_addr) == 1 ? 0 : -EINVAL;
}

static int parse_mode(const char *text, enum service_mode *mode)
{
	size_t i;

	for (i = 0; i < sizeof(mode_names) / sizeof(mode_names[0]); i++) {
		if (!strcmp(text, mode_names[i])) {
			*mode = (enum service_mode)i;
			return 0;
		}
	}
	return -EINVAL;
}

/* The bytes stay until the process ends. */
static int read_answer(const char *path, struct service *service)
{
	char *bytes = malloc(MAX_ANSWER + 1);
	FILE *file = fopen(path, "re");
	int ret = -EINVAL;

	if (file && bytes) {
		service->answer_len = fread(bytes, 1, MAX_ANSWER + 1, file);
		service->answer = bytes;
		ret = ferror(file) || service->answer_len > MAX_ANSWER ? -EINVAL : 0;
	}
	if (file)
		fclose(file);
	if (ret)
		free(bytes);
	return ret;
}

static int parse_scalar(struct service *service, int c, const char *text)
{
	long number;

	if (parse_number(text, c == 'p', c == 'p' ? 65536 : 60000, &number))
		return -EINVAL;
	if (c == 'b')
		service->backlog = (int)number;
	else if (c == 'D')
		service->delay_ms = (unsigned int)number;
	else
		service->piece = (unsigned int)number;
	return 0;
}

static int parse_one(struct service *service, int c, const char *value)
{
	switch (c) {
	case 'm':
		return parse_mode(value, &service->mode);
	case 'A':
		return read_answer(value, service);
	case 'a':
		service->answer = value;
		service->answer_len = strlen(value);
		return 0;
	case 'd':
		service->device = value;
		return 0;
	case '5':
		service->md5_peer = value;
		return 0;
	case 'u':
		service->udp = true;
		return 0;
	case 'l':
		service->linger_answer = true;
		return 0;
	case '6':
		service->v6only = true;
		return 0;
	case 'f':
		service->drop_all = true;
		return 0;
	default:
		return parse_scalar(service, c, value);
	}
}

static int check_udp(const struct service *service)
{
	enum service_mode mode = service->mode;

	if (!service->udp)
		return 0;
	if (mode != SERVICE_NEVER && mode != SERVICE_HOLD && mode != SERVICE_ANSWER)
		return -EINVAL;
	return service->piece || service->linger_answer || service->md5_peer ||
			       service->answer_len > MAX_DATAGRAM
		       ? -EINVAL
		       : 0;
}

int service_options_parse(struct service *service, int argc, char **argv)
{
	int index = 0, c;

	while ((c = getopt_long(argc, argv, "", longs, &index)) != -1) {
		if (c == 'h') {
			fputs(help, stdout);
			exit(0);
		}
		if (c == '?')
			return -EINVAL;
		if (parse_one(service, c, optarg)) {
			fprintf(stderr, "service: --%s: bad value: %s\n", longs[index].name,
				optarg);
			return -EINVAL;
		}
	}
	if (argc - optind == 2 && !parse_address(argv[optind], argv[optind + 1], service) &&
	    !check_udp(service))
		return 0;
	fputs("service: bad usage; see --help\n", stderr);
	return -EINVAL;
}
