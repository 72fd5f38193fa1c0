/* SPDX-License-Identifier: GPL-2.0-only */
/* What has to be right before the host is looked at: root, namespace, interfaces, files. */
#ifndef CLBTRACE_LIVE_START_H
#define CLBTRACE_LIVE_START_H

#include "options.h"

/* Each returns 0, or -EPERM, -EINVAL or another -errno having said on stderr what is wrong. */
int start_check_root(void);
/* Before anything is opened: sockets and links belong to the namespace they were made in. */
int start_enter_netns(const struct options *options);
/* Whether the interfaces are there, in that namespace, and --btf is what it should be. */
int start_check_files(const struct options *options);

#endif
