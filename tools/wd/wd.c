// SPDX-License-Identifier: MIT
/* wd: the command that shows, uses and measures WarpDrive's devices. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <warpdrive/warpdrive.h>

#include "command.h"
#include "message.h"

const struct command *const commands[] = {
	&command_list,	&command_compress, &command_decompress,
	&command_bench, &command_help,	   NULL,
};

const struct command *command_find(const char *name)
{
	const struct command *const *command;

	for (command = commands; *command; command++) {
		if (!strcmp((*command)->name, name))
			return *command;
	}
	return NULL;
}

/*
 * A file that is opened must never become one of the three standard streams.
 * The stand-ins are opened the wrong way round, so that using them fails.
 */
static int open_standard_streams(void)
{
	int fd;

	for (fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		if (fcntl(fd, F_GETFD) != -1)
			continue;
		if (open("/dev/null", fd ? O_RDONLY : O_WRONLY) != fd)
			return -errno;
	}
	return 0;
}

static int print_version(void)
{
	printf("wd (WarpDrive) %s\n", wd_version());
	if (strcmp(wd_version(), WD_VERSION_STRING))
		printf("built for WarpDrive %s\n", WD_VERSION_STRING);
	return EXIT_CODE_OK;
}

static int run(int argc, char **argv)
{
	static char full_name[32];
	const struct command *command;

	if (argc < 2) {
		message_error("no command given: 'wd help' lists them");
		return EXIT_CODE_ERROR;
	}
	if (!strcmp(argv[1], "--version") || !strcmp(argv[1], "-V"))
		return print_version();
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h"))
		return command_help.run(&command_help, 1, argv + 1);
	command = command_find(argv[1]);
	if (!command) {
		message_error("unknown command '%s': 'wd help' lists them",
			      argv[1]);
		return EXIT_CODE_ERROR;
	}
	/* getopt_long() starts its messages with this */
	snprintf(full_name, sizeof(full_name), "wd %s", command->name);
	argv[1] = full_name;
	return command->run(command, argc - 1, argv + 1);
}

int main(int argc, char **argv)
{
	int code;

	if (open_standard_streams())
		return EXIT_CODE_ERROR;
	code = run(argc, argv);
	if (fflush(stdout) || ferror(stdout)) {
		message_error("standard output: %s", strerror(errno));
		code = EXIT_CODE_ERROR;
	}
	return code;
}
