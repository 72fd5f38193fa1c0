// SPDX-License-Identifier: GPL-2.0-only
// Which causes can be told, and how surely, with what can be seen on a host.
#include "coverage.h"

enum {
	IN = W(ENTRY) | W(CAPTURE),
	OUT = W(EXIT) | W(CAPTURE),
	/* Packets of a connection that leave; at the packet filter's hooks too. */
	LEAVING = W(EXIT) | W(NETFILTER) | W(CAPTURE),
	NAMED = 1 << 31, /* the kernel has to have a name for it: see struct sight */
};

_Static_assert(WAY_COUNT < 31, "waypoint bits");

/* A row for each of EVIDENCE: what shows it, any of them. As observe*.c and evidence.c set it. */
static const uint32_t sources[EVI_COUNT] = {
	[EVI_ARRIVED] = IN,
	[EVI_DELIVERED] = W(NETFILTER),
	[EVI_FORWARDED] = W(EXIT) | W(NETFILTER),
	[EVI_TRANSLATED] = W(EXIT) | W(NETFILTER),
	[EVI_ELSEWHERE] = W(DROP) | W(RESET) | W(STATE) | W(ICMP),
	[EVI_SYNACK_MADE] = LEAVING,
	[EVI_SYNACK_LEFT] = OUT,
	[EVI_SYNACK_ELSEWHERE] = OUT,
	[EVI_ACK_ANSWER] = LEAVING,
	[EVI_RST_OUT] = LEAVING,
	[EVI_HANDSHAKE] = IN,
	[EVI_ESTABLISHED] = W(STATE),
	[EVI_PROBER_RST] = IN,
	[EVI_PROBER_FIN] = IN,
	[EVI_HALF_CLOSED] = IN,
	[EVI_GAVE_UP] = IN,
	[EVI_SERVER_FIN] = LEAVING,
	[EVI_REQUEST] = IN,
	[EVI_RESPONSE] = OUT,
	[EVI_LATE] = OUT,
	[EVI_HTTP_REQUEST] = IN,
	[EVI_HTTP_STATUS] = OUT,
	[EVI_NOT_HTTP] = OUT,
	[EVI_WANTS_TLS] = OUT,
	[EVI_TLS_REQUEST] = IN,
	[EVI_TLS_ENCRYPTED] = OUT,
	[EVI_TLS_SILENT] = OUT,
	[EVI_TLS_REFUSED] = OUT,
	[EVI_ANSWER_CUT] = OUT,
	[EVI_TLS_BROKEN] = OUT,
	[EVI_NOT_TLS] = OUT,
	[EVI_SERVER_ALERT] = OUT,
	[EVI_PROBER_ALERT] = IN,
	[EVI_PROBER_REFUSED] = IN,
	[EVI_DATAGRAM] = IN,
	[EVI_ECHO] = IN,
	[EVI_LONG] = W(ENTRY),
	[EVI_TIMEOUT] = 0,
	[EVI_DROP_XDP] = W(DROP) | NAMED,
	[EVI_DROP_TC] = W(DROP) | NAMED,
	[EVI_DROP_CSUM] = W(DROP) | NAMED,
	[EVI_DROP_RPFILTER] = W(DROP) | NAMED,
	[EVI_DROP_LOCAL_SOURCE] = W(DROP) | NAMED,
	[EVI_DROP_NOT_OURS] = W(DROP) | NAMED,
	[EVI_DROP_NETFILTER] = W(DROP) | NAMED,
	[EVI_DROP_QUEUE] = W(DROP) | NAMED,
	[EVI_DROP_SOCKET_FILTER] = W(DROP) | NAMED,
	[EVI_DROP_SECURITY] = W(DROP) | NAMED,
	[EVI_DROP_AUTH] = W(DROP) | NAMED,
	[EVI_DROP_OVERFLOW] = W(DROP) | NAMED,
	[EVI_DROP_PAWS] = W(DROP) | NAMED,
	[EVI_DROP_RCVBUF] = W(DROP) | NAMED,
	[EVI_DROP_OTHER] = W(DROP),
	[EVI_DROP_REPLY] = W(DROP),
	[EVI_DROP_NEIGH] = W(DROP) | NAMED,
	[EVI_ICMP_SENT] = W(ICMP) | OUT,
	[EVI_PORT_UNREACHABLE] = W(ICMP) | OUT,
	[EVI_NO_SOCKET] = W(RESET) | W(DROP) | NAMED,
	[EVI_RESET_ACTIVE] = W(RESET),
	[EVI_RESET_UNREAD] = W(RESET) | NAMED,
	[EVI_RESET_HANDSHAKE] = W(RESET) | W(CAPTURE),
	[EVI_LISTEN_FOUND] = W(LOOKUP),
	[EVI_LISTEN_FULL] = W(LOOKUP),
	[EVI_SYN_QUEUE_FULL] = W(LOOKUP),
	[EVI_LISTEN_FILTER] = W(LOOKUP),
	[EVI_TW_FOUND] = W(LOOKUP),
	[EVI_TW_TS_NEWER] = W(LOOKUP) | W(CAPTURE),
	[EVI_TW_SEQ_NEWER] = W(LOOKUP) | W(CAPTURE),
	[EVI_LISTENER_FITS] = W(HOST),
	[EVI_LISTENER_ADDR] = W(HOST),
	[EVI_LISTENER_FAMILY] = W(HOST),
	[EVI_LISTENER_DEVICE] = W(HOST),
	[EVI_LISTENER_ELSEWHERE] = W(HOST),
	[EVI_LISTENER_FULL] = W(HOST),
	[EVI_DST_NOT_LOCAL] = W(HOST),
	[EVI_SRC_LOCAL] = W(HOST),
	[EVI_ROUTE_ERROR] = W(HOST),
	[EVI_NEIGH_BAD] = W(HOST),
	[EVI_CONNTRACK_FULL] = W(HOST),
	[EVI_RULE_QUEUES] = W(RULE),
	[EVI_RULE_REJECTS] = W(RULE),
	[EVI_MODULE_HOOK] = W(HOOKS),
	[EVI_CGROUP_FILTER] = W(HOST),
	[EVI_GREW_OVERFLOWS] = W(HOST),
	[EVI_GREW_REQQFULL] = W(HOST),
	[EVI_GREW_NOROUTES] = W(HOST),
	[EVI_NOT_ACCEPTED] = W(HOST),
	[EVI_CONN_UNKNOWN] = W(HOST),
	[EVI_UNREAD] = W(HOST),
	[EVI_ECHO_IGNORED] = W(HOST),
	[EVI_GREW_RATE_LIMIT] = W(HOST),
	[EVI_CAPTURE] = W(CAPTURE),
	[EVI_SYNACK_AGAIN] = W(CAPTURE),
	[EVI_ICMP_PROHIBITED] = W(ICMP) | OUT,
	[EVI_ICMP_BY_OTHER] = W(CAPTURE),
	[EVI_STAMPS_BACK] = W(CAPTURE),
	[EVI_STAMPS_TAKEN] = W(CAPTURE),
	[EVI_RECYCLE_ON] = W(HOST) | NAMED,
	[EVI_GREW_PAWS_PASSIVE] = W(HOST) | NAMED,
	[EVI_GREW_PAWS] = W(HOST),
	[EVI_GREW_RPFILTER] = W(HOST),
	[EVI_RULE_COUNTED] = W(RULE),
	[EVI_NO_LISTENER] = W(HOST),
};

static const struct {
	const char *id;
	const char *what;
} ways[] = {
#define WAYPOINT_ROW(name, id, what) {id, what},
	WAYPOINTS(WAYPOINT_ROW)
#undef WAYPOINT_ROW
};

const char *way_id(enum way way)
{
	return ways[way].id;
}

const char *way_what(enum way way)
{
	return ways[way].what;
}

uint32_t evidence_waypoints(enum evidence_index index)
{
	return sources[index] & ~(uint32_t)NAMED;
}

bool evidence_is_named(enum evidence_index index)
{
	return sources[index] & NAMED;
}

static bool is_shown(enum evidence_index index, const struct sight *sight)
{
	uint32_t from = evidence_waypoints(index);

	if (evidence_is_named(index) && !(sight->named >> index & 1))
		return false;
	return !from || from & sight->waypoints;
}

evidence_t coverage_evidence(const struct sight *sight)
{
	evidence_t shown = 0;

	for (int i = 0; i < EVI_COUNT; i++)
		if (is_shown((enum evidence_index)i, sight))
			shown |= (evidence_t)1 << i;
	return shown;
}

/* The first that shows it, of those that work; else of all. */
static uint32_t shown_by(enum evidence_index index, const struct sight *sight)
{
	uint32_t from = evidence_waypoints(index);

	if (from & sight->waypoints)
		from &= sight->waypoints;
	return from & -from;
}

static uint32_t shown_by_all(evidence_t bits, const struct sight *sight)
{
	uint32_t by = 0;

	for (int i = 0; i < EVI_COUNT; i++)
		if (bits >> i & 1)
			by |= shown_by((enum evidence_index)i, sight);
	return by;
}

/*
 * Whether the cause is told by what is not there: nothing arrived. Other verdicts without a rule
 * say that nothing is known, for which nothing has to be.
 */
static struct coverage without_rules(const struct cause *cause, const struct sight *sight)
{
	const evidence_t needed = cause->outcome == OUTCOME_FAILED ? E(ARRIVED) : 0;
	const struct coverage coverage = {
		.tellable = !(needed & ~coverage_evidence(sight)),
		.confidence = CONFIDENCE_CERTAIN,
		.by = shown_by_all(needed, sight),
	};

	return coverage;
}

struct coverage coverage_of(const struct cause *cause, const struct sight *sight)
{
	const evidence_t shown = coverage_evidence(sight);
	const struct cause_rule *rule = cause->rules, *best = NULL, *surer = NULL;
	struct coverage coverage = {0};

	if (!rule->require)
		return without_rules(cause, sight);
	for (; rule < cause->rules + CAUSE_RULES_MAX && rule->require; rule++) {
		if (rule->exclude & sight->always)
			continue;
		if (!(rule->require & ~shown)) {
			if (!best || rule->confidence < best->confidence)
				best = rule;
		} else if (!surer || rule->confidence < surer->confidence) {
			surer = rule;
		}
	}
	if (best) {
		coverage.tellable = true;
		coverage.confidence = best->confidence;
		coverage.by = shown_by_all(best->require, sight);
	}
	if (surer && (!best || surer->confidence < best->confidence))
		coverage.missing = shown_by_all(surer->require & ~shown, sight);
	return coverage;
}
