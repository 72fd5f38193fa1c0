// SPDX-License-Identifier: GPL-2.0-only
// What TCP does with a followed connection: resets, state changes, SYN-ACK retransmissions.
#include "kernel.h"

#include "maps.bpf.h"
#include "skb.bpf.h"

/* The flow of a socket, prober -> this host. Any of the socket kinds that begin with sock_common. */
static __always_inline void socket_flow(const struct sock_common *sk, struct ev_flow *flow)
{
	flow->proto = IPPROTO_TCP;
	flow->sport = bpf_ntohs(BPF_CORE_READ(sk, skc_dport));
	flow->dport = BPF_CORE_READ(sk, skc_num);
	if (BPF_CORE_READ(sk, skc_family) == AF_INET6) {
		BPF_CORE_READ_INTO(&flow->saddr, sk, skc_v6_daddr);
		BPF_CORE_READ_INTO(&flow->daddr, sk, skc_v6_rcv_saddr);
	} else {
		v4_mapped(flow->saddr, BPF_CORE_READ(sk, skc_daddr));
		v4_mapped(flow->daddr, BPF_CORE_READ(sk, skc_rcv_saddr));
	}
	/* An IPv6 socket that talks IPv4 has v4-mapped addresses. */
	flow->family = is_v4_mapped(flow->saddr) ? 4 : 6;
}

/* The followed connection that a socket belongs to, its flow filled in. */
static __always_inline struct conn *socket_conn(const struct sock_common *sk, struct ev_flow *flow)
{
	const struct net *net = BPF_CORE_READ(sk, skc_net.net);

	socket_flow(sk, flow);
	if (!maybe_source(flow->saddr, flow->family) || !is_own_netns(net))
		return NULL;
	return conn_from_prober(flow);
}

struct reset {
	__u32 reason;
	__u8 has_reason;
};

static __always_inline void reset_fill(struct ev_reset *ev, const struct packet *p,
				       const struct sock *sk, const struct reset *reset)
{
	ev->flow = p->flow;
	ev->tcp = p->tcp;
	ev->reason = reset->reason;
	ev->has_reason = reset->has_reason;
	ev->sk_state = BPF_CORE_READ(sk, __sk_common.skc_state);
}

/* A reset that answers a packet. sk may be NULL. */
static __noinline int reset_passive(const struct sock *sk, const struct sk_buff *skb,
				    const struct reset *reset)
{
	struct bytes from = {};
	struct packet p = {};
	struct ev_reset *ev;
	struct conn *conn;

	if (skb_parse(skb, &from, &p) || !skb_is_own(skb))
		return 0;
	conn = conn_from_prober(&p.flow);
	if (conn ? !conn_spend(&conn->drops, CONN_DROPS_MAX) : !is_probe(&p))
		return 0;
	parse_options(&from, &p);
	ev = EVENT_BEGIN(ev_reset, EV_RESET, (__u64)skb);
	if (!ev)
		return 0;
	reset_fill(ev, &p, sk, reset);
	bpf_ringbuf_submit(ev, 0);
	return 0;
}

/* A reset that the connection sends of its own accord. */
static __noinline int reset_active(const struct sock *sk, const struct reset *reset)
{
	struct packet p = {};
	struct ev_reset *ev;
	struct conn *conn;

	conn = socket_conn(&sk->__sk_common, &p.flow);
	if (!conn || !conn_spend(&conn->drops, CONN_DROPS_MAX))
		return 0;
	ev = EVENT_BEGIN(ev_reset, EV_RESET, 0);
	if (!ev)
		return 0;
	reset_fill(ev, &p, sk, reset);
	ev->active = 1;
	bpf_ringbuf_submit(ev, 0);
	return 0;
}

static __always_inline int reset_report(const void *ctx, struct reset reset)
{
	const struct sk_buff *skb = NULL;
	const struct sock *sk = NULL;

	/*
	 * Either may be NULL, and kernels before 6.13 believe that a tracepoint's pointers never are: they drop a test
	 * for NULL and let loads through it crash. Read as numbers, the pointers are tested and read safely.
	 */
	bpf_probe_read_kernel(&sk, sizeof(sk), ctx);
	bpf_probe_read_kernel(&skb, sizeof(skb), ctx + sizeof(__u64));
	return skb ? reset_passive(sk, skb, &reset) : reset_active(sk, &reset);
}

/* 6.10: with a reason. */
SEC("tp_btf/tcp_send_reset")
int on_tcp_send_reset_reason(__u64 *ctx)
{
	return reset_report(ctx, (struct reset){.reason = ctx[2], .has_reason = 1});
}

SEC("tp_btf/tcp_send_reset")
int on_tcp_send_reset(__u64 *ctx)
{
	return reset_report(ctx, (struct reset){});
}

SEC("tp_btf/inet_sock_set_state")
int BPF_PROG(on_inet_sock_set_state, const struct sock *sk, int oldstate, int newstate)
{
	struct ev_flow flow = {};
	struct ev_state *ev;
	struct conn *conn;

	if (sk->sk_protocol != IPPROTO_TCP)
		return 0;
	conn = socket_conn(&sk->__sk_common, &flow);
	if (!conn || !conn_spend(&conn->drops, CONN_DROPS_MAX))
		return 0;
	ev = EVENT_BEGIN(ev_state, EV_STATE, 0);
	if (!ev)
		return 0;
	ev->flow = flow;
	ev->oldstate = oldstate;
	ev->newstate = newstate;
	bpf_ringbuf_submit(ev, 0);
	return 0;
}

SEC("tp_btf/tcp_retransmit_synack")
int BPF_PROG(on_tcp_retransmit_synack, const struct sock *sk, const struct request_sock *req)
{
	struct ev_synack_retrans *ev;
	struct ev_flow flow = {};
	struct conn *conn;

	conn = socket_conn(&req->__req_common, &flow);
	if (!conn || !conn_spend(&conn->drops, CONN_DROPS_MAX))
		return 0;
	ev = EVENT_BEGIN(ev_synack_retrans, EV_SYNACK_RETRANS, 0);
	if (!ev)
		return 0;
	ev->flow = flow;
	/* net/ipv4/inet_connection_sock.c inet_rtx_syn_ack() counts this one after it was sent. */
	ev->count = req->num_retrans + 1;
	bpf_ringbuf_submit(ev, 0);
	return 0;
}
