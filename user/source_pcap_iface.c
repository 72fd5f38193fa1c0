// SPDX-License-Identifier: GPL-2.0-only
// The interfaces that libpcap captures on: finds them, opens them, follows their changes.
#include "source_pcap_iface.h"

#include <errno.h>
#include <net/if.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "source_pcap_open.h"

enum { TEXT_LEN = 512 };

__attribute__((format(printf, 2, 3))) static void tell(const struct pcap_ifaces *ifaces,
						       const char *format, ...)
{
	char text[TEXT_LEN];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (ifaces->report.notice)
		ifaces->report.notice(ifaces->report.ctx, text);
}

__attribute__((format(printf, 3, 4))) static int fail(const struct pcap_ifaces *ifaces, int err,
						      const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(ifaces->report.err, ifaces->report.err_len, format, args);
	va_end(args);
	return err;
}

/* One that was named is waited for while it is down. */
static bool is_wanted(const struct options *options, const struct link_entry *link)
{
	if (options->n_interfaces)
		return link_is_named(link, options);
	return link->flags & IFF_UP && !(link->flags & IFF_LOOPBACK);
}

static struct pcap_iface *find(const struct pcap_ifaces *ifaces, int ifindex)
{
	struct pcap_iface *iface;

	for (iface = ifaces->first; iface; iface = iface->next)
		if (iface->link.ifindex == ifindex)
			return iface;
	return NULL;
}

/* Returns as pcap_iface_open(). */
static int start(struct pcap_ifaces *ifaces, struct pcap_iface *iface, char why[PCAP_ERR_LEN])
{
	struct epoll_event event = {.events = EPOLLIN, .data.ptr = iface};
	int err = pcap_iface_open(iface, ifaces->options, why);

	if (!err &&
	    epoll_ctl(ifaces->epoll, EPOLL_CTL_ADD, pcap_get_selectable_fd(iface->pcap), &event)) {
		err = -errno;
		snprintf(why, PCAP_ERR_LEN, "%s", strerror(-err));
		pcap_iface_close(iface);
	}
	iface->refused = err && err != -ENETDOWN;
	return err;
}

static struct pcap_iface *add(struct pcap_ifaces *ifaces, const struct link_entry *link)
{
	struct pcap_iface *iface = calloc(1, sizeof(*iface));

	if (!iface)
		return NULL;
	iface->link = *link;
	iface->seen = true;
	iface->next = ifaces->first;
	ifaces->first = iface;
	return iface;
}

static int start_all(struct pcap_ifaces *ifaces, const struct link_list *links)
{
	const struct options *options = ifaces->options;
	char why[PCAP_ERR_LEN];
	struct pcap_iface *iface;
	size_t started = 0;
	int err;

	for (size_t i = 0; i < links->count; i++) {
		if (!is_wanted(options, &links->entries[i]))
			continue;
		iface = add(ifaces, &links->entries[i]);
		if (!iface)
			return fail(ifaces, -ENOMEM, "out of memory");
		err = start(ifaces, iface, why);
		started += !err || err == -ENETDOWN;
		/* What nobody has asked for may be of any kind: a tunnel, a CAN bus. */
		if (iface->refused && (options->n_interfaces || err != -EPROTONOSUPPORT))
			return fail(ifaces, err, "cannot capture on %s: %s", iface->link.name, why);
	}
	return started ? 0 : fail(ifaces, -ENODEV, "no interface is up, loopback aside");
}

static int check_names(const struct pcap_ifaces *ifaces)
{
	const char *missing = link_missing(ifaces->options);

	return missing ? fail(ifaces, -ENODEV, "no such interface: %s", missing) : 0;
}

static int compare_macs(const void *a, const void *b)
{
	return memcmp(a, b, 6);
}

/* Those of the last time stay if there is no memory for it. */
static void learn_macs(struct pcap_ifaces *ifaces, const struct link_list *links)
{
	uint8_t(*macs)[6] = calloc(links->count, sizeof(*macs));
	size_t n = 0;

	if (!macs)
		return;
	for (size_t i = 0; i < links->count; i++)
		if (memcmp(links->entries[i].mac, "\0\0\0\0\0", 6) != 0)
			memcpy(macs[n++], links->entries[i].mac, sizeof(*macs));
	qsort(macs, n, sizeof(*macs), compare_macs);
	free(ifaces->macs);
	ifaces->macs = macs;
	ifaces->n_macs = n;
}

bool pcap_ifaces_have(const struct pcap_ifaces *ifaces, const uint8_t mac[6])
{
	return bsearch(mac, ifaces->macs, ifaces->n_macs, sizeof(*ifaces->macs), compare_macs);
}

int pcap_ifaces_open(struct pcap_ifaces *ifaces)
{
	struct link_list links = {};
	int err = check_names(ifaces);

	if (err)
		return err;
	ifaces->epoll = epoll_create1(EPOLL_CLOEXEC);
	err = ifaces->epoll < 0 ? -errno : 0;
	/* First the changes, then the list: nothing that happens in between is missed. */
	if (!err)
		err = link_changes_open(&ifaces->changes);
	if (!err)
		err = link_list_read(&links);
	if (err)
		err = fail(ifaces, err, "cannot list the interfaces: %s", strerror(-err));
	else {
		learn_macs(ifaces, &links);
		err = start_all(ifaces, &links);
	}
	link_list_free(&links);
	return err;
}

void pcap_ifaces_close(struct pcap_ifaces *ifaces)
{
	struct pcap_iface *iface;

	while ((iface = ifaces->first)) {
		ifaces->first = iface->next;
		pcap_iface_close(iface);
		free(iface);
	}
	link_changes_close(ifaces->changes);
	free(ifaces->macs);
	if (ifaces->epoll >= 0)
		close(ifaces->epoll);
}

void pcap_iface_failed(struct pcap_ifaces *ifaces, struct pcap_iface *iface)
{
	char why[PCAP_ERR_LEN];

	pcap_iface_close(iface);
	if (if_nametoindex(iface->link.name) != (unsigned int)iface->link.ifindex)
		return; /* its end is told when the list of interfaces says so */
	if (start(ifaces, iface, why) && iface->refused)
		tell(ifaces, "cannot capture on %s any more: %s", iface->link.name, why);
}

/* By index: one of the same name may be another. */
static void sweep(struct pcap_ifaces *ifaces, const struct link_list *links)
{
	struct pcap_iface **at = &ifaces->first, *iface;

	for (iface = ifaces->first; iface; iface = iface->next)
		iface->seen = false;
	for (size_t i = 0; i < links->count; i++) {
		iface = find(ifaces, links->entries[i].ifindex);
		if (iface)
			iface->seen = true;
	}
	while ((iface = *at)) {
		if (iface->seen) {
			at = &iface->next;
			continue;
		}
		*at = iface->next;
		if (!iface->refused)
			tell(ifaces, "interface %s is gone; tracing goes on on the others",
			     iface->link.name);
		pcap_iface_close(iface);
		free(iface);
	}
}

static void come_up(struct pcap_ifaces *ifaces, struct pcap_iface *iface)
{
	char why[PCAP_ERR_LEN];
	int err = start(ifaces, iface, why);

	if (!err)
		tell(ifaces, "interface %s came up: tracing on it too", iface->link.name);
	else if (err != -ENETDOWN && err != -EPROTONOSUPPORT)
		tell(ifaces, "cannot capture on %s: %s", iface->link.name, why);
}

static int update(struct pcap_ifaces *ifaces, const struct link_entry *link, uint64_t now_ns,
		  const struct event_sink *to)
{
	struct pcap_iface *iface = find(ifaces, link->ifindex);
	bool news = true;

	if (iface) {
		news = link_differs(&iface->link, link);
		iface->link = *link;
	} else if (is_wanted(ifaces->options, link)) {
		iface = add(ifaces, link);
	}
	if (!iface)
		return 0;
	if (!iface->pcap && !iface->refused && link->flags & IFF_UP)
		come_up(ifaces, iface);
	return news ? link_push(link, now_ns, to) : 0;
}

int pcap_ifaces_changed(struct pcap_ifaces *ifaces, uint64_t now_ns, const struct event_sink *to)
{
	struct link_list links = {};
	int err;

	/* The whole list is compared, so that a lost message does no harm. */
	link_changes_drain(ifaces->changes);
	err = link_list_read(&links);
	if (err) {
		tell(ifaces, "cannot list the interfaces: %s", strerror(-err));
		return 0;
	}
	learn_macs(ifaces, &links);
	sweep(ifaces, &links);
	for (size_t i = 0; !err && i < links.count; i++)
		err = update(ifaces, &links.entries[i], now_ns, to);
	link_list_free(&links);
	return err;
}
