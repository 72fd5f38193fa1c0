// SPDX-License-Identifier: GPL-2.0-only
// Blocks of the pcapng format, as far as recordings have them (draft-ietf-opsawg-pcapng).
#include "pcapng.h"

#include <string.h>

enum { WORD = 4, LINK_ETHERNET = 1, TSRESOL_NS = 9, OPTION_MAX = 65532 };

static void put_u16(struct byte_buffer *out, uint16_t value)
{
	bytes_put(out, &value, sizeof(value));
}

static void put_u32(struct byte_buffer *out, uint32_t value)
{
	bytes_put(out, &value, sizeof(value));
}

static void put_u64(struct byte_buffer *out, uint64_t value)
{
	bytes_put(out, &value, sizeof(value));
}

/* Times are in two words, the higher one first, in either byte order. */
static void put_time(struct byte_buffer *out, uint64_t wall_ns)
{
	put_u32(out, (uint32_t)(wall_ns >> 32));
	put_u32(out, (uint32_t)wall_ns);
}

size_t pcapng_begin(struct byte_buffer *out, uint32_t type)
{
	size_t begin = out->len;

	put_u32(out, type);
	put_u32(out, 0);
	return begin;
}

void pcapng_end(struct byte_buffer *out, size_t begin)
{
	uint32_t len;

	bytes_align(out, begin, WORD);
	len = (uint32_t)(out->len - begin + PCAPNG_TAIL);
	put_u32(out, len);
	if (!out->failed)
		memcpy(out->data + begin + WORD, &len, sizeof(len));
}

void pcapng_option(struct byte_buffer *out, uint16_t code, const void *value, size_t len)
{
	if (len > OPTION_MAX)
		len = OPTION_MAX;
	put_u16(out, code);
	put_u16(out, (uint16_t)len);
	bytes_put(out, value, len);
	bytes_align(out, out->len - len, WORD);
}

void pcapng_text(struct byte_buffer *out, uint16_t code, const char *text)
{
	if (text && *text)
		pcapng_option(out, code, text, strlen(text));
}

static void end_options(struct byte_buffer *out)
{
	put_u32(out, PCAPNG_END_OF_OPTIONS);
}

void pcapng_put_section(struct byte_buffer *out, const struct pcapng_section *section)
{
	size_t begin = pcapng_begin(out, PCAPNG_SECTION);

	put_u32(out, PCAPNG_BYTE_ORDER);
	put_u16(out, 1); /* the format's version: 1.0 */
	put_u16(out, 0);
	put_u64(out, UINT64_MAX); /* the section's length: not known */
	pcapng_text(out, PCAPNG_SECTION_HARDWARE, section->hardware);
	pcapng_text(out, PCAPNG_SECTION_OS, section->os);
	pcapng_text(out, PCAPNG_SECTION_APPLICATION, section->application);
	pcapng_text(out, PCAPNG_COMMENT, section->comment);
	end_options(out);
	pcapng_end(out, begin);
}

void pcapng_put_interface(struct byte_buffer *out, const char *name, const char *description)
{
	const uint8_t resolution = TSRESOL_NS;
	size_t begin = pcapng_begin(out, PCAPNG_INTERFACE);

	put_u16(out, LINK_ETHERNET);
	put_u16(out, 0);
	put_u32(out, PCAPNG_SNAPLEN);
	pcapng_text(out, PCAPNG_IF_NAME, name);
	pcapng_text(out, PCAPNG_IF_DESCRIPTION, description);
	pcapng_option(out, PCAPNG_IF_TSRESOL, &resolution, sizeof(resolution));
	end_options(out);
	pcapng_end(out, begin);
}

static void write_reserve(uint8_t *bytes, size_t reserve)
{
	const uint16_t head[] = {PCAPNG_CUSTOM, (uint16_t)(reserve - WORD)};
	const uint32_t pen = PCAPNG_PEN;

	memset(bytes, 0, reserve);
	memcpy(bytes, head, sizeof(head));
	memcpy(bytes + WORD, &pen, sizeof(pen));
}

size_t pcapng_put_packet(struct byte_buffer *out, const struct pcapng_packet *packet)
{
	const uint32_t flags = packet->outbound ? 2 : 1;
	size_t begin = pcapng_begin(out, PCAPNG_PACKET), reserve_at = 0;
	uint8_t *reserve;

	put_u32(out, packet->interface);
	put_time(out, packet->wall_ns);
	put_u32(out, packet->cap_len);
	put_u32(out, packet->frame_len);
	bytes_put(out, packet->frame, packet->cap_len);
	bytes_align(out, begin, WORD);
	pcapng_option(out, PCAPNG_PACKET_FLAGS, &flags, sizeof(flags));
	for (size_t i = 0; i < sizeof(packet->comments) / sizeof(packet->comments[0]); i++)
		pcapng_text(out, PCAPNG_COMMENT, packet->comments[i]);
	if (packet->reserve) {
		reserve_at = out->len;
		reserve = bytes_add(out, packet->reserve);
		if (reserve)
			write_reserve(reserve, packet->reserve);
	}
	end_options(out);
	pcapng_end(out, begin);
	return reserve_at;
}

void pcapng_fill_reserve(uint8_t *bytes, size_t reserve, const char *comment)
{
	size_t len = strnlen(comment, reserve - WORD), room;
	uint16_t head[2] = {PCAPNG_COMMENT};

	room = (len + WORD - 1) / WORD * WORD;
	/* What is left has to be an option of its own: its head and the number of its owner. */
	if (reserve - WORD - room == WORD)
		room += WORD;
	memset(bytes, 0, reserve);
	memcpy(bytes + WORD, comment, len);
	if (reserve - WORD - room)
		write_reserve(bytes + WORD + room, reserve - WORD - room);
	/* Blanks, so that the length is the room's own. */
	memset(bytes + WORD + len, ' ', room - len);
	head[1] = (uint16_t)room;
	memcpy(bytes, head, sizeof(head));
}

void pcapng_put_statistics(struct byte_buffer *out, const struct pcapng_statistics *stats)
{
	size_t begin = pcapng_begin(out, PCAPNG_STATISTICS);

	put_u32(out, stats->interface);
	put_time(out, stats->wall_ns);
	pcapng_text(out, PCAPNG_COMMENT, stats->comment);
	if (stats->lost != UINT64_MAX)
		pcapng_option(out, PCAPNG_STAT_OSDROP, &stats->lost, sizeof(stats->lost));
	if (stats->packets != UINT64_MAX)
		pcapng_option(out, PCAPNG_STAT_USRDELIV, &stats->packets, sizeof(stats->packets));
	end_options(out);
	pcapng_end(out, begin);
}
