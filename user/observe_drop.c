// SPDX-License-Identifier: GPL-2.0-only
// What a dropped packet adds to the latest attempt of its probe.
#include <string.h>

#include "drop_evidence.h"
#include "observe_internal.h"

/* Drop reasons by name, without SKB_DROP_REASON_; a name that ends in * stands for all that begin
 * so. */
static const struct {
	evidence_t bit;
	const char *name;
	bool syn_only; /* says nothing when it meets a later packet */
} drop_classes[] = {
	{E(DROP_XDP), "XDP", false},
	{E(DROP_TC), "TC_INGRESS", false},
	{E(DROP_CSUM), "IP_CSUM", false},
	{E(DROP_CSUM), "TCP_CSUM", false},
	{E(DROP_CSUM), "SKB_CSUM", false},
	{E(DROP_CSUM), "UDP_CSUM", false},
	{E(DROP_CSUM), "ICMP_CSUM", false},
	{E(DROP_RPFILTER), "IP_RPFILTER", false},
	{E(DROP_LOCAL_SOURCE), "IP_LOCAL_SOURCE", true},
	{E(DROP_NOT_OURS), "OTHERHOST", true},
	{E(DROP_NOT_OURS), "IP_INADDRERRORS", true},
	{E(DROP_NOT_OURS), "IP_INNOROUTES", true},
	{E(DROP_NETFILTER), "NETFILTER_DROP", false},
	{E(NO_SOCKET), "NO_SOCKET", true},
	{E(DROP_SOCKET_FILTER), "SOCKET_FILTER", false},
	{E(DROP_SECURITY), "SECURITY_HOOK", false},
	{E(DROP_RCVBUF), "SOCKET_RCVBUFF", true},
	{E(DROP_AUTH), "TCP_MD5*", false},
	{E(DROP_AUTH), "TCP_AO*", false},
	{E(DROP_AUTH), "TCP_AUTH_HDR", false},
	{E(DROP_OVERFLOW), "TCP_LISTEN_OVERFLOW", false},
	{E(DROP_PAWS), "TCP_RFC7323_TW_PAWS", true},
};

/*
 * Where the kernel gives no reason: the function that freed the packet, and the reason that other
 * kernels give there.
 */
static const struct {
	evidence_t bit;
	const char *symbol;
	const char *reason; /* NULL: there is none anywhere */
} drop_symbols[] = {
	{E(DROP_XDP), "do_xdp_generic*", NULL}, /* net/core/dev.c; in 6.18 still without a reason */
	/* net/netfilter/nf_queue.c: to a queue that nobody reads; nfnetlink_queue.c: back from one
	 */
	{E(DROP_NETFILTER) | E(DROP_QUEUE), "nf_queue*", NULL},
	{E(DROP_NETFILTER) | E(DROP_QUEUE), "nf_reinject*", NULL},
	{E(DROP_NETFILTER) | E(DROP_QUEUE), "nfqnl_*", NULL},
	{E(DROP_XDP), "veth_xdp_rcv*", NULL}, /* drivers/net/veth.c, native XDP on an skb */
	/* net/netfilter/core.c, to 6.6 for nf_tables too; nf_tables_core.c since. */
	{E(DROP_NETFILTER), "nf_hook_slow*", "NETFILTER_DROP"},
	{E(DROP_NETFILTER), "nft_do_chain*", "NETFILTER_DROP"},
	/* net/core/dev.c, before 5.17; of a packet that is IP nothing else is dropped there. */
	{E(DROP_TC), "sch_handle_ingress*", "TC_INGRESS"},
	{E(DROP_TC), "__netif_receive_skb_core*", "TC_INGRESS"},
	{E(DROP_NEIGH), "arp_error_report*", "NEIGH_FAILED"},	   /* net/ipv4/arp.c */
	{E(DROP_NEIGH), "ndisc_error_report*", "NEIGH_FAILED"},	   /* net/ipv6/ndisc.c */
	{E(DROP_NEIGH), "__neigh_event_send*", "NEIGH_QUEUEFULL"}, /* net/core/neighbour.c */
};

static bool name_is(const char *name, const char *pattern)
{
	size_t len = strlen(pattern);

	if (pattern[len - 1] == '*')
		return !strncmp(name, pattern, len - 1);
	return !strcmp(name, pattern);
}

/* How far the dropped packet had come, if this is of the same packet. */
static struct nf_position position_of(const struct nf_position *at, const struct ev_drop *d)
{
	bool same = at->skb == d->hdr.skb && at->payload_len == d->tcp.payload_len;

	return same ? *at : (struct nf_position){0};
}

/* The index in drop_symbols, or -1. */
static int find_symbol(const struct ev_drop *d)
{
	for (size_t i = 0; i < sizeof(drop_symbols) / sizeof(drop_symbols[0]); i++)
		if (name_is(d->symbol, drop_symbols[i].symbol))
			return (int)i;
	return -1;
}

/* With the reason that the place implies, if it says nothing by itself. */
static struct ev_drop with_reason(const struct ev_drop *d)
{
	struct ev_drop drop = *d;
	int i = find_symbol(d);

	if (i >= 0 && drop_symbols[i].reason && !strcmp(d->reason_name, "NOT_SPECIFIED")) {
		memset(drop.reason_name, 0, sizeof(drop.reason_name));
		memcpy(drop.reason_name, drop_symbols[i].reason, strlen(drop_symbols[i].reason));
	}
	return drop;
}

/* The class of a drop of the prober's packet, 0: none. */
static evidence_t drop_class(const struct ev_drop *d, bool syn)
{
	int i;

	for (size_t c = 0; c < sizeof(drop_classes) / sizeof(drop_classes[0]); c++)
		if (name_is(d->reason_name, drop_classes[c].name) &&
		    (syn || !drop_classes[c].syn_only))
			return drop_classes[c].bit;
	i = find_symbol(d);
	return i >= 0 ? drop_symbols[i].bit : 0;
}

/*
 * A SYN that no socket took, where there is no reason (before 5.17): freed where it was answered
 * with a reset (tcp_v4_rcv(), no_tcp_socket). The tracepoint of resets is silent there to 6.9.
 */
static bool has_no_socket(const struct attempt *a, const struct ev_drop *d)
{
	return a->bits & (E(NO_SOCKET) | E(RST_OUT)) && !(a->bits & E(TW_FOUND)) &&
	       (name_is(d->symbol, "tcp_v4_rcv*") || name_is(d->symbol, "tcp_v6_rcv*"));
}

void observe_reset_after_drop(struct attempt *a, const struct ev_hdr *hdr)
{
	if (a->bits & E(DROP_OTHER) && !(a->bits & E(SYNACK_MADE)) &&
	    !strcmp(a->drop.reason_name, "NOT_SPECIFIED") && has_no_socket(a, &a->drop))
		attempt_add(a, E(NO_SOCKET), hdr);
}

static void drop_in(struct attempt *a, const struct ev_drop *d)
{
	bool syn = begins_attempt(&d->flow, &d->tcp);
	evidence_t bit;

	/* After an answer, or of a packet that ends the exchange, a drop changes nothing for the
	 * prober. */
	if (a->bits & E(RESPONSE) || d->tcp.flags & (TCP_RST | TCP_FIN))
		return;
	if (a->bits & E(ESTABLISHED) && !d->tcp.payload_len)
		return;
	bit = drop_class(d, syn);
	/* On its way to another address of this host, or through it. */
	if (!strncmp(d->reason_name, "NEIGH_", 6))
		bit = E(DROP_NEIGH);
	/* A repeated SYN is freed after the kernel has repeated its SYN-ACK (tcp_check_req()). */
	if (!bit && syn && has_no_socket(a, d))
		bit = E(NO_SOCKET);
	if (!bit && syn && !(a->bits & E(SYNACK_MADE)))
		bit = E(DROP_OTHER);
	if (!bit)
		return;
	if (!a->drop.hdr.type || bit != E(DROP_OTHER)) {
		a->drop = *d;
		a->drop_at = position_of(&a->in, d);
	}
	attempt_add(a, bit, &d->hdr);
}

static void drop_reply(struct attempt *a, const struct ev_drop *d)
{
	bool says_nothing = !strcmp(d->reason_name, "NOT_SPECIFIED");

	if (d->flow.proto == IPPROTO_TCP && !is_synack(&d->tcp) && !d->tcp.payload_len)
		return;
	/* What a closing socket had not sent yet; the close is what happened. */
	if (!strcmp(d->reason_name, "QUEUE_PURGE"))
		return;
	/*
	 * Some drivers free sent packets as if dropped (dev_kfree_skb_any()): only before the exit
	 * it counts. What a qdisc refuses is freed elsewhere (net/core/dev.c, __dev_xmit_skb();
	 * without a reason before 5.18).
	 */
	if (says_nothing && a->left_skb == d->hdr.skb && !name_is(d->symbol, "kfree_skb_list*"))
		return;
	a->reply_drop = *d;
	a->drop_at = position_of(&a->out, d);
	attempt_add(a, strncmp(d->reason_name, "NEIGH_", 6) ? E(DROP_REPLY) : E(DROP_NEIGH),
		    &d->hdr);
}

void observe_drop(struct attempt *a, const struct ev_drop *event, bool incoming)
{
	const struct ev_drop drop = with_reason(event), *d = &drop;

	if (d->netns)
		a->netns = d->netns;
	attempt_add(a, d->netns ? E(ELSEWHERE) : 0, &d->hdr);
	if (incoming)
		drop_in(a, d);
	else
		drop_reply(a, d);
}

evidence_t drop_reason_evidence(const char *name)
{
	evidence_t bits = strncmp(name, "NEIGH_", 6) ? 0 : E(DROP_NEIGH);

	for (size_t i = 0; i < sizeof(drop_classes) / sizeof(drop_classes[0]); i++)
		if (name_is(name, drop_classes[i].name))
			bits |= drop_classes[i].bit;
	return bits;
}

evidence_t drop_symbol_evidence(void)
{
	evidence_t bits = E(NO_SOCKET); /* has_no_socket() */

	for (size_t i = 0; i < sizeof(drop_symbols) / sizeof(drop_symbols[0]); i++)
		bits |= drop_symbols[i].bit;
	return bits;
}
