// SPDX-License-Identifier: GPL-2.0-only
// What TCP does with a followed connection: resets, state changes, SYN-ACK retransmissions.
#define OBJECT tcp /* see RDONLY_CAST */

#include "kernel.h"

#include "maps.bpf.h"
#include "skb.bpf.h"
#include "stranger.bpf.h"

/* Addresses and remote port of a socket (a KERNEL_CAST()); the flow is prober -> this host. */
static __always_inline void socket_flow(const struct sock_common *sk, struct ev_flow *flow)
{
	flow->proto = IPPROTO_TCP;
	flow->sport = bpf_ntohs(KERNEL_READ(sk, skc_dport));
	if (KERNEL_READ(sk, skc_family) != AF_INET6) {
		v4_mapped(flow->saddr, KERNEL_READ(sk, skc_daddr));
		v4_mapped(flow->daddr, KERNEL_READ(sk, skc_rcv_saddr));
	} else if (has_casts) {
		copy_words((word *)flow->saddr, sk->skc_v6_daddr.in6_u.u6_addr32, 4);
		copy_words((word *)flow->daddr, sk->skc_v6_rcv_saddr.in6_u.u6_addr32, 4);
	} else {
		bpf_core_read(flow->saddr, sizeof(flow->saddr), &sk->skc_v6_daddr);
		bpf_core_read(flow->daddr, sizeof(flow->daddr), &sk->skc_v6_rcv_saddr);
	}
	/* An IPv6 socket that talks IPv4 has v4-mapped addresses. */
	flow->family = is_v4_mapped(flow->saddr) ? 4 : 6;
}

/* Not skc_num: tcp_set_state(TCP_CLOSE) has cleared it by the time that it tells
 * (__inet_put_port()). */
static __always_inline __u16 socket_port(const struct sock *sk)
{
	const struct inet_sock *inet = KERNEL_CAST(inet_sock, sk);

	return bpf_ntohs(KERNEL_READ(inet, inet_sport));
}

static __always_inline __u32 socket_netns(const struct sock_common *sk)
{
	return KERNEL_READ(sk, skc_net.net, ns.inum);
}

/*
 * The followed connection with this flow, which becomes what it was before a translation. netns
 * gets the inode of the namespace, if it is another one that the connection was led into, or 0. A
 * prober's own socket does not get here: its flow is the other way round.
 */
static __always_inline struct conn *socket_conn(const struct sock_common *sk, struct ev_flow *flow,
						__u32 *netns)
{
	struct match match;
	struct conn *conn;
	__u32 inode;

	*netns = 0;
	if (!maybe_prober(flow->saddr, flow->family))
		return NULL;
	conn = conn_from_prober(flow, &match);
	inode = socket_netns(sk);
	if (!conn || inode == own_netns)
		return conn;
	if (!match.by_alias && !conn->forwarded)
		return NULL;
	conn->netns = inode;
	*netns = inode;
	return conn;
}

/* A connection that was accepted, with this flow. */
static __always_inline void socket_stranger(const struct sock_common *sk,
					    const struct ev_flow *flow)
{
	if (is_wanted_port(flow->dport) && socket_netns(sk) == own_netns && !is_source(flow->saddr))
		stranger_count(flow);
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
	ev->sk_state = KERNEL_READ(sk, __sk_common.skc_state);
}

/* A reset that answers a packet. The socket may be NULL: then its state reads as 0. */
static __noinline int reset_passive(__u64 sk_address, __u64 skb_address, const struct reset *reset)
{
	const struct sk_buff *skb = KERNEL_CAST(sk_buff, skb_address);
	const struct sock *sk = KERNEL_CAST(sock, sk_address);
	struct packet p = {.skb = skb_address};
	struct match match;
	struct ev_reset *ev;
	struct conn *conn;
	__u32 netns;

	if (skb_parse(&p) != KIND_TCP)
		return 0;
	conn = conn_from_prober(&p.flow, &match);
	if (!skb_is_followed(skb, conn, &match, &netns))
		return 0;
	if (conn ? !conn_spend(&conn->drops, CONN_DROPS_MAX) : !is_probe(&p))
		return 0;
	skb_parse_options(skb, &p);
	ev = EVENT_BEGIN(ev_reset, EV_RESET, skb_address);
	if (!ev)
		return 0;
	reset_fill(ev, &p, sk, reset);
	ev->netns = netns;
	bpf_ringbuf_submit(ev, 0);
	return 0;
}

/* A reset that the connection sends of its own accord. */
static __noinline int reset_active(__u64 sk_address, const struct reset *reset)
{
	const struct sock *sk = KERNEL_CAST(sock, sk_address);
	struct packet p = {};
	struct ev_reset *ev;
	struct conn *conn;
	__u32 netns;

	socket_flow(&sk->__sk_common, &p.flow);
	p.flow.dport = socket_port(sk);
	conn = socket_conn(&sk->__sk_common, &p.flow, &netns);
	if (!conn || !conn_spend(&conn->drops, CONN_DROPS_MAX))
		return 0;
	ev = EVENT_BEGIN(ev_reset, EV_RESET, 0);
	if (!ev)
		return 0;
	reset_fill(ev, &p, sk, reset);
	ev->active = 1;
	ev->netns = netns;
	bpf_ringbuf_submit(ev, 0);
	return 0;
}

static __always_inline int reset_report(const void *ctx, struct reset reset)
{
	__u64 skb = 0, sk = 0;

	/*
	 * Either may be NULL, and kernels before 6.13 believe that a tracepoint's pointers never
	 * are: they drop a test for NULL and let loads through it crash. Read as numbers, the
	 * pointers are tested and read safely.
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
int BPF_PROG(on_inet_sock_set_state, const struct sock *sock, int oldstate, int newstate)
{
	const struct sock *sk = KERNEL_CAST(sock, sock);
	struct ev_flow flow = {};
	struct ev_state *ev;
	struct conn *conn;
	__u32 netns;

	if (KERNEL_READ(sk, sk_protocol) != IPPROTO_TCP)
		return 0;
	socket_flow(&sk->__sk_common, &flow);
	flow.dport = socket_port(sk);
	conn = socket_conn(&sk->__sk_common, &flow, &netns);
	if (!conn && oldstate == TCP_SYN_RECV && newstate == TCP_ESTABLISHED)
		socket_stranger(&sk->__sk_common, &flow);
	if (!conn || !conn_spend(&conn->drops, CONN_DROPS_MAX))
		return 0;
	ev = EVENT_BEGIN(ev_state, EV_STATE, 0);
	if (!ev)
		return 0;
	ev->flow = flow;
	ev->oldstate = oldstate;
	ev->newstate = newstate;
	ev->netns = netns;
	bpf_ringbuf_submit(ev, 0);
	return 0;
}

SEC("tp_btf/tcp_retransmit_synack")
int BPF_PROG(on_tcp_retransmit_synack, const struct sock *listener,
	     const struct request_sock *request)
{
	const struct request_sock *req = KERNEL_CAST(request_sock, request);
	struct ev_synack_retrans *ev;
	struct ev_flow flow = {};
	struct conn *conn;
	__u32 netns;

	socket_flow(&req->__req_common, &flow);
	flow.dport = KERNEL_READ(req, __req_common.skc_num);
	conn = socket_conn(&req->__req_common, &flow, &netns);
	if (!conn || !conn_spend(&conn->drops, CONN_DROPS_MAX))
		return 0;
	ev = EVENT_BEGIN(ev_synack_retrans, EV_SYNACK_RETRANS, 0);
	if (!ev)
		return 0;
	ev->flow = flow;
	/* net/ipv4/inet_connection_sock.c inet_rtx_syn_ack() counts this one after it was sent. */
	ev->count = KERNEL_READ(req, num_retrans) + 1;
	bpf_ringbuf_submit(ev, 0);
	return 0;
}
