// SPDX-License-Identifier: GPL-2.0-only
// The capture filter that lets the probes' packets through, in libpcap's language.
#include "source_pcap_filter.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "flow.h"

/* Each is a handful of BPF instructions, of which the kernel takes 4096 (BPF_MAXINSNS). */
enum { MAX_SOURCES = 64, MAX_RANGES = 64, PORTS = 65536 };

struct text {
	char *out;
	size_t len;
	size_t used; /* len: it did not fit */
};

__attribute__((format(printf, 2, 3))) static void put(struct text *text, const char *format, ...)
{
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(text->out + text->used, text->len - text->used, format, args);
	va_end(args);
	if (n < 0 || (size_t)n >= text->len - text->used)
		text->used = text->len;
	else
		text->used += (size_t)n;
}

/* libpcap refuses a network with host bits. */
static void mask(uint8_t addr[16], unsigned int bits)
{
	for (unsigned int i = 0; i < 16; i++) {
		if (bits >= 8 * (i + 1))
			continue;
		addr[i] &= bits > 8 * i ? (uint8_t)(0xff00 >> (bits - 8 * i)) : 0;
	}
}

static void put_source(struct text *text, const struct prefix *source)
{
	bool v4 = source->len >= 96 && addr_is_v4(source->addr);
	char name[INET6_ADDRSTRLEN];
	uint8_t addr[16];

	memcpy(addr, source->addr, sizeof(addr));
	mask(addr, source->len);
	inet_ntop(v4 ? AF_INET : AF_INET6, v4 ? addr + 12 : addr, name, sizeof(name));
	put(text, "net %s/%d", name, source->len - (v4 ? 96 : 0));
}

static void put_sources(struct text *text, const struct options *options)
{
	for (size_t i = 0; i < options->n_sources; i++) {
		put(text, i ? " or " : "(");
		put_source(text, &options->sources[i]);
	}
	put(text, ")");
}

/* Returns the number of ranges. */
static unsigned int put_ports(struct text *text, const struct options *options)
{
	unsigned int n = 0, last;

	for (unsigned int port = 0; port < PORTS; port++) {
		if (!options_have_port(options, port))
			continue;
		for (last = port; last + 1 < PORTS && options_have_port(options, last + 1); last++)
			;
		put(text, n++ ? " or portrange %u-%u" : "(portrange %u-%u", port, last);
		port = last;
	}
	put(text, ")");
	return n;
}

/* Errors about a probe or its answer, from whoever on the way. */
static void put_icmp_errors(struct text *text)
{
	put(text, " or (icmp and (icmp[0] = 3 or icmp[0] = 11 or icmp[0] = 12))"
		  " or (icmp6 and ip6[40] < 128)");
}

/*
 * SYNs of anybody. Those that this host sends cannot be left out here: until the ring has come
 * round once libpcap filters itself, and then "inbound" lets nothing through.
 */
static void put_strangers(struct text *text)
{
	put(text, " or ((tcp[13] & 0x12 = 2 or (ip6[6] = 6 and ip6[53] & 0x12 = 2))");
}

int pcap_filter_text(const struct options *options, enum filter_detail detail, char *out,
		     size_t len)
{
	struct text text = {.out = out, .len = len};
	const bool ports = !options->all_ports && detail == FILTER_WHOLE;

	if (detail < FILTER_PROTOCOL && options->n_sources > MAX_SOURCES)
		return -E2BIG;
	put(&text, options->udp ? "((tcp or udp)" : "(tcp");
	if (detail < FILTER_PROTOCOL) {
		put(&text, " and ");
		put_sources(&text, options);
	}
	if (ports) {
		put(&text, " and ");
		if (put_ports(&text, options) > MAX_RANGES)
			return -E2BIG;
	}
	put(&text, ")");
	put_icmp_errors(&text);
	if (options->udp)
		put(&text, " or (icmp and (icmp[0] = 0 or icmp[0] = 8))"
			   " or (icmp6 and (ip6[40] = 128 or ip6[40] = 129))");
	if (detail == FILTER_WHOLE) {
		put_strangers(&text);
		if (ports) {
			put(&text, " and tcp and ");
			put_ports(&text, options);
		}
		put(&text, ")");
	}
	return text.used < text.len ? (int)text.used : -E2BIG;
}
