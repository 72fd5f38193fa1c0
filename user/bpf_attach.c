// SPDX-License-Identifier: GPL-2.0-only
// Attaches the tc and XDP programs to one interface.
#include "bpf_attach.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/if_arp.h>
#include <linux/if_link.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "clbtrace.skel.h"

/* linux/bpf.h of 6.6; older headers lack them. */
enum {
	TCX_BEFORE = 1 << 3, /* BPF_F_BEFORE without a relative: first of all */
	TCX_AFTER = 1 << 4,  /* BPF_F_AFTER without a relative: last of all */
};

static bool is_ethernet(unsigned int arphrd)
{
	return arphrd == ARPHRD_ETHER || arphrd == ARPHRD_LOOPBACK;
}

bool bpf_attach_knows(unsigned int arphrd)
{
	switch (arphrd) {
	case ARPHRD_ETHER:
	case ARPHRD_LOOPBACK:
	case ARPHRD_NONE: /* tun, WireGuard */
	case ARPHRD_PPP:
	case ARPHRD_RAWIP:
	case ARPHRD_TUNNEL:
	case ARPHRD_TUNNEL6:
	case ARPHRD_SIT:
	case ARPHRD_IPGRE:
	case ARPHRD_IP6GRE:
		return true;
	default:
		return false;
	}
}

static struct bpf_link *attach_tc(const struct bpf_program *prog, int ifindex, __u32 flags)
{
	LIBBPF_OPTS(bpf_tcx_opts, opts, .flags = flags);

	return bpf_program__attach_tcx(prog, ifindex, &opts);
}

static int xdp_busy(int ifindex, const char *ifname, const struct bpf_report *report)
{
	LIBBPF_OPTS(bpf_xdp_query_opts, query);
	struct bpf_prog_info info = {};
	__u32 len = sizeof(info);
	int fd;

	if (bpf_xdp_query(ifindex, 0, &query))
		query.prog_id = 0;
	fd = query.prog_id ? bpf_prog_get_fd_by_id(query.prog_id) : -1;
	if (fd >= 0) {
		if (bpf_prog_get_info_by_fd(fd, &info, &len))
			info.name[0] = '\0';
		close(fd);
	}
	return bpf_fail(report, -EBUSY,
			"--xdp: the XDP slot of %s is held by program %u (%s); trace without --xdp",
			ifname, query.prog_id, info.name[0] ? info.name : "no name");
}

static int attach_xdp(const struct bpf_program *prog, int ifindex, const char *ifname,
		      const struct bpf_report *report)
{
	static const __u32 modes[] = {XDP_FLAGS_DRV_MODE, XDP_FLAGS_SKB_MODE};
	LIBBPF_OPTS(bpf_link_create_opts, opts);
	int fd = -1, err = 0;

	for (size_t i = 0; fd < 0 && i < sizeof(modes) / sizeof(*modes); i++) {
		opts.flags = modes[i];
		fd = bpf_link_create(bpf_program__fd(prog), ifindex, BPF_XDP, &opts);
		err = fd < 0 ? fd : 0;
		/* Held in this mode, or in the other one (net/core/dev.c dev_xdp_attach()). */
		if (err == -EBUSY || err == -EEXIST)
			return xdp_busy(ifindex, ifname, report);
	}
	if (err)
		return bpf_fail(report, err, "--xdp: cannot attach to %s: %s", ifname,
				strerror(-err));
	return fd;
}

static int attach_both(struct bpf_attached *to, const struct bpf_program *in,
		       const struct bpf_program *out, int ifindex, const char *ifname,
		       const struct bpf_report *report)
{
	if (to->clsact)
		return bpf_clsact_attach(to->clsact, &to->filters, in, out, ifindex, ifname,
					 report);
	to->out = attach_tc(out, ifindex, TCX_AFTER);
	if (to->out)
		to->in = attach_tc(in, ifindex, TCX_BEFORE);
	return to->in ? 0
		      : bpf_fail(report, -errno, "cannot attach to %s: %s", ifname,
				 strerror(errno));
}

int bpf_attach(struct bpf_attached *to, struct clbtrace_bpf *skel, struct bpf_clsact *clsact,
	       const struct link_entry *link, bool xdp, const struct bpf_report *report)
{
	bool ether = is_ethernet(link->arphrd);
	int err;

	*to = (struct bpf_attached){.clsact = clsact, .xdp = -1};
	err = attach_both(to, ether ? skel->progs.tc_in_ether : skel->progs.tc_in_ip,
			  ether ? skel->progs.tc_out_ether : skel->progs.tc_out_ip, link->ifindex,
			  link->name, report);
	if (err)
		goto out;
	if (xdp && ether) {
		to->xdp = attach_xdp(skel->progs.xdp_in, link->ifindex, link->name, report);
		if (to->xdp < 0)
			err = to->xdp;
	}
out:
	if (err)
		bpf_detach(to);
	return err;
}

void bpf_detach(struct bpf_attached *from)
{
	if (from->xdp >= 0)
		close(from->xdp);
	bpf_link__destroy(from->in);
	bpf_link__destroy(from->out);
	if (from->clsact)
		bpf_clsact_detach(from->clsact, &from->filters);
	*from = (struct bpf_attached){.xdp = -1};
}
