// SPDX-License-Identifier: GPL-2.0-only
/* A load balancer's health check, made of raw packets, for the scenarios. */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "prober.h"

/*
 * The source addresses are routed to this namespace but are not its own, so
 * that its kernel drops the answers (no forwarding) and this socket is the only
 * one to see them: no RST comes from a stack that knows nothing of the probe.
 */
static int open_socket(struct prober *prober)
{
	struct sockaddr_ll here = {.sll_family = AF_PACKET};
	int size = 8 << 20;

	here.sll_protocol = htons(prober->opt.family == AF_INET ? ETH_P_IP : ETH_P_IPV6);
	here.sll_ifindex = prober->ifindex = (int)if_nametoindex(prober->opt.interface);
	if (!here.sll_ifindex)
		return -errno;
	prober->fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (prober->fd < 0)
		return -errno;
	setsockopt(prober->fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
	return bind(prober->fd, (struct sockaddr *)&here, sizeof(here)) ? -errno : 0;
}

static void drain(struct prober *prober)
{
	struct received in;
	uint8_t buf[65536];
	ssize_t len;

	while ((len = recv(prober->fd, buf, sizeof(buf), MSG_DONTWAIT)) > 0)
		if (packet_parse(&prober->opt, buf, (size_t)len, &in))
			probe_receive(prober, &in);
}

/* Starts what is due by the rate; returns how many have been started in all. */
static unsigned int start_due(struct prober *prober, unsigned int started)
{
	const struct prober_options *opt = &prober->opt;
	int64_t due = opt->count;

	if (opt->rate)
		due = 1 + (prober_now_ms() - prober->started) * opt->rate / 1000;
	while (started < opt->count && started < due) {
		probe_start(prober, started++);
		/* Answers must not outgrow the receive buffer. */
		if (started % 64 == 0)
			drain(prober);
	}
	return started;
}

static void run(struct prober *prober)
{
	struct pollfd poll_fd = {.fd = prober->fd, .events = POLLIN};
	unsigned int started = 0, first = 0, i;
	int64_t end;

	prober->started = prober_now_ms();
	while (first < prober->opt.count) {
		started = start_due(prober, started);
		poll(&poll_fd, 1, 5);
		drain(prober);
		if (prober->opt.acks_together && started == prober->opt.count)
			probe_release_acks(prober);
		for (i = first; i < started; i++)
			probe_timers(prober, &prober->probes[i]);
		while (first < started && prober->probes[first].state == PROBE_DONE)
			first++;
	}
	end = prober_now_ms() + prober->opt.linger_ms;
	while (prober_now_ms() < end) {
		poll(&poll_fd, 1, 5);
		drain(prober);
	}
}

static int report(const struct prober *prober)
{
	unsigned int i, failed = 0;

	for (i = 0; i < prober->opt.count; i++) {
		failed += !prober->probes[i].ok;
		if (!prober->opt.quiet)
			probe_print(prober, &prober->probes[i]);
	}
	return failed ? 1 : 0;
}

int main(int argc, char **argv)
{
	struct prober prober = {.fd = -1};
	struct timespec ts;
	int err;

	clock_gettime(CLOCK_REALTIME, &ts);
	srandom((unsigned int)(ts.tv_nsec ^ getpid()));
	if (prober_options_parse(&prober.opt, argc, argv))
		return 2;
	err = open_socket(&prober);
	if (err) {
		fprintf(stderr, "prober: %s: %s\n", prober.opt.interface, strerror(-err));
		return 2;
	}
	prober.probes = calloc(prober.opt.count, sizeof(*prober.probes));
	if (!prober.probes)
		return 2;
	run(&prober);
	err = report(&prober);
	free(prober.probes);
	close(prober.fd);
	return err;
}
