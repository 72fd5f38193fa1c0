// SPDX-License-Identifier: GPL-2.0-only
// Which programs on nf_tables this kernel can run: what its BTF has, and whether it lets them in.
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bpf_rule_internal.h"
#include "clbtrace.skel.h"

/* The functions that programs are attached to, each with its arguments (5.17 to 7.2). */
static const struct rule_target targets[RULE_TARGETS] = {
	{"nf_tables", "nft_do_chain", 2},
	{"nf_tables", "nft_immediate_eval", 3},
	{"nf_tables", "nft_lookup_eval", 3},
	{"nft_queue", "nft_queue_eval", 3},
	{"nft_queue", "nft_queue_sreg_eval", 3},
	{"nft_reject_inet", "nft_reject_inet_eval", 3},
	{"nft_reject_ipv4", "nft_reject_ipv4_eval", 3},
	{"nft_reject_ipv6", "nft_reject_ipv6_eval", 3},
	{"nft_reject_netdev", "nft_reject_netdev_eval", 3},
	{"nft_reject_bridge", "nft_reject_bridge_eval", 3},
	{"nft_compat", "nft_target_eval_xt", 3},
};

/* A module's types, or the kernel's own where the module is built in. */
struct module_btf {
	const struct btf *btf;
	struct btf *own; /* to be freed */
	int fd;		 /* 0: the kernel's own */
};

const struct rule_target *rule_target(int index)
{
	return &targets[index];
}

struct bpf_program *rule_program(const struct clbtrace_bpf *skel, int index)
{
	char name[64];

	snprintf(name, sizeof(name), "on_%s", targets[index].function);
	return bpf_object__find_program_by_name(skel->obj, name);
}

static int open_if_named(__u32 id, const char *name)
{
	char found[64] = "";
	struct bpf_btf_info info = {.name = (__u64)(unsigned long)found, .name_len = sizeof(found)};
	__u32 len = sizeof(info);
	int fd = bpf_btf_get_fd_by_id(id);

	if (fd < 0)
		return -1;
	if (!bpf_btf_get_info_by_fd(fd, &info, &len) && info.kernel_btf && !strcmp(found, name))
		return fd;
	close(fd);
	return -1;
}

static struct module_btf module_open(const struct btf *vmlinux, const char *name)
{
	struct module_btf module = {.btf = vmlinux};
	__u32 id = 0;

	while (!bpf_btf_get_next_id(id, &id)) {
		int fd = open_if_named(id, name);

		if (fd < 0)
			continue;
		module.own = btf__load_from_kernel_by_id_split(id, (struct btf *)vmlinux);
		if (!module.own) {
			close(fd);
			break;
		}
		module.btf = module.own;
		module.fd = fd;
		break;
	}
	return module;
}

static void module_close(struct module_btf *module)
{
	if (module->own) {
		btf__free(module->own);
		close(module->fd);
	}
}

static int find_function(const struct module_btf *module, const struct rule_target *target)
{
	return bpf_kernel_function(module->btf, target->function, target->args);
}

/* Rules are laid out as the programs read them, and those can loop, from 5.17 on. */
bool bpf_rules_available(const struct bpf_kernel *kernel)
{
	struct module_btf module = module_open(bpf_kernel_btf(kernel), "nf_tables");
	bool there = btf__find_by_name_kind(module.btf, "nft_rule_dp", BTF_KIND_STRUCT) > 0 &&
		     bpf_kernel_has_function(kernel, "bpf_loop");
	int function = 0;

	for (int i = RULE_TARGETS_NEEDED - 1; i >= 0 && there; i--) {
		function = find_function(&module, &targets[i]);
		there = function != 0;
	}
	there = there && bpf_kernel_may_attach(function, module.fd);
	module_close(&module);
	return there;
}

static bool is_there(const struct bpf_kernel *kernel, const struct rule_target *target)
{
	struct module_btf module = module_open(bpf_kernel_btf(kernel), target->module);
	bool there = find_function(&module, target) != 0;

	module_close(&module);
	return there;
}

int bpf_rules_choose(struct clbtrace_bpf *skel, const struct bpf_kernel *kernel, bool available)
{
	int err;

	skel->rodata->names_rules = available;
	for (int i = 0; i < RULE_TARGETS && available; i++)
		bpf_program__set_autoload(rule_program(skel, i), is_there(kernel, &targets[i]));
	err = bpf_map__set_autocreate(skel->maps.rule_notes, available);
	return err ? err : bpf_map__set_autocreate(skel->maps.rule_records, available);
}
