/* SPDX-License-Identifier: GPL-2.0-only */
/* The last timestamps of hosts, as kernels with tcp_tw_recycle keep them (tcp_metrics). */
#ifndef CLBTRACE_FACTS_TCP_METRICS_H
#define CLBTRACE_FACTS_TCP_METRICS_H

#include <stdbool.h>

#include "fact.h"
#include "facts_netlink.h"

/*
 * The generic netlink family "tcp_metrics"; 0: the kernel has none (before 3.6). Returns 0 or
 * -errno.
 */
int tcp_metrics_family(struct netlink *generic, uint16_t *family);

/*
 * Reads tsval and age_s from the answer to TCP_METRICS_CMD_GET (net/ipv4/tcp_metrics.c,
 * tcp_metrics_fill_info() of Linux 3.6 to 4.11; later ones have neither). Returns whether both are
 * there.
 */
bool tcp_metrics_parse(const struct nlmsghdr *nlh, struct fact_tcp_metric *out);

#endif
