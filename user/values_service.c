// SPDX-License-Identifier: GPL-2.0-only
// Values about who should have answered: processes, containers, other network namespaces.
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "escape.h"
#include "firewall.h"
#include "flow.h"
#include "listener.h"
#include "steps_facts.h"
#include "values_internal.h"

/* Who should have answered: the connection's owner once accepted, else the listener's. */
static bool process_of(const struct values_of *of, struct process_about *about)
{
	const struct fact_conn *conn = probe_conn(of->probe);
	const struct fact_listener *l = listener_best(of->probe, of->host);

	if (conn && conn->pid)
		*about = process_of_conn(conn);
	else if (l)
		*about = process_of_listener(l);
	else
		return false;
	return true;
}

static bool process(const struct values_of *of, char *out, size_t out_len)
{
	struct process_about about;

	if (!process_of(of, &about))
		return false;
	process_words(&about, out, out_len);
	return true;
}

const char *value_service_words(const struct values_of *of, char *out, size_t out_len)
{
	if (!process(of, out, out_len))
		snprintf(out, out_len, "the service");
	return out;
}

static bool comm_name(const struct values_of *of, char *out, size_t out_len)
{
	struct process_about about;

	if (!process_of(of, &about) || !about.pid)
		return value_put(out, out_len, "the service");
	escape_text(about.comm, strnlen(about.comm, EV_COMM_LEN), out, out_len);
	return true;
}

static bool pid(const struct values_of *of, char *out, size_t out_len)
{
	struct process_about about;

	return process_of(of, &about) && about.pid && value_put_number(out, out_len, about.pid);
}

static bool pstate(const struct values_of *of, char *out, size_t out_len)
{
	struct process_about about;

	if (!process_of(of, &about) || !about.pid || !process_state_words(about.state))
		return false;
	return value_put(out, out_len, process_state_words(about.state));
}

/* Nothing to print: whether it is so. */
static bool stopped(const struct values_of *of, char *out, size_t out_len)
{
	struct process_about about;

	(void)out_len;
	out[0] = 0;
	return process_of(of, &about) && (about.state == 'T' || about.state == 't');
}

static bool at_fd_limit(const struct values_of *of, struct process_about *about)
{
	return process_of(of, about) && about->fds_limit && about->fds_open >= about->fds_limit;
}

static bool fds_full(const struct values_of *of, char *out, size_t out_len)
{
	struct process_about about;

	(void)out_len;
	out[0] = 0;
	return at_fd_limit(of, &about);
}

static bool fds_limit(const struct values_of *of, char *out, size_t out_len)
{
	struct process_about about;

	return at_fd_limit(of, &about) && value_put_number(out, out_len, about.fds_limit);
}

static bool fds_words(const struct values_of *of, char *out, size_t out_len)
{
	struct process_about about;

	if (!at_fd_limit(of, &about))
		return false;
	snprintf(out, out_len, "it has all %u files open that it may (RLIMIT_NOFILE)",
		 about.fds_limit);
	return true;
}

static bool unread(const struct values_of *of, char *out, size_t out_len)
{
	const struct fact_conn *conn = probe_conn(of->probe);

	return conn && conn->rqueue && value_put_number(out, out_len, conn->rqueue);
}

/* Nothing to print: whether it is the process that stands in for a container's published port. */
static bool proxied(const struct values_of *of, char *out, size_t out_len)
{
	struct process_about about;

	(void)out_len;
	out[0] = 0;
	return process_of(of, &about) && !strncmp(about.comm, "docker-proxy", EV_COMM_LEN);
}

static bool elsewhere(const struct values_of *of, char *out, size_t out_len)
{
	const struct fact_listener *l = listener_elsewhere(of->probe);
	struct process_about about;
	char who[160], where[FLOW_ENDPOINT_LEN];

	if (!l)
		return false;
	about = process_of_listener(l);
	snprintf(out, out_len, "%s on %s", process_words(&about, who, sizeof(who)),
		 endpoint_text(l->laddr, (uint16_t)l->port, where));
	return true;
}

/* A socket on the port that does not take the probe. */
static bool misfit(const struct values_of *of, char *out, size_t out_len)
{
	const struct fact_listener *l = listener_best(of->probe, of->host);
	char who[160], where[FLOW_ENDPOINT_LEN];
	struct process_about about;

	if (!l && elsewhere(of, who, sizeof(who))) {
		snprintf(out, out_len, "%s is in another network namespace", who);
		return true;
	}
	if (!l || listener_fit(of->probe, of->host, l) == FIT_ALL)
		return false;
	about = process_of_listener(l);
	snprintf(out, out_len, "%s has %s%s%.15s only", process_words(&about, who, sizeof(who)),
		 endpoint_text(l->laddr, (uint16_t)l->port, where),
		 l->bound_ifindex ? " on device " : "", l->bound_ifname);
	return true;
}

/* What goes before a command that is for the service's own network namespace. */
static bool in_netns(const struct values_of *of, char *out, size_t out_len)
{
	if (!(of->probe->attempt.bits & E(ELSEWHERE)))
		return false;
	return value_put(out, out_len, "in the container: ");
}

static bool elsewhere_pid(const struct values_of *of, char *out, size_t out_len)
{
	const struct fact_listener *l = listener_elsewhere(of->probe);

	return l && l->pid && value_put_number(out, out_len, l->pid);
}

static bool service_port(const struct values_of *of, char *out, size_t out_len)
{
	return value_put_number(out, out_len, probe_service(of->probe)->dport);
}

/* Nothing to print: whether it takes --udp to see the probe. */
static bool udp(const struct values_of *of, char *out, size_t out_len)
{
	(void)out_len;
	out[0] = 0;
	return of->probe->attempt.bits & E(DATAGRAM);
}

static bool unreachable_words(const struct values_of *of, char *out, size_t out_len)
{
	if (of->probe->attempt.bits & E(ICMP_SENT))
		return value_put(out, out_len, "answered with ICMP port unreachable");
	return value_put(
		out, out_len,
		probe_rate_limited(of->probe)
			? "dropped, and the ICMP rate limit held the port unreachable back: "
			  "the balancer may take the service for healthy"
			: "dropped");
}

static bool echo_words(const struct values_of *of, char *out, size_t out_len)
{
	struct firewall_place place;
	char chain[400];
	int64_t value;

	if (of->probe->attempt.bits & E(DROP_NETFILTER)) {
		firewall_place(of->probe, of->host, false, &place);
		if (!firewall_chain_words(&place, chain, sizeof(chain)))
			chain[0] = 0;
		snprintf(out, out_len, "dropped by the firewall in %s%s%s%s",
			 place.hook[0] ? place.hook : "a hook",
			 place.elsewhere ? " of the service's own network namespace" : "",
			 chain[0] ? ", " : "", chain);
	} else if (probe_sysctl(of->probe, probe_echo_sysctl(of->probe), &value) && value) {
		snprintf(out, out_len, "%s is %" PRId64, probe_echo_sysctl(of->probe), value);
	} else {
		snprintf(out, out_len,
			 "the ICMP rate limit held the reply back (icmp_ratelimit, "
			 "icmp_msgs_per_sec)");
	}
	return true;
}

static bool echo_fix(const struct values_of *of, char *out, size_t out_len)
{
	int64_t value;

	if (of->probe->attempt.bits & E(DROP_NETFILTER))
		return false;
	if (probe_sysctl(of->probe, probe_echo_sysctl(of->probe), &value) && value)
		snprintf(out, out_len, "%s=0", probe_echo_sysctl(of->probe));
	else /* Documentation/networking/ip-sysctl.rst: the default, which leaves replies alone */
		snprintf(out, out_len,
			 of->probe->flow.family == 4 ? "net.ipv4.icmp_ratemask=6168"
						     : "net.ipv6.icmp.ratemask=0-1,3-127");
	return true;
}

/* Nothing to print: whether the packet filter dropped it. */
static bool filtered(const struct values_of *of, char *out, size_t out_len)
{
	(void)out_len;
	out[0] = 0;
	return of->probe->attempt.bits & E(DROP_NETFILTER);
}

const struct value values_service[] = {
	{"process", process},
	{"comm", comm_name},
	{"pid", pid},
	{"pstate", pstate},
	{"?stopped", stopped},
	{"fds_words", fds_words},
	{"?fds_full", fds_full},
	{"fds_limit", fds_limit},
	{"unread", unread},
	{"?proxied", proxied},
	{"elsewhere", elsewhere},
	{"misfit", misfit},
	{"in_netns", in_netns},
	{"elsewhere_pid", elsewhere_pid},
	{"service_port", service_port},
	{"?udp", udp},
	{"unreachable_words", unreachable_words},
	{"echo_words", echo_words},
	{"echo_fix", echo_fix},
	{"?filtered", filtered},
	{NULL, NULL},
};
