/* SPDX-License-Identifier: GPL-2.0-only */
/* The rules that the programs on nf_tables have named of late, by the packet that each stopped. */
#ifndef CLBTRACE_RULE_RECORDS_H
#define CLBTRACE_RULE_RECORDS_H

#include <stdint.h>

#include "fact.h"

#include "../bpf/shared.h"

enum { RULE_RECORDS = 1024 /* a power of two */ };

struct rule_records {
	struct rule_record kept[RULE_RECORDS];
	uint64_t taken; /* ever */
};

/* Takes a copy, in the place of the oldest if there is no more room. */
void rule_records_add(struct rule_records *records, const struct rule_record *record);

/* The newest about the packet of a request for NEED_RULE; NULL if there is none. */
const struct rule_record *rule_records_find(const struct rule_records *records,
					    const struct fact_request *request);

/* As a fact, without the rule's text; header and flow are left to who sends it. */
struct fact_rule rule_record_fact(const struct rule_record *record);

#endif
