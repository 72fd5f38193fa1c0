// SPDX-License-Identifier: GPL-2.0-only
// Unit tests of UDP checks, and of what JSON has of probes without TCP.
#include <jansson.h>
#include <string.h>

#include "../user/sink.h"
#include "fixture.h"
#include "sample.h"

enum { PREROUTING, INPUT };
enum { UNREACHABLE = 3, PORT_UNREACHABLE = 3, PROHIBITED = 13 };

static int set_up_udp(void **state)
{
	fx_setup(state);
	fx_udp(*state);
	return 0;
}

static void test_answered(void **state)
{
	struct fixture *f = *state;
	const struct verdict *v;

	fx_ask_in(f);
	fx_at(f, 700);
	fx_reply(f);
	v = fx_expect_now(f, "healthy", CONFIDENCE_CERTAIN);
	fx_says(v, "answered after 703 us");
	fx_steps(v, "datagram, 16 bytes on eth0");
	assert_int_equal(v->syns, 1);
}

/* No answer is wanted of it: only an ICMP error would be a failure. */
static void test_silent(void **state)
{
	struct fixture *f = *state;

	fx_ask_in(f);
	fx_play(f);
	fx_until(f, 1999000);
	assert_int_equal(f->n_verdicts, 0);
	fx_says(fx_expect(f, "healthy", CONFIDENCE_CERTAIN),
		"delivered, no answer and no ICMP error");
}

/* Where it was last seen before INPUT, nothing is known. */
static void test_not_delivered(void **state)
{
	struct fixture *f = *state;

	fx_ask(f);
	fx_expect(f, "undetermined", CONFIDENCE_POSSIBLE);
}

/* An answer that nobody waited for changes nothing. */
static void test_late(void **state)
{
	struct fixture *f = *state;

	fx_ask_in(f);
	fx_play(f);
	fx_until(f, 2050000);
	fx_verdict(f, 0, "healthy");
	fx_at(f, 2070000);
	fx_reply(f);
	fx_expect(f, "healthy", CONFIDENCE_CERTAIN);
}

static void test_no_socket(void **state)
{
	struct fixture *f = *state;
	const struct verdict *v;

	fx_ask_in(f);
	fx_icmp(f, UNREACHABLE, PORT_UNREACHABLE);
	fx_drop(f, true, 0, "NO_SOCKET");
	v = fx_expect_now(f, "udp-no-listener", CONFIDENCE_CERTAIN);
	assert_string_equal(v->stage, "udp");
	fx_says(v, "no UDP socket on port 80: answered with ICMP port unreachable");
	fx_says_not(v, "reset");
	fx_fixes(v, "ss -lnup");
}

static void test_no_icmp(void **state)
{
	struct fixture *f = *state;
	const struct verdict *v;

	fx_ask_in(f);
	fx_drop(f, true, 0, "NO_SOCKET");
	v = fx_expect_now(f, "udp-no-listener", CONFIDENCE_CERTAIN);
	fx_says(v, "no UDP socket on port 80: dropped");
	fx_says_not(v, "rate limit");
}

static void test_no_icmp_for_rate(void **state)
{
	static const char *const counters[] = {"IcmpOutRateLimitGlobal", "IcmpOutRateLimitHost",
					       "Icmp6OutRateLimitHost"};

	(void)state;
	for (size_t i = 0; i < sizeof(counters) / sizeof(counters[0]); i++) {
		struct fixture *f = fx_new(16);

		fx_udp(f);
		fx_ask_in(f);
		fx_drop(f, true, 0, "NO_SOCKET");
		fx_counter(f, counters[i], 1);
		fx_says(fx_expect_now(f, "udp-no-listener", CONFIDENCE_CERTAIN),
			"dropped, and the ICMP rate limit held the port unreachable back: the "
			"balancer may take the service for healthy");
		fx_free(f);
	}
}

/* Kernels that give no reason for drops. */
static void test_icmp_only(void **state)
{
	struct fixture *f = *state;

	fx_ask_in(f);
	fx_icmp(f, UNREACHABLE, PORT_UNREACHABLE);
	fx_expect_now(f, "udp-no-listener", CONFIDENCE_CERTAIN);
}

static void test_started_since(void **state)
{
	struct fixture *f = *state;

	fx_ask_in(f);
	fx_icmp(f, UNREACHABLE, PORT_UNREACHABLE);
	fx_drop(f, true, 0, "NO_SOCKET");
	fx_listener(f, "0.0.0.0", 80, "dnsmasq");
	fx_says(fx_expect_now(f, "udp-no-listener", CONFIDENCE_CERTAIN),
		"(dnsmasq (pid 812) receives by now)");
}

static void test_wrong_address(void **state)
{
	struct fixture *f = *state;
	const struct verdict *v;

	fx_ask_in(f);
	fx_icmp(f, UNREACHABLE, PORT_UNREACHABLE);
	fx_drop(f, true, 0, "NO_SOCKET");
	fx_listener(f, "127.0.0.1", 80, "dnsmasq");
	v = fx_expect_now(f, "udp-no-listener", CONFIDENCE_CERTAIN);
	fx_says(v, "dnsmasq (pid 812) has 127.0.0.1:80 only");
}

static void test_elsewhere(void **state)
{
	struct fixture *f = *state;
	struct fact_listener *l;

	fx_ask_in(f);
	fx_drop(f, true, 0, "NO_SOCKET");
	l = fx_listener(f, "0.0.0.0", 80, "unbound");
	l->netns = FX_NETNS;
	fx_says(fx_expect_now(f, "udp-no-listener", CONFIDENCE_CERTAIN),
		"unbound (pid 812) on 0.0.0.0:80 is in another network namespace");
}

static void test_firewall(void **state)
{
	struct fixture *f = *state;
	const struct verdict *v;

	fx_ask(f);
	fx_drop(f, true, 0, "NETFILTER_DROP")->tcp.payload_len = 16;
	fx_hook(f, INPUT, 0, HOOK_NFT, "filter", "INPUT");
	fx_addr(f, false, "eth0");
	v = fx_expect_now(f, "firewall-drop", CONFIDENCE_CERTAIN);
	assert_string_equal(v->rule.hook, "INPUT");
	fx_fixes(v, "iptables -I INPUT -s 100.64.1.10 -p udp --dport 80 -j ACCEPT");
}

static void test_firewall_reject(void **state)
{
	struct fixture *f = *state;
	const struct verdict *v;

	fx_ask(f);
	fx_icmp(f, UNREACHABLE, PROHIBITED);
	fx_drop(f, true, 0, "NETFILTER_DROP")->tcp.payload_len = 16;
	fx_hook(f, INPUT, 0, HOOK_NFT, "mine", "in");
	fx_addr(f, false, "eth0");
	v = fx_expect_now(f, "firewall-reject", CONFIDENCE_CERTAIN);
	fx_says(v, "answered with an ICMP error (type 3 code 13)");
	fx_fixes(v, "nft insert rule ip mine in ip saddr 100.64.1.10 udp dport 80 accept");
}

static void test_buffer_full(void **state)
{
	struct fixture *f = *state;
	const struct verdict *v;

	fx_ask_in(f);
	fx_drop(f, true, 0, "SOCKET_RCVBUFF");
	fx_listener(f, "0.0.0.0", 80, "syslogd")->pstate = 'T';
	v = fx_expect_now(f, "app-no-response", CONFIDENCE_CERTAIN);
	fx_says(v, "the socket's receive buffer is full, nobody reads it: syslogd (pid 812) has "
		   "not answered and is stopped (SIGSTOP)");
	fx_fixes(v, "kill -CONT 812");
}

static void test_reply_dropped(void **state)
{
	struct fixture *f = *state;

	fx_ask_in(f);
	fx_payload(f, false, "x", 1, FX_OUT_FIRST);
	fx_drop(f, false, 0, "NETFILTER_DROP");
	fx_hook(f, 3, 0, HOOK_NFT, "filter", "OUTPUT");
	fx_expect_now(f, "reply-dropped", CONFIDENCE_CERTAIN);
}

/* Nothing tells a repeated datagram from another one, while the first has no verdict. */
static void test_repeated_while_open(void **state)
{
	struct fixture *f = *state;
	const struct verdict *v;

	fx_ask_in(f);
	fx_at(f, 500000);
	fx_ask_in(f);
	fx_at(f, 600000);
	fx_reply(f);
	v = fx_expect_now(f, "healthy", CONFIDENCE_CERTAIN);
	assert_int_equal(v->syns, 2);
	fx_says(v, "answered after 100.0 ms");
}

static void test_repeated_after_verdict(void **state)
{
	struct fixture *f = *state;

	fx_ask_in(f);
	fx_reply(f);
	fx_play(f);
	fx_until(f, 50000);
	fx_at(f, 60000);
	fx_ask_in(f);
	fx_drop(f, true, 0, "NO_SOCKET");
	fx_play(f);
	fx_until(f, 10000000);
	assert_int_equal(f->n_verdicts, 2);
	fx_verdict(f, 0, "healthy");
	fx_verdict(f, 1, "udp-no-listener");
	for (unsigned int i = 0; i < 2; i++) {
		assert_int_equal(f->verdicts[i].syns, 1);
		assert_false(f->verdicts[i].revised);
	}
	assert_int_equal(f->verdicts[1].first_ns - f->verdicts[0].first_ns, 60 * FX_MS);
}

/* A failure is not revised by the next datagram either. */
static void test_failure_then_next(void **state)
{
	struct fixture *f = *state;

	fx_ask_in(f);
	fx_drop(f, true, 0, "NO_SOCKET");
	fx_play(f);
	fx_until(f, 4000000);
	fx_at(f, 5000000);
	fx_ask_in(f);
	fx_reply(f);
	fx_play(f);
	fx_until(f, 20000000);
	assert_int_equal(f->n_verdicts, 2);
	fx_verdict(f, 0, "udp-no-listener");
	assert_false(fx_verdict(f, 1, "healthy")->revised);
}

/* The same addresses and ports: each has its own verdict. */
static void test_side_by_side(void **state)
{
	struct fixture *f = *state;
	const struct ev_flow udp = f->flow;

	fx_ask_in(f);
	f->flow.proto = 6;
	f->isn = 1829;
	fx_connect(f);
	fx_rst(f, true, FX_ENTRY);
	f->flow = udp;
	f->isn = 0;
	fx_drop(f, true, 0, "NO_SOCKET");
	fx_play(f);
	fx_until(f, 20000000);
	assert_int_equal(f->n_verdicts, 2);
	for (unsigned int i = 0; i < 2; i++) {
		const struct verdict *v = &f->verdicts[i];

		assert_string_equal(v->cause, v->probe.proto == 6 ? "healthy" : "udp-no-listener");
		assert_int_equal(v->syns, 1);
	}
	assert_int_not_equal(f->verdicts[0].probe.proto, f->verdicts[1].probe.proto);
}

/* No handshake, no reset: what is said fits a datagram. */
static void test_firewall_words(void **state)
{
	struct fixture *f = *state;

	fx_ask(f);
	fx_drop(f, true, 0, "NETFILTER_DROP")->tcp.payload_len = 16;
	fx_hook(f, INPUT, 0, HOOK_NFT, "filter", "INPUT");
	fx_addr(f, false, "eth0");
	fx_says_not(fx_expect_now(f, "firewall-drop", CONFIDENCE_CERTAIN), "handshake");
}

/* include/net/dropreason-core.h has a reason of its own for it. */
static void test_checksum(void **state)
{
	struct fixture *f = *state;

	fx_ask_in(f);
	fx_drop(f, true, 0, "UDP_CSUM");
	fx_says(fx_expect_now(f, "bad-checksum", CONFIDENCE_CERTAIN), "the probe's UDP checksum");
}

static void test_conntrack_fix(void **state)
{
	struct fixture *f = *state;

	fx_syn(f, FX_ENTRY);
	fx_payload(f, true, "x", 1, FX_PRE_FIRST);
	fx_drop(f, true, 0, "NETFILTER_DROP")->tcp.payload_len = 1;
	fx_hook(f, PREROUTING, -200, HOOK_CONNTRACK, "", "");
	fx_conntrack(f, 100, 100, 1);
	fx_fixes(fx_expect_now(f, "conntrack-full", CONFIDENCE_CERTAIN), "-p udp --dport 80 -j CT");
}

static json_t *as_json(const struct verdict *v)
{
	static struct capture capture;
	const struct options options = {0};
	json_t *read;

	capture_begin(&capture);
	assert_int_equal(sink_json.verdict(v, &options), 0);
	read = json_loads(capture_end(&capture), 0, NULL);
	assert_non_null(read);
	return read;
}

static void test_json_udp(void **state)
{
	struct fixture *f = *state;
	json_t *read, *probe;

	fx_ask_in(f);
	fx_reply(f);
	read = as_json(fx_expect_now(f, "healthy", CONFIDENCE_CERTAIN));
	probe = json_object_get(read, "probe");
	assert_string_equal(json_string_value(json_object_get(probe, "proto")), "udp");
	assert_int_equal(json_integer_value(json_object_get(probe, "sport")), 53738);
	assert_int_equal(json_integer_value(json_object_get(probe, "dport")), 80);
	assert_int_equal(json_integer_value(json_object_get(probe, "packets")), 1);
	assert_null(json_object_get(probe, "syns"));
	json_decref(read);
}

static void test_json_echo(void **state)
{
	struct fixture *f = *state;
	json_t *read, *probe;

	fx_echo(f);
	fx_ask_in(f);
	fx_reply(f);
	read = as_json(fx_expect_now(f, "healthy", CONFIDENCE_CERTAIN));
	probe = json_object_get(read, "probe");
	assert_string_equal(json_string_value(json_object_get(probe, "proto")), "icmp");
	assert_string_equal(json_string_value(json_object_get(probe, "dst")), "172.16.32.15");
	assert_null(json_object_get(probe, "sport"));
	assert_null(json_object_get(probe, "dport"));
	assert_int_equal(json_integer_value(json_object_get(probe, "packets")), 1);
	json_decref(read);
}

#define UDP(name) cmocka_unit_test_setup_teardown(name, set_up_udp, fx_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		UDP(test_checksum),
		UDP(test_conntrack_fix),
		UDP(test_firewall_words),
		UDP(test_answered),
		UDP(test_silent),
		UDP(test_not_delivered),
		UDP(test_late),
		UDP(test_no_socket),
		UDP(test_no_icmp),
		cmocka_unit_test(test_no_icmp_for_rate),
		UDP(test_icmp_only),
		UDP(test_started_since),
		UDP(test_wrong_address),
		UDP(test_elsewhere),
		UDP(test_firewall),
		UDP(test_firewall_reject),
		UDP(test_buffer_full),
		UDP(test_reply_dropped),
		UDP(test_repeated_while_open),
		UDP(test_repeated_after_verdict),
		UDP(test_failure_then_next),
		UDP(test_side_by_side),
		UDP(test_json_udp),
		cmocka_unit_test_setup_teardown(test_json_echo, fx_setup, fx_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
