// SPDX-License-Identifier: GPL-2.0-only
// Unit tests of events out of order, repeated, or seen on several interfaces.
#include <string.h>

#include "fixture.h"

enum { SYN = 2, RST = 4, ACK = 16 };
enum { SHUFFLES = 200 };

static void facts(struct fixture *f)
{
	fx_listener(f, "0.0.0.0", 80, "app");
	fx_hook(f, 1, 0, HOOK_NFT, "filter", "INPUT");
	fx_addr(f, false, "eth0");
	fx_route(f, 0, FX_ETH0, "172.16.32.1");
	fx_sysctl(f, "net.core.somaxconn", 4096);
}

/* The same probe in order and in many other orders: every field of the verdicts is the same. */
static void check_shuffled(void (*script)(struct fixture *), const char *cause)
{
	struct fixture *sorted = fx_new(4096);

	facts(sorted);
	script(sorted);
	fx_play(sorted);
	fx_until(sorted, 40000000);
	fx_verdict(sorted, sorted->n_verdicts - 1, cause);
	for (unsigned int seed = 1; seed <= SHUFFLES; seed++) {
		struct fixture *f = fx_new(4096);

		facts(f);
		fx_take_events(f, sorted);
		fx_play_shuffled(f, seed);
		fx_until(f, 40000000);
		assert_int_equal(f->n_verdicts, sorted->n_verdicts);
		for (unsigned int i = 0; i < f->n_verdicts; i++)
			fx_same_verdict(&f->verdicts[i], &sorted->verdicts[i]);
		fx_free(f);
	}
	fx_free(sorted);
}

static void healthy(struct fixture *f)
{
	fx_connect(f);
	fx_request(f, "GET / HTTP/1.0\r\n\r\n");
	fx_respond(f, "HTTP/1.0 200 OK\r\n\r\n");
	fx_send(f, 1 | ACK);
	fx_fin(f, true, FX_ENTRY);
}

static void half_open(struct fixture *f)
{
	fx_deliver(f);
	fx_answer(f);
	fx_rst(f, true, FX_ENTRY);
}

static void firewall(struct fixture *f)
{
	fx_arrive(f);
	fx_icmp(f, 3, 3);
	fx_drop(f, true, SYN, "NETFILTER_DROP");
}

static void no_listener(struct fixture *f)
{
	fx_syn(f, FX_ENTRY);
	fx_no_socket(f);
	fx_syn(f, FX_PRE_FIRST);
	fx_syn(f, FX_PRE);
	fx_syn(f, FX_IN);
	fx_reset(f, SYN, "NO_SOCKET", 0);
	fx_send(f, RST | ACK);
	fx_drop(f, true, SYN, "NO_SOCKET");
}

static void time_wait(struct fixture *f)
{
	fx_syn(f, FX_ENTRY);
	fx_time_wait(f, 99000, 3, 500);
	fx_syn(f, FX_PRE);
	fx_syn(f, FX_IN);
	fx_send(f, ACK);
	fx_drop(f, true, SYN, "TCP_RFC7323_TW_PAWS");
}

/* Retransmissions, the last of which works, and another probe among them. */
static void mixed(struct fixture *f)
{
	fx_arrive(f);
	fx_drop(f, true, SYN, "NETFILTER_DROP");
	fx_port(f, 40001, 99);
	half_open(f);
	fx_port(f, 53738, 1829);
	fx_at(f, 1000000);
	fx_arrive(f);
	fx_drop(f, true, SYN, "NETFILTER_DROP");
	fx_at(f, 1500000);
	healthy(f);
}

static void test_shuffled(void **state)
{
	(void)state;
	check_shuffled(healthy, "healthy");
	check_shuffled(half_open, "healthy");
	check_shuffled(firewall, "firewall-reject");
	check_shuffled(no_listener, "no-listener");
	check_shuffled(time_wait, "timestamp-reject");
}

/* All events, then the time once: as from a file, the same verdicts. */
static void test_at_once(void **state)
{
	struct fixture *often = fx_new(4096), *f = *state;

	facts(often);
	facts(f);
	mixed(often);
	fx_take_events(f, often);
	fx_play(often);
	fx_until(often, 40000000);
	for (unsigned int i = 0; i < f->n_events; i++)
		assert_int_equal(corr_push(f->corr, f->events[i]), 0);
	assert_int_equal(f->n_verdicts, 0);
	corr_advance(f->corr, FX_START_NS + 40000 * FX_MS);
	assert_int_equal(f->n_verdicts, often->n_verdicts);
	for (unsigned int i = 0; i < f->n_verdicts; i++)
		fx_same_verdict(&f->verdicts[i], &often->verdicts[i]);
	fx_free(often);
}

static void test_shuffled_mix(void **state)
{
	(void)state;
	check_shuffled(mixed, "healthy");
}

/* What comes later than allowed is taken all the same, and does no harm. */
static void test_too_late(void **state)
{
	struct fixture *f = *state;

	fx_syn(f, FX_ENTRY);
	fx_play(f);
	corr_advance(f->corr, FX_START_NS + 1000 * FX_MS);
	fx_at(f, 5);
	fx_syn(f, FX_IN);
	fx_drop(f, true, SYN, "TCP_CSUM");
	fx_expect(f, "bad-checksum", CONFIDENCE_CERTAIN);
}

/* Each event but the SYN at entry twice, as two hooks on one path would report it. */
static void test_duplicates(void **state)
{
	struct fixture *once = fx_new(64), *f = *state;

	facts(once);
	facts(f);
	healthy(once);
	fx_take_events(f, once);
	fx_play(once);
	fx_until(once, 40000000);
	for (unsigned int i = 0; i < f->n_events; i++) {
		assert_int_equal(corr_push(f->corr, f->events[i]), 0);
		if (i)
			assert_int_equal(corr_push(f->corr, f->events[i]), 0);
	}
	fx_until(f, 40000000);
	assert_int_equal(f->n_verdicts, 1);
	assert_string_equal(f->verdicts->cause, "healthy");
	assert_int_equal(f->verdicts->syns, 1);
	assert_string_equal(f->verdicts->summary, once->verdicts->summary);
	fx_free(once);
}

/* The wire doubles the SYN: counted, and no other verdict. */
static void test_doubled_syn(void **state)
{
	struct fixture *f = *state;

	fx_syn(f, FX_ENTRY);
	fx_deliver(f);
	fx_answer(f);
	fx_rst(f, true, FX_ENTRY);
	assert_int_equal(fx_expect_now(f, "healthy", CONFIDENCE_CERTAIN)->syns, 2);
}

/* One SYN on bond member, bond, VLAN and bridge is one SYN; the first interface is the probe's. */
static void test_stacked(void **state)
{
	struct fixture *f = *state;
	const struct verdict *v;

	fx_syn(f, FX_ENTRY);
	for (uint32_t ifindex = 10; ifindex < 13; ifindex++)
		fx_syn(f, FX_ENTRY)->ifindex = ifindex;
	f->ifindex = 12;
	fx_syn(f, FX_PRE);
	fx_syn(f, FX_IN);
	fx_answer(f);
	fx_synack(f, FX_EXIT)->ifindex = FX_ETH0;
	fx_rst(f, true, FX_ENTRY)->ifindex = FX_ETH0;
	v = fx_expect_now(f, "healthy", CONFIDENCE_CERTAIN);
	assert_int_equal(v->syns, 1);
	assert_string_equal(v->interface, "eth0");
}

/* At XDP and tc of the same interface it is one SYN too. */
static void test_xdp_and_tc(void **state)
{
	struct fixture *f = *state;
	const struct verdict *v;

	for (unsigned int i = 0; i < 2; i++) {
		fx_at(f, i * 1000000);
		fx_syn(f, FX_XDP);
		fx_deliver(f);
	}
	fx_answer(f);
	fx_rst(f, true, FX_ENTRY);
	v = fx_expect_now(f, "healthy", CONFIDENCE_CERTAIN);
	assert_int_equal(v->syns, 2);
	assert_int_equal(v->first_ns, FX_START_NS);
}

/* Before any entry, each drop is a SYN. */
static void test_xdp_drops(void **state)
{
	struct fixture *f = *state;

	for (unsigned int i = 0; i < 3; i++) {
		fx_at(f, i * 100000);
		fx_drop(f, true, SYN, "XDP");
	}
	f->silent = true; /* the verdict waits for facts that do not come */
	assert_int_equal(fx_expect(f, "xdp-drop", CONFIDENCE_CERTAIN)->syns, 3);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fx_setup, fx_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shuffled),
		cmocka_unit_test(test_shuffled_mix),
		TEST(test_at_once),
		TEST(test_too_late),
		TEST(test_duplicates),
		TEST(test_doubled_syn),
		TEST(test_stacked),
		TEST(test_xdp_and_tc),
		TEST(test_xdp_drops),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
