/* SPDX-License-Identifier: GPL-2.0-only */
/* What the scenarios' service is told to do. */
#ifndef CLBTRACE_TESTS_SERVICE_H
#define CLBTRACE_TESTS_SERVICE_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>

enum service_mode {
	SERVICE_NEVER,	/* does not accept; over UDP does not read */
	SERVICE_HOLD,	/* accepts and keeps; over UDP reads and says nothing */
	SERVICE_READ,	/* reads all that comes, and closes after the peer */
	SERVICE_CLOSE,	/* closes at once */
	SERVICE_RESET,	/* the same with a reset */
	SERVICE_ANSWER, /* reads a request, answers */
	SERVICE_GREET,	/* answers at once, then as SERVICE_READ */
};

struct service {
	union {
		struct sockaddr sa;
		struct sockaddr_in in;
		struct sockaddr_in6 in6;
	} address;
	socklen_t address_len;
	enum service_mode mode;
	bool udp;
	int backlog;
	bool v6only, drop_all, linger_answer;
	unsigned int delay_ms; /* before an answer or a close */
	unsigned int piece;    /* bytes of the answer in a segment; 0: as TCP likes */
	const char *answer;
	size_t answer_len;
	const char *device, *md5_peer;
};

/* service_options.c: fills service from the command line; says on stderr what is wrong. 0 or
 * -EINVAL. */
int service_options_parse(struct service *service, int argc, char **argv);

#endif
