// SPDX-License-Identifier: MIT
/* wd decompress */
#include <stdio.h>
#include <stdlib.h>

#include "container.h"
#include "inflater.h"
#include "message.h"

static const char decompress_help[] =
	"usage: wd decompress [OPTION]... [FILE]...\n"
	"\n"
	"Decompresses each FILE.gz (.tgz, .zz, .deflate) to FILE, or standard\n"
	"input to standard output without one or where it is '-'. The FILE is\n"
	"kept.\n"
	"\n"
	"  -a, --algorithm=NAME  gzip, zlib or deflate (raw); default: gzip or\n"
	"                        zlib, as the data says\n"
	"  -d, --device=NAME     device to use; 'wd list' shows them\n"
	"  -o, --output=FILE     write to FILE ('-': standard output)\n"
	"  -c, --stdout          write to standard output\n"
	"  -t, --test            write nothing, only check\n"
	"  -f, --force           overwrite; read from a terminal\n"
	"      --sync            have the output on the disk before it appears\n"
	"  -v, --verbose         say for each file what was done\n"
	"      --json            the same as JSON, one object a line, to standard\n"
	"                        output, or to standard error if the data goes\n"
	"                        there\n"
	"  -q, --quiet           no warnings, no progress bar\n"
	"  -h, --help            print this\n";

static char *decompress_output_name(const struct codec_options *opt,
				    const char *path, int *code)
{
	const char *add;
	size_t stem = container_stem(path, &add);
	char *name = NULL;

	(void)opt;
	*code = EXIT_CODE_ERROR;
	if (!stem) {
		message_error("%s: its name ends neither in .gz, .tgz, .zz nor "
			      ".deflate: name the output with -o, or use -c",
			      path);
		return NULL;
	}
	if (asprintf(&name, "%.*s%s", (int)stem, path, add) < 0) {
		message_error("%s: no memory", path);
		return NULL;
	}
	return name;
}

static int decompress_run_job(void *codec, struct job *job)
{
	return inflater_run(codec, job);
}

static const struct codec_ops decompress_ops = {
	.output_name = decompress_output_name,
	.run = decompress_run_job,
};

static int decompress_run(const struct command *command, int argc, char **argv)
{
	struct codec_options opt;
	struct inflater *inflater;
	int code;

	code = codec_options_parse(command, false, argc, argv, &opt);
	if (code >= 0)
		return code;
	if (inflater_create(&inflater, &opt)) {
		message_error("no memory");
		return EXIT_CODE_ERROR;
	}
	code = job_run_all(&opt, &decompress_ops, inflater);
	inflater_destroy(inflater);
	return code;
}

const struct command command_decompress = {
	.name = "decompress",
	.summary = "decompress files",
	.help = decompress_help,
	.run = decompress_run,
};
