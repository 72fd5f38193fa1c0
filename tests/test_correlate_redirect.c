// SPDX-License-Identifier: GPL-2.0-only
// Unit tests of probes that netfilter redirects (DNAT, REDIRECT).
#include <string.h>

#include "../user/firewall.h"
#include "fixture.h"
#include "sample.h"

enum { SYN = 2, RST = 4, ACK = 16 };
enum { PREROUTING, INPUT, FORWARD, OUTPUT, POSTROUTING };

static void redirect(struct ev_packet *p, const char *addr, uint16_t port)
{
	p->nat = p->flow;
	p->nat.dport = port;
	sample_address(p->nat.daddr, addr);
}

/* The SYN through PREROUTING, where it is redirected. */
static void arrive(struct fixture *f, const char *addr, uint16_t port)
{
	fx_syn(f, FX_ENTRY);
	fx_no_socket(f);
	fx_syn(f, FX_PRE_FIRST);
	redirect(fx_syn(f, FX_PRE), addr, port);
}

static void refuse(struct fixture *f, const char *addr, uint16_t port)
{
	arrive(f, addr, port);
	redirect(fx_syn(f, FX_IN), addr, port);
	fx_reset(f, SYN, "NO_SOCKET", 0);
	fx_send(f, RST | ACK);
}

static void test_no_listener(void **state)
{
	struct fixture *f = *state;
	const struct verdict *v;

	refuse(f, "172.16.32.15", 8080);
	v = fx_expect_now(f, "no-listener", CONFIDENCE_CERTAIN);
	fx_says(v, "nothing listens on 172.16.32.15:8080, to which netfilter redirects port 80");
}

static void test_no_listener_v6(void **state)
{
	struct fixture *f = *state;
	const struct verdict *v;

	fx_v6(f);
	refuse(f, "fd00::16", 8080);
	v = fx_expect_now(f, "no-listener", CONFIDENCE_CERTAIN);
	fx_says(v, "nothing listens on [fd00::16]:8080, to which netfilter redirects port 80");
}

/* Another attempt need not be redirected: it is told anew. */
static void test_not_redirected(void **state)
{
	struct fixture *f = *state;

	arrive(f, "172.16.32.15", 8080);
	fx_at(f, 1000000);
	fx_arrive(f);
	fx_syn(f, FX_IN);
	fx_reset(f, SYN, "NO_SOCKET", 0);
	fx_send(f, RST | ACK);
	fx_says(fx_expect_now(f, "no-listener", CONFIDENCE_CERTAIN), "nothing listens on port 80:");
}

static void test_input(void **state)
{
	struct fixture *f = *state;
	const struct verdict *v;

	fx_hook(f, INPUT, 0, HOOK_NFT, "filter", "INPUT");
	fx_addr(f, false, "eth0");
	arrive(f, "172.16.32.15", 8080);
	fx_drop(f, true, SYN, "NETFILTER_DROP");
	v = fx_expect_now(f, "firewall-drop", CONFIDENCE_CERTAIN);
	fx_fixes(v, "iptables -I INPUT -s 100.64.1.10 -p tcp --dport 8080 -j ACCEPT");
}

/* The ACK, before it is redirected in its turn. */
static void test_raw(void **state)
{
	struct fixture *f = *state;
	const struct verdict *v;

	fx_hook(f, PREROUTING, -300, HOOK_NFT, "raw", "PREROUTING");
	arrive(f, "172.16.32.15", 8080);
	fx_syn(f, FX_IN);
	fx_answer(f);
	fx_ack(f, FX_ENTRY);
	fx_ack(f, FX_PRE_FIRST);
	fx_drop(f, true, ACK, "NETFILTER_DROP");
	v = fx_expect_now(f, "firewall-drop", CONFIDENCE_CERTAIN);
	fx_says(v, "the prober's ACK, after the SYN-ACK");
	fx_fixes(v, "iptables -t raw -I PREROUTING -s 100.64.1.10 -p tcp --dport 80 -j ACCEPT");
}

/* The port in the fix for a chain there, of a probe to port 80 that goes to 8080. */
static void fix_there(uint8_t pf, uint8_t hook, int32_t priority, const char *port)
{
	struct fixture *f = fx_new(16);
	struct fact_hook *h = fx_hook(f, hook, priority, HOOK_NFT, "mine", "chain");
	struct firewall_place place = {.hook = "", .entry = h, .candidates = 1};
	struct probe *probe = fx_with_facts(f);
	char fix[200], wanted[32];

	h->pf = pf;
	probe->attempt.nat = f->flow;
	probe->attempt.nat.dport = 8080;
	assert_true(firewall_fix(probe, &place, false, fix, sizeof(fix)));
	snprintf(wanted, sizeof(wanted), "tcp dport %s accept", port);
	if (!strstr(fix, wanted))
		fail_msg("hook %u priority %d: %s", hook, priority, fix);
	probe_free(probe);
	fx_free(f);
}

/* Destinations are rewritten at priority -100 of PREROUTING; a device's chains are before that. */
static void test_ports(void **state)
{
	fix_there(2, PREROUTING, -300, "80");
	fix_there(2, PREROUTING, -150, "80");
	fix_there(2, PREROUTING, -100, "80");
	fix_there(2, PREROUTING, -99, "8080");
	fix_there(2, PREROUTING, 0, "8080");
	fix_there(2, INPUT, -150, "8080");
	fix_there(2, INPUT, 0, "8080");
	fix_there(10, INPUT, 0, "8080");
	fix_there(2, FORWARD, 0, "8080");
	fix_there(5, 0, 0, "80");
	(void)state;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fx_setup, fx_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_no_listener),
		TEST(test_no_listener_v6),
		TEST(test_not_redirected),
		TEST(test_input),
		TEST(test_raw),
		TEST(test_ports),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
