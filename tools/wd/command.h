/* SPDX-License-Identifier: MIT */
/* The subcommands of wd, each in the file of its name. */
#ifndef WD_COMMAND_H
#define WD_COMMAND_H

/* Exit codes, the same for every subcommand. */
enum exit_code {
	EXIT_CODE_OK, /* all is done */
	EXIT_CODE_ERROR, /* something is not done; a message said what */
	EXIT_CODE_WARNING, /* all is done, but a message is worth reading */
};

struct command {
	const char *name;
	const char *summary; /* one line of "wd help" */
	const char *help; /* what "wd help NAME" prints */
	/* argv[0] is the subcommand; returns an enum exit_code */
	int (*run)(const struct command *command, int argc, char **argv);
};

extern const struct command command_bench;
extern const struct command command_compress;
extern const struct command command_decompress;
extern const struct command command_help;
extern const struct command command_list;

/* All of them, NULL at the end. */
extern const struct command *const commands[];

/* The command of that name, NULL if there is none. */
const struct command *command_find(const char *name);

/* Prints the help of @command to standard output; returns EXIT_CODE_OK. */
int command_print_help(const struct command *command);

/* Which of the two exit codes weighs more: error, then warning, then ok. */
static inline int exit_code_worse(int a, int b)
{
	if (a == EXIT_CODE_ERROR || b == EXIT_CODE_ERROR)
		return EXIT_CODE_ERROR;
	return a == EXIT_CODE_WARNING ? a : b;
}

#endif
