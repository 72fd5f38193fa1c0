// SPDX-License-Identifier: GPL-2.0-only
// With what a recording was made, and what the command line of its replay has instead.
#include "replay_settings.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "clouds.h"
#include "options_table.h"

#define NS_PER_MS 1000000ULL

enum { TIMEOUT_MAX_MS = 600000, PROBES_MIN = 16, PROBES_MAX = 1048576, SOURCES_MAX = 4096 };

/* A cloud stands for its sources, its timeout and its status codes. */
static bool names_sources(const struct options *named)
{
	return named->named_sources || named->cloud;
}

void replay_settings_begin(struct replay_settings *settings, const struct options *named)
{
	*settings = (struct replay_settings){.named = named, .options = *named};
	settings->options.interfaces = NULL;
	if (names_sources(named))
		return;
	settings->options.sources = NULL;
	settings->options.n_sources = 0;
}

void replay_settings_end(struct replay_settings *settings)
{
	if (!names_sources(settings->named))
		free(settings->options.sources);
	free(settings->options.interfaces);
}

static bool is_sound(const struct record_settings *s)
{
	return s->run && s->part && s->timeout_ms && s->timeout_ms <= TIMEOUT_MAX_MS &&
	       s->max_probes >= PROBES_MIN && s->max_probes <= PROBES_MAX &&
	       !s->cloud[sizeof(s->cloud) - 1] && !s->netns[sizeof(s->netns) - 1];
}

static void take_first(struct replay_settings *settings)
{
	const struct options *named = settings->named;
	const struct record_settings *s = &settings->record;
	struct options *options = &settings->options;

	if (!named->named_timeout && !named->cloud)
		options->timeout_ms = s->timeout_ms;
	if (!named->named_status && !named->cloud)
		memcpy(options->expect_status, s->expect_status, sizeof(options->expect_status));
	if (!named->named_max_probes)
		options->max_probes = s->max_probes;
	if (!named->count)
		options->count = s->count;
	if (!named->cloud)
		options->cloud = cloud_find(s->cloud);
	options->udp |= s->udp;
	options->xdp = s->xdp;
	memcpy(settings->netns, s->netns, sizeof(settings->netns));
	options->netns = *settings->netns ? settings->netns : NULL;
}

/* Parts of one run may be one after the other. */
static int take_settings(struct replay_settings *settings, const struct record_settings *s)
{
	const struct record_settings before = settings->record;

	if (!is_sound(s) || (before.run && (s->run != before.run || s->part != before.part + 1)))
		return -EBADMSG;
	settings->record = *s;
	settings->parts++;
	if (!before.run)
		take_first(settings);
	return 1;
}

static int take_source(struct replay_settings *settings, const struct record_source *source)
{
	struct prefix prefix = {.len = source->len};
	int err;

	if (names_sources(settings->named))
		return 1;
	if (source->len > 128 || settings->options.n_sources == SOURCES_MAX)
		return -EBADMSG;
	memcpy(prefix.addr, source->addr, sizeof(prefix.addr));
	err = options_add_source(&settings->options, &prefix);
	return err ? err : 1;
}

static int take_ports(struct replay_settings *settings, const void *ports)
{
	if (settings->named->named_ports)
		return 1;
	memcpy(settings->options.ports, ports, sizeof(settings->options.ports));
	settings->options.all_ports = false;
	return 1;
}

static int take_interface(struct replay_settings *settings, const char *name)
{
	struct options *options = &settings->options;
	const size_t room = sizeof(*options->interfaces);
	char(*grown)[FACT_IFNAME_LEN];

	if (name[FACT_IFNAME_LEN - 1] || options->n_interfaces == SOURCES_MAX)
		return -EBADMSG;
	for (size_t i = 0; i < options->n_interfaces; i++)
		if (!strcmp(options->interfaces[i], name))
			return 1;
	grown = realloc(options->interfaces, (options->n_interfaces + 1) * room);
	if (!grown)
		return -ENOMEM;
	options->interfaces = grown;
	memcpy(grown[options->n_interfaces++], name, room);
	return 1;
}

int replay_settings_take(struct replay_settings *settings, const struct record_item *item)
{
	if (item->kind == RECORD_SETTINGS)
		return take_settings(settings, item->data);
	if (!settings->record.run)
		return -EBADMSG;
	switch (item->kind) {
	case RECORD_SOURCE:
		return take_source(settings, item->data);
	case RECORD_PORTS:
		return take_ports(settings, item->data);
	case RECORD_INTERFACE:
		return take_interface(settings, item->data);
	default:
		return 0;
	}
}

struct corr_config replay_settings_config(const struct replay_settings *settings)
{
	const struct options *options = &settings->options;
	struct corr_config config = {
		.timeout_ns = options->timeout_ms * NS_PER_MS,
		.wall_offset_ns = settings->record.wall_offset_ns,
		.max_probes = options->max_probes,
	};

	memcpy(config.expect_status, options->expect_status, sizeof(config.expect_status));
	return config;
}

static bool is_wanted(const struct options *named, const uint8_t source[16], uint16_t port)
{
	return (!named->named_ports || options_have_port(named, port)) &&
	       (!names_sources(named) || options_have_source(named, source));
}

bool replay_settings_want(const struct replay_settings *settings, const struct ev_hdr *ev)
{
	const struct options *named = settings->named;
	const struct ev_flow *flow = (const void *)(ev + 1);

	if (!named->named_ports && !names_sources(named))
		return true;
	if (ev->type == EV_LOST || ev->type == EV_FACT_LINK || !flow->family)
		return true;
	return is_wanted(named, flow->saddr, flow->dport) ||
	       is_wanted(named, flow->daddr, flow->sport);
}
