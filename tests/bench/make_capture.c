// SPDX-License-Identifier: GPL-2.0-only
// Writes a large capture to measure with: packets that are no probe's, or probes, or both.
#include <arpa/inet.h>
#include <pcap/pcap.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * usage: make_capture FILE PROBES OTHERS GAP_NS
 *
 * PROBES probes of 10 packets (half of them HTTP exchanges) or 3 (the others), among OTHERS packets
 * of other connections, GAP_NS apart.
 */
enum { FIN = 1, SYN = 2, RST = 4, PSH = 8, ACK = 16, HEADERS = 14 + 20 + 32 };

struct writer {
	pcap_dumper_t *dumper;
	uint64_t time_ns;
	uint64_t gap_ns;
	uint64_t packets;
};

struct flow {
	uint32_t client, server; /* addresses */
	uint16_t sport, dport;
	uint32_t seq[2], tsval;
};

static void put16(uint8_t *at, uint32_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static void put32(uint8_t *at, uint32_t value)
{
	put16(at, value >> 16);
	put16(at + 2, value);
}

static void put_headers(uint8_t *frame, const struct flow *f, bool reply, uint8_t flags, size_t len)
{
	uint8_t *ip = frame + 14, *tcp = ip + 20;

	memset(frame, 0, HEADERS);
	put16(frame + 12, 0x0800);
	ip[0] = 0x45;
	put16(ip + 2, (uint32_t)(HEADERS - 14 + len));
	put16(ip + 4, f->tsval);
	ip[8] = 64;
	ip[9] = 6;
	put32(ip + 12, reply ? f->server : f->client);
	put32(ip + 16, reply ? f->client : f->server);
	put16(tcp, reply ? f->dport : f->sport);
	put16(tcp + 2, reply ? f->sport : f->dport);
	put32(tcp + 4, f->seq[reply]);
	put32(tcp + 8, flags & ACK ? f->seq[!reply] : 0);
	tcp[12] = 8 << 4;
	tcp[13] = flags;
	put16(tcp + 14, 64240);
	tcp[20] = tcp[21] = 1;
	tcp[22] = 8;
	tcp[23] = 10;
	put32(tcp + 24, f->tsval);
}

static void packet(struct writer *w, struct flow *f, bool reply, uint8_t flags, const char *data)
{
	const size_t len = strlen(data);
	uint8_t frame[2048];
	struct pcap_pkthdr header = {
		.ts = {.tv_sec = (time_t)(w->time_ns / 1000000000),
		       .tv_usec = (suseconds_t)(w->time_ns % 1000000000)},
		.caplen = (bpf_u_int32)(HEADERS + len),
		.len = (bpf_u_int32)(HEADERS + len),
	};

	put_headers(frame, f, reply, flags, len);
	memcpy(frame + HEADERS, data, len);
	pcap_dump((u_char *)w->dumper, &header, frame);
	f->seq[reply] += (uint32_t)len + (flags & (SYN | FIN) ? 1 : 0);
	f->tsval++;
	w->time_ns += w->gap_ns;
	w->packets++;
}

static void probe(struct writer *w, uint64_t n)
{
	struct flow f = {.client = 0x64400100 + (uint32_t)(n & 7),
			 .server = 0xac10200f,
			 .sport = (uint16_t)(1024 + n / 8 % 64000),
			 .dport = 80,
			 .seq = {(uint32_t)n * 2654435761U, (uint32_t)n * 40503U},
			 .tsval = (uint32_t)(w->time_ns / 1000000)};

	packet(w, &f, false, SYN, "");
	packet(w, &f, true, SYN | ACK, "");
	if (n & 1) {
		packet(w, &f, false, RST, "");
		return;
	}
	packet(w, &f, false, ACK, "");
	packet(w, &f, false, PSH | ACK,
	       "GET /health HTTP/1.1\r\nHost: 172.16.32.15\r\nUser-Agent: clb-healthcheck\r\n\r\n");
	packet(w, &f, true, ACK, "");
	packet(w, &f, true, PSH | ACK,
	       "HTTP/1.1 200 OK\r\nServer: nginx\r\nContent-Length: 2\r\n\r\nok");
	packet(w, &f, false, ACK, "");
	packet(w, &f, true, FIN | ACK, "");
	packet(w, &f, false, FIN | ACK, "");
	packet(w, &f, true, ACK, "");
}

static void other(struct writer *w, uint64_t n)
{
	static char data[1400];
	struct flow f = {.client = 0x0a000000 + (uint32_t)(n % 5000),
			 .server = 0xac10200f,
			 .sport = (uint16_t)(1024 + n % 60000),
			 .dport = 443,
			 .seq = {(uint32_t)n, (uint32_t)n},
			 .tsval = (uint32_t)n};

	memset(data, 'x', n % 4 ? 100 : sizeof(data) - 1);
	data[n % 4 ? 100 : sizeof(data) - 1] = 0;
	packet(w, &f, n & 1, ACK, data);
}

int main(int argc, char **argv)
{
	pcap_t *pcap =
		pcap_open_dead_with_tstamp_precision(DLT_EN10MB, 65535, PCAP_TSTAMP_PRECISION_NANO);
	struct writer w = {.time_ns = 1795333272118123000ULL};
	uint64_t probes, others, each;

	if (argc != 5 || !pcap) {
		fprintf(stderr, "usage: make_capture FILE PROBES OTHERS GAP_NS\n");
		return 2;
	}
	w.dumper = pcap_dump_open(pcap, argv[1]);
	if (!w.dumper) {
		fprintf(stderr, "%s\n", pcap_geterr(pcap));
		return 2;
	}
	probes = strtoull(argv[2], NULL, 10);
	others = strtoull(argv[3], NULL, 10);
	w.gap_ns = strtoull(argv[4], NULL, 10);
	each = probes ? others / probes : 1;
	for (uint64_t i = 0, n = 0; i < probes || n < others; i++) {
		if (i < probes)
			probe(&w, i);
		for (uint64_t j = 0; j < each && n < others; j++)
			other(&w, n++);
	}
	pcap_dump_close(w.dumper);
	pcap_close(pcap);
	printf("%llu\n", (unsigned long long)w.packets);
	return 0;
}
