// SPDX-License-Identifier: GPL-2.0-only
// The packets of the probes as a classic pcap file.
#include <errno.h>
#include <pcap/pcap.h>
#include <stdlib.h>
#include <unistd.h>

#include "open_output.h"
#include "packet_sight.h"
#include "sink.h"

#define NS_PER_S 1000000000ULL

enum {
	SNAPLEN = 65535,
	RECENT = 256, /* packets remembered, to know one seen at several waypoints */
};

struct sink_pcap {
	pcap_t *pcap;
	pcap_dumper_t *dumper;
	uint64_t wall_offset_ns;
	struct packet_sight recent[RECENT];
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

/* Whether this packet was seen a moment ago; if not, remembers it. */
static bool seen_before(struct sink_pcap *sink, const struct packet_sight *sight)
{
	struct packet_sight *seen;

	for (int i = 0; i < RECENT; i++) {
		seen = &sink->recent[i];
		if (seen->time_ns && packet_is_same(seen, sight)) {
			if (!seen->skb)
				seen->skb = sight->skb;
			return true;
		}
	}
	sink->recent[sink->next++ % RECENT] = *sight;
	return false;
}

int sink_pcap_push(struct sink_pcap *sink, const struct ev_hdr *ev)
{
	const struct ev_packet *packet = (const struct ev_packet *)ev;
	uint64_t wall_ns = ev->time_ns + sink->wall_offset_ns;
	uint8_t frame[PACKET_FRAME_MAX];
	struct packet_sight sight;
	struct pcap_pkthdr header = {
		.ts.tv_sec = (time_t)(wall_ns / NS_PER_S),
		/* Nanoseconds, as the file's precision says. */
		.ts.tv_usec = (suseconds_t)(wall_ns % NS_PER_S),
	};

	if (!packet_has_frame(ev))
		return 0;
	sight = packet_sight(packet);
	if (seen_before(sink, &sight))
		return 0;
	header.caplen = packet_frame(packet, frame, &header.len);
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
