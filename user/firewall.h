/* SPDX-License-Identifier: GPL-2.0-only */
/* Where in netfilter a packet vanished: between which waypoints, so in which hook and base chain.
 */
#ifndef CLBTRACE_FIREWALL_H
#define CLBTRACE_FIREWALL_H

#include "probe.h"

struct firewall_place {
	const char *hook; /* PREROUTING, INPUT, ..., INGRESS; "" if not known */
	const struct fact_hook
		*entry;		 /* the hook function that must have done it; NULL: not known */
	unsigned int candidates; /* how many could have */
	struct fact_hook base;	 /* the rule's, then entry is this */
	const struct fact_rule *rule; /* that decided, or may have; NULL: not known */
	unsigned int rules;	      /* how many may have */
	bool inferred;		      /* the hook follows from the entry, not from a waypoint */
	bool bridge;		      /* while a bridge had it: its own rules are not looked up */
	bool elsewhere;		      /* in another network namespace of this host */
	bool conntrack;		      /* connection tracking is among them */
};

/* reply: of the dropped reply, else of the dropped incoming packet. */
void firewall_place(const struct probe *probe, const struct corr_host *host, bool reply,
		    struct firewall_place *out);

/* Fills in a verdict's rule from the place. */
void firewall_rule(const struct firewall_place *place, struct verdict_rule *rule);

/* "table ip filter, base chain INPUT (policy drop)"; false if the entry is not known. */
bool firewall_chain_words(const struct firewall_place *place, char *out, size_t out_len);
/* A command that lets just this probe (or its reply) pass there. */
bool firewall_fix(const struct probe *probe, const struct firewall_place *place, bool reply,
		  char *out, size_t out_len);
/* A command that shows the rules there. */
bool firewall_show(const struct probe *probe, const struct firewall_place *place, char *out,
		   size_t out_len);
/* What names the service in a rule there, for iptables or for nft: "-p tcp --dport 80". */
void firewall_match(const struct probe *probe, unsigned int port, bool reply, bool iptables,
		    char *out, size_t out_len);

#endif
