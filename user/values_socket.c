// SPDX-License-Identifier: GPL-2.0-only
// Values about sockets: listeners, queues, TIME_WAIT, processes.
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "escape.h"
#include "flow.h"
#include "listener.h"
#include "steps.h"
#include "steps_facts.h"
#include "values_internal.h"

static const struct fact_listener *best(const struct values_of *of)
{
	return listener_best(of->probe, of->host);
}

static bool put_sysctl(const struct values_of *of, const char *name, char *out, size_t out_len)
{
	int64_t value;

	return probe_sysctl(of->probe, name, &value) && value_put_number(out, out_len, value);
}

static bool listener(const struct values_of *of, char *out, size_t out_len)
{
	const struct fact_listener *l = best(of);
	char text[FLOW_ENDPOINT_LEN];

	if (!l)
		return false;
	snprintf(out, out_len, "%s", endpoint_text(l->laddr, (uint16_t)l->port, text));
	return true;
}

static bool listener_dev(const struct values_of *of, char *out, size_t out_len)
{
	const struct fact_listener *l = best(of);

	if (!l || !l->bound_ifindex)
		return false;
	snprintf(out, out_len, "%.15s", l->bound_ifname);
	return true;
}

static bool listener_family(const struct values_of *of, char *out, size_t out_len)
{
	const struct fact_listener *l = best(of);

	if (!l)
		return false;
	snprintf(out, out_len, "%s", l->family == 6 ? "IPv6" : "IPv4");
	return true;
}

static bool started_since(const struct values_of *of, char *out, size_t out_len)
{
	const struct fact_listener *l = best(of);

	return l && listener_fit(of->probe, of->host, l) == FIT_ALL &&
	       values_get((void *)of, "process", strlen("process"), out, out_len);
}

static bool backlog(const struct values_of *of, char *out, size_t out_len)
{
	const struct attempt *a = &of->probe->attempt;
	const struct fact_listener *l = best(of);

	/* As the SYN met it; once the handshake went on, as it is now. */
	if (a->bits & E(LISTEN_FULL) || (a->bits & E(LISTEN_FOUND) && !l))
		return value_put_number(out, out_len, a->socket.backlog);
	return l && value_put_number(out, out_len, l->backlog);
}

static bool limit(const struct values_of *of, char *out, size_t out_len)
{
	const struct fact_listener *l = best(of);

	if (of->probe->attempt.bits & E(LISTEN_FOUND))
		return value_put_number(out, out_len, of->probe->attempt.socket.max_backlog);
	return l && l->limit != FACT_LIMIT_UNKNOWN && value_put_number(out, out_len, l->limit);
}

static bool syn_queue(const struct values_of *of, char *out, size_t out_len)
{
	return of->probe->attempt.bits & E(LISTEN_FOUND) &&
	       value_put_number(out, out_len, of->probe->attempt.socket.syn_queue);
}

static bool somaxconn(const struct values_of *of, char *out, size_t out_len)
{
	return put_sysctl(of, "net.core.somaxconn", out, out_len);
}

static bool somaxconn_fix(const struct values_of *of, char *out, size_t out_len)
{
	const struct fact_listener *l = best(of);
	int64_t value;

	/* Raising it helps only where it is what limits the backlog. */
	if (!l || !probe_sysctl(of->probe, "net.core.somaxconn", &value) || l->limit < value)
		return false;
	return value_put_number(out, out_len, value < 4096 ? 4096 : 2 * value);
}

static bool max_syn_backlog(const struct values_of *of, char *out, size_t out_len)
{
	return put_sysctl(of, "net.ipv4.tcp_max_syn_backlog", out, out_len);
}

static bool syn_backlog_fix(const struct values_of *of, char *out, size_t out_len)
{
	int64_t value;

	if (!probe_sysctl(of->probe, "net.ipv4.tcp_max_syn_backlog", &value))
		return false;
	return value_put_number(out, out_len, value < 2048 ? 4096 : 2 * value);
}

static bool overflow_words(const struct values_of *of, char *out, size_t out_len)
{
	evidence_t bits = of->probe->attempt.bits;
	uint64_t grew = probe_grew(of->probe, "TcpExtListenOverflows");
	char more[48] = "";

	if (grew)
		snprintf(more, sizeof(more), " (ListenOverflows +%" PRIu64 ")", grew);
	if (bits & E(RESET_HANDSHAKE))
		snprintf(out, out_len,
			 "the prober's final ACK was answered with a reset "
			 "(tcp_abort_on_overflow)%s",
			 more);
	else if (bits & E(HANDSHAKE))
		snprintf(out, out_len, "the prober's final ACK was refused%s", more);
	else
		snprintf(out, out_len, "the SYN was not answered%s", more);
	return true;
}

static bool tsval(const struct values_of *of, char *out, size_t out_len)
{
	return of->probe->attempt.syn.options & TCPOPT_SEEN_TS &&
	       value_put_number(out, out_len, of->probe->attempt.syn.tsval);
}

static bool tw_ts(const struct values_of *of, char *out, size_t out_len)
{
	const evidence_t bits = of->probe->attempt.bits;

	if (bits & E(CAPTURE) && !(bits & E(TW_TS_NEWER)))
		return false;
	return value_put_number(out, out_len, of->probe->attempt.socket.tw_ts_recent);
}

static bool tw_age(const struct values_of *of, char *out, size_t out_len)
{
	const struct attempt *a = &of->probe->attempt;

	if (!(a->bits & E(TW_FOUND)) || !a->socket.tw_ts_recent_stamp)
		return false;
	return value_put_number(out, out_len,
				(int64_t)(a->start_ns / 1000000000) - a->socket.tw_ts_recent_stamp);
}

static bool tw_seq(const struct values_of *of, char *out, size_t out_len)
{
	return value_put_number(out, out_len, of->probe->attempt.socket.tw_rcv_nxt);
}

static bool seq(const struct values_of *of, char *out, size_t out_len)
{
	return value_put_number(out, out_len, of->probe->attempt.syn.seq);
}

static bool tw_answer(const struct values_of *of, char *out, size_t out_len)
{
	snprintf(out, out_len,
		 of->probe->attempt.bits & E(ACK_ANSWER)
			 ? "answered with an ACK instead of a SYN-ACK"
			 : "refused, without a SYN-ACK");
	return true;
}

const struct value values_socket[] = {
	{"listener", listener},
	{"listener_dev", listener_dev},
	{"listener_family", listener_family},
	{"started_since", started_since},
	{"backlog", backlog},
	{"limit", limit},
	{"syn_queue", syn_queue},
	{"somaxconn", somaxconn},
	{"somaxconn_fix", somaxconn_fix},
	{"max_syn_backlog", max_syn_backlog},
	{"syn_backlog_fix", syn_backlog_fix},
	{"overflow_words", overflow_words},
	{"tsval", tsval},
	{"tw_ts", tw_ts},
	{"tw_age", tw_age},
	{"tw_seq", tw_seq},
	{"seq", seq},
	{"tw_answer", tw_answer},
	{NULL, NULL},
};
