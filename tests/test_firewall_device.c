// SPDX-License-Identifier: GPL-2.0-only
// Unit tests of drops at a device, in a bridge, and of long packets, which pass no waypoints.
#include <string.h>

#include "../user/firewall.h"
#include "fixture.h"

enum { SYN = 2, ACK = 16 };
enum { PREROUTING, INPUT, FORWARD, OUTPUT, POSTROUTING };
enum { PF_NETDEV = 5, BRIDGE = 20 };

static const char get[] = "GET /health HTTP/1.1\r\nHost: x\r\n\r\n";

/* A chain that drops at a device's ingress. */
static void device_chain(struct fixture *f, const char *table)
{
	struct fact_hook *h = fx_hook(f, 0, 0, HOOK_NFT, table, "in");

	h->pf = PF_NETDEV;
	strcpy(h->family, "netdev");
}

/* br_netfilter: PREROUTING at the bridge's port, then the bridge itself is entered. */
static void through_bridge(struct fixture *f)
{
	struct ev_packet *first, *p;

	fx_link(f, FX_ETH0, "eth0", BRIDGE);
	fx_link(f, BRIDGE, "br0", 0);
	fx_addr(f, false, "br0");
	first = fx_syn(f, FX_ENTRY);
	fx_listen(f, 0, FX_BACKLOG);
	fx_syn(f, FX_PRE_FIRST);
	fx_syn(f, FX_PRE);
	p = fx_syn(f, FX_ENTRY);
	p->ifindex = BRIDGE;
	p->hdr.skb = f->skb[1] = first->hdr.skb;
}

static void test_reentered_device(void **state)
{
	struct fixture *f = *state;
	const struct verdict *v;

	through_bridge(f);
	fx_drop(f, true, SYN, "NETFILTER_DROP");
	fx_hook(f, INPUT, 0, HOOK_NFT, "filter", "INPUT");
	device_chain(f, "dev");
	v = fx_expect_now(f, "firewall-drop", CONFIDENCE_CERTAIN);
	fx_says(v, "in INGRESS, table netdev dev, base chain in");
	assert_string_equal(v->rule.hook, "INGRESS");
	assert_string_equal(v->interface, "eth0");
	assert_int_equal(v->syns, 1);
}

/* No chain at the device: it went on to INPUT. */
static void test_reentered_input(void **state)
{
	struct fixture *f = *state;
	const struct verdict *v;

	through_bridge(f);
	fx_drop(f, true, SYN, "NETFILTER_DROP");
	fx_hook(f, INPUT, 0, HOOK_NFT, "filter", "INPUT");
	v = fx_expect_now(f, "firewall-drop", CONFIDENCE_CERTAIN);
	fx_says(v, "in INPUT, table ip filter, base chain INPUT");
}

/* Past PREROUTING and without another device, a device's chain cannot have done it. */
static void test_not_reentered(void **state)
{
	struct fixture *f = *state;

	device_chain(f, "dev");
	fx_hook(f, INPUT, 0, HOOK_NFT, "filter", "INPUT");
	fx_addr(f, false, "eth0");
	fx_arrive(f);
	fx_drop(f, true, SYN, "NETFILTER_DROP");
	fx_says(fx_expect_now(f, "firewall-drop", CONFIDENCE_CERTAIN), "in INPUT, table ip filter");
}

/* One waypoint after the second device settles it again. */
static void test_reentered_and_seen(void **state)
{
	struct fixture *f = *state;

	through_bridge(f);
	fx_syn(f, FX_PRE);
	fx_drop(f, true, SYN, "NETFILTER_DROP");
	fx_hook(f, INPUT, 0, HOOK_NFT, "filter", "INPUT");
	device_chain(f, "dev");
	fx_says(fx_expect_now(f, "firewall-drop", CONFIDENCE_CERTAIN), "in INPUT, table ip filter");
}

/* Seen at the port only, and no chain of the IP layer or the device: the bridge's own rules. */
static void at_port(struct fixture *f)
{
	fx_link(f, FX_ETH0, "eth0", BRIDGE);
	fx_link(f, BRIDGE, "br0", 0);
	fx_syn(f, FX_ENTRY);
	fx_listen(f, 0, FX_BACKLOG);
	fx_drop(f, true, SYN, "NETFILTER_DROP");
}

static void test_bridge(void **state)
{
	struct fixture *f = *state;
	const struct verdict *v;

	at_port(f);
	fx_hook(f, INPUT, 0, HOOK_NFT, "filter", "INPUT"); /* not that far */
	v = fx_expect_now(f, "firewall-drop", CONFIDENCE_CERTAIN);
	fx_says(v, "dropped by the firewall on the bridge, before it reached this host's IP layer");
	fx_fixes(v, "nft list ruleset bridge; ebtables-save");
	assert_int_equal(v->n_fix, 1);
	assert_false(v->rule.known);
	assert_string_equal(v->rule.hook, "");
}

/* A chain at the port accounts for it. */
static void test_bridge_port_chain(void **state)
{
	struct fixture *f = *state;

	at_port(f);
	device_chain(f, "port");
	fx_says(fx_expect_now(f, "firewall-drop", CONFIDENCE_CERTAIN), "in INGRESS, table netdev");
}

/* A module's function may have: the bridge is the better guess. */
static void test_bridge_module(void **state)
{
	struct fixture *f = *state;

	at_port(f);
	fx_hook(f, 0, 0, HOOK_OTHER, "", "")->pf = PF_NETDEV;
	fx_says(fx_expect_now(f, "firewall-drop", CONFIDENCE_CERTAIN), "on the bridge");
}

/* The bridge was seen: what nobody accounts for stays in the hook. */
static void test_bridge_seen(void **state)
{
	struct fixture *f = *state;

	through_bridge(f);
	fx_drop(f, true, SYN, "NETFILTER_DROP");
	fx_says(fx_expect_now(f, "firewall-drop", CONFIDENCE_CERTAIN), "firewall in INPUT");
}

/* The request passes no waypoints: the hook follows from the chain, and is likely at best. */
static const struct verdict *drop_request(struct fixture *f)
{
	fx_connect(f);
	fx_request(f, get);
	fx_drop(f, true, ACK, "NETFILTER_DROP")->tcp.payload_len = sizeof(get) - 1;
	return fx_expect_now(f, "firewall-drop", CONFIDENCE_LIKELY);
}

static void test_request(void **state)
{
	struct fixture *f = *state;
	const struct verdict *v;

	fx_hook(f, OUTPUT, 0, HOOK_NFT, "filter", "OUTPUT"); /* not on its way */
	fx_hook(f, INPUT, 0, HOOK_NFT, "filter", "INPUT");
	v = drop_request(f);
	fx_says(v, "in INPUT, table ip filter, base chain INPUT");
	fx_says(v, "(the prober's request, after the handshake)");
	fx_fixes(v, "iptables -I INPUT -s 100.64.1.10 -p tcp --dport 80 -j ACCEPT");
	assert_string_equal(v->rule.hook, "INPUT");
}

/* The response too. */
static void test_response(void **state)
{
	struct fixture *f = *state;
	const struct verdict *v;
	struct ev_drop *d;

	fx_hook(f, INPUT, 0, HOOK_NFT, "filter", "INPUT");
	fx_hook(f, OUTPUT, 0, HOOK_NFT, "filter", "OUTPUT");
	fx_connect(f);
	fx_request(f, get);
	d = fx_drop(f, false, ACK, "NETFILTER_DROP");
	d->tcp.payload_len = 100;
	d->hdr.skb++; /* none that a waypoint saw */
	v = fx_expect_now(f, "reply-dropped", CONFIDENCE_LIKELY);
	fx_says(v, "the response was dropped on its way out: by the firewall in OUTPUT");
	fx_fixes(v, "iptables -I OUTPUT -d 100.64.1.10 -p tcp --sport 80 -j ACCEPT");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fx_setup, fx_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_reentered_device), TEST(test_reentered_input),
		TEST(test_not_reentered),    TEST(test_reentered_and_seen),
		TEST(test_bridge),	     TEST(test_bridge_port_chain),
		TEST(test_bridge_module),    TEST(test_bridge_seen),
		TEST(test_request),	     TEST(test_response),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
