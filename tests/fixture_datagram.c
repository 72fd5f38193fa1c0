// SPDX-License-Identifier: GPL-2.0-only
// The ways of datagrams and of echo requests.
#include "fixture.h"

static const char bytes[16] = "clb-healthcheck";

void fx_ask(struct fixture *f)
{
	fx_payload(f, true, bytes, sizeof(bytes), FX_ENTRY);
	fx_payload(f, true, bytes, sizeof(bytes), FX_PRE_FIRST);
	fx_payload(f, true, bytes, sizeof(bytes), FX_PRE);
}

void fx_ask_in(struct fixture *f)
{
	fx_ask(f);
	fx_payload(f, true, bytes, sizeof(bytes), FX_IN);
}

void fx_reply(struct fixture *f)
{
	for (enum fx_place place = FX_OUT_FIRST; place <= FX_EXIT; place++)
		fx_payload(f, false, bytes, sizeof(bytes), place);
}
