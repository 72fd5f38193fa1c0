// SPDX-License-Identifier: GPL-2.0-only
// Unit tests of the cause table: every row is whole, reachable, and asks for the facts that it
// uses.
#include <ctype.h>
#include <string.h>

#include "../user/causes.h"
#include "../user/values_internal.h"
#include "fixture.h"

/* Those that no rule chooses. */
static bool is_special(const struct cause *c)
{
	return !strcmp(c->id, "not-arriving") || !strcmp(c->id, "undetermined") ||
	       !strcmp(c->id, "incomplete");
}

#define FOR_EACH_CAUSE(c) for (const struct cause *c = cause_next(NULL); c; c = cause_next(c))

/* What must be there: the lists of the issues that built the table. */
static void test_complete(void **state)
{
	static const char *const ids[] = {
		"not-arriving",
		"not-for-us",
		"tc-drop",
		"xdp-drop",
		"bad-checksum",
		"rp-filter",
		"source-is-local",
		"firewall-drop",
		"firewall-reject",
		"conntrack-full",
		"no-listener",
		"listener-wrong-address",
		"listener-wrong-family",
		"listener-wrong-device",
		"socket-filter",
		"accept-queue-full",
		"syn-queue-full",
		"timestamp-reject",
		"tw-recycle",
		"time-wait-collision",
		"tcp-auth",
		"lsm-drop",
		"reply-dropped",
		"no-return-route",
		"reply-misrouted",
		"neighbour-failed",
		"synack-unanswered",
		"listener-elsewhere",
		"reset-by-app",
		"closed-without-response",
		"app-not-accepting",
		"app-no-response",
		"slow-response",
		"http-status",
		"tls-mismatch",
		"plaintext-to-tls",
		"tls-handshake-failed",
		"udp-no-listener",
		"icmp-ignored",
		"healthy",
		"undetermined",
		"incomplete",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++)
		if (!cause_find(ids[i]) || strcmp(cause_find(ids[i])->id, ids[i]))
			fail_msg("%s is not in the table", ids[i]);
	assert_null(cause_find("nonsense"));
	assert_null(cause_find(""));
}

static void test_unique(void **state)
{
	(void)state;
	FOR_EACH_CAUSE(c)
	{
		assert_ptr_equal(cause_find(c->id), c);
		assert_in_range(strlen(c->id), 3, 32);
		for (const char *p = c->id; *p; p++)
			assert_true(islower((unsigned char)*p) || *p == '-');
	}
}

static void test_texts(void **state)
{
	static const char *const stages[] = {"arrival",	  "ingress",	 "ip",
					     "netfilter", "listener",	 "handshake",
					     "reply",	  "application", "udp"};

	(void)state;
	FOR_EACH_CAUSE(c)
	{
		bool known = !c->stage;

		for (size_t i = 0; i < sizeof(stages) / sizeof(stages[0]); i++)
			known = known || !strcmp(c->stage, stages[i]);
		assert_true(known);
		assert_int_equal(!c->stage, c->outcome != OUTCOME_FAILED);
		assert_true(c->title && c->title[0] && c->explain && c->explain[0]);
		assert_true(c->title[strlen(c->title) - 1] != '.');
		assert_true(c->explain[strlen(c->explain) - 1] == '.');
		assert_true(c->step && strspn(c->step, "-1234567, ") == strlen(c->step));
		assert_true(c->step[0]);
		assert_true(c->summary && c->summary[0]);
		/* A failure without advice is half a verdict. */
		if (c->outcome == OUTCOME_FAILED)
			assert_non_null(c->fix[0]);
		for (int i = 1; i < CAUSE_FIX_MAX; i++)
			assert_true(c->fix[i - 1] || !c->fix[i]);
	}
	assert_true((int)CAUSE_FIX_MAX <= (int)VERDICT_FIX_MAX);
}

static void test_rules(void **state)
{
	(void)state;
	FOR_EACH_CAUSE(c)
	{
		int n = 0;

		while (n < CAUSE_RULES_MAX && c->rules[n].require)
			n++;
		assert_int_equal(n == 0, is_special(c));
		for (int i = 0; i < n; i++) {
			const struct cause_rule *r = &c->rules[i];

			assert_int_equal(r->require & r->exclude, 0);
			assert_int_equal((r->require | r->exclude) >> EVI_COUNT, 0);
			assert_in_range(r->confidence, CONFIDENCE_CERTAIN, CONFIDENCE_POSSIBLE);
		}
		for (int i = n; i < CAUSE_RULES_MAX; i++)
			assert_true(!c->rules[i].require && !c->rules[i].exclude);
	}
}

/* Whether all evidence that the later rule holds for is taken by the earlier one. */
static bool shadows(const struct cause_rule *earlier, const struct cause_rule *later)
{
	return earlier->require && !(earlier->require & ~later->require) &&
	       !(earlier->exclude & ~later->exclude);
}

static const char *shadowed_by(const struct cause *cause, int rule)
{
	FOR_EACH_CAUSE(c)
	{
		for (int i = 0; i < CAUSE_RULES_MAX && c->rules[i].require; i++) {
			if (c == cause && i == rule)
				return NULL;
			if (shadows(&c->rules[i], &cause->rules[rule]))
				return c->id;
		}
	}
	return NULL;
}

/* No rule is there in vain. */
static void test_reachable(void **state)
{
	unsigned int dead = 0;

	(void)state;
	FOR_EACH_CAUSE(c)
	{
		for (int i = 0; i < CAUSE_RULES_MAX && c->rules[i].require; i++) {
			const char *by = shadowed_by(c, i);

			if (by)
				print_error("%s: rule %d never holds before %s does\n", c->id, i,
					    by);
			dead += by != NULL;
		}
	}
	assert_int_equal(dead, 0);
}

/* Each cause can be had, from what its first rule needs and nothing else. */
static void test_match(void **state)
{
	enum confidence confidence;

	(void)state;
	FOR_EACH_CAUSE(c)
	{
		bool found = is_special(c);

		for (int i = 0; i < CAUSE_RULES_MAX && c->rules[i].require; i++) {
			const struct cause *m = cause_match(c->rules[i].require, &confidence);

			assert_non_null(m);
			found = found || (m == c && confidence == c->rules[i].confidence);
		}
		if (!found)
			fail_msg("%s is never chosen", c->id);
	}
	assert_null(cause_match(0, &confidence));
	assert_null(cause_match(E(ARRIVED) | E(DELIVERED), &confidence));
	/* Nothing is called healthy for lack of a rule. */
	assert_null(cause_match(E(TIMEOUT), &confidence));
	assert_null(cause_match(E(ARRIVED) | E(DELIVERED) | E(TIMEOUT), &confidence));
}

/* The facts that set each bit: evidence.c */
static uint32_t needs_of(evidence_t bits)
{
	static const struct {
		evidence_t bits;
		uint32_t needs;
	} sources[] = {
		{E(LISTENER_FITS) | E(LISTENER_ADDR) | E(LISTENER_FAMILY) | E(LISTENER_DEVICE) |
			 E(LISTENER_FULL),
		 NEED_LISTENERS},
		{E(LISTENER_ELSEWHERE), NEED_ELSEWHERE},
		{E(DST_NOT_LOCAL) | E(SRC_LOCAL), NEED_ADDRS},
		{E(ROUTE_ERROR), NEED_ROUTE},
		{E(NEIGH_BAD), NEED_NEIGH},
		{E(CONNTRACK_FULL), NEED_CONNTRACK | NEED_HOOKS},
		{E(CGROUP_FILTER), NEED_PROGRAMS},
		{E(GREW_OVERFLOWS) | E(GREW_REQQFULL) | E(GREW_NOROUTES) | E(GREW_RATE_LIMIT) |
			 E(GREW_PAWS) | E(GREW_PAWS_PASSIVE) | E(GREW_RPFILTER),
		 NEED_COUNTERS},
		{E(RULE_COUNTED) | E(RULE_REJECTS) | E(RULE_QUEUES), NEED_RULE},
		{E(RECYCLE_ON), NEED_SYSCTLS},
		{E(NO_LISTENER), NEED_LISTENERS},
		{E(GREW_CSUM) | E(GREW_AUTH), NEED_COUNTERS},
		{E(NOT_ACCEPTED) | E(UNREAD), NEED_CONN},
		{E(SYN_QUEUE_FULL) | E(ECHO_IGNORED), NEED_SYSCTLS},
	};
	uint32_t needs = 0;

	for (size_t i = 0; i < sizeof(sources) / sizeof(sources[0]); i++)
		if (bits & sources[i].bits)
			needs |= sources[i].needs;
	return needs;
}

/* When a cause is chosen, the facts that its rule looked at had been asked for. */
static void test_rules_need(void **state)
{
	unsigned int missing = 0;

	(void)state;
	FOR_EACH_CAUSE(c)
	{
		for (int i = 0; i < CAUSE_RULES_MAX && c->rules[i].require; i++) {
			const struct cause_rule *r = &c->rules[i];
			uint32_t used = needs_of(r->require | r->exclude), asked = 0;
			evidence_t events = r->require;

			for (int bit = 0; bit < EVI_COUNT; bit++)
				if (needs_of((evidence_t)1 << bit))
					events &= ~((evidence_t)1 << bit);
			assert_true(cause_needs(events, &asked));
			if (used & ~asked) {
				print_error("%s, rule %d: needs %#x, asked for %#x\n", c->id, i,
					    used, asked);
				missing++;
			}
		}
	}
	assert_int_equal(missing, 0);
}

static void test_needs(void **state)
{
	/* There must be a verdict: it took too long, was dropped, or was answered with a reset. */
	const evidence_t ends =
		E(TIMEOUT) | E_DROP_SYN | E(DROP_REPLY) | E(DROP_NEIGH) | E(NO_SOCKET) | E(RST_OUT);
	uint32_t needs = 1;

	(void)state;
	assert_false(cause_needs(0, &needs));
	assert_false(cause_needs(E(ARRIVED) | E(DELIVERED) | E(LISTEN_FOUND), &needs));
	assert_false(cause_needs(E(ARRIVED) | E(SYNACK_MADE) | E(SYNACK_LEFT), &needs));
	assert_true(cause_needs(E(SYNACK_MADE) | E(PROBER_RST), &needs));
	assert_int_equal(needs, 0); /* healthy costs no facts */
	assert_true(cause_needs(E(ARRIVED) | E(TIMEOUT), &needs));
	assert_true(needs & NEED_ROUTE); /* undetermined lists what it can */
	for (int bit = 0; bit < EVI_COUNT; bit++)
		assert_int_equal(cause_ends((evidence_t)1 << bit), !!(ends >> bit & 1));
	assert_false(cause_ends(E(ARRIVED) | E(SYNACK_MADE) | E(HANDSHAKE) | E(REQUEST)));
}

/* What was said can wait for more of it: no verdict before there is a close, or the timeout. */
static void test_said(void **state)
{
	const evidence_t asked = E(ARRIVED) | E(SYNACK_MADE) | E(SYNACK_LEFT) | E(HANDSHAKE) |
				 E(ESTABLISHED) | E(REQUEST);
	const evidence_t open[] = {0,
				   E(HTTP_REQUEST),
				   E(HTTP_REQUEST) | E(RESPONSE),
				   E(TLS_REQUEST),
				   E(TLS_REQUEST) | E(RESPONSE),
				   E(TLS_REQUEST) | E(RESPONSE) | E(TLS_ENCRYPTED),
				   E(FORWARDED) | E(ELSEWHERE) | E(TRANSLATED)};
	const evidence_t decided[] = {E(HTTP_REQUEST) | E(RESPONSE) | E(HTTP_STATUS),
				      E(HTTP_REQUEST) | E(RESPONSE) | E(NOT_HTTP),
				      E(HTTP_REQUEST) | E(RESPONSE) | E(WANTS_TLS),
				      E(RESPONSE) | E(SERVER_ALERT),
				      E(TLS_REQUEST) | E(RESPONSE) | E(NOT_TLS),
				      E(TLS_REQUEST) | E(RESPONSE) | E(SERVER_ALERT),
				      E(TLS_REQUEST) | E(RESPONSE) | E(PROBER_ALERT),
				      E(TLS_REQUEST) | E(RESPONSE) | E(PROBER_REFUSED)};
	uint32_t needs;

	(void)state;
	for (size_t i = 0; i < sizeof(open) / sizeof(open[0]); i++)
		assert_false(cause_needs(asked | open[i], &needs));
	for (size_t i = 0; i < sizeof(decided) / sizeof(decided[0]); i++) {
		assert_true(cause_needs(asked | decided[i], &needs));
		assert_true(needs & NEED_LISTENERS);
	}
	assert_false(cause_needs(E(ARRIVED) | E(DATAGRAM) | E(DELIVERED), &needs));
	assert_false(cause_needs(E(ARRIVED) | E(ECHO) | E(DELIVERED), &needs));
	assert_true(cause_needs(E(ARRIVED) | E(ECHO) | E(DELIVERED) | E(RESPONSE), &needs));
	assert_int_equal(needs, 0);
}

static void test_evidence(void **state)
{
	(void)state;
	for (int bit = 0; bit < EVI_COUNT; bit++) {
		assert_true(strlen(evidence_text(bit)) > 5);
		for (int other = 0; other < bit; other++)
			assert_string_not_equal(evidence_text(bit), evidence_text(other));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_complete),   cmocka_unit_test(test_unique),
		cmocka_unit_test(test_texts),	   cmocka_unit_test(test_rules),
		cmocka_unit_test(test_reachable),  cmocka_unit_test(test_match),
		cmocka_unit_test(test_rules_need), cmocka_unit_test(test_needs),
		cmocka_unit_test(test_said),	   cmocka_unit_test(test_evidence),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
