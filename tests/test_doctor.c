// SPDX-License-Identifier: GPL-2.0-only
// Unit tests of doctor's two forms.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "../user/doctor.h"
#include "sample.h"

/* Behind those that include netinet/in.h. */
#include <linux/netfilter.h>

static struct fact_hook hooks[] = {
	{.pf = NFPROTO_IPV4,
	 .hook = 1,
	 .priority = 0,
	 .backend = HOOK_NFT,
	 .policy_drop = 1,
	 .family = "inet",
	 .table = "guard\x1b[31m",
	 .chain = "in",
	 .function = "nft_do_chain_inet",
	 .module = "nf_tables"},
	{.pf = NFPROTO_IPV6, .hook = 0, .priority = -400, .function = "agent_hook"},
	{.pf = NFPROTO_NETDEV, .hook = 0, .priority = -5, .backend = HOOK_NFT, .ifindex = 3},
};

static struct fact_program programs[] = {
	{.place = PROG_XDP_GENERIC, .id = 12, .name = "guard", .ifname = "eth\n0"},
	{.place = PROG_TC_INGRESS, .prio = 7, .handle = 1, .kind = "u32", .ifname = "eth0"},
};

static void set_up(struct doctor *d)
{
	memset(d, 0, sizeof(*d));
	strcpy(d->release, "6.1.0");
	strcpy(d->machine, "x86_64");
	d->backend = BACKEND_BPF;
	d->works = true;
	doctor_works(d, WAY_ENTRY, "tcx link");
	doctor_works(d, WAY_EXIT, "tcx link");
	doctor_fails(d, WAY_NETFILTER, "refused: %s", "Operation not permitted");
	doctor_enable(d, WAY_NETFILTER, "CONFIG_NETFILTER_BPF_LINK");
	doctor_fails(d, WAY_DROP, "%s", DOCTOR_NO_BPF);
	d->hooks = hooks;
	d->n_hooks = sizeof(hooks) / sizeof(hooks[0]);
	d->programs = programs;
	d->n_programs = sizeof(programs) / sizeof(programs[0]);
	doctor_disturbs(d, "xdp", "program %d is in front", 12);
}

static json_t *json_of(const struct doctor *d)
{
	static struct capture capture;
	json_t *object;
	const char *out;

	capture_begin(&capture);
	assert_int_equal(doctor_print_json(d), 0);
	out = capture_end(&capture);
	assert_ptr_equal(strchr(out, '\n'), out + strlen(out) - 1);
	assert_int_equal(strncmp(out, "{\"type\":\"doctor\"", 16), 0);
	object = json_loads(out, 0, NULL);
	assert_non_null(object);
	return object;
}

static const char *text_at(json_t *object, const char *list, size_t i, const char *key)
{
	return json_string_value(
		json_object_get(json_array_get(json_object_get(object, list), i), key));
}

static void test_json(void **state)
{
	struct doctor d;
	json_t *object;

	(void)state;
	set_up(&d);
	object = json_of(&d);
	assert_true(json_is_true(json_object_get(object, "works")));
	assert_string_equal(json_string_value(json_object_get(object, "backend")), "bpf");
	assert_null(json_object_get(object, "why"));
	assert_int_equal(json_array_size(json_object_get(object, "waypoints")), WAY_COUNT);
	assert_string_equal(text_at(object, "waypoints", WAY_ENTRY, "how"), "tcx link");
	assert_string_equal(text_at(object, "waypoints", WAY_NETFILTER, "why"),
			    "refused: Operation not permitted");
	assert_string_equal(text_at(object, "waypoints", WAY_NETFILTER, "enable"),
			    "CONFIG_NETFILTER_BPF_LINK");
	assert_string_equal(text_at(object, "hooks", 0, "table"), "guard\\x1b[31m");
	assert_string_equal(text_at(object, "hooks", 0, "hook"), "INPUT");
	assert_string_equal(text_at(object, "hooks", 1, "function"), "agent_hook");
	assert_null(text_at(object, "hooks", 1, "module"));
	assert_string_equal(text_at(object, "hooks", 2, "pf"), "netdev");
	assert_string_equal(text_at(object, "programs", 0, "interface"), "eth\\n0");
	assert_string_equal(text_at(object, "programs", 1, "kind"), "u32");
	assert_string_equal(text_at(object, "disturbances", 0, "text"), "program 12 is in front");
	json_decref(object);
}

/* Nothing can be told where nothing works, whatever some waypoint shows. */
static void test_does_not_work(void **state)
{
	struct doctor d;
	json_t *object, *causes;

	(void)state;
	set_up(&d);
	d.works = false;
	strcpy(d.why, "no interface is up");
	object = json_of(&d);
	causes = json_object_get(object, "causes");
	for (size_t i = 0; i < json_array_size(causes); i++)
		assert_string_equal(text_at(object, "causes", i, "confidence"), "not tellable");
	json_decref(object);
}

static const char *text_of(const struct doctor *d)
{
	static struct capture capture;

	capture_begin(&capture);
	doctor_print_text(d, false);
	return capture_end(&capture);
}

static void assert_has(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("no '%s' in: %s", part, text);
}

static void test_text(void **state)
{
	struct doctor d;
	const char *text;

	(void)state;
	set_up(&d);
	text = text_of(&d);
	assert_int_equal(strncmp(text, "clbtrace works here, with BPF: of ", 34), 0);
	assert_has(text, "  netfilter              no  refused: Operation not permitted;\n");
	assert_has(text, " CONFIG_NETFILTER_BPF_LINK\n");
	assert_has(text, "may disturb\n  program 12 is in front\n");
	assert_has(text, "guard\\x1b[31m in, policy drop\n");
	assert_has(text, "[nf_tables]");
	assert_has(text, "eth\\n0");
	assert_has(text, "needs netfilter, ");
	/* Said once, not for each waypoint. */
	assert_null(strstr(text, "kfree_skb              no"));
	assert_null(strchr(text, '\x1b'));
	d.works = false;
	strcpy(d.why, "no interface is up");
	text = text_of(&d);
	assert_has(text, "clbtrace does not work here: no interface is up\n");
	assert_null(strstr(text, "causes, "));
}

/* More than there is room for are counted. */
static void test_many_disturbances(void **state)
{
	struct doctor d;

	(void)state;
	set_up(&d);
	for (int i = 0; i < DOCTOR_DISTURBANCES_MAX + 4; i++)
		doctor_disturbs(&d, "nftrace", "table %d", i);
	assert_has(text_of(&d), "  table 30\n  and 5 more\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_does_not_work),
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_many_disturbances),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
