/* SPDX-License-Identifier: GPL-2.0-only */
/* A verdict: what the correlator says of one probe, complete and ready to print. */
#ifndef CLBTRACE_VERDICT_H
#define CLBTRACE_VERDICT_H

#include <stdbool.h>
#include <stdint.h>

#include "fact.h"

enum outcome {
	OUTCOME_HEALTHY,
	OUTCOME_FAILED,
	OUTCOME_UNDETERMINED,
	OUTCOME_INCOMPLETE,
	OUTCOME_COUNT,
};

enum confidence {
	CONFIDENCE_CERTAIN,  /* the kernel said so */
	CONFIDENCE_LIKELY,   /* every other explanation was excluded */
	CONFIDENCE_POSSIBLE, /* the best of several */
};

enum {
	VERDICT_TEXT_LEN = 640,
	VERDICT_FIX_MAX = 6,
	VERDICT_FIX_LEN = 512,
	VERDICT_STEPS_MAX = 64,
	VERDICT_STEP_LEN = 240,
};

/* One line of evidence. All text is already escaped. */
struct verdict_step {
	int64_t t_us;	/* from the first SYN; negative for what was before it */
	const char *at; /* tc-ingress, PREROUTING, kfree_skb, host, ... (static) */
	char what[VERDICT_STEP_LEN];
};

/* Where in the packet filter. Empty strings and -1 are "not known" and are not printed. */
struct verdict_rule {
	bool known;	  /* false: the verdict has no rule */
	char backend[24]; /* nft, iptables-legacy */
	char family[8];
	char table[FACT_TABLE_LEN];
	char chain[FACT_TABLE_LEN];
	char hook[16]; /* PREROUTING, INPUT, OUTPUT, POSTROUTING, FORWARD, INGRESS */
	int64_t handle;
	int64_t number;
	const char *owner; /* the tool that made it, NULL: not known (static) */
	char set[FACT_TABLE_LEN];
	char element[FACT_TABLE_LEN]; /* of that set, which matched */
	char text[2 * FACT_RULE_TEXT_LEN];
};

/* How long each stretch of the exchange took, in microseconds; -1: it did not come to that. */
struct verdict_timing {
	int64_t syn_to_synack;
	int64_t synack_to_ack;
	int64_t request_to_first_byte;
	int64_t first_byte_to_close;
};

struct verdict {
	uint64_t wall_ns;	/* the first SYN's time, CLOCK_REALTIME */
	uint64_t first_ns;	/* the same, CLOCK_MONOTONIC */
	uint64_t duration_us;	/* first SYN to the event that decided */
	const char *source;	/* "capture": from packets alone; NULL: from the kernel */
	struct ev_flow probe;	/* prober -> this host */
	struct ev_flow service; /* the same as the service sees it, where this host translates
				   addresses; else family 0 */
	char interface[FACT_IFNAME_LEN];
	unsigned int syns; /* or datagrams, or echo requests: how many were sent */
	struct verdict_timing timing;
	enum outcome outcome;
	const char *cause; /* id in the catalogue; "healthy", "undetermined", "incomplete" too */
	const char *stage; /* NULL: none */
	enum confidence confidence;
	bool revised;
	enum outcome was; /* revised: the outcome counted before */
	const char *was_cause;
	char summary[VERDICT_TEXT_LEN];
	struct verdict_rule rule;
	unsigned int n_steps;
	struct verdict_step steps[VERDICT_STEPS_MAX];
	unsigned int n_fix;
	char fix[VERDICT_FIX_MAX][VERDICT_FIX_LEN];
	uint64_t lost_events;
};

const char *outcome_name(enum outcome outcome);
const char *confidence_name(enum confidence confidence);

#endif
