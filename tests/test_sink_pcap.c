// SPDX-License-Identifier: GPL-2.0-only
// Unit tests of the packet file: which packets it has, and which files it refuses to write.
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/stat.h>

#include <cmocka.h>
#include <pcap/pcap.h>

#include "../user/sink.h"
#include "sample.h"

enum { DATA_LEN = 60 };

struct test_packet {
	struct ev_packet packet;
	uint8_t data[DATA_LEN];
};

static char dir[] = "/tmp/clbtrace-test-XXXXXX";
static char path[64], other[64];

static int set_up(void **state)
{
	(void)state;
	if (!mkdtemp(dir))
		return -1;
	snprintf(path, sizeof(path), "%s/a.pcap", dir);
	snprintf(other, sizeof(other), "%s/b.pcap", dir);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	unlink(path);
	unlink(other);
	return rmdir(dir);
}

static int clean(void **state)
{
	(void)state;
	unlink(path);
	unlink(other);
	return 0;
}

static struct test_packet packet_at(enum waypoint waypoint, uint64_t skb, uint64_t time_ns,
				    uint32_t seq)
{
	struct test_packet t = {
		.packet =
			{
				.hdr = {.type = EV_PACKET,
					.size = sizeof(struct ev_packet) + DATA_LEN,
					.time_ns = time_ns,
					.skb = skb},
				.flow = {.sport = 53738, .dport = 80, .proto = 6, .family = 4},
				.tcp = {.seq = seq, .flags = 2},
				.frame_len = DATA_LEN + 14,
				.cap_len = DATA_LEN,
				.waypoint = (uint8_t)waypoint,
				.l2_len = 14,
			},
	};

	sample_address(t.packet.flow.saddr, "100.64.1.10");
	sample_address(t.packet.flow.daddr, "172.16.32.15");
	for (int i = 0; i < DATA_LEN; i++)
		t.data[i] = (uint8_t)i;
	return t;
}

static void push(struct sink_pcap *sink, struct test_packet t)
{
	assert_int_equal(sink_pcap_push(sink, &t.packet.hdr), 0);
}

static struct sink_pcap *open_sink(void)
{
	struct sink_pcap *sink = NULL;

	assert_int_equal(sink_pcap_open(&sink, path, 1795333272000000000ULL), 0);
	return sink;
}

static pcap_t *open_file(void)
{
	char err[PCAP_ERRBUF_SIZE];
	pcap_t *pcap =
		pcap_open_offline_with_tstamp_precision(path, PCAP_TSTAMP_PRECISION_NANO, err);

	if (!pcap)
		fail_msg("%s", err);
	return pcap;
}

static int count_packets(void)
{
	const u_char *data;
	struct pcap_pkthdr *header;
	pcap_t *pcap = open_file();
	int n = 0, ret;

	while ((ret = pcap_next_ex(pcap, &header, &data)) == 1)
		n++;
	assert_int_equal(ret, PCAP_ERROR_BREAK);
	pcap_close(pcap);
	return n;
}

static void test_one_packet(void **state)
{
	struct sink_pcap *sink = open_sink();
	struct pcap_pkthdr *header;
	const u_char *data;
	struct stat st;
	pcap_t *pcap;

	(void)state;
	push(sink, packet_at(WP_TC_INGRESS, 1, 118123456, 7));
	assert_int_equal(sink_pcap_flush(sink), 0);
	/* Readable while it is still being written. */
	pcap = open_file();
	assert_int_equal(pcap_datalink(pcap), DLT_EN10MB);
	assert_int_equal(pcap_next_ex(pcap, &header, &data), 1);
	assert_int_equal(header->ts.tv_sec, 1795333272);
	assert_int_equal(header->ts.tv_usec, 118123456);
	assert_int_equal(header->caplen, DATA_LEN);
	assert_int_equal(header->len, DATA_LEN + 14);
	assert_true(data[0] == 0 && data[59] == 59);
	pcap_close(pcap);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(sink_pcap_close(sink), 0);
}

static void test_first_sight_only(void **state)
{
	struct sink_pcap *sink = open_sink();

	(void)state;
	push(sink, packet_at(WP_XDP, 0, 1000, 7));
	push(sink, packet_at(WP_TC_INGRESS, 1, 3000, 7)); /* the same, now with an skb */
	push(sink, packet_at(WP_TC_INGRESS, 1, 5000, 7)); /* on the bridge over it */
	push(sink, packet_at(WP_NETFILTER, 1, 6000, 7));
	sink_pcap_flush(sink);
	assert_int_equal(count_packets(), 1);
	push(sink, packet_at(WP_TC_INGRESS, 2, 7000, 7)); /* sent twice: another skb */
	push(sink, packet_at(WP_TC_INGRESS, 1, 8000, 8)); /* the address taken again at once */
	push(sink,
	     packet_at(WP_TC_INGRESS, 1, 1000000000, 7)); /* a retransmission at the same address */
	push(sink, packet_at(WP_TC_EGRESS, 4, 1000000000, 9));
	assert_int_equal(sink_pcap_close(sink), 0);
	assert_int_equal(count_packets(), 5);
}

/* A device without Ethernet headers gets made-up ones. */
static void test_layer3_device(void **state)
{
	struct sink_pcap *sink = open_sink();
	struct test_packet t = packet_at(WP_TC_INGRESS, 1, 1000, 7);
	struct pcap_pkthdr *header;
	const u_char *data;
	pcap_t *pcap;

	(void)state;
	t.packet.l2_len = 0;
	t.packet.frame_len = DATA_LEN;
	push(sink, t);
	t.packet.flow.family = 6;
	t.packet.hdr.skb = 2;
	push(sink, t);
	assert_int_equal(sink_pcap_close(sink), 0);
	pcap = open_file();
	assert_int_equal(pcap_next_ex(pcap, &header, &data), 1);
	assert_int_equal(header->caplen, DATA_LEN + 14);
	assert_int_equal(header->len, DATA_LEN + 14);
	assert_true(data[0] == 0 && data[12] == 0x08 && data[13] == 0x00 && data[15] == 1);
	assert_int_equal(pcap_next_ex(pcap, &header, &data), 1);
	assert_true(data[12] == 0x86 && data[13] == 0xdd);
	pcap_close(pcap);
}

/* Other events, and packets that are not what they say, are passed over. */
static void test_not_a_packet(void **state)
{
	struct sink_pcap *sink = open_sink();
	struct test_packet t = packet_at(WP_TC_INGRESS, 1, 1000, 7);
	struct ev_drop drop = {.hdr = {.type = EV_DROP, .size = sizeof(drop)}};

	(void)state;
	assert_int_equal(sink_pcap_push(sink, &drop.hdr), 0);
	t.packet.cap_len = DATA_LEN + 1;
	push(sink, t);
	t.packet.cap_len = 0;
	push(sink, t);
	t.packet.cap_len = DATA_LEN;
	t.packet.hdr.size = sizeof(struct ev_packet) - 1;
	push(sink, t);
	assert_int_equal(sink_pcap_close(sink), 0);
	assert_int_equal(count_packets(), 0);
}

static int try_open(void)
{
	struct sink_pcap *sink = NULL;
	int err = sink_pcap_open(&sink, path, 0);

	if (!err)
		sink_pcap_close(sink);
	return err;
}

static void test_existing_file(void **state)
{
	int fd = open(path, O_WRONLY | O_CREAT, 0644);
	struct stat st;

	(void)state;
	assert_int_equal(write(fd, "long enough to be noticed if it is not removed", 46), 46);
	close(fd);
	assert_int_equal(try_open(), 0);
	assert_int_equal(count_packets(), 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(st.st_size, 24);
}

static void test_refused_files(void **state)
{
	struct stat st;
	int fd;

	(void)state;
	assert_int_equal(symlink(other, path), 0);
	assert_int_equal(try_open(), -ELOOP);
	assert_int_equal(stat(other, &st), -1);
	unlink(path);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_not_equal(try_open(), 0); /* and does not wait for a reader */
	unlink(path);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(try_open(), -EISDIR);
	rmdir(path);
	/* A second name of some other file. */
	fd = open(other, O_WRONLY | O_CREAT, 0600);
	close(fd);
	assert_int_equal(link(other, path), 0);
	assert_int_equal(try_open(), -EEXIST);
	unlink(path);
	snprintf(path, sizeof(path), "%s/none/a.pcap", dir);
	assert_int_equal(try_open(), -ENOENT);
	snprintf(path, sizeof(path), "%s/a.pcap", dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_one_packet, clean),
		cmocka_unit_test_teardown(test_first_sight_only, clean),
		cmocka_unit_test_teardown(test_layer3_device, clean),
		cmocka_unit_test_teardown(test_not_a_packet, clean),
		cmocka_unit_test_teardown(test_existing_file, clean),
		cmocka_unit_test_teardown(test_refused_files, clean),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
