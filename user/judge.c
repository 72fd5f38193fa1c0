// SPDX-License-Identifier: GPL-2.0-only
// From a probe's evidence to its verdict.
#include "judge.h"

#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "escape.h"
#include "firewall.h"
#include "flow.h"
#include "steps.h"
#include "template.h"
#include "values.h"

const char *outcome_name(enum outcome outcome)
{
	static const char *const names[] = {"healthy", "failed", "undetermined", "incomplete"};

	return names[outcome];
}

const char *confidence_name(enum confidence confidence)
{
	static const char *const names[] = {"certain", "likely", "possible"};

	return names[confidence];
}

static const struct cause *find_cause(const struct probe *probe, const struct corr_host *host,
				      uint64_t lost, enum confidence *confidence)
{
	const struct cause *cause;

	*confidence = CONFIDENCE_POSSIBLE;
	if (lost || probe->untracked || probe->evicted)
		return cause_find("incomplete");
	cause = cause_match(evidence_of(probe, host), confidence);
	if (!cause)
		return cause_find("undetermined");
	/* An answer could still have come. */
	if (probe->cut_short_ms && probe->timed_out && cause->outcome == OUTCOME_FAILED) {
		if (probe->attempt.bits & E(REQUEST))
			return cause_find("undetermined");
		if (*confidence == CONFIDENCE_CERTAIN)
			*confidence = CONFIDENCE_LIKELY;
	}
	return cause;
}

static void write_texts(const struct cause *cause, struct values_of *of, struct verdict *v)
{
	const struct template_values values = {values_get, of};

	const bool captured = of->probe->attempt.bits & E(CAPTURE) && cause->captured;

	/* Facts may have failed to come: the bare cause is better than nothing. */
	if (!template_expand(captured ? cause->captured : cause->summary, &values, v->summary,
			     sizeof(v->summary)))
		snprintf(v->summary, sizeof(v->summary), "%s", cause->title);
	v->n_fix = 0;
	of->quote = true;
	for (int i = 0; i < CAUSE_FIX_MAX && cause->fix[i]; i++)
		v->n_fix += template_expand(cause->fix[i], &values, v->fix[v->n_fix],
					    sizeof(v->fix[0]));
}

/* Where this host translates addresses, a summary that does not name them has them added. */
static void name_service(const struct probe *probe, char *summary, size_t summary_len)
{
	const struct ev_flow *to = &probe->attempt.nat;
	char target[FLOW_ENDPOINT_LEN], source[FLOW_ENDPOINT_LEN];
	size_t at = strlen(summary);
	bool masqueraded = memcmp(to->saddr, probe->flow.saddr, sizeof(to->saddr));

	if (!to->family || strstr(summary, endpoint_text(to->daddr, to->dport, target)))
		return;
	snprintf(summary + at, summary_len - at, " (translated to %s%s%s)", target,
		 masqueraded ? ", from " : "", masqueraded ? addr_text(to->saddr, source) : "");
}

static void write_rule(const struct probe *probe, const struct corr_host *host,
		       const struct cause *cause, struct verdict *v)
{
	bool reply = !strcmp(cause->id, "reply-dropped") && probe_reply_filtered(probe);
	struct firewall_place place;

	v->rule = (struct verdict_rule){.handle = -1, .number = -1};
	if (!reply && !(cause->needs & NEED_RULE && (probe->attempt.bits & E(DROP_NETFILTER) ||
						     probe_counted_rule(probe, false))))
		return;
	firewall_place(probe, host, reply, &place);
	firewall_rule(&place, &v->rule);
	if (place.rules > 1)
		v->confidence = CONFIDENCE_POSSIBLE;
	/* That a packet filter did it is certain; which chain may not be. */
	else if ((place.candidates > 1 || place.inferred) && v->confidence == CONFIDENCE_CERTAIN)
		v->confidence = CONFIDENCE_LIKELY;
}

/* Names (of interfaces, reasons, counters) can hold anything, in a recording above all. */
static void tame_texts(struct verdict *v)
{
	escape_tame(v->summary);
	for (unsigned int i = 0; i < v->n_fix; i++)
		escape_tame(v->fix[i]);
	for (unsigned int i = 0; i < v->n_steps; i++)
		escape_tame(v->steps[i].what);
}

static int64_t stretch_us(uint64_t from_ns, uint64_t to_ns)
{
	return from_ns && to_ns >= from_ns ? (int64_t)((to_ns - from_ns) / 1000) : -1;
}

static void write_timing(const struct probe *probe, struct verdict_timing *t)
{
	const struct attempt *a = &probe->attempt;
	const uint64_t *first_ns = probe->exchange.first_ns;
	bool tcp = probe->flow.proto == IPPROTO_TCP;

	t->syn_to_synack = tcp ? stretch_us(a->start_ns, a->synack_ns) : -1;
	t->synack_to_ack = stretch_us(a->synack_ns, a->ack_ns);
	t->request_to_first_byte = tcp ? stretch_us(first_ns[FROM_PROBER], first_ns[TO_PROBER])
				       : stretch_us(a->start_ns, a->response_ns);
	t->first_byte_to_close = stretch_us(first_ns[TO_PROBER], a->close_ns);
}

const struct cause *judge(const struct probe *probe, const struct corr_host *host,
			  uint64_t wall_offset_ns, uint64_t lost, struct verdict *v)
{
	struct values_of of = {.probe = probe, .host = host};
	const struct cause *cause = find_cause(probe, host, lost, &v->confidence);
	uint64_t waited = probe->cut_short_ms ? probe->cut_short_ms * 1000000ULL : host->timeout_ns;
	uint64_t end = probe->timed_out ? probe->first_ns + waited : probe->attempt.decided_ns;

	if (probe->attempt.response_ns > end) /* after all */
		end = probe->attempt.response_ns;

	v->wall_ns = probe->first_ns + wall_offset_ns;
	v->first_ns = probe->first_ns;
	v->duration_us = end > probe->first_ns ? (end - probe->first_ns) / 1000 : 0;
	v->source = probe->attempt.bits & E(CAPTURE) ? "capture" : NULL;
	v->probe = probe->flow;
	v->service = probe->attempt.nat;
	v->interface[0] = 0;
	if (probe->ifindex) /* many captures do not say */
		host_ifname(host, probe->ifindex, v->interface);
	v->syns = probe->syns;
	write_timing(probe, &v->timing);
	v->outcome = cause->outcome;
	v->cause = cause->id;
	v->stage = cause->stage;
	v->revised = probe->cause != NULL;
	v->was = probe->outcome;
	v->was_cause = probe->cause ? probe->cause->id : NULL;
	v->lost_events = lost;
	write_rule(probe, host, cause, v);
	write_texts(cause, &of, v);
	name_service(probe, v->summary, sizeof(v->summary));
	v->n_steps = 0;
	if (!host->brief || v->outcome == OUTCOME_UNDETERMINED || v->outcome == OUTCOME_INCOMPLETE)
		steps_write(probe, host, v);
	tame_texts(v);
	return cause;
}
