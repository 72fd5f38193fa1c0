// SPDX-License-Identifier: GPL-2.0-only
// What each file of a recording begins with, its interfaces, and their statistics.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "clouds.h"
#include "escape.h"
#include "pcapng.h"
#include "record_internal.h"

enum { COMMENT_LEN = 1024, INTERFACES_MAX = 65536 };

/* The options as they were given; "" if that cannot be read. */
static const char *command_line(char *out, size_t out_len)
{
	FILE *file = fopen("/proc/self/cmdline", "re");
	char words[COMMENT_LEN / 2];
	size_t len = file ? fread(words, 1, sizeof(words), file) : 0;

	if (file)
		fclose(file);
	if (len && !words[len - 1])
		len--;
	for (size_t i = 0; i < len; i++)
		if (!words[i])
			words[i] = ' ';
	return escape_text(words, len, out, out_len);
}

/* What a reader of the file wants to know about how it was made. */
static void write_comment(const struct record *record, const char *host, char text[COMMENT_LEN])
{
	char name[4 * 64], command[COMMENT_LEN - 400];

	snprintf(text, COMMENT_LEN,
		 "clbtrace recording, format %d, part %" PRIu32 "; host %s; started as: %s",
		 RECORD_VERSION, record->part, escape_text(host, strlen(host), name, sizeof(name)),
		 command_line(command, sizeof(command)));
}

static void put_section(struct record *record)
{
	char comment[COMMENT_LEN], os[2 * sizeof(((struct utsname *)NULL)->release) + 130];
	struct pcapng_section section = {
		.os = os, .application = "clbtrace " VERSION, .comment = comment};
	struct utsname name;

	if (uname(&name))
		memset(&name, 0, sizeof(name));
	snprintf(os, sizeof(os), "%s %s %s", name.sysname, name.release, name.version);
	section.hardware = name.machine;
	write_comment(record, name.nodename, comment);
	pcapng_put_section(&record->out, &section);
}

static void put_settings(struct record *record, uint64_t now_ns)
{
	const struct options *options = record->options;
	struct record_settings s = {
		.run = record->run,
		.part = record->part,
		.max_probes = options->max_probes,
		.start_ns = now_ns,
		.wall_offset_ns = record->wall_offset_ns,
		.timeout_ms = options->timeout_ms,
		.count = options->count,
		.udp = options->udp,
		.xdp = options->xdp,
	};

	memcpy(s.expect_status, options->expect_status, sizeof(s.expect_status));
	if (options->cloud)
		snprintf(s.cloud, sizeof(s.cloud), "%s", options->cloud->id);
	if (options->netns)
		snprintf(s.netns, sizeof(s.netns), "%s", options->netns);
	record_put(record, RECORD_SETTINGS, &s, sizeof(s));
	for (size_t i = 0; i < options->n_sources; i++) {
		struct record_source source = {.len = options->sources[i].len};

		memcpy(source.addr, options->sources[i].addr, sizeof(source.addr));
		record_put(record, RECORD_SOURCE, &source, sizeof(source));
	}
	if (!options->all_ports)
		record_put(record, RECORD_PORTS, options->ports, sizeof(options->ports));
	for (size_t i = 0; i < options->n_interfaces; i++)
		record_put(record, RECORD_INTERFACE, options->interfaces[i], FACT_IFNAME_LEN);
}

void record_begin_section(struct record *record, uint64_t now_ns)
{
	record->n_interfaces = 0;
	put_section(record);
	put_settings(record, now_ns);
	for (size_t i = 0; i < record->host.n_links; i++)
		record_put(record, RECORD_HOST, &record->host.links[i],
			   sizeof(record->host.links[i]));
	for (size_t i = 0; i < record->host.n_waypoints; i++)
		record_put(record, RECORD_HOST, &record->host.waypoints[i],
			   sizeof(record->host.waypoints[i]));
	/* Before anything else: whoever looks for a recording finds it there. */
	record_end_block(record);
}

static void describe(const struct record *record, uint32_t ifindex, char *out, size_t out_len)
{
	char master[FACT_IFNAME_LEN];

	snprintf(out, out_len, "index %" PRIu32, ifindex);
	for (size_t i = 0; i < record->host.n_links; i++) {
		const struct fact_link *link = &record->host.links[i];

		if (link->ifindex == ifindex && link->master)
			snprintf(out, out_len, "index %" PRIu32 ", in %s", ifindex,
				 host_ifname(&record->host, link->master, master));
	}
}

uint32_t record_interface_id(struct record *record, uint32_t ifindex)
{
	struct record_interface *grown;
	char name[FACT_IFNAME_LEN], description[64];

	host_ifname(&record->host, ifindex, name);
	for (size_t i = 0; i < record->n_interfaces; i++)
		if (record->interfaces[i].ifindex == ifindex &&
		    !strcmp(record->interfaces[i].name, name))
			return (uint32_t)i;
	grown = record->n_interfaces < INTERFACES_MAX
			? realloc(record->interfaces, (record->n_interfaces + 1) * sizeof(*grown))
			: NULL;
	if (!grown) {
		record->out.failed |= !record->n_interfaces;
		return 0;
	}
	record->interfaces = grown;
	grown = &grown[record->n_interfaces];
	*grown = (struct record_interface){.ifindex = ifindex};
	memcpy(grown->name, name, sizeof(grown->name));
	describe(record, ifindex, description, sizeof(description));
	pcapng_put_interface(&record->out, name, description);
	return (uint32_t)record->n_interfaces++;
}

static void put_losses(struct record *record)
{
	char comment[120];
	const struct pcapng_statistics stats = {
		.wall_ns = record->now_ns + record->wall_offset_ns,
		.packets = UINT64_MAX,
		.lost = record->lost,
		.comment = comment,
	};

	snprintf(comment, sizeof(comment),
		 "%" PRIu64 " events of all interfaces were lost before this place, %" PRIu64
		 " since the last such note",
		 record->lost, record->lost - record->told_lost);
	record->told_lost = record->lost;
	record_end_block(record);
	pcapng_put_statistics(&record->out, &stats);
}

void record_put_statistics(struct record *record, bool at_end)
{
	/* Statistics are of an interface: without one they wait. */
	if (!record->n_interfaces)
		return;
	if (record->lost != record->told_lost)
		put_losses(record);
	for (size_t i = 0; at_end && i < record->n_interfaces; i++) {
		const struct pcapng_statistics stats = {
			.interface = (uint32_t)i,
			.wall_ns = record->now_ns + record->wall_offset_ns,
			.packets = record->interfaces[i].packets,
			.lost = i ? UINT64_MAX : record->lost,
		};

		pcapng_put_statistics(&record->out, &stats);
	}
}
