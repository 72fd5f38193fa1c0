/* SPDX-License-Identifier: GPL-2.0-only */
/* The host's facts in words. */
#ifndef CLBTRACE_STEPS_FACTS_H
#define CLBTRACE_STEPS_FACTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fact.h"

/* One line; false for a fact that is no evidence by itself. */
bool fact_step(const struct ev_hdr *fact, char *out, size_t out_len);

/* What is known of a process that holds a socket; texts as in the fact. */
struct process_about {
	const char *comm;
	const char *container;
	uint32_t pid; /* 0: it was not found */
	uint32_t fds_open;
	uint32_t fds_limit; /* 0: not known */
	char state;	    /* as in /proc/PID/stat, 0: not known */
};

struct process_about process_of_listener(const struct fact_listener *l);
struct process_about process_of_conn(const struct fact_conn *c);

/* "nginx (pid 812, container 3f2a)", or "a process that was not found". Escaped. Returns out. */
const char *process_words(const struct process_about *about, char *out, size_t out_len);

/* "sleeping", "stopped (SIGSTOP)"; NULL: not known. */
const char *process_state_words(char state);

/* "tcx program drop_all (id 12)", "u32 filter, pref 10 handle 0x800". Returns out. */
const char *program_words(const struct fact_program *p, char *out, size_t out_len);

/* strerror for a route look-up, in plain words. */
const char *route_error_words(const struct fact_route *r);

#endif
