// SPDX-License-Identifier: GPL-2.0-only
// Unit tests of what drops add to a probe's evidence.
#include <string.h>

#include "../user/probe.h"
#include "fixture.h"

enum { FIN = 1, SYN = 2, RST = 4, ACK = 16 };

/* By the kernels' names: what a drop says of a SYN, and of the packets after the SYN-ACK. */
static const struct {
	const char *reason;
	evidence_t of_syn;
	evidence_t of_ack;
} drops[] = {
	{"XDP", E(DROP_XDP), E(DROP_XDP)},
	{"TC_INGRESS", E(DROP_TC), E(DROP_TC)},
	{"IP_CSUM", E(DROP_CSUM), E(DROP_CSUM)},
	{"TCP_CSUM", E(DROP_CSUM), E(DROP_CSUM)},
	{"SKB_CSUM", E(DROP_CSUM), E(DROP_CSUM)},
	{"IP_RPFILTER", E(DROP_RPFILTER), E(DROP_RPFILTER)},
	{"IP_LOCAL_SOURCE", E(DROP_LOCAL_SOURCE), 0},
	{"OTHERHOST", E(DROP_NOT_OURS), 0},
	{"IP_INADDRERRORS", E(DROP_NOT_OURS), 0},
	{"IP_INNOROUTES", E(DROP_NOT_OURS), 0},
	{"NETFILTER_DROP", E(DROP_NETFILTER), E(DROP_NETFILTER)},
	{"NO_SOCKET", E(NO_SOCKET), 0},
	{"SOCKET_FILTER", E(DROP_SOCKET_FILTER), E(DROP_SOCKET_FILTER)},
	{"SECURITY_HOOK", E(DROP_SECURITY), E(DROP_SECURITY)},
	{"TCP_MD5NOTFOUND", E(DROP_AUTH), E(DROP_AUTH)},
	{"TCP_AOFAILURE", E(DROP_AUTH), E(DROP_AUTH)},
	{"TCP_AUTH_HDR", E(DROP_AUTH), E(DROP_AUTH)},
	{"TCP_LISTEN_OVERFLOW", E(DROP_OVERFLOW), E(DROP_OVERFLOW)},
	{"TCP_RFC7323_TW_PAWS", E(DROP_PAWS), 0},
	{"NOT_SPECIFIED", E(DROP_OTHER), 0},
	{"XDP_", E(DROP_OTHER), 0}, /* names are compared whole */
	{"TCP_MD", E(DROP_OTHER), 0},
	{"", E(DROP_OTHER), 0},
};

static void test_drops(void **state)
{
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(drops) / sizeof(drops[0]); i++) {
		struct ev_drop *d = fx_drop(f, true, SYN, drops[i].reason);

		assert_bits(fx_adds(E(ARRIVED), d, true), drops[i].of_syn);
		d->tcp.flags = ACK;
		assert_bits(fx_adds(E(ARRIVED) | E(SYNACK_MADE), d, true), drops[i].of_ack);
		assert_bits(fx_adds(E(ARRIVED), d, true), drops[i].of_ack);
		/* Once established only the loss of data matters. */
		assert_bits(fx_adds(E(ESTABLISHED), d, true), 0);
		d->tcp.payload_len = 9;
		assert_bits(fx_adds(E(ESTABLISHED), d, true), drops[i].of_ack);
		d->tcp.payload_len = 0;
		/* Once answered it changes nothing; nor does the loss of a goodbye. */
		assert_bits(fx_adds(E(RESPONSE), d, true), 0);
		d->tcp.flags = RST;
		assert_bits(fx_adds(0, d, true), 0);
		d->tcp.flags = FIN | ACK;
		assert_bits(fx_adds(0, d, true), 0);
	}
}

/* Where there is no reason, by the function that freed it. */
static void test_drop_symbols(void **state)
{
	struct fixture *f = *state;
	struct ev_drop *d = fx_drop(f, true, SYN, "NOT_SPECIFIED");

	strcpy(d->symbol, "do_xdp_generic.part.0");
	assert_bits(fx_adds(0, d, true), E(DROP_XDP));
	strcpy(d->symbol, "veth_xdp_rcv_skb");
	assert_bits(fx_adds(0, d, true), E(DROP_XDP));
	strcpy(d->symbol, "nf_queue"); /* a queue that nobody reads */
	assert_bits(fx_adds(0, d, true), E(DROP_NETFILTER) | E(DROP_QUEUE));
	strcpy(d->symbol, "tcp_v4_rcv");
	assert_bits(fx_adds(0, d, true), E(DROP_OTHER));
	strcpy(d->reason_name, "TCP_CSUM"); /* a reason goes first */
	strcpy(d->symbol, "do_xdp_generic");
	assert_bits(fx_adds(0, d, true), E(DROP_CSUM));
}

/* The drop that is kept is the one that says most; of the waypoint that this very packet passed. */
static void test_kept_drop(void **state)
{
	struct fixture *f = *state;
	struct ev_packet *entry = fx_syn(f, FX_ENTRY), *p = fx_syn(f, FX_PRE);
	struct ev_drop *d = fx_drop(f, true, SYN, "NETFILTER_DROP");
	struct ev_drop *other = fx_drop(f, true, SYN, "NOT_SPECIFIED");
	struct probe *probe;

	assert_true(entry->hdr.skb && entry->hdr.skb == p->hdr.skb);
	probe = fx_after(0, p, true);
	observe(probe, &d->hdr, true);
	assert_int_equal(probe->attempt.drop_at.priority, INT32_MAX - 1);
	observe(probe, &other->hdr, true);
	assert_string_equal(probe->attempt.drop.reason_name, "NETFILTER_DROP");
	d->hdr.skb++; /* another packet: it passed no waypoint */
	observe(probe, &d->hdr, true);
	assert_int_equal(probe->attempt.drop_at.skb, 0);
	probe_free(probe);
}

static void test_dropped_replies(void **state)
{
	struct fixture *f = *state;
	struct ev_packet *left = fx_synack(f, FX_OUT_FIRST);
	struct ev_drop *d = fx_drop(f, false, SYN | ACK, "NOT_SPECIFIED");
	struct probe *probe;

	assert_bits(fx_adds(0, d, false), E(DROP_REPLY));
	strcpy(d->reason_name, "NEIGH_QUEUEFULL");
	assert_bits(fx_adds(0, d, false), E(DROP_NEIGH));
	d->tcp.flags = ACK; /* no SYN-ACK, no data: of no consequence */
	assert_bits(fx_adds(0, d, false), 0);
	d->tcp.payload_len = 5;
	strcpy(d->reason_name, "QUEUE_PURGE"); /* a closing socket's own */
	assert_bits(fx_adds(0, d, false), 0);
	strcpy(d->reason_name, "NEIGH_QUEUEFULL");
	assert_bits(fx_adds(0, d, false), E(DROP_NEIGH));
	/* Behind the exit a driver frees without reason what it has sent. */
	strcpy(d->reason_name, "NOT_SPECIFIED");
	left->waypoint = WP_TC_EGRESS;
	probe = fx_after(0, left, false);
	observe(probe, &d->hdr, false);
	assert_false(probe->attempt.bits & E(DROP_REPLY));
	probe_free(probe);
	/* But for what a qdisc has refused. */
	probe = fx_after(0, left, false);
	strcpy(d->symbol, "kfree_skb_list");
	observe(probe, &d->hdr, false);
	assert_true(probe->attempt.bits & E(DROP_REPLY));
	probe_free(probe);
	probe = fx_after(0, left, false);
	strcpy(d->reason_name, "QDISC_DROP");
	observe(probe, &d->hdr, false);
	assert_true(probe->attempt.bits & E(DROP_REPLY));
	probe_free(probe);
}

static void test_reply_drop_place(void **state)
{
	struct fixture *f = *state;
	struct ev_packet *p = fx_synack(f, FX_OUT_FIRST);
	struct ev_drop *d = fx_drop(f, false, SYN | ACK, "NETFILTER_DROP");
	struct probe *probe;

	probe = fx_after(0, p, false);
	observe(probe, &d->hdr, false);
	assert_int_equal(probe->attempt.drop_at.hook, 3);
	assert_int_equal(probe->attempt.drop_at.priority, INT32_MIN);
	d->hdr.skb++;
	observe(probe, &d->hdr, false);
	assert_int_equal(probe->attempt.drop_at.skb, 0);
	probe_free(probe);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fx_setup, fx_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_drops),	    TEST(test_drop_symbols),	 TEST(test_kept_drop),
		TEST(test_dropped_replies), TEST(test_reply_drop_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
