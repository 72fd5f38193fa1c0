// SPDX-License-Identifier: GPL-2.0-only
// Explains a json.
#include <errno.h>
#include <stdio.h>

#include "replay.h"

int replay_json(struct replay *replay)
{
	fprintf(stderr, "clbtrace: replay: %s: such files cannot be read yet\n", replay->name);
	return -EINVAL;
}
