// SPDX-License-Identifier: GPL-2.0-only
// Reads the kernel's network counters, finds those that grew.
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "facts_internal.h"

/* In the order of strcmp(). */
const char *const counter_names[] = {
	"Icmp6OutDestUnreachs",
	"IcmpOutDestUnreachs",
	"IcmpOutErrors",
	"IcmpOutRateLimitGlobal",
	"IcmpOutRateLimitHost",
	"Ip6InAddrErrors",
	"Ip6InDiscards",
	"Ip6InHdrErrors",
	"Ip6InNoRoutes",
	"Ip6InTruncatedPkts",
	"Ip6InUnknownProtos",
	"Ip6OutDiscards",
	"Ip6OutForwDatagrams",
	"Ip6OutNoRoutes",
	"Ip6ReasmFails",
	"IpExtInCsumErrors",
	"IpExtInNoRoutes",
	"IpExtInTruncatedPkts",
	"IpForwDatagrams",
	"IpFragFails",
	"IpInAddrErrors",
	"IpInDiscards",
	"IpInHdrErrors",
	"IpInUnknownProtos",
	"IpOutDiscards",
	"IpOutNoRoutes",
	"IpReasmFails",
	"TcpAttemptFails",
	"TcpEstabResets",
	"TcpExtBeyondWindow",
	"TcpExtEmbryonicRsts",
	"TcpExtIPReversePathFilter",
	"TcpExtListenDrops",
	"TcpExtListenOverflows",
	"TcpExtLockDroppedIcmps",
	"TcpExtPAWSActive",
	"TcpExtPAWSEstab",
	"TcpExtPAWSOldAck",
	"TcpExtPAWSPassive",
	"TcpExtPAWSTimewait",
	"TcpExtPFMemallocDrop",
	"TcpExtPruneCalled",
	"TcpExtRcvPruned",
	"TcpExtSyncookiesFailed",
	"TcpExtSyncookiesRecv",
	"TcpExtSyncookiesSent",
	"TcpExtTCPACKSkippedChallenge",
	"TcpExtTCPACKSkippedFinWait2",
	"TcpExtTCPACKSkippedPAWS",
	"TcpExtTCPACKSkippedSeq",
	"TcpExtTCPACKSkippedSynRecv",
	"TcpExtTCPACKSkippedTimeWait",
	"TcpExtTCPAOBad",
	"TcpExtTCPAOKeyNotFound",
	"TcpExtTCPAORequired",
	"TcpExtTCPAbortFailed",
	"TcpExtTCPAbortOnClose",
	"TcpExtTCPAbortOnData",
	"TcpExtTCPAbortOnLinger",
	"TcpExtTCPAbortOnMemory",
	"TcpExtTCPAbortOnTimeout",
	"TcpExtTCPBacklogDrop",
	"TcpExtTCPChallengeACK",
	"TcpExtTCPDeferAcceptDrop",
	"TcpExtTCPFastOpenListenOverflow",
	"TcpExtTCPMD5Failure",
	"TcpExtTCPMD5NotFound",
	"TcpExtTCPMD5Unexpected",
	"TcpExtTCPMemoryPressures",
	"TcpExtTCPMigrateReqFailure",
	"TcpExtTCPMinTTLDrop",
	"TcpExtTCPOFODrop",
	"TcpExtTCPRcvQDrop",
	"TcpExtTCPReqQFullDoCookies",
	"TcpExtTCPReqQFullDrop",
	"TcpExtTCPRetransFail",
	"TcpExtTCPSYNChallenge",
	"TcpExtTCPTimeWaitOverflow",
	"TcpExtTCPWqueueTooBig",
	"TcpExtTCPZeroWindowDrop",
	"TcpExtTSEcrRejected",
	"TcpInCsumErrors",
	"TcpInErrs",
	"TcpOutRsts",
	"UdpInCsumErrors",
	"UdpInErrors",
	"UdpNoPorts",
	"UdpRcvbufErrors",
};

const size_t counter_count = sizeof(counter_names) / sizeof(counter_names[0]);
_Static_assert(sizeof(counter_names) / sizeof(counter_names[0]) <= COUNTERS_MAX, "counters");

static int compare_name(const void *name, const void *entry)
{
	return strcmp(name, *(const char *const *)entry);
}

static void set_counter(const char *name, const char *value, uint64_t out[COUNTERS_MAX])
{
	const char *const *found;

	found = bsearch(name, counter_names, counter_count, sizeof(counter_names[0]), compare_name);
	if (found)
		out[found - counter_names] = strtoull(value, NULL, 10);
}

static size_t word_len(const char *text)
{
	return strcspn(text, " \t\n");
}

/* names and values: the two lines after their common "Group:". */
static void parse_pair(const char *group, int group_len, const char *names, const char *values,
		       uint64_t out[COUNTERS_MAX])
{
	char name[EV_NAME_LEN];

	while (*names == ' ' && *values == ' ') {
		names++;
		values++;
		snprintf(name, sizeof(name), "%.*s%.*s", group_len, group, (int)word_len(names),
			 names);
		set_counter(name, values, out);
		names += word_len(names);
		values += word_len(values);
	}
}

void counters_parse_pairs(const char *text, uint64_t value[COUNTERS_MAX])
{
	const char *values, *end;
	size_t group;

	for (; *text; text = *end ? end + 1 : end) {
		group = strcspn(text, ":\n");
		values = strchr(text, '\n');
		if (!values++)
			return;
		end = values + strcspn(values, "\n");
		if (text[group] == ':' && !strncmp(text, values, group + 1))
			parse_pair(text, group, text + group + 1, values + group + 1, value);
	}
}

void counters_parse_lines(const char *text, uint64_t value[COUNTERS_MAX])
{
	char name[EV_NAME_LEN];
	size_t len, blank;

	while (*text) {
		len = word_len(text);
		blank = strspn(text + len, " \t");
		snprintf(name, sizeof(name), "%.*s", (int)len, text);
		if (blank)
			set_counter(name, text + len + blank, value);
		text += strcspn(text, "\n");
		text += *text == '\n';
	}
}

int counters_read(const struct proc_root *proc, struct counter_snapshot *out)
{
	char text[FILE_TEXT_LEN];
	ssize_t len;

	len = proc_text(proc, "net/netstat", text, sizeof(text));
	if (len < 0)
		return len;
	counters_parse_pairs(text, out->value);
	len = proc_text(proc, "net/snmp", text, sizeof(text));
	if (len < 0)
		return len;
	counters_parse_pairs(text, out->value);
	/* Absent without IPv6. */
	if (proc_text(proc, "net/snmp6", text, sizeof(text)) > 0)
		counters_parse_lines(text, out->value);
	out->conntrack_dropped = conntrack_dropped(proc);
	return 0;
}

const struct counter_snapshot *counters_baseline(const struct counter_history *history,
						 uint64_t since_ns)
{
	unsigned int oldest = history->n > SNAPSHOTS_KEPT ? history->n - SNAPSHOTS_KEPT : 0;

	if (!history->n)
		return NULL;
	for (unsigned int i = history->n - 1; i > oldest; i--)
		if (history->kept[i % SNAPSHOTS_KEPT].time_ns <= since_ns)
			return &history->kept[i % SNAPSHOTS_KEPT];
	return &history->kept[oldest % SNAPSHOTS_KEPT];
}

/*
 * Under load a reading serves for a moment, but never a probe so young that what happened to it may
 * not be in it yet.
 */
static int read_now(struct gather *g)
{
	struct counter_snapshot *now = &g->facts->counters_now;
	int err;

	if (g->loaded && now->time_ns && g->now_ns - now->time_ns < REUSE_NS &&
	    now->time_ns > g->request->since_ns + REUSE_NS)
		return 0;
	memset(now, 0, sizeof(*now));
	err = counters_read(&g->facts->proc, now);
	now->time_ns = err ? 0 : g->now_ns;
	return err;
}

int gather_counters(struct gather *g)
{
	const struct counter_snapshot *now = &g->facts->counters_now, *base;
	int err;

	/* Of another namespace no snapshot was taken. */
	if (gather_is_elsewhere(g))
		return -EOPNOTSUPP;
	base = counters_baseline(&g->facts->counters, g->request->since_ns);
	if (!base)
		return -ENODATA;
	err = read_now(g);
	for (size_t i = 0; i < counter_count && !err; i++) {
		struct fact_counter fact = {.delta = now->value[i] - base->value[i]};

		if (!fact.delta)
			continue;
		snprintf(fact.name, sizeof(fact.name), "%s", counter_names[i]);
		err = gather_add(g, EV_FACT_COUNTER, &fact, sizeof(fact));
	}
	return err;
}
