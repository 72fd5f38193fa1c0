// SPDX-License-Identifier: GPL-2.0-only
// Unit tests of captured probes together with what the host counts: elimination names the cause.
#include <string.h>

#include "fixture.h"

enum { FIN = 1, SYN = 2, RST = 4, ACK = 16 };

/* One counter, and the cause that it names. */
static void test_counters(void **state)
{
	static const struct {
		const char *counter, *cause;
		enum confidence confidence;
	} counters[] = {
		{"TcpExtListenOverflows", "accept-queue-full", CONFIDENCE_LIKELY},
		{"TcpExtTCPReqQFullDrop", "syn-queue-full", CONFIDENCE_LIKELY},
		{"TcpExtIPReversePathFilter", "rp-filter", CONFIDENCE_LIKELY},
		{"TcpExtPAWSPassive", "tw-recycle", CONFIDENCE_LIKELY},
		{"TcpExtPAWSEstab", "timestamp-reject", CONFIDENCE_POSSIBLE},
		{"IpOutNoRoutes", "no-return-route", CONFIDENCE_POSSIBLE},
		{"TcpExtTCPTimeWaitOverflow", "undetermined", CONFIDENCE_POSSIBLE},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(counters) / sizeof(counters[0]); i++) {
		struct fixture *f = fx_new(64);
		const struct verdict *v;

		fx_syn(f, FX_CAPTURE);
		fx_counter(f, counters[i].counter, 3);
		v = fx_expect(f, counters[i].cause, counters[i].confidence);
		assert_string_equal(v->source, "capture");
		assert_true(f->request.needs & NEED_COUNTERS);
		fx_free(f);
	}
}

/* Two that grew: the first is possible, and both are named. */
static void test_two_counters(void **state)
{
	struct fixture *f = *state;

	fx_syn(f, FX_CAPTURE);
	fx_counter(f, "TcpExtListenOverflows", 3);
	fx_counter(f, "TcpExtTCPReqQFullDrop", 1);
	fx_says(fx_expect(f, "syn-queue-full", CONFIDENCE_POSSIBLE),
		"ListenOverflows +3 and TCPReqQFullDrop +1");
}

static void test_nothing_grew(void **state)
{
	struct fixture *f = *state;
	const struct verdict *v;

	fx_syn(f, FX_CAPTURE);
	fx_listener(f, "0.0.0.0", 80, "nginx");
	v = fx_expect(f, "undetermined", CONFIDENCE_POSSIBLE);
	fx_says(v, "nothing that this host counts accounts for it");
	fx_fixes_not(v, "on the host itself");
}

static void test_overflow(void **state)
{
	struct fixture *f = *state;
	struct fact_listener *l;

	fx_syn(f, FX_CAPTURE);
	l = fx_listener(f, "0.0.0.0", 80, "nginx");
	l->backlog = 129;
	l->limit = 128;
	fx_counter(f, "TcpExtListenOverflows", 2);
	fx_says(fx_expect(f, "accept-queue-full", CONFIDENCE_LIKELY),
		"accept queue of nginx (pid 812) full: backlog 129, limit 128: not answered within "
		"2000 ms (1 SYN), ListenOverflows +2");
}

static void test_rule(void **state)
{
	struct fixture *f = *state;
	const struct verdict *v;

	fx_syn(f, FX_CAPTURE);
	fx_rule(f, 1, RULE_COUNTED, "filter", "INPUT", "INPUT", 2, 12);
	v = fx_expect(f, "firewall-drop", CONFIDENCE_LIKELY);
	fx_says(v, "dropped by the firewall in INPUT, table ip filter, chain INPUT, rule 2");
	assert_string_equal(v->rule.chain, "INPUT");
	assert_int_equal(v->rule.number, 2);
	assert_true(f->request.needs & NEED_RULE);
	assert_int_equal(f->request.tcp.flags, SYN);
	assert_int_equal(f->request.tcp.seq, f->isn);
}

/* One that only might match says nothing. */
static void test_rule_possible(void **state)
{
	struct fixture *f = *state;

	fx_syn(f, FX_CAPTURE);
	fx_rule(f, 1, RULE_POSSIBLE, "filter", "INPUT", "INPUT", 2, 12);
	assert_false(fx_expect(f, "undetermined", CONFIDENCE_POSSIBLE)->rule.known);
}

/* It counted on the answer's way. */
static void test_rule_reply(void **state)
{
	struct fixture *f = *state;
	const struct verdict *v;

	fx_syn(f, FX_CAPTURE);
	fx_rule(f, 3, RULE_COUNTED, "filter", "OUTPUT", "OUTPUT", 2, 12)->is_reply = 1;
	v = fx_expect(f, "reply-dropped", CONFIDENCE_LIKELY);
	fx_says(v, "the answer was dropped on its way out by the firewall in OUTPUT, table ip "
		   "filter, chain OUTPUT, rule 2: the rule matches it and has counted, not "
		   "answered within 2000 ms (1 SYN)");
	fx_fixes(v, "iptables -I OUTPUT -d 100.64.1.10 -p tcp --sport 80 -j ACCEPT");
	assert_string_equal(v->rule.hook, "OUTPUT");
	assert_int_equal(v->rule.number, 2);
	assert_true(f->request.either_way);
	assert_false(f->request.is_reply);
}

/* Both ways: possible, and both are named. */
static void test_rule_both(void **state)
{
	struct fixture *f = *state;
	const struct verdict *v;

	fx_syn(f, FX_CAPTURE);
	fx_rule(f, 1, RULE_COUNTED, "filter", "INPUT", "INPUT", 2, 12);
	fx_rule(f, 3, RULE_COUNTED, "filter", "OUTPUT", "OUTPUT", 5, 13)->is_reply = 1;
	v = fx_expect(f, "firewall-drop", CONFIDENCE_POSSIBLE);
	fx_says(v, "in INPUT, table ip filter, chain INPUT, rule 2: the rule matches and has "
		   "counted, as has one for the answer in OUTPUT, table ip filter, chain OUTPUT, "
		   "rule 5; not answered");
	assert_int_equal(v->rule.number, 2);
	fx_fixes(v, "iptables -I INPUT -s 100.64.1.10 -p tcp --dport 80 -j ACCEPT");
	fx_fixes(v, "iptables -I OUTPUT -d 100.64.1.10 -p tcp --sport 80 -j ACCEPT");
}

/* One that the kernel named is surer than a counter of the other way. */
static void test_rule_both_named(void **state)
{
	struct fixture *f = *state;

	fx_syn(f, FX_CAPTURE);
	fx_rule(f, 1, RULE_COUNTED, "filter", "INPUT", "INPUT", 2, 12);
	fx_rule(f, 3, RULE_TRACED, "filter", "OUTPUT", "OUTPUT", 5, 13)->is_reply = 1;
	fx_says(fx_expect(f, "reply-dropped", CONFIDENCE_LIKELY), "chain OUTPUT, rule 5");
}

/* Beside a counter that grew. */
static void test_rule_reply_and_counter(void **state)
{
	struct fixture *f = *state;

	fx_syn(f, FX_CAPTURE);
	fx_rule(f, 3, RULE_COUNTED, "filter", "OUTPUT", "OUTPUT", 2, 12)->is_reply = 1;
	fx_counter(f, "IpOutNoRoutes", 2);
	fx_says(fx_expect(f, "reply-dropped", CONFIDENCE_POSSIBLE), "IpOutNoRoutes +2");
}

/* What was answered is not asked about in the answer's direction. */
static void test_rule_answered(void **state)
{
	struct fixture *f = *state;

	fx_syn(f, FX_CAPTURE);
	fx_rst(f, false, FX_CAPTURE);
	fx_listener(f, "0.0.0.0", 80, "nginx");
	fx_expect_now(f, "firewall-reject", CONFIDENCE_POSSIBLE);
	assert_false(f->request.either_way);
}

static void test_rule_rejects(void **state)
{
	struct fixture *f = *state;

	fx_syn(f, FX_CAPTURE);
	fx_rst(f, false, FX_CAPTURE);
	fx_listener(f, "0.0.0.0", 80, "nginx");
	fx_rule(f, 1, RULE_COUNTED, "filter", "INPUT", "INPUT", 2, 12)->verdict = RULE_REJECT;
	fx_says(fx_expect_now(f, "firewall-reject", CONFIDENCE_LIKELY),
		"answered with a reset: a packet-filter rule of the host rejects it: table ip");
}

static void test_listeners(void **state)
{
	struct fixture *f = *state;

	fx_syn(f, FX_CAPTURE);
	fx_rst(f, false, FX_CAPTURE);
	fx_listener(f, "127.0.0.1", 80, "nginx");
	fx_says(fx_expect_now(f, "listener-wrong-address", CONFIDENCE_LIKELY),
		"nginx (pid 812) listens on 127.0.0.1:80 only");
}

static void test_no_listener(void **state)
{
	struct fixture *f = *state;

	fx_syn(f, FX_CAPTURE);
	fx_rst(f, false, FX_CAPTURE);
	fx_says(fx_expect_now(f, "no-listener", CONFIDENCE_LIKELY),
		"answered with a reset, and nothing listens on port 80");
}

static void test_fitting_listener(void **state)
{
	struct fixture *f = *state;

	fx_syn(f, FX_CAPTURE);
	fx_rst(f, false, FX_CAPTURE);
	fx_listener(f, "0.0.0.0", 80, "nginx");
	fx_says(fx_expect_now(f, "firewall-reject", CONFIDENCE_POSSIBLE),
		"or the service has just been started");
}

static void test_addresses(void **state)
{
	struct fixture *f = *state;

	fx_syn(f, FX_CAPTURE);
	fx_addr(f, true, "lo");
	fx_expect(f, "source-is-local", CONFIDENCE_LIKELY);
}

static void test_route(void **state)
{
	struct fixture *f = *state;

	fx_syn(f, FX_CAPTURE);
	fx_route(f, 101, 0, NULL);
	fx_expect(f, "no-return-route", CONFIDENCE_LIKELY);
}

static void test_conntrack(void **state)
{
	struct fixture *f = *state;

	fx_syn(f, FX_CAPTURE);
	fx_conntrack(f, 65536, 65536, 4);
	fx_says(fx_expect(f, "conntrack-full", CONFIDENCE_LIKELY), "65536 of 65536");
}

/* A connection whose service closes first, with that timestamp, at that time. */
static void close_first(struct fixture *f, uint16_t sport, uint32_t tsval)
{
	fx_port(f, sport, sport);
	f->tsval = tsval;
	fx_syn(f, FX_CAPTURE);
	fx_synack(f, FX_CAPTURE);
	fx_ack(f, FX_CAPTURE);
	fx_payload(f, true, "GET / HTTP/1.0\r\n\r\n", 18, FX_CAPTURE);
	fx_payload(f, false, "HTTP/1.0 200 OK\r\n\r\n", 19, FX_CAPTURE);
	fx_fin(f, false, FX_CAPTURE);
	fx_fin(f, true, FX_CAPTURE);
}

static void syn_later(struct fixture *f, uint64_t us, uint16_t sport, uint32_t tsval)
{
	fx_at(f, us);
	fx_port(f, sport, sport);
	f->tsval = tsval;
	fx_syn(f, FX_CAPTURE);
}

static const struct verdict *second(struct fixture *f, const char *cause)
{
	fx_play(f);
	fx_until(f, 70000000);
	assert_int_equal(f->n_verdicts, 2);
	fx_verdict(f, 0, "healthy");
	return fx_verdict(f, 1, cause);
}

static void test_recycle(void **state)
{
	struct fixture *f = *state;
	const struct verdict *v;

	f->lacking = ~0U;
	close_first(f, 40000, 99000);
	syn_later(f, 59000000, 40001, 98000);
	v = second(f, "tw-recycle");
	assert_int_equal(v->confidence, CONFIDENCE_LIKELY);
	fx_says(v, "100.64.1.10's timestamps went back: 98000 in this SYN, 99000 58 s before");
	fx_says(v, "so does a kernel before 4.12 with net.ipv4.tcp_tw_recycle=1");
	fx_fixes(v, "sysctl -w net.ipv4.tcp_tw_recycle=0");
}

static void test_recycle_certain(void **state)
{
	struct fixture *f = *state;
	const struct verdict *v;

	close_first(f, 40000, 99000);
	syn_later(f, 5000000, 40001, 98000);
	fx_counter(f, "TcpExtPAWSPassive", 1);
	fx_sysctl(f, "net.ipv4.tcp_tw_recycle", 1);
	v = second(f, "tw-recycle");
	assert_int_equal(v->confidence, CONFIDENCE_CERTAIN);
	fx_says(v, "PAWSPassive +1: net.ipv4.tcp_tw_recycle is set, which drops such SYNs");
}

/* TCP_PAWS_WINDOW: one tick behind is let pass. */
static void test_recycle_window(void **state)
{
	struct fixture *f = *state;

	f->lacking = ~0U;
	close_first(f, 40000, 99000);
	syn_later(f, 5000000, 40001, 98999);
	second(f, "undetermined");
}

/* TCP_PAWS_MSL: after 60 s nothing is compared. */
static void test_recycle_old(void **state)
{
	struct fixture *f = *state;

	f->lacking = ~0U;
	close_first(f, 40000, 99000);
	syn_later(f, 60100000, 40001, 98000);
	second(f, "undetermined");
}

static void test_recycle_off(void **state)
{
	struct fixture *f = *state;

	close_first(f, 40000, 99000);
	syn_later(f, 5000000, 40001, 98000);
	fx_sysctl(f, "net.ipv4.tcp_tw_recycle", 0);
	second(f, "undetermined");
}

/* Another of its SYNs went back too, and was answered. */
static void test_recycle_refuted(void **state)
{
	struct fixture *f = *state;

	f->lacking = ~0U;
	close_first(f, 40000, 99000);
	syn_later(f, 5000000, 40001, 98000);
	fx_synack(f, FX_CAPTURE);
	fx_rst(f, true, FX_CAPTURE);
	syn_later(f, 10000000, 40002, 98000);
	fx_play(f);
	fx_until(f, 70000000);
	assert_int_equal(f->n_verdicts, 3);
	fx_verdict(f, 1, "healthy");
	fx_verdict(f, 2, "undetermined");
}

/* The prober closed first: no TIME_WAIT here, nothing is remembered. */
static void test_recycle_prober_closed(void **state)
{
	struct fixture *f = *state;

	f->lacking = ~0U;
	f->tsval = 99000;
	fx_port(f, 40000, 40000);
	fx_syn(f, FX_CAPTURE);
	fx_synack(f, FX_CAPTURE);
	fx_ack(f, FX_CAPTURE);
	fx_fin(f, true, FX_CAPTURE);
	fx_fin(f, false, FX_CAPTURE);
	fx_ack(f, FX_CAPTURE);
	syn_later(f, 5000000, 40001, 98000);
	second(f, "undetermined");
}

/* One SYN, 3 s before the kernel is asked what it remembers. */
static const struct verdict *kept(struct fixture *f, uint32_t last, uint32_t age_s)
{
	f->tsval = 98000;
	fx_syn(f, FX_CAPTURE);
	fx_tcp_metric(f, last, age_s);
	fx_counter(f, "TcpExtPAWSPassive", 1);
	fx_sysctl(f, "net.ipv4.tcp_tw_recycle", 1);
	fx_play(f);
	fx_until(f, 3000000);
	assert_int_equal(f->n_verdicts, 1);
	assert_true(f->request.needs & NEED_TCP_METRICS);
	return fx_verdict(f, 0, "tw-recycle");
}

static void test_recycle_kept(void **state)
{
	struct fixture *f = *state;
	const struct verdict *v = kept(f, 99000, 8);

	assert_int_equal(v->confidence, CONFIDENCE_CERTAIN);
	fx_says(v, "100.64.1.10's timestamps went back: 98000 in this SYN (tcp_metrics: last "
		   "timestamp 99000, 5 s ago); not answered");
}

/* The rule holds by that alone too. */
static void test_recycle_kept_alone(void **state)
{
	struct fixture *f = *state;

	f->lacking = NEED_COUNTERS;
	f->tsval = 98000;
	fx_syn(f, FX_CAPTURE);
	fx_tcp_metric(f, 99000, 62);
	fx_play(f);
	fx_until(f, 3000000);
	assert_int_equal(fx_verdict(f, 0, "tw-recycle")->confidence, CONFIDENCE_LIKELY);
}

static void not_kept(struct fixture *f, uint32_t last, uint32_t age_s)
{
	assert_int_equal(kept(f, last, age_s)->confidence, CONFIDENCE_LIKELY);
	fx_says_not(&f->verdicts[0], "tcp_metrics");
}

/* 60 s before the SYN, 63 s before it was asked. */
static void test_recycle_kept_old(void **state)
{
	not_kept(*state, 99000, 64);
}

static void test_recycle_kept_newer(void **state)
{
	not_kept(*state, 97000, 8);
}

static void test_recycle_kept_window(void **state)
{
	not_kept(*state, 98001, 8);
}

/* Remembered after the SYN had come. */
static void test_recycle_kept_later(void **state)
{
	not_kept(*state, 99000, 1);
}

static void test_recycle_kept_other(void **state)
{
	struct fixture *f = *state;

	f->tsval = 98000;
	fx_syn(f, FX_CAPTURE);
	fx_tcp_metric(f, 99000, 8)->addr[15]++;
	fx_play(f);
	fx_until(f, 3000000);
	fx_verdict(f, 0, "undetermined");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fx_setup, fx_teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_counters),
		TEST(test_two_counters),
		TEST(test_nothing_grew),
		TEST(test_overflow),
		TEST(test_rule),
		TEST(test_rule_possible),
		TEST(test_rule_reply),
		TEST(test_rule_both),
		TEST(test_rule_both_named),
		TEST(test_rule_reply_and_counter),
		TEST(test_rule_answered),
		TEST(test_rule_rejects),
		TEST(test_listeners),
		TEST(test_no_listener),
		TEST(test_fitting_listener),
		TEST(test_addresses),
		TEST(test_route),
		TEST(test_conntrack),
		TEST(test_recycle),
		TEST(test_recycle_certain),
		TEST(test_recycle_window),
		TEST(test_recycle_old),
		TEST(test_recycle_off),
		TEST(test_recycle_refuted),
		TEST(test_recycle_prober_closed),
		TEST(test_recycle_kept),
		TEST(test_recycle_kept_alone),
		TEST(test_recycle_kept_old),
		TEST(test_recycle_kept_newer),
		TEST(test_recycle_kept_window),
		TEST(test_recycle_kept_later),
		TEST(test_recycle_kept_other),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
