// SPDX-License-Identifier: MIT
/* wd list: the devices that there are. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include <jansson.h>
#include <warpdrive/warpdrive.h>

#include "command.h"
#include "message.h"

static const char list_help[] =
	"usage: wd list [--json] [-v]\n"
	"\n"
	"Lists the devices that work can be handed to.\n"
	"\n"
	"  -v, --verbose   everything about each device\n"
	"      --json      the same as JSON, one object a line\n"
	"  -h, --help      print this\n";

enum list_style { LIST_TABLE, LIST_VERBOSE, LIST_JSON };

static const char *device_where(const struct wd_device *device)
{
	return wd_device_in_kernel(device) ? "kernel" : "process";
}

/* What memory a request may name. */
static const char *device_memory(const struct wd_device *device)
{
	return wd_device_has_sva(device) ? "any" : "reserved";
}

static json_t *algorithms_to_json(const char *algorithms)
{
	json_t *array = json_array();
	size_t len;

	while (*algorithms) {
		len = strcspn(algorithms, " ");
		json_array_append_new(array, json_stringn(algorithms, len));
		algorithms += len;
		algorithms += strspn(algorithms, " ");
	}
	return array;
}

static int print_json(const struct wd_device *device)
{
	int available = wd_device_available(device);
	int node = wd_device_node(device);
	json_t *object;
	int ret;

	object = json_pack(
		"{s:s, s:s, s:s, s:o, s:b, s:s, s:s, s:o, s:o}", "name",
		wd_device_name(device), "driver", wd_device_driver(device),
		"where", device_where(device), "node",
		node < 0 ? json_null() : json_integer(node), "sva",
		(int)wd_device_has_sva(device), "memory", device_memory(device),
		"api", wd_device_api(device), "algorithms",
		algorithms_to_json(wd_device_algorithms(device)), "free_queues",
		available < 0 ? json_null() : json_integer(available));
	if (!object)
		return -ENOMEM;
	ret = json_dumpf(object, stdout, JSON_COMPACT);
	json_decref(object);
	putchar('\n');
	return ret ? -EIO : 0;
}

static void print_number(const char *format, int number, const char *none)
{
	char text[16] = "";

	if (number >= 0)
		snprintf(text, sizeof(text), "%d", number);
	printf(format, number < 0 ? none : text);
}

static void print_verbose(const struct wd_device *device)
{
	const char *driver = wd_device_driver(device);

	printf("%s\n", wd_device_name(device));
	printf("  driver       %s\n", driver[0] ? driver : "none");
	printf("  where        %s\n", device_where(device));
	print_number("  node         %s\n", wd_device_node(device), "any");
	printf("  sva          %s\n", wd_device_has_sva(device) ? "yes" : "no");
	printf("  memory       %s\n", device_memory(device));
	printf("  api          %s\n", wd_device_api(device));
	printf("  algorithms   %s\n", wd_device_algorithms(device));
	print_number("  free queues  %s\n", wd_device_available(device),
		     "no limit");
}

static void print_row(const struct wd_device *device)
{
	const char *driver = wd_device_driver(device);

	printf("%-12s %-8s %-8s ", wd_device_name(device),
	       driver[0] ? driver : "-", device_where(device));
	print_number("%-4s ", wd_device_node(device), "any");
	printf("%-4s %-10s ", wd_device_has_sva(device) ? "yes" : "no",
	       wd_device_api(device));
	print_number("%-9s ", wd_device_available(device), "no limit");
	printf("%s\n", wd_device_algorithms(device));
}

static int print_all(enum list_style style)
{
	struct wd_device_list *list;
	size_t i;
	int ret;

	ret = wd_device_list_open(&list);
	if (ret) {
		message_error("cannot list the devices: %s", strerror(-ret));
		return EXIT_CODE_ERROR;
	}
	if (style == LIST_TABLE)
		printf("%-12s %-8s %-8s %-4s %-4s %-10s %-9s %s\n", "NAME",
		       "DRIVER", "WHERE", "NODE", "SVA", "API", "FREE",
		       "ALGORITHMS");
	for (i = 0; !ret && i < wd_device_list_count(list); i++) {
		if (style == LIST_JSON)
			ret = print_json(wd_device_list_get(list, i));
		else if (style == LIST_VERBOSE)
			print_verbose(wd_device_list_get(list, i));
		else
			print_row(wd_device_list_get(list, i));
	}
	wd_device_list_close(list);
	if (ret)
		message_error("cannot write the list: %s", strerror(-ret));
	return ret ? EXIT_CODE_ERROR : EXIT_CODE_OK;
}

static int list_run(const struct command *command, int argc, char **argv)
{
	static const struct option options[] = {
		{ "help", no_argument, NULL, 'h' },
		{ "json", no_argument, NULL, 'j' },
		{ "verbose", no_argument, NULL, 'v' },
		{ 0 },
	};
	enum list_style style = LIST_TABLE;
	int c;

	while ((c = getopt_long(argc, argv, "hv", options, NULL)) != -1) {
		switch (c) {
		case 'h':
			return command_print_help(command);
		case 'j':
			style = LIST_JSON;
			break;
		case 'v':
			if (style == LIST_TABLE)
				style = LIST_VERBOSE;
			break;
		default:
			message_error("'wd help list' lists the options");
			return EXIT_CODE_ERROR;
		}
	}
	if (optind < argc) {
		message_error("list takes no argument: '%s'", argv[optind]);
		return EXIT_CODE_ERROR;
	}
	return print_all(style);
}

const struct command command_list = {
	.name = "list",
	.summary = "list the devices",
	.help = list_help,
	.run = list_run,
};
