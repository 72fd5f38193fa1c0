// SPDX-License-Identifier: GPL-2.0-only
// The packets of the probes as a classic pcap file.
#include <errno.h>
#include <linux/if_ether.h>
#include <pcap/pcap.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "flow.h"
#include "open_output.h"
#include "sink.h"

#define NS_PER_S 1000000000ULL

enum {
	SNAPLEN = 65535,
	RECENT = 256, /* packets remembered, to know one seen at several waypoints */
	ETHERNET_LEN = 14,
};

/* How long a packet takes from its first to its last waypoint at most; its address is reused
 * afterwards. */
#define SAME_PACKET_NS 5000000ULL

struct seen {
	uint64_t skb;
	uint64_t time_ns;
	struct ev_flow flow;
	struct ev_tcp tcp;
};

struct sink_pcap {
	pcap_t *pcap;
	pcap_dumper_t *dumper;
	uint64_t wall_offset_ns;
	struct seen recent[RECENT];
	unsigned int next;
};

/* Takes fd over. */
static int open_dumper(struct sink_pcap *sink, int fd)
{
	FILE *file = fdopen(fd, "w");

	if (!file) {
		int err = -errno;

		close(fd);
		return err;
	}
	sink->pcap = pcap_open_dead_with_tstamp_precision(DLT_EN10MB, SNAPLEN,
							  PCAP_TSTAMP_PRECISION_NANO);
	if (sink->pcap)
		sink->dumper = pcap_dump_fopen(sink->pcap, file);
	if (sink->dumper)
		return 0;
	fclose(file);
	return -ENOMEM;
}

int sink_pcap_open(struct sink_pcap **out, const char *path, uint64_t wall_offset_ns)
{
	struct sink_pcap *sink = calloc(1, sizeof(*sink));
	int err, fd;

	if (!sink)
		return -ENOMEM;
	sink->wall_offset_ns = wall_offset_ns;
	fd = output_open(path);
	err = fd < 0 ? fd : open_dumper(sink, fd);
	if (!err)
		err = sink_pcap_flush(sink);
	if (err) {
		sink_pcap_close(sink);
		if (fd >= 0)
			unlink(path); /* it has nothing in it */
		return err;
	}
	*out = sink;
	return 0;
}

/* An XDP program sees a packet that has no skb yet: its contents have to do. */
static bool is_same(const struct seen *seen, const struct ev_packet *packet)
{
	uint64_t earlier =
		seen->time_ns < packet->hdr.time_ns ? seen->time_ns : packet->hdr.time_ns;
	uint64_t later = seen->time_ns < packet->hdr.time_ns ? packet->hdr.time_ns : seen->time_ns;

	return later - earlier < SAME_PACKET_NS &&
	       (seen->skb == packet->hdr.skb || !seen->skb || !packet->hdr.skb) &&
	       flow_equal(&seen->flow, &packet->flow) &&
	       !memcmp(&seen->tcp, &packet->tcp, sizeof(seen->tcp));
}

/* Whether this packet was seen a moment ago; if not, remembers it. */
static bool seen_before(struct sink_pcap *sink, const struct ev_packet *packet)
{
	struct seen *seen;

	for (int i = 0; i < RECENT; i++) {
		seen = &sink->recent[i];
		if (seen->time_ns && is_same(seen, packet)) {
			if (!seen->skb)
				seen->skb = packet->hdr.skb;
			return true;
		}
	}
	seen = &sink->recent[sink->next++ % RECENT];
	seen->skb = packet->hdr.skb;
	seen->time_ns = packet->hdr.time_ns;
	seen->flow = packet->flow;
	seen->tcp = packet->tcp;
	return false;
}

static bool is_frame(const struct ev_hdr *ev)
{
	const struct ev_packet *packet = (const struct ev_packet *)ev;

	if (ev->type != EV_PACKET || ev->size < sizeof(*packet) ||
	    packet->cap_len > ev->size - sizeof(*packet) || packet->cap_len <= packet->l2_len)
		return false;
	return packet->waypoint == WP_XDP || packet->waypoint == WP_TC_INGRESS ||
	       packet->waypoint == WP_TC_EGRESS;
}

/* A frame of a device without Ethernet headers gets one with zero addresses. Returns the bytes
 * written. */
static uint32_t put_frame(const struct ev_packet *packet, uint8_t frame[ETHERNET_LEN + UINT16_MAX])
{
	uint16_t type = packet->flow.family == 6 ? ETH_P_IPV6 : ETH_P_IP;

	if (packet->l2_len >= ETHERNET_LEN) {
		memcpy(frame, packet->data, packet->cap_len);
		return packet->cap_len;
	}
	memset(frame, 0, ETHERNET_LEN);
	frame[12] = (uint8_t)(type >> 8);
	frame[13] = (uint8_t)type;
	memcpy(frame + ETHERNET_LEN, packet->data + packet->l2_len,
	       packet->cap_len - packet->l2_len);
	return ETHERNET_LEN + packet->cap_len - packet->l2_len;
}

int sink_pcap_push(struct sink_pcap *sink, const struct ev_hdr *ev)
{
	const struct ev_packet *packet = (const struct ev_packet *)ev;
	uint64_t wall_ns = ev->time_ns + sink->wall_offset_ns;
	uint8_t frame[ETHERNET_LEN + UINT16_MAX];
	struct pcap_pkthdr header = {
		.ts.tv_sec = (time_t)(wall_ns / NS_PER_S),
		/* Nanoseconds, as the file's precision says. */
		.ts.tv_usec = (suseconds_t)(wall_ns % NS_PER_S),
	};

	if (!is_frame(ev) || seen_before(sink, packet))
		return 0;
	header.caplen = put_frame(packet, frame);
	header.len = packet->frame_len + header.caplen - packet->cap_len;
	if (header.len < header.caplen)
		header.len = header.caplen;
	if (header.caplen > SNAPLEN)
		header.caplen = SNAPLEN;
	errno = 0;
	pcap_dump((u_char *)sink->dumper, &header, frame);
	if (ferror(pcap_dump_file(sink->dumper)))
		return -(errno ? errno : EIO);
	return 0;
}

int sink_pcap_flush(struct sink_pcap *sink)
{
	errno = 0;
	if (pcap_dump_flush(sink->dumper) || ferror(pcap_dump_file(sink->dumper)))
		return -(errno ? errno : EIO);
	return 0;
}

int sink_pcap_close(struct sink_pcap *sink)
{
	int err = 0;

	if (!sink)
		return 0;
	if (sink->dumper) {
		err = sink_pcap_flush(sink);
		pcap_dump_close(sink->dumper);
	}
	if (sink->pcap)
		pcap_close(sink->pcap);
	free(sink);
	return err;
}
