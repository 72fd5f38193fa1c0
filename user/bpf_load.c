// SPDX-License-Identifier: GPL-2.0-only
// Opens, configures and loads the BPF programs that this kernel can run.
#include "bpf_load.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bpf_netfilter.h"
#include "bpf_rule.h"
#include "clbtrace.skel.h"

#include "../bpf/shared.h"

/* Only what is written takes memory. Before 6.4 a log without room for all of it has not the end.
 */
enum { VERIFIER_LOG_LEN = 16 << 20 };

static int print_all(enum libbpf_print_level level, const char *format, va_list args)
{
	(void)level;
	return vfprintf(stderr, format, args);
}

static int print_nothing(enum libbpf_print_level level, const char *format, va_list args)
{
	(void)level;
	(void)format;
	(void)args;
	return 0;
}

static bool is_debugging(void)
{
	return getenv("CLBTRACE_DEBUG");
}

void bpf_load_quiet(void)
{
	libbpf_set_print(is_debugging() ? print_all : print_nothing);
}

static bool has_capability(const struct __user_cap_data_struct *data, unsigned int cap)
{
	return data[cap / 32].effective >> (cap % 32) & 1;
}

int bpf_load_permitted(const struct bpf_report *report)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {};

	if (syscall(SYS_capget, &header, data))
		return bpf_fail(report, -errno, "cannot read own capabilities: %s",
				strerror(errno));
	if (has_capability(data, CAP_NET_ADMIN) &&
	    (has_capability(data, CAP_SYS_ADMIN) ||
	     (has_capability(data, CAP_BPF) && has_capability(data, CAP_PERFMON))))
		return 0;
	return bpf_fail(report, -EPERM,
			"must be root (CAP_BPF, CAP_NET_ADMIN, CAP_PERFMON): run it with sudo");
}

int bpf_load_kernel(struct bpf_kernel **out, const struct options *options,
		    const struct bpf_report *report)
{
	int err = bpf_load_permitted(report);

	*out = NULL;
	if (err)
		return err;
	err = bpf_kernel_open(out, options->btf);
	if (err == -ENOENT)
		return bpf_fail(report, -ENOTSUP,
				"this kernel has no BTF (" BPF_KERNEL_BTF "): it needs "
				"CONFIG_DEBUG_INFO_BTF");
	if (err)
		return bpf_fail(report, err, "cannot read the kernel's BTF: %s", strerror(-err));
	return 0;
}

static int check_kernel(const struct bpf_kernel *kernel, const struct options *options,
			const struct bpf_report *report)
{
	if (!bpf_kernel_has_function(kernel, "bpf_ringbuf_reserve"))
		return bpf_fail(report, -ENOTSUP,
				"this kernel has no BPF ring buffer (kernel 5.8)");
	if (options->xdp && !bpf_kernel_has_function(kernel, "bpf_xdp_get_buff_len"))
		return bpf_fail(report, -ENOTSUP,
				"--xdp needs a newer kernel (5.18): trace without it");
	return 0;
}

/* A program whose tracepoint this kernel lacks, or has with other arguments, is not loaded. */
static void choose_programs(struct clbtrace_bpf *skel, const struct bpf_kernel *kernel,
			    const struct options *options)
{
	int reset = bpf_kernel_tracepoint_args(kernel, "tcp_send_reset");
	int drop = bpf_kernel_tracepoint_args(kernel, "kfree_skb");
	bool icmp = bpf_kernel_tracepoint_args(kernel, "icmp_send") == 3;

	bpf_program__set_autoload(skel->progs.on_kfree_skb_reason, drop >= 3);
	bpf_program__set_autoload(skel->progs.on_kfree_skb, drop == 2);
	bpf_program__set_autoload(skel->progs.walk_hook,
				  bpf_kernel_has_function(kernel, "bpf_prog_test_run_syscall"));
	bpf_program__set_autoload(skel->progs.on_tcp_send_reset_reason, reset >= 3);
	bpf_program__set_autoload(skel->progs.on_tcp_send_reset, reset == 2);
	bpf_program__set_autoload(skel->progs.on_icmp_send, icmp);
	bpf_program__set_autoload(skel->progs.xdp_in, options->xdp);
	bpf_netfilter_choose(skel, kernel, options->udp);
}

static void tell_missing(const struct clbtrace_bpf *skel, const struct bpf_report *report)
{
	if (!bpf_netfilter_is_seen(skel))
		bpf_notice(report,
			   "this kernel lets no program see its netfilter hooks (links: 6.4, "
			   "CONFIG_NETFILTER_BPF_LINK; else functions must be traceable): at "
			   "which hook a probe was dropped is not known");
	if (bpf_program__autoload(skel->progs.on_kfree_skb))
		bpf_notice(report, "this kernel gives no reason for dropped packets (kernel 5.17): "
				   "the function that dropped one is named");
	if (bpf_program__autoload(skel->progs.on_tcp_send_reset))
		bpf_notice(report, "this kernel gives no reason for resets (kernel 6.10)");
	if (!bpf_program__autoload(skel->progs.on_icmp_send))
		bpf_notice(report,
			   "this kernel does not report ICMP errors where it decides on them "
			   "(icmp_send, kernel 6.10): they are seen as they leave");
}

static int set_own_netns(struct clbtrace_bpf *skel, const struct bpf_report *report)
{
	struct stat st;

	if (stat("/proc/self/ns/net", &st))
		return bpf_fail(report, -errno, "cannot read /proc/self/ns/net: %s",
				strerror(errno));
	skel->rodata->own_netns = st.st_ino;
	return 0;
}

static bool is_v4_prefix(const struct prefix *p)
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};

	return p->len >= 96 && !memcmp(p->addr, mapped, sizeof(mapped));
}

/* Marks every first byte that an address of the prefix can begin with. */
static void mark_first_bytes(uint64_t bitmap[4], uint8_t byte, unsigned int bits)
{
	unsigned int last = bits >= 8 ? byte : byte | 0xff >> bits;

	for (unsigned int b = byte; b <= last; b++)
		bitmap[b / 64] |= 1ULL << (b % 64);
}

static void set_first_bytes(struct clbtrace_bpf *skel, const struct options *options)
{
	const struct prefix *p;
	size_t i;

	for (i = 0; i < options->n_sources; i++) {
		p = &options->sources[i];
		if (is_v4_prefix(p)) {
			mark_first_bytes((uint64_t *)skel->rodata->first_v4, p->addr[12],
					 p->len - 96);
			continue;
		}
		mark_first_bytes((uint64_t *)skel->rodata->first_v6, p->addr[0], p->len);
		/* A prefix of the 16-byte form so short that all of IPv4 lies in it. */
		if (p->len < 96 && !p->addr[0])
			mark_first_bytes((uint64_t *)skel->rodata->first_v4, 0, 0);
	}
	for (unsigned int b = 0; b < sizeof(skel->bss->known_v4); b++) {
		skel->bss->known_v4[b] = skel->rodata->first_v4[b / 64] >> b % 64 & 1;
		skel->bss->known_v6[b] = skel->rodata->first_v6[b / 64] >> b % 64 & 1;
	}
}

static int configure(struct clbtrace_bpf *skel, const struct bpf_kernel *kernel,
		     const struct options *options, const struct bpf_report *report)
{
	int err = set_own_netns(skel, report);

	if (err)
		return err;
	skel->rodata->has_casts = bpf_kernel_has_function(kernel, "bpf_rdonly_cast");
	skel->rodata->has_ports = !options->all_ports;
	skel->rodata->has_udp = options->udp;
	set_first_bytes(skel, options);
	err = bpf_map__set_max_entries(skel->maps.connections, options->max_probes);
	if (!err)
		err = bpf_map__set_max_entries(skel->maps.aliases, options->max_probes * ALIASES);
	if (!err && options->n_sources > bpf_map__max_entries(skel->maps.sources))
		err = bpf_map__set_max_entries(skel->maps.sources, options->n_sources);
	return err ? bpf_fail(report, err, "cannot size the BPF maps: %s", strerror(-err)) : 0;
}

static int fill_maps(struct clbtrace_bpf *skel, const struct options *options,
		     const struct bpf_report *report)
{
	struct source_key key;
	__u32 zero = 0;
	size_t i;
	int err;

	for (i = 0; i < options->n_sources; i++) {
		key.prefix_len = options->sources[i].len;
		memcpy(key.addr, options->sources[i].addr, sizeof(key.addr));
		err = bpf_map__update_elem(skel->maps.sources, &key, sizeof(key), &zero,
					   sizeof(zero), BPF_ANY);
		if (err)
			return bpf_fail(report, err, "cannot enter source %zu: %s", i + 1,
					strerror(-err));
	}
	err = bpf_map__update_elem(skel->maps.ports, &zero, sizeof(zero), options->ports,
				   sizeof(options->ports), BPF_ANY);
	return err ? bpf_fail(report, err, "cannot enter the ports: %s", strerror(-err)) : 0;
}

/* The last line of the verifier's log that says something about the program. Changes the log. */
static const char *essential_line(char *log)
{
	const char *line = "";
	char *next;

	for (; *log; log = next) {
		next = log + strcspn(log, "\n");
		if (*next)
			*next++ = '\0';
		if (*log && strncmp(log, "processed ", 10) &&
		    strncmp(log, "verification time", 17) && strncmp(log, "stack depth", 11))
			line = log;
	}
	return line;
}

static int load_failed(int err, char *log, const struct bpf_report *report)
{
	const char *line;

	if (is_debugging())
		fprintf(stderr, "%s\n", log);
	line = essential_line(log);
	/* Programs on tracepoints name what they are attached to by its id in the kernel's own. */
	if (err == -ESRCH && access(BPF_KERNEL_BTF, F_OK))
		return bpf_fail(report, err,
				"the kernel has no BTF of its own (" BPF_KERNEL_BTF "), which "
				"programs on tracepoints and netfilter, and the look-up of "
				"sockets, need besides --btf: CONFIG_DEBUG_INFO_BTF");
	if (err == -EPERM && !*line)
		return bpf_fail(report, err,
				"the kernel refuses BPF here (lockdown, or a container without "
				"CAP_BPF in the initial namespace)");
	if (err == -EMFILE)
		return bpf_fail(report, err, "too few files may be open here: ulimit -n 1024");
	return bpf_fail(report, err, "cannot load the BPF programs: %s%s%s", strerror(-err),
			*line ? ": " : "", line);
}

/* What is left out if the kernel does not take the programs with it. */
struct attempt {
	bool rules;	/* the programs on nf_tables */
	bool no_global; /* functions with pointers to memory in their arguments (5.12) */
};

/*
 * The kernel verifies a global function once, by its type, and a static one at every call: it says
 * in BTF which it is. libbpf does the same with those that are hidden (bpf_object_fixup_btf()).
 */
static void make_static(struct clbtrace_bpf *skel)
{
	struct btf *btf = bpf_object__btf(skel->obj);
	struct btf_type *type;

	for (__u32 id = 1; id < btf__type_cnt(btf); id++) {
		type = (struct btf_type *)btf__type_by_id(btf, id);
		if (btf_is_func(type) && btf_vlen(type) == BTF_FUNC_GLOBAL &&
		    !bpf_object__find_program_by_name(skel->obj,
						      btf__name_by_offset(btf, type->name_off)))
			type->info = BTF_KIND_FUNC << 24 | BTF_FUNC_STATIC;
	}
}

static int open_and_load(struct clbtrace_bpf **out, const struct bpf_kernel *kernel,
			 const struct options *options, struct attempt attempt,
			 const struct bpf_report *report)
{
	LIBBPF_OPTS(bpf_object_open_opts, opts);
	struct clbtrace_bpf *skel = NULL;
	char *log = NULL;
	int err;

	log = calloc(1, VERIFIER_LOG_LEN);
	opts.btf_custom_path = options->btf;
	opts.kernel_log_buf = log;
	opts.kernel_log_size = log ? VERIFIER_LOG_LEN : 0;
	skel = log ? clbtrace_bpf__open_opts(&opts) : NULL;
	if (!skel) {
		err = bpf_fail(report, -errno, "cannot open the BPF programs: %s", strerror(errno));
		goto out;
	}
	choose_programs(skel, kernel, options);
	err = configure(skel, kernel, options, report);
	if (!err)
		err = bpf_rules_choose(skel, kernel, attempt.rules);
	if (err)
		goto out;
	if (attempt.no_global)
		make_static(skel);
	err = clbtrace_bpf__load(skel);
	if (err)
		err = load_failed(err, log, report);
	else
		err = fill_maps(skel, options, report);
out:
	if (err) {
		clbtrace_bpf__destroy(skel);
		skel = NULL;
	}
	free(log);
	*out = skel;
	return err;
}

/* Whether another attempt can do better: the verifier's word, not what is missing here. */
static bool is_refused(int err)
{
	return err && err != -EPERM && err != -EMFILE && err != -ENOMEM;
}

int bpf_load(struct clbtrace_bpf **out, const struct bpf_kernel *kernel,
	     const struct options *options, const struct bpf_report *report)
{
	int err = check_kernel(kernel, options, report);
	struct attempt attempt = {.rules = !err && bpf_rules_available(kernel)};

	*out = NULL;
	if (err)
		return err;
	/* A helper of the same release, 5.12: trying, to be refused, takes as long as loading. */
	attempt.no_global = !bpf_kernel_has_function(kernel, "bpf_skb_check_mtu");
	err = open_and_load(out, kernel, options, attempt, report);
	if (err && attempt.rules) {
		attempt.rules = false;
		err = open_and_load(out, kernel, options, attempt, report);
	}
	if (is_refused(err) && !attempt.no_global) {
		attempt.no_global = true;
		err = open_and_load(out, kernel, options, attempt, report);
	}
	if (*out)
		tell_missing(*out, report);
	return err;
}
