// SPDX-License-Identifier: GPL-2.0-only
/* Drops IPv4 TCP packets from or to PORT: the fault of the tc-drop and xdp-drop scenarios. */
#include <linux/bpf.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/pkt_cls.h>
#include <linux/tcp.h>

static __always_inline int is_ours(void *data, void *end)
{
	struct ethhdr *eth = data;
	struct iphdr *ip = (void *)(eth + 1);
	struct tcphdr *tcp = (void *)(ip + 1);

	if ((void *)(tcp + 1) > end)
		return 0;
	return eth->h_proto == bpf_htons(ETH_P_IP) && ip->ihl == 5 && ip->protocol == IPPROTO_TCP &&
	       (tcp->dest == bpf_htons(PORT) || tcp->source == bpf_htons(PORT));
}

SEC("tc")
int clbt_tc_drop(struct __sk_buff *skb)
{
	return is_ours((void *)(long)skb->data, (void *)(long)skb->data_end) ? TC_ACT_SHOT
									     : TC_ACT_OK;
}

SEC("xdp")
int clbt_xdp_drop(struct xdp_md *xdp)
{
	return is_ours((void *)(long)xdp->data, (void *)(long)xdp->data_end) ? XDP_DROP : XDP_PASS;
}

char _license[] SEC("license") = "GPL";
