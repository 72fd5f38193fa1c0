/* SPDX-License-Identifier: GPL-2.0-only */
/* What the probing client's parts share: the options, one probe's state, one packet. */
#ifndef CLBTRACE_TESTS_PROBER_H
#define CLBTRACE_TESTS_PROBER_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PROBER_MAX_SOURCES 64
#define PROBER_MAX_PAYLOAD 4096
#define PROBER_MAX_SEGMENT 1200

/* What a probe does once the SYN-ACK is there, or what it is if it is no connection. */
enum prober_mode {
	MODE_HALF_OPEN, /* RST: success */
	MODE_SILENT,	/* nothing, ever */
	MODE_ACK,	/* ACK, and leave the connection alone */
	MODE_FIN,	/* ACK, FIN, wait for the peer's FIN */
	MODE_RST,	/* ACK, RST */
	MODE_READ,	/* ACK, wait for the peer to close */
	MODE_REQUEST,	/* ACK, the request, wait for the first bytes of an answer, close */
	MODE_UDP,	/* one datagram; silence is success */
	MODE_PING,	/* one echo request */
};

struct prober_options {
	int family;		/* AF_INET or AF_INET6, from the target */
	struct in6_addr target; /* an IPv4 address is in the first 4 bytes */
	struct in6_addr sources[PROBER_MAX_SOURCES];
	unsigned int n_sources;
	uint16_t port;
	enum prober_mode mode;
	const char *interface;
	uint8_t mac[6];
	char payload[PROBER_MAX_PAYLOAD];
	size_t payload_len;
	unsigned int piece; /* bytes of the request in a segment; 0: as many as fit */
	bool pieces_reversed;
	bool close_with_rst;
	bool close_after_peer;
	bool have_isn;
	uint32_t isn;
	uint16_t sport; /* of the first probe; later ones count up */
	bool have_tsval;
	uint32_t tsval; /* at the start; advances by one a millisecond */
	unsigned int syns;
	unsigned int syn_interval_ms;
	unsigned int ack_delay_ms;
	unsigned int timeout_ms;
	unsigned int linger_ms;
	unsigned int count;
	unsigned int rate; /* probes a second; 0: as fast as possible */
	bool acks_together;
	bool rst_on_ack;
	bool bad_tcp_checksum;
	bool bad_ip_checksum;
	bool md5;
	int data_offset; /* TCP header length in words to claim; -1: the true one */
	bool quiet;
};

enum probe_state {
	PROBE_IDLE,
	PROBE_SYN_SENT,
	PROBE_HOLD_ACK,
	PROBE_WAITING, /* for the answer to a datagram */
	PROBE_OPEN,
	PROBE_CLOSING,
	PROBE_DONE
};

struct probe {
	enum probe_state state;
	bool ok;
	bool have_deadline_ack; /* the held ACK leaves at ack_at */
	unsigned int syns_left;
	unsigned int source; /* index into options.sources */
	uint16_t sport;
	uint32_t isn, snd_nxt, rcv_nxt, peer_tsval;
	int64_t next_syn, ack_at, deadline; /* ms */
	char got[256];			    /* words, for the probe's line */
};

/* One TCP segment to be sent. */
struct segment {
	uint8_t flags;
	uint32_t seq, ack;
	const char *payload;
	size_t payload_len;
	uint32_t tsval;
};

/* What came in for one of our ports; an echo's identifier counts as one. */
struct received {
	bool icmp;
	uint8_t icmp_type, icmp_code;
	struct in6_addr to; /* our address */
	uint16_t sport;	    /* our port */
	uint8_t flags;
	uint32_t seq, ack, tsval;
	const uint8_t *payload;
	size_t payload_len;
};

struct prober {
	struct prober_options opt;
	int fd; /* AF_PACKET, SOCK_DGRAM, bound to the interface */
	int ifindex;
	int64_t started; /* ms */
	struct probe *probes;
};

enum { TH_FIN = 1, TH_SYN = 2, TH_RST = 4, TH_PSH = 8, TH_ACK = 16 };

/* prober_options.c */
int prober_options_parse(struct prober_options *opt, int argc, char **argv);

/* prober_packet.c */
size_t segment_build(const struct prober_options *opt, const struct probe *probe,
		     const struct segment *segment, uint8_t *buf, size_t size);
bool segment_parse(const struct prober_options *opt, const uint8_t *p, size_t len,
		   struct received *out);

/* prober_datagram.c */
size_t datagram_build(const struct prober_options *opt, const struct probe *probe, uint8_t *buf,
		      size_t size);
bool packet_parse(const struct prober_options *opt, const uint8_t *buf, size_t len,
		  struct received *out);

/* prober_payload.c; --send and --send-file: 0, -EINVAL, or what opening the file brought */
int payload_parse(struct prober_options *opt, const char *text);
int payload_read(struct prober_options *opt, const char *path);

/* prober_send.c */
int64_t prober_now_ms(void);
/* Adds words to the probe's line. */
void __attribute__((format(printf, 2, 3))) probe_note(struct probe *probe, const char *format, ...);
void probe_send_segment(struct prober *prober, struct probe *probe, uint8_t flags,
			const char *payload, size_t payload_len);
void probe_send_request(struct prober *prober, struct probe *probe);
void probe_send_datagram(struct prober *prober, struct probe *probe);

/* prober_probe.c */
void probe_start(struct prober *prober, unsigned int index);
void probe_receive(struct prober *prober, const struct received *in);
void probe_timers(struct prober *prober, struct probe *probe);
void probe_release_acks(struct prober *prober);
void probe_print(const struct prober *prober, const struct probe *probe);

#endif
