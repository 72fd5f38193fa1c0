// SPDX-License-Identifier: GPL-2.0-only
// Unit tests of the cause table's texts: brackets, placeholders, the facts that they quote.
#include <string.h>

#include "../user/causes.h"
#include "../user/rule_owner.h"
#include "../user/values_internal.h"
#include "fixture.h"

static const struct value *const tables[] = {values_socket,  values_service,  values_network,
					     values_filters, values_exchange, values_tls,
					     values_words,   values_capture};

#define FOR_EACH_CAUSE(c) for (const struct cause *c = cause_next(NULL); c; c = cause_next(c))

/* Calls visit for the summary and each fix. */
static void for_each_text(void (*visit)(const struct cause *c, const char *text))
{
	FOR_EACH_CAUSE(c)
	{
		visit(c, c->summary);
		if (c->captured)
			visit(c, c->captured);
		for (int i = 0; i < CAUSE_FIX_MAX && c->fix[i]; i++)
			visit(c, c->fix[i]);
	}
}

static void check_brackets(const struct cause *c, const char *text)
{
	bool bracket = false, brace = false;

	for (const char *p = text; *p; p++) {
		bool good = true;

		if (*p == '\\' && p[1])
			p++;
		else if (*p == '[')
			good = !bracket && !brace, bracket = true;
		else if (*p == ']')
			good = bracket && !brace, bracket = false;
		else if (*p == '{')
			good = !brace, brace = true;
		else if (*p == '}')
			good = brace, brace = false;
		if (!good)
			fail_msg("%s: unbalanced or nested: \"%s\"", c->id, text);
	}
	if (bracket || brace)
		fail_msg("%s: not closed: \"%s\"", c->id, text);
}

static void test_brackets(void **state)
{
	(void)state;
	for_each_text(check_brackets);
}

static bool is_known(const char *name, size_t len)
{
	for (size_t t = 0; t < sizeof(tables) / sizeof(tables[0]); t++)
		for (const struct value *v = tables[t]; v->name; v++)
			if (strlen(v->name) == len && !memcmp(v->name, name, len))
				return true;
	return false;
}

static void check_placeholders(const struct cause *c, const char *text)
{
	for (const char *p = text; (p = strchr(p, '{')); p++)
		if (!is_known(p + 1, strcspn(p + 1, "}")))
			fail_msg("%s: no such value: %.*s", c->id, (int)strcspn(p, "}") + 1, p);
}

static void test_placeholders(void **state)
{
	(void)state;
	for_each_text(check_placeholders);
}

/* By name it is the table's, and the first of that name is the only one. */
static void test_values_unique(void **state)
{
	(void)state;
	for (size_t t = 0; t < sizeof(tables) / sizeof(tables[0]); t++)
		for (const struct value *v = tables[t]; v->name; v++) {
			unsigned int n = 0;

			for (size_t u = 0; u < sizeof(tables) / sizeof(tables[0]); u++)
				for (const struct value *w = tables[u]; w->name; w++)
					n += !strcmp(v->name, w->name);
			assert_int_equal(n, 1);
			assert_non_null(v->get);
		}
}

static bool quotes(const char *text, const char *name)
{
	size_t len = strlen(name);

	for (const char *p = text; (p = strchr(p, '{')); p++)
		if (strcspn(p + 1, "}") == len && !memcmp(p + 1, name, len))
			return true;
	return false;
}

static bool is_used(const char *name)
{
	FOR_EACH_CAUSE(c)
	{
		if (quotes(c->summary, name) || (c->captured && quotes(c->captured, name)))
			return true;
		for (int i = 0; i < CAUSE_FIX_MAX && c->fix[i]; i++)
			if (quotes(c->fix[i], name))
				return true;
	}
	for (const struct rule_owner *o = rule_owners; o->name; o++)
		if (o->fix && quotes(o->fix, name))
			return true;
	return false;
}

static void test_values_used(void **state)
{
	unsigned int unused = 0;

	(void)state;
	for (size_t t = 0; t < sizeof(tables) / sizeof(tables[0]); t++)
		for (const struct value *v = tables[t]; v->name; v++)
			if (!is_used(v->name)) {
				print_error("no text uses {%s}\n", v->name);
				unused++;
			}
	assert_int_equal(unused, 0);
}

/* Which facts a value comes from; any one of them will do. */
static const struct {
	const char *name;
	uint32_t needs;
} sources[] = {
	{"process", NEED_LISTENERS | NEED_CONN},
	{"pid", NEED_LISTENERS | NEED_CONN},
	{"listener", NEED_LISTENERS},
	{"listener_dev", NEED_LISTENERS},
	{"listener_family", NEED_LISTENERS},
	{"started_since", NEED_LISTENERS},
	{"backlog", NEED_LISTENERS},
	{"limit", NEED_LISTENERS},
	{"unread", NEED_CONN},
	{"somaxconn", NEED_SYSCTLS},
	{"somaxconn_fix", NEED_SYSCTLS},
	{"max_syn_backlog", NEED_SYSCTLS},
	{"syn_backlog_fix", NEED_SYSCTLS},
	{"rp_all", NEED_SYSCTLS},
	{"rp_if", NEED_SYSCTLS},
	{"overflow_words", NEED_COUNTERS},
	{"rp_all_fix", NEED_ROUTE},
	{"route_error", NEED_ROUTE},
	{"route_words", NEED_ROUTE},
	{"gateway", NEED_ROUTE},
	{"next_hop", NEED_NEIGH},
	{"src_if", NEED_ADDRS},
	{"src_cidr", NEED_ADDRS},
	{"xdp_program", NEED_PROGRAMS},
	{"xdp_id", NEED_PROGRAMS},
	{"xdp_mode", NEED_PROGRAMS},
	{"tc_program", NEED_PROGRAMS},
	{"tc_fix", NEED_PROGRAMS},
	{"filter_words", NEED_PROGRAMS},
	{"cgroup_filter", NEED_PROGRAMS},
	{"ct_count", NEED_CONNTRACK},
	{"ct_max", NEED_CONNTRACK},
	{"chain_words", NEED_HOOKS},
	{"fw_fix", NEED_HOOKS},
	{"fw_show", NEED_HOOKS},
	{"reply_fw_fix", NEED_HOOKS},
	{"reply_drop_words", NEED_HOOKS},
	{"comm", NEED_LISTENERS | NEED_CONN},
	{"pstate", NEED_LISTENERS | NEED_CONN},
	{"?stopped", NEED_LISTENERS | NEED_CONN},
	{"fds_words", NEED_LISTENERS | NEED_CONN},
	{"?fds_full", NEED_LISTENERS | NEED_CONN},
	{"fds_limit", NEED_LISTENERS | NEED_CONN},
	{"?proxied", NEED_LISTENERS | NEED_CONN},
	{"elsewhere", NEED_ELSEWHERE},
	{"elsewhere_pid", NEED_ELSEWHERE},
	{"unreachable_words", NEED_COUNTERS},
	{"echo_words", NEED_SYSCTLS},
	{"echo_fix", NEED_SYSCTLS},
};

static void check_needs(const struct cause *c, const char *text)
{
	for (const char *p = text; (p = strchr(p, '{')); p++) {
		size_t len = strcspn(p + 1, "}");

		for (size_t i = 0; i < sizeof(sources) / sizeof(sources[0]); i++)
			if (strlen(sources[i].name) == len &&
			    !memcmp(p + 1, sources[i].name, len) && !(c->needs & sources[i].needs))
				fail_msg("%s quotes {%s} and does not ask for it", c->id,
					 sources[i].name);
	}
}

/* A text asks for the facts that it quotes. */
static void test_needs(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(sources) / sizeof(sources[0]); i++)
		assert_true(is_known(sources[i].name, strlen(sources[i].name)));
	for_each_text(check_needs);
}

/* Without any fact each value still comes back: no crash, bounded, terminated, or none. */
static void test_values_without_facts(void **state)
{
	struct corr_host host = {.timeout_ns = FX_TIMEOUT_MS * FX_MS};
	struct probe probe = {.flow = {.family = 4, .dport = 80}};
	struct values_of of = {.probe = &probe, .host = &host};

	(void)state;
	for (evidence_t bits = 0; bits < 2; bits++) {
		probe.attempt.bits = bits ? ~(evidence_t)0 : 0;
		for (size_t t = 0; t < sizeof(tables) / sizeof(tables[0]); t++)
			for (const struct value *v = tables[t]; v->name; v++) {
				char out[512];

				memset(out, '#', sizeof(out));
				if (values_get(&of, v->name, strlen(v->name), out, sizeof(out)))
					assert_true(strlen(out) < sizeof(out) - 1);
			}
	}
	assert_false(values_get(&of, "nonsense", 8, (char[512]){0}, 512));
	assert_false(values_get(&of, "", 0, (char[512]){0}, 512));
	assert_false(values_get(&of, "srcx", 4, (char[512]){0}, 512));
	assert_true(values_get(&of, "srcx", 3, (char[512]){0}, 512));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_brackets),      cmocka_unit_test(test_placeholders),
		cmocka_unit_test(test_values_unique), cmocka_unit_test(test_values_used),
		cmocka_unit_test(test_needs),	      cmocka_unit_test(test_values_without_facts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
