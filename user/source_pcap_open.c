// SPDX-License-Identifier: GPL-2.0-only
// Opens one interface for capturing, with a filter that the kernel takes.
#include "source_pcap_open.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "frame.h"

enum {
	/* Link header, VLAN tag, IPv6 and TCP with all options, then as much payload as the
	 * exchange is read from (EV_CAPTURE_PAYLOAD). */
	SNAP_LEN = 2048 + 256,
	RING_BYTES = 4 << 20,
	READ_MS = 100, /* where there is no immediate mode: before Linux 3.2 it makes no difference
			*/
	FILTER_LEN = 16384,
	/* The kernel takes 4096 instructions of 8 bytes, but no more bytes than
	 * net.core.optmem_max, which was 20,480 for long. */
	MAX_INSTRUCTIONS = 2048,
};

static int set_filter(struct pcap_iface *iface, const struct options *options)
{
	struct bpf_program program;
	char text[FILTER_LEN];
	int err;

	for (enum filter_detail detail = FILTER_WHOLE; detail < FILTER_DETAILS; detail++) {
		if (pcap_filter_text(options, detail, text, sizeof(text)) < 0 ||
		    pcap_compile(iface->pcap, &program, text, 1, PCAP_NETMASK_UNKNOWN))
			continue;
		err = program.bf_len > MAX_INSTRUCTIONS && detail + 1 < FILTER_DETAILS;
		if (!err)
			err = pcap_setfilter(iface->pcap, &program);
		pcap_freecode(&program);
		iface->strangers = detail == FILTER_WHOLE;
		if (!err)
			return 0;
	}
	return -EINVAL;
}

static int activate(pcap_t *pcap)
{
	int status;

	pcap_set_snaplen(pcap, SNAP_LEN);
	pcap_set_promisc(pcap, 0);
	pcap_set_timeout(pcap, READ_MS);
	pcap_set_immediate_mode(pcap, 1);
	pcap_set_buffer_size(pcap, RING_BYTES);
	/* Refused where the kernel has microseconds only. */
	pcap_set_tstamp_precision(pcap, PCAP_TSTAMP_PRECISION_NANO);
	status = pcap_activate(pcap);
	return status < 0 ? status : 0; /* a warning is none of ours */
}

static int describe(int status, char *why, pcap_t *pcap)
{
	switch (status) {
	case PCAP_ERROR_IFACE_NOT_UP:
		return -ENETDOWN;
	case PCAP_ERROR_NO_SUCH_DEVICE:
		snprintf(why, PCAP_ERR_LEN, "it is gone");
		return -ENODEV;
	case PCAP_ERROR_PERM_DENIED:
		snprintf(why, PCAP_ERR_LEN, "that needs CAP_NET_RAW");
		return -EPERM;
	default:
		snprintf(why, PCAP_ERR_LEN, "%s",
			 *pcap_geterr(pcap) ? pcap_geterr(pcap) : pcap_statustostr(status));
		return -EIO;
	}
}

int pcap_iface_open(struct pcap_iface *iface, const struct options *options, char why[PCAP_ERR_LEN])
{
	char buf[PCAP_ERRBUF_SIZE] = "";
	int err;

	*why = '\0';
	iface->pcap = pcap_create(iface->link.name, buf);
	if (!iface->pcap) {
		snprintf(why, PCAP_ERR_LEN, "%s", buf);
		return -EIO;
	}
	err = activate(iface->pcap);
	if (err) {
		err = describe(err, why, iface->pcap);
	} else if (!frame_knows(iface->link_type = pcap_datalink(iface->pcap))) {
		err = -EPROTONOSUPPORT;
		snprintf(why, PCAP_ERR_LEN,
			 "its packets have link type %d, which clbtrace cannot read",
			 iface->link_type);
	} else if ((err = set_filter(iface, options))) {
		snprintf(why, PCAP_ERR_LEN, "the filter: %s", pcap_geterr(iface->pcap));
	} else if (pcap_setnonblock(iface->pcap, 1, buf)) {
		err = -EIO;
		snprintf(why, PCAP_ERR_LEN, "%s", buf);
	}
	iface->in_ns = pcap_get_tstamp_precision(iface->pcap) == PCAP_TSTAMP_PRECISION_NANO;
	iface->dropped = 0;
	if (err)
		pcap_iface_close(iface);
	return err;
}

void pcap_iface_close(struct pcap_iface *iface)
{
	if (iface->pcap)
		pcap_close(iface->pcap);
	iface->pcap = NULL;
}
