// SPDX-License-Identifier: GPL-2.0-only
// Finds the subcommand, and turns what it returns into the exit status.
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "commands.h"
#include "escape.h"

static const struct command {
	const char *name;
	int (*run)(int argc, char **argv);
} commands[] = {
	{"live", cmd_live},
	{"replay", cmd_replay},
	{"doctor", cmd_doctor},
	{"causes", cmd_causes},
};

/* A closed standard stream would be the number of the next file opened, and be written to. */
static void open_standard_streams(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		close(fd);
}

static int run(int argc, char **argv)
{
	char text[80];

	if (argc < 2 || *argv[1] == '-')
		return cmd_live(argc, argv);
	for (size_t i = 0; i < sizeof(commands) / sizeof(*commands); i++)
		if (!strcmp(argv[1], commands[i].name))
			return commands[i].run(argc - 1, argv + 1);
	fprintf(stderr, "clbtrace: unknown command '%s'; see clbtrace --help\n",
		escape_text(argv[1], strlen(argv[1]), text, sizeof(text)));
	return -EINVAL;
}

int main(int argc, char **argv)
{
	int ret;

	open_standard_streams();
	ret = run(argc, argv);
	if (ret >= 0 && (fflush(stdout) == EOF || ferror(stdout)) && errno != EPIPE) {
		fprintf(stderr, "clbtrace: writing results failed: %s\n", strerror(errno));
		return STATUS_USAGE;
	}
	if (ret >= 0)
		return ret;
	return ret == -EINVAL ? STATUS_USAGE : STATUS_CANNOT;
}
