/* SPDX-License-Identifier: GPL-2.0-only */
/* The evidence in words: one line for each event and fact of a probe. */
#ifndef CLBTRACE_STEPS_H
#define CLBTRACE_STEPS_H

#include "probe.h"

/* Fills in v's steps from the probe's events, then its facts. */
void steps_write(const struct probe *probe, const struct corr_host *host, struct verdict *v);

/* A TCP state's name as ss prints it, "?" if unknown. */
const char *tcp_state_name(uint32_t state);

/* The payload kept of a packet event; returns its length, 0 if there is none. */
size_t packet_payload(const struct ev_packet *p, const uint8_t **data);

#endif
