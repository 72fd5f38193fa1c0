// SPDX-License-Identifier: GPL-2.0-only
// Lists the functions registered at one netfilter hook of the caller's network namespace.
#include "kernel.h"

#include "maps.bpf.h"

static __always_inline struct nf_hook_entries *walk_entries(const struct walk_args *args)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct net *net = BPF_CORE_READ(task, nsproxy, net_ns);
	struct nf_hook_entries *entries = NULL;
	__u32 hook = args->hook;

	if (hook >= NF_HOOKS)
		return NULL;
	if (args->pf == NFPROTO_IPV4)
		bpf_core_read(&entries, sizeof(entries), &net->nf.hooks_ipv4[hook]);
	else if (args->pf == NFPROTO_IPV6)
		bpf_core_read(&entries, sizeof(entries), &net->nf.hooks_ipv6[hook]);
	return entries;
}

static __always_inline void walk_one(const struct nf_hook_ops *ops, struct walk_args *out)
{
	const struct bpf_prog *prog;

	out->function = (__u64)BPF_CORE_READ(ops, hook);
	out->priv = (__u64)BPF_CORE_READ(ops, priv);
	out->priority = BPF_CORE_READ(ops, priority);
	if (!bpf_core_field_exists(ops->hook_ops_type))
		return;
	out->type = BPF_CORE_READ_BITFIELD_PROBED(ops, hook_ops_type);
	if (out->type == NF_HOOK_OP_BPF) {
		prog = (const void *)out->priv;
		out->prog_id = BPF_CORE_READ(prog, aux, id);
	}
}

/*
 * net/netfilter/core.c: behind the num_hook_entries entries there is an array of as many pointers
 * to the struct nf_hook_ops, which have the priorities. One entry at a time: a context can only be
 * written at constant offsets.
 */
SEC("syscall")
int walk_hook(struct walk_args *args)
{
	struct nf_hook_entries *entries = walk_entries(args);
	struct nf_hook_ops **all, *ops;
	__u32 index = args->index;
	__u32 count;

	args->total = 0;
	args->function = 0;
	args->prog_id = 0;
	if (!entries)
		return 0;
	count = BPF_CORE_READ(entries, num_hook_entries);
	args->total = count;
	if (index >= count)
		return 0;
	all = (void *)&entries->hooks + count * bpf_core_type_size(struct nf_hook_entry);
	if (!bpf_probe_read_kernel(&ops, sizeof(ops), all + index) && ops)
		walk_one(ops, args);
	return 0;
}
