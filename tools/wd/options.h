/* SPDX-License-Identifier: MIT */
/* The options that wd compress and wd decompress have in common. */
#ifndef WD_OPTIONS_H
#define WD_OPTIONS_H

#include <stdbool.h>

#include <warpdrive/warpdrive.h>

#include "command.h"

struct codec_options {
	bool compress; /* or decompress */
	enum wd_format format; /* WD_FORMAT_QUEUE: what the data has */
	int level; /* as in a request */
	int workers; /* as in a queue */
	const char *device; /* NULL: the library's choice */
	const char *output; /* NULL: named after the input */
	bool to_stdout;
	bool to_nothing; /* only test */
	bool force;
	bool quiet;
	bool verbose;
	bool json;
	bool sync;
	char *const *files; /* "-" for standard input */
	int file_count; /* at least one */
};

/*
 * Reads the command line. Returns -1 to go on with *@opt, or an exit code after
 * saying what is wrong or printing the help.
 */
int codec_options_parse(const struct command *command, bool compress, int argc,
			char **argv, struct codec_options *opt);

#endif
