// SPDX-License-Identifier: GPL-2.0-only
// Unit tests of the capture filter: its text, and what libpcap's compiler makes of it.
#include <errno.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <pcap/pcap.h>

#include "../user/parse.h"
#include "../user/source_pcap_filter.h"

enum { TEXT_LEN = 16384, MAX_SOURCES = 80, FRAME_LEN = 74 };

struct bench {
	struct options options;
	struct prefix sources[MAX_SOURCES];
	char text[TEXT_LEN];
};

static void add_source(struct bench *b, const char *cidr)
{
	char why[128];

	assert_int_equal(parse_prefix(cidr, &b->sources[b->options.n_sources++], why, sizeof(why)),
			 0);
	b->options.sources = b->sources;
}

static void add_port(struct bench *b, unsigned int port)
{
	b->options.all_ports = false;
	b->options.ports[port / 64] |= 1ULL << port % 64;
}

static struct bench bench(void)
{
	struct bench b = {.options = {.all_ports = true}};

	add_source(&b, "100.64.0.0/10");
	return b;
}

static const char *text_of(struct bench *b, enum filter_detail detail)
{
	int len = pcap_filter_text(&b->options, detail, b->text, sizeof(b->text));

	assert_int_equal(len, strlen(b->text));
	return b->text;
}

#define ERRORS                                                                                     \
	" or (icmp and (icmp[0] = 3 or icmp[0] = 11 or icmp[0] = 12))"                             \
	" or (icmp6 and ip6[40] < 128)"

static void test_text(void **state)
{
	struct bench b = bench();

	(void)state;
	assert_string_equal(text_of(&b, FILTER_WHOLE),
			    "(tcp and (net 100.64.0.0/10))" ERRORS " or ((tcp[13] & 0x12 = 2 or "
			    "(ip6[6] = 6 and ip6[53] & 0x12 = 2)))");
	add_source(&b, "fd00:64::/64");
	add_source(&b, "10.0.0.1");
	assert_string_equal(text_of(&b, FILTER_SOURCES),
			    "(tcp and (net 100.64.0.0/10 or net fd00:64::/64 or net "
			    "10.0.0.1/32))" ERRORS);
	assert_string_equal(text_of(&b, FILTER_PROTOCOL), "(tcp)" ERRORS);
}

static void test_ports(void **state)
{
	struct bench b = bench();

	(void)state;
	add_port(&b, 0);
	add_port(&b, 80);
	for (unsigned int port = 8000; port <= 8100; port++)
		add_port(&b, port);
	add_port(&b, 65535);
	assert_string_equal(text_of(&b, FILTER_WHOLE),
			    "(tcp and (net 100.64.0.0/10) and (portrange 0-0 or portrange 80-80 or "
			    "portrange 8000-8100 or portrange 65535-65535))" ERRORS
			    " or ((tcp[13] & 0x12 = 2 or (ip6[6] = 6 and ip6[53] & "
			    "0x12 = 2)) and tcp and (portrange 0-0 or portrange 80-80 or "
			    "portrange 8000-8100 or portrange 65535-65535))");
}

/* Room for the whole or none; too many of anything is for the next coarser filter. */
static void test_limits(void **state)
{
	struct bench b = bench();
	char cidr[32], small[64];
	int len = (int)strlen(text_of(&b, FILTER_PROTOCOL));

	(void)state;
	assert_int_equal(pcap_filter_text(&b.options, FILTER_WHOLE, small, sizeof(small)), -E2BIG);
	assert_int_equal(pcap_filter_text(&b.options, FILTER_PROTOCOL, b.text, (size_t)len),
			 -E2BIG);
	assert_int_equal(pcap_filter_text(&b.options, FILTER_PROTOCOL, b.text, (size_t)len + 1),
			 len);
	for (unsigned int port = 1; port < 400; port += 2)
		add_port(&b, port);
	assert_int_equal(pcap_filter_text(&b.options, FILTER_WHOLE, b.text, sizeof(b.text)),
			 -E2BIG);
	text_of(&b, FILTER_SOURCES);
	while (b.options.n_sources < MAX_SOURCES) {
		snprintf(cidr, sizeof(cidr), "10.%zu.0.0/16", b.options.n_sources);
		add_source(&b, cidr);
	}
	assert_int_equal(pcap_filter_text(&b.options, FILTER_SOURCES, b.text, sizeof(b.text)),
			 -E2BIG);
	text_of(&b, FILTER_PROTOCOL);
}

/* Ethernet, IPv4, TCP: from 100.64.1.10:5000 to 172.16.32.15:80, or the other way round. */
static void make_frame(uint8_t frame[FRAME_LEN], bool answer)
{
	static const uint8_t prober[4] = {100, 64, 1, 10}, host[4] = {172, 16, 32, 15};

	memset(frame, 0, FRAME_LEN);
	frame[12] = 8;
	frame[14] = 0x45;
	frame[17] = FRAME_LEN - 14;
	frame[23] = IPPROTO_TCP;
	memcpy(frame + 26, answer ? host : prober, 4);
	memcpy(frame + 30, answer ? prober : host, 4);
	frame[answer ? 36 : 34] = 5000 >> 8;
	frame[answer ? 37 : 35] = 5000 & 0xff;
	frame[answer ? 35 : 37] = 80;
	frame[46] = 0x50;
}

static bool passes(const struct bench *b, const uint8_t frame[FRAME_LEN])
{
	pcap_t *pcap = pcap_open_dead(DLT_EN10MB, 2304);
	struct pcap_pkthdr header = {.caplen = FRAME_LEN, .len = FRAME_LEN};
	struct bpf_program program;
	bool pass;

	assert_int_equal(pcap_compile(pcap, &program, b->text, 1, PCAP_NETMASK_UNKNOWN), 0);
	pass = pcap_offline_filter(&program, &header, frame) > 0;
	pcap_freecode(&program);
	pcap_close(pcap);
	return pass;
}

static void test_compiled(void **state)
{
	struct bench b = bench();
	uint8_t ask[FRAME_LEN], answer[FRAME_LEN], other[FRAME_LEN];

	(void)state;
	make_frame(ask, false);
	make_frame(answer, true);
	make_frame(other, false);
	other[26] = 99;
	text_of(&b, FILTER_SOURCES);
	assert_true(passes(&b, ask));
	assert_true(passes(&b, answer));
	assert_false(passes(&b, other));
	add_source(&b, "::/0");
	add_source(&b, "0.0.0.0/0");
	text_of(&b, FILTER_SOURCES);
	assert_true(passes(&b, other));
	text_of(&b, FILTER_PROTOCOL);
	assert_true(passes(&b, other));
	other[23] = IPPROTO_UDP;
	assert_false(passes(&b, other));
}

/* What a filter may have at most is short enough for an old kernel: see source_pcap_open.c. */
static void test_length(void **state)
{
	pcap_t *pcap = pcap_open_dead(DLT_EN10MB, 2304);
	struct bpf_program program;
	struct bench b = bench();
	char cidr[32];

	(void)state;
	for (unsigned int port = 1; port < 128; port += 2)
		add_port(&b, port);
	while (b.options.n_sources < 64) {
		snprintf(cidr, sizeof(cidr), "fd00:%zx::/64", b.options.n_sources);
		add_source(&b, cidr);
	}
	text_of(&b, FILTER_SOURCES);
	assert_int_equal(pcap_compile(pcap, &program, b.text, 1, PCAP_NETMASK_UNKNOWN), 0);
	assert_true(program.bf_len < 2048);
	pcap_freecode(&program);
	pcap_close(pcap);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text),   cmocka_unit_test(test_ports),
		cmocka_unit_test(test_limits), cmocka_unit_test(test_compiled),
		cmocka_unit_test(test_length),
	};

	return cmocka_run_group_tests_name("source_pcap_filter", tests, NULL, NULL);
}
