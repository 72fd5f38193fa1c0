// SPDX-License-Identifier: GPL-2.0-only
/* The scenarios' TCP server: listens as told, and treats its connections as told. */
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <linux/filter.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

enum mode { NEVER, HOLD, CLOSE, RESET, ANSWER };

struct service {
	union {
		struct sockaddr sa;
		struct sockaddr_in in;
		struct sockaddr_in6 in6;
	} address;
	socklen_t address_len;
	enum mode mode;
	int backlog;
	bool v6only, drop_all;
	const char *answer, *device, *md5_peer;
};

static const char *const mode_names[] = {"never", "hold", "close", "reset", "answer"};

static const struct option longs[] = {
	{"mode", required_argument, NULL, 'm'},
	{"backlog", required_argument, NULL, 'b'},
	{"answer", required_argument, NULL, 'a'},
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
	"  --mode MODE     never accept; hold: accept and keep (default); close: accept and "
	"close;\n"
	"                  reset: accept and reset; answer: read a request, answer, close\n"
	"  --answer TEXT   what is answered (HTTP/1.0 200 OK)\n"
	"  --backlog N     for listen (128)\n"
	"  --device NAME   SO_BINDTODEVICE\n"
	"  --v6only        IPV6_V6ONLY; otherwise :: takes IPv4 too\n"
	"  --drop-all      a socket filter that drops every packet\n"
	"  --md5 ADDR      a TCP-MD5 key for the peer ADDR\n";

static int parse_address(const char *text, const char *port, struct service *service)
{
	long number = strtol(port, NULL, 10);

	if (number < 1 || number > 65535)
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

static int parse_mode(const char *text, enum mode *mode)
{
	size_t i;

	for (i = 0; i < sizeof(mode_names) / sizeof(mode_names[0]); i++) {
		if (!strcmp(text, mode_names[i])) {
			*mode = (enum mode)i;
			return 0;
		}
	}
	return -EINVAL;
}

static int parse(struct service *service, int argc, char **argv)
{
	int c;

	while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		switch (c) {
		case 'm':
			if (parse_mode(optarg, &service->mode))
				return -EINVAL;
			break;
		case 'b':
			service->backlog = atoi(optarg);
			break;
		case 'a':
			service->answer = optarg;
			break;
		case 'd':
			service->device = optarg;
			break;
		case '6':
			service->v6only = true;
			break;
		case 'f':
			service->drop_all = true;
			break;
		case '5':
			service->md5_peer = optarg;
			break;
		case 'h':
			fputs(help, stdout);
			exit(0);
		default:
			return -EINVAL;
		}
	}
	return argc - optind == 2 ? parse_address(argv[optind], argv[optind + 1], service)
				  : -EINVAL;
}

static int set_md5_key(int fd, const char *peer)
{
	struct tcp_md5sig md5 = {.tcpm_keylen = 6};
	struct sockaddr_in *v4 = (struct sockaddr_in *)&md5.tcpm_addr;

	memcpy(md5.tcpm_key, "secret", 6);
	v4->sin_family = AF_INET;
	if (inet_pton(AF_INET, peer, &v4->sin_addr) != 1)
		return -1;
	return setsockopt(fd, IPPROTO_TCP, TCP_MD5SIG, &md5, sizeof(md5));
}

static int set_options(int fd, const struct service *service)
{
	struct sock_filter drop = {.code = BPF_RET | BPF_K, .k = 0};
	struct sock_fprog filter = {.len = 1, .filter = &drop};
	int on = 1, v6only = service->v6only;

	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)))
		return -1;
	if (service->address.sa.sa_family == AF_INET6 &&
	    setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &v6only, sizeof(v6only)))
		return -1;
	if (service->device && setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, service->device,
					  (socklen_t)strlen(service->device)))
		return -1;
	if (service->md5_peer && set_md5_key(fd, service->md5_peer))
		return -1;
	if (service->drop_all &&
	    setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof(filter)))
		return -1;
	return 0;
}

/* Reads until there is a request or the end, at most 5 s. */
static void answer(int fd, const char *text)
{
	struct timeval limit = {.tv_sec = 5};
	char buf[4096];

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	if (read(fd, buf, sizeof(buf)) > 0 && write(fd, text, strlen(text)) < 0)
		perror("service: write");
}

static void serve(int fd, const struct service *service)
{
	struct linger reset = {.l_onoff = 1, .l_linger = 0};

	if (service->mode == HOLD)
		return;
	if (service->mode == RESET)
		setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
	if (service->mode == ANSWER)
		answer(fd, service->answer);
	close(fd);
}

int main(int argc, char **argv)
{
	struct service service = {
		.mode = HOLD, .backlog = 128, .answer = "HTTP/1.0 200 OK\r\n\r\nhello\n"};
	int fd, client;

	if (parse(&service, argc, argv)) {
		fputs("service: bad usage; see --help\n", stderr);
		return 2;
	}
	signal(SIGPIPE, SIG_IGN);
	fd = socket(service.address.sa.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || set_options(fd, &service) ||
	    bind(fd, &service.address.sa, service.address_len) || listen(fd, service.backlog)) {
		perror("service");
		return 1;
	}
	puts("ready");
	fflush(stdout);
	while (service.mode == NEVER)
		pause();
	for (;;) {
		client = accept(fd, NULL, NULL);
		if (client >= 0)
			serve(client, &service);
		else if (errno != EINTR && errno != ECONNABORTED)
			return 1;
	}
}
