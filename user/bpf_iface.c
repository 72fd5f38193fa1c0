// SPDX-License-Identifier: GPL-2.0-only
// The interfaces traced: finds them, attaches the tc and XDP programs, follows their changes.
#include "bpf_iface.h"

#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bpf_attach.h"
#include "link_list.h"

struct iface {
	struct iface *next;
	struct link_entry link;
	struct bpf_attached attached;
	bool seen;    /* in the list that is being gone through */
	bool refused; /* attaching failed: not tried again while it exists */
};

struct bpf_ifaces {
	struct clbtrace_bpf *skel;
	const struct options *options;
	struct bpf_clsact *clsact; /* NULL: the kernel has tcx */
	struct mnl_socket *changes;
	struct iface *first;
};

bool bpf_iface_is_wanted(const struct options *options, const struct link_entry *link)
{
	if (!options->n_interfaces)
		return (link->flags & IFF_UP) && !(link->flags & IFF_LOOPBACK) &&
		       bpf_attach_knows(link->arphrd);
	return link_is_named(link, options);
}

static struct iface *find(const struct bpf_ifaces *ifaces, int ifindex)
{
	struct iface *iface;

	for (iface = ifaces->first; iface; iface = iface->next)
		if (iface->link.ifindex == ifindex)
			return iface;
	return NULL;
}

static int add(struct bpf_ifaces *ifaces, const struct link_entry *link,
	       const struct bpf_report *report)
{
	struct iface *iface = calloc(1, sizeof(*iface));
	int err;

	if (!iface)
		return bpf_fail(report, -ENOMEM, "out of memory");
	iface->link = *link;
	iface->seen = true;
	iface->next = ifaces->first;
	ifaces->first = iface;
	if (!bpf_attach_knows(link->arphrd))
		err = bpf_fail(report, -EOPNOTSUPP,
			       "interface %s has hardware type %u, which clbtrace cannot read",
			       link->name, link->arphrd);
	else
		err = bpf_attach(&iface->attached, ifaces->skel, ifaces->clsact, link,
				 ifaces->options->xdp, report);
	iface->refused = err != 0;
	if (err)
		iface->attached.xdp = -1;
	return err;
}

static int check_names(const struct bpf_ifaces *ifaces, const struct bpf_report *report)
{
	const char *missing = link_missing(ifaces->options);

	return missing ? bpf_fail(report, -ENODEV, "no such interface: %s", missing) : 0;
}

static int attach_all(struct bpf_ifaces *ifaces, const struct link_list *links,
		      const struct bpf_report *report)
{
	size_t attached = 0;
	int err;

	for (size_t i = 0; i < links->count; i++) {
		if (!bpf_iface_is_wanted(ifaces->options, &links->entries[i]))
			continue;
		err = add(ifaces, &links->entries[i], report);
		if (err)
			return err;
		attached++;
	}
	return attached ? 0 : bpf_fail(report, -ENODEV, "no interface is up, loopback aside");
}

int bpf_ifaces_open(struct bpf_ifaces **out, struct clbtrace_bpf *skel, bool has_tcx,
		    const struct options *options, const struct bpf_report *report)
{
	struct bpf_ifaces *ifaces;
	struct link_list links = {};
	int err;

	*out = ifaces = calloc(1, sizeof(*ifaces));
	if (!ifaces)
		return bpf_fail(report, -ENOMEM, "out of memory");
	ifaces->skel = skel;
	ifaces->options = options;
	err = check_names(ifaces, report);
	if (!err && !has_tcx)
		err = bpf_clsact_open(&ifaces->clsact, report);
	if (err)
		return err;
	/* First the changes, then the list: nothing that happens in between is missed. */
	err = link_changes_open(&ifaces->changes);
	if (!err)
		err = link_list_read(&links);
	if (err)
		err = bpf_fail(report, err, "cannot list the interfaces: %s", strerror(-err));
	else
		err = attach_all(ifaces, &links, report);
	link_list_free(&links);
	return err;
}

void bpf_ifaces_close(struct bpf_ifaces *ifaces)
{
	struct iface *iface;

	if (!ifaces)
		return;
	while ((iface = ifaces->first)) {
		ifaces->first = iface->next;
		bpf_detach(&iface->attached);
		free(iface);
	}
	bpf_clsact_close(ifaces->clsact);
	link_changes_close(ifaces->changes);
	free(ifaces);
}

int bpf_ifaces_fd(const struct bpf_ifaces *ifaces)
{
	return link_changes_fd(ifaces->changes);
}

/* Those that are still there, by index: one of the same name may be another. */
static void mark_seen(struct bpf_ifaces *ifaces, const struct link_list *links)
{
	struct iface *iface;

	for (iface = ifaces->first; iface; iface = iface->next)
		iface->seen = false;
	for (size_t i = 0; i < links->count; i++) {
		iface = find(ifaces, links->entries[i].ifindex);
		if (iface)
			iface->seen = true;
	}
}

static int update(struct bpf_ifaces *ifaces, const struct link_entry *link, uint64_t now_ns,
		  const struct event_sink *to, const struct bpf_report *report)
{
	struct iface *iface = find(ifaces, link->ifindex);
	bool renamed;

	if (iface) {
		renamed = link_differs(&iface->link, link);
		iface->link = *link;
		return renamed ? link_push(link, now_ns, to) : 0;
	}
	if (!bpf_iface_is_wanted(ifaces->options, link))
		return 0;
	if (!add(ifaces, link, report))
		bpf_notice(report, "interface %s came up: tracing on it too", link->name);
	return link_push(link, now_ns, to);
}

/* Removes those that the list no longer has. */
static void sweep(struct bpf_ifaces *ifaces, const struct bpf_report *report)
{
	struct iface **at = &ifaces->first, *iface;

	while ((iface = *at)) {
		if (iface->seen) {
			at = &iface->next;
			continue;
		}
		*at = iface->next;
		if (!iface->refused)
			bpf_notice(report, "interface %s is gone; tracing goes on on the others",
				   iface->link.name);
		bpf_detach(&iface->attached);
		free(iface);
	}
}

int bpf_ifaces_changed(struct bpf_ifaces *ifaces, uint64_t now_ns, const struct event_sink *to,
		       const struct bpf_report *report)
{
	struct link_list links = {};
	int err;

	/* What changed is not told apart: the whole list is compared, so that a lost message does
	 * no harm. */
	link_changes_drain(ifaces->changes);
	err = link_list_read(&links);
	if (err) {
		bpf_notice(report, "cannot list the interfaces: %s", strerror(-err));
		err = 0;
		goto out;
	}
	/*
	 * First what is gone: a device that has come back from another namespace under a new index
	 * still has our programs, and takes them no second time.
	 */
	mark_seen(ifaces, &links);
	sweep(ifaces, report);
	for (size_t i = 0; !err && i < links.count; i++)
		err = update(ifaces, &links.entries[i], now_ns, to, report);
out:
	link_list_free(&links);
	return err;
}
