// SPDX-License-Identifier: GPL-2.0-only
// Turns rule tracing on where there is something to trace, and receives what it reports.
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter_ipv4.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "claim.h"
#include "facts_internal.h"
#include "facts_trace.h"
#include "options.h"

enum {
	/* Reports of thousands of packets, while one verdict waits a second for a tool. */
	REPORTS_ROOM = 16 << 20,
	REPORT_LEN = 16384,
	DRAIN_MAX = 16384, /* messages at a time */
	NOTE_LEN = 512,
};

static int open_socket(struct mnl_socket **out, unsigned int groups)
{
	struct mnl_socket *socket =
		mnl_socket_open2(NETLINK_NETFILTER, SOCK_CLOEXEC | SOCK_NONBLOCK);
	int err;

	if (!socket)
		return -errno;
	if (mnl_socket_bind(socket, groups, MNL_SOCKET_AUTOPID)) {
		err = -errno;
		mnl_socket_close(socket);
		return err;
	}
	*out = socket;
	return 0;
}

static int open_sockets(struct rule_trace *trace)
{
	const int room = REPORTS_ROOM;
	int err = 0;

	if (!trace->owner)
		err = open_socket(&trace->owner, 0);
	if (!err && !trace->reports)
		err = open_socket(&trace->reports, 1 << (NFNLGRP_NFTRACE - 1));
	if (err)
		return err;
	setsockopt(mnl_socket_get_fd(trace->reports), SOL_SOCKET, SO_RCVBUFFORCE, &room,
		   sizeof(room));
	if (!trace->table)
		trace->table = calloc(1, sizeof(*trace->table));
	return trace->table ? 0 : -ENOMEM;
}

static void close_sockets(struct rule_trace *trace)
{
	if (trace->owner)
		mnl_socket_close(trace->owner);
	if (trace->reports)
		mnl_socket_close(trace->reports);
	trace->owner = trace->reports = NULL;
}

/*
 * Legacy tables log each rule that a marked packet meets (ip_tables.c, trace_packet()), where
 * there is a logger, and outside the initial namespace only if all may log. The file that says so
 * is there in the initial namespace alone.
 */
static bool legacy_would_log(const char *names, const char *logger)
{
	char text[256];

	if (access("/proc/sys/net/netfilter/nf_log_all_netns", F_OK) ||
	    file_text(names, text, sizeof(text)) <= 0)
		return false;
	return file_text(logger, text, sizeof(text)) > 0 && strncmp(text, "NONE", 4) != 0;
}

static uint8_t families_to_mark(void)
{
	uint8_t families = 0;

	if (!legacy_would_log("/proc/self/net/ip_tables_names", "/proc/sys/net/netfilter/nf_log/2"))
		families |= TRACE_V4;
	if (!legacy_would_log("/proc/self/net/ip6_tables_names",
			      "/proc/sys/net/netfilter/nf_log/10"))
		families |= TRACE_V6;
	return families;
}

static void tell_failure(struct rule_trace *trace, int err, char *note, size_t len)
{
	trace->failed = true;
	snprintf(note, len,
		 "not tracing rules: cannot add a table to nf_tables: %s; a rule that drops a "
		 "probe may not be named",
		 strerror(-err));
}

static void tell_armed(const struct rule_trace *trace, char *note, size_t len)
{
	const struct trace_plan *plan = &trace->plan;
	int at = snprintf(note, len, "tracing rules: table");

	if (plan->inet)
		at += snprintf(note + at, len - at, " inet %s,", trace->name);
	if (plan->bridge)
		at += snprintf(note + at, len - at, " bridge %s,", trace->name);
	if (plan->devices.n)
		at += snprintf(note + at, len - at, " netdev %s,", trace->name);
	snprintf(note + at - 1, len - at + 1, " (%s; --no-rule-trace leaves it out)%s",
		 trace->plain ? "removed at exit, or if clbtrace is killed at its next start"
			      : "owner table, removed with clbtrace",
		 trace->families == TRACE_V4   ? "; not of IPv6: its legacy tables would log"
		 : trace->families == TRACE_V6 ? "; not of IPv4: its legacy tables would log"
					       : "");
}

static int arm(struct rule_trace *trace, struct trace_plan *plan, char *note, size_t len)
{
	int err = open_sockets(trace);

	if (!err)
		err = trace_arm(trace, plan, &trace->plan);
	/* nf_tables_newtable(): unknown flags are EINVAL to 5.11, EOPNOTSUPP later. */
	if ((err == -EINVAL || err == -EOPNOTSUPP) && !trace->plain && trace->claim >= 0) {
		trace->plain = true;
		err = trace_arm(trace, plan, &trace->plan);
	}
	if (err) {
		trace_plan_free(plan);
		close_sockets(trace);
		tell_failure(trace, err, note, len);
		return err;
	}
	trace_plan_free(&trace->plan);
	trace->plan = *plan;
	tell_armed(trace, note, len);
	return 0;
}

/* Returns how much of the note it wrote. */
static size_t sweep(struct rule_trace *trace, char *note, size_t len)
{
	struct mnl_socket *socket = NULL;
	int removed;

	if (open_socket(&socket, 0))
		return 0;
	removed = trace_remove_leftovers(trace, socket);
	mnl_socket_close(socket);
	trace->swept = removed >= 0;
	if (removed <= 0)
		return 0;
	return (size_t)snprintf(note, len, "removed %d table%s of a clbtrace that was killed",
				removed, removed == 1 ? "" : "s");
}

static int plan_anew(struct rule_trace *trace, char *note, size_t len)
{
	struct trace_plan plan;
	int err = trace_plan_read(&trace->netfilter, trace->name, &plan);
	bool first;

	if (err)
		return err;
	if (trace->plain)
		trace_plan_forget_lost(&trace->plan, &plan);
	first = trace_plan_is_empty(&trace->plan);
	if (trace_plan_is_empty(&plan) || (!first && trace_plan_covers(&trace->plan, &plan))) {
		trace_plan_free(&plan);
		return 0;
	}
	trace->families = families_to_mark();
	if (!trace->families) {
		trace_plan_free(&plan);
		trace->failed = true;
		snprintf(note, len,
			 "not tracing rules: tables of legacy iptables are loaded, and "
			 "would log each packet that is marked");
		return 0;
	}
	return arm(trace, &plan, note, len);
}

/*
 * The kernel counts changes as generations: only after one are the chains listed again, and that
 * is held to a hundredth of the time.
 */
void facts_trace_rules(struct facts *facts, uint64_t now_ns, char *note, size_t len)
{
	struct rule_trace *trace = facts->trace;
	uint32_t generation = 0;
	size_t at = 0;
	uint64_t start;

	*note = '\0';
	if (!trace || trace->failed || now_ns < trace->not_before_ns || !nft_present(facts))
		return;
	start = facts_clock_ns();
	if (!trace->swept)
		at = sweep(trace, note, len - 2);
	if (nft_read_generation(&trace->netfilter, &generation) ||
	    (trace->planned && generation == trace->generation))
		return;
	if (at)
		at += (size_t)sprintf(note + at, "; ");
	trace->planned = !plan_anew(trace, note + at, len - at);
	if (at && !note[at])
		note[at - 2] = '\0';
	/* Our own tables are a change too: seen as one more, which changes no plan. */
	trace->generation = generation;
	trace->not_before_ns = now_ns + 100 * (facts_clock_ns() - start);
}

void trace_name(uint32_t number, char *out)
{
	snprintf(out, TRACE_NAME_LEN, TRACE_TABLE_PREFIX "%u", number);
}

static struct rule_trace *new_trace(const struct options *options)
{
	struct rule_trace *trace = calloc(1, sizeof(*trace));
	uint32_t number;

	if (!trace)
		return NULL;
	trace->options = options;
	trace->netfilter.bus = NETLINK_NETFILTER;
	trace->claim = claim_take(TRACE_CLAIM, &number);
	if (trace->claim < 0)
		number = (uint32_t)getpid();
	trace_name(number, trace->name);
	return trace;
}

int facts_trace_open(struct facts *facts, const struct options *options)
{
	facts->trace = new_trace(options);
	return facts->trace ? 0 : -ENOMEM;
}

int facts_trace_try(const struct options *options, bool *plain)
{
	struct trace_plan plan = {.inet = true, .inet_priority = NF_IP_PRI_RAW_BEFORE_DEFRAG};
	struct rule_trace *trace = new_trace(options);
	char note[NOTE_LEN];
	int err;

	if (!trace)
		return -ENOMEM;
	trace->families = TRACE_V4 | TRACE_V6;
	err = arm(trace, &plan, note, sizeof(note));
	*plain = trace->plain;
	trace_close(trace);
	return err;
}

int facts_trace_fd(const struct facts *facts)
{
	const struct rule_trace *trace = facts->trace;

	return trace && trace->reports ? mnl_socket_get_fd(trace->reports) : -1;
}

void facts_trace_drain(struct facts *facts, uint64_t now_ns)
{
	if (facts->trace)
		trace_drain(facts->trace, now_ns);
}

static void take_messages(struct rule_trace *trace, const char *buf, int len, uint64_t now_ns)
{
	const struct nlmsghdr *nlh = (const struct nlmsghdr *)buf;
	struct trace_message message;

	for (; mnl_nlmsg_ok(nlh, len); nlh = mnl_nlmsg_next(nlh, &len))
		if (trace_parse(nlh, &message))
			trace_take(trace->table, &message, !strcmp(message.table, trace->name),
				   now_ns);
}

void trace_drain(struct rule_trace *trace, uint64_t now_ns)
{
	char buf[REPORT_LEN] __attribute__((aligned(NLMSG_ALIGNTO)));
	ssize_t len;

	for (int i = 0; trace->reports && i < DRAIN_MAX; i++) {
		len = recv(mnl_socket_get_fd(trace->reports), buf, sizeof(buf), 0);
		if (len >= 0)
			take_messages(trace, buf, (int)len, now_ns);
		else if (errno == ENOBUFS)
			trace->lost_ns = now_ns;
		else if (errno != EINTR)
			return;
	}
}

void trace_close(struct rule_trace *trace)
{
	if (!trace)
		return;
	trace_disarm(trace);
	close_sockets(trace);
	if (trace->claim >= 0)
		close(trace->claim);
	netlink_close(&trace->netfilter);
	trace_plan_free(&trace->plan);
	free(trace->table);
	free(trace);
}
