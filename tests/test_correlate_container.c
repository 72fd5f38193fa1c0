// SPDX-License-Identifier: GPL-2.0-only
// Unit tests of probes that are handed on to containers of this host.
#include <stdio.h>
#include <string.h>

#include "../user/flow.h"
#include "fixture.h"
#include "sample.h"

enum { FIN = 1, SYN = 2, RST = 4, ACK = 16 };
enum { PREROUTING, INPUT, FORWARD, OUTPUT };
enum { STATE_ESTABLISHED = 1 };

static const char get[] = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
static const char id[] = "3f1c9d0a7b52";

/* A container 172.17.0.2 with port 8080 published as 80. */
static int set_up(void **state)
{
	fx_setup(state);
	fx_translate(*state, "172.17.0.2", 8080);
	return 0;
}

/* The service in the container, as it is asked for: netns is where the service's address is. */
static struct fact_listener *service(struct fixture *f, const char *comm)
{
	struct fact_listener *l = fx_listener(f, "0.0.0.0", 8080, comm);

	snprintf(l->container, sizeof(l->container), "%s", id);
	return l;
}

/* The verdict has both addresses. */
static void translated(const struct fixture *f, const struct verdict *v)
{
	assert_true(flow_equal(&v->service, &f->nat));
	assert_true(flow_equal(&v->probe, &f->flow));
}

static void test_healthy(void **state)
{
	struct fixture *f = *state;
	const struct verdict *v;

	fx_connect_container(f);
	fx_request(f, get);
	fx_respond_container(f, "HTTP/1.1 200 OK\r\n\r\n");
	fx_hand_back(f, FIN | ACK);
	fx_fin(f, true, FX_ENTRY);
	v = fx_expect_now(f, "healthy", CONFIDENCE_CERTAIN);
	translated(f, v);
	assert_string_equal(v->interface, "eth0");
	assert_int_equal(v->syns, 1);
}

static void test_no_listener(void **state)
{
	struct fixture *f = *state;
	const struct verdict *v;

	fx_hand_on(f);
	f->netns = FX_NETNS;
	fx_reset(f, SYN, "NO_SOCKET", 0);
	fx_hand_back(f, RST | ACK);
	v = fx_expect_now(f, "no-listener", CONFIDENCE_CERTAIN);
	translated(f, v);
	fx_says(v, "nothing listens on 172.17.0.2:8080 (in another network namespace), to which "
		   "netfilter redirects port 80: the probe was answered with a reset");
	fx_steps(v, "reset sent: NO_SOCKET, in another network namespace");
	assert_int_equal(f->request.netns, FX_NETNS);
	assert_true(flow_equal(&f->request.service, &f->nat));
	assert_true(flow_equal(&f->request.probe, &f->flow));
}

/* On this host it is not said to be elsewhere. */
static void test_no_listener_here(void **state)
{
	struct fixture *f = *state;
	const struct verdict *v;

	fx_syn(f, FX_ENTRY);
	fx_syn(f, FX_PRE);
	fx_syn(f, FX_IN);
	fx_reset(f, SYN, "NO_SOCKET", 0);
	fx_send(f, RST | ACK);
	v = fx_expect_now(f, "no-listener", CONFIDENCE_CERTAIN);
	fx_says_not(v, "namespace");
	assert_int_equal(f->request.netns, 0);
}

static void test_wrong_address(void **state)
{
	struct fixture *f = *state;
	const struct verdict *v;

	fx_hand_on(f);
	f->netns = FX_NETNS;
	fx_reset(f, SYN, "NO_SOCKET", 0);
	fx_hand_back(f, RST | ACK);
	fx_listener(f, "127.0.0.1", 8080, "node");
	v = fx_expect_now(f, "listener-wrong-address", CONFIDENCE_CERTAIN);
	fx_says(v, "node (pid 812) listens on 127.0.0.1:8080 only");
	fx_fixes(v, "make node listen on 172.17.0.2:8080 or on 0.0.0.0:8080");
}

static void test_reset_by_app(void **state)
{
	struct fixture *f = *state;
	const struct verdict *v;

	fx_connect_container(f);
	fx_request(f, get);
	fx_reset(f, 0, "TCP_ABORT_ON_LINGER", STATE_ESTABLISHED)->active = 1;
	fx_hand_back(f, RST | ACK);
	service(f, "node");
	v = fx_expect_now(f, "reset-by-app", CONFIDENCE_CERTAIN);
	translated(f, v);
	fx_says(v, "node (pid 812, container 3f1c9d0a7b52) reset the connection after the request");
	fx_steps(v, "closed with a reset: TCP_ABORT_ON_LINGER, socket in ESTABLISHED, in another "
		    "network namespace");
	fx_steps(v, "SYN_RECV -> ESTABLISHED, in another network namespace");
}

static void test_closed(void **state)
{
	struct fixture *f = *state;
	const struct verdict *v;

	fx_connect_container(f);
	fx_request(f, get);
	fx_hand_back(f, FIN | ACK);
	service(f, "node");
	v = fx_expect_now(f, "closed-without-response", CONFIDENCE_CERTAIN);
	fx_fixes_not(v, "docker ps");
}

/* The process that stands in for the container answers for it. */
static void test_closed_by_proxy(void **state)
{
	struct fixture *f = fx_new(16);

	(void)state;
	fx_connect(f);
	fx_request(f, get);
	fx_send(f, FIN | ACK);
	fx_listener(f, "0.0.0.0", 80, "docker-proxy");
	fx_fixes(fx_expect_now(f, "closed-without-response", CONFIDENCE_CERTAIN),
		 "docker-proxy hands connections on to a container: is the service in it up?");
	fx_free(f);
}

static void test_no_response(void **state)
{
	struct fixture *f = *state;

	fx_connect_container(f);
	fx_request(f, get);
	snprintf(fx_conn(f, "node", 0)->container, FACT_CONTAINER_LEN, "%s", id);
	fx_says(fx_expect(f, "app-no-response", CONFIDENCE_CERTAIN),
		"node (pid 813, container 3f1c9d0a7b52) has not answered");
}

/* Not allowed to look into the container: the connection may as well wait for accept(). */
static void test_no_response_unknown(void **state)
{
	struct fixture *f = *state;

	f->lacking = NEED_CONN;
	fx_connect_container(f);
	fx_request(f, get);
	fx_expect(f, "app-no-response", CONFIDENCE_POSSIBLE);
}

static void test_http_status(void **state)
{
	struct fixture *f = *state;
	const struct verdict *v;

	fx_connect_container(f);
	fx_request(f, get);
	fx_at(f, 700000);
	fx_respond_container(f, "HTTP/1.1 500 x\r\n\r\n");
	service(f, "node");
	v = fx_expect_now(f, "http-status", CONFIDENCE_CERTAIN);
	fx_fixes(v, "ss -lnt sport = :8080");
}

static void drop_in_container(struct fixture *f, const char *chain)
{
	struct fact_hook *h;

	fx_hand_on(f);
	f->netns = FX_NETNS;
	fx_drop(f, true, SYN, "NETFILTER_DROP");
	h = fx_hook(f, INPUT, 0, HOOK_NFT, "filter", chain);
	h->policy_drop = !strcmp(chain, "INPUT");
	service(f, "node");
}

/* In there are no waypoints: the place follows from the chains that there are. */
static void test_firewall(void **state)
{
	struct fixture *f = *state;
	const struct verdict *v;

	drop_in_container(f, "INPUT");
	v = fx_expect_now(f, "firewall-drop", CONFIDENCE_LIKELY);
	translated(f, v);
	fx_says(v, "dropped by the firewall in INPUT");
	fx_says(v, "table ip filter, base chain INPUT (a rule, or its policy drop)");
	assert_string_equal(v->rule.hook, "INPUT");
	assert_string_equal(v->rule.table, "filter");
	fx_fixes(v, "nsenter -t 812 -n iptables -I INPUT -s 100.64.1.10 -p tcp --dport 8080 -j "
		    "ACCEPT");
	assert_int_equal(f->request.netns, FX_NETNS);
	fx_steps(v, "dropped: NETFILTER_DROP, in another network namespace");
}

static void test_firewall_nft(void **state)
{
	struct fixture *f = *state;
	const struct verdict *v;

	drop_in_container(f, "mine");
	v = fx_expect_now(f, "firewall-drop", CONFIDENCE_LIKELY);
	fx_fixes(v, "nsenter -t 812 -n nft insert rule ip filter mine ip saddr 100.64.1.10 tcp "
		    "dport 8080 accept");
}

/* Its rules see the address that the prober's was translated to. */
static void test_firewall_masqueraded(void **state)
{
	struct fixture *f = *state;
	const struct verdict *v;

	sample_address(f->nat.saddr, "172.17.0.1");
	drop_in_container(f, "mine");
	v = fx_expect_now(f, "firewall-drop", CONFIDENCE_LIKELY);
	fx_fixes(v, "ip saddr 172.17.0.1 tcp dport 8080 accept");
}

static void test_reply_dropped(void **state)
{
	struct fixture *f = *state;
	const struct verdict *v;

	fx_hand_on(f);
	f->netns = FX_NETNS;
	fx_drop(f, false, SYN | ACK, "NETFILTER_DROP");
	fx_hook(f, OUTPUT, 0, HOOK_NFT, "filter", "mine");
	v = fx_expect_now(f, "reply-dropped", CONFIDENCE_LIKELY);
	assert_string_equal(v->rule.hook, "OUTPUT");
	fx_fixes(v, "nsenter -t PID -n nft insert rule ip filter mine ip daddr 100.64.1.10 tcp "
		    "sport 8080 accept");
}

/* Here, on the way to it, nobody has to enter anything. */
static void test_firewall_forward(void **state)
{
	struct fixture *f = *state;
	const struct verdict *v;

	fx_syn(f, FX_ENTRY);
	fx_syn(f, FX_PRE_FIRST);
	fx_syn(f, FX_PRE);
	fx_drop(f, true, SYN, "NETFILTER_DROP");
	fx_hook(f, FORWARD, 0, HOOK_NFT, "filter", "FORWARD");
	fx_addr(f, false, NULL);
	service(f, "node");
	v = fx_expect_now(f, "firewall-drop", CONFIDENCE_CERTAIN);
	fx_says_not(v, "namespace");
	assert_string_equal(v->rule.hook, "FORWARD");
	fx_fixes(v, "iptables -I FORWARD -s 100.64.1.10 -p tcp --dport 8080 -j ACCEPT");
	fx_fixes_not(v, "nsenter");
}

static void test_accept_queue(void **state)
{
	struct fixture *f = *state;
	struct fact_listener *l;
	const struct verdict *v;

	fx_hand_on(f);
	l = service(f, "node");
	l->limit = 4;
	l->backlog = 5;
	fx_sysctl(f, "net.core.somaxconn", 4096);
	v = fx_expect(f, "accept-queue-full", CONFIDENCE_LIKELY);
	translated(f, v);
	fx_says(v, "accept queue of node (pid 812, container 3f1c9d0a7b52) full: backlog 5, limit "
		   "4 (somaxconn 4096)");
}

/* Full to the last place is not over it: one more is taken. */
static void test_accept_queue_room(void **state)
{
	struct fixture *f = *state;
	struct fact_listener *l;

	fx_hand_on(f);
	l = service(f, "node");
	l->limit = l->backlog = 4;
	fx_expect(f, "undetermined", CONFIDENCE_POSSIBLE);
}

static void test_gone(void **state)
{
	struct fixture *f = *state;
	const struct verdict *v;

	fx_hand_on(f);
	fx_at(f, 1000000);
	fx_drop(f, true, SYN, "NEIGH_FAILED")->ifindex = FX_BRIDGE;
	v = fx_expect_now(f, "neighbour-failed", CONFIDENCE_CERTAIN);
	translated(f, v);
	fx_says(v, "the probe could not be handed on to 172.17.0.2:8080: next hop 172.17.0.2 on "
		   "docker0 does not answer ARP");
	fx_says_not(v, "SYN-ACK");
	fx_fixes(v, "ip neigh show 172.17.0.2");
}

/* Each of these events says where it was. */
static void test_evidence(void **state)
{
	struct fixture *f = *state;

	for (f->netns = 0; f->netns <= FX_NETNS; f->netns += FX_NETNS) {
		const evidence_t where = f->netns ? E(ELSEWHERE) : 0;

		assert_bits(fx_adds(0, fx_state(f, 3, 1), true) & E(ELSEWHERE), where);
		assert_bits(fx_adds(0, fx_reset(f, SYN, "NO_SOCKET", 0), true) & E(ELSEWHERE),
			    where);
		assert_bits(fx_adds(0, fx_drop(f, true, SYN, "x"), true) & E(ELSEWHERE), where);
		assert_bits(fx_adds(0, fx_drop(f, false, SYN | ACK, "x"), false) & E(ELSEWHERE),
			    where);
	}
}

/* It would take the probe, on its own address and device, whatever the host's are. */
static void test_started_since(void **state)
{
	struct fixture *f = *state;
	struct fact_listener *l;

	fx_hand_on(f);
	f->netns = FX_NETNS;
	fx_reset(f, SYN, "NO_SOCKET", 0);
	fx_hand_back(f, RST | ACK);
	l = fx_listener(f, "172.17.0.2", 8080, "node");
	l->bound_ifindex = 77;
	fx_says(fx_expect_now(f, "no-listener", CONFIDENCE_CERTAIN),
		"(node (pid 812) listens by now)");
}

/* In the container all is translated already; and it is its own service that is entered. */
static void test_firewall_raw(void **state)
{
	struct fixture *f = *state;
	struct fact_listener *other;

	fx_hand_on(f);
	f->netns = FX_NETNS;
	fx_drop(f, true, SYN, "NETFILTER_DROP");
	fx_hook(f, PREROUTING, -300, HOOK_NFT, "raw", "mine");
	other = fx_listener(f, "0.0.0.0", 8080, "other");
	other->netns = FX_NETNS + 1;
	other->pid = 66;
	service(f, "node");
	fx_fixes(fx_expect_now(f, "firewall-drop", CONFIDENCE_LIKELY),
		 "nsenter -t 812 -n nft insert rule ip raw mine ip saddr 100.64.1.10 tcp dport "
		 "8080 accept");
}

/* An address that is translated need not be this host's to be for it. */
static void test_unanswered(void **state)
{
	struct fixture *f = *state;

	fx_hand_on(f);
	fx_addr(f, false, NULL);
	fx_expect(f, "undetermined", CONFIDENCE_POSSIBLE);
}

/* The host has an INPUT and a table filter too. */
static void test_firewall_words(void **state)
{
	struct fixture *f = *state;
	const struct verdict *v;

	drop_in_container(f, "INPUT");
	v = fx_expect_now(f, "firewall-drop", CONFIDENCE_LIKELY);
	fx_says(v, "namespace");
	fx_fixes(v, "nsenter -t 812 -n iptables -t filter -nvL");
}

/* Translated, and dropped before it could leave. */
static void not_handed_on(struct fixture *f, const char *reason, int64_t ip_forward)
{
	fx_syn(f, FX_ENTRY);
	fx_no_socket(f);
	fx_syn(f, FX_PRE_FIRST);
	fx_syn(f, FX_PRE);
	fx_drop(f, true, SYN, reason);
	fx_sysctl(f, "net.ipv4.ip_forward", ip_forward);
}

/* Its rules outlived the container: the probe's own address is not what is wrong. */
static void test_no_route_to_container(void **state)
{
	struct fixture *f = *state;
	const struct verdict *v;

	not_handed_on(f, "IP_INNOROUTES", 1);
	v = fx_expect_now(f, "not-for-us", CONFIDENCE_CERTAIN);
	fx_says(v, "translated to 172.17.0.2:8080, to which there is no way from here");
	fx_fixes(v, "ip route get 172.17.0.2");
	fx_fixes_not(v, "ip addr add");
}

static void test_no_forwarding(void **state)
{
	struct fixture *f = *state;
	const struct verdict *v;

	not_handed_on(f, "IP_INADDRERRORS", 0);
	v = fx_expect_now(f, "not-for-us", CONFIDENCE_CERTAIN);
	fx_says(v, "this host does not forward");
	fx_fixes(v, "sysctl -w net.ipv4.ip_forward=1");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, fx_teardown)
#define HERE(name) cmocka_unit_test_setup_teardown(name, fx_setup, fx_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_firewall_words), TEST(test_firewall_raw),
		TEST(test_unanswered),	   TEST(test_evidence),
		TEST(test_started_since),  TEST(test_healthy),
		TEST(test_no_listener),	   HERE(test_no_listener_here),
		TEST(test_wrong_address),  TEST(test_reset_by_app),
		TEST(test_closed),	   cmocka_unit_test(test_closed_by_proxy),
		TEST(test_no_response),	   TEST(test_no_response_unknown),
		TEST(test_http_status),	   TEST(test_firewall),
		TEST(test_firewall_nft),   TEST(test_firewall_masqueraded),
		TEST(test_reply_dropped),  TEST(test_firewall_forward),
		TEST(test_accept_queue),   TEST(test_accept_queue_room),
		TEST(test_gone),	   TEST(test_no_route_to_container),
		TEST(test_no_forwarding),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
