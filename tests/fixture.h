/* SPDX-License-Identifier: GPL-2.0-only */
/* A correlator to test: probes' events as kernels produce them, a host's facts, the verdicts kept.
 */
#ifndef CLBTRACE_TEST_FIXTURE_H
#define CLBTRACE_TEST_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../user/correlate.h"
#include "../user/evidence.h"

struct probe;

/* assert_int_equal() looks at 64 bits. */
#define assert_bits(a, b) assert_true((evidence_t)(a) == (evidence_t)(b))

#define FX_US	      1000ULL
#define FX_MS	      1000000ULL
#define FX_TIMEOUT_MS 2000
#define FX_START_NS   (1000000 * FX_MS) /* time 0 of fx_at(): 1000 s after boot */

enum {
	FX_EVENTS_MAX = 256,
	FX_FACTS_MAX = 200,
	FX_VERDICTS_MAX = 256,
	FX_ETH0 = 2, /* ifindex */
	FX_ETH1 = 3,
	FX_BRIDGE = 4,	    /* where the containers are */
	FX_NETNS = 4026532, /* a container's network namespace */
	FX_BACKLOG = 511,
};

/* In the order in which a packet meets them. */
enum fx_place {
	FX_XDP,
	FX_ENTRY,     /* tc ingress */
	FX_PRE_FIRST, /* before all of PREROUTING */
	FX_PRE,	      /* PREROUTING passed */
	FX_IN,	      /* INPUT passed */
	FX_FWD,
	FX_OUT_FIRST,
	FX_OUT,
	FX_POST,
	FX_EXIT,    /* tc egress */
	FX_CAPTURE, /* libpcap's */
};

struct fixture {
	struct corr *corr;
	struct corr_config config;
	uint64_t now_ns;     /* time of the next event */
	struct ev_flow flow; /* of the next event, prober -> this host */
	uint32_t isn;
	uint32_t tsval; /* 0: no timestamps */
	uint32_t ifindex;
	uint32_t netns;	    /* where drops, resets, ICMP errors and states happen */
	struct ev_flow nat; /* what packets become in PREROUTING; family 0: they stay as they are */
	uint32_t echo_seq;  /* of the next echo request */
	uint64_t skb[2];    /* of the packet on its way: [0] from the host, [1] from the prober */
	uint64_t skbs;	    /* how many there were */
	uint32_t sent[2];   /* payload bytes so far, each way */
	uint16_t ip_ids;    /* of the packets captured so far */
	struct ev_hdr *events[FX_EVENTS_MAX];
	unsigned int n_events;
	unsigned int played;
	struct ev_hdr *facts[FX_FACTS_MAX];
	unsigned int n_facts;
	bool silent;		     /* facts do not come */
	uint32_t lacking;	     /* NEED_*: what the host cannot tell */
	unsigned int asked;	     /* how often */
	struct fact_request request; /* the last */
	unsigned int forgotten;
	struct verdict *verdicts;
	unsigned int n_verdicts;
};

/* cmocka's setup and teardown; state is a struct fixture. */
int fx_setup(void **state);
int fx_teardown(void **state);
struct fixture *fx_new(unsigned int max_probes);
struct fixture *fx_new_timeout(unsigned int timeout_ms);
void fx_free(struct fixture *f);

/* A probe 100.64.1.10:53738 -> 172.16.32.15:80 (the default), 100.64::10 -> fd00::15, or another.
 */
void fx_v6(struct fixture *f);
void fx_port(struct fixture *f, uint16_t sport, uint32_t isn);

/* The probe is a datagram of that flow, or an echo request with its source port as identifier. */
void fx_udp(struct fixture *f);
void fx_echo(struct fixture *f);
/* From now on the destination is translated to that, in PREROUTING (fixture_container.c). */
void fx_translate(struct fixture *f, const char *addr, uint16_t port);
/* Only these HTTP status codes are expected. Before the first event. */
void fx_expect_status(struct fixture *f, unsigned int first, unsigned int last);

/* The time of the next event, since FX_START_NS. Each event moves it on by a microsecond. */
void fx_at(struct fixture *f, uint64_t us);

/* Events: kept until fx_play(). What they return may be changed before. */
struct ev_packet *fx_packet(struct fixture *f, bool incoming, uint8_t flags, enum fx_place place);
struct ev_packet *fx_syn(struct fixture *f, enum fx_place place);
struct ev_packet *fx_synack(struct fixture *f, enum fx_place place);
struct ev_packet *fx_ack(struct fixture *f, enum fx_place place);
struct ev_packet *fx_rst(struct fixture *f, bool incoming, enum fx_place place);
struct ev_packet *fx_fin(struct fixture *f, bool incoming, enum fx_place place);
struct ev_packet *fx_payload(struct fixture *f, bool incoming, const void *data, size_t len,
			     enum fx_place place);
/* At another priority of the hook than first or last. */
struct ev_packet *fx_syn_passed(struct fixture *f, uint8_t hook, int32_t priority);
/* The packet from the prober (or the host) that was seen last, dropped. */
struct ev_drop *fx_drop(struct fixture *f, bool incoming, uint8_t flags, const char *reason);
struct ev_reset *fx_reset(struct fixture *f, uint8_t flags, const char *reason, uint32_t sk_state);
struct ev_icmp *fx_icmp(struct fixture *f, uint8_t type, uint8_t code);
struct ev_state *fx_state(struct fixture *f, uint32_t from, uint32_t to);
struct ev_socket *fx_no_socket(struct fixture *f);
struct ev_socket *fx_listen(struct fixture *f, uint32_t backlog, uint32_t max);
struct ev_socket *fx_time_wait(struct fixture *f, uint32_t ts_recent, uint32_t age_s,
			       uint32_t rcv_nxt);
struct ev_lost *fx_lost(struct fixture *f, uint64_t since_us, uint64_t events);

/* Stretches of a probe's way, in the order of the kernel. */
void fx_arrive(struct fixture *f);  /* SYN to the end of PREROUTING, a listener with room */
void fx_deliver(struct fixture *f); /* fx_arrive() and INPUT */
void fx_answer(struct fixture *f);  /* the SYN-ACK's way out */
void fx_send(struct fixture *f, uint8_t flags); /* another packet's way out */
void fx_connect(struct fixture *f);		/* fx_deliver(), fx_answer(), the ACK */
void fx_request(struct fixture *f, const char *text);
void fx_respond(struct fixture *f, const char *text);

/* Bytes of the stream, those that come next or at an offset of it; with as much captured of them
 * as said. fixture_exchange.c */
void fx_say(struct fixture *f, bool incoming, const void *data, size_t len);
void fx_piece(struct fixture *f, bool incoming, size_t offset, const char *text);
void fx_say_captured(struct fixture *f, bool incoming, const char *text, size_t captured);
/* A connection, these, and then both close. */
void fx_exchange(struct fixture *f, const char *request, const char *response);
/* A record of so many bytes that tell nothing; an alert; a connection as far as its ClientHello
 * (TLS 1.3 and 1.2, SNI backend.example); what answers that under TLS 1.3. */
void fx_tls_record(struct fixture *f, bool incoming, uint8_t type, size_t len);
void fx_tls_alert(struct fixture *f, bool incoming, uint8_t level, uint8_t description);
void fx_tls_hello(struct fixture *f);
void fx_tls_server_hello(struct fixture *f);
/* Ways of a datagram or an echo request. fixture_datagram.c */
void fx_ask(struct fixture *f);	   /* to the end of PREROUTING, of 16 bytes */
void fx_ask_in(struct fixture *f); /* fx_ask() and INPUT */
void fx_reply(struct fixture *f);  /* the answer's way out */
/* Ways to and from a container behind a bridge of this host. fixture_container.c */
void fx_hand_on(struct fixture *f);		     /* a SYN to the container's device */
void fx_hand_back(struct fixture *f, uint8_t flags); /* a packet out of the container */
void fx_connect_container(struct fixture *f);	     /* fx_hand_on() to the ACK */
void fx_respond_container(struct fixture *f, const char *text);

/* Facts: what the host answers with when it is asked. fixture_facts.c */
struct fact_listener *fx_listener(struct fixture *f, const char *addr, uint16_t port,
				  const char *comm);
struct fact_conn *fx_conn(struct fixture *f, const char *comm, uint32_t rqueue);
void fx_sysctl(struct fixture *f, const char *name, int64_t value);
void fx_counter(struct fixture *f, const char *name, uint64_t delta);
struct fact_route *fx_route(struct fixture *f, uint32_t error, uint32_t oif, const char *gateway);
struct fact_addr *fx_addr(struct fixture *f, bool source, const char *ifname);
struct fact_neigh *fx_neigh(struct fixture *f, const char *addr, uint32_t state);
struct fact_program *fx_program(struct fixture *f, uint32_t place, const char *name, uint32_t id);
struct fact_hook *fx_hook(struct fixture *f, uint8_t hook, int32_t priority, uint8_t backend,
			  const char *table, const char *chain);
struct fact_rule *fx_rule(struct fixture *f, uint8_t hook, enum fact_rule_how how,
			  const char *table, const char *base, const char *chain, uint32_t number,
			  uint64_t handle);
struct fact_conntrack *fx_conntrack(struct fixture *f, uint64_t count, uint64_t max,
				    uint64_t dropped);
/* The kernel's memory of the probe's source. */
struct fact_tcp_metric *fx_tcp_metric(struct fixture *f, uint32_t tsval, uint32_t age_s);
/* Pushed at once: a waypoint of our own, an interface's name. */
void fx_waypoint(struct fixture *f, uint8_t hook, int32_t priority);
void fx_link(struct fixture *f, uint32_t ifindex, const char *name, uint32_t master);

/* Pushes the events, telling the time as they come. */
void fx_play(struct fixture *f);
/* Pushes them in another order, by seed, none later than it may be. */
void fx_play_shuffled(struct fixture *f, unsigned int seed);
/* corr_advance() to that time after FX_START_NS, in steps as a caller would that heeds deadlines.
 */
void fx_until(struct fixture *f, uint64_t us);
/* Events of another fixture, as they are. */
void fx_take_events(struct fixture *f, const struct fixture *from);

/* Plays, waits for the timeout and more, and wants exactly one verdict, of that cause. */
const struct verdict *fx_expect(struct fixture *f, const char *cause, enum confidence confidence);
/* The same, before the timeout: the verdict must be there within a millisecond of the last event.
 */
const struct verdict *fx_expect_now(struct fixture *f, const char *cause,
				    enum confidence confidence);
/* Verdict n (from 0) is of that cause. */
const struct verdict *fx_verdict(struct fixture *f, unsigned int n, const char *cause);
void fx_says(const struct verdict *v, const char *text);  /* in its summary */
void fx_fixes(const struct verdict *v, const char *text); /* in one of its fixes */
void fx_steps(const struct verdict *v, const char *text); /* in one of its steps */
void fx_says_not(const struct verdict *v, const char *text);
void fx_fixes_not(const struct verdict *v, const char *text);
/* Every field, or fails. */
void fx_same_verdict(const struct verdict *a, const struct verdict *b);

/* A new probe with that evidence (E(...)), which has observed the event. fixture_probe.c */
struct probe *fx_after(evidence_t bits, const void *event, bool incoming);
/* A new probe that has all of the fixture's facts. */
struct probe *fx_with_facts(struct fixture *f);
/* What the event adds to that evidence. */
evidence_t fx_adds(evidence_t bits, const void *event, bool incoming);

/* A number below n, the same on every machine. */
uint32_t fx_random(uint64_t *seed, uint32_t n);

#endif
