// SPDX-License-Identifier: MIT
/* wd bench: how fast a device is. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "bench_run.h"
#include "command.h"
#include "message.h"
#include "number.h"

static const char bench_help[] =
	"usage: wd bench OP [OPTION]...\n"
	"\n"
	"Measures one operation: noop, copy, fill, compare, crc32c, crc32,\n"
	"adler32, deflate or inflate. Sizes take K, M or G (1024 and so on).\n"
	"\n"
	"  -d, --device=NAME   device to use; 'wd list' shows them\n"
	"      --mode=MODE     of the device sw: inline (default): the work is\n"
	"                      done in the thread that asks for it; workers:\n"
	"                      in threads of the queue\n"
	"      --workers=N     that many workers for each queue; default 1\n"
	"      --size=N        bytes for each operation; default 64K\n"
	"      --burst=N       requests handed over in one call; default 1\n"
	"      --depth=N       requests in flight for each thread; default:\n"
	"                      the burst\n"
	"      --threads=N     threads that ask, each on a queue of its own;\n"
	"                      default 1\n"
	"      --shared        they share one queue, which is not promised to\n"
	"                      one thread even if there is only one\n"
	"      --poll          look for answers all the time, never sleep: a\n"
	"                      CPU is spent on that\n"
	"      --seconds=S     how long; default 2\n"
	"      --file=FILE     data to work on; default: text that is made up\n"
	"  -l, --level=N       of compression; default 1\n"
	"      --json          print the result as JSON, one object a line\n"
	"  -h, --help          print this\n";

#define THREADS_MAX 1024
#define SIZE_LIMIT (1u << 30)
#define SECONDS_MIN 0.01
#define SECONDS_MAX 86400.0

enum bench_option {
	OPTION_MODE = 256,
	OPTION_WORKERS,
	OPTION_SIZE,
	OPTION_BURST,
	OPTION_DEPTH,
	OPTION_THREADS,
	OPTION_SHARED,
	OPTION_POLL,
	OPTION_SECONDS,
	OPTION_FILE,
	OPTION_JSON,
};

static const struct option options[] = {
	{ "mode", required_argument, NULL, OPTION_MODE },
	{ "workers", required_argument, NULL, OPTION_WORKERS },
	{ "size", required_argument, NULL, OPTION_SIZE },
	{ "burst", required_argument, NULL, OPTION_BURST },
	{ "depth", required_argument, NULL, OPTION_DEPTH },
	{ "threads", required_argument, NULL, OPTION_THREADS },
	{ "shared", no_argument, NULL, OPTION_SHARED },
	{ "poll", no_argument, NULL, OPTION_POLL },
	{ "seconds", required_argument, NULL, OPTION_SECONDS },
	{ "file", required_argument, NULL, OPTION_FILE },
	{ "json", no_argument, NULL, OPTION_JSON },
	{ "device", required_argument, NULL, 'd' },
	{ "help", no_argument, NULL, 'h' },
	{ "level", required_argument, NULL, 'l' },
	{ 0 },
};

struct bench_arguments {
	struct bench_config config;
	bool json;
	bool workers_mode, inline_mode;
	bool depth_given;
};

static int parse_count(const char *option, const char *text, uint64_t min,
		       uint64_t max, unsigned int *value)
{
	uint64_t number;

	if (number_parse(text, min, max, &number)) {
		message_error("--%s takes a number from %llu to %llu, not '%s'",
			      option, (unsigned long long)min,
			      (unsigned long long)max, text);
		return -EINVAL;
	}
	*value = (unsigned int)number;
	return 0;
}

static int parse_mode(struct bench_arguments *args, const char *text)
{
	args->workers_mode = !strcmp(text, "workers");
	args->inline_mode = !strcmp(text, "inline");
	if (args->workers_mode || args->inline_mode)
		return 0;
	message_error("--mode takes inline or workers, not '%s'", text);
	return -EINVAL;
}

static int parse_seconds(struct bench_arguments *args, const char *text)
{
	if (!number_parse_real(text, SECONDS_MIN, SECONDS_MAX,
			       &args->config.seconds))
		return 0;
	message_error("--seconds takes a number from %g to %g, not '%s'",
		      SECONDS_MIN, SECONDS_MAX, text);
	return -EINVAL;
}

static int parse_level(struct bench_arguments *args, const char *text)
{
	unsigned int level;
	int ret = parse_count("level", text, 0, WD_LEVEL_MAX, &level);

	if (!ret)
		args->config.level = level ? (int)level : WD_LEVEL_STORE;
	return ret;
}

static int parse_size(struct bench_arguments *args, const char *text)
{
	unsigned int size = 0;
	int ret = parse_count("size", text, 1, SIZE_LIMIT, &size);

	args->config.size = size;
	return ret;
}

static int parse_option(struct bench_arguments *args, int c)
{
	struct bench_config *config = &args->config;
	unsigned int workers = 0;
	int ret;

	switch (c) {
	case OPTION_MODE:
		return parse_mode(args, optarg);
	case OPTION_WORKERS:
		ret = parse_count("workers", optarg, 1, WD_WORKERS_MAX,
				  &workers);
		config->workers = (int)workers;
		return ret;
	case OPTION_SIZE:
		return parse_size(args, optarg);
	case OPTION_BURST:
		return parse_count("burst", optarg, 1, WD_QUEUE_DEPTH_MAX,
				   &config->burst);
	case OPTION_DEPTH:
		args->depth_given = true;
		return parse_count("depth", optarg, 1, WD_QUEUE_DEPTH_MAX,
				   &config->depth);
	case OPTION_THREADS:
		return parse_count("threads", optarg, 1, THREADS_MAX,
				   &config->threads);
	case OPTION_SECONDS:
		return parse_seconds(args, optarg);
	case 'l':
		return parse_level(args, optarg);
	default:
		message_error("'wd help bench' lists the options");
		return -EINVAL;
	}
}

static int parse_options(struct bench_arguments *args, int argc, char **argv,
			 bool *help)
{
	int c, ret = 0;

	while (!ret &&
	       (c = getopt_long(argc, argv, "d:hl:", options, NULL)) != -1) {
		if (c == 'h')
			*help = true;
		else if (c == 'd')
			args->config.device = optarg;
		else if (c == OPTION_FILE)
			args->config.file = optarg;
		else if (c == OPTION_SHARED)
			args->config.shared = true;
		else if (c == OPTION_POLL)
			args->config.poll = true;
		else if (c == OPTION_JSON)
			args->json = true;
		else
			ret = parse_option(args, c);
	}
	return ret;
}

static int find_op(struct bench_arguments *args, int argc, char **argv)
{
	char names[256] = "";
	size_t at = 0;
	unsigned int i;

	if (optind < argc - 1) {
		message_error("bench takes one operation: '%s' is too many",
			      argv[optind + 1]);
		return -EINVAL;
	}
	if (optind < argc)
		args->config.op = bench_op_find(argv[optind]);
	if (args->config.op)
		return 0;
	for (i = 0; bench_op_name(i); i++)
		at += (size_t)snprintf(names + at, sizeof(names) - at, " %s",
				       bench_op_name(i));
	if (optind < argc)
		message_error("unknown operation '%s': there are%s",
			      argv[optind], names);
	else
		message_error("no operation given: there are%s", names);
	return -EINVAL;
}

/* What makes no sense together, and what follows from what. */
static int check(struct bench_arguments *args)
{
	struct bench_config *config = &args->config;

	if (args->inline_mode && config->workers) {
		message_error("--mode inline has no --workers");
		return -EINVAL;
	}
	if (!config->workers)
		config->workers = args->workers_mode ? 1 : WD_WORKERS_NONE;
	if (!args->depth_given)
		config->depth = config->burst;
	if (config->depth < config->burst) {
		message_error("--depth %u is less than --burst %u: a burst has "
			      "to fit in",
			      config->depth, config->burst);
		return -EINVAL;
	}
	if (config->shared &&
	    (uint64_t)config->depth * config->threads > WD_QUEUE_DEPTH_MAX) {
		message_error("--depth times --threads is more than %d, the "
			      "most that a shared queue holds",
			      WD_QUEUE_DEPTH_MAX);
		return -EINVAL;
	}
	if (!config->op->has_data)
		config->size = 0;
	return 0;
}

static double ops_per_s(const struct bench_result *result)
{
	return (double)result->ops / result->seconds;
}

static double gbit_per_s(const struct bench_result *result)
{
	return ops_per_s(result) * (double)result->size * 8 / 1e9;
}

static int print_json(const struct bench_config *config,
		      const struct bench_result *result)
{
	json_t *cycles = result->cycles_per_op < 0 ?
				 json_null() :
				 json_real(result->cycles_per_op);
	json_t *object;
	int ret;

	object = json_pack(
		"{s:s, s:s, s:s, s:I, s:i, s:i, s:i, s:I, s:f, s:f,"
		" s:f, s:o, s:f, s:f, s:f, s:f, s:I, s:i, s:b, s:b, s:i}",
		"op", config->op->name, "device", result->device, "mode",
		result->mode, "size", (json_int_t)result->size, "burst",
		(int)config->burst, "depth", (int)config->depth, "threads",
		(int)config->threads, "ops", (json_int_t)result->ops, "seconds",
		result->seconds, "ops_per_s", ops_per_s(result), "ns_per_op",
		result->ns_per_op, "cycles_per_op", cycles, "gbit_per_s",
		gbit_per_s(result), "p50_ns", result->p50_ns, "p99_ns",
		result->p99_ns, "p999_ns", result->p999_ns, "errors",
		(json_int_t)result->errors, "workers", (int)result->workers,
		"bounced", (int)result->bounced, "shared", (int)config->shared,
		"level", config->level < 0 ? 0 : config->level);
	if (!object)
		return -ENOMEM;
	ret = json_dumpf(object, stdout, JSON_COMPACT | JSON_REAL_PRECISION(9));
	json_decref(object);
	putchar('\n');
	return ret ? -EIO : 0;
}

static void print_text(const struct bench_config *config,
		       const struct bench_result *result)
{
	printf("%s on %s, %s", config->op->name, result->device, result->mode);
	if (result->workers)
		printf(" (%u for each queue)", result->workers);
	printf("; size %zu, burst %u, depth %u, threads %u%s%s\n", result->size,
	       config->burst, config->depth, config->threads,
	       config->shared ? " on a shared queue" : "",
	       result->bounced ? ", memory copied for the device" : "");
	printf("  %llu operations in %.3f s, %llu errors\n",
	       (unsigned long long)result->ops, result->seconds,
	       (unsigned long long)result->errors);
	printf("  %.0f operations/s, %.1f ns each", ops_per_s(result),
	       result->ns_per_op);
	if (result->cycles_per_op >= 0)
		printf(", %.1f cycles each", result->cycles_per_op);
	if (result->size)
		printf(", %.2f Gbit/s", gbit_per_s(result));
	printf("\n  latency: median %.0f ns, 99 %% %.0f ns, 99.9 %% %.0f ns\n",
	       result->p50_ns, result->p99_ns, result->p999_ns);
}

static int measure(const struct bench_arguments *args)
{
	struct bench_result result;

	if (bench_run(&args->config, &result))
		return EXIT_CODE_ERROR;
	if (!args->json)
		print_text(&args->config, &result);
	else if (print_json(&args->config, &result))
		return EXIT_CODE_ERROR;
	if (!result.errors)
		return EXIT_CODE_OK;
	message_error("%llu operations failed, the first with: %s",
		      (unsigned long long)result.errors,
		      strerror(-result.first_status));
	return EXIT_CODE_ERROR;
}

static int bench_command_run(const struct command *command, int argc,
			     char **argv)
{
	struct bench_arguments args = {
		.config = {
			.size = 64 << 10,
			.burst = 1,
			.threads = 1,
			.seconds = 2,
			.level = 1,
		},
	};
	bool help = false;

	if (parse_options(&args, argc, argv, &help))
		return EXIT_CODE_ERROR;
	if (help)
		return command_print_help(command);
	if (find_op(&args, argc, argv) || check(&args))
		return EXIT_CODE_ERROR;
	return measure(&args);
}

const struct command command_bench = {
	.name = "bench",
	.summary = "measure a device",
	.help = bench_help,
	.run = bench_command_run,
};
