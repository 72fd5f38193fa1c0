// SPDX-License-Identifier: GPL-2.0-only
// What is in the packets' way on this host, asked without changing anything on it.
#include "facts_doctor.h"

#include <errno.h>
#include <linux/netfilter.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "bpf_iface.h"
#include "facts_internal.h"
#include "facts_rivals.h"

enum { DEVICE_EGRESS = 1 }; /* NF_NETDEV_EGRESS is not in headers before 5.16. */

bool facts_doctor_has_symbol(const char *function)
{
	return symbols_exist(function);
}

bool facts_doctor_has_nft(void)
{
	return !access("/sys/module/nf_tables", F_OK) || symbols_exist("nft_do_chain");
}

bool facts_doctor_has_module(const char *name)
{
	char path[sizeof(struct utsname) + 64], *line = NULL, file[64];
	struct utsname kernel;
	bool found = false;
	size_t size = 0;
	FILE *dep;

	if (uname(&kernel))
		return false;
	snprintf(path, sizeof(path), "/lib/modules/%s/modules.dep", kernel.release);
	snprintf(file, sizeof(file), "/%s.ko", name);
	dep = fopen(path, "re");
	while (dep && !found && getline(&line, &size, dep) > 0) {
		line[strcspn(line, ":")] = '\0';
		found = strstr(line, file);
	}
	free(line);
	if (dep)
		fclose(dep);
	return found;
}

/* Interfaces as live mode takes them. */
static void keep_wanted(struct vec *links, const struct options *options)
{
	struct link_info *link = links->data;
	struct link_list list;
	size_t kept = 0;

	if (link_list_read(&list)) {
		links->n = 0;
		return;
	}
	for (size_t i = 0; i < links->n; i++)
		for (size_t k = 0; k < list.count; k++)
			if ((uint32_t)list.entries[k].ifindex == link[i].ifindex &&
			    bpf_iface_is_wanted(options, &list.entries[k]))
				link[kept++] = link[i];
	links->n = kept;
	link_list_free(&list);
}

static int add_links(struct gather *g, const struct vec *links)
{
	const struct link_info *link = links->data;
	int err = 0;

	own_programs_read(&g->facts->own);
	for (size_t i = 0; i < links->n && !err; i++)
		err = link_programs(g, &link[i], true, true);
	if (!err)
		err = link_hooks(g, NF_NETDEV_INGRESS, link, (int)links->n);
	return err ? err : link_hooks(g, DEVICE_EGRESS, link, (int)links->n);
}

/* The hooks of both families. */
static int add_hooks(struct gather *g)
{
	struct ev_flow flow = *g->flow;
	int err;

	g->flow = &flow;
	flow.family = 4;
	err = gather_hooks(g);
	flow.family = 6;
	return err ? err : gather_hooks(g);
}

/* Grows an array by one. Returns its place, or NULL when out of memory. */
static void *grow(void *array, size_t n, size_t size)
{
	return reallocarray(array, n + 1, size);
}

static int take_fact(struct doctor *d, const struct ev_hdr *hdr)
{
	void *grown;

	if (hdr->type == EV_FACT_HOOK) {
		grown = grow(d->hooks, d->n_hooks, sizeof(*d->hooks));
		if (!grown)
			return -ENOMEM;
		d->hooks = grown;
		memcpy(&d->hooks[d->n_hooks++], hdr, sizeof(*d->hooks));
	} else if (hdr->type == EV_FACT_PROGRAM) {
		grown = grow(d->programs, d->n_programs, sizeof(*d->programs));
		if (!grown)
			return -ENOMEM;
		d->programs = grown;
		memcpy(&d->programs[d->n_programs++], hdr, sizeof(*d->programs));
	}
	return 0;
}

static int take_facts(struct doctor *d, const struct record *record)
{
	const uint8_t *at = record->data;
	const uint8_t *end = at ? at + record->len : at;
	struct ev_hdr hdr;
	int err = 0;

	for (; at < end && !err; at += hdr.size) {
		memcpy(&hdr, at, sizeof(hdr));
		err = take_fact(d, (const void *)at);
	}
	return err;
}

/*
 * A request for a subsystem of nfnetlink that is not there makes the kernel look for its module.
 * Opening a socket is enough for nfnetlink itself, which comes with nf_tables.
 */
static void ask_no_missing(struct facts *facts)
{
	facts->hook_dump_missing =
		access("/sys/module/nfnetlink_hook", F_OK) != 0 && !symbols_exist("nfnl_hook_dump");
}

int facts_doctor(struct doctor *d, const struct options *options, hook_walk_fn walk, void *walk_ctx)
{
	static const struct proc_root root = {.path = "/proc"};
	static const struct fact_request request;
	struct vec links = {.size = sizeof(struct link_info)};
	struct record record = {0};
	struct facts *facts;
	struct gather g = {
		.request = &request,
		.flow = &request.probe,
		.now_ns = facts_clock_ns(),
		.record = &record,
	};
	int err = facts_new(&facts, &root);

	if (err)
		return err;
	facts->walk = walk;
	facts->walk_ctx = walk_ctx;
	ask_no_missing(facts);
	g.facts = facts;
	err = links_dump(&facts->at->route, &links);
	if (!err) {
		keep_wanted(&links, options);
		err = add_links(&g, &links);
	}
	if (!err)
		err = add_hooks(&g);
	if (!err)
		err = take_facts(d, &record);
	if (!err)
		err = facts_rivals(d, facts);
	free(record.data);
	vec_free(&links);
	facts_close(facts);
	return err;
}
