/* SPDX-License-Identifier: GPL-2.0-only */
/* Connection attempts from addresses that are not sources: what "not-arriving" can point at. */
#ifndef CLBTRACE_STRANGERS_H
#define CLBTRACE_STRANGERS_H

#include "fact.h"

struct strangers {
	__u64 syns;
	struct ev_flow example; /* the last one's; family 0 if none */
};

#endif
