// SPDX-License-Identifier: GPL-2.0-only
// ICMP errors that the host decides to send (icmp_send).
#include "kernel.h"

#include "maps.bpf.h"
#include "skb.bpf.h"

/* 6.10, IPv4 only (net/ipv4/icmp.c __icmp_send()). skb is the packet that the error is about. */
SEC("tp_btf/icmp_send")
int BPF_PROG(on_icmp_send, const struct sk_buff *skb, int type, int code)
{
	struct bytes from = {};
	struct packet p = {};
	struct ev_icmp *ev;
	struct conn *conn;

	if (skb_parse(skb, &from, &p) || !skb_is_own(skb))
		return 0;
	conn = conn_from_prober(&p.flow);
	if (conn ? !conn_spend(&conn->drops, CONN_DROPS_MAX) : !is_probe(&p))
		return 0;
	parse_options(&from, &p);
	ev = EVENT_BEGIN(ev_icmp, EV_ICMP, (__u64)skb);
	if (!ev)
		return 0;
	ev->flow = p.flow;
	ev->tcp = p.tcp;
	ev->ifindex = skb_ifindex(skb);
	ev->type = type;
	ev->code = code;
	bpf_ringbuf_submit(ev, 0);
	return 0;
}
