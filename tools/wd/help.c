// SPDX-License-Identifier: MIT
/* wd help: what there is and how it is used. */
#include <stdio.h>

#include "command.h"
#include "message.h"

static const char help_text[] =
	"usage: wd help [COMMAND]\n"
	"\n"
	"Lists the commands, or says how COMMAND is used.\n";

int command_print_help(const struct command *command)
{
	fputs(command->help, stdout);
	return EXIT_CODE_OK;
}

static void print_all(void)
{
	const struct command *const *command;

	puts("usage: wd COMMAND [OPTION]... [ARGUMENT]...\n"
	     "       wd --version\n"
	     "\n"
	     "Shows, uses and measures WarpDrive's devices.\n");
	for (command = commands; *command; command++)
		printf("  %-12s %s\n", (*command)->name, (*command)->summary);
	puts("\n"
	     "'wd help COMMAND' says how a command is used; wd(1) and\n"
	     "wd-COMMAND(1) say it at length.\n"
	     "Exit status: 0 done, 1 an error, 2 a warning.");
}

static int help_run(const struct command *self, int argc, char **argv)
{
	const struct command *command;

	if (argc < 2) {
		print_all();
		return EXIT_CODE_OK;
	}
	if (argv[1][0] == '-')
		return command_print_help(self);
	command = command_find(argv[1]);
	if (!command) {
		message_error("unknown command '%s': 'wd help' lists them",
			      argv[1]);
		return EXIT_CODE_ERROR;
	}
	return command_print_help(command);
}

const struct command command_help = {
	.name = "help",
	.summary = "say how a command is used",
	.help = help_text,
	.run = help_run,
};
