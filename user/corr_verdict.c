// SPDX-License-Identifier: GPL-2.0-only
// When a probe's verdict is due: asks for facts, judges, tells.
#include "corr_internal.h"

#include <netinet/in.h>

#include "judge.h"

/* After a decisive event: what comes with it (the reset's way out, the ICMP error) is microseconds
 * behind. */
#define SETTLE_NS (200 * 1000ULL)
/* For what explains it, if that is not there yet. */
#define EXPLAIN_NS (5 * CORR_MS)
/* How long a probe stays after its verdict: for the rest of its packets, for retransmissions that
 * revise it. */
#define LINGER_NS (100 * CORR_MS)
#define KEEP_NS	  (10000 * CORR_MS)
/* Facts that did not come. */
#define FACTS_NS (1000 * CORR_MS)
/* A request unanswered for so long may stay so. */
#define LOOK_NS (100 * CORR_MS)

enum { MAX_SETTLED = 4096 };

void corr_retire(struct corr *corr, struct probe *probe, bool forget)
{
	if (forget && corr->ops.forget)
		corr->ops.forget(corr->ops.ctx, &probe->flow);
	probe_table_remove(&corr->table, probe);
}

/* Events lost between the probe's first SYN and what its verdict follows from. */
static uint64_t lost_events(const struct corr *corr, const struct probe *probe)
{
	uint64_t end = probe->timed_out ? probe->attempt.start_ns + corr->config.timeout_ns
					: probe->attempt.decided_ns + SETTLE_NS;

	return losses_between(&corr->losses, probe->first_ns, end);
}

/*
 * A retransmitted SYN may change the verdict to anything. Without one, only an answer does that
 * came after all: what happens to a connection later on (its process ends, the prober gives up) is
 * not the probe's outcome.
 */
static bool is_news(const struct probe *probe, const struct cause *cause)
{
	if (!probe->cause)
		return true;
	/* That a later attempt shows less than the one before takes nothing back. */
	if (probe->cause == cause || cause->outcome == OUTCOME_UNDETERMINED)
		return false;
	if (!probe->judged)
		return true;
	if (cause->outcome == OUTCOME_HEALTHY)
		return !probe->timed_out;
	/* What became of it all the same: a neighbour that was waited for in vain. */
	if (probe->outcome == OUTCOME_UNDETERMINED && probe->attempt.bits & E(DROP_NEIGH))
		return true;
	return cause == cause_find("slow-response");
}

/* Tells the verdict, unless it is the one that was told before. */
void corr_emit(struct corr *corr, struct probe *probe)
{
	const struct cause *cause = judge(probe, &corr->host, corr->config.wall_offset_ns,
					  lost_events(corr, probe), &corr->verdict);
	bool healthy = cause->outcome == OUTCOME_HEALTHY;

	if (is_news(probe, cause)) {
		corr->ops.verdict(corr->ops.ctx, &corr->verdict);
		probe->cause = cause;
		probe->outcome = cause->outcome;
	}
	probe->judged = true;
	probe->asked_for = probe->attempt.bits;
	probe_forget_facts(probe);
	probe_table_settle(&corr->table, probe);
	probe_table_timer(&corr->table, probe, corr->taken_ns + (healthy ? LINGER_NS : KEEP_NS));
	if (corr->table.settled.n > MAX_SETTLED ||
	    corr->table.settled.n > corr->config.max_probes / 4 + 1)
		corr_retire(corr, corr->table.settled.oldest, true);
}

/* The facts are there, or will not come. */
void corr_conclude(struct corr *corr, struct probe *probe)
{
	enum confidence confidence;
	evidence_t evidence = evidence_of(probe, &corr->host);

	if (probe->untracked || cause_match(evidence, &confidence) || cause_ends(evidence)) {
		corr_emit(corr, probe);
		return;
	}
	/* What looked decisive was not, with the facts known: it goes on. */
	probe->asked_for = probe->attempt.bits;
	probe_forget_facts(probe);
	if (probe->cause) {
		probe_table_settle(&corr->table, probe);
		return;
	}
	probe->state = PROBE_OPEN;
	probe_table_timer(&corr->table, probe, probe->first_ns + corr->config.timeout_ns);
}

/* needs: NEED_*. A rule is asked for by the packet that was dropped. */
static void request_facts(struct corr *corr, const struct probe *probe, uint32_t needs)
{
	const struct attempt *a = &probe->attempt;
	const bool is_reply = !a->drop.hdr.type && a->reply_drop.hdr.type;
	struct fact_request request = {.probe = probe->flow,
				       .service = *probe_service(probe),
				       .ifindex = probe->ifindex,
				       .needs = needs,
				       .netns = a->netns,
				       .is_reply = is_reply,
				       .since_ns = probe->first_ns,
				       .tcp = is_reply ? a->reply_drop.tcp : a->drop.tcp};

	if (a->bits & E(CAPTURE)) { /* no drop is seen */
		request.tcp = a->syn;
		request.either_way = probe->flow.proto == IPPROTO_TCP && probe->timed_out &&
				     !(a->bits & (E(SYNACK_MADE) | E(RST_OUT) | E(ICMP_SENT)));
	}

	if (corr->ops.need)
		corr->ops.need(corr->ops.ctx, &request);
}

/* cause_needs(), remembered. */
static bool find_needs(struct corr *corr, evidence_t evidence, uint32_t *needs)
{
	const uint64_t folded = (uint64_t)(evidence >> 64) * 31 ^ (uint64_t)evidence;
	struct needs_memo *memo =
		&corr->memos[(folded * 0x9e3779b97f4a7c15ULL) >> 56 & (CORR_MEMOS - 1)];

	if (!evidence || memo->evidence != evidence) {
		memo->evidence = evidence;
		memo->decisive = cause_needs(evidence, &memo->needs);
	}
	*needs = memo->needs;
	return memo->decisive;
}

void corr_ask(struct corr *corr, struct probe *probe)
{
	uint32_t needs = 0;

	if (!probe->untracked)
		find_needs(corr, evidence_of(probe, &corr->host), &needs);
	if (!needs) {
		corr_conclude(corr, probe);
		return;
	}
	probe->state = PROBE_ASKED;
	probe->needs = needs;
	probe->unanswered = 0;
	probe_table_timer(&corr->table, probe, corr->taken_ns + FACTS_NS);
	request_facts(corr, probe, needs);
}

/* Asks early whose the connection is: once the prober has reset it, nobody can tell. */
static void look(struct corr *corr, struct probe *probe)
{
	uint64_t waited_ns = corr->taken_ns - probe->exchange.first_ns[FROM_PROBER];
	uint64_t next_ns = corr->taken_ns + waited_ns;

	/* Again, at longer and longer intervals: what was found gets old. */
	probe->look_ns = next_ns < probe->due_ns ? next_ns : 0;
	probe->looking = true;
	probe_table_timer(&corr->table, probe, probe->look_ns ? probe->look_ns : probe->due_ns);
	request_facts(corr, probe, NEED_CONN);
}

/* Whether an encrypted exchange was answered shows in when the prober closes: at its own timeout.
 */
static bool may_still_close(const struct probe *probe)
{
	const struct attempt *a = &probe->attempt;

	return a->bits & E(TLS_ENCRYPTED) && !a->close_ns && !probe->extended && !probe->cause;
}

static void time_out(struct corr *corr, struct probe *probe)
{
	if (probe->attempt.start_ns + CORR_YOUNG_NS / 2 > probe->timer.key &&
	    probe->attempt.start_ns != probe->first_ns) {
		probe_table_timer(&corr->table, probe, probe->attempt.start_ns + CORR_YOUNG_NS);
		return;
	}
	if (may_still_close(probe)) {
		probe->extended = true;
		probe_table_timer(&corr->table, probe,
				  probe->timer.key + corr->config.timeout_ns / 4);
		return;
	}
	probe->timed_out = true;
	corr_ask(corr, probe);
}

/* What ends a probe comes with its reason; on a slow or busy machine the reason takes its time. */
static bool is_unexplained(const struct corr *corr, const struct probe *probe)
{
	return !probe->patient && !probe->untracked &&
	       !cause_is_open(evidence_of(probe, &corr->host));
}

void corr_timer(struct corr *corr, struct probe *probe)
{
	switch (probe->state) {
	case PROBE_OPEN:
		if (probe->look_ns == probe->timer.key)
			look(corr, probe);
		else
			time_out(corr, probe);
		break;
	case PROBE_SETTLING:
		if (is_unexplained(corr, probe)) {
			probe->patient = true;
			probe_table_timer(&corr->table, probe, probe->timer.key + EXPLAIN_NS);
		} else {
			corr_ask(corr, probe);
		}
		break;
	case PROBE_ASKED:
		corr_conclude(corr, probe);
		break;
	case PROBE_SETTLED:
		corr_retire(corr, probe, true);
		break;
	}
}

/* The probe makes room or way for a newer one: its verdict is due, on what is known. */
void corr_close_now(struct corr *corr, struct probe *probe, bool evicted)
{
	if (probe->state != PROBE_SETTLED) {
		probe->evicted = evicted;
		/* Something decisive has come already. */
		probe->timed_out = probe->state != PROBE_SETTLING;
		corr->evicted += evicted;
		if (!evicted && probe->state != PROBE_ASKED)
			corr_ask(corr, probe);
		if (probe->state != PROBE_SETTLED)
			corr_emit(corr, probe);
	}
}

/* An answer is due, and may not come. */
static void plan_look(struct corr *corr, struct probe *probe, uint64_t time_ns)
{
	uint64_t at_ns = time_ns + LOOK_NS;

	if (probe->looked || probe->flow.proto != IPPROTO_TCP ||
	    (probe->attempt.bits & (E(REQUEST) | E(RESPONSE))) != E(REQUEST))
		return;
	probe->looked = true;
	if (at_ns >= probe->timer.key)
		return;
	probe->look_ns = at_ns;
	probe->due_ns = probe->timer.key;
	probe_table_timer(&corr->table, probe, at_ns);
}

void corr_reconsider(struct corr *corr, struct probe *probe, uint64_t time_ns)
{
	uint32_t needs;

	if (probe->state != PROBE_OPEN && probe->state != PROBE_SETTLED)
		return;
	if (probe->state == PROBE_OPEN)
		plan_look(corr, probe, time_ns);
	if (probe->attempt.bits == probe->asked_for && !probe->untracked)
		return;
	if (probe->state == PROBE_SETTLED && probe->untracked)
		return;
	if (!probe->untracked && !find_needs(corr, evidence_of(probe, &corr->host), &needs))
		return;
	if (probe->state == PROBE_SETTLED)
		probe_table_reopen(&corr->table, probe);
	probe->state = PROBE_SETTLING;
	probe_table_timer(&corr->table, probe, time_ns + SETTLE_NS);
}
