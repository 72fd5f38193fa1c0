/* SPDX-License-Identifier: GPL-2.0-only */
/* What "clbtrace doctor" has found, and its two forms. */
#ifndef CLBTRACE_DOCTOR_H
#define CLBTRACE_DOCTOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "coverage.h"
#include "fact.h"
#include "options.h"

enum {
	DOCTOR_TEXT_LEN = 320,
	DOCTOR_DISTURBANCES_MAX = 32,
};

/* One waypoint: how it is attached, and what else there is to say; or why it is not. */
struct doctor_waypoint {
	char how[DOCTOR_TEXT_LEN];    /* "": it does not work */
	char why[DOCTOR_TEXT_LEN];    /* why not, or why not better; the kernel's own error */
	char enable[DOCTOR_TEXT_LEN]; /* what would change that; "": nothing is known */
};

/* kind: "clbtrace", "nftrace", "xdp", "tc". Text is escaped. */
struct doctor_disturbance {
	const char *kind;
	char text[DOCTOR_TEXT_LEN];
};

struct doctor {
	char release[80]; /* of the kernel, as uname -r */
	char machine[80];
	char btf[DOCTOR_TEXT_LEN]; /* where it is from; "": there is none */
	bool works;
	enum backend backend;	   /* BACKEND_BPF or BACKEND_PCAP, whether it works or not */
	char why[DOCTOR_TEXT_LEN]; /* why it is not BPF, or does not work at all; "": it is */
	bool settled;		   /* that it does not work, with packets alone neither */
	struct sight sight;
	struct doctor_waypoint waypoints[WAY_COUNT];
	struct fact_hook *hooks; /* in the order that packets meet them, by family and hook */
	size_t n_hooks;
	struct fact_program *programs;
	size_t n_programs;
	struct doctor_disturbance disturbances[DOCTOR_DISTURBANCES_MAX];
	size_t n_disturbances; /* more than there is room for are counted too */
};

#define DOCTOR_NO_BPF "no BPF" /* why; it is said once, at the top of the text */

/* Says that a waypoint works, or does not, and how, or why. */
__attribute__((format(printf, 3, 4))) void doctor_works(struct doctor *d, enum way way,
							const char *how, ...);
__attribute__((format(printf, 3, 4))) void doctor_fails(struct doctor *d, enum way way,
							const char *why, ...);
void doctor_enable(struct doctor *d, enum way way, const char *enable);
__attribute__((format(printf, 3, 4))) void doctor_disturbs(struct doctor *d, const char *kind,
							   const char *text, ...);

/* Words that both forms use. */
const char *doctor_hook_name(const struct fact_hook *hook);
const char *doctor_place_name(uint32_t place); /* enum fact_program_place */
/* "certain", "likely", "possible" or "not tellable" */
const char *doctor_confidence(const struct coverage *coverage);

void doctor_print_text(const struct doctor *d, bool colored);
/* One object on a line. Returns 0 or -errno. */
int doctor_print_json(const struct doctor *d);

void doctor_free(struct doctor *d);

#endif
