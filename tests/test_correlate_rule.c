// SPDX-License-Identifier: GPL-2.0-only
// Unit tests of verdicts that name the rule: which of several, its words, its owner, the fix.
#include <string.h>

#include "fixture.h"

enum { PREROUTING, INPUT, FORWARD, OUTPUT, POSTROUTING };
enum { SYN = 2, ACK = 16 };

/* Dropped between PREROUTING and the end of INPUT, where a chain with a drop is. */
static void dropped(struct fixture *f)
{
	fx_addr(f, false, "eth0");
	fx_hook(f, INPUT, 0, HOOK_NFT, "filter", "INPUT");
	fx_arrive(f);
	fx_drop(f, true, SYN, "NETFILTER_DROP");
}

static const struct verdict *expect(struct fixture *f, enum confidence confidence)
{
	const struct verdict *v = fx_expect_now(f, "firewall-drop", confidence);

	assert_true(v->rule.known);
	return v;
}

static void test_traced(void **state)
{
	struct fixture *f = *state;
	const struct verdict *v;

	dropped(f);
	strcpy(fx_rule(f, INPUT, RULE_TRACED, "filter", "INPUT", "CLOUDSEC", 2, 12)->text,
	       "-A CLOUDSEC -s 100.64.0.0/10 -j DROP");
	v = expect(f, CONFIDENCE_CERTAIN);
	assert_string_equal(v->rule.backend, "nft");
	assert_string_equal(v->rule.table, "filter");
	assert_string_equal(v->rule.chain, "CLOUDSEC");
	assert_string_equal(v->rule.hook, "INPUT");
	assert_string_equal(v->rule.text, "-A CLOUDSEC -s 100.64.0.0/10 -j DROP");
	assert_int_equal(v->rule.number, 2);
	assert_int_equal(v->rule.handle, 12);
	assert_null(v->rule.owner);
	fx_says(v,
		"dropped by the firewall in INPUT, table ip filter, chain CLOUDSEC (from INPUT), "
		"rule 2");
	fx_fixes(v, "iptables -I INPUT -s 100.64.1.10 -p tcp --dport 80 -j ACCEPT");
	assert_true(f->request.needs & NEED_RULE);
	assert_int_equal(f->request.tcp.seq, f->isn);
	assert_false(f->request.is_reply);
}

/* What the kernel named counts even where the waypoints left other places open. */
static void test_traced_elsewhere(void **state)
{
	struct fixture *f = *state;
	const struct verdict *v;

	dropped(f);
	fx_hook(f, INPUT, 10, HOOK_NFT, "other", "in");
	fx_rule(f, INPUT, RULE_POSSIBLE, "filter", "INPUT", "INPUT", 1, 5);
	fx_rule(f, INPUT, RULE_TRACED, "other", "in", "in", 7, 9);
	v = expect(f, CONFIDENCE_CERTAIN);
	assert_string_equal(v->rule.table, "other");
	assert_int_equal(v->rule.number, 7);
}

static void test_policy(void **state)
{
	struct fixture *f = *state;
	struct fact_rule *r;
	const struct verdict *v;

	dropped(f);
	r = fx_rule(f, INPUT, RULE_TRACED, "filter", "INPUT", "INPUT", 0, 0);
	r->verdict = RULE_POLICY;
	strcpy(r->via, "ufw-track-input");
	v = expect(f, CONFIDENCE_CERTAIN);
	fx_says(v, "table ip filter, policy drop of base chain INPUT, made by ufw");
	assert_int_equal(v->rule.number, -1);
	assert_int_equal(v->rule.handle, -1);
	assert_string_equal(v->fix[0],
			    "ufw prepend allow proto tcp from 100.64.1.10 to any port 80");
}

/* Counters may leave several: none is the one. */
static void test_several(void **state)
{
	struct fixture *f = *state;
	const struct verdict *v;

	dropped(f);
	fx_rule(f, INPUT, RULE_COUNTED, "filter", "INPUT", "a", 1, 0);
	fx_rule(f, INPUT, RULE_COUNTED, "filter", "INPUT", "b", 2, 0);
	v = expect(f, CONFIDENCE_POSSIBLE);
	fx_says(v, "base chain INPUT: one of 2 rules that match and have counted");
	assert_int_equal(v->rule.number, -1);
	assert_string_equal(v->rule.chain, "INPUT");
}

static void test_counted(void **state)
{
	struct fixture *f = *state;
	struct fact_rule *r;
	const struct verdict *v;

	dropped(f);
	r = fx_rule(f, INPUT, RULE_COUNTED, "filter", "INPUT", "INPUT", 3, 0);
	r->backend = HOOK_IPTABLES_LEGACY;
	/* Another hook's rule counted too, for other traffic: the packet was past it. */
	fx_rule(f, PREROUTING, RULE_COUNTED, "raw", "PREROUTING", "PREROUTING", 1, 0);
	v = expect(f, CONFIDENCE_CERTAIN);
	assert_string_equal(v->rule.backend, "iptables-legacy");
	assert_int_equal(v->rule.number, 3);
	fx_fixes(v, "iptables-legacy -I INPUT -s 100.64.1.10 -p tcp --dport 80 -j ACCEPT");
}

/* The only one that could have, in the only chain there. */
static void test_possible(void **state)
{
	struct fixture *f = *state;

	dropped(f);
	fx_rule(f, INPUT, RULE_POSSIBLE, "filter", "INPUT", "INPUT", 1, 5);
	assert_int_equal(expect(f, CONFIDENCE_CERTAIN)->rule.number, 1);
}

static void test_possible_among_chains(void **state)
{
	struct fixture *f = *state;

	dropped(f);
	fx_hook(f, INPUT, 10, HOOK_NFT, "other", "in");
	fx_rule(f, INPUT, RULE_POSSIBLE, "filter", "INPUT", "INPUT", 1, 5);
	assert_int_equal(expect(f, CONFIDENCE_LIKELY)->rule.number, 1);
}

static void test_set(void **state)
{
	struct fixture *f = *state;
	struct fact_rule *r;
	const struct verdict *v;

	dropped(f);
	r = fx_rule(f, INPUT, RULE_TRACED, "filter", "INPUT", "INPUT", 4, 8);
	strcpy(r->set, "blocked");
	strcpy(r->element, "100.64.0.0/10");
	v = expect(f, CONFIDENCE_CERTAIN);
	fx_says(v, "chain INPUT, rule 4, 100.64.0.0/10 is in set blocked");
	assert_string_equal(v->rule.set, "blocked");
	assert_string_equal(v->rule.element, "100.64.0.0/10");
}

/* A list of those that are let in. */
static void test_not_in_set(void **state)
{
	struct fixture *f = *state;
	struct fact_rule *r;

	dropped(f);
	r = fx_rule(f, INPUT, RULE_TRACED, "filter", "INPUT", "INPUT", 4, 8);
	strcpy(r->set, "friends");
	strcpy(r->text, "ip saddr != @friends tcp dport 80 drop");
	fx_says(expect(f, CONFIDENCE_CERTAIN), "rule 4, the probe is not in set friends");
}

/* A rule of one's own would not make pods. */
static void test_no_endpoints(void **state)
{
	struct fixture *f = *state;
	struct fact_rule *r;
	const struct verdict *v;

	dropped(f);
	r = fx_rule(f, INPUT, RULE_TRACED, "filter", "INPUT", "KUBE-EXTERNAL-SERVICES", 1, 8);
	r->verdict = RULE_REJECT;
	strcpy(r->text, "--comment \"default/web has no endpoints\" -j REJECT");
	v = fx_expect_now(f, "firewall-reject", CONFIDENCE_CERTAIN);
	assert_string_equal(v->rule.owner, "kube-proxy");
	fx_fixes(v, "no ready pod");
	fx_fixes_not(v, "iptables -I INPUT");
}

static void owned(struct fixture *f, const char *table, const char *chain, const char *owner,
		  const char *fix)
{
	const struct verdict *v;

	dropped(f);
	fx_rule(f, INPUT, RULE_TRACED, table, "INPUT", chain, 1, 8);
	v = expect(f, CONFIDENCE_CERTAIN);
	assert_string_equal(v->rule.owner, owner);
	fx_fixes(v, fix);
}

static void test_firewalld(void **state)
{
	owned(*state, "firewalld", "filter_IN_public", "firewalld",
	      "firewall-cmd --add-rich-rule='rule family=\"ipv4\" source address=\"100.64.1.10\" "
	      "port port=\"80\" protocol=\"tcp\" accept'");
}

static void test_tailscale(void **state)
{
	owned(*state, "filter", "ts-input", "Tailscale", "tailscale set --netfilter-mode=nodivert");
}

static void test_fail2ban(void **state)
{
	owned(*state, "filter", "f2b-nginx", "fail2ban",
	      "fail2ban-client unban 100.64.1.10; fail2ban-client set nginx addignoreip "
	      "100.64.1.10");
}

static void test_docker(void **state)
{
	owned(*state, "filter", "DOCKER-ISOLATION-STAGE-2", "Docker",
	      "iptables -I DOCKER-USER -s 100.64.1.10 -p tcp --dport 80 -j ACCEPT");
}

static void test_queue(void **state)
{
	struct fixture *f = *state;
	struct fact_rule *r;
	const struct verdict *v;

	dropped(f);
	r = fx_rule(f, INPUT, RULE_TRACED, "filter", "INPUT", "INPUT", 1, 8);
	r->verdict = RULE_QUEUE;
	r->queue = 7;
	v = fx_expect_now(f, "nfqueue-drop", CONFIDENCE_CERTAIN);
	fx_says(v, "handed to queue 7, which no process reads, in INPUT, table ip filter, chain "
		   "INPUT, rule 1");
	assert_int_equal(v->rule.handle, 8);
}

static void test_queue_reader(void **state)
{
	struct fixture *f = *state;
	struct fact_rule *r;

	dropped(f);
	r = fx_rule(f, INPUT, RULE_TRACED, "filter", "INPUT", "INPUT", 1, 8);
	r->verdict = RULE_QUEUE;
	r->queue_pid = 99;
	strcpy(r->queue_comm, "suricata");
	fx_says(fx_expect_now(f, "nfqueue-drop", CONFIDENCE_CERTAIN),
		"queue 0 of suricata (pid 99), which dropped it");
}

static void test_module(void **state)
{
	struct fixture *f = *state;
	struct fact_hook *h;
	const struct verdict *v;

	fx_addr(f, false, "eth0");
	h = fx_hook(f, INPUT, -150, HOOK_OTHER, "", "");
	strcpy(h->function, "agent_hook_in");
	strcpy(h->module, "agent");
	fx_arrive(f);
	fx_drop(f, true, SYN, "NETFILTER_DROP");
	v = fx_expect_now(f, "module-drop", CONFIDENCE_LIKELY);
	fx_says(v, "dropped in INPUT where no rule accounts for it, but hook function "
		   "agent_hook_in of module agent at priority -150 is there");
	fx_fixes(v, "modinfo agent");
}

/* The answer's rule is another than the probe's. */
static void test_reply(void **state)
{
	struct fixture *f = *state;
	const struct verdict *v;

	fx_deliver(f);
	fx_synack(f, FX_OUT_FIRST);
	fx_drop(f, false, SYN | ACK, "NETFILTER_DROP");
	fx_hook(f, OUTPUT, 0, HOOK_NFT, "filter", "OUTPUT");
	fx_rule(f, INPUT, RULE_TRACED, "filter", "INPUT", "INPUT", 1, 8);
	fx_rule(f, OUTPUT, RULE_TRACED, "filter", "OUTPUT", "OUTPUT", 5, 6)->is_reply = 1;
	v = fx_expect_now(f, "reply-dropped", CONFIDENCE_CERTAIN);
	assert_int_equal(v->rule.number, 5);
	assert_string_equal(v->rule.hook, "OUTPUT");
	assert_true(f->request.is_reply);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fx_setup, fx_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_traced),
		TEST(test_traced_elsewhere),
		TEST(test_policy),
		TEST(test_several),
		TEST(test_counted),
		TEST(test_possible),
		TEST(test_possible_among_chains),
		TEST(test_set),
		TEST(test_not_in_set),
		TEST(test_no_endpoints),
		TEST(test_firewalld),
		TEST(test_tailscale),
		TEST(test_fail2ban),
		TEST(test_docker),
		TEST(test_queue),
		TEST(test_queue_reader),
		TEST(test_module),
		TEST(test_reply),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
