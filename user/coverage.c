// SPDX-License-Identifier: GPL-2.0-only
// Which causes can be told, and how surely, with what can be seen on a host.
#include "coverage.h"

enum {
	IN = W(ENTRY) | W(CAPTURE),
	OUT = W(EXIT) | W(CAPTURE),
	/* Packets of a connection that leave; at the packet filter's hooks too. */
	LEAVING = W(EXIT) | W(NETFILTER) | W(CAPTURE),
	/* What shows nothing of a datagram or an echo request. */
	OF_TCP = W(RESET) | W(STATE) | W(SYNACK) | W(LOOKUP),
};

_Static_assert(WAY_COUNT <= 32, "waypoint bits");

/* Where evidence is from: any of these shows it. */
struct evidence_source {
	uint32_t ways;
	uint32_t if_named; /* these if the kernel has a name for it: see struct sight */
};

/* A row for each of EVIDENCE, as observe*.c and evidence.c set it; none: the clock. */
static const struct evidence_source sources[EVI_COUNT] = {
	[EVI_ARRIVED] = {IN, 0},
	[EVI_DELIVERED] = {W(NETFILTER), 0},
	[EVI_FORWARDED] = {W(EXIT) | W(NETFILTER), 0},
	[EVI_TRANSLATED] = {W(EXIT) | W(NETFILTER), 0},
	[EVI_ELSEWHERE] = {W(DROP) | W(RESET) | W(STATE) | W(ICMP), 0},
	[EVI_SYNACK_MADE] = {LEAVING, 0},
	[EVI_SYNACK_LEFT] = {OUT, 0},
	[EVI_SYNACK_ELSEWHERE] = {OUT, 0},
	[EVI_ACK_ANSWER] = {LEAVING, 0},
	[EVI_RST_OUT] = {LEAVING, 0},
	[EVI_HANDSHAKE] = {IN, 0},
	[EVI_ESTABLISHED] = {W(STATE), 0},
	[EVI_PROBER_RST] = {IN, 0},
	[EVI_PROBER_FIN] = {IN, 0},
	[EVI_HALF_CLOSED] = {IN, 0},
	[EVI_GAVE_UP] = {IN, 0},
	[EVI_SERVER_FIN] = {LEAVING, 0},
	[EVI_REQUEST] = {IN, 0},
	[EVI_RESPONSE] = {OUT, 0},
	[EVI_LATE] = {OUT, 0},
	[EVI_HTTP_REQUEST] = {IN, 0},
	[EVI_HTTP_STATUS] = {OUT, 0},
	[EVI_NOT_HTTP] = {OUT, 0},
	[EVI_WANTS_TLS] = {OUT, 0},
	[EVI_TLS_REQUEST] = {IN, 0},
	[EVI_TLS_ENCRYPTED] = {OUT, 0},
	[EVI_TLS_SILENT] = {OUT, 0},
	[EVI_TLS_REFUSED] = {OUT, 0},
	[EVI_ANSWER_CUT] = {OUT, 0},
	[EVI_TLS_BROKEN] = {OUT, 0},
	[EVI_NOT_TLS] = {OUT, 0},
	[EVI_SERVER_ALERT] = {OUT, 0},
	[EVI_PROBER_ALERT] = {IN, 0},
	[EVI_PROBER_REFUSED] = {IN, 0},
	[EVI_DATAGRAM] = {IN, 0},
	[EVI_ECHO] = {IN, 0},
	[EVI_LONG] = {W(ENTRY), 0},
	[EVI_TIMEOUT] = {0, 0},
	[EVI_DROP_XDP] = {0, W(DROP)},
	[EVI_DROP_TC] = {0, W(DROP)},
	[EVI_DROP_CSUM] = {0, W(DROP)},
	[EVI_DROP_RPFILTER] = {0, W(DROP)},
	[EVI_DROP_LOCAL_SOURCE] = {0, W(DROP)},
	[EVI_DROP_NOT_OURS] = {0, W(DROP)},
	[EVI_DROP_NETFILTER] = {0, W(DROP)},
	[EVI_DROP_QUEUE] = {0, W(DROP)},
	[EVI_DROP_SOCKET_FILTER] = {0, W(DROP)},
	[EVI_DROP_SECURITY] = {0, W(DROP)},
	[EVI_DROP_AUTH] = {0, W(DROP)},
	[EVI_DROP_OVERFLOW] = {0, W(DROP)},
	[EVI_DROP_PAWS] = {0, W(DROP)},
	[EVI_DROP_RCVBUF] = {0, W(DROP)},
	[EVI_DROP_OTHER] = {W(DROP), 0},
	[EVI_DROP_REPLY] = {W(DROP), 0},
	[EVI_DROP_NEIGH] = {0, W(DROP)},
	[EVI_ICMP_SENT] = {W(ICMP) | OUT, 0},
	[EVI_PORT_UNREACHABLE] = {W(ICMP) | OUT, 0},
	[EVI_NO_SOCKET] = {0, W(RESET) | W(DROP)},
	[EVI_RESET_ACTIVE] = {W(RESET), 0},
	[EVI_RESET_UNREAD] = {0, W(RESET)},
	[EVI_RESET_HANDSHAKE] = {W(RESET) | W(CAPTURE), 0},
	[EVI_LISTEN_FOUND] = {W(LOOKUP), 0},
	[EVI_LISTEN_FULL] = {W(LOOKUP), 0},
	[EVI_SYN_QUEUE_FULL] = {W(LOOKUP), 0},
	[EVI_LISTEN_FILTER] = {W(LOOKUP), 0},
	[EVI_TW_FOUND] = {W(LOOKUP), 0},
	[EVI_TW_TS_NEWER] = {W(LOOKUP) | W(CAPTURE), 0},
	[EVI_TW_SEQ_NEWER] = {W(LOOKUP) | W(CAPTURE), 0},
	[EVI_LISTENER_FITS] = {W(HOST), 0},
	[EVI_LISTENER_ADDR] = {W(HOST), 0},
	[EVI_LISTENER_FAMILY] = {W(HOST), 0},
	[EVI_LISTENER_DEVICE] = {W(HOST), 0},
	[EVI_LISTENER_ELSEWHERE] = {W(HOST), 0},
	[EVI_LISTENER_FULL] = {W(HOST), 0},
	[EVI_DST_NOT_LOCAL] = {W(HOST), 0},
	[EVI_SRC_LOCAL] = {W(HOST), 0},
	[EVI_ROUTE_ERROR] = {W(HOST), 0},
	[EVI_NEIGH_BAD] = {W(HOST), 0},
	[EVI_CONNTRACK_FULL] = {W(HOST), 0},
	[EVI_RULE_QUEUES] = {W(RULE), 0},
	[EVI_RULE_REJECTS] = {W(RULE), 0},
	[EVI_MODULE_HOOK] = {W(HOOKS), 0},
	[EVI_CGROUP_FILTER] = {W(HOST), 0},
	[EVI_GREW_OVERFLOWS] = {W(HOST), 0},
	[EVI_GREW_REQQFULL] = {W(HOST), 0},
	[EVI_GREW_NOROUTES] = {W(HOST), 0},
	[EVI_NOT_ACCEPTED] = {W(HOST), 0},
	[EVI_CONN_UNKNOWN] = {W(HOST), 0},
	[EVI_UNREAD] = {W(HOST), 0},
	[EVI_ECHO_IGNORED] = {W(HOST), 0},
	[EVI_GREW_RATE_LIMIT] = {W(HOST), 0},
	[EVI_CAPTURE] = {W(CAPTURE), 0},
	[EVI_SYNACK_AGAIN] = {W(CAPTURE), 0},
	[EVI_REQUEST_LOST] = {W(CAPTURE), 0},
	[EVI_REQUEST_TAKEN] = {W(CAPTURE), 0},
	[EVI_ICMP_PROHIBITED] = {W(ICMP) | OUT, 0},
	[EVI_ICMP_BY_OTHER] = {W(CAPTURE), 0},
	[EVI_STAMPS_BACK] = {W(CAPTURE), 0},
	[EVI_STAMPS_TAKEN] = {W(CAPTURE), 0},
	[EVI_RECYCLE_ON] = {0, W(HOST)},
	[EVI_GREW_PAWS_PASSIVE] = {0, W(HOST)},
	[EVI_GREW_PAWS] = {W(HOST), 0},
	[EVI_GREW_RPFILTER] = {W(HOST), 0},
	[EVI_RULE_COUNTED] = {W(RULE), 0},
	[EVI_REPLY_COUNTED] = {W(RULE), 0},
	[EVI_NO_LISTENER] = {W(HOST), 0},
	[EVI_GREW_CSUM] = {W(HOST), 0},
	[EVI_GREW_AUTH] = {W(HOST), 0},
	[EVI_ANSWER_UNREAD] = {W(CAPTURE), 0},
	[EVI_ANSWER_MISSED] = {W(CAPTURE), 0},
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
	return sources[index].ways | sources[index].if_named;
}

bool evidence_is_named(enum evidence_index index)
{
	return sources[index].if_named;
}

/* The waypoints by which it can be seen here. */
static uint32_t shows(enum evidence_index index, const struct sight *sight)
{
	uint32_t from = sources[index].ways;

	if (sight->named >> index & 1)
		from |= sources[index].if_named & ~sight->nameless;
	return from & sight->waypoints;
}

evidence_t coverage_evidence(const struct sight *sight)
{
	evidence_t shown = 0;

	for (int i = 0; i < EVI_COUNT; i++)
		if (shows((enum evidence_index)i, sight) ||
		    !evidence_waypoints((enum evidence_index)i))
			shown |= (evidence_t)1 << i;
	return shown;
}

/* The first that shows it, of those that work; else of all. */
static uint32_t shown_by(enum evidence_index index, const struct sight *sight)
{
	uint32_t from = shows(index, sight);

	if (!from)
		from = evidence_waypoints(index);
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

/* What the rule can be based on: not on waypoints that are blind to its kind of probe. */
static struct sight sight_for(const struct cause_rule *rule, const struct sight *sight)
{
	struct sight out = *sight;

	if (rule->require & (E(DATAGRAM) | E(ECHO))) {
		out.waypoints &= ~(uint32_t)OF_TCP;
		out.named &= ~sight->named_tcp;
	}
	return out;
}

/* The surest rule that can hold, and the surest of the others. */
static void find_rules(const struct cause *cause, const struct sight *sight,
		       const struct cause_rule **best, const struct cause_rule **other)
{
	const struct cause_rule *rule = cause->rules, **which;
	struct sight seen;

	*best = *other = NULL;
	for (; rule < cause->rules + CAUSE_RULES_MAX && rule->require; rule++) {
		if (rule->exclude & sight->always)
			continue;
		seen = sight_for(rule, sight);
		which = rule->require & ~coverage_evidence(&seen) ? other : best;
		if (!*which || rule->confidence < (*which)->confidence)
			*which = rule;
	}
}

struct coverage coverage_of(const struct cause *cause, const struct sight *sight)
{
	const struct cause_rule *best, *other;
	struct coverage coverage = {0};
	struct sight seen;

	if (!cause->rules->require)
		return without_rules(cause, sight);
	find_rules(cause, sight, &best, &other);
	if (best) {
		seen = sight_for(best, sight);
		coverage.tellable = true;
		coverage.confidence = best->confidence;
		coverage.by = shown_by_all(best->require, &seen);
	}
	if (other && (!best || other->confidence < best->confidence)) {
		seen = sight_for(other, sight);
		coverage.missing = shown_by_all(other->require & ~coverage_evidence(&seen), &seen);
	}
	return coverage;
}
