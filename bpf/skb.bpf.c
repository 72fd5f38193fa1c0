// SPDX-License-Identifier: GPL-2.0-only
// Packets that the kernel drops (kfree_skb).
#include "kernel.h"

#include "maps.bpf.h"
#include "skb.bpf.h"

extern void *bpf_rdonly_cast___skb(const void *obj, __u32 btf_id) __ksym __weak;

static __noinline int drop_report(const struct sk_buff *skb, __u64 location, __u32 reason)
{
	struct bytes from = {};
	struct packet p = {};
	struct ev_drop *ev;
	struct conn *conn;
	enum conn_way way;

	if (skb_parse(skb, &from, &p) || !skb_is_own(skb))
		return 0;
	conn = conn_of(&p, &way);
	if (conn ? !conn_spend(&conn->drops, CONN_DROPS_MAX) : !is_probe(&p))
		return 0;
	parse_options(&from, &p);
	ev = EVENT_BEGIN(ev_drop, EV_DROP, (__u64)skb);
	if (!ev)
		return 0;
	ev->flow = p.flow;
	ev->tcp = p.tcp;
	ev->location = location;
	ev->reason = reason;
	ev->ifindex = skb_ifindex(skb);
	bpf_ringbuf_submit(ev, 0);
	return 0;
}

/* Runs for every packet that any part of the network stack drops. */
SEC("tp_btf/kfree_skb")
int BPF_PROG(on_kfree_skb, const struct sk_buff *skb, void *location, __u32 reason)
{
	if (skb_maybe(HEADER_CAST(skb, skb), skb->protocol))
		drop_report(skb, (__u64)location, reason);
	return 0;
}
