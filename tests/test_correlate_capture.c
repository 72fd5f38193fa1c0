// SPDX-License-Identifier: GPL-2.0-only
// Unit tests of probes of which only the packets are known.
#include <string.h>

#include "fixture.h"

enum { FIN = 1, SYN = 2, RST = 4, PSH = 8, ACK = 16 };

static struct fixture *offline(void **state)
{
	struct fixture *f = *state;

	f->lacking = ~0U;
	f->ifindex = 0;
	return f;
}

static void connect_captured(struct fixture *f)
{
	fx_syn(f, FX_CAPTURE);
	fx_synack(f, FX_CAPTURE);
	fx_ack(f, FX_CAPTURE);
}

static void say(struct fixture *f, bool incoming, const char *text)
{
	fx_payload(f, incoming, text, strlen(text), FX_CAPTURE);
}

static void test_half_open(void **state)
{
	struct fixture *f = offline(state);
	const struct verdict *v;

	fx_syn(f, FX_CAPTURE);
	fx_synack(f, FX_CAPTURE);
	fx_rst(f, true, FX_CAPTURE);
	v = fx_expect_now(f, "healthy", CONFIDENCE_CERTAIN);
	assert_string_equal(v->source, "capture");
	assert_string_equal(v->interface, "");
	fx_steps(v, "SYN-ACK seq 700000");
	assert_string_equal(v->steps[0].at, "capture");
	assert_null(strstr(v->steps[0].what, " on "));
	assert_int_equal(f->asked, 0);
}

static void test_closed(void **state)
{
	struct fixture *f = offline(state);

	connect_captured(f);
	fx_fin(f, true, FX_CAPTURE);
	fx_expect_now(f, "healthy", CONFIDENCE_CERTAIN);
}

static void test_http(void **state)
{
	struct fixture *f = offline(state);

	connect_captured(f);
	say(f, true, "GET / HTTP/1.0\r\n\r\n");
	say(f, false, "HTTP/1.0 200 OK\r\n\r\n");
	fx_fin(f, false, FX_CAPTURE);
	fx_says(fx_expect_now(f, "healthy", CONFIDENCE_CERTAIN), "HTTP/1.0 200 OK");
}

/* As tcpdump -s keeps it: of the payload only its beginning. */
static void say_snipped(struct fixture *f, bool incoming, const char *text, uint16_t kept)
{
	struct ev_packet *p = fx_payload(f, incoming, text, strlen(text), FX_CAPTURE);

	p->cap_len = (uint16_t)(p->frame_len - p->tcp.payload_len + kept);
}

static void test_snipped_status(void **state)
{
	struct fixture *f = offline(state);

	connect_captured(f);
	say_snipped(f, true, "GET / HTTP/1.0\r\n\r\n", 14);
	say_snipped(f, false, "HTTP/1.0 503 Busy\r\n\r\n", 10);
	fx_fin(f, false, FX_CAPTURE);
	fx_says(fx_expect_now(f, "healthy", CONFIDENCE_POSSIBLE), "the status could not be read");
}

static void test_snipped_headers(void **state)
{
	struct fixture *f = offline(state);

	connect_captured(f);
	say_snipped(f, true, "GET / HTTP/1.0\r\n\r\n", 14);
	say_snipped(f, false, "HTTP/1.0 200 OK\r\nServer: a\r\n\r\n", 20);
	fx_fin(f, false, FX_CAPTURE);
	fx_expect_now(f, "healthy", CONFIDENCE_CERTAIN);
}

static void test_snipped_handshake(void **state)
{
	static const char hello[] = "\x16\3\1\0\x40\1\0\0\x3c\3\3 and so on, to its end";
	static const char answer[] = "\x16\3\3\0\x40\2\0\0\x3c\3\3 and so on, to its end";
	struct fixture *f = offline(state);

	connect_captured(f);
	fx_payload(f, true, hello, sizeof(hello), FX_CAPTURE)->cap_len -= 10;
	fx_payload(f, false, answer, sizeof(answer), FX_CAPTURE)->cap_len -= 10;
	fx_fin(f, false, FX_CAPTURE);
	fx_says(fx_expect(f, "undetermined", CONFIDENCE_POSSIBLE),
		"not all of the answer was captured");
}

/* Only one direction was captured: the prober's next packets tell that there was an answer. */
static void test_answer_missed(void **state)
{
	struct fixture *f = offline(state);

	fx_syn(f, FX_CAPTURE);
	fx_ack(f, FX_CAPTURE);
	say(f, true, "GET / HTTP/1.0\r\n\r\n");
	fx_says(fx_expect(f, "undetermined", CONFIDENCE_POSSIBLE),
		"the prober went on as after a SYN-ACK");
}

/* Of which the service's plain ACK was captured again: it is no old connection's. */
static void test_synack_missed(void **state)
{
	struct fixture *f = offline(state);
	struct ev_packet *p;

	fx_syn(f, FX_CAPTURE);
	fx_ack(f, FX_CAPTURE);
	p = fx_synack(f, FX_CAPTURE);
	p->tcp.flags = ACK;
	p->tcp.ack += 18;
	fx_says(fx_expect(f, "undetermined", CONFIDENCE_POSSIBLE),
		"the prober went on as after a SYN-ACK");
}

static void test_status(void **state)
{
	struct fixture *f = offline(state);
	const struct verdict *v;

	connect_captured(f);
	say(f, true, "GET / HTTP/1.0\r\n\r\n");
	say(f, false, "HTTP/1.0 503 Busy\r\n\r\n");
	v = fx_expect_now(f, "http-status", CONFIDENCE_CERTAIN);
	fx_says(v, "answered \"HTTP/1.0 503 Busy\" to \"GET / HTTP/1.0\"");
	assert_string_equal(v->source, "capture");
}

static void test_plaintext(void **state)
{
	struct fixture *f = offline(state);

	connect_captured(f);
	say(f, true, "GET / HTTP/1.0\r\n\r\n");
	fx_payload(f, false, "\x15\3\3\0\2\2\x46", 7, FX_CAPTURE);
	fx_expect_now(f, "plaintext-to-tls", CONFIDENCE_CERTAIN);
}

static void test_refused(void **state)
{
	struct fixture *f = offline(state);
	const struct verdict *v;

	fx_syn(f, FX_CAPTURE);
	fx_rst(f, false, FX_CAPTURE);
	v = fx_expect_now(f, "no-listener", CONFIDENCE_POSSIBLE);
	fx_says(v, "nothing listens on port 80, or a packet-filter rule rejects");
}

static void test_prohibited(void **state)
{
	struct fixture *f = offline(state);
	const struct verdict *v;

	fx_syn(f, FX_CAPTURE);
	fx_icmp(f, 3, 13)->at_exit = 2;
	v = fx_expect_now(f, "firewall-reject", CONFIDENCE_LIKELY);
	fx_says(v, "administratively prohibited (type 3 code 13): a packet-filter rule");
}

static void test_rejected_elsewhere(void **state)
{
	struct fixture *f = offline(state);
	struct ev_icmp *icmp;

	fx_syn(f, FX_CAPTURE);
	icmp = fx_icmp(f, 3, 1);
	icmp->at_exit = 2;
	icmp->by_other = 1;
	fx_says(fx_expect_now(f, "firewall-reject", CONFIDENCE_POSSIBLE), "by another host");
}

static void test_unanswered(void **state)
{
	struct fixture *f = offline(state);
	const struct verdict *v;

	fx_syn(f, FX_CAPTURE);
	fx_at(f, 500000);
	fx_syn(f, FX_CAPTURE);
	fx_at(f, 1500000);
	fx_syn(f, FX_CAPTURE);
	v = fx_expect(f, "undetermined", CONFIDENCE_POSSIBLE);
	assert_int_equal(v->syns, 3);
	fx_says(v, "no answer within 2000 ms (3 SYNs, 500 and 1000 ms apart)");
	fx_fixes(v, "on the host itself clbtrace sees where it ends: clbtrace -p 80");
	fx_fixes_not(v, "probe.pcap");
}

static void test_synack_lost(void **state)
{
	struct fixture *f = offline(state);
	const struct verdict *v;

	fx_syn(f, FX_CAPTURE);
	fx_synack(f, FX_CAPTURE);
	fx_at(f, 1000000);
	fx_synack(f, FX_CAPTURE);
	v = fx_expect(f, "synack-unanswered", CONFIDENCE_LIKELY);
	fx_says(v, "the SYN-ACK was captured 2 times, and nothing came back within 2000 ms");
}

/* Taken on a bridge and its port, or in both directions of lo. */
static void test_copies(void **state)
{
	struct fixture *f = offline(state);
	struct ev_packet *copy;
	const struct verdict *v;

	fx_syn(f, FX_CAPTURE);
	copy = fx_syn(f, FX_CAPTURE);
	copy->ip_id = 1;
	copy->ifindex = FX_ETH1;
	fx_at(f, 300);
	fx_synack(f, FX_CAPTURE);
	copy = fx_synack(f, FX_CAPTURE);
	copy->ip_id = 3;
	v = fx_expect(f, "synack-unanswered", CONFIDENCE_LIKELY);
	assert_int_equal(v->syns, 1);
	assert_int_equal(v->n_steps, 2);
	fx_says_not(v, "times");
}

/* The same packet later on is a repeated one, whatever its IP id. */
static void test_no_copy(void **state)
{
	struct fixture *f = offline(state);

	fx_v6(f);
	fx_syn(f, FX_CAPTURE);
	fx_at(f, 200000);
	fx_syn(f, FX_CAPTURE);
	assert_int_equal(fx_expect(f, "undetermined", CONFIDENCE_POSSIBLE)->syns, 2);
}

static void test_time_wait(void **state)
{
	struct fixture *f = offline(state);
	struct ev_packet *p;
	const struct verdict *v;

	fx_syn(f, FX_CAPTURE);
	p = fx_packet(f, false, ACK, FX_CAPTURE);
	p->tcp.tsecr = 99000;
	v = fx_expect_now(f, "timestamp-reject", CONFIDENCE_LIKELY);
	fx_says(v, "last timestamp 99000; this SYN's timestamp 88123 is older: answered with an "
		   "ACK");
}

static void test_time_wait_sequence(void **state)
{
	struct fixture *f = offline(state);
	struct ev_packet *p;

	f->tsval = 0;
	fx_syn(f, FX_CAPTURE);
	p = fx_packet(f, false, ACK, FX_CAPTURE);
	p->tcp.ack = 5000;
	fx_says(fx_expect_now(f, "time-wait-collision", CONFIDENCE_LIKELY),
		"sequence number 1829 is not after the old connection's 5000");
}

/* TIME_WAIT would take a SYN whose timestamp is newer: the old connection is open. */
static void test_still_open(void **state)
{
	struct fixture *f = offline(state);
	struct ev_packet *p;

	fx_syn(f, FX_CAPTURE);
	p = fx_packet(f, false, ACK, FX_CAPTURE);
	p->tcp.ack = 5000;
	p->tcp.tsecr = 80000;
	fx_says(fx_expect(f, "undetermined", CONFIDENCE_POSSIBLE), "is still open there");
}

/* The FIN's sequence number tells that bytes went before it. */
static void test_answer_lost(void **state)
{
	struct fixture *f = offline(state);

	connect_captured(f);
	say(f, true, "GET / HTTP/1.0\r\n\r\n");
	fx_fin(f, false, FX_CAPTURE)->tcp.seq += 40;
	fx_says(fx_expect_now(f, "healthy", CONFIDENCE_POSSIBLE), "not all of it was captured");
}

/* The host's TCP has not got it either: the application is not to blame. */
static void test_request_lost(void **state)
{
	struct fixture *f = offline(state);

	connect_captured(f);
	say(f, true, "GET / HTTP/1.0\r\n\r\n");
	fx_says(fx_expect(f, "undetermined", CONFIDENCE_POSSIBLE), "was not even acknowledged");
}

static void test_no_response(void **state)
{
	struct fixture *f = offline(state);

	connect_captured(f);
	say(f, true, "GET / HTTP/1.0\r\n\r\n");
	fx_packet(f, false, ACK, FX_CAPTURE)->tcp.ack += 18; /* of the request */
	fx_says(fx_expect(f, "app-no-response", CONFIDENCE_POSSIBLE),
		"request received, no answer within 2000 ms (whether it was accepted, packets do "
		"not tell)");
}

static void test_slow(void **state)
{
	struct fixture *f = offline(state);

	connect_captured(f);
	say(f, true, "GET / HTTP/1.0\r\n\r\n");
	fx_at(f, 3000000);
	say(f, false, "HTTP/1.0 200 OK\r\n\r\n");
	fx_play(f);
	fx_until(f, 9000000);
	fx_says(fx_verdict(f, f->n_verdicts - 1, "slow-response"), "answered 3000.0 ms after");
}

static void test_reset(void **state)
{
	struct fixture *f = offline(state);

	connect_captured(f);
	say(f, true, "GET / HTTP/1.0\r\n\r\n");
	fx_rst(f, false, FX_CAPTURE);
	fx_says(fx_expect_now(f, "reset-by-app", CONFIDENCE_LIKELY),
		"the service reset the connection after the request");
}

/* tcp_abort_on_overflow: a reset without an ACK. */
static void test_overflow_reset(void **state)
{
	struct fixture *f = offline(state);

	connect_captured(f);
	fx_packet(f, false, RST, FX_CAPTURE);
	fx_expect_now(f, "accept-queue-full", CONFIDENCE_POSSIBLE);
}

static void test_overflow_silent(void **state)
{
	struct fixture *f = offline(state);

	connect_captured(f);
	say(f, true, "GET / HTTP/1.0\r\n\r\n");
	fx_at(f, 1000000);
	fx_synack(f, FX_CAPTURE);
	fx_says(fx_expect(f, "accept-queue-full", CONFIDENCE_POSSIBLE),
		"the SYN-ACK was repeated all the same");
}

/* What this host answers to a packet before the capture began is no probe. */
static void test_answers_alone(void **state)
{
	struct fixture *f = offline(state);

	fx_udp(f);
	fx_packet(f, false, 0, FX_CAPTURE);
	fx_play(f);
	fx_until(f, 5000000);
	assert_int_equal(f->n_verdicts, 0);
}

static void test_datagrams(void **state)
{
	struct fixture *f = offline(state);

	fx_udp(f);
	fx_packet(f, true, 0, FX_CAPTURE);
	fx_expect(f, "healthy", CONFIDENCE_LIKELY);
}

static void test_port_unreachable(void **state)
{
	struct fixture *f = offline(state);

	fx_udp(f);
	fx_packet(f, true, 0, FX_CAPTURE);
	fx_icmp(f, 3, 3)->at_exit = 2;
	fx_says(fx_expect_now(f, "udp-no-listener", CONFIDENCE_POSSIBLE),
		"answered with ICMP port unreachable: nothing listens on port 80, or");
}

static void test_ping(void **state)
{
	struct fixture *f = offline(state);

	fx_echo(f);
	fx_packet(f, true, 0, FX_CAPTURE);
	fx_says(fx_expect(f, "icmp-ignored", CONFIDENCE_POSSIBLE), "not answered");
}

/* The clock is set back by an hour: the probes before are told, those after are explained. */
static void test_restart(void **state)
{
	struct fixture *f = offline(state);

	fx_at(f, 500000000);
	fx_syn(f, FX_CAPTURE);
	fx_play(f);
	corr_restart(f->corr, f->now_ns + 400 * FX_MS);
	assert_int_equal(f->n_verdicts, 1);
	assert_int_equal(f->verdicts[0].outcome, OUTCOME_UNDETERMINED);
	fx_at(f, 0);
	fx_syn(f, FX_CAPTURE);
	fx_synack(f, FX_CAPTURE);
	fx_rst(f, true, FX_CAPTURE);
	fx_play(f);
	fx_until(f, 1000000);
	fx_verdict(f, 1, "healthy");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fx_setup, fx_teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_half_open),
		TEST(test_closed),
		TEST(test_http),
		TEST(test_snipped_status),
		TEST(test_snipped_headers),
		TEST(test_snipped_handshake),
		TEST(test_answer_missed),
		TEST(test_synack_missed),
		TEST(test_status),
		TEST(test_plaintext),
		TEST(test_refused),
		TEST(test_prohibited),
		TEST(test_rejected_elsewhere),
		TEST(test_unanswered),
		TEST(test_synack_lost),
		TEST(test_copies),
		TEST(test_no_copy),
		TEST(test_time_wait),
		TEST(test_time_wait_sequence),
		TEST(test_still_open),
		TEST(test_answer_lost),
		TEST(test_request_lost),
		TEST(test_no_response),
		TEST(test_slow),
		TEST(test_reset),
		TEST(test_overflow_reset),
		TEST(test_overflow_silent),
		TEST(test_answers_alone),
		TEST(test_datagrams),
		TEST(test_port_unreachable),
		TEST(test_ping),
		TEST(test_restart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
