// SPDX-License-Identifier: MIT
/* wd compress */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "container.h"
#include "deflater.h"
#include "message.h"

static const char compress_help[] =
	"usage: wd compress [OPTION]... [FILE]...\n"
	"\n"
	"Compresses each FILE to FILE.gz (.zz, .deflate), or standard input to\n"
	"standard output without one or where it is '-'. The FILE is kept.\n"
	"\n"
	"  -a, --algorithm=NAME  gzip (default), zlib or deflate (raw)\n"
	"  -l, --level=N         1 (fastest) to 12 (smallest); default 2; 0\n"
	"                        only stores; -1 ... -9 are short for -l\n"
	"  -d, --device=NAME     device to use; 'wd list' shows them\n"
	"  -j, --workers=N       threads of the device sw: a number, or all (one\n"
	"                        for each CPU); default: WARPDRIVE_WORKERS, else\n"
	"                        all\n"
	"  -o, --output=FILE     write to FILE ('-': standard output)\n"
	"  -c, --stdout          write to standard output\n"
	"  -f, --force           overwrite; write to a terminal; compress what\n"
	"                        is compressed already\n"
	"      --sync            have the output on the disk before it appears\n"
	"  -v, --verbose         say for each file what was done\n"
	"      --json            the same as JSON, one object a line, to standard\n"
	"                        output, or to standard error if the data goes\n"
	"                        there\n"
	"  -q, --quiet           no warnings, no progress bar\n"
	"  -h, --help            print this\n";

static char *compress_output_name(const struct codec_options *opt,
				  const char *path, int *code)
{
	const char *suffix = container_suffix(opt->format), *add;
	size_t len = strlen(path) + strlen(suffix) + 1;
	char *name;

	if (container_stem(path, &add) && !opt->force) {
		message_warning("%s: left as it is, as its name says that it "
				"is compressed: -f compresses it again",
				path);
		*code = EXIT_CODE_WARNING;
		return NULL;
	}
	name = malloc(len);
	if (!name) {
		message_error("%s: no memory", path);
		*code = EXIT_CODE_ERROR;
		return NULL;
	}
	snprintf(name, len, "%s%s", path, suffix);
	return name;
}

static int compress_run_job(void *codec, struct job *job)
{
	return deflater_run(codec, job) ? EXIT_CODE_ERROR : EXIT_CODE_OK;
}

static const struct codec_ops compress_ops = {
	.output_name = compress_output_name,
	.run = compress_run_job,
};

static int compress_run(const struct command *command, int argc, char **argv)
{
	struct codec_options opt;
	struct deflater *deflater;
	int code;

	code = codec_options_parse(command, true, argc, argv, &opt);
	if (code >= 0)
		return code;
	if (deflater_create(&deflater, &opt)) {
		message_error("no memory");
		return EXIT_CODE_ERROR;
	}
	code = job_run_all(&opt, &compress_ops, deflater);
	deflater_destroy(deflater);
	return code;
}

const struct command command_compress = {
	.name = "compress",
	.summary = "compress files",
	.help = compress_help,
	.run = compress_run,
};
