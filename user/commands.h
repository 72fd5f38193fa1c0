/* SPDX-License-Identifier: GPL-2.0-only */
/* The subcommands, and what they return to main(). */
#ifndef CLBTRACE_COMMANDS_H
#define CLBTRACE_COMMANDS_H

/*
 * Exit statuses, a contract with scripts. A subcommand returns one of these, or -errno with the
 * reason already printed: -EINVAL for bad usage or input, anything else for not being able to trace
 * here.
 */
enum status {
	STATUS_HEALTHY = 0, /* every probe healthy; done, for what is not tracing */
	STATUS_FAILED = 1,  /* some probe failed or stayed undetermined */
	STATUS_USAGE = 2,
	STATUS_NO_PROBE = 3,
	STATUS_CANNOT = 4,
};

/* argv[0] is the program's or the subcommand's name. */
int cmd_live(int argc, char **argv);
int cmd_causes(int argc, char **argv);
int cmd_doctor(int argc, char **argv);
int cmd_replay(int argc, char **argv);

#endif
