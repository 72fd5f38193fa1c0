/* SPDX-License-Identifier: GPL-2.0-only */
/* Reads the ring buffer: checks each record, completes it, hands it on. */
#ifndef CLBTRACE_BPF_RING_H
#define CLBTRACE_BPF_RING_H

#include <stdint.h>

#include "bpf_kernel.h"
#include "event_sink.h"

struct bpf_ring;

/* map_fd: the ring-buffer map, loss_fd: the per-CPU struct loss. Returns 0 or -errno. */
int bpf_ring_open(struct bpf_ring **out, int map_fd, int loss_fd, const struct bpf_kernel *kernel);
void bpf_ring_close(struct bpf_ring *ring);
int bpf_ring_fd(const struct bpf_ring *ring);
/* As source_bpf_drain(). */
int bpf_ring_drain(struct bpf_ring *ring, uint64_t now_ns, const struct event_sink *to,
		   uint64_t *until_ns);

#endif
