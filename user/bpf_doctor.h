/* SPDX-License-Identifier: GPL-2.0-only */
/* Finds out what the BPF source would see on this kernel, by the functions that it is made of. */
#ifndef CLBTRACE_BPF_DOCTOR_H
#define CLBTRACE_BPF_DOCTOR_H

#include "doctor.h"
#include "facts.h"

struct bpf_doctor;

/*
 * Loads the programs, attaches none of them where there is traffic, and fills in the doctor's
 * waypoints, sight, BTF, works and why. Returns 0, also if nothing works, or -ENOMEM.
 */
int bpf_doctor_open(struct bpf_doctor **out, struct doctor *d, const struct options *options);
void bpf_doctor_close(struct bpf_doctor *bpf);

/* For facts_doctor(); NULL where hooks cannot be walked. ctx is the struct bpf_doctor. */
hook_walk_fn bpf_doctor_walker(const struct bpf_doctor *bpf);

#endif
