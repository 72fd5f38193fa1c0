// SPDX-License-Identifier: GPL-2.0-only
/* A netfilter hook function that drops IPv4 TCP packets to PORT, as a security agent's module has
 * one. */
#include <stdbool.h>

#include <linux/bpf.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/tcp.h>

enum { DROP, ACCEPT }; /* NF_DROP, NF_ACCEPT */

struct sk_buff {
	unsigned char *head;
	__u16 network_header;
} __attribute__((preserve_access_index));

struct bpf_nf_ctx {
	const void *state;
	struct sk_buff *skb;
} __attribute__((preserve_access_index));

SEC("netfilter")
int clbt_nf_drop(struct bpf_nf_ctx *ctx)
{
	struct sk_buff *skb = ctx->skb;
	struct {
		struct iphdr ip;
		struct tcphdr tcp;
	} header;

	if (bpf_probe_read_kernel(&header, sizeof(header), skb->head + skb->network_header))
		return ACCEPT;
	return header.ip.ihl == 5 && header.ip.protocol == IPPROTO_TCP &&
			       header.tcp.dest == bpf_htons(PORT)
		       ? DROP
		       : ACCEPT;
}

char _license[] SEC("license") = "GPL";
