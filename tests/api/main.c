/* SPDX-License-Identifier: MIT */
/*
 * The conformance suite: what the public headers promise, tried on any device
 * and in any mode.
 */
#include "fixture.h"
#include "suites.h"

#include <getopt.h>
#include <stdio.h>

static const struct suite *const fast_suites[] = {
	&device_suite,
	&queue_suite,
	&transfer_suite,
	&argument_suite,
	&deadline_suite,
	&flush_suite,
	&fork_suite,
	&thread_suite,
	&memory_suite,
	&operation_suite,
	&checksum_suite,
	&compress_suite,
	&decompress_suite,
	&header_suite,
	&corrupt_suite,
	&scatter_suite,
	&stream_suite,
	&stream_compress_suite,
	&stream_decompress_suite,
	&fragment_suite,
	&session_suite,
	&session_async_suite,
	&session_stream_suite,
	&environment_suite,
};

static const struct suite *const slow_suites[] = {
	&endurance_suite,
	&large_suite,
};

static const char usage[] =
	"usage: conformance [OPTION]...\n"
	"  -d, --device NAME   the device under test (default: sw)\n"
	"  -w, --workers N     its threads: none (default), all, or a number\n"
	"  -1, --single        promise the queues to one thread\n"
	"  -b, --bounce        memory that it does not reach may be copied\n"
	"  -n, --depth N       requests in flight (default: the library's)\n"
	"  -s, --slow          the slow part instead of the fast one\n"
	"  -k, --match PATTERN only the tests of that name\n"
	"  -t, --timeout S     seconds for each test (default: 300)\n"
	"  -l, --list          print the names of the tests\n"
	"  -v, --verbose       print what tests that passed wrote, too\n";

static const struct option long_options[] = {
	{ "device", required_argument, NULL, 'd' },
	{ "workers", required_argument, NULL, 'w' },
	{ "single", no_argument, NULL, '1' },
	{ "bounce", no_argument, NULL, 'b' },
	{ "depth", required_argument, NULL, 'n' },
	{ "slow", no_argument, NULL, 's' },
	{ "match", required_argument, NULL, 'k' },
	{ "timeout", required_argument, NULL, 't' },
	{ "list", no_argument, NULL, 'l' },
	{ "verbose", no_argument, NULL, 'v' },
	{ "help", no_argument, NULL, 'h' },
	{ 0 },
};

static int workers_of(const char *text)
{
	if (strcmp(text, "none") == 0)
		return WD_WORKERS_NONE;
	if (strcmp(text, "all") == 0)
		return WD_WORKERS_ALL;
	return atoi(text);
}

/* Takes one option; returns whether it is known. */
static bool take_option(int option, struct runner_options *options, bool *slow)
{
	switch (option) {
	case 'd':
		fixture_config.device = optarg;
		return true;
	case 'w':
		fixture_config.workers = workers_of(optarg);
		return true;
	case '1':
		fixture_config.flags |= WD_QUEUE_SINGLE_THREAD;
		return true;
	case 'b':
		fixture_config.flags |= WD_QUEUE_BOUNCE;
		return true;
	case 'n':
		fixture_config.depth = (unsigned int)atoi(optarg);
		return true;
	case 's':
		*slow = true;
		return true;
	case 'k':
		options->pattern = optarg;
		return true;
	case 't':
		options->timeout = (unsigned int)atoi(optarg);
		return true;
	case 'l':
		options->list = true;
		return true;
	case 'v':
		options->verbose = true;
		return true;
	default:
		return false;
	}
}

int main(int argc, char **argv)
{
	struct runner_options options = { .timeout = 300 };
	bool slow = false;
	int option;

	if (argc == 2 && strcmp(argv[1], "--probe") == 0)
		return fixture_probe();

	fixture_config.device = "sw";
	while ((option = getopt_long(argc, argv, "d:w:1bn:sk:t:lvh",
				     long_options, NULL)) != -1) {
		if (take_option(option, &options, &slow))
			continue;
		fputs(usage, option == 'h' ? stdout : stderr);
		return option == 'h' ? 0 : 2;
	}
	if (slow)
		return runner_run(slow_suites, ARRAY_SIZE(slow_suites),
				  &options);
	return runner_run(fast_suites, ARRAY_SIZE(fast_suites), &options);
}
