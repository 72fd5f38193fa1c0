/* SPDX-License-Identifier: GPL-2.0-only */
/* Verdicts to test with, and capturing of what is printed about them. */
#ifndef CLBTRACE_TEST_SAMPLE_H
#define CLBTRACE_TEST_SAMPLE_H

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../user/verdict.h"

/* 2026-11-22T07:41:12.118123Z */
#define SAMPLE_TIME_NS 1795333272118123000ULL

/* text: IPv4 or IPv6. */
static inline void sample_address(uint8_t addr[16], const char *text)
{
	memset(addr, 0, 16);
	if (inet_pton(AF_INET6, text, addr) == 1)
		return;
	addr[10] = addr[11] = 0xff;
	if (inet_pton(AF_INET, text, addr + 12) != 1)
		abort();
}

static inline void sample_verdict(struct verdict *v, const char *src, const char *dst,
				  uint16_t dport, enum outcome outcome, const char *cause)
{
	memset(v, 0, sizeof(*v));
	v->wall_ns = SAMPLE_TIME_NS;
	v->duration_us = 31;
	sample_address(v->probe.saddr, src);
	sample_address(v->probe.daddr, dst);
	v->probe.sport = 53738;
	v->probe.dport = dport;
	v->probe.proto = 6;
	v->probe.family = strchr(src, ':') ? 6 : 4;
	snprintf(v->interface, sizeof(v->interface), "eth0");
	v->syns = 1;
	v->outcome = outcome;
	v->cause = cause;
	v->timing = (struct verdict_timing){-1, -1, -1, -1};
	v->rule.handle = -1;
	v->rule.number = -1;
}

static inline void sample_step(struct verdict *v, int64_t t_us, const char *at, const char *what)
{
	struct verdict_step *step = &v->steps[v->n_steps++];

	step->t_us = t_us;
	step->at = at;
	snprintf(step->what, sizeof(step->what), "%s", what);
}

/* The design's example. */
static inline void sample_firewall_drop(struct verdict *v)
{
	sample_verdict(v, "100.64.1.10", "172.16.32.15", 80, OUTCOME_FAILED, "firewall-drop");
	v->stage = "netfilter";
	snprintf(v->summary, sizeof(v->summary), "dropped by rule 2 of chain CLOUDSEC");
	v->rule.known = true;
	snprintf(v->rule.backend, sizeof(v->rule.backend), "nft");
	snprintf(v->rule.family, sizeof(v->rule.family), "ip");
	snprintf(v->rule.table, sizeof(v->rule.table), "filter");
	snprintf(v->rule.chain, sizeof(v->rule.chain), "CLOUDSEC");
	snprintf(v->rule.hook, sizeof(v->rule.hook), "INPUT");
	v->rule.handle = 12;
	v->rule.number = 2;
	snprintf(v->rule.text, sizeof(v->rule.text), "ip saddr 100.64.0.0/10 drop");
	sample_step(v, 0, "tc-ingress", "SYN seq 1829 tsval 88123");
	sample_step(v, 31, "kfree_skb", "NETFILTER_DROP in nft_do_chain");
	v->n_fix = 1;
	snprintf(v->fix[0], sizeof(v->fix[0]), "iptables -I INPUT -s 100.64.0.0/10 -j ACCEPT");
}

struct capture {
	int saved;
	FILE *file;
	char text[1 << 20];
};

/* Sends stdout to a file of its own until capture_end(). */
static inline void capture_begin(struct capture *capture)
{
	fflush(stdout);
	capture->saved = dup(STDOUT_FILENO);
	capture->file = tmpfile();
	if (capture->saved < 0 || !capture->file || dup2(fileno(capture->file), STDOUT_FILENO) < 0)
		abort();
}

/* Returns what was printed. */
static inline const char *capture_end(struct capture *capture)
{
	size_t n;

	fflush(stdout);
	dup2(capture->saved, STDOUT_FILENO);
	close(capture->saved);
	rewind(capture->file);
	n = fread(capture->text, 1, sizeof(capture->text) - 1, capture->file);
	capture->text[n] = 0;
	fclose(capture->file);
	return capture->text;
}

#endif
