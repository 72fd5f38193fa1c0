// SPDX-License-Identifier: GPL-2.0-only
// ICMP errors that the host decides to send (icmp_send).
#define OBJECT icmp /* see RDONLY_CAST */

#include "kernel.h"

#include "maps.bpf.h"
#include "skb.bpf.h"

/* 6.10, IPv4 only (net/ipv4/icmp.c __icmp_send()). about is the packet that the error is about. */
SEC("tp_btf/icmp_send")
int BPF_PROG(on_icmp_send, const struct sk_buff *about, int type, int code)
{
	const struct sk_buff *skb = KERNEL_CAST(sk_buff, about);
	struct packet p = {.skb = (__u64)about};
	struct match match;
	struct ev_icmp *ev;
	struct conn *conn;
	__u32 netns;

	if (skb_parse(&p) <= KIND_OTHER)
		return 0;
	conn = conn_from_prober(&p.flow, &match);
	if (!skb_is_followed(skb, conn, &match, &netns))
		return 0;
	if (conn ? !conn_spend(&conn->drops, CONN_DROPS_MAX) : !is_syn(&p) || !is_probe(&p))
		return 0;
	skb_parse_options(skb, &p);
	ev = EVENT_BEGIN(ev_icmp, EV_ICMP, (__u64)about);
	if (!ev)
		return 0;
	ev->flow = p.flow;
	ev->tcp = p.tcp;
	ev->ifindex = KERNEL_READ(skb, dev, ifindex);
	ev->type = type;
	ev->code = code;
	ev->netns = netns;
	bpf_ringbuf_submit(ev, 0);
	return 0;
}
