// SPDX-License-Identifier: MIT
/* Command line of wd compress and wd decompress. */
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "container.h"
#include "message.h"
#include "number.h"
#include "options.h"

#define GO_ON (-1)

enum { OPTION_JSON = 256, OPTION_SYNC };

/* clang-format off */
#define COMMON_OPTIONS \
	{ "algorithm", required_argument, NULL, 'a' }, \
	{ "stdout", no_argument, NULL, 'c' }, \
	{ "device", required_argument, NULL, 'd' }, \
	{ "force", no_argument, NULL, 'f' }, \
	{ "help", no_argument, NULL, 'h' }, \
	{ "json", no_argument, NULL, OPTION_JSON }, \
	{ "output", required_argument, NULL, 'o' }, \
	{ "quiet", no_argument, NULL, 'q' }, \
	{ "sync", no_argument, NULL, OPTION_SYNC }, \
	{ "verbose", no_argument, NULL, 'v' }
/* clang-format on */

static const struct option compress_options[] = {
	COMMON_OPTIONS,
	{ "level", required_argument, NULL, 'l' },
	{ "workers", required_argument, NULL, 'j' },
	{ 0 },
};

static const struct option decompress_options[] = {
	COMMON_OPTIONS,
	{ "test", no_argument, NULL, 't' },
	{ 0 },
};

static const char compress_letters[] = "123456789a:cd:fhj:l:o:qv";
static const char decompress_letters[] = "a:cd:fho:qtv";

static int parse_format(struct codec_options *opt, const char *text)
{
	opt->format = container_parse(text);
	if (opt->format != WD_FORMAT_QUEUE)
		return GO_ON;
	message_error("unknown algorithm '%s': -a takes deflate, zlib or gzip",
		      text);
	return EXIT_CODE_ERROR;
}

static int parse_level(struct codec_options *opt, const char *text)
{
	uint64_t level;

	if (number_parse(text, 0, WD_LEVEL_MAX, &level)) {
		message_error("unknown level '%s': -l takes 1 (the fastest) to "
			      "%d (the smallest), or 0 (only stored)",
			      text, WD_LEVEL_MAX);
		return EXIT_CODE_ERROR;
	}
	opt->level = level ? (int)level : WD_LEVEL_STORE;
	return GO_ON;
}

/* @source: what asks for so many, for the message */
static int parse_workers(struct codec_options *opt, const char *text,
			 const char *source)
{
	uint64_t workers;

	if (!strcmp(text, "all")) {
		opt->workers = WD_WORKERS_ALL;
		return GO_ON;
	}
	if (number_parse(text, 0, WD_WORKERS_MAX, &workers)) {
		message_error("cannot have '%s' workers: %s takes 0 (none but "
			      "the command itself) to %d, or all",
			      text, source, WD_WORKERS_MAX);
		return EXIT_CODE_ERROR;
	}
	opt->workers = workers ? (int)workers : WD_WORKERS_NONE;
	return GO_ON;
}

/* Without -j. The library would ignore a value that it does not know. */
static int default_workers(struct codec_options *opt)
{
	const char *text = getenv("WARPDRIVE_WORKERS");

	return parse_workers(opt, text && text[0] ? text : "all",
			     "WARPDRIVE_WORKERS");
}

static int parse_flag(const struct command *command, struct codec_options *opt,
		      int c)
{
	switch (c) {
	case 'c':
		opt->to_stdout = true;
		return GO_ON;
	case 'f':
		opt->force = true;
		return GO_ON;
	case 'q':
		opt->quiet = true;
		return GO_ON;
	case 't':
		opt->to_nothing = true;
		return GO_ON;
	case 'v':
		opt->verbose = true;
		return GO_ON;
	case OPTION_JSON:
		opt->json = true;
		return GO_ON;
	case OPTION_SYNC:
		opt->sync = true;
		return GO_ON;
	default:
		message_error("'wd help %s' lists the options", command->name);
		return EXIT_CODE_ERROR;
	}
}

static int parse_one(const struct command *command, struct codec_options *opt,
		     int c)
{
	char digit[2] = { (char)c, '\0' };

	if (c >= '1' && c <= '9')
		return parse_level(opt, digit);
	switch (c) {
	case 'a':
		return parse_format(opt, optarg);
	case 'd':
		opt->device = optarg;
		return GO_ON;
	case 'h':
		return command_print_help(command);
	case 'j':
		return parse_workers(opt, optarg, "-j");
	case 'l':
		return parse_level(opt, optarg);
	case 'o':
		opt->output = optarg;
		return GO_ON;
	default:
		return parse_flag(command, opt, c);
	}
}

/* What makes no sense together. */
static int check(struct codec_options *opt)
{
	if (opt->output && !strcmp(opt->output, "-")) {
		opt->output = NULL;
		opt->to_stdout = true;
	}
	if (opt->output && opt->to_stdout) {
		message_error("-o and -c both say where the output goes: "
			      "give one of them");
		return EXIT_CODE_ERROR;
	}
	if (opt->output && !opt->output[0]) {
		message_error("-o needs the name of a file");
		return EXIT_CODE_ERROR;
	}
	if (opt->output && opt->file_count > 1) {
		message_error("-o names one output, but there are %d inputs: "
			      "leave it out, or use -c",
			      opt->file_count);
		return EXIT_CODE_ERROR;
	}
	return GO_ON;
}

int codec_options_parse(const struct command *command, bool compress, int argc,
			char **argv, struct codec_options *opt)
{
	static char *standard_input[] = { "-", NULL };
	int c, code = GO_ON;

	*opt = (struct codec_options){
		.compress = compress,
		.format = compress ? WD_GZIP : WD_FORMAT_QUEUE,
		.level = WD_LEVEL_DEFAULT,
		.workers = WD_WORKERS_DEFAULT,
	};
	while (code == GO_ON) {
		c = getopt_long(
			argc, argv,
			compress ? compress_letters : decompress_letters,
			compress ? compress_options : decompress_options, NULL);
		if (c == -1)
			break;
		code = parse_one(command, opt, c);
	}
	if (code != GO_ON)
		return code;
	opt->files = argv + optind;
	opt->file_count = argc - optind;
	if (!opt->file_count) {
		opt->files = standard_input;
		opt->file_count = 1;
	}
	message_set_quiet(opt->quiet);
	if (compress && opt->workers == WD_WORKERS_DEFAULT)
		code = default_workers(opt);
	return code == GO_ON ? check(opt) : code;
}
