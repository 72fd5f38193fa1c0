// SPDX-License-Identifier: GPL-2.0-only
// What the running kernel's BTF says: which hooks there are, and the names of its reasons.
#include "bpf_kernel.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	REASONS_MAX = 1024,   /* core reasons; a kernel has about 130 */
	SUBSYSTEM_SHIFT = 16, /* SKB_DROP_REASON_SUBSYS_SHIFT, include/net/dropreason.h */
	SUBSYSTEM_MASK = 0xffff,
};

struct names {
	char **name; /* by number; NULL where there is none */
	size_t count;
};

struct bpf_kernel {
	struct btf *btf;
	struct names drops;
	struct names resets;
};

/* The first of the prefixes that the name has is left out. */
static const char *without_prefix(const char *name, const char *const *prefixes)
{
	for (; *prefixes; prefixes++)
		if (!strncmp(name, *prefixes, strlen(*prefixes)))
			return name + strlen(*prefixes);
	return name;
}

static int names_add(struct names *names, uint32_t number, const char *name)
{
	char **grown;

	if (number >= REASONS_MAX)
		return 0;
	if (number >= names->count) {
		grown = realloc(names->name, (number + 1) * sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		memset(grown + names->count, 0, (number + 1 - names->count) * sizeof(*grown));
		names->name = grown;
		names->count = number + 1;
	}
	if (names->name[number])
		return 0;
	names->name[number] = strdup(name);
	return names->name[number] ? 0 : -ENOMEM;
}

/* A kernel without the enum has no names: that is no error. */
static int names_read(struct names *names, const struct btf *btf, const char *type_name,
		      const char *const *prefixes)
{
	const struct btf_type *type;
	const struct btf_enum *value;
	int id, i, err;

	id = btf__find_by_name_kind(btf, type_name, BTF_KIND_ENUM);
	if (id < 0)
		return 0;
	type = btf__type_by_id(btf, id);
	value = btf_enum(type);
	for (i = 0; i < btf_vlen(type); i++) {
		err = names_add(
			names, value[i].val,
			without_prefix(btf__name_by_offset(btf, value[i].name_off), prefixes));
		if (err)
			return err;
	}
	return 0;
}

static void names_free(struct names *names)
{
	for (size_t i = 0; i < names->count; i++)
		free(names->name[i]);
	free(names->name);
}

int bpf_kernel_open(struct bpf_kernel **out, const char *file)
{
	static const char *const drop[] = {"SKB_DROP_REASON_", "SKB_", NULL};
	static const char *const reset[] = {"SK_RST_REASON_", NULL};
	struct bpf_kernel *kernel;
	int err;

	kernel = calloc(1, sizeof(*kernel));
	if (!kernel)
		return -ENOMEM;
	kernel->btf = file ? btf__parse(file, NULL) : btf__load_vmlinux_btf();
	if (!kernel->btf) {
		err = errno == ESRCH ? -ENOENT : -errno;
		goto out;
	}
	err = names_read(&kernel->drops, kernel->btf, "skb_drop_reason", drop);
	if (!err)
		err = names_read(&kernel->resets, kernel->btf, "sk_rst_reason", reset);
out:
	if (err) {
		bpf_kernel_close(kernel);
		kernel = NULL;
	}
	*out = kernel;
	return err;
}

/* Types of some objects, without functions and tracepoints, do for relocating programs alone. */
static bool is_whole_kernel(const struct btf *btf)
{
	return btf__find_by_name_kind(btf, "sk_buff", BTF_KIND_STRUCT) > 0 &&
	       btf__find_by_name_kind(btf, "btf_trace_kfree_skb", BTF_KIND_TYPEDEF) > 0;
}

int bpf_kernel_check_file(const char *file, char *why, size_t why_len)
{
	struct btf *btf = btf__parse(file, NULL);
	int err = btf ? 0 : errno;

	if (btf && !is_whole_kernel(btf))
		snprintf(why, why_len, "is not the BTF of a whole kernel");
	else if (err == ENOENT || err == EACCES || err == EISDIR || err == ENOMEM)
		snprintf(why, why_len, "%s", strerror(err));
	else if (err)
		snprintf(why, why_len, "holds no BTF (raw, or in an ELF file)");
	else
		*why = '\0';
	btf__free(btf);
	return *why ? -EINVAL : 0;
}

void bpf_kernel_settle(struct bpf_kernel *kernel)
{
	btf__free(kernel->btf);
	kernel->btf = NULL;
}

void bpf_kernel_close(struct bpf_kernel *kernel)
{
	if (!kernel)
		return;
	bpf_kernel_settle(kernel);
	names_free(&kernel->drops);
	names_free(&kernel->resets);
	free(kernel);
}

const struct btf *bpf_kernel_btf(const struct bpf_kernel *kernel)
{
	return kernel->btf;
}

bool bpf_kernel_has_function(const struct bpf_kernel *kernel, const char *name)
{
	return btf__find_by_name_kind(kernel->btf, name, BTF_KIND_FUNC) > 0;
}

int bpf_kernel_tracepoint_args(const struct bpf_kernel *kernel, const char *name)
{
	const struct btf_type *type;
	char typedef_name[64];
	int id;

	snprintf(typedef_name, sizeof(typedef_name), "btf_trace_%s", name);
	id = btf__find_by_name_kind(kernel->btf, typedef_name, BTF_KIND_TYPEDEF);
	if (id < 0)
		return -ENOENT;
	/* typedef void (*btf_trace_NAME)(void *, ...): the first is not an argument of the
	 * tracepoint. */
	type = btf__type_by_id(kernel->btf, btf__type_by_id(kernel->btf, id)->type);
	if (type && btf_is_ptr(type))
		type = btf__type_by_id(kernel->btf, type->type);
	return type && btf_is_func_proto(type) ? btf_vlen(type) - 1 : -ENOENT;
}

int bpf_kernel_function(const struct btf *btf, const char *name, int args)
{
	int id = btf__find_by_name_kind(btf, name, BTF_KIND_FUNC);
	const struct btf_type *type;

	if (id <= 0)
		return 0;
	type = btf__type_by_id(btf, id);
	type = type ? btf__type_by_id(btf, type->type) : NULL;
	return type && btf_is_func_proto(type) && btf_vlen(type) == args ? id : 0;
}

int bpf_kernel_try_attach(int function, int module_fd)
{
	static const struct bpf_insn nothing[] = {
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0},
		{.code = BPF_JMP | BPF_EXIT},
	};
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .expected_attach_type = BPF_TRACE_FEXIT,
		    .attach_btf_id = function, .attach_btf_obj_fd = module_fd);
	int fd = bpf_prog_load(BPF_PROG_TYPE_TRACING, "clbtrace_try", "GPL", nothing,
			       sizeof(nothing) / sizeof(*nothing), &opts);

	if (fd < 0)
		return fd;
	close(fd);
	return 0;
}

bool bpf_kernel_may_attach(int function, int module_fd)
{
	return !bpf_kernel_try_attach(function, module_fd);
}

static void name_of(const struct names *names, uint32_t reason, char *buf, size_t len)
{
	if (reason < names->count && names->name[reason])
		snprintf(buf, len, "%s", names->name[reason]);
	else if (reason >> SUBSYSTEM_SHIFT)
		snprintf(buf, len, "subsys-%u/REASON-%u", reason >> SUBSYSTEM_SHIFT,
			 reason & SUBSYSTEM_MASK);
	else
		snprintf(buf, len, "REASON-%u", reason);
}

void bpf_kernel_drop_reason(const struct bpf_kernel *kernel, uint32_t reason, char *buf, size_t len)
{
	if (kernel->drops.count)
		name_of(&kernel->drops, reason, buf, len);
	else
		snprintf(buf, len, DROP_WITHOUT_REASON);
}

void bpf_kernel_reset_reason(const struct bpf_kernel *kernel, uint32_t reason, char *buf,
			     size_t len)
{
	name_of(&kernel->resets, reason, buf, len);
}
