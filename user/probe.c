// SPDX-License-Identifier: GPL-2.0-only
// One probe's memory: events and facts kept until its verdict is out.
#include "probe.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stamps.h"

struct probe *probe_new(const struct ev_flow *flow, uint32_t isn)
{
	struct probe *probe = calloc(1, sizeof(*probe));

	if (!probe)
		return NULL;
	probe->flow = *flow;
	probe->isn = isn;
	return probe;
}

static void free_all(struct ev_hdr ***list, unsigned int *n)
{
	for (unsigned int i = 0; i < *n; i++)
		free((*list)[i]);
	free(*list);
	*list = NULL;
	*n = 0;
}

void probe_forget_facts(struct probe *probe)
{
	free_all(&probe->facts, &probe->n_facts);
}

void probe_free(struct probe *probe)
{
	if (!probe)
		return;
	free_all(&probe->events, &probe->n_events);
	probe_forget_facts(probe);
	exchange_free(&probe->exchange);
	free(probe);
}

/* How much of a packet a verdict can still quote: its headers, which it has as fields too, and some
 * payload. */
static uint16_t kept_capture(const struct ev_packet *p)
{
	uint32_t keep;

	if (!p->tcp.payload_len || p->frame_len < p->tcp.payload_len)
		return 0;
	keep = p->frame_len - p->tcp.payload_len + PROBE_PAYLOAD_KEPT;
	return keep < p->cap_len ? (uint16_t)keep : p->cap_len;
}

static int add(struct ev_hdr ***list, unsigned int *n, const struct ev_hdr *ev, size_t size)
{
	struct ev_hdr *copy;

	if (!(*n & (*n - 1))) { /* grows at powers of two */
		struct ev_hdr **grown = realloc(*list, (*n ? 2 * *n : 1) * sizeof(**list));

		if (!grown)
			return -ENOMEM;
		*list = grown;
	}
	copy = malloc(size);
	if (!copy)
		return -ENOMEM;
	memcpy(copy, ev, size);
	copy->size = (uint16_t)size;
	(*list)[(*n)++] = copy;
	return 0;
}

int probe_add_event(struct probe *probe, const struct ev_hdr *ev)
{
	if (probe->n_events >= PROBE_EVENTS_MAX) {
		probe->more_events++;
		return 0;
	}
	if (ev->type == EV_PACKET) {
		uint16_t keep = kept_capture((const void *)ev);
		int err =
			add(&probe->events, &probe->n_events, ev, sizeof(struct ev_packet) + keep);

		if (!err)
			((struct ev_packet *)probe->events[probe->n_events - 1])->cap_len = keep;
		return err;
	}
	return add(&probe->events, &probe->n_events, ev, ev->size);
}

int probe_add_fact(struct probe *probe, const struct ev_hdr *ev)
{
	if (probe->n_facts >= PROBE_FACTS_MAX)
		return 0;
	return add(&probe->facts, &probe->n_facts, ev, ev->size);
}

const void *probe_fact(const struct probe *probe, enum event_type type, const void *prev)
{
	bool after = !prev;

	for (unsigned int i = 0; i < probe->n_facts; i++) {
		if (after && probe->facts[i]->type == type)
			return probe->facts[i];
		after = after || probe->facts[i] == prev;
	}
	return NULL;
}

const struct fact_conn *probe_conn(const struct probe *probe)
{
	const struct fact_conn *conn = NULL, *last = NULL;

	while ((conn = probe_fact(probe, EV_FACT_CONN, conn)))
		last = conn;
	return last;
}

bool probe_sysctl(const struct probe *probe, const char *name, int64_t *value)
{
	const struct fact_sysctl *fact = NULL;

	while ((fact = probe_fact(probe, EV_FACT_SYSCTL, fact))) {
		if (!strncmp(fact->name, name, sizeof(fact->name))) {
			*value = fact->value;
			return true;
		}
	}
	return false;
}

uint64_t probe_grew(const struct probe *probe, const char *name)
{
	const struct fact_counter *fact = NULL;

	while ((fact = probe_fact(probe, EV_FACT_COUNTER, fact)))
		if (!strncmp(fact->name, name, sizeof(fact->name)))
			return fact->delta;
	return 0;
}

bool probe_rate_limited(const struct probe *probe)
{
	return probe_grew(probe, "IcmpOutRateLimitGlobal") ||
	       probe_grew(probe, "IcmpOutRateLimitHost") ||
	       probe_grew(probe, "Icmp6OutRateLimitHost");
}

const struct fact_rule *probe_counted_rule(const struct probe *probe, bool reply)
{
	const struct fact_rule *rule = NULL, *best[2] = {NULL}, **of;

	if (!(probe->attempt.bits & E(CAPTURE)))
		return NULL;
	while ((rule = probe_fact(probe, EV_FACT_RULE, rule))) {
		of = &best[rule->is_reply != 0];
		if (rule->how != RULE_POSSIBLE && (!*of || rule->how < (*of)->how))
			*of = rule;
	}
	if (best[reply] && best[!reply] && best[!reply]->how < best[reply]->how)
		return NULL;
	return best[reply];
}

bool probe_reply_filtered(const struct probe *probe)
{
	return !strcmp(probe->attempt.reply_drop.reason_name, "NETFILTER_DROP") ||
	       probe_counted_rule(probe, true);
}

const struct fact_tcp_metric *probe_stamp_kept(const struct probe *probe, uint64_t *age_ns)
{
	const struct attempt *a = &probe->attempt;
	const struct fact_tcp_metric *kept = NULL;

	if (!(a->bits & E(CAPTURE)) || !(a->syn.options & TCPOPT_SEEN_TS))
		return NULL;
	while ((kept = probe_fact(probe, EV_FACT_TCP_METRIC, kept)))
		if (!memcmp(kept->addr, probe->flow.saddr, sizeof(kept->addr)) &&
		    stamps_kept_behind(kept, a->syn.tsval, a->start_ns, age_ns))
			break;
	return kept;
}

bool probe_knows(const struct probe *probe, uint32_t needs)
{
	return (probe->needs & ~probe->unanswered & needs) == needs;
}

const char *probe_echo_sysctl(const struct probe *probe)
{
	return probe->flow.family == 4 ? "net.ipv4.icmp_echo_ignore_all"
				       : "net.ipv6.icmp.echo_ignore_all";
}

const char *host_ifname(const struct corr_host *host, uint32_t ifindex, char buf[FACT_IFNAME_LEN])
{
	for (size_t i = 0; i < host->n_links; i++) {
		if (host->links[i].ifindex == ifindex) {
			snprintf(buf, FACT_IFNAME_LEN, "%.15s", host->links[i].ifname);
			return buf;
		}
	}
	snprintf(buf, FACT_IFNAME_LEN, "if%u", ifindex);
	return buf;
}

size_t packet_payload(const struct ev_packet *p, const uint8_t **data)
{
	size_t headers;

	if (!p->tcp.payload_len || p->frame_len < p->tcp.payload_len)
		return 0;
	headers = p->frame_len - p->tcp.payload_len;
	if (headers >= p->cap_len)
		return 0;
	*data = p->data + headers;
	return p->cap_len - headers;
}
