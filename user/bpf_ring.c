// SPDX-License-Identifier: GPL-2.0-only
// Reads the ring buffer: checks each record, completes it, hands it on.
#include "bpf_ring.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bpf_location.h"

#include "../bpf/shared.h"

/* So that a flood does not keep the caller from its timers and signals. */
enum { RECORDS_A_DRAIN = 1 << 16 };

struct bpf_ring {
	struct ring_buffer *buffer;
	const struct bpf_kernel *kernel;
	int loss_fd;
	int cpus;
	struct loss *losses; /* room for one per CPU */
	struct loss seen;    /* what was already reported */
	uint64_t bad;	     /* records that failed the check, ever */
	uint64_t drained_ns; /* time of the previous drain */
	struct bpf_locations locations;
	/* During a drain: */
	const struct event_sink *to;
	int records;
	int error;	    /* what push returned */
	uint64_t newest_ns; /* the last record's time */
};

/* Bytes of a kernel event without what follows it; 0 for a type that the kernel does not send. */
static size_t event_size(uint16_t type)
{
	switch (type) {
	case EV_PACKET:
		return sizeof(struct ev_packet);
	case EV_SOCKET:
		return sizeof(struct ev_socket);
	case EV_DROP:
		return sizeof(struct ev_drop);
	case EV_RESET:
		return sizeof(struct ev_reset);
	case EV_ICMP:
		return sizeof(struct ev_icmp);
	case EV_STATE:
		return sizeof(struct ev_state);
	case EV_SYNACK_RETRANS:
		return sizeof(struct ev_synack_retrans);
	default:
		return 0;
	}
}

static bool is_sound(const struct ev_hdr *ev, size_t record)
{
	size_t size;

	if (record < sizeof(*ev))
		return false;
	size = event_size(ev->type);
	if (!size || ev->size < size || ev->size > record)
		return false;
	if (ev->type == EV_PACKET)
		return ev->size == size + ((const struct ev_packet *)ev)->cap_len;
	return ev->size == size;
}

static int push_drop(struct bpf_ring *ring, const struct ev_hdr *ev)
{
	struct ev_drop drop;

	memcpy(&drop, ev, sizeof(drop));
	bpf_kernel_drop_reason(ring->kernel, drop.reason, drop.reason_name,
			       sizeof(drop.reason_name));
	if (!*drop.symbol && !strcmp(drop.reason_name, DROP_WITHOUT_REASON))
		bpf_location_name(&ring->locations, drop.location, drop.symbol,
				  sizeof(drop.symbol));
	return ring->to->push(ring->to->ctx, &drop.hdr);
}

static int push_reset(struct bpf_ring *ring, const struct ev_hdr *ev)
{
	struct ev_reset reset;

	memcpy(&reset, ev, sizeof(reset));
	if (reset.has_reason)
		bpf_kernel_reset_reason(ring->kernel, reset.reason, reset.reason_name,
					sizeof(reset.reason_name));
	return ring->to->push(ring->to->ctx, &reset.hdr);
}

static int on_record(void *ctx, void *data, size_t size)
{
	struct bpf_ring *ring = ctx;
	const struct ev_hdr *ev = data;
	int err;

	if (!is_sound(ev, size)) {
		ring->bad++;
		return 0;
	}
	if (ev->type == EV_DROP)
		err = push_drop(ring, ev);
	else if (ev->type == EV_RESET)
		err = push_reset(ring, ev);
	else
		err = ring->to->push(ring->to->ctx, ev);
	ring->error = err;
	ring->newest_ns = ev->time_ns;
	if (err)
		return err;
	return ++ring->records < RECORDS_A_DRAIN ? 0 : -EAGAIN;
}

static int push_losses(struct bpf_ring *ring, uint64_t now_ns)
{
	struct loss total = {.events = ring->bad};
	struct ev_lost lost = {
		.hdr = {.type = EV_LOST, .size = sizeof(lost), .time_ns = now_ns},
		.since_ns = ring->drained_ns,
	};
	__u32 zero = 0;

	if (bpf_map_lookup_elem(ring->loss_fd, &zero, ring->losses))
		return -errno;
	for (int i = 0; i < ring->cpus; i++) {
		total.events += ring->losses[i].events;
		total.evicted += ring->losses[i].evicted;
	}
	ring->drained_ns = now_ns;
	lost.events = total.events - ring->seen.events;
	lost.evicted = total.evicted - ring->seen.evicted;
	ring->seen = total;
	if (!lost.events && !lost.evicted)
		return 0;
	return ring->to->push(ring->to->ctx, &lost.hdr);
}

int bpf_ring_drain(struct bpf_ring *ring, uint64_t now_ns, const struct event_sink *to,
		   uint64_t *until_ns)
{
	int err;

	ring->to = to;
	ring->records = 0;
	ring->error = 0;
	err = push_losses(ring, now_ns);
	if (err)
		return err;
	err = ring_buffer__consume(ring->buffer);
	if (ring->error)
		return ring->error;
	/* Records are in the order of their reservation: what is left is as new as the last one
	 * read. */
	*until_ns = err == -EAGAIN && ring->newest_ns < now_ns ? ring->newest_ns : now_ns;
	return err == -EAGAIN || err > 0 ? 0 : err;
}

int bpf_ring_open(struct bpf_ring **out, int map_fd, int loss_fd, const struct bpf_kernel *kernel)
{
	struct bpf_ring *ring;
	int err = -ENOMEM;

	*out = NULL;
	ring = calloc(1, sizeof(*ring));
	if (!ring)
		return -ENOMEM;
	ring->kernel = kernel;
	ring->loss_fd = loss_fd;
	ring->cpus = libbpf_num_possible_cpus();
	if (ring->cpus < 0) {
		err = ring->cpus;
		goto out;
	}
	ring->losses = calloc(ring->cpus, sizeof(*ring->losses));
	if (!ring->losses)
		goto out;
	ring->buffer = ring_buffer__new(map_fd, on_record, ring, NULL);
	err = ring->buffer ? 0 : -errno;
out:
	if (err) {
		bpf_ring_close(ring);
		ring = NULL;
	}
	*out = ring;
	return err;
}

void bpf_ring_close(struct bpf_ring *ring)
{
	if (!ring)
		return;
	ring_buffer__free(ring->buffer);
	free(ring->losses);
	free(ring);
}

int bpf_ring_fd(const struct bpf_ring *ring)
{
	return ring_buffer__epoll_fd(ring->buffer);
}
