/* SPDX-License-Identifier: GPL-2.0-only */
/* One probe as the correlator follows it: its events, its latest attempt, the facts about it. */
#ifndef CLBTRACE_PROBE_H
#define CLBTRACE_PROBE_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "causes.h"
#include "exchange.h"
#include "fact.h"
#include "heap.h"

enum {
	PROBE_EVENTS_MAX = 56,
	PROBE_FACTS_MAX = 160,
	PROBE_IFS_MAX = 6,
	PROBE_PAYLOAD_KEPT = 96,
};

/* Socket states as in include/net/tcp_states.h. */
enum tcp_state {
	STATE_ESTABLISHED = 1,
	STATE_TIME_WAIT = 6,
	STATE_CLOSE_WAIT = 8,
	STATE_LISTEN = 10,
	STATE_NEW_SYN_RECV = 12,
};

enum tcp_flag { TCP_FIN = 1, TCP_SYN = 2, TCP_RST = 4, TCP_ACK = 16 };

/* What a netfilter waypoint of the probe's packet told last. */
struct nf_position {
	uint64_t skb;	      /* 0: none was passed */
	uint16_t payload_len; /* memory is used again: the address alone does not tell packets apart
			       */
	int32_t priority;
	uint8_t hook;
	bool reentered; /* then it entered another device: br_netfilter shows PREROUTING at a
			   bridge's port */
};

struct if_set {
	uint32_t index[PROBE_IFS_MAX];
	unsigned int n;
};

/* An attempt begins with a SYN: the first or a retransmission. */
struct attempt {
	evidence_t bits; /* E(...) that events have set */
	uint64_t start_ns;
	uint64_t half_closed_ns; /* the prober's FIN, if it came before the answer */
	uint64_t synack_ns;	 /* when its first SYN-ACK left; 0, here and below: it did not */
	uint64_t ack_ns;	 /* when the prober's ACK of that came */
	uint64_t response_ns;	 /* when its first answer left */
	uint64_t close_ns;	 /* the first FIN or reset of either side */
	bool prober_closed;	 /* that was the prober's */
	uint64_t decided_ns;	 /* the event that last added a bit */
	struct ev_tcp syn;
	struct nf_position in;
	struct nf_position out;
	struct nf_position drop_at; /* as of the decisive drop */
	struct if_set in_ifs;	    /* interfaces that the SYN came in on, of both layers */
	uint32_t l3_if;		    /* that of the first PREROUTING */
	struct if_set tc_ifs;	    /* of these, the ones whose tc ingress it passed */
	struct if_set out_ifs;	    /* that the SYN-ACK went out by */
	struct ev_socket socket;    /* hdr.type 0: none */
	struct ev_drop drop;	    /* the decisive one, incoming; hdr.type 0: none */
	struct ev_drop reply_drop;
	struct ev_reset reset;
	struct ev_icmp icmp;
	struct ev_flow nat; /* the probe's flow as the service sees it; family 0: the same */
	uint64_t left_skb;  /* the last reply seen at tc egress */
	uint32_t synack_seq;
	uint32_t netns;	       /* another network namespace that it was handled in; 0: none */
	unsigned int synacks;  /* how many left */
	uint32_t stamp_last;   /* E(STAMPS_BACK): its source's last timestamp, */
	uint64_t stamp_age_ns; /* and how old that was */
};

/* A packet of a capture, which can show it more than once. */
struct copy_mark {
	uint64_t mark; /* the same for copies of a packet */
	uint64_t time_ns;
};

enum { PROBE_COPIES = 8 };

enum probe_state {
	PROBE_OPEN,	/* nothing decisive yet */
	PROBE_SETTLING, /* decisive: a moment for what comes with it */
	PROBE_ASKED,	/* waits for facts */
	PROBE_SETTLED,	/* has its verdict; a retransmission may revise it */
};

struct probe {
	struct heap_node timer;	     /* key: when the correlator looks at it again */
	struct probe *next;	     /* in its hash bucket */
	struct probe *newer, *older; /* settled probes, by age */
	struct ev_flow flow;	     /* prober -> this host */
	uint32_t isn;
	uint32_t ifindex;
	uint64_t first_ns;
	uint64_t last_ns;
	unsigned int syns;
	enum probe_state state;
	bool untracked;
	uint8_t entry; /* enum waypoint where its SYNs are counted, 0: seen at none */
	bool timed_out;
	bool judged;	       /* the latest attempt has had its verdict */
	evidence_t asked_for;  /* evidence as of the last request for facts */
	uint32_t needs;	       /* NEED_*, of that request */
	uint32_t unanswered;   /* of these, what could not be looked up */
	uint32_t cut_short_ms; /* tracing ended so long after the SYN, before the timeout; 0: it did
				  not */
	bool evicted;	       /* made room for a newer probe */
	uint64_t look_ns; /* when to look who has its connection, while it is there; 0: not, or done
			   */
	uint64_t due_ns;  /* its timer after that look */
	bool patient;	  /* it was waited for what explains its end */
	bool extended;	  /* it was given more time */
	bool looked;	  /* such a look was planned */
	bool looking;	  /* the facts that come are that look's */
	struct attempt attempt;
	struct exchange exchange;
	struct copy_mark seen[PROBE_COPIES]; /* the latest packets of a capture */
	unsigned int n_seen;
	struct ev_hdr **events;
	unsigned int n_events;
	unsigned int more_events; /* that were not kept */
	struct ev_hdr **facts;
	unsigned int n_facts;
	const struct cause *cause; /* of the last verdict, NULL: none yet */
	enum outcome outcome;
};

/* What all probes share: interface names, our own waypoints' places. */
struct corr_host {
	struct fact_link *links;
	size_t n_links;
	struct fact_hook *waypoints;
	size_t n_waypoints;
	uint64_t timeout_ns;
	uint8_t expect_status[HTTP_STATUS_BYTES];
	bool brief; /* as in struct corr_config */
};

struct probe *probe_new(const struct ev_flow *flow, uint32_t isn);
void probe_free(struct probe *probe);
/* Lets go of the facts: the verdict is out. */
void probe_forget_facts(struct probe *probe);
/* Takes a copy. Returns 0 or -ENOMEM. */
int probe_add_event(struct probe *probe, const struct ev_hdr *ev);
int probe_add_fact(struct probe *probe, const struct ev_hdr *ev);

/* The probe's flow as the service sees it: with the addresses that this host translates to. */
static inline const struct ev_flow *probe_service(const struct probe *probe)
{
	return probe->attempt.nat.family ? &probe->attempt.nat : &probe->flow;
}

static inline bool is_syn(const struct ev_tcp *tcp)
{
	return (tcp->flags & (TCP_SYN | TCP_ACK | TCP_RST | TCP_FIN)) == TCP_SYN;
}

/* Whether a packet from the prober is one that asks: a SYN, a datagram, an echo request. */
static inline bool begins_attempt(const struct ev_flow *flow, const struct ev_tcp *tcp)
{
	return flow->proto != IPPROTO_TCP || is_syn(tcp);
}

/* The next fact of that type after prev (NULL: the first), NULL if there is none. */
const void *probe_fact(const struct probe *probe, enum event_type type, const void *prev);
/* Whether the kernel's limit held ICMP messages back. */
bool probe_rate_limited(const struct probe *probe);
/* The sysctl that has echo requests of the probe's family ignored. */
const char *probe_echo_sysctl(const struct probe *probe);
/*
 * In a capture: a rule that has stopped the probe, or if reply its answer, as the rule's counter
 * shows; NULL: none. One that the kernel named leaves none that has only counted.
 */
const struct fact_rule *probe_counted_rule(const struct probe *probe, bool reply);
/* Whether the packet filter stopped the answer, or may have: its drop was seen, or a rule counted.
 */
bool probe_reply_filtered(const struct probe *probe);
/*
 * In a capture: the last timestamp of its source that the kernel remembers, if the latest SYN's is
 * behind that (stamps.h), and its age then; else NULL.
 */
const struct fact_tcp_metric *probe_stamp_kept(const struct probe *probe, uint64_t *age_ns);
/* Whether these facts (NEED_*) have been looked up. */
bool probe_knows(const struct probe *probe, uint32_t needs);
/* The probe's connection, as it was found last; NULL: it was not. */
const struct fact_conn *probe_conn(const struct probe *probe);
/* A sysctl's value; false if it is not known. */
bool probe_sysctl(const struct probe *probe, const char *name, int64_t *value);
/* How far a counter grew, 0 if it did not. */
uint64_t probe_grew(const struct probe *probe, const char *name);

/* An interface's name, or "if7". Returns buf. */
const char *host_ifname(const struct corr_host *host, uint32_t ifindex, char buf[FACT_IFNAME_LEN]);

/*
 * Takes a packet, socket, drop, reset, ICMP or state event into the latest attempt. incoming: it is
 * the prober's packet. A SYN that begins a new attempt must have been told by probe_new_attempt
 * before.
 */
void observe(struct probe *probe, const struct ev_hdr *ev, bool incoming);
void probe_new_attempt(struct probe *probe, uint64_t time_ns, const struct ev_tcp *syn);

/*
 * Whether the packet, of a capture, is one that the probe has shown already: captured on another
 * device too, or in both directions of one. What it tells beyond the first is taken.
 */
bool observe_copy(struct probe *probe, const struct ev_packet *p, bool incoming);
/* For that: the probe shows it now. */
void observe_remember(struct probe *probe, const struct ev_packet *p);

/* The payload of a packet event that was captured; returns its length, 0 if there is none. */
size_t packet_payload(const struct ev_packet *p, const uint8_t **data);

bool if_set_has(const struct if_set *set, uint32_t ifindex);

/* NF priorities of our own last waypoint are up here. */
#define NF_LAST_PRIORITY 2147483600

#endif
