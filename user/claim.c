// SPDX-License-Identifier: GPL-2.0-only
// Tells whether the clbtrace that left something in a network namespace is still running.
#include "claim.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { TRIES = 64, NUMBER_MASK = (1 << CLAIM_BITS) - 1 };

/*
 * A socket with an abstract name (unix(7)) belongs to the network namespace, as tc filters and
 * tables of nf_tables do, and goes with its process however that ends. Process ids would be
 * another's in a container that has the host's network.
 */
static int bind_name(const char *kind, uint32_t number)
{
	struct sockaddr_un name = {.sun_family = AF_UNIX};
	int fd, len, err;

	len = snprintf(name.sun_path + 1, sizeof(name.sun_path) - 1, "clbtrace-%s-%u", kind,
		       number);
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (!bind(fd, (struct sockaddr *)&name,
		  (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)len)))
		return fd;
	err = -errno;
	close(fd);
	return err;
}

int claim_take(const char *kind, uint32_t *number)
{
	int fd = -EADDRINUSE;

	for (uint32_t i = 0; i < TRIES && fd == -EADDRINUSE; i++) {
		*number = ((uint32_t)getpid() + i) & NUMBER_MASK;
		fd = bind_name(kind, *number);
	}
	return fd;
}

bool claim_is_held(const char *kind, uint32_t number)
{
	int fd = bind_name(kind, number);

	if (fd >= 0)
		close(fd);
	return fd < 0;
}
