// SPDX-License-Identifier: GPL-2.0-only
// The way through a frame's headers to what follows its IP header.
#include "frame_ip.h"

#include <netinet/in.h>
#include <pcap/dlt.h>
#include <string.h>

enum {
	ETHERNET_LEN = 14,
	SLL_LEN = 16,  /* LINKTYPE_LINUX_SLL */
	SLL2_LEN = 20, /* LINKTYPE_LINUX_SLL2: the Ethertype is first */
	NULL_LEN = 4,
	VLAN_LEN = 4,
	VLANS_MAX = 4,
	IP4_LEN = 20,
	IP6_LEN = 40,
	IP6_EXTENSIONS_MAX = 8,
	/* As numbered in files, and by OpenBSD; <pcap/dlt.h> has this system's only. */
	LINK_RAW = 101,
	LINK_RAW_OPENBSD = 14,
};

enum ethertype {
	TYPE_IP4 = 0x0800,
	TYPE_IP6 = 0x86dd,
	TYPE_VLAN = 0x8100,
	TYPE_QINQ = 0x88a8,
	TYPE_QINQ_OLD = 0x9100,
};

bool frame_knows(int link_type)
{
	switch (link_type) {
	case DLT_EN10MB:
	case DLT_LINUX_SLL:
	case DLT_LINUX_SLL2:
	case DLT_RAW:
	case LINK_RAW:
	case LINK_RAW_OPENBSD:
	case DLT_IPV4:
	case DLT_IPV6:
	case DLT_NULL:
	case DLT_LOOP:
		return true;
	}
	return false;
}

static bool is_vlan(uint16_t type)
{
	return type == TYPE_VLAN || type == TYPE_QINQ || type == TYPE_QINQ_OLD;
}

/* at: behind a link-layer header that ends in, or begins with, that Ethertype. */
static bool skip_vlans(const struct frame *frame, uint16_t type, uint32_t at, uint32_t *out)
{
	for (int i = 0; i < VLANS_MAX && is_vlan(type); i++) {
		if (!frame_has(frame, at, VLAN_LEN))
			return false;
		type = frame_u16(frame->data + at + 2);
		at += VLAN_LEN;
	}
	*out = at;
	return type == TYPE_IP4 || type == TYPE_IP6;
}

bool frame_find_ip(const struct frame *frame, uint32_t *at)
{
	const uint8_t *data = frame->data;

	switch (frame->link_type) {
	case DLT_EN10MB:
		return frame_has(frame, 0, ETHERNET_LEN) &&
		       skip_vlans(frame, frame_u16(data + 12), ETHERNET_LEN, at);
	case DLT_LINUX_SLL:
		return frame_has(frame, 0, SLL_LEN) &&
		       skip_vlans(frame, frame_u16(data + 14), SLL_LEN, at);
	case DLT_LINUX_SLL2:
		return frame_has(frame, 0, SLL2_LEN) &&
		       skip_vlans(frame, frame_u16(data), SLL2_LEN, at);
	case DLT_NULL: /* an address family, whose number and byte order are another system's */
	case DLT_LOOP:
		*at = NULL_LEN;
		return true;
	default:
		*at = 0;
		return frame_knows(frame->link_type);
	}
}

static bool read_ip4(const struct frame *frame, uint32_t at, struct frame_ip *out)
{
	static const uint8_t v4_mapped[12] = {[10] = 0xff, [11] = 0xff};
	const uint8_t *ip = frame->data + at;
	uint32_t header, total;

	if (!frame_has(frame, at, IP4_LEN))
		return false;
	header = (ip[0] & 15U) * 4;
	total = frame_u16(ip + 2);
	if (header < IP4_LEN || frame_u16(ip + 6) & 0x1fff)
		return false;
	/* More than fits (TCP segmentation offload, RFC 2675's idea of it): as long as the frame.
	 */
	if (!total)
		total = frame->frame_len > at ? frame->frame_len - at : 0;
	if (total < header)
		return false;
	memcpy(out->saddr, v4_mapped, sizeof(v4_mapped));
	memcpy(out->saddr + 12, ip + 12, 4);
	memcpy(out->daddr, v4_mapped, sizeof(v4_mapped));
	memcpy(out->daddr + 12, ip + 16, 4);
	out->family = 4;
	out->proto = ip[9];
	out->id = frame_u16(ip + 4);
	out->ip = at;
	out->l4 = at + header;
	out->end = at + total;
	return true;
}

/* RFC 8200 section 4: those that may come before what IPv6 carries. */
static bool is_extension(uint8_t next)
{
	return next == IPPROTO_HOPOPTS || next == IPPROTO_ROUTING || next == IPPROTO_DSTOPTS ||
	       next == IPPROTO_FRAGMENT;
}

static bool skip_extensions(const struct frame *frame, struct frame_ip *out)
{
	for (int i = 0; i < IP6_EXTENSIONS_MAX && is_extension(out->proto); i++) {
		const uint8_t *ext = frame->data + out->l4;

		if (!frame_has(frame, out->l4, 8))
			return false;
		if (out->proto == IPPROTO_FRAGMENT && frame_u16(ext + 2) & 0xfff8)
			return false;
		out->l4 += out->proto == IPPROTO_FRAGMENT ? 8 : (ext[1] + 1U) * 8;
		out->proto = ext[0];
	}
	return out->l4 <= out->end;
}

static bool read_ip6(const struct frame *frame, uint32_t at, struct frame_ip *out)
{
	const uint8_t *ip = frame->data + at;
	uint32_t length;

	if (!frame_has(frame, at, IP6_LEN))
		return false;
	length = frame_u16(ip + 4);
	memcpy(out->saddr, ip + 8, 16);
	memcpy(out->daddr, ip + 24, 16);
	out->family = 6;
	out->proto = ip[6];
	out->id = 0;
	out->ip = at;
	out->l4 = at + IP6_LEN;
	out->end = out->l4 + length;
	if (!length && frame->frame_len > out->l4)
		out->end = frame->frame_len;
	return skip_extensions(frame, out);
}

bool frame_read_ip(const struct frame *frame, uint32_t at, struct frame_ip *out)
{
	if (!frame_has(frame, at, 1))
		return false;
	switch (frame->data[at] >> 4) {
	case 4:
		return read_ip4(frame, at, out);
	case 6:
		return read_ip6(frame, at, out);
	}
	return false;
}
