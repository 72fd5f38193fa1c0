/* SPDX-License-Identifier: GPL-2.0-only */
/* Looks up, at tc ingress, the socket that a packet will meet. */
#ifndef CLBTRACE_SOCKET_BPF_H
#define CLBTRACE_SOCKET_BPF_H

#include "maps.bpf.h"
#include "packet.bpf.h"

/* Returns the length that the look-up wants. */
static __always_inline __u32 socket_tuple(const struct ev_flow *flow, struct bpf_sock_tuple *tuple)
{
	if (flow->family == 4) {
		__builtin_memcpy(&tuple->ipv4.saddr, flow->saddr + 12, 4);
		__builtin_memcpy(&tuple->ipv4.daddr, flow->daddr + 12, 4);
		tuple->ipv4.sport = bpf_htons(flow->sport);
		tuple->ipv4.dport = bpf_htons(flow->dport);
		return sizeof(tuple->ipv4);
	}
	__builtin_memcpy(tuple->ipv6.saddr, flow->saddr, 16);
	__builtin_memcpy(tuple->ipv6.daddr, flow->daddr, 16);
	tuple->ipv6.sport = bpf_htons(flow->sport);
	tuple->ipv6.dport = bpf_htons(flow->dport);
	return sizeof(tuple->ipv6);
}

/* Whether the socket that a datagram will meet is connected: this host has asked, and not a prober.
 */
static __always_inline bool udp_is_client(struct __sk_buff *skb, const struct ev_flow *flow)
{
	struct bpf_sock_tuple tuple = {};
	__u32 len = socket_tuple(flow, &tuple);
	struct bpf_sock *sk;
	bool connected;

	sk = bpf_sk_lookup_udp(skb, &tuple, len, BPF_F_CURRENT_NETNS, 0);
	if (!sk)
		return false;
	connected = sk->state == TCP_ESTABLISHED;
	bpf_sk_release(sk);
	return connected;
}

static __always_inline void socket_listen(const struct tcp_sock *tp, struct ev_socket *ev)
{
	const struct sock *sk = &tp->inet_conn.icsk_inet.sk;
	const word *laddr = (const word *)ev->laddr;

	if (sk->__sk_common.skc_family == AF_INET6)
		bpf_probe_read_kernel(ev->laddr, 16, &sk->__sk_common.skc_v6_rcv_saddr);
	else
		v4_mapped(ev->laddr, sk->__sk_common.skc_rcv_saddr);
	ev->any_addr =
		!laddr[0] && !laddr[1] && !laddr[3] && (!laddr[2] || laddr[2] == bpf_htonl(0xffff));
	ev->bound_ifindex = sk->__sk_common.skc_bound_dev_if;
	ev->backlog = sk->sk_ack_backlog;
	ev->max_backlog = sk->sk_max_ack_backlog;
	ev->syn_queue = tp->inet_conn.icsk_accept_queue.qlen.counter;
	ev->has_filter = sk->sk_filter != NULL;
}

static __always_inline void socket_time_wait(const struct tcp_timewait_sock *tw,
					     struct ev_socket *ev)
{
	ev->tw_ts_recent = tw->tw_ts_recent;
	ev->tw_ts_recent_stamp = tw->tw_ts_recent_stamp;
	ev->tw_rcv_nxt = tw->tw_sk.__tw_common.skc_tw_rcv_nxt;
	ev->tw_substate = tw->tw_sk.tw_substate;
}

/* The lookup is as of before any DNAT, which has not happened yet at tc ingress. */
__noinline int socket_report(struct __sk_buff *skb, const struct ev_flow *flow)
{
	struct bpf_sock_tuple tuple = {};
	struct tcp_timewait_sock *tw;
	struct ev_socket *ev;
	struct tcp_sock *tp;
	struct bpf_sock *sk;
	__u32 len;

	if (!flow)
		return 0;
	len = socket_tuple(flow, &tuple);
	sk = bpf_skc_lookup_tcp(skb, &tuple, len, BPF_F_CURRENT_NETNS, 0);
	ev = EVENT_BEGIN(ev_socket, EV_SOCKET, (__u64)skb);
	if (!ev)
		goto out;
	ev->flow = *flow;
	if (sk) {
		ev->state = sk->state;
		if (ev->state == TCP_LISTEN && (tp = bpf_skc_to_tcp_sock(sk)))
			socket_listen(tp, ev);
		else if (ev->state == TCP_TIME_WAIT && (tw = bpf_skc_to_tcp_timewait_sock(sk)))
			socket_time_wait(tw, ev);
	}
	bpf_ringbuf_submit(ev, 0);
out:
	if (sk)
		bpf_sk_release(sk);
	return 0;
}

#endif
