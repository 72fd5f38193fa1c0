// SPDX-License-Identifier: GPL-2.0-only
// Unit tests of recordings: their replay, their packets, their files, and when there is no room.
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <cmocka.h>
#include <pcap/pcap.h>

#include "recording_sample.h"
#include "sample.h"

enum { ANY = -1000 }; /* exit status that is no error */

static char dir[] = "/tmp/clbtrace-test-XXXXXX";
static char path[64], other[80];
static struct capture live, replayed;
static int said_on_stderr;

static int set_up(void **state)
{
	(void)state;
	if (!mkdtemp(dir))
		return -1;
	snprintf(path, sizeof(path), "%s/a.pcapng", dir);
	return 0;
}

static void part_path(unsigned int part)
{
	snprintf(other, sizeof(other), "%s/a-%05u.pcapng", dir, part);
}

static int clean(void **state)
{
	(void)state;
	unlink(path);
	for (unsigned int part = 1; part < 100; part++) {
		part_path(part);
		unlink(other);
	}
	return 0;
}

static int tear_down(void **state)
{
	clean(state);
	return rmdir(dir);
}

static uint8_t *read_file(const char *from, size_t *len)
{
	uint8_t *data = malloc(1 << 22);
	FILE *file = fopen(from, "r");

	assert_non_null(data);
	assert_non_null(file);
	*len = fread(data, 1, 1 << 22, file);
	fclose(file);
	return data;
}

static void write_file(const char *to, const uint8_t *data, size_t len, const char *mode)
{
	FILE *file = fopen(to, mode);

	assert_non_null(file);
	assert_int_equal(fwrite(data, 1, len, file), len);
	fclose(file);
}

/* How often the text is in the file. */
static unsigned int count_text(const char *text)
{
	size_t len, at = 0, text_len = strlen(text);
	uint8_t *data = read_file(path, &len);
	unsigned int n = 0;

	for (; at + text_len <= len; at++)
		n += !memcmp(data + at, text, text_len);
	free(data);
	return n;
}

/* As libpcap sees it: the packets. */
static int count_packets(void)
{
	char err[PCAP_ERRBUF_SIZE];
	pcap_t *pcap = pcap_open_offline(path, err);
	struct pcap_pkthdr *header;
	const u_char *data;
	int n = 0, ret;

	if (!pcap)
		fail_msg("%s", err);
	while ((ret = pcap_next_ex(pcap, &header, &data)) == 1)
		n++;
	if (ret != PCAP_ERROR_BREAK)
		fail_msg("%s", pcap_geterr(pcap));
	pcap_close(pcap);
	return n;
}

/* Two probes that went well, one that was dropped, one without an end; what happened besides. */
static void do_run(struct run *run, const struct options *options)
{
	assert_int_equal(run_begin(run, options), 0);
	run_notice(run, "a notice");
	run_healthy(run, 40001);
	assert_int_equal(run_until(run, 10 * RUN_MS), 0);
	run_notice(run, "after a verdict that needed no facts");
	run_arrive(run, 40002);
	run_drop(run, 40002);
	assert_int_equal(run_until(run, 20 * RUN_MS), 0);
	run_arrive(run, 40003);
	run_lost(run, 7);
	run_notice(run, "events were lost");
	for (unsigned int ms = 21; ms < 900; ms += 7)
		assert_int_equal(run_until(run, ms * RUN_MS), 0);
	run_healthy(run, 40004);
	assert_int_equal(run_until(run, 910 * RUN_MS), 0);
}

static const char *record_run(const struct options *options, bool killed)
{
	struct run run;

	capture_begin(&live);
	do_run(&run, options);
	assert_int_equal(run_end(&run, killed), 0);
	return capture_end(&live);
}

/* stderr is counted, not shown. */
static const char *replay_file(const char *from, const struct options *named, int want)
{
	int saved = dup(STDERR_FILENO), got;
	FILE *file = tmpfile();

	assert_non_null(file);
	fflush(stderr);
	dup2(fileno(file), STDERR_FILENO);
	capture_begin(&replayed);
	got = run_replay(from, named);
	capture_end(&replayed);
	fflush(stderr);
	dup2(saved, STDERR_FILENO);
	close(saved);
	rewind(file);
	for (said_on_stderr = 0; (saved = getc(file)) != EOF;)
		said_on_stderr += saved == '\n';
	fclose(file);
	if (want != ANY)
		assert_int_equal(got, want);
	else
		assert_true(got >= 0);
	return replayed.text;
}

static struct options replay_options(void)
{
	struct options options = run_options(NULL);

	options.mode = MODE_REPLAY;
	return options;
}

static unsigned int count_lines(const char *text, const char *with)
{
	unsigned int n = 0;

	for (const char *at = text; (at = strstr(at, with)); at++)
		n++;
	return n;
}

static void test_replay_is_the_same(void **state)
{
	const struct options options = run_options(path), named = replay_options();
	const char *said = record_run(&options, false);

	(void)state;
	assert_int_equal(count_lines(said, "\"type\":\"verdict\""), 4);
	assert_int_equal(count_lines(said, "\"type\":\"notice\""), 3);
	assert_non_null(strstr(said, "\"cause\":\"firewall-drop\""));
	assert_string_equal(replay_file(path, &named, 1), said);
	assert_int_equal(said_on_stderr, 0);
}

/* What was watched, for how long, and what came from elsewhere is all that there is to say. */
static void test_no_probe(void **state)
{
	struct options options = run_options(path), named = replay_options();
	struct prefix source = {.len = 128};
	char interface[1][16] = {"eth7"};
	struct run run;

	(void)state;
	sample_address(source.addr, "10.0.0.9");
	options.sources = &source;
	options.n_sources = 1;
	options.interfaces = interface;
	options.n_interfaces = 1;
	options.all_ports = false;
	memset(options.ports, 0, sizeof(options.ports));
	options.ports[443 / 64] |= 1ULL << 443 % 64;
	options.netns = "web";
	options.udp = true;
	capture_begin(&live);
	assert_int_equal(run_begin(&run, &options), 0);
	assert_int_equal(run_until(&run, 5400 * RUN_MS), 0);
	assert_int_equal(run_end(&run, false), 0);
	capture_end(&live);
	for (int i = 0; i < 6; i++) {
		static const char *const words[] = {"in 6.1 s",
						    "10.0.0.9",
						    "443",
						    "eth7",
						    "network namespace web",
						    "3 connection attempts"};

		if (!strstr(live.text, words[i]))
			fail_msg("no %s: %s", words[i], live.text);
	}
	assert_string_equal(replay_file(path, &named, 3), live.text);
	assert_int_equal(said_on_stderr, 0);
}

static void test_count(void **state)
{
	struct options options = run_options(path), named = replay_options();
	const char *said;

	(void)state;
	options.count = 2;
	said = record_run(&options, false);
	assert_int_equal(count_lines(said, "\"type\":\"verdict\""), 2);
	assert_string_equal(replay_file(path, &named, 1), said);
	named.count = 1;
	assert_int_equal(count_lines(replay_file(path, &named, 0), "\"type\":\"verdict\""), 1);
	assert_int_equal(said_on_stderr, 0);
}

/* Facts that the recording does not have where they are asked for are no reason to wait. */
static void test_other_timeout(void **state)
{
	const struct options options = run_options(path);
	struct options named = replay_options();
	const char *said;

	(void)state;
	record_run(&options, false);
	named.named_timeout = true;
	named.timeout_ms = 100;
	said = replay_file(path, &named, 1);
	assert_int_equal(count_lines(said, "\"type\":\"verdict\""), 4);
	assert_int_equal(said_on_stderr, 0);
}

static void test_filter(void **state)
{
	const struct options options = run_options(path);
	struct options named = replay_options();
	struct prefix other_source = {.len = 128};

	(void)state;
	record_run(&options, false);
	named.named_ports = true;
	named.all_ports = false;
	memset(named.ports, 0, sizeof(named.ports));
	named.ports[81 / 64] |= 1ULL << 81 % 64;
	assert_int_equal(count_lines(replay_file(path, &named, 3), "\"type\":\"verdict\""), 0);
	named.ports[80 / 64] |= 1ULL << 80 % 64;
	assert_int_equal(count_lines(replay_file(path, &named, 1), "\"type\":\"verdict\""), 4);
	named.named_sources = true;
	named.sources = &other_source;
	named.n_sources = 1;
	sample_address(other_source.addr, "100.64.1.11");
	assert_int_equal(count_lines(replay_file(path, &named, 3), "\"type\":\"verdict\""), 0);
	sample_address(other_source.addr, "100.64.1.10");
	assert_int_equal(count_lines(replay_file(path, &named, 1), "\"type\":\"verdict\""), 4);
}

/* A packet a block, with its way; the verdict on the one that decided, however late it came. */
static void test_packets(void **state)
{
	const struct options options = run_options(path);

	(void)state;
	record_run(&options, false);
	assert_int_equal(count_packets(), 8);
	assert_int_equal(
		count_text("0 us tc-ingress: SYN seq 1000 on eth0; 1 us PREROUTING: passed"), 4);
	assert_int_equal(count_text("us kfree_skb: dropped: NETFILTER_DROP"), 1);
	assert_int_equal(count_text("verdict: healthy: "), 2);
	assert_int_equal(count_text("verdict: failed, firewall-drop (certain): "), 1);
	/* After 600 ms: put into the block that was written by then. */
	assert_int_equal(count_text("verdict: incomplete: "), 1);
	assert_int_equal(count_text("7 events of all interfaces were lost before this place"), 1);
}

/* A SYN that is seen only as it is dropped has a row too, with its verdict. */
static void test_packet_without_frame(void **state)
{
	const struct options options = run_options(path);
	struct run run;

	(void)state;
	capture_begin(&live);
	assert_int_equal(run_begin(&run, &options), 0);
	run_drop(&run, 40001);
	assert_int_equal(run_until(&run, 10 * RUN_MS), 0);
	run_arrive(&run, 40002);
	assert_int_equal(run_until(&run, 400 * RUN_MS), 0);
	/* Dropped late: it has its row. */
	run_drop(&run, 40002);
	assert_int_equal(run_until(&run, 900 * RUN_MS), 0);
	assert_int_equal(run_end(&run, false), 0);
	capture_end(&live);
	assert_int_equal(count_packets(), 2);
	assert_int_equal(count_text("0 us kfree_skb: SYN seq 1000 dropped: NETFILTER_DROP"), 1);
	assert_int_equal(count_text("no frame of this packet was seen"), 1);
	assert_int_equal(count_text("verdict: "), 2);
}

static void test_killed(void **state)
{
	const struct options options = run_options(path), named = replay_options();
	char *said = strdup(record_run(&options, true)),
	     *summary = strstr(said, "{\"type\":\"summary\"");
	const char *again = replay_file(path, &named, -EINVAL);

	(void)state;
	assert_non_null(summary);
	assert_int_equal(strncmp(again, said, (size_t)(summary - said)), 0);
	assert_int_equal(said_on_stderr, 1);
	assert_int_equal(count_lines(again, "\"type\":\"summary\""), 1);
	free(said);
}

/* Wherever it breaks off: what came before is explained, and one line says so. */
static void test_truncated(void **state)
{
	const struct options options = run_options(path), named = replay_options();
	unsigned int verdicts = 0;
	uint8_t *data;
	size_t len;

	(void)state;
	record_run(&options, false);
	data = read_file(path, &len);
	part_path(1);
	for (size_t cut = 1; cut < len; cut += 13) {
		unsigned int n;

		write_file(other, data, cut, "w");
		/* Behind the last record there are statistics only. */
		if (cut + 200 > len)
			break;
		n = count_lines(replay_file(other, &named, -EINVAL), "\"type\":\"verdict\"");
		assert_int_equal(said_on_stderr, 1);
		assert_true(n >= verdicts);
		verdicts = n;
	}
	assert_int_equal(verdicts, 4);
	free(data);
}

/* Every byte that is another one: never anything worse than an error. */
static void test_corrupted(void **state)
{
	const struct options options = run_options(path), named = replay_options();
	uint8_t *data;
	size_t len;

	(void)state;
	record_run(&options, false);
	data = read_file(path, &len);
	part_path(1);
	for (size_t at = 0; at < len; at += 11) {
		int saved = dup(STDERR_FILENO), null = open("/dev/null", O_WRONLY | O_CLOEXEC);

		data[at] ^= 0x55;
		write_file(other, data, len, "w");
		data[at] ^= 0x55;
		dup2(null, STDERR_FILENO);
		capture_begin(&replayed);
		run_replay(other, &named);
		capture_end(&replayed);
		dup2(saved, STDERR_FILENO);
		close(saved);
		close(null);
	}
	free(data);
}

static void test_rotation(void **state)
{
	struct options options = run_options(path), named = replay_options();
	unsigned int part;
	struct run run;
	uint8_t *data;
	size_t len;

	(void)state;
	options.rotate_bytes = 20000;
	capture_begin(&live);
	assert_int_equal(run_begin(&run, &options), 0);
	for (unsigned int i = 0; i < 60; i++) {
		run_healthy(&run, (uint16_t)(20000 + i));
		assert_int_equal(run_until(&run, (i + 1) * 100 * RUN_MS), 0);
	}
	assert_int_equal(run_end(&run, false), 0);
	capture_end(&live);
	for (part = 1;; part++) {
		struct stat st;

		part_path(part);
		if (stat(other, &st))
			break;
		assert_int_equal(st.st_mode & 07777, 0600);
		assert_in_range(st.st_size, 1, 26000);
		/* Each is a recording of its own; the last may have no probe. */
		replay_file(other, &named, ANY);
		assert_int_equal(said_on_stderr, 0);
		assert_int_equal(count_lines(replayed.text, "\"interface\":\"eth0\""),
				 count_lines(replayed.text, "\"verdict\":\"healthy\""));
		data = read_file(other, &len);
		write_file(path, data, len, "a");
		free(data);
	}
	assert_in_range(part, 5, 50);
	/* And one after the other they are the whole. */
	assert_string_equal(replay_file(path, &named, 0), live.text);
	assert_int_equal(said_on_stderr, 0);
}

static void test_rotation_keeps(void **state)
{
	struct options options = run_options(path);
	struct run run;
	unsigned int files = 0;

	(void)state;
	options.rotate_bytes = 20000;
	options.rotate_files = 2;
	capture_begin(&live);
	assert_int_equal(run_begin(&run, &options), 0);
	for (unsigned int i = 0; i < 60; i++) {
		run_healthy(&run, (uint16_t)(20000 + i));
		assert_int_equal(run_until(&run, (i + 1) * 100 * RUN_MS), 0);
	}
	assert_int_equal(run_end(&run, false), 0);
	capture_end(&live);
	for (unsigned int part = 1; part < 100; part++) {
		part_path(part);
		files += !access(other, F_OK);
	}
	assert_int_equal(files, 2);
	part_path(1);
	assert_int_not_equal(access(other, F_OK), 0);
}

/* A file at its limit is like a full disk: what is there stays whole. */
static void test_no_room(void **state)
{
	const struct options options = run_options(path), named = replay_options();
	struct rlimit before, limit;
	struct run run;
	int err = 0;

	(void)state;
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	limit = before;
	limit.rlim_cur = 30001;
	capture_begin(&live);
	assert_int_equal(run_begin(&run, &options), 0);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	for (unsigned int i = 0; !err && i < 200; i++) {
		run_healthy(&run, (uint16_t)(20000 + i));
		err = run_until(&run, (i + 1) * 100 * RUN_MS);
	}
	setrlimit(RLIMIT_FSIZE, &before);
	assert_int_equal(run_end(&run, false), -EFBIG);
	capture_end(&live);
	assert_int_equal(err, -EFBIG);
	assert_in_range(count_packets(), 10, 599);
	replay_file(path, &named, -EINVAL);
	assert_int_equal(said_on_stderr, 1);
	assert_in_range(count_lines(replayed.text, "\"verdict\":\"healthy\""), 5, 199);
}

static void test_newer_version(void **state)
{
	const struct options options = run_options(path), named = replay_options();
	uint8_t *data;
	size_t len;

	(void)state;
	record_run(&options, false);
	data = read_file(path, &len);
	for (size_t at = 0; at + 8 < len; at += 4)
		if (!memcmp(data + at, "CLBT", 4))
			data[at + 4]++;
	write_file(path, data, len, "w");
	assert_string_equal(replay_file(path, &named, -EINVAL), "");
	assert_int_equal(said_on_stderr, 1);
	free(data);
}

/* A recording is read by later versions too: whoever changes a layout raises RECORD_VERSION, and
 * then this number. */
static void test_layout(void **state)
{
	const size_t sum =
		sizeof(struct ev_packet) + sizeof(struct ev_socket) + sizeof(struct ev_drop) +
		sizeof(struct ev_reset) + sizeof(struct ev_icmp) + sizeof(struct ev_state) +
		sizeof(struct ev_synack_retrans) + sizeof(struct ev_lost) +
		sizeof(struct fact_listener) + sizeof(struct fact_conn) +
		sizeof(struct fact_sysctl) + sizeof(struct fact_counter) +
		sizeof(struct fact_route) + sizeof(struct fact_addr) + sizeof(struct fact_neigh) +
		sizeof(struct fact_link) + sizeof(struct fact_program) + sizeof(struct fact_hook) +
		sizeof(struct fact_conntrack) + sizeof(struct fact_done) +
		sizeof(struct fact_rule) + sizeof(struct fact_tcp_metric);

	(void)state;
	assert_int_equal(sum, 3504);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_replay_is_the_same, clean),
		cmocka_unit_test_teardown(test_no_probe, clean),
		cmocka_unit_test_teardown(test_count, clean),
		cmocka_unit_test_teardown(test_other_timeout, clean),
		cmocka_unit_test_teardown(test_filter, clean),
		cmocka_unit_test_teardown(test_packets, clean),
		cmocka_unit_test_teardown(test_packet_without_frame, clean),
		cmocka_unit_test_teardown(test_killed, clean),
		cmocka_unit_test_teardown(test_truncated, clean),
		cmocka_unit_test_teardown(test_corrupted, clean),
		cmocka_unit_test_teardown(test_rotation, clean),
		cmocka_unit_test_teardown(test_rotation_keeps, clean),
		cmocka_unit_test_teardown(test_no_room, clean),
		cmocka_unit_test_teardown(test_newer_version, clean),
		cmocka_unit_test(test_layout),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
