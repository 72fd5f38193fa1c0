// SPDX-License-Identifier: GPL-2.0-only
// What prober and service say to each other, byte by byte.
#include <string.h>

#include "fixture.h"

void fx_say(struct fixture *f, bool incoming, const void *data, size_t len)
{
	if (!incoming)
		fx_payload(f, false, data, len, FX_OUT_FIRST);
	fx_payload(f, incoming, data, len, incoming ? FX_ENTRY : FX_EXIT);
	f->sent[incoming] += (uint32_t)len;
}

/* Behind the sequence numbers that say nothing of it: those of the SYN and the SYN-ACK. */
void fx_piece(struct fixture *f, bool incoming, size_t offset, const char *text)
{
	const uint32_t sent = f->sent[incoming];

	f->sent[incoming] = (uint32_t)offset;
	fx_payload(f, incoming, text, strlen(text), incoming ? FX_ENTRY : FX_EXIT);
	f->sent[incoming] = sent;
}

void fx_say_captured(struct fixture *f, bool incoming, const char *text, size_t captured)
{
	const size_t len = strlen(text);
	struct ev_packet *p = fx_payload(f, incoming, text, len, incoming ? FX_ENTRY : FX_EXIT);

	p->cap_len = (uint16_t)(p->cap_len - len + captured);
	f->sent[incoming] += (uint32_t)len;
}
