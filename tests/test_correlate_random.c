// SPDX-License-Identifier: GPL-2.0-only
// Unit test of the correlator under events that make no sense: nothing breaks, no probe has two
// verdicts.
#include <stdlib.h>
#include <string.h>

#include "../user/causes.h"
#include "../user/flow.h"
#include "fixture.h"
#include "sample.h"

enum { EVENTS = 200000, FLOWS = 40, SEEN = 1 << 18 };

/* Room for an event of any kind. */
enum { EVENT_WORDS = 80 };

_Static_assert(sizeof(struct fact_hook) <= 4 * EVENT_WORDS, "room");
_Static_assert(sizeof(struct ev_drop) <= 4 * EVENT_WORDS, "room");
_Static_assert(sizeof(struct ev_packet) + 64 <= 4 * EVENT_WORDS, "room");

/* One verdict that was told: of which probe, and which cause was the last. */
struct seen {
	uint64_t hash;
	uint64_t first_ns;
	const char *cause;
};

struct stream {
	struct corr *corr;
	uint64_t seed;
	uint64_t now_ns;
	struct ev_flow asked; /* the last request's */
	struct seen *seen;
	unsigned int probes;
	unsigned int revised;
};

static struct seen *find(struct stream *s, const struct verdict *v)
{
	uint64_t hash = flow_hash(&v->probe) ^ v->first_ns * 0x9e3779b97f4a7c15ULL;
	size_t i = hash >> 40;

	while (s->seen[i % SEEN].cause &&
	       (s->seen[i % SEEN].hash != hash || s->seen[i % SEEN].first_ns != v->first_ns))
		i++;
	s->seen[i % SEEN].hash = hash;
	s->seen[i % SEEN].first_ns = v->first_ns;
	return &s->seen[i % SEEN];
}

static void check_text(const char *text, size_t len)
{
	size_t n = strnlen(text, len);

	assert_in_range(n, 1, len - 1);
	for (size_t i = 0; i < n; i++)
		assert_true(text[i] >= 0x20 && text[i] < 0x7f);
}

static void take_verdict(void *ctx, const struct verdict *v)
{
	struct stream *s = ctx;
	struct seen *seen = find(s, v);

	if (v->revised) {
		assert_non_null(seen->cause);
		assert_string_equal(seen->cause, v->was_cause);
		assert_string_not_equal(v->cause, v->was_cause);
		s->revised++;
	} else {
		assert_null(seen->cause); /* the first and only one */
		s->probes++;
	}
	seen->cause = v->cause;
	assert_non_null(cause_find(v->cause));
	assert_true(v->syns > 0);
	check_text(v->summary, sizeof(v->summary));
	for (unsigned int i = 0; i < v->n_steps; i++)
		check_text(v->steps[i].what, sizeof(v->steps[i].what));
	for (unsigned int i = 0; i < v->n_fix; i++)
		check_text(v->fix[i], sizeof(v->fix[i]));
}

static struct ev_flow some_flow(struct stream *s)
{
	struct ev_flow flow = {.dport = 80, .proto = 6};
	uint32_t n = fx_random(&s->seed, FLOWS);

	flow.sport = (uint16_t)(1000 + n);
	flow.family = n % 4 ? 4 : 6;
	sample_address(flow.saddr, n % 4 ? "100.64.0.1" : "fd64::1");
	sample_address(flow.daddr, n % 4 ? "10.0.0.1" : "fd00::1");
	return fx_random(&s->seed, 3) ? flow : flow_reverse(&flow);
}

/* Values near those that mean something, more often than any. */
static void make_sensible(struct stream *s, void *event)
{
	static const char *const reasons[] = {
		"NETFILTER_DROP", "NO_SOCKET",	"IP_RPFILTER",	      "NOT_SPECIFIED", "XDP",
		"NEIGH_FAILED",	  "QDISC_DROP", "TCP_LISTEN_OVERFLOW"};
	static const uint8_t flags[] = {2, 2, 2, 18, 16, 24, 17, 4, 20};
	struct ev_packet *p = event;
	struct ev_drop *d = event;
	struct ev_socket *socket = event;

	p->tcp.flags = flags[fx_random(&s->seed, sizeof(flags))];
	p->tcp.seq = fx_random(&s->seed, 3);
	p->tcp.ack = fx_random(&s->seed, 4);
	p->tcp.payload_len = fx_random(&s->seed, 3) ? 0 : (uint16_t)fx_random(&s->seed, 100);
	p->hdr.skb = 1 + fx_random(&s->seed, 3);
	switch (p->hdr.type) {
	case EV_PACKET:
		p->waypoint = (uint8_t)(1 + fx_random(&s->seed, 4));
		p->hook = (uint8_t)fx_random(&s->seed, 6);
		p->priority = fx_random(&s->seed, 2) ? INT32_MAX - 1 : (int32_t)p->priority;
		p->ifindex = 1 + fx_random(&s->seed, 3);
		p->untracked = !fx_random(&s->seed, 50);
		p->frame_len = 54 + p->tcp.payload_len;
		break;
	case EV_SOCKET:
		socket->state = fx_random(&s->seed, 14);
		break;
	case EV_DROP:
		strcpy(d->reason_name, reasons[fx_random(&s->seed, 8)]);
		break;
	}
}

static void push_event(struct stream *s)
{
	static const uint16_t sizes[][2] = {
		{EV_PACKET, sizeof(struct ev_packet) + 64},
		{EV_PACKET, sizeof(struct ev_packet) + 64},
		{EV_PACKET, sizeof(struct ev_packet) + 64},
		{EV_SOCKET, sizeof(struct ev_socket)},
		{EV_DROP, sizeof(struct ev_drop)},
		{EV_RESET, sizeof(struct ev_reset)},
		{EV_ICMP, sizeof(struct ev_icmp)},
		{EV_STATE, sizeof(struct ev_state)},
		{EV_SYNACK_RETRANS, sizeof(struct ev_synack_retrans)},
	};
	uint32_t kind = fx_random(&s->seed, 9);
	uint32_t words[EVENT_WORDS];
	struct ev_hdr *ev = (void *)words;

	for (size_t i = 0; i < EVENT_WORDS; i++)
		words[i] = fx_random(&s->seed, UINT32_MAX);
	ev->type = sizes[kind][0];
	ev->size = sizes[kind][1];
	ev->time_ns = s->now_ns - fx_random(&s->seed, CORR_REORDER_NS);
	*(struct ev_flow *)(ev + 1) = some_flow(s);
	if (fx_random(&s->seed, 8))
		make_sensible(s, ev);
	if (ev->type == EV_PACKET)
		((struct ev_packet *)ev)->cap_len = (uint16_t)fx_random(&s->seed, 65);
	assert_int_equal(corr_push(s->corr, ev), 0);
}

/* Of the right type and size, but with any content; as an answer or unasked. */
static void push_fact(struct stream *s, const struct ev_flow *flow)
{
	static const uint16_t sizes[][2] = {
		{EV_FACT_LISTENER, sizeof(struct fact_listener)},
		{EV_FACT_CONN, sizeof(struct fact_conn)},
		{EV_FACT_SYSCTL, sizeof(struct fact_sysctl)},
		{EV_FACT_COUNTER, sizeof(struct fact_counter)},
		{EV_FACT_ROUTE, sizeof(struct fact_route)},
		{EV_FACT_ADDR, sizeof(struct fact_addr)},
		{EV_FACT_NEIGH, sizeof(struct fact_neigh)},
		{EV_FACT_LINK, sizeof(struct fact_link)},
		{EV_FACT_PROGRAM, sizeof(struct fact_program)},
		{EV_FACT_HOOK, sizeof(struct fact_hook)},
		{EV_FACT_CONNTRACK, sizeof(struct fact_conntrack)},
		{EV_FACT_DONE, sizeof(struct fact_done)},
	};
	uint32_t kind = fx_random(&s->seed, 12);
	uint32_t words[EVENT_WORDS];
	struct ev_hdr *ev = (void *)words;

	for (size_t i = 0; i < EVENT_WORDS; i++)
		words[i] = fx_random(&s->seed, UINT32_MAX);
	ev->type = sizes[kind][0];
	ev->size = sizes[kind][1];
	ev->time_ns = s->now_ns;
	if (ev->type == EV_FACT_LINK)
		((struct fact_link *)ev)->ifindex = fx_random(&s->seed, 6);
	*(struct ev_flow *)(ev + 1) = *flow;
	assert_int_equal(corr_push(s->corr, ev), 0);
}

static void answer(void *ctx, const struct fact_request *request)
{
	struct fact_done done = {.hdr = {.type = EV_FACT_DONE, .size = sizeof(done)},
				 .flow = request->probe};
	struct stream *s = ctx;

	assert_true(request->needs && request->since_ns <= s->now_ns);
	s->asked = request->probe;
	for (uint32_t n = fx_random(&s->seed, 4); n; n--)
		push_fact(s, &request->probe);
	if (fx_random(&s->seed, 4))
		assert_int_equal(corr_push(s->corr, &done.hdr), 0);
}

static void push_loss(struct stream *s)
{
	struct ev_lost lost = {.hdr = {.type = EV_LOST, .size = sizeof(lost)}};

	lost.hdr.time_ns = s->now_ns;
	lost.since_ns = s->now_ns - fx_random(&s->seed, 1000000);
	lost.events = fx_random(&s->seed, 3);
	lost.evicted = fx_random(&s->seed, 3);
	assert_int_equal(corr_push(s->corr, &lost.hdr), 0);
}

/* At least so many probes, and so many of them with a second verdict: else the stream tests little.
 */
static void run(uint64_t seed, unsigned int max_probes, unsigned int events, unsigned int probes,
		unsigned int revised)
{
	struct stream s = {.seed = seed, .now_ns = FX_START_NS};
	const struct corr_config config = {.timeout_ns = 20 * FX_MS, .max_probes = max_probes};
	const struct corr_ops ops = {&s, take_verdict, answer, NULL};

	s.seen = calloc(SEEN, sizeof(*s.seen));
	assert_non_null(s.seen);
	assert_int_equal(corr_new(&s.corr, &config, &ops), 0);
	for (unsigned int i = 0; i < events; i++) {
		/* Mostly dense, at times a pause for timeouts and more. */
		s.now_ns += fx_random(&s.seed, fx_random(&s.seed, 200) ? 20000 : 100000000);
		push_event(&s);
		if (!fx_random(&s.seed, 20))
			push_fact(&s, &s.asked);
		if (!fx_random(&s.seed, 2000))
			push_loss(&s);
		if (fx_random(&s.seed, 2))
			corr_advance(s.corr, s.now_ns);
	}
	corr_finish(s.corr, s.now_ns + fx_random(&s.seed, 100000000));
	assert_true(s.probes >= probes && s.revised >= revised);
	corr_free(s.corr);
	free(s.seen);
}

static void test_many(void **state)
{
	(void)state;
	run(1, 4096, EVENTS, 2000, 50);
}

static void test_little_room(void **state)
{
	(void)state;
	for (unsigned int max = 1; max <= 8; max++)
		run(100 + max, max, EVENTS / 20, 100, 0);
}

static void test_seeds(void **state)
{
	(void)state;
	for (uint64_t seed = 2; seed <= 21; seed++)
		run(seed, 16, EVENTS / 40, 100, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_little_room),
		cmocka_unit_test(test_seeds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
