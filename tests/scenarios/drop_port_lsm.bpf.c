// SPDX-License-Identifier: GPL-2.0-only
/* Drops what arrives for a socket bound to PORT: the fault of the lsm-drop scenario. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>
#include <linux/types.h>

struct sock_common {
	__u16 skc_num;
} __attribute__((preserve_access_index));

struct sock {
	struct sock_common __sk_common;
} __attribute__((preserve_access_index));

/* The arguments: the socket, the packet, what the modules before this one said. */
SEC("lsm/socket_sock_rcv_skb")
int clbt_lsm_drop(unsigned long long *arguments)
{
	struct sock *sk = (struct sock *)arguments[0];

	return sk->__sk_common.skc_num == PORT ? -1 : (int)arguments[2];
}

char _license[] SEC("license") = "GPL";
