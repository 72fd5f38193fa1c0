/* SPDX-License-Identifier: GPL-2.0-only */
/* Parsing of TCP options. */
#ifndef CLBTRACE_TCP_OPTIONS_BPF_H
#define CLBTRACE_TCP_OPTIONS_BPF_H

#include "packet.bpf.h"

enum {
	TCPOPT_END = 0,
	TCPOPT_NOP = 1,
	TCPOPT_TIMESTAMP = 8,
	TCPOPT_MD5 = 19,
	TCPOPT_AO = 29,
	TCPOPT_SPACE = 40,
	TCPOPT_COUNT_MAX = 12, /* no stack sends as many */
};

/* The TCP options of a packet, and what was found among them. */
struct tcp_options {
	__u8 bytes[TCPOPT_SPACE + 10]; /* an option may claim to go on behind the last byte */
	__u16 len;
	__u32 next; /* offset of the option to look at */
	__u32 seen; /* TCPOPT_SEEN_* */
	__u32 tsval;
	__u32 tsecr;
};

static __always_inline __u32 option_word(const __u8 *at)
{
	return at[0] << 24 | at[1] << 16 | at[2] << 8 | at[3];
}

static __always_inline void option_step(struct tcp_options *o, __u32 at)
{
	__u8 kind = o->bytes[at];
	__u8 size = o->bytes[at + 1];

	o->next = TCPOPT_SPACE;
	if (kind == TCPOPT_NOP)
		size = 1;
	else if (kind == TCPOPT_END || size < 2 || at + size > o->len)
		return;
	o->next = at + size;
	if (kind == TCPOPT_TIMESTAMP && size == 10) {
		o->seen |= TCPOPT_SEEN_TS;
		o->tsval = option_word(&o->bytes[at + 2]);
		o->tsecr = option_word(&o->bytes[at + 6]);
	} else if (kind == TCPOPT_MD5) {
		o->seen |= TCPOPT_SEEN_MD5;
	} else if (kind == TCPOPT_AO) {
		o->seen |= TCPOPT_SEEN_AO;
	}
}

/*
 * A global function: see packet_parse(). The offset is kept in memory, which the verifier does not
 * follow: otherwise it tries each layout of the options.
 */
__weak __noinline int options_find(struct tcp_options *o)
{
	__u32 at;

	if (!o)
		return 0;
	for (int i = 0; i < TCPOPT_COUNT_MAX; i++) {
		at = o->next;
		if (at >= TCPOPT_SPACE || at >= o->len)
			break;
		option_step(o, at);
	}
	return 0;
}

/* The TCP options, as far as they can be read. For TCP packets that are reported. */
static __always_inline void parse_options(const struct bytes *from, struct packet *p)
{
	__u32 less = p->tcp_len - sizeof(struct tcp_wire) - 1; /* see capture_len() */
	struct tcp_options o = {};

	/* The compiler knows the range from the header, the verifier forgets it on the stack. */
	asm volatile("" : "+r"(less));
	if (less >= TCPOPT_SPACE)
		return;
	asm volatile("" : "+r"(less));
	if (bytes_load_some(from, p->l4 + sizeof(struct tcp_wire), o.bytes, less + 1))
		return;
	o.len = less + 1;
	options_find(&o);
	p->tcp.options = o.seen;
	p->tcp.tsval = o.tsval;
	p->tcp.tsecr = o.tsecr;
}

#endif
