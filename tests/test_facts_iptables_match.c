// SPDX-License-Identifier: GPL-2.0-only
// Unit tests of what legacy iptables' matches answer, and of rules' words.
#include "legacy_sample.h"

static enum legacy_answer answer(struct builder *b, const struct legacy_packet *packet)
{
	enum legacy_answer got;

	verdict(b, DROP);
	policy(b, ACCEPT);
	assert_int_equal(end(b), 0);
	got = legacy_match(packet, &b->table, b->table.rules.data);
	legacy_table_free(&b->table);
	return got;
}

static void test_header(void **state)
{
	static const struct {
		const char *src, *mask, *in;
		uint8_t proto, flags, inv;
		enum legacy_answer want;
	} cases[] = {
		{"100.64.0.0", "255.192.0.0", "", 0, 0, 0, LEGACY_YES},
		{"100.64.0.0", "255.192.0.0", "", 0, 0, IPT_INV_SRCIP, LEGACY_NO},
		{"100.65.0.0", "255.255.0.0", "", 0, 0, 0, LEGACY_NO},
		{"100.65.0.0", "255.255.0.0", "", 0, 0, IPT_INV_SRCIP, LEGACY_YES},
		{"0.0.0.0", "0.0.0.0", "eth0", 0, 0, 0, LEGACY_YES},
		{"0.0.0.0", "0.0.0.0", "eth0", 0, 0, IPT_INV_VIA_IN, LEGACY_NO},
		{"0.0.0.0", "0.0.0.0", "eth1", 0, 0, 0, LEGACY_NO},
		{"0.0.0.0", "0.0.0.0", "eth", 0, 0, 0, LEGACY_NO},
		{"0.0.0.0", "0.0.0.0", "eth+", 0, 0, 0, LEGACY_YES},
		{"0.0.0.0", "0.0.0.0", "", IPPROTO_TCP, 0, 0, LEGACY_YES},
		{"0.0.0.0", "0.0.0.0", "", IPPROTO_UDP, 0, 0, LEGACY_NO},
		{"0.0.0.0", "0.0.0.0", "", IPPROTO_UDP, 0, IPT_INV_PROTO, LEGACY_YES},
		{"0.0.0.0", "0.0.0.0", "", 0, IPT_F_FRAG, 0, LEGACY_NO},
		{"0.0.0.0", "0.0.0.0", "", 0, IPT_F_FRAG, IPT_INV_FRAG, LEGACY_YES},
	};
	struct legacy_packet packet = syn();
	struct builder b;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		size_t len = strlen(cases[i].in);
		struct ipt_ip *ip;

		init(&b);
		rule(&b);
		ip = &current(&b)->ip;
		inet_pton(AF_INET, cases[i].src, &ip->src);
		inet_pton(AF_INET, cases[i].mask, &ip->smsk);
		strcpy(ip->iniface, cases[i].in);
		if (len && cases[i].in[len - 1] == '+')
			memset(ip->iniface_mask, 0xff, len - 1);
		else if (len)
			memset(ip->iniface_mask, 0xff, len + 1);
		ip->proto = cases[i].proto;
		ip->flags = cases[i].flags;
		ip->invflags = cases[i].inv;
		assert_int_equal(answer(&b, &packet), cases[i].want);
	}
}

static enum legacy_answer tcp_answer(uint8_t mask, uint8_t cmp, uint8_t option, uint8_t inv)
{
	struct legacy_packet packet = syn();
	struct xt_tcp *tcp;
	struct builder b;

	init(&b);
	rule(&b);
	tcp = match(&b, "tcp", 0, sizeof(*tcp));
	*tcp = (struct xt_tcp){.spts = {0, UINT16_MAX},
			       .dpts = {70, 80},
			       .flg_mask = mask,
			       .flg_cmp = cmp,
			       .option = option,
			       .invflags = inv};
	return answer(&b, &packet);
}

static void test_tcp(void **state)
{
	(void)state;
	assert_int_equal(tcp_answer(0, 0, 0, 0), LEGACY_YES);
	assert_int_equal(tcp_answer(0, 0, 0, XT_TCP_INV_DSTPT), LEGACY_NO);
	assert_int_equal(tcp_answer(0, 0, 0, XT_TCP_INV_SRCPT), LEGACY_NO);
	assert_int_equal(tcp_answer(0x17, SYN, 0, 0), LEGACY_YES);
	assert_int_equal(tcp_answer(0x17, SYN, 0, XT_TCP_INV_FLAGS), LEGACY_NO);
	assert_int_equal(tcp_answer(0x17, 0x10, 0, 0), LEGACY_NO);
	assert_int_equal(tcp_answer(0, 0, 8, 0), LEGACY_NO); /* no timestamp */
	assert_int_equal(tcp_answer(0, 0, 8, XT_TCP_INV_OPTION), LEGACY_YES);
	assert_int_equal(tcp_answer(0, 0, 2, 0), LEGACY_MAYBE);
}

static enum legacy_answer states_answer(uint16_t mask, uint16_t invert, uint32_t states, bool loose)
{
	struct legacy_packet packet = syn();
	struct xt_conntrack_mtinfo3 *info;
	struct builder b;

	packet.states = states;
	packet.loose = loose;
	init(&b);
	rule(&b);
	info = match(&b, "conntrack", 3, sizeof(*info));
	info->match_flags = XT_CONNTRACK_STATE;
	info->invert_flags = invert;
	info->state_mask = mask;
	return answer(&b, &packet);
}

static void test_states(void **state)
{
	const uint16_t fresh = XT_CONNTRACK_STATE_BIT(IP_CT_NEW), inv = XT_CONNTRACK_STATE;
	const uint16_t old = XT_CONNTRACK_STATE_BIT(IP_CT_ESTABLISHED);
	const uint16_t bad = XT_CONNTRACK_STATE_INVALID;

	(void)state;
	assert_int_equal(states_answer(fresh, 0, fresh, false), LEGACY_YES);
	assert_int_equal(states_answer(bad, 0, fresh, false), LEGACY_NO);
	assert_int_equal(states_answer(bad, 0, fresh, true), LEGACY_MAYBE);
	assert_int_equal(states_answer(bad, inv, fresh, false), LEGACY_YES);
	assert_int_equal(states_answer(old, 0, fresh | old, false), LEGACY_MAYBE);
	assert_int_equal(states_answer(old | fresh, 0, fresh | old, false), LEGACY_YES);
}

static void test_multiport(void **state)
{
	struct legacy_packet packet = syn();
	struct xt_multiport_v1 *ports;
	struct builder b;

	(void)state;
	for (uint8_t flags = XT_MULTIPORT_SOURCE; flags <= XT_MULTIPORT_EITHER; flags++) {
		init(&b);
		rule(&b);
		ports = match(&b, "multiport", 1, sizeof(*ports));
		ports->flags = flags;
		ports->count = 3;
		ports->ports[0] = 443;
		ports->ports[1] = 79;
		ports->pflags[1] = 1;
		ports->ports[2] = 81;
		assert_int_equal(answer(&b, &packet),
				 flags == XT_MULTIPORT_SOURCE ? LEGACY_NO : LEGACY_YES);
	}
	/* A range whose second end lies behind the array. */
	init(&b);
	rule(&b);
	ports = match(&b, "multiport", 1, sizeof(*ports));
	ports->count = 255;
	memset(ports->pflags, 1, sizeof(ports->pflags));
	assert_int_equal(answer(&b, &packet), LEGACY_NO);
}

static void test_others(void **state)
{
	struct legacy_packet packet = syn();
	struct xt_addrtype_info_v1 *type;
	struct xt_iprange_mtinfo *range;
	struct builder b;

	(void)state;
	init(&b);
	rule(&b);
	range = match(&b, "iprange", 1, sizeof(*range));
	range->flags = IPRANGE_SRC;
	inet_pton(AF_INET, "100.64.1.1", &range->src_min);
	inet_pton(AF_INET, "100.64.1.10", &range->src_max);
	assert_int_equal(answer(&b, &packet), LEGACY_YES);
	packet.dst_type = RTN_LOCAL;
	init(&b);
	rule(&b);
	type = match(&b, "addrtype", 1, sizeof(*type));
	type->dest = XT_ADDRTYPE_LOCAL;
	assert_int_equal(answer(&b, &packet), LEGACY_YES);
	/* A match that is too short for what it says it is, and one of a later revision. */
	init(&b);
	rule(&b);
	match(&b, "conntrack", 3, 8);
	assert_int_equal(answer(&b, &packet), LEGACY_MAYBE);
	init(&b);
	rule(&b);
	match(&b, "conntrack", 9, 256);
	assert_int_equal(answer(&b, &packet), LEGACY_MAYBE);
}

static void test_text(void **state)
{
	struct ipt_reject_info *info;
	struct builder b;
	char text[256], cut[8];

	(void)state;
	init(&b);
	rule(&b);
	inet_pton(AF_INET, "100.64.0.0", &current(&b)->ip.src);
	inet_pton(AF_INET, "255.192.0.0", &current(&b)->ip.smsk);
	strcpy(current(&b)->ip.iniface, "eth");
	memset(current(&b)->ip.iniface_mask, 0xff, 3);
	tcp_dport(&b, 80);
	unknown(&b);
	info = target(&b, "REJECT", sizeof(*info));
	info->with = IPT_TCP_RESET;
	policy(&b, DROP);
	assert_int_equal(end(&b), 0);
	legacy_render(&b.table, b.table.rules.data, text, sizeof(text));
	assert_string_equal(text, "-A INPUT -s 100.64.0.0/10 -i eth+ -p tcp -m tcp --dport 80 "
				  "-m recent ... -j REJECT --reject-with tcp-reset");
	legacy_render(&b.table, (struct legacy_rule *)b.table.rules.data + 1, text, sizeof(text));
	assert_string_equal(text, "-P INPUT DROP");
	legacy_render(&b.table, b.table.rules.data, cut, sizeof(cut));
	assert_string_equal(cut, "-A INPU");
	legacy_table_free(&b.table);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_header), cmocka_unit_test(test_tcp),
		cmocka_unit_test(test_states), cmocka_unit_test(test_multiport),
		cmocka_unit_test(test_others), cmocka_unit_test(test_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
