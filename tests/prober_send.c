// SPDX-License-Identifier: GPL-2.0-only
/* Sends a probe's packets: a segment, a request in its segments, a datagram. */
#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "prober.h"

int64_t prober_now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

void probe_note(struct probe *probe, const char *format, ...)
{
	size_t used = strlen(probe->got);
	va_list args;

	if (used && used < sizeof(probe->got) - 1)
		probe->got[used++] = ' ';
	va_start(args, format);
	vsnprintf(probe->got + used, sizeof(probe->got) - used, format, args);
	va_end(args);
}

static void send_packet(struct prober *prober, struct probe *probe, const uint8_t *buf, size_t len)
{
	const struct prober_options *opt = &prober->opt;
	struct sockaddr_ll to = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(opt->family == AF_INET ? ETH_P_IP : ETH_P_IPV6),
		.sll_ifindex = prober->ifindex,
		.sll_halen = sizeof(opt->mac),
	};

	memcpy(to.sll_addr, opt->mac, sizeof(opt->mac));
	if (!len || sendto(prober->fd, buf, len, 0, (struct sockaddr *)&to, sizeof(to)) < 0)
		probe_note(probe, "(send failed)");
}

void probe_send_segment(struct prober *prober, struct probe *probe, uint8_t flags,
			const char *payload, size_t payload_len)
{
	const struct prober_options *opt = &prober->opt;
	struct segment segment = {
		.flags = flags,
		.seq = flags & TH_SYN ? probe->isn : probe->snd_nxt,
		.ack = flags & TH_ACK ? probe->rcv_nxt : 0,
		.payload = payload,
		.payload_len = payload_len,
		.tsval = opt->tsval + (uint32_t)(prober_now_ms() - prober->started),
	};
	uint8_t buf[1500];

	send_packet(prober, probe, buf, segment_build(opt, probe, &segment, buf, sizeof(buf)));
	probe->snd_nxt += (uint32_t)payload_len + !!(flags & TH_FIN);
}

void probe_send_request(struct prober *prober, struct probe *probe)
{
	const struct prober_options *opt = &prober->opt;
	size_t piece = opt->piece ? opt->piece : PROBER_MAX_SEGMENT, at, len;
	size_t pieces = opt->payload_len ? (opt->payload_len + piece - 1) / piece : 1;
	uint32_t first = probe->snd_nxt;

	for (size_t i = 0; i < pieces; i++) {
		at = piece * (opt->pieces_reversed ? pieces - 1 - i : i);
		len = opt->payload_len - at < piece ? opt->payload_len - at : piece;
		probe->snd_nxt = first + (uint32_t)at;
		probe_send_segment(prober, probe, TH_PSH | TH_ACK, opt->payload + at, len);
	}
	probe->snd_nxt = first + (uint32_t)opt->payload_len;
}

void probe_send_datagram(struct prober *prober, struct probe *probe)
{
	uint8_t buf[1500];

	send_packet(prober, probe, buf, datagram_build(&prober->opt, probe, buf, sizeof(buf)));
}
