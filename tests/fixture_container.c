// SPDX-License-Identifier: GPL-2.0-only
// A probe's way to a container of this host, and back: by a bridge, with its address translated.
#include <string.h>

#include "fixture.h"
#include "sample.h"

enum { SYN = 2, ACK = 16 };

void fx_translate(struct fixture *f, const char *addr, uint16_t port)
{
	f->nat = f->flow;
	f->nat.dport = port;
	sample_address(f->nat.daddr, addr);
}

/* What is seen behind the bridge's device is the same packet. */
static void at_bridge(struct ev_packet *p)
{
	p->ifindex = FX_BRIDGE;
}

void fx_hand_on(struct fixture *f)
{
	fx_syn(f, FX_ENTRY);
	fx_no_socket(f);
	fx_syn(f, FX_PRE_FIRST);
	fx_syn(f, FX_PRE);
	fx_syn(f, FX_FWD);
	at_bridge(fx_syn(f, FX_POST));
	at_bridge(fx_syn(f, FX_EXIT));
}

void fx_hand_back(struct fixture *f, uint8_t flags)
{
	at_bridge(fx_packet(f, false, flags, FX_ENTRY));
	at_bridge(fx_packet(f, false, flags, FX_PRE));
	fx_packet(f, false, flags, FX_FWD);
	fx_packet(f, false, flags, FX_POST);
	fx_packet(f, false, flags, FX_EXIT);
}

void fx_connect_container(struct fixture *f)
{
	fx_hand_on(f);
	fx_hand_back(f, SYN | ACK);
	fx_ack(f, FX_ENTRY);
	at_bridge(fx_ack(f, FX_EXIT));
	f->netns = FX_NETNS;
	fx_state(f, 3, 1); /* SYN_RECV -> ESTABLISHED */
}

void fx_respond_container(struct fixture *f, const char *text)
{
	at_bridge(fx_payload(f, false, text, strlen(text), FX_ENTRY));
	fx_payload(f, false, text, strlen(text), FX_EXIT);
	f->sent[0] += (uint32_t)strlen(text);
}
