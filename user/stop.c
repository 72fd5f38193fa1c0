// SPDX-License-Identifier: GPL-2.0-only
// The signals that end clbtrace in order.
#include "stop.h"

#include <signal.h>
#include <stddef.h>

static volatile sig_atomic_t requested;

static const int ending[] = {SIGINT, SIGTERM, SIGHUP};

static void request_stop(int number)
{
	(void)number;
	requested = 1;
}

bool stop_requested(void)
{
	return requested != 0;
}

void stop_let(bool interrupt)
{
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < sizeof(ending) / sizeof(*ending); i++)
		sigaddset(&set, ending[i]);
	sigprocmask(interrupt ? SIG_UNBLOCK : SIG_BLOCK, &set, NULL);
}

void stop_catch_signals(void)
{
	const struct sigaction stop = {.sa_handler = request_stop};
	const struct sigaction ignore = {.sa_handler = SIG_IGN};
	struct sigaction now;

	sigaction(SIGPIPE, &ignore, NULL);
	sigaction(SIGXFSZ, &ignore, NULL); /* a file at its limit is an error like a full disk */
	/* Taken in ppoll() only: none can come between looking at the flag and sleeping. */
	for (size_t i = 0; i < sizeof(ending) / sizeof(*ending); i++) {
		/* nohup has SIGHUP ignored, and means it; a shell's "&" has SIGINT ignored, and
		 * does not. */
		if (ending[i] == SIGHUP && !sigaction(SIGHUP, NULL, &now) &&
		    now.sa_handler == SIG_IGN)
			continue;
		sigaction(ending[i], &stop, NULL);
	}
	stop_let(false);
}
