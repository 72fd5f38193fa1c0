// SPDX-License-Identifier: GPL-2.0-only
// Stretches of a probe's way, as the steps that kernels show.
#include <string.h>

#include "fixture.h"

enum { SYN = 2, ACK = 16 };

void fx_arrive(struct fixture *f)
{
	fx_syn(f, FX_ENTRY);
	fx_listen(f, 0, FX_BACKLOG);
	fx_syn(f, FX_PRE_FIRST);
	fx_syn(f, FX_PRE);
}

void fx_deliver(struct fixture *f)
{
	fx_arrive(f);
	fx_syn(f, FX_IN);
}

void fx_send(struct fixture *f, uint8_t flags)
{
	for (enum fx_place place = FX_OUT_FIRST; place <= FX_EXIT; place++)
		fx_packet(f, false, flags, place);
}

void fx_answer(struct fixture *f)
{
	fx_send(f, SYN | ACK);
}

void fx_connect(struct fixture *f)
{
	fx_deliver(f);
	fx_answer(f);
	fx_ack(f, FX_ENTRY);
	fx_ack(f, FX_IN);
	fx_state(f, 3, 1); /* SYN_RECV -> ESTABLISHED */
}

void fx_request(struct fixture *f, const char *text)
{
	fx_payload(f, true, text, strlen(text), FX_ENTRY);
	f->sent[1] += (uint32_t)strlen(text);
}

void fx_respond(struct fixture *f, const char *text)
{
	fx_payload(f, false, text, strlen(text), FX_OUT_FIRST);
	fx_payload(f, false, text, strlen(text), FX_EXIT);
	f->sent[0] += (uint32_t)strlen(text);
}
