// SPDX-License-Identifier: GPL-2.0-only
// What "clbtrace doctor" has found, as it is put together.
#include "doctor.h"

#include <linux/netfilter.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void doctor_works(struct doctor *d, enum way way, const char *how, ...)
{
	va_list args;

	d->sight.waypoints |= 1U << way;
	va_start(args, how);
	vsnprintf(d->waypoints[way].how, DOCTOR_TEXT_LEN, how, args);
	va_end(args);
}

void doctor_fails(struct doctor *d, enum way way, const char *why, ...)
{
	va_list args;

	d->sight.waypoints &= ~(1U << way);
	d->waypoints[way].how[0] = '\0';
	va_start(args, why);
	vsnprintf(d->waypoints[way].why, DOCTOR_TEXT_LEN, why, args);
	va_end(args);
}

void doctor_enable(struct doctor *d, enum way way, const char *enable)
{
	snprintf(d->waypoints[way].enable, DOCTOR_TEXT_LEN, "%s", enable);
}

void doctor_disturbs(struct doctor *d, const char *kind, const char *text, ...)
{
	struct doctor_disturbance *at;
	va_list args;

	if (d->n_disturbances++ >= DOCTOR_DISTURBANCES_MAX)
		return;
	at = &d->disturbances[d->n_disturbances - 1];
	at->kind = kind;
	va_start(args, text);
	vsnprintf(at->text, sizeof(at->text), text, args);
	va_end(args);
}

const char *doctor_hook_name(const struct fact_hook *hook)
{
	static const char *const names[] = {"PREROUTING", "INPUT", "FORWARD", "OUTPUT",
					    "POSTROUTING"};

	if (hook->pf == NFPROTO_NETDEV)
		return hook->hook ? "egress" : "ingress";
	return hook->hook < sizeof(names) / sizeof(names[0]) ? names[hook->hook] : "?";
}

const char *doctor_place_name(uint32_t place)
{
	static const char *const names[] = {
		[PROG_XDP_NATIVE] = "xdp",
		[PROG_XDP_GENERIC] = "xdp-generic",
		[PROG_XDP_OFFLOADED] = "xdp-offloaded",
		[PROG_TC_INGRESS] = "tc-ingress",
		[PROG_TC_EGRESS] = "tc-egress",
		[PROG_TCX_INGRESS] = "tcx-ingress",
		[PROG_TCX_EGRESS] = "tcx-egress",
		[PROG_CGROUP_INGRESS] = "cgroup-ingress",
		[PROG_CGROUP_EGRESS] = "cgroup-egress",
		[PROG_QDISC] = "qdisc",
	};

	return place && place < sizeof(names) / sizeof(names[0]) ? names[place] : "?";
}

const char *doctor_confidence(const struct coverage *coverage)
{
	return coverage->tellable ? confidence_name(coverage->confidence) : "not tellable";
}

void doctor_free(struct doctor *d)
{
	free(d->hooks);
	free(d->programs);
	d->hooks = NULL;
	d->programs = NULL;
}
