/* SPDX-License-Identifier: GPL-2.0-only */
/* What drops become evidence by: the reason that the kernel gives, or the function that freed the
 * packet. */
#ifndef CLBTRACE_DROP_EVIDENCE_H
#define CLBTRACE_DROP_EVIDENCE_H

#include "evidence.h"

/* What a drop can add whose reason has this name, without SKB_DROP_REASON_. */
evidence_t drop_reason_evidence(const char *name);
/* What drops can add by the function alone. */
evidence_t drop_symbol_evidence(void);

#endif
