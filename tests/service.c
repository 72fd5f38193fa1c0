// SPDX-License-Identifier: GPL-2.0-only
/* The scenarios' server: listens as told, and treats connections or datagrams as told. */
#define _GNU_SOURCE /* memmem */
#include "service.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

enum {
	REQUEST_MS = 5000, /* until a request has to begin */
	SILENCE_MS = 100,  /* after which what has come of a request is all of it */
	PIECE_GAP_MS = 3,
	TLS_HANDSHAKE = 22, /* RFC 8446 section 5.1: a record's type, then version and length */
	TLS_HEADER = 5,
};

/* One accepted connection, handed to its thread. */
struct client {
	int fd;
	const struct service *service;
};

static void sleep_ms(unsigned int ms)
{
	struct timespec left = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L};

	while (nanosleep(&left, &left) && errno == EINTR)
		;
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

static bool request_whole(const unsigned char *buf, size_t len)
{
	if (memmem(buf, len, "\r\n\r\n", 4) || memmem(buf, len, "\n\n", 2))
		return true;
	return len >= TLS_HEADER && buf[0] == TLS_HANDSHAKE &&
	       len >= TLS_HEADER + ((size_t)buf[3] << 8 | buf[4]);
}

/* Returns whether there is a request. */
static bool read_request(int fd)
{
	struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
	unsigned char buf[16384];
	size_t len = 0;
	ssize_t n;

	while (len < sizeof(buf) && poll(&poll_fd, 1, len ? SILENCE_MS : REQUEST_MS) > 0) {
		n = read(fd, buf + len, sizeof(buf) - len);
		if (n <= 0)
			break;
		len += (size_t)n;
		if (request_whole(buf, len))
			break;
	}
	return len > 0;
}

static void read_to_end(int fd)
{
	char buf[16384];

	while (read(fd, buf, sizeof(buf)) > 0)
		;
}

static void write_answer(int fd, const struct service *service)
{
	size_t at = 0, len;
	int on = 1;
	ssize_t n;

	if (service->piece)
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	while (at < service->answer_len) {
		len = service->answer_len - at;
		if (service->piece && len > service->piece)
			len = service->piece;
		n = write(fd, service->answer + at, len);
		if (n < 0) {
			perror("service: write");
			return;
		}
		at += (size_t)n;
		if (service->piece && at < service->answer_len)
			sleep_ms(PIECE_GAP_MS);
	}
}

static void *serve(void *arg)
{
	struct linger reset = {.l_onoff = 1, .l_linger = 0};
	struct client client = *(struct client *)arg;
	const struct service *service = client.service;
	enum service_mode mode = service->mode;
	bool asked = mode == SERVICE_GREET;

	free(arg);
	if (mode == SERVICE_ANSWER)
		asked = read_request(client.fd);
	sleep_ms(service->delay_ms);
	if (mode == SERVICE_RESET)
		setsockopt(client.fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
	if (asked)
		write_answer(client.fd, service);
	if (mode == SERVICE_READ || mode == SERVICE_GREET || (asked && service->linger_answer))
		read_to_end(client.fd);
	close(client.fd);
	return NULL;
}

/* A thread for each connection: one that waits does not keep the next from being accepted. */
static int start(int fd, const struct service *service)
{
	struct client *client = malloc(sizeof(*client));
	pthread_t thread;

	if (!client)
		return -1;
	*client = (struct client){.fd = fd, .service = service};
	if (pthread_create(&thread, NULL, serve, client)) {
		free(client);
		return -1;
	}
	return pthread_detach(thread);
}

static _Noreturn void serve_connections(int listener, const struct service *service)
{
	int fd;

	for (;;) {
		fd = accept(listener, NULL, NULL);
		/* Out of descriptors, as a busy server: the connection waits for one. */
		if (fd < 0 && errno != EINTR && errno != ECONNABORTED)
			sleep_ms(SILENCE_MS);
		if (fd >= 0 && service->mode != SERVICE_HOLD && start(fd, service))
			close(fd);
	}
}

static _Noreturn void serve_datagrams(int fd, const struct service *service)
{
	struct sockaddr_storage peer;
	socklen_t peer_len;
	char buf[65536];

	for (;;) {
		peer_len = sizeof(peer);
		/* An error here is one that an ICMP message brought, or a signal: go on. */
		if (recvfrom(fd, buf, sizeof(buf), 0, (struct sockaddr *)&peer, &peer_len) < 0 ||
		    service->mode != SERVICE_ANSWER)
			continue;
		sleep_ms(service->delay_ms);
		if (sendto(fd, service->answer, service->answer_len, 0, (struct sockaddr *)&peer,
			   peer_len) < 0)
			perror("service: sendto");
	}
}

int main(int argc, char **argv)
{
	static const char hello[] = "HTTP/1.0 200 OK\r\n\r\nhello\n";
	struct service service = {.mode = SERVICE_HOLD,
				  .backlog = 128,
				  .answer = hello,
				  .answer_len = sizeof(hello) - 1};
	int fd, type;

	if (service_options_parse(&service, argc, argv))
		return 2;
	signal(SIGPIPE, SIG_IGN);
	type = service.udp ? SOCK_DGRAM : SOCK_STREAM;
	fd = socket(service.address.sa.sa_family, type | SOCK_CLOEXEC, 0);
	if (fd < 0 || set_options(fd, &service) ||
	    bind(fd, &service.address.sa, service.address_len) ||
	    (!service.udp && listen(fd, service.backlog))) {
		perror("service");
		return 1;
	}
	puts("ready");
	fflush(stdout);
	while (service.mode == SERVICE_NEVER)
		pause();
	if (service.udp)
		serve_datagrams(fd, &service);
	serve_connections(fd, &service);
}
